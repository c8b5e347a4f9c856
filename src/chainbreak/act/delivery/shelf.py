"""The folder of one partner: what it should hold, written atomically; what it does hold, read back."""

from __future__ import annotations

import csv
import fcntl
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chainbreak.act.delivery import holds, numbers, requests, rpz
from chainbreak.act.delivery.entry import Entry, Mark
from chainbreak.act.delivery.signing import Signer, is_genuine
from chainbreak.act.orders.rules import Delivery
from chainbreak.base.files import write_atomic

MAIN_FILE = {"rpz": "zone.rpz", "numbers": "numbers.csv", "holds": "holds.csv", "requests": "requests.jsonl"}
_PARSE = {"rpz": rpz.parse, "numbers": numbers.parse, "holds": holds.parse, "requests": requests.parse}
CORRECTIONS_FILE = "corrections.csv"
SEAL = ".sig.json"


@dataclass(frozen=True)
class Desired:
    """What a partner should hold: entries in force, and (value, order, since) of orders that were wrong."""

    entries: tuple[Entry, ...]
    corrections: tuple[tuple[str, str, str], ...]

    @property
    def marks(self) -> frozenset[Mark]:
        """Marks of the entries."""
        return frozenset(e.mark for e in self.entries)


def render(format_: str, entries: Sequence[Entry], serial: int, settings: Delivery) -> dict[str, bytes]:
    """Files of a format, by name.

    Raises:
        InputError: an entry that must not stand in such a file (CB-DL-010, CB-DL-011).
    """
    match format_:
        case "rpz":
            return {MAIN_FILE["rpz"]: rpz.render(entries, serial, settings)}
        case "numbers":
            return {MAIN_FILE["numbers"]: numbers.render(entries)}
        case "holds":
            return {MAIN_FILE["holds"]: holds.render(entries), "holds.json": holds.render_json(entries)}
        case _:
            return {MAIN_FILE["requests"]: requests.render(entries)}


class Shelf:
    """The folder `out/<partner>/`, in one format."""

    def __init__(self, folder: Path, format_: str, settings: Delivery, signer: Signer) -> None:
        self.folder, self.format, self.settings, self.signer = folder, format_, settings, signer

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other senders out while what is desired is read and written: the later reading wins."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def holds(self) -> frozenset[Mark]:
        """Marks that the file on disk holds; none when it is missing or its signature is not genuine."""
        content = self._genuine(MAIN_FILE[self.format])
        return _PARSE[self.format](content) if content is not None else frozenset()

    def foreign(self) -> frozenset[Mark]:
        """One mark when there is a main file that is not genuine: whatever it says has no right to be there."""
        name = MAIN_FILE[self.format]
        unsigned = self._path(name).exists() and self._genuine(name) is None
        return frozenset({Mark(name, "unsigned", "")} if unsigned else ())

    def corrects(self) -> frozenset[str]:
        """Orders that the file of corrections names."""
        content = self._genuine(CORRECTIONS_FILE)
        rows = csv.DictReader(io.StringIO((content or b"").decode("utf-8", "replace")))
        return frozenset(row.get("order_ref") or "" for row in rows)

    def is_current(self, desired: Desired) -> bool:
        """Whether the files hold exactly what they should, genuinely signed."""
        if self._genuine(MAIN_FILE[self.format]) is None:
            return not desired.entries and not self._path(MAIN_FILE[self.format]).exists() and self._corrected(desired)
        return self.holds() == desired.marks and self._corrected(desired)

    def _corrected(self, desired: Desired) -> bool:
        return self.corrects() == {order_id for _, order_id, _ in desired.corrections}

    def write(self, desired: Desired, serial: int, made_at: str) -> None:
        """Write every file of the partner, each in one step, each with its signature beside it.

        Raises:
            InputError: an entry that must not stand in such a file; nothing is written.
            OSError: the disk refused; files written so far are whole.
        """
        files = render(self.format, desired.entries, serial, self.settings)
        if desired.corrections or self._path(CORRECTIONS_FILE).exists():
            files[CORRECTIONS_FILE] = _corrections(desired)
        for name, content in files.items():
            write_atomic(self._path(name), content, mode=0o640)
            write_atomic(self._path(name + SEAL), self.signer.seal(name, content, serial, made_at), mode=0o640)

    def _path(self, name: str) -> Path:
        return self.folder / name

    def _genuine(self, name: str) -> bytes | None:
        try:
            content, seal = self._path(name).read_bytes(), self._path(name + SEAL).read_bytes()
        except FileNotFoundError:
            return None
        return content if is_genuine(content, seal, self.signer.public_key) else None


def _corrections(desired: Desired) -> bytes:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("value", "order_ref", "annulled_at", "meaning"))
    rows.writerows((*row, "the order was wrong: remove it and every copy of it") for row in desired.corrections)
    return out.getvalue().encode()
