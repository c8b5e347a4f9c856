"""`chainbreak order`: from a draft to a release. `order draft --help` shows what a draft takes from its finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit, moment, readable, say

if TYPE_CHECKING:
    from chainbreak.act.orders.drafting import Wish
    from chainbreak.act.orders.model import Order
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Orders: people issue, machines draft")

FindingOption = Annotated[str, typer.Option("--finding", help="The finding it rests on")]
CaseOption = Annotated[str, typer.Option(help="The authority's case number")]
PurposeOption = Annotated[str, typer.Option(help="What it is for; in the log and on the order")]
KindOption = Annotated[str, typer.Option(help="Kind of order; none: what the finding proposes")]
RungOption = Annotated[str, typer.Option(help="Step of the necessity ladder; none: the mildest")]
ObjectOption = Annotated[str, typer.Option("--object", help="One object of the finding; none: its subject")]
BasisOption = Annotated[list[str] | None, typer.Option(help="Article, as in `order bases`; none: the kind's own")]
WhyOption = Annotated[str, typer.Option("--why-not-milder", help="Why a milder step is not enough")]
AmountOption = Annotated[str, typer.Option("--amount", help="Yuan to hold; none: what was traced")]
UntilOption = Annotated[str, typer.Option("--until", help="End, RFC 3339 or local; none: the kind's default")]
RestsOption = Annotated[list[str] | None, typer.Option("--rests-on", help="Another order it rests on too")]
ExceptionOption = Annotated[str, typer.Option("--exception", help="Why an exclusion is set aside; two must sign")]
EntryOption = Annotated[list[str] | None, typer.Option("--entry", help="Which exclusion, as the refusal names it")]
OpenOption = Annotated[int, typer.Option("--open-digits", min=0, max=4, help="A range: so many last digits are open")]
ReasonOption = Annotated[str, typer.Option(help="A written reason")]


def _act(centre: Any, name: str) -> tuple[Office, Actor]:
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    return office, find_actor(office, name)


def _tell(order: Order, as_json: bool) -> None:
    from chainbreak.act.orders.guards import wanted_digest

    emit(
        {"order_id": order.order_id, "state": str(order.state), "revision": order.revision,
         "object": order.content.object, "digest": wanted_digest(order)}, as_json,
    )  # fmt: skip


def _wish(office: Office, **said: Any) -> Wish:
    from chainbreak.act.orders.drafting import Wish
    from chainbreak.cli.parse import fen_from, moment_from

    exception = {"reason": said.pop("exception"), "entries": said.pop("entry") or []}
    return Wish(
        legal_basis=tuple(said.pop("basis") or ()), amount_fen=fen_from(said.pop("amount")),
        expires_at_us=moment_from(said.pop("until"), office.centre.settings.zone),
        rests_on=tuple(said.pop("rests_on") or ()), exception=exception if exception["reason"] else None,
        rung=said.pop("rung") or None, object=said.pop("about") or None, **said,
    )  # fmt: skip


@app.command()
def draft(
    finding: FindingOption, case: CaseOption, purpose: PurposeOption, as_name: AsOption,
    kind: KindOption = "", rung: RungOption = "", about: ObjectOption = "",
    basis: BasisOption = None, why: WhyOption = "", amount: AmountOption = "", until: UntilOption = "",
    rests_on: RestsOption = None, exception: ExceptionOption = "", entry: EntryOption = None,
    open_digits: OpenOption = 0, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Draft an order from a finding; what follows from the finding and the rules is filled in."""
    from chainbreak.app.draft_order import draft_order
    from chainbreak.app.draft_range import draft_range

    office, actor = _act(centre, as_name)
    wish = _wish(office, case_ref=case, purpose=purpose, kind=kind, rung=rung, about=about, basis=basis,
                 ladder_reason=why, amount=amount, until=until, rests_on=rests_on, exception=exception,
                 entry=entry)  # fmt: skip
    if open_digits:
        _tell(draft_range(office, actor, finding, wish, open_digits), as_json)
    else:
        _tell(draft_order(office, actor, finding, wish), as_json)


@app.command()
def emergency(
    finding: FindingOption, case: CaseOption, purpose: PurposeOption, as_name: AsOption,
    kind: KindOption = "", rung: RungOption = "", about: ObjectOption = "",
    basis: BasisOption = None, why: WhyOption = "", amount: AmountOption = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Act at once, alone, for 30 minutes at most: a hold of an amount, or a restriction of outgoing calls."""
    from chainbreak.app.take_emergency import take_emergency

    office, actor = _act(centre, as_name)
    wish = _wish(office, case_ref=case, purpose=purpose, kind=kind, rung=rung, about=about, basis=basis,
                 ladder_reason=why, amount=amount, until="", rests_on=None, exception="", entry=None)  # fmt: skip
    _tell(take_emergency(office, actor, finding, wish), as_json)


@app.command()
def edit(
    order_id: str, as_name: AsOption, rung: RungOption = "", basis: BasisOption = None, why: WhyOption = "",
    amount: AmountOption = "", until: UntilOption = "", purpose: Annotated[str, typer.Option(help="New purpose")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Change a draft; of a submitted or approved order every signature is void, and it is a draft again."""
    from chainbreak.app.edit_order import edit_order
    from chainbreak.cli.parse import fen_from, moment_from

    office, actor = _act(centre, as_name)
    said = {
        "rung": rung, "legal_basis": tuple(basis or ()), "ladder_reason": why, "amount_fen": fen_from(amount),
        "expires_at_us": moment_from(until, office.centre.settings.zone), "purpose": purpose,
    }  # fmt: skip
    _tell(edit_order(office, actor, order_id, {name: value for name, value in said.items() if value}), as_json)


@app.command()
def check(order_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """What stands between an order and its next move, exit 1 when something does; and who else reports its object."""
    from chainbreak.app.check_order import check_order
    from chainbreak.app.list_indicators import reported_about_order

    office, actor = _act(centre, as_name)
    found = check_order(office, actor, order_id)
    for one in reported_about_order(office, order_id):
        seen = moment(one["last_seen_us"], office.centre.settings.zone)
        say(f"also reported by {one['source']}: weight {one['score']:.0f} of 100, last seen {seen}")
    if not found and not as_json:
        say("nothing stands between it and its next move")
        return
    emit(found, as_json, columns=("move", "code", "what", "given", "allowed"))
    if found:
        raise typer.Exit(1)


@app.command()
def submit(order_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Hand a draft in for approval."""
    from chainbreak.app.submit_order import submit_order

    office, actor = _act(centre, as_name)
    _tell(submit_order(office, actor, order_id), as_json)


@app.command()
def withdraw(
    order_id: str, as_name: AsOption, reason: ReasonOption = "", centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Take back an order that no partner holds yet."""
    from chainbreak.app.withdraw_order import withdraw_order

    office, actor = _act(centre, as_name)
    _tell(withdraw_order(office, actor, order_id, reason), as_json)


@app.command()
def approve(
    order_id: str, as_name: AsOption,
    digest: Annotated[str, typer.Option(help="What `order show` prints: the signature is under exactly that")],
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Sign an order, confirm an emergency, or sign an extension: whichever waits."""
    from chainbreak.app.approve_order import approve_order

    office, actor = _act(centre, as_name)
    _tell(approve_order(office, actor, order_id, digest), as_json)


@app.command("return")
def return_(
    order_id: str, reason: ReasonOption, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False
) -> None:
    """Give an order back to its drafter."""
    from chainbreak.app.return_order import return_order

    office, actor = _act(centre, as_name)
    _tell(return_order(office, actor, order_id, reason), as_json)


@app.command()
def send(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Send what was approved, withdrawals first, and end what time has ended; the service does this by itself."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.send_due import send_due

    counts = send_due(open_office(centre))
    emit(counts, as_json)
    if counts["failed"]:
        raise typer.Exit(1)


@app.command()
def ack(
    order_id: str, target: str, outcome: Annotated[str, typer.Argument(help="full, partial, rejected")],
    as_name: AsOption, code: Annotated[str, typer.Option(help="The partner's reason, such as AM04")] = "",
    meaning: Annotated[str, typer.Option(help="In words; none: what our table says of the code")] = "",
    held: Annotated[str, typer.Option(help="Yuan really held, of a partial answer about money")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Enter a partner's answer."""
    from chainbreak.app.acknowledge_order import acknowledge_order
    from chainbreak.cli.parse import fen_from

    office, actor = _act(centre, as_name)
    _tell(acknowledge_order(office, actor, order_id, target, outcome, code, meaning, fen_from(held)), as_json)


@app.command()
def extend(
    order_id: str, finding: FindingOption, as_name: AsOption, until: UntilOption = "", centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Ask for a later end, on a finding (or, for a hold, a trace run) newer than the last signature."""
    from chainbreak.app.extend_order import extend_order
    from chainbreak.cli.parse import moment_from

    office, actor = _act(centre, as_name)
    until_us = moment_from(until, office.centre.settings.zone)
    _tell(extend_order(office, actor, order_id, finding, until_us), as_json)


@app.command()
def release(
    order_id: str, as_name: AsOption, reason: Annotated[str, typer.Option(help="A reason code")] = "other",
    note: str = "", centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Let an order go."""
    from chainbreak.app.release_order import release_order

    office, actor = _act(centre, as_name)
    _tell(release_order(office, actor, order_id, reason, note), as_json)


@app.command("list")
def list_(
    state: Annotated[list[str] | None, typer.Option(help="Only these states")] = None, kind: KindOption = "",
    about: ObjectOption = "", case: str = "", limit: int = 100, centre: CentreOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Orders, the last changed first."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.list_orders import list_orders, states_named

    rows = list_orders(
        open_office(centre), states=states_named(state), kind=kind or None, about=about or None,
        case_ref=case or None, limit=limit,
    )  # fmt: skip
    emit(rows, as_json, columns=("order_id", "kind", "rung", "object", "standing", "ends_at", "signatures", "needed"))
    if not rows:
        raise typer.Exit(1)


@app.command()
def show(order_id: str, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """An order with everything about it, and the digest to sign."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.show_order import show_order

    office = open_office(centre)
    shown = show_order(office, order_id)
    emit(shown if as_json else readable(shown, office.centre.settings.zone), as_json)


@app.command()
def why(order_id: str, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """What an order rests on, and what rests on it."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.why_order import why_order

    office = open_office(centre)
    told = why_order(office, order_id)
    emit(told if as_json else readable(told, office.centre.settings.zone), as_json)


@app.command()
def notice(
    order_id: str, as_name: AsOption,
    given: Annotated[str, typer.Option(help="Note that it was given: letter, sms, counter, hotline, partner")] = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """The text for the person affected; with `--given`, note that they have it."""
    from chainbreak.app.give_notice import give_notice
    from chainbreak.app.show_order import show_order

    office, actor = _act(centre, as_name)
    if given:
        give_notice(office, actor, order_id, given)
    text = show_order(office, order_id)["content"]["notice"]
    emit({"order_id": order_id, "zh": text["zh"], "en": text["en"], "given": given}, as_json)


@app.command()
def rules(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Kinds of order with their ladders, ends and quorums in this centre."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.order_ask import rules_of

    found = rules_of(open_office(centre)).kinds
    emit([{"kind": name, **rule.model_dump()} for name, rule in found.items()], as_json,
         columns=("kind", "objects", "ladder", "expiry_h", "most_h", "extensions", "citation"))  # fmt: skip


@app.command()
def bases(kind: KindOption = "", centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Articles an order may cite, each with how far its wording was checked."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.draft_order import list_bases

    emit(list_bases(open_office(centre), kind or None), as_json, columns=("basis_id", "status", "source", "kinds"))
