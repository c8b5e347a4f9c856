"""One partner's thread: what it takes at once, and what a fault in a room does to what stands beside it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

import pytest

from chainbreak.act.delivery import runner
from chainbreak.act.delivery.claim import Result
from chainbreak.act.delivery.lane import Carried
from chainbreak.act.delivery.point import Answer


@dataclass(frozen=True)
class Message:
    urgency: int
    name: str


@dataclass
class FakeLane:
    """It waits at its first message until told to go on."""

    go: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    batches: list[list[str]] = field(default_factory=list)
    bad: str = ""
    partner_id: str = "slow"

    def carry(self, messages: Sequence[Message]) -> list[Carried]:
        self.batches.append([m.name for m in messages])
        self.begun.set()
        assert self.go.wait(60)
        if self.bad in self.batches[-1]:
            raise KeyError("a fault of ours")
        return [Carried(m, None, Answer()) for m in messages]  # type: ignore[arg-type]

    def look(self, carried: Sequence[Carried]) -> list[bool | None]:
        return [True for _ in carried]

    def not_reached(self, messages: Sequence[Any], error: Exception) -> list[Result]:
        return [Result(m, None, why=str(error)) for m in messages]

    def close(self) -> None:
        pass


def carried_by(lane: FakeLane) -> dict[str, str]:
    """Five blocks and a withdrawal put while the first block is being carried: name -> why it was not reached."""
    back: SimpleQueue[list[Result]] = SimpleQueue()
    thread = runner.Runner(lane, back)  # type: ignore[arg-type]
    thread.put(Message(1, "first"))
    assert lane.begun.wait(60)
    for i in range(5):
        thread.put(Message(1, str(i)))
    thread.put(Message(0, "withdrawal"))
    lane.go.set()
    thread.end()
    results: list[Result] = []
    while not back.empty():
        results += back.get()
    assert len(results) == 7
    return {result.message.name: result.why for result in results}


def test_a_quick_partner_takes_many_at_once_and_withdrawals_before_them() -> None:
    lane = FakeLane()
    assert set(carried_by(lane).values()) == {""}
    assert lane.batches == [["first"], ["withdrawal"], ["0", "1", "2", "3", "4"]]


def test_a_slow_partner_is_given_one_at_a_time_so_that_a_withdrawal_waits_for_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runner, "LONG_S", 0.0)
    lane = FakeLane()
    carried_by(lane)
    assert lane.batches == [["first"], ["withdrawal"], *([str(i)] for i in range(5))]


def test_a_message_that_a_room_stumbles_over_stops_itself_alone() -> None:
    lane = FakeLane(bad="3")
    assert {name: why for name, why in carried_by(lane).items() if why} == {"3": "a fault of ours: KeyError"}
