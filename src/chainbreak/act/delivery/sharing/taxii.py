"""Format `taxii`: STIX 2.1 in a TAXII 2.1 collection, a partner's own, or one that we keep for it (`hosted`).

A hosted collection is a file under `out/<partner>/`, served by the API's TAXII routes to that partner alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.delivery.sharing.carrier import Carrier
from chainbreak.act.delivery.sharing.hosted import Hosted
from chainbreak.act.delivery.sharing.stix import Stix
from chainbreak.act.delivery.sharing.terms import Terms, must_have
from chainbreak.act.delivery.sharing.web import Reply, Web
from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from chainbreak.act.delivery.point import Setup

MEDIA_TYPE = "application/taxii+json;version=2.1"
NEEDS = ("password",)
"""Under `Settings.user` at the partner's server. To a hosted collection the partner signs in with its own token."""
PAGE = 1_000
_IDS_AT_ONCE = 40
"""In one address; servers and proxies refuse lines of more than 8 KiB."""
_OBJECTS_AT_ONCE = 200
_MOST_PAGES = 1_000


class Settings(Terms):
    """What a TAXII partner may set; its address is the API root, `https://HOST/ROOT/`."""

    hosted: bool = False
    """We keep the collection and the partner fetches it from us; else it is pushed to the partner's server."""
    collection: str = Field(default="", max_length=64, pattern=r"^[0-9a-zA-Z_-]*$")
    """Id of the collection at the partner's server that we write to."""
    inbox: str = Field(default="", max_length=64, pattern=r"^[0-9a-zA-Z_-]*$")
    """Id of the collection that we read (`share pull`); empty: the same."""
    user: str = Field(default="", max_length=64)
    """Our name at the partner's server."""
    definitions: bool = True
    """Publish the definitions of `x-phone-number` and `x-bank-account` too. Off for servers that stumble over them:
    medallion 3.0.0 takes their `version` for a time, and from then on lists nothing of the whole collection."""


def open_point(setup: Setup) -> Carrier:
    """The collection that this partner reads.

    Raises:
        SetupError: settings, address or secret are missing (CB-DL-161, CB-DL-162), or a library (CB-DL-170).
    """
    must_have("stix2")
    settings = Settings.model_validate(setup.settings)
    form = Stix(settings, setup.partner_id, definitions=settings.definitions)
    if settings.hosted:
        return Carrier(form, Hosted(setup.folder, form, setup.clock), setup.clock, setup.wrong)
    return Carrier(form, Remote(collection_of(setup, settings, settings.collection), form), setup.clock, setup.wrong)


def collection_of(setup: Setup, settings: Settings, collection: str) -> Web:
    """The web below a collection at the partner's server.

    Raises:
        SetupError: no address or no collection (CB-DL-161), unusable (CB-DL-162), no secret.
    """
    if not setup.address or not collection:
        raise SetupError("CB-DL-161", "the partner's settings do not say where to share", given=setup.partner_id,
                         allowed="an address and a collection, or hosted = true")  # fmt: skip
    login = (settings.user, setup.secret("password")) if settings.user else None
    address = f"{setup.address.rstrip('/')}/collections/{collection}"
    return Web(address, {"accept": MEDIA_TYPE}, login=login, ca=settings.ca)


class Remote:
    """A collection at a partner's server, as a `Place`. It must be readable: else no withdrawal could be seen."""

    def __init__(self, web: Web, form: Stix) -> None:
        self._web, self._form = web, form
        self._is_introduced = False

    def latest(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Id -> newest version."""
        found: dict[str, dict[str, Any]] = {}
        for at in range(0, len(keys), _IDS_AT_ONCE):
            some = keys[at : at + _IDS_AT_ONCE]
            for said in objects(self._web, {"match[id]": ",".join(some)}):
                # Servers may answer with every version; times of one form compare as text.
                if said["id"] not in found or said["modified"] > found[said["id"]]["modified"]:
                    found[said["id"]] = said
        return found

    def add(self, said: Sequence[dict[str, Any]]) -> tuple[dict[str, str], str]:
        """Post new versions, after what they refer to."""
        refused: dict[str, str] = {}
        digest = ""
        queue = [*(() if self._is_introduced else self._form.context()), *said]
        for at in range(0, len(queue), _OBJECTS_AT_ONCE):
            body = {"objects": queue[at : at + _OBJECTS_AT_ONCE]}
            reply = self._web.post("objects/", body, MEDIA_TYPE)
            digest = reply.digest
            if reply.status not in (200, 202):
                refused |= {one["id"]: f"HTTP {reply.status}" for one in body["objects"]}
                continue
            failures = (reply.body or {}).get("failures", ()) if isinstance(reply.body, dict) else ()
            refused |= {str(one.get("id")): "refused by the server" for one in failures}
            self._is_introduced = True
        return refused, digest

    def confirm(self, said: Sequence[dict[str, Any]]) -> None:
        """What is in the collection can be fetched."""

    def ours(self) -> Iterable[dict[str, Any]]:
        """Newest versions of our indicators."""
        newest: dict[str, dict[str, Any]] = {}
        for said in objects(self._web, {"match[type]": "indicator"}):
            if said.get("created_by_ref") == self._form.publisher:
                newest[said["id"]] = max(said, newest.get(said["id"], said), key=lambda one: str(one["modified"]))
        return newest.values()

    def close(self) -> None:
        """Give back connections."""
        self._web.close()


def objects(web: Web, params: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Objects of a collection that meet the filter.

    Raises:
        PointDownError: as `pages`.
    """
    for page in pages(web, params):
        yield from (one for one in page.body.get("objects", ()) if isinstance(one, dict) and "id" in one)


def pages(web: Web, params: dict[str, str]) -> Iterator[Reply]:
    """Envelopes of a collection, page by page.

    Raises:
        PointDownError: not reached, or what answers does not speak TAXII.
    """
    where: dict[str, str] = {"limit": str(PAGE)}
    for _ in range(_MOST_PAGES):
        reply = web.get("objects/", params | where)
        if reply.status == 404 and "match[id]" in params:
            return  # some servers answer so when nothing meets the filter
        if reply.status != 200 or not _is_envelope(reply.body):
            raise PointDownError(f"no TAXII envelope: HTTP {reply.status}")
        yield reply
        if not reply.body.get("more") or not reply.body.get("next"):
            return
        where["next"] = str(reply.body["next"])
    raise PointDownError(f"more than {_MOST_PAGES} pages")


def _is_envelope(body: Any) -> bool:
    return isinstance(body, dict) and isinstance(body.get("objects", []), list)
