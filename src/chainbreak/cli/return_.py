"""`chainbreak return`: frozen money back to its victims, from the plan to the bank's receipt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainbreak.cli.common import AsOption, CentreOption, DryRunOption, JsonOption, LimitOption, emit, readable, say

if TYPE_CHECKING:
    from chainbreak.act.returns.model import Return, Victim
    from chainbreak.app.bootstrap import Office
    from chainbreak.app.return_claims import Given
    from chainbreak.records.actor import Actor

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Frozen money back to its victims")

ClaimsOption = Annotated[
    Path | None, typer.Option("--claims", exists=True, dir_okay=False,
                              help="CSV of victims: claim_id, name, loss_yuan, returned_before_yuan, reported_at")
]  # fmt: skip
StatementOption = Annotated[
    Path | None, typer.Option("--statement", exists=True, dir_okay=False,
                              help="CSV of the account's bookings: transfer_id, booked_at, seq, direction, "
                                   "amount_yuan, counterparty, claim_id")
]  # fmt: skip
ReportOption = Annotated[list[str] | None, typer.Option("--report", help="A report as victim; may be repeated")]
FrozenOption = Annotated[str, typer.Option(help="What is frozen, in yuan; none: the hold orders in force")]
BasisOption = Annotated[str, typer.Option(help="Legal basis of the freeze")]
UntilOption = Annotated[str, typer.Option(help="When the freeze ends")]
OpeningOption = Annotated[str, typer.Option(help="The account's balance before the statement, in yuan")]
ReasonOption = Annotated[str, typer.Option(help="Why, in words")]
SeenOption = Annotated[int | None, typer.Option(help="Only if it is still at this version, as `return show` prints")]
DigestOption = Annotated[str, typer.Option(help="The digest you looked at, whole or its first 12 letters or more")]
LIST = ("return_id", "standing", "legal_case", "round", "frozen", "still_frozen", "victims", "objections",
        "notice_until", "mine")  # fmt: skip
ROWS = ("claim_id", "name", "loss", "earlier", "amount", "outcome", "receipt")
PROOF = ("claim_id", "share", "floor_fen", "remainder", "extra")
"""How each amount came about; a table of its own, since a screen is narrow and no fraction may be broken."""


def _act(centre: Any, name: str) -> tuple[Office, Actor]:
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    return office, find_actor(office, name)


def _given(
    office: Office, what: str, claims: Path | None, statement: Path | None, reports: list[str] | None, frozen: str,
    basis: str, until: str, opening: str, **more: str,
) -> Given:  # fmt: skip
    from dataclasses import replace

    from chainbreak.app.return_claims import Given, plan_from, read_text, statement_from, victims_from
    from chainbreak.cli.parse import fen_from, moment_from

    zone = office.centre.settings.zone
    given = plan_from(read_text(Path(what)), zone) if what and Path(what).is_file() else Given(account=what)
    said: dict[str, Any] = {
        "victims": victims_from(read_text(claims), zone) if claims else (),
        "statement": statement_from(read_text(statement), zone) if statement else (),
        "reports": tuple(reports or ()), "frozen_fen": fen_from(frozen), "basis": basis,
        "until_us": moment_from(until, zone), "opening_fen": fen_from(opening), **more,
    }  # fmt: skip
    return replace(given, **{name: value for name, value in said.items() if value not in (None, "", ())})


def _tell(found: Return, as_json: bool, dry_run: bool = False) -> None:
    from chainbreak.base.clock import rfc3339
    from chainbreak.base.units import format_fen

    division = found.division
    told: dict[str, Any] = {"return_id": found.return_id, "state": str(found.state), "round": found.round,
                            "case": division.case, "why": division.why, "victims": len(found.plan.victims)}  # fmt: skip
    money = {"frozen": division.frozen_fen, "returned": division.returned_fen, "surplus": division.surplus_fen,
             "paid": found.paid_fen, "still_frozen": found.still_frozen_fen}  # fmt: skip
    told |= {f"{k}_fen": v for k, v in money.items()} if as_json else {k: format_fen(v) for k, v in money.items()}
    if found.notice_until_us:
        told["notice_until"] = rfc3339(found.notice_until_us)
    told |= {"digest": found.digest, "version": found.events}
    emit(told | ({"dry_run": True} if dry_run else {}), as_json)


def _signed(office: Office, return_id: str, digest: str) -> str:
    """The whole digest of which somebody typed the beginning; what does not fit is passed on, to be refused."""
    from chainbreak.app.move_return import read_return

    with office.desk.read() as conn:
        whole = read_return(conn, return_id).digest
    return whole if len(digest) >= 12 and whole.startswith(digest) else digest


@app.command()
def plan(
    what: Annotated[str, typer.Argument(metavar="ACCOUNT|FILE", help="Account, or a plan as YAML or JSON")],
    as_name: AsOption, claims: ClaimsOption = None, report: ReportOption = None, frozen: FrozenOption = "",
    basis: BasisOption = "", until: UntilOption = "", bank: str = "", statement: StatementOption = None,
    opening: OpeningOption = "", case: Annotated[str, typer.Option(help="The authority's case number")] = "",
    note: str = "", dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Plan how what is frozen on an account goes back: which legal case, and each victim's share to the fen."""
    from chainbreak.app.plan_return import plan_return

    office, actor = _act(centre, as_name)
    given = _given(office, what, claims, statement, report, frozen, basis, until, opening,
                   bank=bank, case_ref=case[:64], note=note[:2_000])  # fmt: skip
    _tell(plan_return(office, actor, given, dry_run=dry_run), as_json, dry_run)


@app.command()
def revise(
    return_id: str, as_name: AsOption, claims: ClaimsOption = None, report: ReportOption = None,
    frozen: FrozenOption = "", basis: BasisOption = "", until: UntilOption = "", statement: StatementOption = None,
    opening: OpeningOption = "", note: str = "", reason: ReasonOption = "", seen: SeenOption = None,
    dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Plan it again, with late victims or corrected amounts; it needs a new review, and a new notice."""
    from chainbreak.app.plan_return import revise_return

    office, actor = _act(centre, as_name)
    given = _given(office, "", claims, statement, report, frozen, basis, until, opening, note=note[:2_000])
    _tell(revise_return(office, actor, return_id, given, reason, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command("round")
def round_(
    return_id: str, as_name: AsOption, claims: ClaimsOption = None, report: ReportOption = None,
    added: Annotated[str, typer.Option(help="What was frozen since, in yuan")] = "0", basis: BasisOption = "",
    until: UntilOption = "", seen: SeenOption = None, dry_run: DryRunOption = False, centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """A new round on what is still frozen, for victims found after payment; nobody pays anything back."""
    from chainbreak.app.plan_return import next_round
    from chainbreak.cli.parse import fen_from

    office, actor = _act(centre, as_name)
    given = _given(office, "", claims, None, report, "", basis, until, "")
    found = next_round(office, actor, return_id, given, fen_from(added) or 0, seen=seen, dry_run=dry_run)
    _tell(found, as_json, dry_run)


@app.command("what-if")
def what_if_(
    return_id: str, as_name: AsOption, claims: ClaimsOption = None, claim: str = "late",
    loss: Annotated[str, typer.Option(help="The late victim's loss, in yuan")] = "", centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """What a late victim would change; nothing is kept."""
    from chainbreak.act.returns.model import Victim
    from chainbreak.app.move_return import may_read
    from chainbreak.app.plan_return import what_if
    from chainbreak.app.record_read import record_read
    from chainbreak.app.return_claims import read_text, victims_from
    from chainbreak.app.show_return import division_rows
    from chainbreak.cli.parse import fen_from

    office, actor = _act(centre, as_name)
    may_read(actor)
    record_read(office, actor, "return.read", f"return:{return_id}")
    late: tuple[Victim, ...] = victims_from(read_text(claims), office.centre.settings.zone) if claims else ()
    if fen := fen_from(loss):
        late = (*late, Victim(claim, "", fen, office.clock.now_us()))
    _rows(division_rows(*what_if(office, return_id, late)), as_json)


@app.command()
def review(
    return_id: str, as_name: AsOption, digest: DigestOption = "",
    back: Annotated[str, typer.Option("--send-back", help="Have it planned again instead, for this reason")] = "",
    seen: SeenOption = None, dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Sign a plan that somebody else wrote, under its digest, or send it back."""
    from chainbreak.app.review_return import review_return, send_back_return

    office, actor = _act(centre, as_name)
    if back:
        found = send_back_return(office, actor, return_id, back, seen=seen, dry_run=dry_run)
    else:
        signed = _signed(office, return_id, digest)
        found = review_return(office, actor, return_id, signed, seen=seen, dry_run=dry_run)
    _tell(found, as_json, dry_run)


@app.command()
def publish(
    return_id: str, as_name: AsOption, seen: SeenOption = None, dry_run: DryRunOption = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Begin the 30 days of public notice of a division in proportion."""
    from chainbreak.app.publish_return import publish_return

    office, actor = _act(centre, as_name)
    _tell(publish_return(office, actor, return_id, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command("object")
def object_(
    return_id: str, grounds: str, as_name: AsOption,
    by: Annotated[str, typer.Option("--by", help="Who objects: a claim, or a name, which is masked")] = "",
    claim: Annotated[str, typer.Option(help="Whose share it is about")] = "", seen: SeenOption = None,
    dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take an objection while the notice runs."""
    from chainbreak.app.object_to_return import object_to_return

    office, actor = _act(centre, as_name)
    found = object_to_return(office, actor, return_id, by or claim, grounds, claim, seen=seen, dry_run=dry_run)
    _tell(found, as_json, dry_run)


@app.command()
def decide(
    return_id: str, as_name: AsOption,
    objection: Annotated[int, typer.Option(help="Decide this objection instead, by its number")] = 0,
    outcome: Annotated[str, typer.Option(help="Of an objection: upheld, rejected")] = "", reason: ReasonOption = "",
    digest: DigestOption = "", seen: SeenOption = None, dry_run: DryRunOption = False, centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Decide the return under its digest, or one objection with a reason."""
    from chainbreak.app.decide_return import decide_return
    from chainbreak.app.object_to_return import decide_objection

    office, actor = _act(centre, as_name)
    if objection:
        found = decide_objection(office, actor, return_id, objection, outcome, reason, seen=seen, dry_run=dry_run)
    else:
        signed = _signed(office, return_id, digest)
        found = decide_return(office, actor, return_id, signed, seen=seen, dry_run=dry_run)
    _tell(found, as_json, dry_run)


@app.command()
def pay(
    return_id: str, as_name: AsOption, claim: str = "",
    receipt: Annotated[str, typer.Option(help="The bank's receipt")] = "",
    failed: Annotated[str, typer.Option(help="Why the bank could not pay")] = "",
    file: Annotated[Path | None, typer.Option("--file", exists=True, dir_okay=False,
                                              help="CSV: claim_id, receipt, amount_yuan, failed")] = None,
    seen: SeenOption = None, dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Enter what the bank says of decided shares; the same receipt twice is one payment."""
    from chainbreak.app.pay_return import Receipt, pay_return
    from chainbreak.app.return_claims import read_text, receipts_from

    office, actor = _act(centre, as_name)
    said = list(receipts_from(read_text(file))) if file else []
    if claim:
        said.append(Receipt(claim, receipt, failed))
    _tell(pay_return(office, actor, return_id, said, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command()
def renew(
    return_id: str, as_name: AsOption, basis: BasisOption = "", until: UntilOption = "", seen: SeenOption = None,
    dry_run: DryRunOption = False, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Note that the freeze was renewed; amounts and signatures stand."""
    from chainbreak.app.review_return import renew_return
    from chainbreak.cli.parse import moment_from

    office, actor = _act(centre, as_name)
    end = moment_from(until, office.centre.settings.zone) or 0
    _tell(renew_return(office, actor, return_id, basis, end, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command()
def withdraw(
    return_id: str, reason: ReasonOption, as_name: AsOption, seen: SeenOption = None, dry_run: DryRunOption = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Give this round up; the money stays frozen."""
    from chainbreak.app.review_return import withdraw_return

    office, actor = _act(centre, as_name)
    _tell(withdraw_return(office, actor, return_id, reason, seen=seen, dry_run=dry_run), as_json, dry_run)


@app.command("list")
def list_(
    as_name: AsOption,
    stage: Annotated[str, typer.Option(help="planned, reviewed, published, decided, over, all")] = "all",
    after: str = "", limit: LimitOption = 50, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Returns, the newest first; `--after ID` is the last one of the page before."""
    from chainbreak.app.list_returns import list_returns
    from chainbreak.app.record_read import record_read
    from chainbreak.base.clock import rfc3339
    from chainbreak.base.units import format_fen

    office, actor = _act(centre, as_name)
    rows = list_returns(office, actor, stage=stage, after=after, limit=limit)
    record_read(office, actor, "return.list", "return:*")
    if not as_json:
        for row in rows:
            row |= {name: format_fen(row[f"{name}_fen"]) for name in ("frozen", "returned", "still_frozen")}
            row |= {"notice_until": rfc3339(row["notice_until_us"]) if row["notice_until_us"] else "",
                    "mine": "*" if row["waits_for_me"] else ""}  # fmt: skip
    emit(rows, as_json, columns=LIST)
    if not rows:
        raise typer.Exit(1)


@app.command()
def show(return_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """One return with its proof: each victim's exact share, floor, remainder, extra fen and amount."""
    from chainbreak.app.record_read import record_read
    from chainbreak.app.show_return import show_return

    office, actor = _act(centre, as_name)
    found = show_return(office, actor, return_id)
    record_read(office, actor, "return.read", f"return:{return_id}", case=found["case_ref"])
    if as_json:
        emit(found, True)
        return
    rows = found.pop("rows")
    told = readable({k: v for k, v in found.items() if v not in (None, "", [])}, office.centre.settings.zone)
    emit(told, False)
    _rows(rows, False)


@app.command("print")
def print_(
    return_id: str, as_name: AsOption,
    pdf: Annotated[Path | None, typer.Option(help="Write a PDF here (extra `pdf`)")] = None,
    html: Annotated[Path | None, typer.Option(help="Write one HTML file here, to be printed or kept")] = None,
    lang: Annotated[str, typer.Option(help="zh, en; none: the centre's own")] = "", centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """The public notice and the schedule with its proof, as PDF or HTML."""
    from chainbreak.app.record_read import record_read
    from chainbreak.app.show_return import show_return
    from chainbreak.base.errors import UsageError
    from chainbreak.console.return_paper import write_paper

    office, actor = _act(centre, as_name)
    if pdf is None and html is None:
        raise UsageError("CB-US-001", "say what to write", allowed="--pdf OUT.pdf, --html OUT.html")
    found = show_return(office, actor, return_id)
    record_read(office, actor, "return.print", f"return:{return_id}", case=found["case_ref"])
    written = write_paper(office, found, lang, pdf=pdf, html=html)
    emit({"return_id": return_id, "written": [str(path) for path in written]}, as_json)


def _rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    from chainbreak.base.units import format_fen

    if not as_json:
        for row in rows:
            row |= {name: format_fen(row[f"{name}_fen"]) for name in ("loss", "earlier", "amount")}
        say(f"{len(rows)} victims, {format_fen(sum(row['amount_fen'] for row in rows))} in all")
    emit(rows, as_json, columns=ROWS)
    if not as_json:
        emit(rows, as_json, columns=PROOF)
