"""Warnings with outcomes, drawn orders, calls and reported losses, for tests of measures and of tiers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, insert

from chainbreak.act.warnings.draws import drawn_place
from chainbreak.act.warnings.measure.uplift import is_early
from chainbreak.act.warnings.model import ContactEvent
from chainbreak.act.warnings.tiers import Policy, due_us, judge, over_us, preset
from chainbreak.app.bootstrap import Office
from chainbreak.app.ingest_file import ingest_files
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN, FixedClock
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk.tables_warnings import contact_event, warning, warning_call, warning_draw, warning_drawn

ENGINEER = Actor("qian", frozenset({Role.ENGINEER}))
DISTRICTS = ("东湖区", "南屏区", "西陵区")


class Measured:
    """A centre whose warnings have a past; `now` is when it is looked at."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office, self.folder, self.now = office, folder, office.clock.now_us()
        self._n = 0
        self._conn: Connection | None = None

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Everything within is one transaction."""
        with self.office.desk.begin() as self._conn:
            yield
        self._conn = None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._conn is not None:
            yield self._conn
            return
        with self.office.desk.begin() as conn:
            yield conn

    def warn(
        self, event: ContactEvent, *, outcome: str = "", reached_min: float | None = None,
        told_min: float | None = None, policy: Policy | None = None, draw_id: str | None = None,
        script: str = "", verified: str = "", retracted: bool = False,
    ) -> str:  # fmt: skip
        """A warning on one event, opened a minute after it, told and reached so many minutes after that."""
        judged_by = policy or preset("four")
        judged = judge(judged_by, [event], 1)
        assert judged is not None, "the event meets no trigger"
        tier, opened = judged_by.tiers[judged.rank], event.at_us + US_PER_MIN
        warning_id = f"W-{self._n:012x}"
        self._n += 1
        reached = None if reached_min is None else opened + int(reached_min * US_PER_MIN)
        told = None if told_min is None else opened + int(told_min * US_PER_MIN)
        with self._writing() as conn:
            conn.execute(insert(warning).values(
                warning_id=warning_id, recipient=event.recipient, campaign=event.of, policy=judged_by.name,
                tier=tier.name, rank=judged.rank, queue=judged.rank, clause=judged.clause,
                state="resolved" if outcome else "lapsed", fraud="", district=event.district, place="", lang="",
                stake_fen=event.stake_fen, contacts=1, last_us=event.at_us, opened_at_us=opened, tier_at_us=opened,
                due_at_us=due_us(tier, opened), expires_at_us=over_us(tier, event.at_us), calls="call" in tier.actions,
                escalated=0, attempts=1 if script else 0, call_order=0, draw_id=draw_id, told_at_us=told or reached,
                reached_at_us=reached, outcome=outcome, outcome_at_us=reached if outcome else None,
                updated_at_us=opened,
            ))  # fmt: skip
            conn.execute(insert(contact_event).values(
                event_id=f"{self._n:032x}", warning_id=warning_id, kind=event.kind, recipient=event.recipient,
                campaign=event.of, indicator=event.indicator, ground=event.ground, source=event.source, ref=event.ref,
                confidence=event.confidence, at_us=event.at_us, ended_at_us=event.ended_at_us, received_at_us=opened,
                expires_at_us=event.expires_at_us, stake_fen=event.stake_fen, facts=event.facts_text,
                retracted_at_us=opened if retracted else None,
            ))  # fmt: skip
            if script:
                conn.execute(insert(warning_call).values(
                    warning_id=warning_id, attempt=1, operator="gu", began_at_us=reached or opened,
                    ended_at_us=(reached or opened) + 2 * US_PER_MIN, outcome=outcome or "no_answer", script=script,
                    verified=verified, note="",
                ))  # fmt: skip
        return warning_id

    def draw(self, draw_id: str, began_us: int, waiting: int, capacity: int, seed: str) -> None:
        """A drawn order."""
        with self.office.desk.begin() as conn:
            conn.execute(insert(warning_draw).values(
                draw_id=draw_id, rank=1, tier="high", seed=seed, began_at_us=began_us, ended_at_us=None,
                waiting=waiting, capacity=capacity,
            ))  # fmt: skip

    def join_draw(self, draw_id: str, warning_ids: Sequence[str]) -> None:
        """Who took a place in it."""
        with self.office.desk.begin() as conn:
            conn.execute(insert(warning_drawn), [{"draw_id": draw_id, "warning_id": one} for one in warning_ids])

    def reports(self, rows: Sequence[tuple[str, int, int, int, str]]) -> None:
        """Reports (id, when it happened, when it was reported, loss in fen, the victim's document) into the lake."""
        head = "report_id,occurred_at_us,reported_at_us,loss_fen,victim,narrative\n"
        self._ingest("report", head + "".join(",".join(map(str, row)) + ",被骗\n" for row in rows))

    def register(self, rows: Sequence[tuple[str, str]]) -> None:
        """Lines (number, the holder's document) into the lake."""
        text = "msisdn,imsi,activated_at_us,holder\n"
        text += "".join(
            f"{number},46000{i:010d},{self.now - 400 * US_PER_DAY},{holder}\n"
            for i, (number, holder) in enumerate(rows)
        )
        self._ingest("line", text)

    def _ingest(self, kind: str, text: str) -> None:
        self.folder.mkdir(exist_ok=True)
        path = self.folder / f"{kind}.csv"
        path.write_text(text, encoding="utf-8")
        for run in ingest_files(self.office, ENGINEER, kind, [path]):
            assert run.error == "", run

    def tomorrow(self) -> None:
        """Look at it a day later."""
        self.now += US_PER_DAY
        self.office.clock = FixedClock(self.now)


def call(recipient: str, at_us: int, seconds: int = 700, campaign: str = "", **said: object) -> ContactEvent:
    """A call with a fraud line; over ten minutes it is high in the preset `four`."""
    return ContactEvent(
        "call.fraud_line", recipient, at_us, "finding:" + "0" * 32, "records", f"{recipient}-{at_us}",
        indicator="line:00f1ed0000000001", campaign=campaign, facts={"duration_s": seconds}, **said,  # type: ignore[arg-type]
    )  # fmt: skip


def document(n: int) -> str:
    """A made-up identity document with its check digit."""
    body = f"110105198001{n // 1000 % 28 + 1:02d}{n % 1000:03d}"
    return (
        body
        + "10X98765432"[
            sum(int(d) * w for d, w in zip(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True))
            % 11
        ]
    )


def a_drawn_month(world: Measured, lines: Sequence[str], seed: int = 1, days_ago: int = 25) -> None:
    """One drawn order over all of `lines`, each in one of 30 campaigns: who is called late loses money twice as often.
    Everybody's number and document are in the register.
    """
    chance, began = random.Random(seed), world.now - days_ago * US_PER_DAY
    world.draw("D-1", began, len(lines), len(lines) // 2, "5eed")
    reports, ids = [], []
    with world.at_once():
        for n, line in enumerate(lines):
            event = call(
                line, began - US_PER_HOUR, campaign=f"series:{n % 30}", district=DISTRICTS[n % 3], stake_fen=1_000_000
            )
            outcome, checked = "dissuaded" if n % 3 else "false_alarm", "phrase" if n % 2 else ""
            warning_id = world.warn(event, outcome=outcome, reached_min=4, draw_id="D-1", script="general.1",
                                    verified=checked)  # fmt: skip
            ids.append(warning_id)
            early = is_early(drawn_place("5eed", warning_id), len(lines), len(lines) // 2)
            if chance.random() < (0.15 if early else 0.35):
                happened = began + 6 * US_PER_HOUR
                reports.append((f"r{n}", happened, happened + US_PER_DAY, 1_000_000, document(n)))
    world.join_draw("D-1", ids)
    world.register([(number_of(n), document(n)) for n in range(len(lines))])
    world.reports(reports)


def number_of(n: int) -> str:
    """The number behind the n-th of `warning_world.known_lines`."""
    return f"1391111{n:04d}"
