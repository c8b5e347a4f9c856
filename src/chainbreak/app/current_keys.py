"""Keys that the desk wrote down before a rotation, as they are today: what people said of a thing outlives its key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from chainbreak.app.report_texts import is_token
from chainbreak.records import Identifier
from chainbreak.records.finding import read_token, write_token

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def current_keys(office: Office, keys: Iterable[str]) -> dict[str, str]:
    """Written token, domain or name -> how the same thing is written now; most are themselves."""
    now = {key: key for key in keys}
    tokens: dict[Identifier, dict[int, str]] = {}
    for key in now:
        if is_token(key):
            kind, token = read_token(key)
            tokens.setdefault(Identifier(kind), {})[token] = key
    for kind, written in tokens.items():
        for was, token in office.vault.currents(kind, set(written)).items():
            now[written[was]] = write_token(kind, token)
    return now


def said_now(said: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """Roles by key as people gave them, under the keys of today; what was said after a rotation goes before.

    >>> said_now({"line:0a": "bank", "line:0b": "victim", "a.example": ""}, {"line:0a": "line:0b"})
    {'line:0b': 'victim', 'a.example': ''}
    """
    replaced = {now[key]: role for key, role in said.items() if now.get(key, key) != key}
    return replaced | {key: role for key, role in said.items() if now.get(key, key) == key}
