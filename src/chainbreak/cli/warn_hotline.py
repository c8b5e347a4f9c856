"""`chainbreak warn` for the hotline: next, show, outcome, undo, mute, shift, alerts, take-alert; `warn script …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit, readable, say

app = typer.Typer(pretty_exceptions_enable=False)
script = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="What operators say: versions, review")
app.add_typer(script, name="script")

LangOption = Annotated[str, typer.Option("--lang", help="zh or en; else the centre's")]
FraudArgument = Annotated[str, typer.Argument(help="A type of `warn script list`")]
VersionArgument = Annotated[int, typer.Argument(help="Its number")]


@app.command()
def next(as_name: AsOption, lang: LangOption = "", centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Take the person to call next: why, how to prove it is us, what to say. Nobody waits: exit code 1."""
    from chainbreak.app.next_warning import next_warning

    office, actor = _both(centre, as_name)
    card = next_warning(office, actor)
    if card is None:
        say("nobody is to be called now")
        raise typer.Exit(1)
    _emit_card(office, card, lang, as_json)


@app.command()
def show(
    named: Annotated[str, typer.Argument(metavar="WARNING|CODE", help="W-… or the four digits a caller says")],
    as_name: AsOption, lang: LangOption = "",
    dial: Annotated[bool, typer.Option("--dial", help="With the number in clear; a logged reveal")] = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Open a card by its id, or by the case code of somebody who calls the published number."""
    from chainbreak.app.open_warning import open_warning, reveal_recipient

    office, actor = _both(centre, as_name)
    card = open_warning(office, actor, named)
    if dial:
        card["number"] = reveal_recipient(office, actor, card["warning_id"]).value
    _emit_card(office, card, lang, as_json)


@app.command()
def outcome(
    warning_id: str,
    key: Annotated[str, typer.Argument(help="1 dissuaded 2 money sent 3 already knew 4 false alarm 5 refused "
                                            "6 no answer 7 wrong person 8 needs visit 9 other")],
    as_name: AsOption, attempt: Annotated[int, typer.Option(help="Which call this was, as on the card")],
    stake: Annotated[str, typer.Option(help="What was at stake in yuan, as 35000 or 35000.50")] = "",
    refused: Annotated[bool, typer.Option("--refused", help="The person would not check us")] = False,
    note: Annotated[str, typer.Option(help="A few words; identifiers are masked")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Record what came of a call; done twice it is one outcome."""
    from chainbreak.app.record_outcome import record_outcome
    from chainbreak.app.report_texts import loss_in

    office, actor = _both(centre, as_name)
    stake_fen = loss_in(office, stake) if stake else None
    told = record_outcome(office, actor, warning_id, attempt, key, stake_fen=stake_fen, refused=refused, note=note)
    emit(told if as_json else _readable(office, told), as_json)


@app.command()
def undo(as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Take back your newest outcome, within a minute."""
    from chainbreak.app.undo_outcome import undo_outcome

    office, actor = _both(centre, as_name)
    emit({"warning_id": undo_outcome(office, actor)}, as_json)


@app.command()
def mute(
    warning_id: str, as_name: AsOption,
    days: Annotated[int, typer.Option(help="How long, 0 to 180; 0 ends it")] = 30,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """No messages of the lowest tier for the person of a warning; every other warning still comes."""
    from chainbreak.app.mute_warnings import mute_warnings

    office, actor = _both(centre, as_name)
    told = {"warning_id": warning_id, "until_us": mute_warnings(office, actor, warning_id, days)}
    emit(told if as_json else _readable(office, told), as_json)


@app.command()
def shift(as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Who waits, who is called again, how your shift went."""
    from chainbreak.app.hotline_shift import hotline_shift

    office, actor = _both(centre, as_name)
    told = hotline_shift(office, actor)
    if as_json:
        emit(told, True)
        return
    emit({"waiting": told["waiting"], **told["shift"]}, False)
    if told["again"]:
        rows = [_readable(office, row) for row in told["again"]]
        emit(rows, False, columns=("warning_id", "tier", "call_at", "attempts", "outcome"), title="call-backs")


@app.command()
def alerts(as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Who said that money has been sent, as long as nobody at the fund desk has taken it."""
    from chainbreak.app.take_money_sent import list_alerts

    office, actor = _both(centre, as_name)
    rows = list_alerts(office, actor)
    shown = ("warning_id", "report_id", "stake", "district", "raised_by", "at")
    emit(rows if as_json else [_readable(office, row) for row in rows], as_json, columns=shown)
    if not rows:
        raise typer.Exit(1)


@app.command("take-alert")
def take_(warning_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Take such an alert over, at the fund desk."""
    from chainbreak.app.take_money_sent import take_alert

    office, actor = _both(centre, as_name)
    emit({"warning_id": warning_id, "report_id": take_alert(office, actor, warning_id)}, as_json)


@script.command("list")
def list_(
    as_name: AsOption, fraud: Annotated[str, typer.Argument(help="Only this type")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Every version of every script, and which ones operators see."""
    from chainbreak.app.call_scripts import list_scripts

    office, actor = _both(centre, as_name)
    rows = list_scripts(office, actor, fraud)
    emit(rows, as_json, columns=("fraud", "version", "state", "shown", "spoken", "author", "proposed_by", "decided_by"))


@script.command("show")
def show_(
    fraud: FraudArgument, as_name: AsOption,
    version: Annotated[int | None, typer.Option(help="Its number; else the newest that operators see")] = None,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """One version in full, in the form in which another is proposed."""
    from chainbreak.app.call_scripts import show_script

    office, actor = _both(centre, as_name)
    emit(show_script(office, actor, fraud, version), as_json)


@script.command()
def propose(
    fraud: FraudArgument, file: Annotated[Path, typer.Argument(help="YAML as `warn script show` prints it")],
    as_name: AsOption, why: Annotated[str, typer.Option("--why", help="What happened in calls")],
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Propose a version; somebody else decides."""
    from chainbreak.app.call_scripts import propose_script
    from chainbreak.app.classify_report import read_report

    office, actor = _both(centre, as_name)
    emit({"fraud": fraud, "version": propose_script(office, actor, fraud, read_report(file), why)}, as_json)


@script.command()
def approve(
    fraud: FraudArgument, version: VersionArgument, as_name: AsOption,
    beside: Annotated[bool, typer.Option("--beside", help="Keep the others too and draw which is shown")] = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Let operators see a proposed version, in the place of the one before."""
    from chainbreak.app.call_scripts import decide_script

    office, actor = _both(centre, as_name)
    emit(decide_script(office, actor, fraud, version, approve=True, beside=beside), as_json)


@script.command()
def decline(
    fraud: FraudArgument, version: VersionArgument, as_name: AsOption, centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Turn a proposed version down."""
    from chainbreak.app.call_scripts import decide_script

    office, actor = _both(centre, as_name)
    emit(decide_script(office, actor, fraud, version, approve=False), as_json)


def _emit_card(office: Any, card: dict[str, Any], lang: str, as_json: bool) -> None:
    """The card as an operator reads it: first what is said first."""
    if as_json:
        emit(card, True)
        return
    here = lang if lang in ("zh", "en") else office.centre.settings.language
    proof, speech = card["proof"] or {}, card["script"][here]
    emit(
        {
            "warning": card["warning_id"], "who": card.get("number", card["masked"]), "tier": card["word"][here],
            "why": card["why"][here], "attempt": f"{card['next_attempt']}/{card['most_attempts']}",
            **_readable(office, {"due_at_us": card["due_at_us"], "stake_fen": card["stake_fen"]}),
            "held_by": card["held_by"], "phrase": proof.get(here, ""), "code": proof.get("code", ""),
            "proof": proof.get("state", ""), "script": card["script"]["shown"],
            **{name: said if isinstance(said, str) else "\n".join(said) for name, said in speech.items()},
        },
        False,
    )  # fmt: skip


def _readable(office: Any, row: dict[str, Any]) -> dict[str, Any]:
    return dict(readable(row, office.centre.settings.zone))


def _both(centre: Path | None, as_name: str) -> tuple[Any, Any]:
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    return office, find_actor(office, as_name)
