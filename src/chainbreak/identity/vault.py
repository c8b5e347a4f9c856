"""The vault: what each token stands for, and the original of each free text, encrypted at rest under its own key.

```
vault/line-0001/   token -> value, of one kind and key epoch
vault/line-was/    token of an earlier epoch -> written token that took its place; never deleted, findings cite it
vault/texts/       record_ref -> original text; its masked copy is in the lake
```

Nothing here asks who is calling: `app.reveal_identifier` does, and is the only way to a person's screen.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from chainbreak.base.errors import InputError
from chainbreak.identity.shelf import Ints, Shelf
from chainbreak.identity.tokens import digests
from chainbreak.records import Identifier
from chainbreak.records.finding import read_token, write_token

if TYPE_CHECKING:
    from chainbreak.identity.keys import Keyring


class Vault:
    """The vault of one centre; opening it reads nothing."""

    def __init__(self, root: Path, keys: Keyring) -> None:
        self.root, self._keys = root, keys
        self._shelves: dict[str, Shelf] = {}

    def add(self, kind: Identifier, batch: pa.Table) -> int:
        """Add the rows of `batch.tokenise` that have a token; returns how many were new. Doing it again adds nothing.

        Raises:
            InputError: two values share a token (CB-ID-020); nothing was added.
        """
        made = batch.select(["token", "check", "value"])
        if batch["token"].null_count:
            made = made.filter(batch["token"].is_valid())
        made = made.combine_chunks()
        return self._shelf(kind).add(made["token"].to_numpy(), made["check"].to_numpy(), made["value"])

    def add_values(self, kind: Identifier, values: Sequence[str]) -> int:
        """Add canonical values found one by one, as `text.masking.mask` returns them; returns how many were new."""
        made = digests(self._keys.token_key(kind), [value.encode() for value in values])
        return self._shelf(kind).add(made[:, 0], made[:, 1], pa.array(values, pa.string()))

    def value(self, kind: Identifier, token: int) -> str:
        """The value of one token, also of one that a rotation has replaced.

        Raises:
            InputError: not in the vault (CB-ID-021).
        """
        found = self.values(kind, [token])
        if token not in found:
            raise InputError(
                "CB-ID-021", "token not in the vault", given=write_token(kind, token), allowed="a token of this centre"
            )
        return found[token]

    def values(self, kind: Identifier, tokens: Iterable[int]) -> dict[int, str]:
        """Token -> value of those that are in the vault; each segment is opened once, however many are asked for."""
        self._keys.refresh()  # a server may have been running since before the last rotation
        asked = self.currents(kind, set(tokens))
        wanted = np.array(sorted(set(asked.values())), dtype=np.int64)
        found = self._shelf(kind).find(wanted)
        if kind.value in self._keys.coming:  # a rotation was interrupted: part of the lake is under the coming key
            found |= self._shelf(kind, self._keys.coming[kind.value]).find(wanted)
        return {token: found[now] for token, now in asked.items() if now in found}

    def current(self, kind: Identifier, token: int) -> int:
        """The token that stands for the same value today; `token` itself unless a rotation has replaced it."""
        return self.currents(kind, {token})[token]

    def currents(self, kind: Identifier, tokens: set[int]) -> dict[int, int]:
        """`current` of many, each segment opened once."""
        now = {token: token for token in tokens}
        # One round an epoch: what two rotations have replaced is followed twice.
        while moved := self._was(kind).find(np.array(sorted(set(now.values())), dtype=np.int64)):
            now = {token: read_token(moved[at])[1] if at in moved else at for token, at in now.items()}
        return now

    def add_texts(self, record_refs: Sequence[str], texts: Sequence[str]) -> int:
        """Keep the original texts of records, by record_ref (32 hex digits); returns how many were new."""
        refs = _halves(record_refs)
        return self._texts.add(refs[:, 0], refs[:, 1], pa.array(texts, pa.string()))

    def count_texts(self, record_refs: Sequence[str]) -> int:
        """How many of these records have their original text here."""
        return int(self._texts.known(_halves(record_refs)[:, 0]).sum())

    def remove_texts(self, record_refs: Sequence[str]) -> int:
        """Destroy the original texts of records; returns how many there were. Their masked copies stay in the lake."""
        return self._texts.remove(_halves(record_refs)[:, 0])

    def text(self, record_ref: str) -> str:
        """The original text of a record.

        Raises:
            InputError: not in the vault (CB-ID-021).
        """
        token = int.from_bytes(bytes.fromhex(record_ref)[:8], "big", signed=True)
        found = self._texts.find(np.array([token], dtype=np.int64))
        if token not in found:
            raise InputError("CB-ID-021", "text not in the vault", given=record_ref)
        return found[token]

    def texts(self, record_refs: Sequence[str]) -> dict[str, str]:
        """Original texts by record_ref, of those that are here; each segment is opened once."""
        if not record_refs:
            return {}
        places = _halves(record_refs)[:, 0]
        found = self._texts.find(places)
        return {ref: found[at] for ref, at in zip(record_refs, places.tolist(), strict=True) if at in found}

    def counts(self) -> dict[str, int]:
        """Entries by kind, and `texts`."""
        return {kind.value: len(self._shelf(kind)) for kind in Identifier} | {"texts": len(self._texts)}

    def retoken(self, kind: Identifier) -> None:
        """Fill the shelf of the coming epoch from the one in force, and the map old -> new; again, it adds nothing."""
        coming = self._keys.coming[kind.value]
        key, shelf, was = self._keys.token_key(kind, coming), self._shelf(kind, coming), self._was(kind)
        for rows in self._shelf(kind).segments():
            values = rows["value"].combine_chunks()
            made = digests(key, values.cast(pa.binary()).to_pylist())
            shelf.add(made[:, 0], made[:, 1], values)
            written = pa.array([write_token(kind, token) for token in made[:, 0].tolist()], pa.string())
            was.add(rows["token"].to_numpy(), rows["check"].to_numpy(), written)

    def replaced(self, kind: Identifier) -> tuple[Ints, Ints]:
        """Every token that a rotation has replaced, sorted, and beside it the one that took its place."""
        old, new = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        for rows in self._was(kind).segments():
            written = (read_token(text)[1] for text in rows["value"].to_pylist())
            old = np.concatenate([old, rows["token"].to_numpy()])
            new = np.concatenate([new, np.fromiter(written, np.int64, rows.num_rows)])
        order = np.argsort(old)
        return old[order], new[order]

    def drop_epoch(self, kind: Identifier, epoch: int) -> None:
        """Remove the shelf of an epoch that nothing in the lake is written under any more."""
        self._shelves.pop(_folder_name(kind, epoch), None)
        shutil.rmtree(self.root / _folder_name(kind, epoch), ignore_errors=True)

    def _shelf(self, kind: Identifier, epoch: int | None = None) -> Shelf:
        return self._open(_folder_name(kind, epoch or self._keys.epochs[kind.value]))

    def _was(self, kind: Identifier) -> Shelf:
        return self._open(f"{kind.value}-was")

    @property
    def _texts(self) -> Shelf:
        return self._open("texts")

    def _open(self, name: str) -> Shelf:
        if name not in self._shelves:
            self._shelves[name] = Shelf(self.root / name, self._keys.seal_key)
        return self._shelves[name]


def _folder_name(kind: Identifier, epoch: int) -> str:
    return f"{kind.value}-{epoch:04d}"


def _halves(record_refs: Sequence[str]) -> Ints:
    """Two int64 for each record_ref (32 hex digits), shape (n, 2): the text's place and its check."""
    return np.frombuffer(bytes.fromhex("".join(record_refs)), dtype=">i8").astype(np.int64).reshape(-1, 2)
