"""Identifiers become tokens: each distinct text is hashed about once, however many rows and chunks name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.identity.batch import tokenise
from chainbreak.identity.blocks import SIZE, Blocks, blocks_of, take
from chainbreak.identity.normalise import ATTRIBUTES
from chainbreak.identity.numbers import Place
from chainbreak.ingest.refs import text_key
from chainbreak.records import Identifier

if TYPE_CHECKING:
    from chainbreak.identity.keys import Keyring
    from chainbreak.identity.vault import Vault
    from chainbreak.ingest.coded import Coded

REMEMBERED = 2_500_000
"""Distinct texts of one identifier kind that are kept between chunks; about 60 bytes each."""
Places = npt.NDArray[np.int64]


@dataclass
class Tokens:
    """One identifier column, row by row: `token` (int64), `blocks` (of the canonical text, for the record_ref) and the
    mask of rows without a value, `attributes` by suffix, and a mask of rows whose text is no identifier of the kind.
    """

    token: pa.Array
    blocks: Blocks
    missing: npt.NDArray[np.bool_]
    attributes: dict[str, pa.Array]
    invalid: npt.NDArray[np.bool_]


class Tokeniser:
    """Tokenises the columns of one file's chunks and puts what is new into the vault before anything is appended."""

    def __init__(self, keys: Keyring, place: Place, vault: Vault) -> None:
        self._keys, self._place, self._vault = keys, place, vault
        self._text_key = text_key(keys.ref_key)
        self._known: dict[Identifier, _Known] = {}

    def tokens(self, kind: Identifier, column: Coded) -> Tokens:
        """One column of a chunk that holds identifiers of `kind`."""
        known = self._known.setdefault(kind, _Known(self._text_key))
        at, new = known.find(column.distinct)
        if len(known) + len(new) > REMEMBERED:
            known = self._known[kind] = _Known(self._text_key)
            at, new = known.find(column.distinct)
        if len(new):
            made = tokenise(kind, new.cast(pa.string()), self._keys, self._place)
            self._vault.add(kind, made)
            before = len(known)
            known.add(new, made, ATTRIBUTES.get(kind, ()))
            if pa.types.is_integer(new.type):  # those that stood nowhere, in their order
                at[at < 0] = np.arange(before, len(known))
            else:
                at, _ = known.find(column.distinct)
        return known.rows(pa.array(at).take(column.at))


@dataclass
class _Known:
    """What is known of the texts seen so far, in the order they were seen; found again by number or by text."""

    text_key: bytes
    numbers: Places = field(default_factory=lambda: np.empty(0, np.int64))
    """Texts that are plain digits, as sorted numbers: in sorted order a look-up costs a fortieth of hashing text."""
    number_at: Places = field(default_factory=lambda: np.empty(0, np.int64))
    texts: Any = None
    text_at: Places = field(default_factory=lambda: np.empty(0, np.int64))
    token: Places = field(default_factory=lambda: np.empty(0, np.int64))
    invalid: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))
    blocks: Blocks = field(default_factory=lambda: np.empty((0, SIZE), np.uint8))
    codes: dict[str, npt.NDArray[np.int32]] = field(default_factory=dict)
    names: dict[str, dict[str | None, int]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.token)

    def find(self, distinct: pa.Array) -> tuple[Places, pa.Array]:
        """Where each of `distinct` stands (-1: nowhere), and those that stand nowhere; nulls are not asked for."""
        if pa.types.is_integer(distinct.type):
            wanted = distinct.to_numpy()
            near = np.minimum(np.searchsorted(self.numbers, wanted), max(len(self.numbers) - 1, 0))
            hit = self.numbers[near] == wanted if len(self.numbers) else np.zeros(len(wanted), bool)
            at = np.where(hit, self.number_at[near] if len(self.numbers) else -1, -1)
            return at, distinct.filter(pa.array(~hit))
        found = pc.index_in(distinct, self.texts) if self.texts is not None else pa.nulls(len(distinct), pa.int32())
        missing = pc.and_(found.is_null(), distinct.is_valid())
        at = (
            np.where(np.asarray(found.is_valid()), self.text_at[found.fill_null(0).to_numpy()], -1)
            if len(self.text_at)
            else np.full(len(distinct), -1)
        )
        return at, distinct.filter(missing).unique()

    def add(self, new: pa.Array, made: pa.Table, attributes: tuple[str, ...]) -> None:
        """Remember what `tokenise` made of `new` (sorted if numbers)."""
        at = np.arange(len(self), len(self) + len(new))
        if pa.types.is_integer(new.type):
            before = np.searchsorted(self.numbers, new.to_numpy())
            self.numbers = np.insert(self.numbers, before, new.to_numpy())
            self.number_at = np.insert(self.number_at, before, at)
        else:
            self.texts = new if self.texts is None else pa.concat_arrays([self.texts, new])
            self.text_at = np.concatenate([self.text_at, at])
        invalid = np.asarray(made["reason"].is_valid())
        value = made["value"].combine_chunks()
        if invalid.any():
            # An invalid text keeps its own words under the record_ref: two records that differ there stay two.
            value = pc.if_else(pa.array(invalid), pc.binary_join_element_wise("?", made["raw"], ""), value)
            value = value.combine_chunks() if isinstance(value, pa.ChunkedArray) else value
        for name in attributes:
            codes = self._coded(name, made[name].combine_chunks())
            self.codes[name] = np.concatenate([self.codes[name], codes]) if name in self.codes else codes
        self.token = np.concatenate([self.token, made["token"].fill_null(0).to_numpy()])
        self.invalid = np.concatenate([self.invalid, invalid])
        self.blocks = np.concatenate([self.blocks, blocks_of(value, self.text_key)])

    def rows(self, at: pa.Array) -> Tokens:
        """The column whose rows stand at `at` (null: no value)."""
        missing = np.asarray(at.is_null())
        place = at.fill_null(0).to_numpy() if at.null_count else at.to_numpy()
        invalid = self.invalid[place] & ~missing if len(self) else missing & False
        absent = missing | invalid
        token = pa.array(self.token[place], mask=absent) if len(self) else pa.nulls(len(at), pa.int64())
        blocks = take(self.blocks, place) if len(self) else np.zeros((len(at), SIZE), np.uint8)
        attributes = {
            name: pa.DictionaryArray.from_arrays(
                pa.array(codes[place], mask=missing), pa.array(list(self.names[name]), pa.string())
            )
            for name, codes in self.codes.items()
        }
        return Tokens(token, blocks, missing, attributes, invalid)

    def _coded(self, name: str, values: pa.Array) -> npt.NDArray[np.int32]:
        """Attribute values as codes; they are few, and rows carry the code instead of the text."""
        names = self.names.setdefault(name, {})
        coded = values.dictionary_encode(null_encoding="encode")
        own = np.array([names.setdefault(text, len(names)) for text in coded.dictionary.to_pylist()], dtype=np.int32)
        spread: npt.NDArray[np.int32] = own[coded.indices.to_numpy()]
        return spread
