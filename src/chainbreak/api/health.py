"""Health for whoever runs the service: no personal data, no sign-in."""

from __future__ import annotations

from fastapi import APIRouter, Request

router = APIRouter(tags=["health"])


@router.get("/livez")
def livez() -> dict[str, bool]:
    """The process answers."""
    return {"ok": True}


@router.get("/readyz")
def readyz(request: Request) -> dict[str, bool]:
    """The desk answers a read; else 503 in the one error shape."""
    with request.app.state.office.desk.read() as conn:
        conn.exec_driver_sql("SELECT 1")
    return {"ok": True}
