"""The text that a person affected is given, in both languages, made together with the order it is about.

It says what kind of reason, who decided, scope and amount, start and end, how to appeal, what to bring, by when an
answer comes, and the receipt code. Words are in `base/words/orders.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainbreak.act.orders.model import Content
from chainbreak.base.clock import from_us
from chainbreak.base.settings import Settings
from chainbreak.base.units import format_fen
from chainbreak.base.wording import LANGS, Lang, word


def notice_of(
    content: Content, order_id: str, settings: Settings, channel: str, deferral: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The notice part of an order's content: `zh`, `en`, `channel`, `deferral` (basis, review_at_us) or None."""
    texts: dict[str, Any] = {lang: _text(content, order_id, settings, lang) for lang in LANGS}
    return texts | {"channel": channel, "deferral": dict(deferral) if deferral else None}


def _text(content: Content, order_id: str, settings: Settings, lang: Lang) -> str:
    days = content.remedy["deadline_days"]
    amount = (
        "" if content.amount_fen is None else word("orders.notice.amount", lang, amount=format_fen(content.amount_fen))
    )
    return word(
        "orders.notice.body", lang, centre=settings.name, order_id=order_id, object=content.object,
        kind=word(f"orders.kind.{content.kind}", lang), measure=word(f"orders.rung.{content.rung}", lang),
        amount=amount,
        start=_moment(content.starts_at_us, settings), end=_moment(content.expires_at_us, settings),
        reason=word(f"orders.reason.{content.kind}", lang), where=_where(settings, lang),
        materials=word("orders.notice.materials", lang),
        accept=days["accept"], decide=days["decide"], code=content.remedy["receipt_code"],
    ).strip()  # fmt: skip


def _where(settings: Settings, lang: Lang) -> str:
    if settings.public_url:
        return word("orders.notice.by_page", lang, url=settings.public_url, hotline=settings.hotline)
    return word("orders.notice.by_phone", lang, hotline=settings.hotline)


def _moment(at_us: int, settings: Settings) -> str:
    return from_us(at_us, settings.zone).strftime("%Y-%m-%d %H:%M")
