"""The page that barred names lead to, alone: at every address, under every name, for a port open to the world."""

from __future__ import annotations

from fastapi import FastAPI

from chainbreak.app.bootstrap import Office
from chainbreak.console.pages.landing import everywhere
from chainbreak.console.routes import LastingFiles
from chainbreak.console.view import STATIC
from chainbreak.web.guard import Guard


def create_landing(office: Office) -> Guard:
    """An application without sign-in, API or any other page, so that nothing else is reachable where it listens."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.office = office
    app.mount("/static", LastingFiles(directory=STATIC), name="static")
    app.api_route("/{path:path}", methods=["GET", "HEAD"])(everywhere)
    return Guard(app)
