"""Identifiers become tokens: each distinct text is hashed about once, however many rows and chunks name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.identity.batch import tokenise
from chainbreak.identity.normalise import ATTRIBUTES
from chainbreak.identity.numbers import Place
from chainbreak.records import Identifier

if TYPE_CHECKING:
    from chainbreak.identity.keys import Keyring
    from chainbreak.identity.vault import Vault
    from chainbreak.ingest.shape import Coded

REMEMBERED = 2_500_000
"""Distinct texts of one identifier kind that are kept between chunks; about 100 bytes each."""


@dataclass
class Tokens:
    """One identifier column, row by row: `token` (int64), `value` (canonical text for the record_ref, never stored),
    `attributes` by suffix, and a mask of rows whose text is no identifier of the kind.
    """

    token: pa.Array
    value: pa.Array
    attributes: dict[str, pa.Array]
    invalid: npt.NDArray[np.bool_]


class Tokeniser:
    """Tokenises the columns of one file's chunks and puts what is new into the vault before anything is appended."""

    def __init__(self, keys: Keyring, place: Place, vault: Vault) -> None:
        self._keys, self._place, self._vault = keys, place, vault
        self._known: dict[Identifier, pa.Table] = {}

    def tokens(self, kind: Identifier, columns: list[Coded]) -> list[Tokens]:
        """The columns of one chunk that hold identifiers of `kind`, together, because they share values."""
        distinct = pa.concat_arrays([column.distinct for column in columns])
        table, at = self._look_up(kind, distinct)
        found, start = [], 0
        for column in columns:
            mine = at.slice(start, len(column.distinct)).take(column.at)
            found.append(_rows(kind, table, mine))
            start += len(column.distinct)
        return found

    def _look_up(self, kind: Identifier, distinct: pa.Array) -> tuple[pa.Table, pa.Array]:
        """The texts known so far, grown by what is new here, and where each of `distinct` stands among them."""
        known = self._known.get(kind)
        at = pc.index_in(distinct, known["raw"]) if known is not None else pa.nulls(len(distinct), pa.int32())
        new = distinct.filter(at.is_null()).unique().drop_null()
        if known is not None and known.num_rows + len(new) > REMEMBERED:
            known, at, new = None, pa.nulls(len(distinct), pa.int32()), distinct.unique().drop_null()
        if len(new) or known is None:
            before = 0 if known is None else known.num_rows
            at = pc.coalesce(at, pc.add(pc.index_in(distinct, new), pa.scalar(before, pa.int32())))
            made = self._make(kind, new)
            known = made if known is None else pa.concat_tables([known, made]).combine_chunks()
            self._known[kind] = known
        return known, at

    def _make(self, kind: Identifier, new: pa.Array) -> pa.Table:
        made = tokenise(kind, new, self._keys, self._place)
        self._vault.add(kind, made)
        invalid = made["reason"].is_valid()
        # An invalid text keeps its own words under the record_ref: two records that differ there stay two.
        value = pc.if_else(invalid, pc.binary_join_element_wise("?", made["raw"], ""), made["value"])
        attributes = {name: made[name] for name in ATTRIBUTES.get(kind, ())}
        return pa.table({"raw": made["raw"], "token": made["token"], "value": value, "invalid": invalid, **attributes})


def _rows(kind: Identifier, table: pa.Table, at: pa.Array) -> Tokens:
    attributes = {name: table[name].combine_chunks().take(at) for name in ATTRIBUTES.get(kind, ())}
    token, value = (table[name].combine_chunks().take(at) for name in ("token", "value"))
    invalid = np.zeros(len(at), dtype=bool)
    if pc.any(table["invalid"]).as_py():
        invalid = np.asarray(pc.fill_null(table["invalid"].combine_chunks().take(at), False))
    return Tokens(token, value, attributes, invalid)
