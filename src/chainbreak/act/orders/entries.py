"""What a person types as an exclusion, in the one form that entries are stored in."""

from __future__ import annotations

import re

from chainbreak.act.orders.exclusions import Exclusion, host_of
from chainbreak.base.errors import InputError, UsageError
from chainbreak.identity.normalise import normalise
from chainbreak.identity.numbers import Place, tidy
from chainbreak.records import Identifier

KINDS = ("line", "domain", "account")
# A shorter prefix would take in a whole country or every short number.
_PREFIX = re.compile(r"\+\d{4,14}|[1-9]\d{2,7}", re.ASCII)


def canonical(kind: str, typed: str, place: Place) -> str:
    """The canonical form of a thing of `kind`, in clear, as the vault would give it for an order's object.

    >>> canonical("line", "0086 138-0013-8000", Place()), canonical("domain", "WWW.ICBC.com.cn.", Place())
    ('+8613800138000', 'www.icbc.com.cn')

    Raises:
        UsageError: lists exist for no such kind (CB-US-001).
        InputError: not a number, name or account (CB-ID-010, CB-ID-011, CB-ID-012).
    """
    if kind not in KINDS:
        raise UsageError("CB-US-001", "no exclusions of such a kind", given=kind, allowed=", ".join(KINDS))
    return host_of(typed) if kind == "domain" else normalise(Identifier(kind), typed, place).value


def entry_from(kind: str, typed: str, place: Place, *, prefix: bool = False) -> Exclusion:
    """The entry that a person means; a domain covers all names below it, `prefix` all numbers that begin so.

    >>> entry_from("line", "95588", Place()).name, entry_from("line", "0086 571 8722", Place(), prefix=True).name
    ('line:exact:95588', 'line:prefix:+865718722')

    Raises:
        UsageError, InputError: as for `canonical`; a prefix of anything but a line, or too short (CB-OR-074).
    """
    if prefix:
        digits = re.sub(r"[\s()-]", "", tidy(typed))
        value = "+" + digits[2:] if digits.startswith("00") else digits
        if kind != "line" or not _PREFIX.fullmatch(value):
            raise InputError("CB-OR-074", "not a prefix of telephone numbers", given=kind,
                             allowed="a line: +865718722, or 3 to 8 digits of short numbers")  # fmt: skip
        return Exclusion(kind, "prefix", value)
    value = canonical(kind, typed, place)
    home = f"{place.country}:"
    return Exclusion(kind, "suffix" if kind == "domain" else "exact", value.removeprefix(home))
