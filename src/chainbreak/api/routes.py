"""The API's routes on an application, and how a failed call is answered."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from chainbreak.api import (
    contact_events,
    desk,
    feeds,
    findings,
    health,
    holds,
    leads,
    log,
    money,
    orders,
    partners,
    phrases,
    receipts,
    returns,
    series,
    taxii,
    visits,
    warning_measures,
    warnings_read,
)
from chainbreak.api.shape import PROBLEMS, answer_failure

__all__ = ["answer_failure", "mount"]


def mount(app: FastAPI) -> None:
    """Add every resource under /api/v1, what partners fetch and the health routes to `app`."""
    v1 = APIRouter(prefix="/api/v1", responses=PROBLEMS)
    for resource in (
        findings,
        series,
        leads,
        money,
        holds,
        orders,
        receipts,
        returns,
        log,
        partners,
        desk,
        contact_events,
        phrases,
        warning_measures,
        warnings_read,
        visits,
    ):
        v1.include_router(resource.router)
    app.include_router(v1)
    app.include_router(taxii.router)
    app.include_router(feeds.router)
    app.include_router(health.router, responses={503: PROBLEMS[503]})
