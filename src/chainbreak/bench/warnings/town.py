"""A centre with one confirmed finding, and contacts as they come in on a national day, for measuring."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from chainbreak.act.warnings.model import ContactEvent
from chainbreak.app.bootstrap import Office
from chainbreak.app.init_centre import init_centre
from chainbreak.base.clock import Clock
from chainbreak.base.settings import Settings

MIX = {
    "low": (0.55, "sms.template", {"replied": False}), "medium": (0.35, "call.fraud_line", {"duration_s": 300}),
    "high": (0.08, "call.fraud_line", {"duration_s": 900}),
    "urgent": (0.02, "transfer.toward_mule", {"stoppable": True, "amount_fen": 3_000_000}),
}  # fmt: skip
"""Tier -> share, kind, facts. 55% end as texts, as 445,000 of the nation's 812,000 instructions a day did (warnings,
section 9); how the rest divides is an assumption."""
CAMPAIGNS = 2_000
FINDING = "00000000000000ff"


def centre(folder: Path, clock: Clock | None = None, desk_url: str = "") -> Office:
    """A new centre whose one finding, about a fraud line, is confirmed, and where it is noon, whatever the hour here:
    at night the lower tiers wait.
    """
    from sqlalchemy import insert

    from chainbreak.store.desk.tables_findings import finding

    ahead = 12 - time.gmtime().tm_hour  # the signs of these zones are the other way round
    office = init_centre(folder, Settings(name="bench", desk_url=desk_url, zone=f"Etc/GMT{-ahead:+d}"), clock)
    with office.desk.begin() as conn:
        conn.execute(insert(finding).values(
            finding_id=FINDING, detector="goip", version="1", subject_kind="line", subject="line:00000000000000ff",
            level="high", score=0.97, proposed_action="block", district="", first_evidence_us=0, found_at_us=0,
            state="confirmed", rank=0, body=b"{}",
        ))  # fmt: skip
    return office


def contacts(
    count: int, now_us: int, seed: int = 1, first: int = 0, lines: Sequence[str] = ()
) -> Iterator[ContactEvent]:
    """`count` contacts of as many people, numbered from `first`, in the mix of `MIX`; `lines`: their written tokens."""
    rng = np.random.default_rng((seed, first))
    tiers = rng.choice(len(MIX), count, p=[share for share, _, _ in MIX.values()]).tolist()
    campaigns, stakes = rng.integers(0, CAMPAIGNS, count).tolist(), (rng.lognormal(13, 1.5, count)).astype(int).tolist()
    kinds = [(kind, facts) for _, kind, facts in MIX.values()]
    for i in range(count):
        kind, facts = kinds[tiers[i]]
        who = lines[first + i] if lines else f"line:{first + i:016x}"
        yield ContactEvent(
            kind, who, now_us, f"finding:{FINDING}", "records", f"r{first + i}",
            f"line:{campaigns[i]:016x}", f"series:S-{campaigns[i]}", 0.97,
            stake_fen=stakes[i] if kind == "transfer.toward_mule" else None, facts=facts,
        )  # fmt: skip
