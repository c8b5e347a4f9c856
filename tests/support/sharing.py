"""Orders, entries and parcels for tests of sharing, without a desk."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from chainbreak.act.delivery.entry import Entry
from chainbreak.act.delivery.point import Parcel, Setup
from chainbreak.act.delivery.signing import Signer
from chainbreak.act.orders.rules import load_rules
from chainbreak.base.clock import US_PER_DAY, FixedClock

NOW_US = 1_795_132_800_000_000 + 123_456
VALUES = {
    "number.block": "+8613800138000", "domain.sinkhole": "pay-back.example", "funds.hold": "6222021234567890123",
    "takedown.request": "https://pay-back.example/it's?a=1",
}  # fmt: skip


def entry(order_id: str = "O-261120-AAAA2222", kind: str = "number.block", **said: Any) -> Entry:
    """An entry that began an hour ago and ends in a week."""
    made = Entry(
        VALUES.get(kind, "a@b"), order_id, 1, kind, "block", "both", (), 4_200_000 if kind == "funds.hold" else None,
        NOW_US - 3_600_000_000, NOW_US + 7 * US_PER_DAY, "ab" * 32,
    )  # fmt: skip
    return dataclasses.replace(made, **said)


def parcel(about: Entry, own: Entry | None, *, action: str = "block", end_reason: str = "") -> Parcel:
    """A message about the order of `about`, of which the desk now says `own`."""
    order: Any = SimpleNamespace(order_id=about.order_id, end_reason=end_reason)
    return Parcel(order, about.revision, action, "partner", about.value, own, own)


def setup(folder: Path, settings: dict[str, Any], *, address: str = "", clock: FixedClock | None = None,
          secret: str = "s3cret", wrong: tuple[str, ...] = ()) -> Setup:  # fmt: skip
    """What a point of a partner called `partner` is opened with; `wrong`: orders that were annulled."""
    keys = folder / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    return Setup(
        partner_id="partner", format="taxii", address=address, settings={"publisher": "测试市反诈中心"} | settings,
        secret=lambda _name: secret, folder=folder / "out" / "partner", signer=Signer(keys, folder / "out"),
        rules=load_rules().delivery, desired=lambda: (), wrong=lambda: [("", order_id, "") for order_id in wrong],
        next_serial=lambda _said: 1, clock=clock or FixedClock(NOW_US),
    )  # fmt: skip
