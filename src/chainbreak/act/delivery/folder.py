"""Partners that read files: a folder `out/<partner>/` whose files are rebuilt whole from what is in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from chainbreak.act.delivery.entry import Mark
from chainbreak.act.delivery.point import Answer, PointDownError
from chainbreak.act.delivery.queue import CORRECT, FAILED, FULL
from chainbreak.act.delivery.shelf import Desired, Shelf, render
from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import InputError

if TYPE_CHECKING:
    from chainbreak.act.delivery.entry import Entry
    from chainbreak.act.delivery.point import Parcel, Setup

NEEDS: tuple[str, ...] = ()


class Settings(BaseModel):
    """A folder has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def open_point(setup: Setup) -> Folder:
    """The folder of a partner."""
    return Folder(setup)


class Folder:
    """One partner's files. They hold what is in force; corrections stand in a file of their own until the partner has
    said that it followed them in its own copies.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.shelf = Shelf(setup.folder, setup.format, setup.rules, setup.signer)

    def carry(self, parcels: Sequence[Parcel]) -> list[Answer]:
        """Rewrite the files; a line that cannot be written is refused alone."""
        answers = [self._try(parcel) for parcel in parcels]
        self._rewrite()
        return answers

    def _try(self, parcel: Parcel) -> Answer:
        # One line that cannot be written must stop itself, not the whole file of a partner.
        if parcel.own is not None:
            try:
                render(self.setup.format, [parcel.own], 0, self.setup.rules)
            except InputError as e:
                return Answer(FAILED, e.code, e.what)
        return Answer("" if parcel.action == CORRECT else FULL, meaning="read back from the file")

    def look(self, parcels: Sequence[Parcel]) -> list[bool | None]:
        """Whether the file, read back as the partner would, holds each order, or no longer does.

        That a partner has followed a correction in its own copies no file can show: only the partner can say.
        """
        held = {m.order_id: m.valid_until for m in self.shelf.holds()}
        return [
            None if p.action == CORRECT else held.get(p.order.order_id) == (p.own.valid_until if p.own else None)
            for p in parcels
        ]

    def held(self) -> Iterable[Mark]:
        """Lines of a file that is genuinely signed; a file that is not counts as one foreign line."""
        return self.shelf.holds() | self.shelf.foreign()

    def mend(self, put: Sequence[Entry], drop: Sequence[Mark]) -> None:
        """Rewrite the files from what is in force."""
        self._rewrite()

    def _rewrite(self) -> None:
        desired = Desired(tuple(self._writable()), tuple(self.setup.wrong()))
        if self.shelf.is_current(desired):
            return
        before = self.shelf.holds()
        drift = {"missing": len(desired.marks - before), "extra": len(before - desired.marks)}
        serial = self.setup.next_serial({**drift, "entries": len(desired.entries)})
        try:
            self.shelf.write(desired, serial, rfc3339(self.setup.clock.now_us()))
        except OSError as e:
            raise PointDownError(f"the file cannot be written: {e.strerror}") from None

    def _writable(self) -> Iterable[Entry]:
        for entry in self.setup.desired():
            try:
                render(self.setup.format, [entry], 0, self.setup.rules)
            except InputError:
                continue  # refused when it was sent; its order's task says so
            yield entry

    def close(self) -> None:
        """Nothing is held open."""
