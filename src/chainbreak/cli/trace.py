"""`chainbreak trace`: where the money of a report or a transfer went, by rule, to the fen.

A first word that is no verb is what to trace: `chainbreak trace A2026112000001 --rule all`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from chainbreak.cli import funds
from chainbreak.cli.common import AsOption, CentreOption, JsonOption, LimitOption, emit, moment, plain, say

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.app.word_trace import Saying
    from chainbreak.records.actor import Actor

THE_TRACE = "of"
SPANS = {"m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
"""µs of the units of a horizon."""


class _OrTrace(TyperGroup):
    """A group in which a first word that is no verb belongs to the trace itself."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, "--help"}:
            _refuse_near(args[0], self.commands)
            args = [THE_TRACE, *args]
        return super().parse_args(ctx, args)


def _refuse_near(word: str, verbs: Iterable[str]) -> None:
    """A word of letters alone that is nearly a verb is a mistyped verb; `trace of WORD` traces it all the same."""
    from chainbreak.base.errors import UsageError, did_you_mean

    hint = did_you_mean(word, verbs)
    if word.isalpha() and hint.startswith("did"):
        raise UsageError("CB-US-001", "no such verb", given=word, allowed=hint)


app = typer.Typer(cls=_OrTrace, no_args_is_help=True, pretty_exceptions_enable=False,
                  help="Where the money of a report or a transfer went, by rule, to the fen")  # fmt: skip

RuleOption = Annotated[
    str, typer.Option(help="fifo, lifo, prorata, paripassu, lib, lib_group, poison; several as fifo,lib; or all")
]
AsOfOption = Annotated[str, typer.Option("--as-of", help="A moment, as 2026-11-20 08:00; none: the ledger's end")]
HorizonOption = Annotated[str, typer.Option(help="How long after the payment, as 48h, 90m, 7d, or none")]
LeastOption = Annotated[str, typer.Option("--de-minimis", help="Yuan; smaller moving pieces stop and are summed apart")]
TransferOption = Annotated[list[str] | None, typer.Option("--transfer", help="A transfer claimed; may be repeated")]
AmountOption = Annotated[
    list[str] | None, typer.Option("--amount", help="Yuan claimed of it, one for each --transfer; none: all of it")
]
LangOption = Annotated[str, typer.Option("--lang", help="zh or en; the centre's language if not given")]
PurposeOption = Annotated[str, typer.Option("--purpose", help="What it is needed for; goes into the log")]
CaseOption = Annotated[str, typer.Option("--case", help="The case it is needed in; goes into the log")]


def _act(centre: Path | None, name: str) -> tuple[Office, Actor]:
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    return office, find_actor(office, name)


def _saying(office: Office, lang: str) -> Saying:
    from chainbreak.app.word_trace import Saying
    from chainbreak.base.errors import UsageError, did_you_mean
    from chainbreak.base.wording import LANGS

    for known in LANGS:
        if known == (lang or office.centre.settings.language):
            return Saying(known, office.centre.settings.zone)
    raise UsageError("CB-US-001", "no such language", given=lang, allowed=did_you_mean(lang, LANGS))


def _span(text: str) -> int | None:
    from chainbreak.base.errors import UsageError

    if text.strip() == "none":
        return None
    if not (found := re.fullmatch(r"([1-9]\d{0,4})([mhd])", text.strip())):
        raise UsageError("CB-US-002", "not a span of time", given=text[:40], allowed="48h, 90m, 7d, or none")
    return int(found[1]) * SPANS[found[2]]


def _terms(office: Office, rule: str, as_of: str, horizon: str, least: str) -> dict[str, Any]:
    from chainbreak.cli.parse import fen_from, moment_from

    return {"rule": rule, "as_of_us": moment_from(as_of, office.centre.settings.zone), "horizon_us": _span(horizon),
            "de_minimis_fen": fen_from(least) or 0}  # fmt: skip


def _asked(transfers: list[str] | None, amounts: list[str] | None) -> list[Any]:
    from chainbreak.app.claimed import Asked
    from chainbreak.base.errors import UsageError
    from chainbreak.cli.parse import fen_from

    given, fen = transfers or [], [fen_from(text) for text in amounts or []]
    if fen and len(fen) != len(given):
        raise UsageError("CB-TR-026", "one --amount for each --transfer", given=f"{len(fen)} for {len(given)}")
    if any(amount is not None and amount <= 0 for amount in fen):
        raise UsageError("CB-TR-026", "an amount claimed is above nothing", given=", ".join(amounts or []))
    return [Asked(ident, amount or 0) for ident, amount in zip(given, fen or [0] * len(given), strict=True)]


def _tell(run: dict[str, Any], saying: Saying) -> None:
    from chainbreak.app.word_trace import word_trace

    for line in word_trace(run, saying):
        typer.echo(plain(line))
    if "rules" in run:
        typer.echo("")
        names = [name for name in run["rules"]["names"] if name != "poison"]
        rows = [
            {"account": row["account"], "bank": row["bank"], "least": _yuan(row["min_fen"]),
             "most": _yuan(row["max_fen"]),
             "by_rule": " ".join(f"{name}={_yuan(row['by'][name])}" for name in names if row["by"].get(name))}
            for row in run["rules"]["accounts"]
        ]  # fmt: skip
        emit(rows, False, columns=("account", "bank", "least", "most", "by_rule"))


def _yuan(fen: int) -> str:
    return f"{fen / 100:,.2f}" if fen else "-"


@app.command(THE_TRACE)
def trace(
    what: Annotated[str, typer.Argument(help="A report or a transfer")], as_name: AsOption, rule: RuleOption = "fifo",
    as_of: AsOfOption = "", horizon: HorizonOption = "48h", least: LeastOption = "", transfer: TransferOption = None,
    amount: AmountOption = None,
    back: Annotated[bool, typer.Option("--back", help="To where the money came from, first in first out")] = False,
    purpose: PurposeOption = "", case: CaseOption = "", lang: LangOption = "", centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """The trace itself; the word `of` may be left out. The run is kept and can be cited by its number."""
    from chainbreak.app.trace_money import trace_money

    office, actor = _act(centre, as_name)
    saying, terms = _saying(office, lang), _terms(office, rule, as_of, horizon, least)
    # `trace TRANSFER --amount YUAN` names the one transfer it means.
    named = transfer or ([what] if amount else None)
    run = trace_money(office, actor, what, **terms, transfers=_asked(named, amount), back=back, purpose=purpose,
                      case=case)  # fmt: skip
    emit(run, as_json) if as_json else _tell(run, saying)


@app.command()
def claims(report_id: str, as_name: AsOption, lang: LangOption = "", centre: CentreOption = None,
           as_json: JsonOption = False) -> None:  # fmt: skip
    """Which payments are the money a report says was lost: the sure ones, and candidates with their reasons."""
    from chainbreak.app.claims_of_report import claims_of_report
    from chainbreak.app.trace_rights import admit_trace
    from chainbreak.app.word_trace import word_why

    office, actor = _act(centre, as_name)
    saying = _saying(office, lang)
    admit_trace(office, actor, "trace.claims", f"report:{report_id}")
    rows = claims_of_report(office, report_id)
    if as_json:
        emit(rows, as_json)
    else:
        told = [
            row | {"yuan": _yuan(row["fen"]), "claimed": _yuan(row["claim_fen"]),
                   "at": saying.at(row["booked_at_us"]), "why": word_why(row["why"], saying)}
            for row in rows
        ]  # fmt: skip
        emit(told, as_json, columns=("transfer_id", "sure", "claimed", "yuan", "at", "payee", "why"))
    if not rows:
        say("no payment in the ledger fits this report")
        raise typer.Exit(1)


@app.command()
def ledger(as_name: AsOption, limit: LimitOption = 50, lang: LangOption = "", centre: CentreOption = None,
           as_json: JsonOption = False) -> None:  # fmt: skip
    """What money is followed in: rows, accounts, end, digest; and the transfers that have no place in it, with why."""
    from chainbreak.app.show_ledger import show_ledger

    office, actor = _act(centre, as_name)
    saying = _saying(office, lang)
    shown = show_ledger(office, actor, limit)
    if as_json:
        emit(shown, as_json)
        return
    rows = [row | {"at": saying.at(row["booked_at_us"])} for row in shown.pop("refused_rows")]
    counts = {"rows": f"{shown['rows']:,}", "accounts": f"{shown['accounts']:,}"}
    until = {"until": saying.at(shown.pop("until_us"))}
    emit(shown | counts | until, as_json)
    if rows:
        emit(rows, as_json, columns=("transfer_id", "why", "at", "payer", "payee"))


@app.command()
def show(run_id: str, as_name: AsOption, purpose: PurposeOption = "", case: CaseOption = "", lang: LangOption = "",
         centre: CentreOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """A kept run as it was kept."""
    from chainbreak.app.show_trace import show_trace

    office, actor = _act(centre, as_name)
    saying = _saying(office, lang)
    run = show_trace(office, actor, run_id, purpose=purpose, case=case)
    emit(run, as_json) if as_json else _tell(run, saying)


@app.command("list")
def list_(as_name: AsOption, what: Annotated[str, typer.Option(help="Only of this: report:ID or transfer:ID")] = "",
          limit: LimitOption = 50, centre: CentreOption = None, as_json: JsonOption = False) -> None:  # fmt: skip
    """Kept runs, newest first."""
    from chainbreak.app.list_traces import list_traces
    from chainbreak.base.clock import rfc3339

    office, actor = _act(centre, as_name)
    rows = list_traces(office, actor, what, limit)
    if as_json:
        emit([row | {"made_at": rfc3339(row["made_at_us"])} for row in rows], as_json)
    else:
        zone = office.centre.settings.zone
        told = [row | {"made_at": moment(row["made_at_us"], zone), "digest": row["digest"][:12]} for row in rows]
        emit(told, as_json, columns=("run_id", "what", "rule", "made_by", "made_at", "digest"))
    if not rows:
        say(f"no run of {what}; write report:ID or transfer:ID" if what else "nothing was traced yet")
        raise typer.Exit(1)


@app.command()
def verify(run_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Make a kept run again from the ledger it cites; exit 1 unless it comes out the same, byte for byte."""
    from chainbreak.app.verify_trace import verify_trace

    office, actor = _act(centre, as_name)
    told = verify_trace(office, actor, run_id)
    emit(told, as_json)
    if not told["ok"]:
        raise typer.Exit(1)


@app.command()
def batch(
    as_name: AsOption,
    file: Annotated[Path | None, typer.Argument(help="A line each: ID of a report or transfer, or ID,YUAN")] = None,
    since: Annotated[str, typer.Option(help="Every report from this moment on")] = "", rule: RuleOption = "fifo",
    as_of: AsOfOption = "", horizon: HorizonOption = "48h", least: LeastOption = "", centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Trace many at once: of a file, a line each, or every report since a moment. Each is kept as a run of its own."""
    from chainbreak.app.trace_batch import trace_batch, wanted_lines
    from chainbreak.cli.parse import moment_from

    office, actor = _act(centre, as_name)
    terms, moment = _terms(office, rule, as_of, horizon, least), moment_from(since, office.centre.settings.zone)
    rows = list(trace_batch(office, actor, wanted_lines(file) if file else [], since_us=moment, **terms))
    emit(rows if as_json else [row | {"claimed": _yuan(row["claimed_fen"]), "lying": _yuan(row["holding_fen"])}
                               for row in rows], as_json,
         columns=("what", "run_id", "claimed", "lying", "accounts", "error"))  # fmt: skip
    if not rows or all(row["error"] for row in rows):
        raise typer.Exit(1)


@app.command()
def watch(
    as_name: AsOption, once: Annotated[bool, typer.Option("--once", help="Look once and end, for a scheduler")] = False,
    draft: Annotated[bool, typer.Option("--draft", help="Draft the holds proposed; a person submits each")] = False,
    poll: Annotated[float, typer.Option("--poll", min=0.1, max=3600, help="Seconds between looks")] = 0.5,
    lang: LangOption = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Trace open claims again as transfers come, until Ctrl-C; a line for each that moved. Killed, it goes on."""
    from contextlib import closing

    from chainbreak.app.watch_money import watch_money
    from chainbreak.base.units import format_fen

    office, actor = _act(centre, as_name)
    saying = _saying(office, lang)
    try:
        with closing(watch_money(office, actor, once=once, every_s=poll, draft=draft)) as steps:
            for step in steps:
                if as_json:
                    emit(step, as_json)
                    sys.stdout.flush()
                    continue
                said = saying.say(
                    "watch", at=saying.at(step["as_of_us"]), report=step["what"], n=step["new_flows"],
                    lying=format_fen(step["holding_fen"]), run_id=step["run_id"], proposals=step["proposals"],
                    drafts=step["drafts"],
                )  # fmt: skip
                typer.echo(plain(said))
    except KeyboardInterrupt:
        say("Ended; what was found is kept.")


funds.mount(app)
