"""The text that a person affected is given, in both languages, made together with the order it is about.

It says what kind of reason, who decided, scope and amount, start and end, how to appeal, what to bring, by when an
answer comes, and the receipt code. Of money that was followed it says which payments into the account are meant and
which stolen ones they came from, so that who owns the account finds them on the statement; never whose accounts they
passed. Words are in `base/words/orders.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainbreak.act.orders.model import CLAIM, TRACE, Content
from chainbreak.act.orders.ranges import open_digits
from chainbreak.base.clock import from_us
from chainbreak.base.settings import Settings
from chainbreak.base.units import format_fen
from chainbreak.base.wording import LANGS, Lang, word

TOLD = ("account", "line", "domain", "url")
"""Kinds of object that a notice names by a word of everyday language."""
MOST = 3
"""Stolen payments, and payments in of each, that a notice tells one by one."""


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
        "orders.notice.body", lang, centre=settings.name, order_id=order_id, object=_object(content, lang),
        kind=word(f"orders.kind.{content.kind}", lang), measure=word(f"orders.rung.{content.rung}", lang),
        amount=amount,
        start=_moment(content.starts_at_us, settings.zone), end=_moment(content.expires_at_us, settings.zone),
        reason=word(f"orders.reason.{content.kind}", lang), way=way_of_money(content, settings.zone, lang),
        where=_where(settings, lang),
        materials=word("orders.notice.materials", lang),
        accept=days["accept"], decide=days["decide"], code=content.remedy["receipt_code"],
    ).strip()  # fmt: skip


def _object(content: Content, lang: Lang) -> str:
    """What the measure is on, in words where there are any: a person does not read `account:…`."""
    kind, _, value = content.object.partition(":")
    if open_ := open_digits(content):
        return word("orders.notice.on.range", lang, value=value, open=open_, n=f"{10**open_:,}")
    return word(f"orders.notice.on.{kind}", lang, value=value) if kind in TOLD else content.object


def way_of_money(content: Content, zone: str, lang: Lang) -> str:
    """Which payments into the account are meant, how much of them, and from which stolen payment by how many transfers;
    "" for an order that no trace stands behind.
    """
    told = {str(item["ref"]): item for item in content.evidence}  # the newest word of each
    stolen = [item for ref, item in told.items() if ref.startswith(CLAIM) and item["share_fen"]]
    traces = [item for ref, item in told.items() if ref.startswith(TRACE)]
    if not stolen or not traces or content.amount_fen is None:
        return ""
    said = [_of_claim(item, content.object, content.amount_fen, zone, lang) for item in stolen[:MOST]]
    if len(stolen) > MOST:
        said.append(word("orders.notice.more_stolen", lang, n=len(stolen) - MOST))
    rule = word(f"orders.notice.rule.{traces[-1]['rule']}", lang)
    return word("orders.notice.way", lang, rule=rule, stolen="".join(said))


def _of_claim(item: Mapping[str, Any], account: str, amount_fen: int, zone: str, lang: Lang) -> str:
    path = item["path"]
    came = [
        word("orders.notice.payment_in", lang, at=_moment(step["booked_at_us"], zone), yuan=format_fen(step["fen"]),
             transfer=step["transfer_id"])
        for step in path if step["payee"] == account
    ]  # fmt: skip
    if len(came) > MOST:
        came = [*came[:MOST], word("orders.notice.more_in", lang, n=len(came) - MOST)]
    return word(
        "orders.notice.stolen" if len(path) > 1 else "orders.notice.stolen_itself", lang,
        came=word("orders.notice.comma", lang).join(came), yuan=format_fen(min(item["share_fen"], amount_fen)),
        at=_moment(path[0]["booked_at_us"], zone), n=len(path),
    )  # fmt: skip


def _where(settings: Settings, lang: Lang) -> str:
    if settings.public_url:
        return word("orders.notice.by_page", lang, url=settings.public_url, hotline=settings.hotline)
    return word("orders.notice.by_phone", lang, hotline=settings.hotline)


def _moment(at_us: int, zone: str) -> str:
    return from_us(at_us, zone).strftime("%Y-%m-%d %H:%M")
