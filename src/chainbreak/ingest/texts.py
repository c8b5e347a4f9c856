"""Free text: the lake gets a copy with each identifier as its masked token, the vault gets the original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from chainbreak.base.errors import InputError
from chainbreak.identity.normalise import normalise
from chainbreak.identity.numbers import Place
from chainbreak.identity.tokens import token_of
from chainbreak.records import Identifier
from chainbreak.records.finding import write_token
from chainbreak.text.masking import mask_and_name

if TYPE_CHECKING:
    from chainbreak.identity.keys import Keyring
    from chainbreak.identity.vault import Vault
    from chainbreak.ingest.coded import Coded


_KINDS = frozenset(kind.value for kind in Identifier)


@dataclass
class Masked:
    """A text column row by row, masked, and what each row names: written tokens, hosts in clear."""

    texts: pa.Array
    mentions: list[tuple[str, ...]]


class TextMasker:
    """Masks the texts of one file's chunks and puts what they name into the vault first."""

    def __init__(self, keys: Keyring, place: Place, vault: Vault) -> None:
        self._keys, self._place, self._vault = keys, place, vault

    def mask(self, column: Coded) -> Masked:
        """The column with every identifier masked; each distinct text is read once."""
        texts: list[str | None] = []
        named: list[tuple[str, ...]] = []
        values: dict[Identifier, set[str]] = {}
        for text in column.distinct.to_pylist():
            masked, mentions, names = mask_and_name(text, self._keys, self._place) if text else (text, [], [])
            for mention in mentions:
                values.setdefault(mention.kind, set()).add(mention.value)
            texts.append(masked)
            named.append((*(write_token(m.kind, m.token) for m in mentions), *names))
        self._keep(values)
        rows = [() if at is None else named[at] for at in column.at.to_pylist()]
        return Masked(pa.array(texts, pa.string()).take(column.at), rows)

    def written(self, given: Sequence[list[str] | None], mentioned: Sequence[tuple[str, ...]]) -> list[list[str]]:
        """Row by row: the identifiers a source names beside the text, united with those in it, sorted."""
        values: dict[Identifier, set[str]] = {}
        forms = {item: self._written(item, values) for row in given for item in row or ()}
        self._keep(values)
        return [
            sorted({*(form for item in row or () for form in forms[item]), *named})
            for row, named in zip(given, mentioned, strict=True)
        ]

    def _written(self, item: str, values: dict[Identifier, set[str]]) -> list[str]:
        """One named identifier: `kind:value`, or any form that is found in text, a host, or else a chat id."""
        kind, colon, rest = item.partition(":")
        try:
            if colon and kind in _KINDS:
                return [self._token(Identifier(kind), rest, values)]
            if kind == "app" and rest.strip():  # the name of a program is no secret, and must not pass for a chat id
                return [f"app:{' '.join(rest.lower().split())}"]
            _, mentions, names = mask_and_name(item, self._keys, self._place)
            for mention in mentions:
                values.setdefault(mention.kind, set()).add(mention.value)
            found = [write_token(m.kind, m.token) for m in mentions] + names
            return found or [self._token(Identifier.CHAT, item, values)]
        except InputError:  # it names nothing that could be looked for
            return []

    def _token(self, kind: Identifier, raw: str, values: dict[Identifier, set[str]]) -> str:
        value = normalise(kind, raw, self._place).value
        values.setdefault(kind, set()).add(value)
        return write_token(kind, token_of(self._keys.token_key(kind), value))

    def _keep(self, values: dict[Identifier, set[str]]) -> None:
        for kind, found in values.items():
            self._vault.add_values(kind, sorted(found))
