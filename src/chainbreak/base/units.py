"""Money in integer fen and its display. Decimal appears only here, at the edge where a person reads or types."""

from __future__ import annotations

from decimal import Decimal

FEN_PER_YUAN = 100


def yuan_to_fen(text: str) -> int:
    """A decimal amount in yuan, as typed or exported, in fen; thousands separators and ¥ are dropped.

    >>> yuan_to_fen("¥12,345.67"), yuan_to_fen("-3")
    (1234567, -300)

    Raises:
        ValueError: not a number, finer than a fen (nothing is rounded silently), or beyond 64 bits.
    """
    cleaned = text.strip().replace(",", "").replace("¥", "").replace("￥", "").replace("，", "")
    try:
        fen = Decimal(cleaned) * FEN_PER_YUAN
    except ArithmeticError:
        raise ValueError(f"not an amount: {text!r}") from None
    if not fen.is_finite() or abs(fen) >= 2**63 or fen != fen.to_integral_value():
        raise ValueError(f"finer than a fen, or too large: {text!r}")
    return int(fen)


def format_fen(fen: int) -> str:
    """Fen as `¥12,345.67`; the sign stands before the currency mark.

    >>> format_fen(1234567), format_fen(-5)
    ('¥12,345.67', '-¥0.05')
    """
    sign, whole = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}¥{whole // FEN_PER_YUAN:,}.{whole % FEN_PER_YUAN:02d}"


def format_fen_wan(fen: int) -> str:
    """Fen as a labelled second form in 万 or 亿 yuan, or empty below 1 万; never the only form shown.

    >>> format_fen_wan(123_456_700), format_fen_wan(66_000_000_000), format_fen_wan(999)
    ('123.46 万元', '6.60 亿元', '')
    """
    yuan = Decimal(fen) / FEN_PER_YUAN
    for size, name in ((Decimal(100_000_000), "亿元"), (Decimal(10_000), "万元")):
        if abs(yuan) >= size:
            return f"{yuan / size:.2f} {name}"
    return ""
