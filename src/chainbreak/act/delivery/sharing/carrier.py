"""The enforcement point behind both formats: compares what a place holds with what the desk wants, and says the change.

A *form* knows how an order is written (STIX indicator, MISP attribute), a *place* where such things lie (a partner's
server, our own collection, a folder). Nothing is said that is said already, so a repeat, a crash or an old message
changes nothing. What is taken back stays there as taken back: whoever copied it learns of the withdrawal.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chainbreak.act.delivery.point import Answer, PointDownError
from chainbreak.act.delivery.queue import CORRECT
from chainbreak.base.clock import parse_moment
from chainbreak.base.errors import InputError

if TYPE_CHECKING:
    from chainbreak.act.delivery.entry import Entry, Mark
    from chainbreak.act.delivery.point import Parcel
    from chainbreak.base.clock import Clock

Said = dict[str, Any]
"""One version of one object as it lies at the place."""
WRONG = frozenset({"wrong_object", "evidence_withdrawn"})
"""Reasons of a release that say more than that it is over: it should not have been."""


class Form(Protocol):
    """How an order is written."""

    revives: bool
    """Whether what was ended may be taken up again under the same key."""

    def key(self, order_id: str, round: int) -> str:
        """The key of an order's object."""

    def must_say(self, entry: Entry) -> None:
        """Raise InputError where it cannot be written so."""

    def key_of(self, said: Said) -> str:
        """The key that a version lies under."""

    def write(self, entry: Entry, round: int, before: Said | None, now_us: int) -> Said:
        """The object of an entry, newer than `before`."""

    def end(self, before: Said, wrong: bool, now_us: int) -> Said:
        """The version that takes it back."""

    def is_over(self, said: Said) -> bool:
        """Whether it was taken back."""

    def says(self, said: Said, entry: Entry) -> bool:
        """Whether it is what the entry wants said."""

    def mark_of(self, said: Said) -> Mark | None:
        """The mark of one of ours."""


class Place(Protocol):
    """Where objects lie. Every call may raise PointDownError."""

    def latest(self, keys: Sequence[str]) -> dict[str, Said]:
        """Key -> newest version, of those that are there."""

    def add(self, said: Sequence[Said]) -> tuple[dict[str, str], str]:
        """Say new versions; (key -> why it was refused, SHA-256 of the raw answer)."""

    def confirm(self, said: Sequence[Said]) -> None:
        """What was said before is said again, as after a crash: make sure that it travels on from the place."""

    def ours(self) -> Iterable[Said]:
        """Newest versions of everything of ours."""

    def close(self) -> None:
        """Give back connections."""


@dataclass
class Carrier:
    """A `Point` of one form at one place. Each order is an object of its own, also where two are about one value."""

    keeps_orders_apart = True

    form: Form
    place: Place
    clock: Clock
    wrong: Callable[[], Sequence[tuple[str, str, str]]]
    """As `Setup.wrong`."""

    def carry(self, parcels: Sequence[Parcel]) -> list[Answer]:
        """Say what changed; an entry that the form cannot say fails, the others are carried."""
        wanted, unsayable = self._wanted(parcels)
        wrong = {p.order.order_id for p in parcels if p.action == CORRECT or p.order.end_reason in WRONG}
        refused, digest = self._say(wanted, wrong)
        return [self._answer(p, unsayable.get(p.key), refused, digest) for p in parcels]

    def look(self, parcels: Sequence[Parcel]) -> list[bool | None]:
        """Read back, as any client of the place would, whether what is wanted is what is said."""
        newest = self._newest({p.order.order_id for p in parcels})
        return [self._stands(newest[p.order.order_id][0], p.own) for p in parcels]

    def held(self) -> Iterable[Mark]:
        """Marks of what is said and not over: neither taken back nor past its own end."""
        now = self.clock.now_us()
        with _reaching():
            ours = list(self.place.ours())
        marks = (self.form.mark_of(said) for said in ours if not self.form.is_over(said))
        return [mark for mark in marks if mark and parse_moment(mark.valid_until, "UTC") > now]

    def mend(self, put: Sequence[Entry], drop: Sequence[Mark]) -> None:
        """Say `put`, take back `drop`; an order in both keeps what is put."""
        wrong = {order_id for _, order_id, _ in self.wrong()} if drop else ()
        self._say({mark.order_id: None for mark in drop} | {entry.order_id: entry for entry in put}, wrong)

    def close(self) -> None:
        """Give back connections."""
        self.place.close()

    def _answer(self, p: Parcel, unsayable: InputError | None, refused: dict[str, str], digest: str) -> Answer:
        if unsayable:
            return Answer("failed", unsayable.code, unsayable.what)
        why = refused.get(p.order.order_id)
        return Answer(digest=digest) if why is None else Answer("rejected", "refused", why, digest)

    def _wanted(self, parcels: Sequence[Parcel]) -> tuple[dict[str, Entry | None], dict[str, InputError]]:
        wanted: dict[str, Entry | None] = {}
        unsayable: dict[str, InputError] = {}
        for parcel in parcels:
            try:
                if parcel.own:
                    self.form.must_say(parcel.own)
                wanted[parcel.order.order_id] = parcel.own
            except InputError as e:
                unsayable[parcel.key] = e
        return wanted, unsayable

    def _say(self, wanted: dict[str, Entry | None], wrong: Container[str]) -> tuple[dict[str, str], str]:
        now = self.clock.now_us()
        changed: dict[str, Said] = {}
        standing: list[Said] = []
        for order_id, (said, round) in self._newest(wanted).items():
            entry = wanted[order_id]
            if self._stands(said, entry):
                standing += [said] if said else []
                continue
            changed[order_id] = (
                self.form.write(entry, round, said, now) if entry else self.form.end(said or {}, order_id in wrong, now)
            )
        with _reaching():
            if standing:
                self.place.confirm(standing)
            refused, digest = self.place.add(list(changed.values())) if changed else ({}, "")
        return {i: refused[self.form.key_of(said)] for i, said in changed.items()
                if self.form.key_of(said) in refused}, digest  # fmt: skip

    def _stands(self, said: Said | None, entry: Entry | None) -> bool:
        alive = said if said and not self.form.is_over(said) else None
        return alive is None if entry is None else alive is not None and self.form.says(alive, entry)

    def _newest(self, order_ids: Iterable[str]) -> dict[str, tuple[Said | None, int]]:
        """Order -> (newest version of its object, the round it belongs to, or would belong to)."""
        found: dict[str, tuple[Said | None, int]] = {}
        rounds = dict.fromkeys(order_ids, 0)
        while rounds:
            with _reaching():
                there = self.place.latest([self.form.key(order_id, round) for order_id, round in rounds.items()])
            now = {order_id: (there.get(self.form.key(order_id, r)), r) for order_id, r in rounds.items()}
            found |= now
            over = () if self.form.revives else [i for i, (said, _) in now.items() if said and self.form.is_over(said)]
            rounds = {order_id: rounds[order_id] + 1 for order_id in over}
        return found


@contextmanager
def _reaching() -> Iterator[None]:
    """A disk that refuses is a place that is not reached: it is tried again."""
    try:
        yield
    except OSError as e:
        raise PointDownError(type(e).__name__) from None
