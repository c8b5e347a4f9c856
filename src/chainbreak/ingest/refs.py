"""record_ref: a keyed digest of a row's own values, the same wherever, whenever and beside whatever the row came.

    ref(row) = AES(K_kind, XOR over columns with a value of AES(K_column, block(value))), written in hex

`block` is the value in 16 bytes (`identity.blocks`): a number as it is, a text as itself or its keyed digest; a column
without a value adds nothing, so an empty text is not the same as none, and a column that a kind gains one day changes
no ref of older rows. Each key is BLAKE2b of its name ("call.peer") under the centre's reference key. An XOR of
independent functions, one an index, under another is the protected counter sum (D. J. Bernstein, "How to stretch random
functions", J. Cryptology 12, 1999), proven pseudorandom: nobody without the key can test a guessed row against a ref.

Values are canonical and in clear under the digest, so a rotation of token keys changes no ref.
"""

from __future__ import annotations

import binascii
from collections import Counter
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chainbreak.identity.blocks import SIZE, Blocks, aes, blocks_of, number_blocks, take

_HEX = 2 * SIZE
_TEXT, _TIMES = "#text", "#times"  # no kind or column is called so


class RowRefs:
    """The refs of `rows` rows of one kind, column by column."""

    def __init__(self, kind: str, key: bytes, rows: int) -> None:
        self._kind, self._key = kind, key
        self._sum = np.zeros((rows, 2), np.uint64)

    def add(self, column: str, blocks: Blocks, missing: npt.NDArray[np.bool_] | None = None) -> None:
        """A column's blocks, row by row; rows under `missing` have no value."""
        made = self._under(column, blocks)
        if missing is not None and missing.any():
            made[missing] = 0
        self._sum ^= made

    def add_coded(self, column: str, distinct: pa.Array, at: pa.Array) -> None:
        """A column of texts or numbers by its distinct values and, for each row, the position of its own."""
        if not len(distinct):
            return
        made = self._under(column, self.blocks(distinct))
        made[np.asarray(distinct.is_null())] = 0
        self._sum ^= _spread(made, at)

    def add_values(self, column: str, values: pa.Array) -> None:
        """A column of numbers, truths or texts, row by row."""
        self.add(column, self.blocks(values), np.asarray(values.is_null()) if values.null_count else None)

    def blocks(self, values: pa.Array) -> Blocks:
        """The block of each value; of a null, any."""
        if pa.types.is_string(values.type):
            return blocks_of(values, text_key(self._key))
        kind = pa.float64() if pa.types.is_floating(values.type) else pa.int64()
        return number_blocks(values.cast(kind).fill_null(0).to_numpy())

    def done(self, times: npt.NDArray[np.int64] | None = None) -> Blocks:
        """The refs in bytes; where `times` is 2 or more, of a row that came that often before and now."""
        total = self._sum
        if times is not None and (again := np.flatnonzero(times > 1)).size:
            total = total.copy()
            total[again] ^= self._under(_TIMES, number_blocks(times[again]))
        return aes(_derived(self._key, self._kind), total.view(np.uint8))

    def _under(self, column: str, blocks: Blocks) -> npt.NDArray[np.uint64]:
        return aes(_derived(self._key, f"{self._kind}.{column}"), blocks).view(np.uint64)


class Repeats:
    """How often equal rows of one file came, for sources whose equal rows are separate events (`repeats: keep`).

    The first of them keeps the ref of its contents alone and the k-th has k under its ref: the same file again adds
    nothing, a file with more of them adds the rest, whatever the order. About 150 bytes are kept for each distinct row
    of the file; such files are small, or they would have had a time or a number of their own.
    """

    def __init__(self) -> None:
        self._seen: Counter[bytes] = Counter()

    def count(self, refs: Blocks, good: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """For each row the how manieth of its kind it is; 1 for rows that are not `good`, which do not count."""
        times = np.ones(len(refs), np.int64)
        data = refs.tobytes()
        for row in np.flatnonzero(good).tolist():
            ref = data[row * SIZE : (row + 1) * SIZE]
            self._seen[ref] += 1
            times[row] = self._seen[ref]
        return times


def text_key(ref_key: bytes) -> bytes:
    """The key under which texts that are longer than a block become one."""
    return _derived(ref_key, _TEXT)


def written(refs: Blocks) -> pa.Array:
    """Refs as 32 hex digits each."""
    offsets = np.arange(0, (len(refs) + 1) * _HEX, _HEX, dtype=np.int32)
    text = binascii.hexlify(np.ascontiguousarray(refs).reshape(-1).data)
    return pa.Array.from_buffers(pa.string(), len(refs), [None, pa.py_buffer(offsets), pa.py_buffer(text)])


def first_of_each(refs: Blocks) -> npt.NDArray[np.intp] | None:
    """The positions, in order, of the first row of each distinct ref; None when all are distinct."""
    halves = np.sort(np.ascontiguousarray(refs).view(np.uint64)[:, 0])
    if not (halves[1:] == halves[:-1]).any():
        return None
    _, first = np.unique(np.ascontiguousarray(refs).view("V16")[:, 0], return_index=True)
    return np.sort(first)


def _spread(made: npt.NDArray[np.uint64], at: pa.Array) -> Any:
    """The made block of each row; zeros where `at` is null."""
    if at.null_count:
        made, at = np.vstack([made, np.zeros((1, 2), np.uint64)]), at.fill_null(len(made))
    return take(made, at.to_numpy())


def _derived(key: bytes, name: str) -> bytes:
    return blake2b(name.encode(), key=key, digest_size=32, person=b"record_ref").digest()
