"""`chainbreak warn stats|power|complaint` and `warn tiers …`: how warnings do, and the tiers as reviewed data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from chainbreak.cli.common import AsOption, CentreOption, DryRunOption, JsonOption, emit, moment, say

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="How warnings do, and their tiers")
tiers = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Tiers: show, check, propose, decide")
app.add_typer(tiers, name="tiers")

FileArgument = Annotated[Path, typer.Argument(help="A YAML file of tiers; - reads stdin")]
VersionArgument = Annotated[int, typer.Argument(help="Number of the proposed change")]
DaysOption = Annotated[int, typer.Option("--days", help="Over so many days back from now")]


@app.command()
def stats(
    as_name: AsOption, days: Annotated[int, typer.Option(min=1, max=366, help="Over so many days back")] = 30,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """How warnings do: shares with 95 % intervals by tier and trigger; what calling early is worth, by drawn order."""
    from chainbreak.app.warning_measures import warning_measures

    office, actor = _act(centre, as_name)
    found = warning_measures(office, actor, days)
    if as_json:
        emit(found | {"triggers": [{k: v for k, v in row.items() if k != "clause"} for row in found["triggers"]]}, True)
        return
    shown = ("precision", "false_alarms", "dissuaded", "told_in_time", "reached_in_time")
    rows = [{"tier": row["tier"] or "all", "warnings": row["warnings"], "unknown": row["unknown"],
             **{name: share_text(row[name]) for name in shown}} for row in found["tiers"]]  # fmt: skip
    emit(rows, False, title=f"since {moment(found['since_us'], office.centre.settings.zone)}")
    back = found["retracted"]
    emit([back | {"wrong": share_text(back["wrong"])}], False, title="taken back")
    triggers = [row | {"precision": share_text(row["precision"])} for row in found["triggers"]]
    emit(triggers, False, columns=("tier", "warnings", "unknown", "precision", "trigger"))
    emit(_uplift_rows(found["uplift"]), False, title="called early against late, by drawn order")


def _uplift_rows(one: dict[str, Any]) -> list[dict[str, Any]]:
    from chainbreak.base.units import format_fen

    known = one["difference"] is not None
    told = f"{100 * one['difference']:.2f} ({100 * one['low']:.2f} to {100 * one['high']:.2f})" if known else (
        f"not known yet: too few {one['why']}"
    )  # fmt: skip
    fen = " to ".join(format_fen(one[f"averted_{end}_fen"]) for end in ("low", "high")) if known else "not known yet"
    return [{"early": f"{one['lost_early']}/{one['early']}", "late": f"{one['lost_late']}/{one['late']}",
             "campaigns": one["campaigns"], "draws": one["draws"], "late minus early, points": told,
             "averted": fen, "too young": one["too_young"]}]  # fmt: skip


def share_text(share: dict[str, Any]) -> str:
    """A share with its interval and what it is of.

    >>> share_text({"n": 200, "hits": 1, "rate": 0.005, "low": 0.0009, "high": 0.0278})
    '0.5% (0.1–2.8) of 200'
    >>> share_text({"n": 0, "hits": 0, "rate": None, "low": 0.0, "high": 1.0})
    'not known yet'
    """
    if share["rate"] is None:
        return "not known yet"
    return f"{100 * share['rate']:.1f}% ({100 * share['low']:.1f}–{100 * share['high']:.1f}) of {share['n']}"


@app.command()
def power(
    late: Annotated[float, typer.Argument(help="Share of people called late that lose money, 0 to 1")],
    early: Annotated[float, typer.Argument(help="Share of people called early that do")],
    size: Annotated[int, typer.Option(min=1, help="People of one campaign, on average")] = 1,
    likeness: Annotated[float, typer.Option(help="How alike people of one campaign fare, 0 to 1")] = 0.0,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """How many people an arm needs to tell two shares of loss apart: two-sided 5 %, power 80 %."""
    from chainbreak.act.warnings.measure.power import design_effect, per_arm

    effect = design_effect([size], likeness)
    emit({"late": late, "early": early, "design_effect": effect, "per_arm": per_arm(late, early, effect)}, as_json)


@app.command()
def complaint(
    warning_id: str, as_name: AsOption,
    about: Annotated[str, typer.Option(help="too_often, at_night, manner, not_believed, privacy, other")] = "other",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Note that somebody complained about being warned."""
    from chainbreak.app.note_complaint import note_complaint

    note_complaint(*_act(centre, as_name), warning_id, about)
    emit({"warning_id": warning_id, "noted": about}, as_json)


@app.command()
def labels(
    as_name: AsOption, refs: Annotated[list[str] | None, typer.Argument(help="finding:ID, order:ID; none: all")] = None,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """What people who were warned said of the findings and orders their warnings rested on."""
    from chainbreak.app.warning_labels import warning_labels

    office, actor = _act(centre, as_name)
    rows = warning_labels(office, actor, refs or None)
    emit(rows, as_json, columns=("ref", "label", "outcome", "warning_id", "sampling"))
    if not rows:
        raise typer.Exit(1)


@tiers.command()
def show(
    as_name: AsOption, version: Annotated[int | None, typer.Argument(help="A proposed change; none: in force")] = None,
    listed: Annotated[bool, typer.Option("--all", help="Every proposed change, one row each")] = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """The tiers in force as YAML, to be changed and proposed; or a proposed change with its back-test."""
    from chainbreak.app.list_tiers import list_tiers, show_tiers

    office, actor = _act(centre, as_name)
    if version is not None:
        one = show_tiers(office, actor, version)
        _tell(one["back_test"], [vars(change) for change in one["differs"]], as_json,
              {k: one[k] for k in ("version", "state", "why", "proposed_by", "decided_by", "decided_why")})  # fmt: skip
        return
    found = list_tiers(office, actor)
    if listed:
        emit(found["changes"], as_json, columns=("version", "state", "proposed_by", "decided_by", "why"))
    elif as_json:
        emit({"name": found["policy"].name, "body": found["body"]}, True)
    else:
        sys.stdout.write(found["body"])


@tiers.command()
def check(file: FileArgument, as_json: JsonOption = False) -> None:
    """Every fault of a file of tiers, with its line; exit 3 when there is one. Notes are no faults."""
    from chainbreak.act.warnings.tier_faults import faults, notes
    from chainbreak.act.warnings.tiers import read_policy

    text = _text(file)
    wrong = faults(text)
    if wrong:
        emit([fault._asdict() for fault in wrong], as_json, columns=("line", "where", "what"))
        raise typer.Exit(3)
    say("no faults")
    for note in notes(read_policy(text)):
        say(f"note: {note}")


@tiers.command()
def propose(
    file: FileArgument, why: Annotated[str, typer.Option(help="What the change is for")], as_name: AsOption,
    days: DaysOption = 14,
    operator_hours: Annotated[float | None, typer.Option(help="Hours of operators there are a day")] = None,
    dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Propose changed tiers; they are tried on past days first, and somebody else decides."""
    from chainbreak.app.propose_tiers import propose_tiers

    office, actor = _act(centre, as_name)
    told = propose_tiers(office, actor, _text(file), why, days=days, operator_hours=operator_hours, dry_run=dry_run)
    _tell(told["back_test"], told["changes"], as_json, {"version": told["version"], "name": told["name"]})


@tiers.command("back-test")
def back_test(
    version: VersionArgument, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False
) -> None:
    """Try a proposed change on the same days again; exit 1 when it does not give the same bytes."""
    from chainbreak.app.list_tiers import back_test_again

    found = back_test_again(*_act(centre, as_name), version)
    _tell(found["back_test"], [], as_json, {k: found[k] for k in ("version", "same", "digest_was", "digest_is")})
    if not found["same"]:
        raise typer.Exit(1)


@tiers.command()
def approve(
    version: VersionArgument, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False
) -> None:
    """Put a proposed change in force; an approver other than its proposer."""
    from chainbreak.app.decide_tiers import approve_tiers

    approve_tiers(*_act(centre, as_name), version)
    emit({"version": version, "state": "approved"}, as_json)


@tiers.command()
def decline(
    version: VersionArgument, reason: Annotated[str, typer.Option(help="Why")], as_name: AsOption,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Decline a proposed change, with a reason."""
    from chainbreak.app.decide_tiers import decline_tiers

    decline_tiers(*_act(centre, as_name), version, reason)
    emit({"version": version, "state": "declined"}, as_json)


@tiers.command()
def withdraw(
    version: VersionArgument, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False
) -> None:
    """Take your own proposal back."""
    from chainbreak.app.decide_tiers import withdraw_tiers

    withdraw_tiers(*_act(centre, as_name), version)
    emit({"version": version, "state": "withdrawn"}, as_json)


@tiers.command()
def reviews(as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Triggers that were right too seldom and wait to be looked at again."""
    from chainbreak.app.list_tiers import list_tiers

    rows = list_tiers(*_act(centre, as_name))["reviews"]
    emit(rows, as_json, columns=("review_id", "tier", "fraud", "known", "low", "high", "floor", "trigger"))


@tiers.command("close-review")
def close_review(
    review_id: int, note: Annotated[str, typer.Option(help="Why the trigger stays, or what is proposed instead")],
    as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Say that a trigger was looked at."""
    from chainbreak.app.trigger_precision import close_review as close

    close(*_act(centre, as_name), review_id, note)
    emit({"review_id": review_id, "closed": True}, as_json)


def _tell(tried: dict[str, Any], changes: list[dict[str, Any]], as_json: bool, head: dict[str, Any]) -> None:
    """A back-test for people, or all of it as JSON."""
    changed = [{"where": ".".join(row["where"]), "old": row["old"], "new": row["new"]} for row in changes]
    if as_json:
        emit(head | {"changes": changed, "back_test": tried}, True)
        return
    emit(head, False)
    if changed:
        emit([row | {"old": _plain(row["old"]), "new": _plain(row["new"])} for row in changed], False)
    columns = ("warnings", "call_a_day", "sms_a_day", "visit_a_day", "visit_if_unreached_a_day")
    emit([{"tiers": name, "tier": row["tier"], **{c: row[c] for c in columns}}
          for name in ("old", "new") for row in tried[name]["tiers"]], False)  # fmt: skip
    emit([{"tiers": name, **tried[name]["work"], "there_are": tried["capacity_hours"], **tried[name]["before_paying"]}
          for name in ("old", "new")], False)  # fmt: skip
    emit([tried["moves"]["counts"]], False, title="people and campaigns whose tier would be another")


def _plain(value: Any) -> Any:
    from chainbreak.act.warnings.measure.differ import clause_text

    return clause_text(value) if isinstance(value, dict) else value


def _text(file: Path) -> str:
    from chainbreak.base.errors import UsageError

    if str(file) == "-":
        return sys.stdin.read()
    if not file.is_file():
        raise UsageError("CB-US-001", "no such file", given=str(file))
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageError("CB-US-001", "not a text in UTF-8", given=str(file)) from None


def _act(centre: Path | None, name: str) -> tuple[Any, Any]:
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    return office, find_actor(office, name)
