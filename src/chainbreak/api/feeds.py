"""The MISP feed that we keep for a partner, fetched under its own name and token (HTTP Basic)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from chainbreak.app.share_collection import read_feed

router = APIRouter(prefix="/feeds", tags=["feeds"], include_in_schema=False)
_TYPES = {"json": "application/json", "csv": "text/csv"}
_Login = Annotated[HTTPBasicCredentials | None, Depends(HTTPBasic(auto_error=False))]


@router.get("/{partner_id}/{file}")
def feed(request: Request, login: _Login, partner_id: str, file: str) -> Response:
    """`manifest.json`, `hashes.csv`, or an event; what is somebody else's is not there."""
    if login is None or login.username != partner_id:
        raise HTTPException(401, "sign in with your name and token", {"www-authenticate": 'Basic realm="feed"'})
    content = read_feed(request.app.state.office, partner_id, login.password, file)
    if content is None:
        raise HTTPException(404, "there is no such file")
    return Response(content, media_type=_TYPES[file.rpartition(".")[2]])
