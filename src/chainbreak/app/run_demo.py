"""The demo: a simulated town through the whole line, with the same use cases that a centre uses.

town → centre → ingest → detect → verdicts → series of reports → leads → orders signed by a second person →
money traced and held → files → people warned → log, verified apart. Some orders, leads and warnings are left waiting,
so that whoever opens the console finds something to decide.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainbreak.app.bootstrap import Office
from chainbreak.base.clock import SystemClock, local_day
from chainbreak.base.errors import RefusedError, SetupError
from chainbreak.base.progress import Advance
from chainbreak.base.settings import Settings
from chainbreak.records.actor import Actor, Role

MARK = "demo.json"
"""Stands in a directory that the demo made and may make anew; no other directory is ever emptied."""

AREA_CODE = "579"
PEOPLE: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    ("admin", "管理员", (Role.ADMIN,)),
    ("lin", "林岚", (Role.ANALYST, Role.ENGINEER, Role.HOTLINE)),
    ("wu", "吴桐", (Role.FUND_DESK,)),
    ("chen", "陈默", (Role.APPROVER,)),
    ("he", "何川", (Role.ANALYST, Role.APPROVER)),
    ("qian", "钱颖", (Role.APPROVER, Role.COMMANDER)),
    ("zhao", "赵宁", (Role.LIAISON,)),
    ("sun", "孙平", (Role.AUDITOR,)),
    ("ma", "马骁", (Role.OFFICER,)),
)
GUIDE = "lin"
"""Whom the one-time link signs in: an analyst who also works the hotline sees the most of the line."""

Bar = Callable[[str, float | None], AbstractContextManager[Advance]]


@dataclass(frozen=True)
class Plan:
    """What to do with the findings of one detector: a kind of order at a rung, and why no milder step will do."""

    detector: str
    kind: str
    rung: str
    drafter: str
    case_ref: str
    reason: str
    issued: int
    waiting: int


PLANS = (
    Plan(
        "goip", "number.block", "block", "he", "C-GOIP-01",
        "同一设备内轮换卡号，标记与核验在数小时内即被换卡规避，限制呼出已无法阻止其继续联系群众。", 6, 1,
    ),
    Plan(
        "mules", "funds.hold", "hold_amount", "wu", "C-FUND-01",
        "资金到账后数分钟内即被转走，提示付款人与延迟结算已来不及，仅止付可追溯的金额。", 6, 1,
    ),
    Plan(
        "sites", "domain.sinkhole", "host_sinkhole", "lin", "C-SITE-01",
        "警示页被浏览器安全提示绕过，仍有群众提交信息；只封该主机名，不涉及注册域下其他主机。", 4, 0,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One finished step of the demo: its name, the seconds it took, and what came of it in one line."""

    name: str
    took_s: float
    outcome: str


STEPS = (
    "town",
    "centre",
    "ingest",
    "detect",
    "review",
    "series",
    "leads",
    "orders",
    "money",
    "delivery",
    "warnings",
    "log",
)


def run_demo(root: Path, *, preset: str, seed: int, bar: Bar) -> Iterator[Step]:
    """Build a town and take it through the line in `root`; yields each step as it is done.

    Raises:
        SetupError: `root` holds something the demo did not make (CB-DE-001).
    """
    demo = _Demo(_empty(root), preset, seed, bar)
    for name, do in zip(STEPS, (
        demo.build_town, demo.make_centre, demo.ingest, demo.detect, demo.review, demo.link, demo.lead, demo.order,
        demo.trace, demo.deliver, demo.warn, demo.verify,
    ), strict=True):  # fmt: skip
        began = time.perf_counter()
        outcome = do()
        yield Step(name, time.perf_counter() - began, outcome)
    (root / MARK).write_text(json.dumps({"preset": preset, "seed": seed, "finished": True}), encoding="utf-8")


def _empty(root: Path) -> Path:
    if root.exists() and any(root.iterdir()):
        if not (root / MARK).is_file():
            raise SetupError(
                "CB-DE-001", "the directory holds something the demo did not make", given=str(root),
                allowed="a new directory, or one made by an earlier demo", next_step="name another with --dir",
            )  # fmt: skip
        shutil.rmtree(root)
    root.mkdir(parents=True, exist_ok=True)
    (root / MARK).write_text(json.dumps({"finished": False}), encoding="utf-8")
    return root


class _Demo:
    """What the steps hand to one another."""

    def __init__(self, root: Path, preset: str, seed: int, bar: Bar) -> None:
        self.root, self.preset, self.seed, self.bar = root, preset, seed, bar
        self.town = root / "town"
        self.office: Office

    def build_town(self) -> str:
        from datetime import timedelta

        from chainbreak.app.build_city import build_city, days_of

        days = days_of(self.preset)
        # The records end yesterday, so that clocks, deadlines and "three days ago" read naturally.
        first = local_day(SystemClock().now_us(), Settings().zone) - timedelta(days=days)
        with self.bar("town", days) as advance:
            made = build_city(self.town, self.preset, self.seed, first.isoformat(), advance=advance)
        counts = made["counts"]
        return (
            f"{counts['line']:,} lines, {counts['call']:,} call records, {counts['transfer']:,} transfers, {days} days"
        )

    def make_centre(self) -> str:
        from chainbreak.app.add_person import add_person
        from chainbreak.app.init_centre import init_centre

        settings = Settings(name="断链演示中心", area_code=AREA_CODE)
        self.office = init_centre(self.root / "centre", settings)
        first = Actor("set-up", frozenset({Role.ADMIN}))
        for name, display, roles in PEOPLE:
            add_person(self.office, first, name, [str(role) for role in roles], display)
        return f"keys, lake, desk, log; {len(PEOPLE)} people: {', '.join(name for name, _, _ in PEOPLE)}"

    def ingest(self) -> str:
        from chainbreak.app.ingest_folder import ingest_folder

        runs = list(ingest_folder(self.office, self._who("lin"), self.town / "records", self.bar))
        accepted, refused = sum(run.accepted for run in runs), sum(run.quarantined for run in runs)
        return f"{len(runs)} files, {accepted:,} records accepted, {refused} to quarantine; no number lies in the lake"

    def detect(self) -> str:
        from chainbreak.app.run_detectors import run_detectors

        with self.bar("detect", None):
            outcomes = run_detectors(self.office)
        return ", ".join(f"{o.detector}: {o.declined or f'{o.new} findings'}" for o in outcomes)

    def review(self) -> str:
        from chainbreak.app.give_verdict import give_verdict

        lin, judged = self._who("lin"), 0
        for plan in PLANS:
            for row in self._findings(plan):
                give_verdict(self.office, lin, row["finding_id"], "confirmed")
                judged += 1
        return f"{judged} findings confirmed by lin, each with its reasons on the screen"

    def link(self) -> str:
        from chainbreak.app.demo_series import link_town

        return link_town(self.office, self._who, self.town / "truth" / "reports.parquet")

    def lead(self) -> str:
        from chainbreak.app.demo_series import lead_town

        return lead_town(self.office, self._who)

    def order(self) -> str:
        from chainbreak.act.orders.drafting import Wish
        from chainbreak.app.approve_order import approve_order
        from chainbreak.app.draft_order import draft_order
        from chainbreak.app.show_order import show_order
        from chainbreak.app.submit_order import submit_order

        signed, waiting, refusal = 0, 0, ""
        for plan in PLANS:
            drafter = self._who(plan.drafter)
            for number, row in enumerate(self._findings(plan, state="confirmed")):
                wish = Wish(plan.case_ref, "prevention", kind=plan.kind, rung=plan.rung, ladder_reason=plan.reason)
                order_id = draft_order(self.office, drafter, row["finding_id"], wish).order_id
                submit_order(self.office, drafter, order_id)
                if number >= plan.issued:
                    waiting += 1
                    continue
                shown = show_order(self.office, order_id)
                if not refusal:
                    refusal = self._self_approval(order_id, shown["digest"], plan.drafter)
                for approver in ("chen", "he")[: shown["needed"]]:
                    approve_order(self.office, self._who(approver), order_id, shown["digest"])
                signed += 1
        return f"{signed} drafted by one and signed by another, {waiting} left for you to decide; {refusal}"

    def _self_approval(self, order_id: str, digest: str, drafter: str) -> str:
        """Try what must not be possible, and say how it was refused."""
        from chainbreak.app.approve_order import approve_order

        try:
            approve_order(self.office, self._who(drafter), order_id, digest)
        except RefusedError as e:
            return f"{drafter} signing alone was refused ({e.code})"
        raise AssertionError("a drafter signed their own order")

    def trace(self) -> str:
        from chainbreak.app.demo_money import trace_town

        return trace_town(self.office, self._who, self.office.clock.now_us())

    def deliver(self) -> str:
        from chainbreak.app.send_due import send_due

        with self.bar("delivery", None):
            sent = send_due(self.office)
        out = self.office.centre.out
        files = sorted(str(p.relative_to(out)) for p in out.glob("*/*") if p.suffix in (".csv", ".json", ".rpz"))
        return f"{sent['sent']} messages sent, {sent['verified']} seen in the files read back: {', '.join(files)}"

    def warn(self) -> str:
        from chainbreak.app.demo_warnings import warn_town

        return warn_town(self.office, self._who)

    def verify(self) -> str:
        from chainbreak.app.export_log import export_log
        from chainbreak.app.publish_checkpoint import publish_checkpoint
        from chainbreak.app.verify_log import verify_apart

        published = publish_checkpoint(self.office)
        export = self.root / "audit"
        export_log(self.office, self._who("sun"), export, purpose="verification")
        told = verify_apart(export)
        size = published.size if published else 0
        return f"{size:,} entries; the stand-alone verifier says {'sound' if told['sound'] else 'BROKEN'}"

    def _findings(self, plan: Plan, state: str = "open") -> list[dict[str, Any]]:
        """The findings a plan takes: the most urgent that propose more than watching."""
        from chainbreak.app.list_findings import list_findings
        from chainbreak.store.desk.findings import Filter

        rows = list_findings(self.office, Filter(state=state, detector=plan.detector), limit=100)
        return [row for row in rows if row["proposed_action"] != "watch"][: plan.issued + plan.waiting]

    def _who(self, name: str) -> Actor:
        from chainbreak.app.find_actor import find_actor

        return find_actor(self.office, name)
