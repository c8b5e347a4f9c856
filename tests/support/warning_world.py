"""People who warn and a few warnings of every tier, for tests of the hotline, visits, messages and boards.

Rows are written as `take_contacts` would leave them, without confirmed findings behind
them: what a test wants is a queue.
"""

from __future__ import annotations

import pyarrow as pa
from desk_world import SETUP
from sqlalchemy import insert

from chainbreak.act.warnings.model import OPEN, ContactEvent, warning_id_of
from chainbreak.act.warnings.tiers import due_us, judge, over_us, preset
from chainbreak.app.add_person import add_person
from chainbreak.app.bootstrap import Office
from chainbreak.base.clock import US_PER_MIN
from chainbreak.identity.batch import tokenise
from chainbreak.identity.numbers import Place
from chainbreak.records.finding import write_token
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.tables_delivery import partner
from chainbreak.store.desk.tables_warnings import contact_event, warning

OPERATORS = {
    "gu": ("顾接线", ["hotline"]),
    "fang": ("方接线", ["hotline"]),
    "song": ("宋资金", ["fund_desk"]),
    "ma": ("马警官", ["officer"]),
}
"""Who joins the people of `desk_world`: two operators of the hotline, one at the fund desk, an officer who visits."""
DISTRICTS = ("东湖区", "南屏区", "西陵区")
GATEWAY = "app-gateway"
FRAUD_LINE = "line:00f1ed0000000001"


def warning_world(office: Office, each: int = 3) -> dict[str, list[str]]:
    """Tier -> ids of `each` open warnings of the preset `four`, the first to be called first.

    Each is about a line of its own that the vault knows. The first of every tier has the fact of its kind in full.
    """
    for name, (display_name, roles) in OPERATORS.items():
        add_person(office, SETUP, name, roles, display_name)
    add_gateway(office)
    now = office.clock.now_us()
    kinds = ("urgent", "high", "medium", "low")
    lines = known_lines(office, len(kinds) * each)
    made: dict[str, list[str]] = {tier: [] for tier in kinds}
    for i, line in enumerate(lines):
        tier, n = kinds[i // each], i % each
        made[tier].append(add_warning(office, event_of(tier, line, now, n), now - each + n))
    return made


def add_gateway(office: Office) -> None:
    """The official app as a partner, which asks for citizens."""
    values = {"name_zh": "官方应用", "name_en": "official app", "format": "push", "kinds": "", "call": "", "serial": 0}
    with office.desk.begin() as conn:
        conn.execute(insert(partner).values(partner_id=GATEWAY, active=True, **values))


def known_lines(office: Office, n: int) -> list[str]:
    """Written tokens of `n` numbers of the vault, 13911110000 and on."""
    batch = tokenise(Identifier.LINE, pa.array([f"1391111{i:04d}" for i in range(n)]), office.keys, Place("CN", ""))
    office.vault.add(Identifier.LINE, batch)
    return [write_token(Identifier.LINE, token) for token in batch["token"].to_pylist()]


def event_of(tier: str, recipient: str, now_us: int, n: int) -> ContactEvent:
    """An event that the preset `four` puts into `tier`; the `n`th has the `n`th district."""
    at = now_us - (17 + n) * US_PER_MIN
    named = {"ground": "finding:" + "0" * 32, "source": "records", "ref": f"{tier}-{n}", "district": DISTRICTS[n % 3]}
    if tier == "urgent":
        return ContactEvent(
            "transfer.toward_mule", recipient, now_us - US_PER_MIN, indicator="account:00f1ed0000000002",
            stake_fen=(n + 1) * 5_000_000, fraud="police", facts={"amount_fen": 5_000_000, "stoppable": True},
            **named,
        )  # fmt: skip
    if tier == "high":
        return ContactEvent(
            "call.fraud_line", recipient, at, indicator=FRAUD_LINE, ended_at_us=at + 14 * US_PER_MIN,
            fraud="fake_service", facts={"duration_s": 14 * 60, "outgoing": False, "running": False}, **named,
        )  # fmt: skip
    if tier == "medium":
        return ContactEvent("visit.scam_domain", recipient, at, indicator="domain:rebate.example", fraud="fake_task",
                            facts={"form_sent": True}, **named)  # fmt: skip
    return ContactEvent("sms.template", recipient, at, indicator="template:7", facts={"replied": False}, **named)


def add_warning(office: Office, event: ContactEvent, now_us: int) -> str:
    """An open warning that rests on one event, as the preset `four` judges it; its id."""
    policy = preset("four")
    judged = judge(policy, [event], 1)
    assert judged is not None, "the event meets no trigger"
    tier, warning_id = policy.tiers[judged.rank], warning_id_of(event.event_id)
    due, calls = due_us(tier, now_us), "call" in tier.actions
    visit_due = now_us + (tier.visit_min or 0) * US_PER_MIN if tier.visit == "at_once" else None
    with office.desk.begin() as conn:
        conn.execute(insert(warning).values(
            warning_id=warning_id, recipient=event.recipient, campaign=event.of, policy="four", tier=tier.name,
            rank=judged.rank, queue=judged.rank, clause=judged.clause, state=OPEN, fraud=event.fraud,
            district=event.district, place=event.place, lang="",
            stake_fen=event.stake_fen, contacts=1, last_us=event.at_us, opened_at_us=now_us, tier_at_us=now_us,
            due_at_us=due, escalate_at_us=(now_us + due) // 2 if calls else due, calls=calls, escalated=0, attempts=0,
            expires_at_us=over_us(tier, event.at_us),
            call_at_us=now_us if calls else None, call_order=due, outcome="", updated_at_us=now_us,
            visit_due_at_us=visit_due,
        ))  # fmt: skip
        conn.execute(insert(contact_event).values(
            event_id=event.event_id, warning_id=warning_id, kind=event.kind, recipient=event.recipient,
            campaign=event.of, indicator=event.indicator, ground=event.ground, source=event.source, ref=event.ref,
            confidence=event.confidence, at_us=event.at_us, ended_at_us=event.ended_at_us, received_at_us=now_us,
            expires_at_us=event.expires_at_us, stake_fen=event.stake_fen, facts=event.facts_text,
        ))  # fmt: skip
    return warning_id
