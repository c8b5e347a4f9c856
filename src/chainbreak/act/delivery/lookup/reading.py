"""What is asked, as the key under which orders about it are listed: a token for lines and accounts, a name for domains.

Values arrive in clear, are used once and kept nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from chainbreak.act.delivery.lookup.phones import canonical_line
from chainbreak.act.orders.exclusions import host_of
from chainbreak.identity.normalise import normalise
from chainbreak.identity.numbers import Place
from chainbreak.identity.tokens import token_maker
from chainbreak.records.kind import Identifier

Key = int | str
KINDS = ("phone", "domain", "account")
OBJECTS = {"line": "phone", "account": "account", "domain": "domain"}
"""Kind of an order's object -> how a partner asks for it; other objects cannot be asked for."""
_PLAIN_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,20}[a-z]{2,63}", re.ASCII)


@dataclass(frozen=True)
class Reader:
    """Turns what is asked into keys, under one epoch of token keys."""

    place: Place
    line_token: Callable[[str], int]
    account_token: Callable[[str], int]

    @staticmethod
    def of(place: Place, line_key: bytes, account_key: bytes) -> Reader:
        """A reader for numbers and accounts written in `place`."""
        return Reader(place, token_maker(line_key), token_maker(account_key))

    def key(self, kind: str, value: str) -> Key:
        """The key of `value`, an identifier of `kind` (one of `KINDS`).

        Raises:
            InputError: not an identifier of that kind (CB-ID-010 to CB-ID-012); the message never holds the value.
        """
        if kind == "phone":
            return self.line_token(canonical_line(value, self.place))
        if kind == "account":
            return self.account_token(normalise(Identifier.ACCOUNT, value, self.place).value)
        return host_key(value)


def host_key(value: str) -> str:
    """The one form of a name or an address; what is written in it already is not read again.

    >>> host_key("evil.example"), host_key("https://EVIL.example./pay")
    ('evil.example', 'evil.example')

    Raises:
        InputError: there is no readable host (CB-ID-010).
    """
    return value if len(value) <= 253 and _PLAIN_HOST.fullmatch(value) else host_of(value)
