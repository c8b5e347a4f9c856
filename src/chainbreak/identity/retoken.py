"""Exchange tokens in a table of the lake when a key is rotated: token columns, and written tokens inside text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from chainbreak.base.errors import SetupError
from chainbreak.identity.shelf import Ints
from chainbreak.records import KINDS, Identifier, Type
from chainbreak.records.finding import read_token, write_token

Exchange = Mapping[Identifier, tuple[Ints, Ints]]
"""For each kind being rotated: old tokens, sorted, and the new token of each."""


class Exchanger:
    """Exchanges the tokens of one lake table, batch by batch.

    Token columns are those the record kind declares. Written tokens (`line:9f3a…`) are exchanged in its text columns,
    and in every text column of a derived table, which has no declaration. A written token that no identifier of this
    centre has is left as it is: a message may hold anything.
    """

    def __init__(self, table: str, exchange: Exchange) -> None:
        columns = KINDS[table].lake_columns() if table in KINDS else ()
        self._table, self._exchange = table, exchange
        self._tokens = {c.name: c.identifier for c in columns if c.identifier and c.identifier in exchange}
        # A declared kind says which of its columns hold written tokens; of a derived table any text may.
        self._texts = {c.name for c in columns if c.text or c.type is Type.STRINGS} if columns else None
        self._written = re.compile(rf"\b(?:{'|'.join(kind.value for kind in exchange)}):[0-9a-f]{{16}}\b", re.ASCII)

    def concerns(self, schema: pa.Schema) -> bool:
        """Whether a table with `schema` can hold tokens of the kinds being rotated."""
        return any(field.name in self._tokens or self._has_written(field) for field in schema)

    def batch(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """The same rows under the new tokens.

        Raises:
            SetupError: a token column holds what the vault does not know (CB-ID-031).
        """
        columns = [self._column(field, column) for field, column in zip(rows.schema, rows.columns, strict=True)]
        return pa.RecordBatch.from_arrays(columns, schema=rows.schema)

    def _column(self, field: pa.Field, column: Any) -> Any:
        if field.name in self._tokens:
            return self._token_column(self._tokens[field.name], column)
        if not self._has_written(field):
            return column
        return pa.array([self._text(value) for value in column.to_pylist()], field.type)

    def _has_written(self, field: pa.Field) -> bool:
        return _holds_text(field.type) if self._texts is None else field.name in self._texts

    def _token_column(self, kind: Identifier, column: Any) -> Any:
        old, new = self._exchange[kind]
        present = column.is_valid().to_numpy(zero_copy_only=False)
        tokens = column.drop_null().to_numpy()
        at = np.minimum(np.searchsorted(old, tokens), max(len(old) - 1, 0))
        unknown = int((old[at] != tokens).sum()) if len(old) else len(tokens)
        if unknown:
            raise SetupError(
                "CB-ID-031", "the lake holds tokens the vault does not know",
                given=f"{unknown} of kind {kind} in {self._table}",
                next_step="restore the vault that belongs to this lake, then run it again",
            )  # fmt: skip
        spread = np.zeros(len(column), dtype=np.int64)
        spread[present] = new[at]
        return pa.array(spread, mask=~present)

    def _text(self, value: Any) -> Any:
        if isinstance(value, list):
            # Ingest lists what a report names in sorted order, which the new tokens change.
            return sorted(self._text(item) for item in value)
        return value and self._written.sub(self._next, value)

    def _next(self, match: re.Match[str]) -> str:
        kind, token = read_token(match[0])
        old, new = self._exchange[Identifier(kind)]
        at = int(np.searchsorted(old, token))
        return write_token(kind, int(new[at])) if at < len(old) and old[at] == token else match[0]


def _holds_text(dtype: Any) -> bool:
    inner = dtype.value_type if pa.types.is_list(dtype) else dtype
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner))
