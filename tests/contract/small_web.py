"""The small world's names: a gang's site, a school's new page, an old site, and a well-known one that is misused."""

from __future__ import annotations

import pyarrow as pa
from small_world import DAYS, PEOPLE, START_US, Row, table, token

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN

SCAM, SCHOOL, OLD, WELL_KNOWN = "jinba88.top", "yunzhong-school.cn", "xinwen.com", "apply.edu.cn"
REGISTERED_DAYS_BEFORE = {SCAM: 3, SCHOOL: 12, OLD: 2_000, WELL_KNOWN: 4}


def with_sites(world: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """`world` with look-ups, names and texts, and with the calls, lines and reports that go with them."""
    rows: dict[str, list[Row]] = {"lookup": _honest(), "message": _invitations()}
    for part in (_victims(SCAM, "reader", 6), _victims(WELL_KNOWN, "pupil", 4)):
        for name, found in part.items():
            rows.setdefault(name, []).extend(found)
    rows["domain"] = [
        {"domain": name, "registered_at_us": START_US - days * US_PER_DAY, "registrar": "NameHarbor"}
        for name, days in REGISTERED_DAYS_BEFORE.items()
    ]
    fresh = {name: table(name, found) for name, found in rows.items()}
    return world | {n: pa.concat_tables([world[n], t]) if n in world else t for n, t in fresh.items()}


def _victims(site: str, who: str, many: int) -> dict[str, list[Row]]:
    """People called by strangers, who then open the site twice; half were texted its name, half report it."""
    rows: dict[str, list[Row]] = {"call": [], "lookup": [], "message": [], "line": [], "report": []}
    for n in range(many):
        line, at = token("line", f"{who}{n}"), START_US + n % 2 * US_PER_DAY + (9 + n) * US_PER_HOUR
        rows["line"].append(
            {"msisdn": line, "holder": token("person", f"{who}{n}"), "activated_at_us": START_US - US_PER_DAY}
        )
        rows["call"].append({"at_us": at, "duration_s": 300, "kind": "mt_call", "answered": True, "msisdn": line,
                             "peer": token("line", f"far-{who}{n}")})  # fmt: skip
        rows["lookup"] += [{"at_us": at + m * US_PER_MIN, "client": line, "domain": site} for m in (12, 13)]
        if n % 2 == 0:
            rows["message"].append({"at_us": at + 6 * US_PER_MIN, "recipient": line, "sender": token("line", "farm"),
                                    "sender_class": "mobile", "text": f"点{site}领取备用金"})  # fmt: skip
            rows["report"].append({"report_id": f"{who}{n}", "reported_at_us": at + 5 * US_PER_HOUR,
                                   "victim": token("person", f"{who}{n}"), "identifiers": [site]})  # fmt: skip
    return rows


def _honest() -> list[Row]:
    """Every third resident reads the old site each day, every fifth opens the school's page on two days."""
    rows = []
    for who in range(PEOPLE):
        for day in range(DAYS):
            at = START_US + day * US_PER_DAY + (8 + who % 12) * US_PER_HOUR + who * US_PER_MIN
            if who % 3 == 0:
                rows.append({"at_us": at, "client": token("line", who), "domain": OLD})
            if who % 5 == 0 and day < 2:
                rows.append({"at_us": at + US_PER_HOUR, "client": token("line", who), "domain": SCHOOL})
    return rows


def _invitations() -> list[Row]:
    return [
        {"at_us": START_US + 8 * US_PER_HOUR, "recipient": token("line", who), "sender": token("line", "106"),
         "sender_class": "service", "text": f"家长您好，请登录{SCHOOL}"}
        for who in range(0, PEOPLE, 5)
    ]  # fmt: skip
