"""Warnings for those who do not call: the board, one warning as a story, what is held back."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import RedirectResponse

from chainbreak.act.warnings.model import KINDS, OPEN
from chainbreak.app.list_suppressed import VIEWS, list_suppressed
from chainbreak.app.list_warnings import STATES, list_warnings
from chainbreak.app.record_read import record_read
from chainbreak.app.report_texts import type_names
from chainbreak.app.reveal_identifier import MAY_REVEAL, reveal_identifier
from chainbreak.app.show_warning import show_warning
from chainbreak.app.text_campaign import MAY_TEXT_ALL, text_campaign
from chainbreak.app.warning_board import warning_board
from chainbreak.console.session import Signed, Visit
from chainbreak.console.view import render, said
from chainbreak.records.kind import Identifier

router = APIRouter()
PAGE = 50
SEND_HUES = {
    "due": "medium", "handing": "medium", "handed": "medium", "delivered": "done", "unknown": "high",
    "failed": "urgent", "suppressed": "lapsed", "cancelled": "lapsed",
}  # fmt: skip
STATE_HUES = {"open": "medium", "resolved": "done", "lapsed": "lapsed", "retracted": "lapsed"}
Short = Annotated[str, Query(max_length=64)]
After = Annotated[str, Query(max_length=32)]


class Wanted:
    """The filter in an address, and the address that carries it on."""

    def __init__(
        self, tier: Annotated[str, Query(max_length=16)] = "",
        state: Annotated[str, Query(pattern=f"^(?:{'|'.join(STATES)})$")] = OPEN, district: Short = "",
        kind: Annotated[str, Query(pattern=f"^(?:{'|'.join(KINDS)})?$")] = "", campaign: Short = "",
    ) -> None:  # fmt: skip
        self.given = {"tier": tier, "state": state, "district": district.strip(), "kind": kind, "campaign": campaign}

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the state is filtered."""
        return any(value for name, value in self.given.items() if name != "state")

    def query(self, **changed: str) -> str:
        """The filter as the query of an address, with some of it changed; what is usual is left out."""
        usual = {"state": OPEN}
        return urlencode({k: v for k, v in (self.given | changed).items() if v and usual.get(k) != v})


Filtered = Annotated[Wanted, Depends()]


@router.get("/warnings")
def page(visit: Signed, wanted: Filtered, after: After = "") -> Response:
    """The board, and the queue below it."""
    board = warning_board(visit.office, visit.actor)
    record_read(visit.office, visit.actor, "warning.list", "warning:*", often=True)
    return render(
        visit, "warnings.html", here="warnings", board=board, wanted=wanted, states=STATES, kinds=list(KINDS),
        send_hues=SEND_HUES, is_first=not after, may_text_all=visit.actor.has(*MAY_TEXT_ALL),
        **_rows(visit, wanted, board, after), **_words(visit),
    )  # fmt: skip


@router.get("/warnings/rows")
def more(visit: Signed, wanted: Filtered, after: After) -> Response:
    """The next rows of the queue, for htmx."""
    board = warning_board(visit.office, visit.actor)
    return render(visit, "_warning_rows.html", wanted=wanted, **_rows(visit, wanted, board, after), **_words(visit))


@router.get("/warnings/suppressed")
def suppressed(
    visit: Signed, view: Annotated[str, Query(pattern=f"^(?:{'|'.join(VIEWS)})$")] = VIEWS[0], after: After = ""
) -> Response:
    """Everything held back, with reason and time."""
    found = list_suppressed(visit.office, visit.actor, view=view, after=after)
    record_read(visit.office, visit.actor, "warning.suppressed", "warning:*", often=True)
    return render(visit, "warnings_suppressed.html", here="warnings", tab="suppressed", found=found, view=view,
                  views=VIEWS, is_first=not after)  # fmt: skip


@router.post("/warnings/campaign/text")
def text_all(visit: Signed, campaign: Annotated[str, Form(max_length=64)]) -> Response:
    """Text everybody of a campaign that surges."""
    text_campaign(visit.office, visit.actor, campaign)
    return said(RedirectResponse(f"/warnings?{urlencode({'campaign': campaign})}", 303), "campaign_texted")


@router.get("/warnings/{warning_id}")
def one(visit: Signed, warning_id: str) -> Response:
    """One warning as a story. Looking is noted in the log."""
    found = show_warning(visit.office, visit.actor, warning_id)
    record_read(visit.office, visit.actor, "warning.read", f"warning:{warning_id}")
    return _story(visit, found)


@router.post("/warnings/{warning_id}/reveal")
def reveal(visit: Signed, warning_id: str, purpose: Annotated[str, Form(max_length=200)] = "") -> Response:
    """The number in clear, until the page is left; the case of the reveal is the warning."""
    found = show_warning(visit.office, visit.actor, warning_id)
    shown = reveal_identifier(visit.office, visit.actor, found["recipient"], purpose=purpose, case=warning_id)
    return _story(visit, found | {"revealed": shown.value})


def _story(visit: Visit, found: dict[str, Any]) -> Response:
    return render(
        visit, "warning.html", here="warnings", tab="", found=found, send_hues=SEND_HUES,
        may_reveal=visit.actor.has(*MAY_REVEAL[Identifier.LINE]), **_words(visit),
    )  # fmt: skip


def _rows(visit: Visit, wanted: Wanted, board: dict[str, Any], after: str) -> dict[str, Any]:
    """A page of the queue; campaigns that are shown as one row each do not fill it."""
    surging = [] if wanted.given["campaign"] else [one["campaign"] for one in board["surges"]]
    given: dict[str, Any] = wanted.given
    found = list_warnings(visit.office, visit.actor, **given, without=surging, after=after, limit=PAGE)
    return {"rows": found["rows"], "next_after": found["after"]}


def _words(visit: Visit) -> dict[str, Any]:
    names = type_names(visit.office)
    return {
        "fraud_name": lambda key: names.get(key, {}).get(visit.lang, ""),
        "state_hues": STATE_HUES,
    }
