"""TAXII 2.1 (OASIS): a partner fetches what is shared with it, under its own name and token, from its own collection.

Discovery, one API root, one collection a partner, read only: objects, one object, its versions, the manifest; with
`added_after`, `match[…]`, `limit` and `next`. What has ended by itself is not given out; what was taken back is, as
revoked, for good. Sign in by HTTP Basic: the partner's id, and its token
(`chainbreak partner token`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from chainbreak.app.share_collection import Reader, read_shared, sign_in_reader
from chainbreak.base.clock import from_us, parse_moment
from chainbreak.base.errors import ChainbreakError
from chainbreak.base.failure import failure_of
from chainbreak.store.collection import ALL, FIRST, LAST, Version, Wish

MEDIA_TYPE = "application/taxii+json;version=2.1"
STIX = "application/stix+json;version=2.1"
MOST = 1_000
"""Objects in one answer."""
_ACCEPTED = {"", "*/*", "application/*", "application/taxii+json", MEDIA_TYPE}
_CODE = "CB-DL-169"


class _Problem(Exception):
    """Why a request is not answered, as TAXII says it."""

    def __init__(self, status: int, title: str, code: str = _CODE) -> None:
        self.status, self.title, self.code = status, title, code


class _Route(APIRoute):
    """A route whose failures are TAXII error messages (section 3.6.1)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with its failures caught."""
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await inner(request)
            except _Problem as e:
                problem = e
            except RequestValidationError:
                problem = _Problem(400, "a filter that cannot be read")
            except ChainbreakError as e:
                problem = _Problem(failure_of(e).status, e.what, e.code)
            except OSError:
                problem = _Problem(503, "the collection cannot be read now")
            body = {"title": problem.title, "http_status": str(problem.status), "error_code": problem.code}
            headers = {"www-authenticate": 'Basic realm="taxii2"'} if problem.status == 401 else {}
            return _answer(body, headers, problem.status)

        return handler


router = APIRouter(prefix="/taxii2", tags=["taxii"], route_class=_Route, include_in_schema=False)


def _reader(
    request: Request, login: Annotated[HTTPBasicCredentials | None, Depends(HTTPBasic(auto_error=False))]
) -> Reader:
    wanted = [part.replace(" ", "") for part in request.headers.get("accept", "").lower().split(",")]
    if not _ACCEPTED.intersection(wanted):
        raise _Problem(406, "only TAXII 2.1 is spoken here")
    found = sign_in_reader(request.app.state.office, login.username, login.password) if login else None
    if found is None:
        raise _Problem(401, "sign in with your name and token")
    return found


Who = Annotated[Reader, Depends(_reader)]


def _wish(
    added_after: str = "", limit: Annotated[int, Query(ge=1)] = MOST, next: str = "",
    ids: Annotated[str, Query(alias="match[id]", max_length=8192)] = "",
    types: Annotated[str, Query(alias="match[type]", max_length=1024)] = "",
    versions: Annotated[str, Query(alias="match[version]", max_length=1024)] = LAST,
    spec: Annotated[str, Query(alias="match[spec_version]", max_length=64)] = "",
) -> Wish:  # fmt: skip
    if spec and "2.1" not in spec.split(","):
        return Wish(limit=0)
    try:
        after = max(int(next) if next else -1, parse_moment(added_after, "UTC") if added_after else -1)
        which = tuple(v if v in (FIRST, LAST, ALL) else parse_moment(v, "UTC") for v in versions.split(","))
        if after >= 1 << 63:
            raise ValueError("no time")
    except ValueError:
        raise _Problem(400, "a filter that cannot be read") from None
    return Wish(after, _parts(ids), _parts(types), which, limit=min(limit, MOST))


Filter = Annotated[Wish, Depends(_wish)]


@router.get("/")
def discovery(request: Request, _who: Who) -> Response:
    """Where the API root is."""
    root = str(request.url_for("root"))
    return _answer({"title": request.app.state.office.centre.settings.name, "default": root, "api_roots": [root]})


@router.get("/shared/", name="root")
def root(_who: Who) -> Response:
    """The one API root."""
    return _answer({"title": "shared", "versions": [MEDIA_TYPE], "max_content_length": 1 << 20})


@router.get("/shared/collections/")
def collections(who: Who) -> Response:
    """The one collection of whoever asks."""
    return _answer({"collections": [_collection(who)]})


@router.get("/shared/collections/{collection_id}/")
def collection(who: Who, collection_id: str) -> Response:
    """What the collection is."""
    _own(who, collection_id)
    return _answer(_collection(who))


@router.get("/shared/collections/{collection_id}/objects/")
def objects(request: Request, who: Who, collection_id: str, wish: Filter) -> Response:
    """Objects, the first added first."""
    _own(who, collection_id)
    return _page(request, who, wish, lambda one: one.body)


@router.get("/shared/collections/{collection_id}/manifest/")
def manifest(request: Request, who: Who, collection_id: str, wish: Filter) -> Response:
    """What is there and when it was added, without contents."""
    _own(who, collection_id)
    return _page(request, who, wish, lambda one: {
        "id": one.id, "date_added": _moment(one.added_us), "version": _version(one), "media_type": STIX,
    })  # fmt: skip


@router.get("/shared/collections/{collection_id}/objects/{object_id}/")
def object_(request: Request, who: Who, collection_id: str, object_id: str, wish: Filter) -> Response:
    """One object."""
    return _of_one(request, who, collection_id, object_id, wish, "objects")


@router.get("/shared/collections/{collection_id}/objects/{object_id}/versions/")
def versions(request: Request, who: Who, collection_id: str, object_id: str, wish: Filter) -> Response:
    """The versions of one object."""
    every = Wish(wish.after_us, versions=(ALL,), limit=wish.limit)
    return _of_one(request, who, collection_id, object_id, every, "versions")


def _of_one(
    request: Request, who: Reader, collection_id: str, object_id: str, wish: Wish, name: str
) -> Response:  # fmt: skip
    _own(who, collection_id)
    one = Wish(wish.after_us, (object_id,), (), wish.versions, limit=wish.limit)
    return _page(request, who, one, _version if name == "versions" else lambda v: v.body, name, must=True)


def _page(
    request: Request, who: Reader, wish: Wish, say: Callable[[Version], Any], name: str = "objects", must: bool = False
) -> Response:
    office = request.app.state.office
    asked = Wish(wish.after_us, wish.ids, wish.types, wish.versions, office.clock.now_us(), wish.limit + 1)
    found = read_shared(office, who, asked) if wish.limit else []
    if must and not found:
        raise _Problem(404, "there is no such object")
    shown = found[: wish.limit]
    body: dict[str, Any] = {name: [say(one) for one in shown]} if shown else {}
    if len(found) > wish.limit:
        body |= {"more": True, "next": str(shown[-1].added_us)}
    added = {"first": shown[0].added_us, "last": shown[-1].added_us} if shown else {}
    return _answer(body, {f"x-taxii-date-added-{which}": _moment(at) for which, at in added.items()})


def _own(who: Reader, collection_id: str) -> None:
    """Somebody else's collection is not there at all."""
    if collection_id != who.collection_id:
        raise _Problem(404, "there is no such collection")


def _collection(who: Reader) -> dict[str, Any]:
    return {"id": who.collection_id, "title": who.title, "can_read": True, "can_write": False, "media_types": [STIX]}


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


def _version(one: Version) -> str:
    return str(one.body.get("modified") or one.body["created"])


def _moment(at_us: int) -> str:
    return from_us(at_us).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _answer(body: dict[str, Any], headers: dict[str, str] | None = None, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, headers, MEDIA_TYPE)
