"""A day of all boxes' traffic in the order of time: who is rung, who rings back, and what stays inside the pool.

Order matters: a port carries one call at a time, what one card misses another rings again, and a card that is out of
its port is not reached.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from chainbreak.city.characters import Character, character, dear, mass, second_at
from chainbreak.city.dialling import List
from chainbreak.city.draws import DAY_S, Ints, Rng, stream
from chainbreak.city.levels.sessions import Sessions
from chainbreak.city.state import State
from chainbreak.city.telephony import MO_CALL, MO_SMS, MT_CALL, MT_SMS, Day

OUT, IN, BACK, AGAIN = range(4)
NIGHT_ENDS_S = 7 * 3_600
LONG_S = 60
PARTNERS = 5
"""Other cards of the pool with which a card mostly talks."""
Event = tuple[int, int, int, int, int]
"""Second, number of the event, what happens, session (of whom it happens to; -1: his card's, if it is in), number."""


@dataclass
class Traffic:
    """Rows (session or line, second, duration, kind, peer): the boxes' own legs, and the other parties'."""

    own: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    others: list[tuple[int, int, int, int, int]] = field(default_factory=list)


class Exchange:
    """The boxes' sessions of a day, numbered through, and the traffic of their cards."""

    def __init__(self, day: Day, boxes: list[Sessions], state: State) -> None:
        self.day, self.boxes, self.rng, self.traffic = day, boxes, day.rng("exchange"), Traffic()
        self.first = np.cumsum([0, *(len(s.port) for s in boxes)])
        self.box = np.repeat(np.arange(len(boxes)), np.diff(self.first)).tolist()
        self.line, self.begin, self.end = (
            np.concatenate([getattr(s, part) for s in boxes] or [np.zeros(0, np.int64)]).tolist()
            for part in ("line", "begin", "end")
        )
        self.rows = [day.world.mix["levels"][s.box.level] for s in boxes]
        self.lists = [List(day, s.box, state.boxes[s.box.name], day.rng("list", s.box.name)) for s in boxes]
        lists = [stream(day.world.seed, "answers", s.box.name) for s in boxes]
        self.long_share = [float(rng.uniform(*day.world.mix["box"]["long_share"])) for rng in lists]
        self.answered = [float(rng.uniform(*row["answered"])) for rng, row in zip(lists, self.rows, strict=True)]
        self.who: dict[int, Character] = {}
        self.stays: dict[int, list[int]] = {}
        for number in sorted(range(len(self.line)), key=self.begin.__getitem__):
            self.stays.setdefault(self.line[number], []).append(number)
        for number, line in enumerate(self.line):
            self.who.setdefault(line, character(day.world, boxes[self.box[number]].box, line))
        self.free = list(self.begin)
        self.pool = self._pools()
        self.rung: dict[int, int] = {}
        self.events: list[Event] = []

    def _pools(self) -> dict[int, list[int]]:
        """By gang, the cards of boxes that ring one another."""
        pools: dict[int, list[int]] = {}
        for found, row in zip(self.boxes, self.rows, strict=True):
            if row["inside"] > 0:
                pools.setdefault(found.box.gang, []).extend(np.unique(found.line).tolist())
        return pools

    def run(self) -> Traffic:
        """The day's calls and messages."""
        for number in range(len(self.boxes)):
            self._plan(number)
        heapq.heapify(self.events)
        while self.events:
            second, _, what, session, number = heapq.heappop(self.events)
            if what == BACK:
                self._called(second, self.seat(session, second), session, number)
            elif second < self.free[session] or second > self.end[session] - 8:
                continue
            elif what == IN:
                self._called(second, session, self.line[session], number)
            elif what == AGAIN:
                self._ring(second, session, number)
            else:
                self._call(second, session)
        return self.traffic

    def _plan(self, number: int) -> None:
        """Calls that the cards of a box mean to start and to receive today, spread over their sessions by the hours of
        the card's character.
        """
        found, row, rng = self.boxes[number], self.rows[number], self.day.rng("plan", self.boxes[number].box.name)
        hours = row["hours"]
        lively = rng.gamma(2.0, 0.5)
        for session in range(self.first[number], self.first[number + 1]):
            who = self.who[self.line[session]]
            begin, end, *whole = mass(who.rhythm, np.array(
                [self.begin[session], self.end[session], hours[0] * 3_600, hours[1] * 3_600]))  # fmt: skip
            part = (end - begin) / max((whole[1] - whole[0]) / found.box.pool, 1e-9)
            dials = who.pace * lively if found.dials(session - self.first[number]) else 0.0
            counts = rng.poisson([dials * part, who.incoming * part])
            for what, count in zip((OUT, IN), counts, strict=True):
                for second in second_at(who.rhythm, begin + rng.random(count) * (end - begin)).tolist():
                    friend = dear(who.circle, rng.random()) if what == IN else -1
                    self.events.append((second, len(self.events), what, session, friend))

    def push(self, second: int, what: int, session: int, number: int) -> None:
        """One more event, today."""
        if second < DAY_S - 1:
            heapq.heappush(self.events, (second, len(self.events) + 1_000_000 + len(self.traffic.own), what, session,
                                         number))  # fmt: skip

    def seat(self, line: int, second: int) -> int:
        """The session in which a card is at `second`; -1 while it is in no port."""
        stays = self.stays.get(line, [])
        at = bisect_right([self.begin[s] for s in stays], second) - 1
        return stays[at] if at >= 0 and second < self.end[stays[at]] - 2 else -1

    def _call(self, second: int, session: int) -> None:
        """A planned call: to a victim, inside the pool, or to an accomplice."""
        line, rng = self.line[session], self.rng
        who, draw = self.who[line], rng.random()
        if draw < who.victims:
            if self.rung.get(line, 0) < self.rows[self.box[session]]["quota"]:
                self._ring(second, session, self.lists[self.box[session]].next(second, line))
        elif rng.random() < who.inside:
            self._inside(second, session)
        else:
            self._own(second, session, self._length(who, 0.75), MO_CALL, dear(who.friends, rng.random()))

    def _ring(self, second: int, session: int, number: int) -> None:
        """Ring a victim; who is not there is kept for later, or rings back."""
        rng, line, row, box = self.rng, self.line[session], self.rows[self.box[session]], self.day.world.mix["box"]
        who, dialled = self.who[line], self.lists[self.box[session]]
        self.rung[line] = self.rung.get(line, 0) + 1
        asleep = second < NIGHT_ENDS_S and rng.random() < 0.9
        length = 0 if asleep else self._length(who, self.answered[self.box[session]])
        if length and rng.random() < self.long_share[self.box[session]]:
            length = int(np.exp(rng.normal(np.log(box["long_s"]), 0.7))) + 1
        length = self._own(second, session, length, MO_CALL, number)
        if length == 0:
            if rng.random() < row["redial"]:
                self.push(second + int(rng.integers(30, 240)), AGAIN, session, number)
            else:
                dialled.keep(number, second, line)
            if rng.random() < row["back"]:
                self.push(second + 20 + int(np.exp(rng.normal(np.log(900), 1.2))), BACK, line, number)
        elif length > LONG_S and rng.random() < box["second_call"]:
            dialled.keep(number, second, line)

    def _called(self, second: int, session: int, line: int, number: int) -> None:
        """A card is rung from outside: not reached out of its port, not answered while it talks."""
        busy = session < 0 or second < self.free[session]
        length = 0 if busy else self._length(self.who[line], self.day.world.mix["box"]["picked_up"])
        if session >= 0:
            length = self._own(second, session, length, MT_CALL, number, moves=length > 0)
        else:
            self._other(number, second, length, MO_CALL, line)

    def _inside(self, second: int, session: int) -> None:
        """A call to another card of the gang's pool, mostly to one of a few fixed partners that is in a port."""
        line, rng = self.line[session], self.rng
        partner = self.partner(second, line)
        seat = self.seat(partner, second) if partner >= 0 else -1
        if seat < 0:
            return
        free = second >= self.free[seat]
        length = self._own(second, session, self._length(self.who[line], 0.85) if free else 0, MO_CALL, partner)
        late = min(second + int(rng.integers(0, 3)), DAY_S - 1)
        self.traffic.own.append((seat, late, length, MT_CALL, line))
        self.free[seat] = max(self.free[seat], late + length + 5)

    def partner(self, second: int, line: int) -> int:
        """Another card of the pool, the same few again and again as long as they are in a port; -1: nobody is."""
        pool = self.pool[self.boxes[self.box[self.stays[line][0]]].box.gang]
        for _ in range(6):
            rank = int(self.rng.random() ** 2 * min(PARTNERS, len(pool)))
            other = pool[(line * 7 + rank * rank * 13) % len(pool)]
            if other != line and self.seat(other, second) >= 0:
                return int(other)
        return -1

    def _length(self, who: Character, answered: float) -> int:
        if self.rng.random() >= answered:
            return 0
        return min(int(np.exp(self.rng.normal(np.log(who.talk_s), 0.8))) + 1, 7_200)

    def _own(self, second: int, session: int, length: int, kind: int, number: int, moves: bool = True) -> int:
        """A call leg of a box and the other party's; a call ends with its session at the latest. Returns its length."""
        length = max(min(length, self.end[session] - second - 2), 0)
        self.traffic.own.append((session, second, length, kind, number))
        if moves:
            self.free[session] = second + length + 3 + int(self.rng.exponential(12))
        self._other(number, second, length, MT_CALL if kind == MO_CALL else MO_CALL, self.line[session])
        return length

    def _other(self, number: int, second: int, length: int, kind: int, line: int) -> None:
        """The other party's leg, if the city's networks serve him and he is no card of a box."""
        if 0 <= number < self.day.world.lines.n and number not in self.stays:
            late = min(second + int(self.rng.integers(0, 3)), DAY_S - 1)
            self.traffic.others.append((number, late, length, kind, line))


def messages(exchange: Exchange, rng: Rng) -> None:
    """A day's messages of all cards: what services send (waiting ones come when a card enters the network), what is
    asked of the operator about balances, and what goes round in the pool.
    """
    world, own = exchange.day.world, exchange.traffic.own
    senders = world.lines.senders
    for line, stays in exchange.stays.items():
        row, taste = exchange.rows[exchange.box[stays[0]]], np.exp((line * 7_919 % 2_000 / 1_000 - 1) * 1.2)
        for second in rng.integers(27_000, 79_000, rng.poisson(row["texts"] * taste)).tolist():
            later = [s for s in stays if exchange.end[s] - 5 > second]
            if later:
                waited = exchange.begin[later[0]] + int(rng.integers(3, 60))
                at = min(max(second, waited), exchange.end[later[0]] - 1)
                own.append((later[0], at, 0, MT_SMS, int(senders[int(rng.random() ** 2 * len(senders))])))
        for _ in range(rng.poisson(row["sent"])):
            stay = stays[int(rng.integers(0, len(stays)))]
            second = int(rng.integers(exchange.begin[stay], exchange.end[stay]))
            partner = exchange.partner(second, line) if rng.random() < row["inside"] else -1
            if partner >= 0:
                own.append((exchange.seat(partner, second), min(second + 4, DAY_S - 1), 0, MT_SMS, line))
            own.append((stay, second, 0, MO_SMS, partner if partner >= 0 else int(senders[-5])))


def rows_of(rows: list[tuple[int, int, int, int, int]]) -> list[Ints]:
    """Rows as five columns."""
    return list(np.array(rows, np.int64).reshape(-1, 5).T)
