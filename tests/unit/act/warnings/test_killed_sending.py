"""Whatever moment a sender is killed at, each message reaches its person at most once, and none is lost unseen.

The message centre and the app's server are kept in memory, so that a kill can stand before and after every transaction
of the desk and everything that leaves; the desk, the note of what leaves, the session and the lanes are the real ones.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from send_world import plan, sends, warned
from sqlalchemy import select

from chainbreak.act.delivery.sms import Settings as Centre
from chainbreak.act.delivery.sms.link import Answered, Told
from chainbreak.act.delivery.sms.receipts import Receipt
from chainbreak.act.delivery.webhook.client import Result
from chainbreak.act.warnings.channels.hooks import HookChannel
from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.change_partners import add_partner
from chainbreak.app.close_warning import close_warning
from chainbreak.app.init_centre import init_centre
from chainbreak.app.open_channel import Way
from chainbreak.app.send_texts import session_on
from chainbreak.app.send_warnings import Lane
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import Settings
from chainbreak.records.actor import SERVICE, Actor, Role
from chainbreak.store.desk.tables_warnings import warning

T0 = 1_795_132_800_000_000
PEOPLE = 4
OURS = Centre.model_validate({"system_id": "cb", "sender": "96110", "per_s": 40, "window": 2})
"""Two parts are noted as leaving at once: a kill leaves so many unknown at most."""


class KilledError(BaseException):
    """The process is gone: nothing after this is kept, whoever catches it."""


@dataclass
class Fate:
    """Kills at given moments, counted over everything that can be seen from outside."""

    at: frozenset[int]
    now: int = 0
    dead: bool = False

    def pass_by(self) -> None:
        """One more moment."""
        if self.dead:
            raise KilledError
        self.now += 1
        if self.now in self.at:
            self.dead = True
            raise KilledError


@dataclass
class Outside:
    """What the world has: texts that arrived, receipts that wait, warnings an app shows and how often each came."""

    texts: list[tuple[str, bytes]] = field(default_factory=list)
    owed: dict[int, Receipt] = field(default_factory=dict)
    shown: Counter[str] = field(default_factory=Counter)


@dataclass
class MemoryLink:
    """A link as `sms.link.Link`, to a centre that takes and delivers everything."""

    outside: Outside
    fate: Fate
    sequence: int = 0
    put: list[tuple[int, str, bytes, int]] = field(default_factory=list)
    confirmed: list[int] = field(default_factory=list)

    def open(self) -> None:
        self.fate.pass_by()

    def submit(self, number: str, segment: Any, reference: int, valid_s: int) -> int:
        self.sequence += 1
        self.put.append((self.sequence, number, segment.data, reference))
        return self.sequence

    def confirm(self, sequence: int) -> None:
        self.confirmed.append(sequence)

    def query(self, message_id: str) -> int:
        raise AssertionError("every text has its receipt")

    def poll(self, wait_s: float) -> list[Any]:
        if not self.put and not self.confirmed:
            return []
        self.fate.pass_by()
        events: list[Any] = []
        for sequence in self.confirmed:
            self.outside.owed.pop(sequence, None)
        for sequence, number, data, reference in self.put:
            message_id = f"m{len(self.outside.texts)}"
            self.outside.texts.append((number, data))
            self.outside.owed[10_000 + len(self.outside.texts)] = Receipt(message_id, "DELIVRD", "", number, reference)
            events.append(Answered(sequence, 0, message_id))
        self.put, self.confirmed = [], []
        self.fate.pass_by()
        return [*events, *(Told(at, receipt) for at, receipt in self.outside.owed.items())]

    def close(self) -> None:
        """Nothing is kept open."""


@dataclass
class MemoryHook:
    """A receiver as `webhook.client.Webhook`, that takes everything."""

    outside: Outside
    fate: Fate

    def hand_over(self, items: Sequence[Any]) -> list[Result]:
        self.fate.pass_by()
        self.outside.shown.update(item["id"] for item in items)
        self.fate.pass_by()
        return [Result(id=item["id"], state="taken") for item in items]

    def close(self) -> None:
        """Nothing is kept open."""


class MortalDesk:
    """The desk of a process that may be killed before and after each of its transactions."""

    def __init__(self, desk: Any, fate: Fate) -> None:
        self._desk, self._fate = desk, fate

    @contextmanager
    def begin(self) -> Iterator[Any]:
        self._fate.pass_by()
        with self._desk.begin() as conn:
            yield conn
            if self._fate.dead:
                raise KilledError
        self._fate.pass_by()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre with four people to tell, by text and by the app, and one person's correction."""
    root = tmp_path_factory.mktemp("sending") / "centre"
    office = init_centre(root, Settings(name="测试市反诈中心"), FixedClock(T0))
    for name, format_, address in (("smsc", "sms", "smpp://127.0.0.1:1"), ("app", "push", "http://127.0.0.1:1")):
        add_partner(office, Actor("zhou", frozenset({Role.LIAISON})), name, format_, (), address=address,
                    settings=OURS.model_dump() if format_ == "sms" else {})  # fmt: skip
    (office.centre.out / "smsc").mkdir(parents=True, exist_ok=True)
    warned(office, PEOPLE)
    with office.desk.read() as conn:
        ids = conn.execute(select(warning.c.warning_id)).scalars().all()
    for warning_id in ids:
        plan(office, warning_id, "push")
    office.desk.close()
    return root


def _work(office: Office, outside: Outside, fate: Fate) -> None:
    """One life of a sender: both lanes, then the session."""
    mortal = open_office(office.centre.root, office.clock)
    mortal.__dict__["desk"] = MortalDesk(office.desk, fate)
    hook: Any = HookChannel("push", MemoryHook(outside, fate), lambda notice: {"id": notice.send_id}, 3)  # type: ignore[arg-type]
    for name in ("sms", "push"):
        with Lane(mortal, name) as lane:
            lane._way = Way("app", hook) if name == "push" else Way("smsc")
            while lane.round():
                pass
    link: Any = MemoryLink(outside, fate)
    session_on(mortal, link, "smsc", OURS, Counter()).run(0.0)


def _live(root: Path, kills: Sequence[int], close: int | None) -> tuple[Outside, Office, int]:
    """Lives until one is not killed; the warning `close` is closed after the first. Moments are those of the first."""
    office, outside = open_office(root, FixedClock(T0)), Outside()
    first = 0
    for life in range(len(kills) + 1):
        fate = Fate(frozenset(kills[life : life + 1]))
        try:
            _work(office, outside, fate)
        except KilledError:
            pass
        else:
            first = first or fate.now
            break
        if life == 0 and close is not None:
            with office.desk.begin() as conn:
                ids = conn.execute(select(warning.c.warning_id).order_by(warning.c.warning_id)).scalars().all()
                close_warning(conn, SERVICE, [ids[close]], "resolved", "dissuaded", T0)
    return outside, office, first


def _holds(outside: Outside, office: Office, closed: bool) -> None:
    texts = Counter(number for number, _ in outside.texts)
    assert max(texts.values(), default=0) <= 1, "nobody gets two texts"
    rows = sends(office, "channel", "state")
    assert {state for _, state in rows} <= {"delivered", "handed", "unknown", "cancelled"}, "nothing is left lying"
    gone = Counter(state for channel, state in rows if channel == "sms")
    assert len(texts) >= gone["delivered"]
    assert len(texts) + gone["unknown"] + gone["cancelled"] >= PEOPLE, "what did not arrive is seen as such"
    assert len(outside.shown) >= PEOPLE - closed
    assert gone["cancelled"] <= closed


def test_killed_at_every_single_moment(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "whole")
    outside, office, moments = _live(tmp_path / "whole", [], None)
    office.desk.close()
    assert [len(outside.texts), len(outside.shown), moments > 15] == [PEOPLE, PEOPLE, True]
    for at in range(1, moments + 1):
        root = tmp_path / f"at-{at}"
        shutil.copytree(made, root)
        outside, office, _ = _live(root, [at], None)
        _holds(outside, office, False)
        assert len(outside.texts) >= PEOPLE - OURS.window, "only what was noted may not have left"
        office.desk.close()


@given(st.lists(st.integers(1, 30), max_size=4), st.one_of(st.none(), st.integers(0, PEOPLE - 1)))
@settings(max_examples=12)
def test_killed_again_and_again_while_somebody_is_dissuaded(
    made: Path, tmp_path_factory: pytest.TempPathFactory, kills: list[int], close: int | None
) -> None:
    root = tmp_path_factory.mktemp("life") / "centre"
    shutil.copytree(made, root)
    outside, office, _ = _live(root, kills, close)
    _holds(outside, office, close is not None)
    office.desk.close()
