"""Identifiers in the raw forms in which partners send them. Fictitious: any likeness to a number in use is chance."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.city.draws import Ints, Rng

PREFIXES = (130, 131, 132, 133, 135, 136, 137, 138, 139, 150, 151, 152, 155, 156, 157, 158, 159,
            166, 170, 171, 173, 176, 177, 178, 180, 181, 182, 183, 185, 186, 187, 188, 189, 191, 198, 199)  # fmt: skip
OPERATORS = (46000, 46001, 46011)
"""PLMN codes: country 460 and network."""
BINS = (622202, 621700, 622848, 621661, 622588, 621797)
"""First six digits of cards, one for each bank of the city."""
BANKS = ("云川银行", "东湖农商行", "青溪银行", "白石信用社", "长临银行", "南屏商行")
HANDSET_TACS = 60
MODEM_TACS = 4
DESK_TACS = 3
_CHECK = "10X98765432"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""GB 11643 check character of an 18-digit identity number."""


def luhn_digit(body: Ints, width: int) -> Ints:
    """The check digit that makes `body` (of `width` digits) followed by it pass Luhn (ISO/IEC 7812-1 annex B).

    >>> luhn_digit(np.array([7992739871]), 10).tolist()
    [3]
    """
    total = np.zeros(len(body), np.int64)
    for place in range(width):
        digit = body // 10**place % 10
        doubled = digit * 2
        total += np.where(doubled > 9, doubled - 9, doubled) if place % 2 == 0 else digit
    return (10 - total % 10) % 10


def mobile_numbers(rng: Rng, first: int, n: int) -> Ints:
    """`n` different 11-digit mobile numbers; `first` keeps several calls from meeting."""
    # A multiplier coprime to 10**8 runs through all 8-digit tails once before it repeats.
    tails = (np.arange(first, first + n, dtype=np.int64) * 61_803_399 + 24_071_989) % 10**8
    return np.asarray(PREFIXES, np.int64)[rng.integers(0, len(PREFIXES), n)] * 10**8 + tails


def imsi_numbers(rng: Rng, n: int) -> Ints:
    """`n` different 15-digit IMSIs over three networks."""
    tails = (np.arange(n, dtype=np.int64) * 6_180_339_887 + 1_414_213_562) % 10**10
    return np.asarray(OPERATORS, np.int64)[rng.integers(0, len(OPERATORS), n)] * 10**10 + tails


def tac_list() -> Ints:
    """The city's type allocation codes: handsets first, then modems, then desk terminals."""
    return 86_012_303 + np.arange(HANDSET_TACS + MODEM_TACS + DESK_TACS, dtype=np.int64) * 1_009


def imei_numbers(tac: Ints, serial: Ints) -> Ints:
    """15-digit IMEIs with check digit from type code and six-digit serial (3GPP TS 23.003).

    >>> imei_numbers(np.array([49015420]), np.array([323751])).tolist()
    [490154203237518]
    """
    body = tac * 10**6 + serial
    return body * 10 + luhn_digit(body, 14)


def card_numbers(bank: Ints, first: int) -> Ints:
    """19-digit card numbers that pass Luhn, one for each entry of `bank`; `first` keeps several calls from meeting."""
    serial = (np.arange(first, first + len(bank), dtype=np.int64) * 618_033_988_749 + 577_215_664_901) % 10**12
    body = np.asarray(BINS, np.int64)[bank] * 10**12 + serial
    return body * 10 + luhn_digit(body, 18)


def identity_numbers(birth_day: Ints, serial: Ints) -> pa.Array:
    """18-character identity numbers in a region code that no place has (379901), with GB 11643 check character."""
    born = birth_day.astype("datetime64[D]")
    year = born.astype("datetime64[Y]").astype(np.int64) + 1970
    month = born.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (born - born.astype("datetime64[M]")).astype(np.int64) + 1
    body = (379_901 * 10**8 + year * 10**4 + month * 100 + day) * 1000 + serial
    total = sum((body // 10 ** (16 - i) % 10) * w for i, w in enumerate(_WEIGHTS))
    check = pa.array(list(_CHECK)).take(pa.array(np.asarray(total) % 11))
    return pc.binary_join_element_wise(as_text(body), check, "")


def as_text(values: Ints) -> pa.Array:
    """Integers as decimal text."""
    return pa.array(values).cast(pa.string())
