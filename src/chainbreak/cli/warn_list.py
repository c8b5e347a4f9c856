"""`chainbreak warn` for those who do not call: board, list, story, suppressed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, LimitOption, emit, readable, say

app = typer.Typer(pretty_exceptions_enable=False)
LIST = ("warning_id", "tier", "recipient", "kinds", "district", "stake", "due_at", "standing", "attempts", "outcome",
        "holder")  # fmt: skip
HELD = ("warning_id", "tier", "channel", "reason", "at", "until", "district", "standing")
TIERS = ("tier", "to_call", "next_due", "past_due", "will_be_late", "to_text", "seed")
AfterOption = Annotated[str, typer.Option("--after", help="The mark that the page before ended with")]


@app.command()
def board(as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Per tier who waits and who will be late, what capacity is short, draws, messages, visits, surges."""
    from chainbreak.app.record_read import record_read
    from chainbreak.app.warning_board import warning_board

    office, actor = _both(centre, as_name)
    found = warning_board(office, actor)
    record_read(office, actor, "warning.list", "warning:*", often=True)
    if as_json:
        emit(found, as_json)
        return
    tiers = [row | {"seed": row["draw"]["seed"] if row["draw"] else ""} for row in found["tiers"]]
    emit(readable(tiers, office.centre.settings.zone), False, columns=TIERS)
    emit({"capacity": found["capacity"], "visits": found["visits"], "sends": found["sends"],
          "surges": readable(found["surges"], office.centre.settings.zone)}, False)  # fmt: skip


@app.command("list")
def list_(
    as_name: AsOption, tier: str = "",
    state: Annotated[str, typer.Option(help="open, resolved, lapsed, retracted")] = "open", district: str = "",
    kind: Annotated[str, typer.Option(help="Kind of contact, as call.fraud_line")] = "",
    campaign: str = "", after: AfterOption = "", limit: LimitOption = 50, centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Warnings: open ones in the order of calls, others the latest first."""
    from chainbreak.app.list_warnings import list_warnings
    from chainbreak.app.record_read import record_read

    office, actor = _both(centre, as_name)
    found = list_warnings(office, actor, tier=tier, state=state, district=district, kind=kind, campaign=campaign,
                          after=after, limit=limit)  # fmt: skip
    record_read(office, actor, "warning.list", "warning:*", often=True)
    if not as_json:
        found["rows"] = [row | {"kinds": ", ".join(row["kinds"])} for row in found["rows"]]
    _emit_page(found, LIST, office.centre.settings.zone, as_json)


@app.command()
def story(warning_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """One warning: what was observed, why this tier, what was done when, what was held back, who looked."""
    from chainbreak.app.record_read import record_read
    from chainbreak.app.show_warning import show_warning

    office, actor = _both(centre, as_name)
    found = show_warning(office, actor, warning_id)
    record_read(office, actor, "warning.read", f"warning:{warning_id}")
    emit(found if as_json else readable(found, office.centre.settings.zone), as_json)


@app.command()
def suppressed(
    as_name: AsOption, view: Annotated[str, typer.Option(help="suppressed, later, cancelled, visits")] = "suppressed",
    after: AfterOption = "", limit: LimitOption = 100, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Everything held back, with its reason and time: a cap, the quiet hours, muted, expired, told already."""
    from chainbreak.app.list_suppressed import list_suppressed
    from chainbreak.app.record_read import record_read

    office, actor = _both(centre, as_name)
    found = list_suppressed(office, actor, view=view, after=after, limit=limit)
    record_read(office, actor, "warning.suppressed", "warning:*", often=True)
    _emit_page(found, HELD, office.centre.settings.zone, as_json)


@app.command("text-campaign")
def text_campaign_(
    campaign: Annotated[str, typer.Argument(help="As `warn board` names it under surges")], as_name: AsOption,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """In a surge, plan a text to everybody of one campaign who has none; caps and quiet hours hold."""
    from chainbreak.app.text_campaign import text_campaign

    office, actor = _both(centre, as_name)
    emit(text_campaign(office, actor, campaign), as_json)


def _both(centre: Any, name: str) -> tuple[Any, Any]:
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    return office, find_actor(office, name)


def _emit_page(found: dict[str, Any], columns: tuple[str, ...], zone: str, as_json: bool) -> None:
    emit(found["rows"] if as_json else readable(found["rows"], zone), as_json, columns=columns)
    if found["after"]:
        say(f"more: --after {found['after']}")
    elif not found["rows"]:
        raise typer.Exit(1)
