"""How an identifier comes to paper: digits off, half hidden, in other forms. Columns in and out, few rows touched."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.city.draws import Bools, Rng

_NUMERALS = str.maketrans("0123456789", "零一二三四五六七八九")
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def changed(texts: pa.Array, rows: Bools, change: Callable[[str], str]) -> pa.Array:
    """`texts` with `change` applied to the chosen rows; empty (null) ones stay."""
    chosen = rows & texts.is_valid().to_numpy(zero_copy_only=False)
    if not chosen.any():
        return texts
    new = [change(text) for text in texts.filter(pa.array(chosen)).to_pylist()]
    return pc.replace_with_mask(texts, pa.array(chosen), pa.array(new, pa.string()))


def one_off(rng: Rng) -> Callable[[str], str]:
    """A change of one digit, never the first character; what has no other digit stays."""

    def change(text: str) -> str:
        places = [i for i, c in enumerate(text) if i and c.isdigit()]
        if not places:
            return text
        at = places[int(rng.integers(0, len(places)))]
        return text[:at] + str((int(text[at]) + int(rng.integers(1, 10))) % 10) + text[at + 1 :]

    return change


def masked(text: str) -> str:
    """The middle hidden: three and four digits of a mobile number stay, four and four of a card;
    short numbers and names are not masked.

    >>> masked("13800138000"), masked("6222020200112230015")
    ('138****8000', '6222****0015')
    """
    if not text.isdigit() or len(text) < 11:
        return text
    return f"{text[:3]}****{text[-4:]}" if len(text) < 12 else f"{text[:4]}****{text[-4:]}"


def in_text(rng: Rng, kind: str, texts: pa.Array) -> pa.Array:
    """The layout of identifiers in running text: a quarter of numbers and three in five domains not plain."""
    u = rng.random(len(texts))
    for number, change in enumerate(_LAYOUTS.get(kind, ())):
        low = 0.74 + number * 0.05 if kind != "domain" else 0.3 + number * 0.1
        wide = 0.05 if kind != "domain" else 0.1
        texts = changed(texts, (u >= low) & (u < low + wide), change)
    return texts


def _parted(text: str, mark: str) -> str:
    return f"{text[:3]}{mark}{text[3:7]}{mark}{text[7:]}" if len(text) == 11 and text.isdigit() else text


def _in_fours(text: str) -> str:
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4)) if text.isdigit() else text


_LAYOUTS: dict[str, tuple[Callable[[str], str], ...]] = {
    "line": (
        lambda t: _parted(t, "-"),
        lambda t: _parted(t, " "),
        lambda t: f"+86{t}" if len(t) == 11 and t[0] == "1" and t.isdigit() else t,
        lambda t: t.translate(_WIDE),
        lambda t: t.translate(_NUMERALS) if len(t) == 11 else t,
    ),
    "account": (_in_fours, _in_fours),
    "domain": (
        lambda t: f"www.{t}",
        lambda t: f"https://{t}/app",
        lambda t: f"http://{t}",
        lambda t: t.replace(".", "点"),
        lambda t: t.replace(".", "[.]"),
        lambda t: t.replace(".", "。"),
    ),
}
