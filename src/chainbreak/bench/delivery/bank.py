"""Delivery to a bank: what building, validating and handing over a recall and a hold cost, and a bank to deliver to."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chainbreak.act.delivery.bank import Settings, open_point
from chainbreak.act.delivery.bank.messages import as_json
from chainbreak.act.delivery.bank.point import BankPoint
from chainbreak.act.delivery.bank.recall import build, seeds_of
from chainbreak.act.delivery.entry import entry_of
from chainbreak.act.delivery.point import Parcel, Setup
from chainbreak.act.delivery.signing import Signer
from chainbreak.act.orders.model import Approval, Content, Order, State
from chainbreak.act.orders.rules import load_rules
from chainbreak.base.clock import SystemClock
from chainbreak.bench.delivery.bank_server import Bank, running
from chainbreak.bench.delivery.trial import Stack
from chainbreak.identity.numbers import as_given

MESSAGES = {"small": 300, "full": 3_000}
ENDS_AT_US = 4_102_444_800_000_000
"""2100-01-01: nothing ends while it is measured."""
T0 = 1_795_132_800_000_000
PLAIN = Settings(agent="CCBKCNBJXXX", centre="FZ-BENCH", statuses=True)


@contextmanager
def paths(scale: str) -> Iterator[Stack]:
    """A running bank, and how its own teller sees a hold; the scale changes nothing."""
    with running(Bank()) as bank:
        settings = PLAIN.model_dump(mode="json", exclude_unset=True)
        yield Stack("bank", bank.address, settings, {"bank": lambda value: bank.held_fen(as_given(value)) > 0})


def servers(scale: str) -> list[dict[str, Any]]:
    """Rows: recalls built, with and without validation; then holds and releases, with and without a recall beside
    them, from the order to the bank's receipt, one after another over one connection.
    """
    n = MESSAGES[scale]
    schemas = _schemas()
    checked = PLAIN.model_copy(update={"schemas": schemas})
    seed = seeds_of(_order(0, recalled=True))[0]
    rows = [_row("bank: camt.056 built", [_timed(lambda: build(seed, PLAIN, T0)) for _ in range(n)])]
    if schemas is None:
        rows.append(
            {"what": "bank: camt.056 built and validated", "n": 0, "beside": "camt-exceptions is not installed"}
        )
    else:
        build(seed, checked, T0)  # the schema is read once
        rows.append(_row("bank: camt.056 built and validated", [
            _timed(lambda: build(seed, checked, T0)) for _ in range(n)
        ]))  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="chainbreak-bank-") as name:
        folder = Path(name)
        signer = Signer(folder, folder)
        with running(Bank(signer.public_key)) as bank, closing(_point(bank, checked, folder, signer)) as point:
            rows += _handed_over(point, n)
        rows.append({"what": "bank: holds that took effect, releases, messages not signed", "n": len(bank.effects),
                     "beside": f"{len(bank.recalls)} recalls, {bank.unsigned} not signed"})  # fmt: skip
    return rows


def _handed_over(point: BankPoint, n: int) -> Iterator[dict[str, Any]]:
    for at, (word, recalled) in enumerate((("a hold", False), ("a hold and its recall", True))):
        orders = [_order(at * n + i, recalled) for i in range(n)]
        for done, held in (("handed over", True), ("released", False)):
            parcels = [_parcel(order, held) for order in orders]
            yield _row(f"bank: {word} {done}", [_timed(partial(point.carry, [parcel])) for parcel in parcels])
    request = point.message_of(_parcel(_order(0, False), True))
    yield {"what": "bank: bytes of a hold message", "n": len(as_json(request))}


def _point(bank: Bank, settings: Settings, folder: Path, signer: Signer) -> BankPoint:
    return open_point(Setup(
        "bank-a", "bank", bank.address, settings.model_dump(mode="json", exclude_unset=True), lambda name: "",
        folder, signer, load_rules().delivery, list, list, lambda said: 1, SystemClock(),
    ))  # fmt: skip


def _schemas() -> Path | None:
    found = find_spec("camt_exceptions")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "templates" / "camt.056.001.12"


def _order(i: int, recalled: bool) -> Order:
    account, transfer = f"account:{i:016x}", f"T{i:012d}"
    step = {"transfer_id": transfer, "payer": "account:ff", "payee": account, "fen": 10_000_000, "booked_at_us": T0}
    claim = {"ref": f"claim:C-{i:06d}", "transfer_id": transfer, "claim_fen": 10_000_000, "traced_fen": 10_000_000,
             "share_fen": 10_000_000, "path": [step]}  # fmt: skip
    content = Content(
        "funds.hold", "hold_amount", account, {"direction": "out"}, ("aftfl-20",), "B-1", "measure",
        (claim,) if recalled else (), "", T0, ENDS_AT_US, ("bank-a",), {}, {}, 10_000_000, 10_000_000,
    )  # fmt: skip
    return Order(f"O-261121-{i:08d}", State.SENT, 1, content, "li", "li", (), approvals=(Approval("wang", "", T0),),
                 last_approved_us=T0, sent_to=("bank-a",))  # fmt: skip


def _parcel(order: Order, held: bool) -> Parcel:
    value = order.content.object.removeprefix("account:")
    own = entry_of(order, value) if held else None
    return Parcel(order, 1 if held else 2, "block" if held else "withdraw", "bank-a", value, own, own)


def _timed(act: Callable[[], Any]) -> float:
    since = time.perf_counter()
    act()
    return time.perf_counter() - since


def _row(what: str, all_s: Sequence[float]) -> dict[str, Any]:
    ordered = sorted(all_s)
    spread = {
        f"{name}_ms": 1_000 * ordered[min(len(ordered) - 1, len(ordered) * share // 100)]
        for name, share in (("p50", 50), ("p95", 95), ("p99", 99), ("max", 100))
    }
    return {"what": what, "n": len(ordered), "rows_per_s": len(ordered) / sum(ordered), **spread}
