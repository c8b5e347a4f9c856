"""Push by an app, and notices at a bank's desk: both are signed JSON to a partner's server, with other content.

A batch that is refused as a whole is halved until the one that cannot be said stands alone, so that one warning never
keeps others back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainbreak.act.delivery.point import PointDownError
from chainbreak.act.delivery.sms.templates import Published
from chainbreak.act.delivery.webhook.client import NotTakenError, Result, Webhook
from chainbreak.act.warnings.channels import DECLARED, Notice, Receipt
from chainbreak.act.warnings.channels.content import words_of
from chainbreak.base.clock import rfc3339

BECAME = {"taken": "handed", "delivered": "delivered", "read": "read", "refused": "failed", "later": "due"}
"""What a receiver says -> state of the message."""
REFUSED, NOT_REACHED, NO_NUMBER, NO_DESK = "refused", "not_reached", "no_number", "no_desk"


class HookChannel:
    """See `Channel`. `said`: the content of one message; at most `most` go into one request."""

    def __init__(self, name: str, hook: Webhook, said: Callable[[Notice], dict[str, Any]], most: int) -> None:
        self.declared, self._hook, self._said, self._most = DECLARED[name], hook, said, most

    def send(self, batch: Sequence[Notice]) -> list[Receipt]:
        """Post them; what was not reached is due again."""
        told = [one for one in batch if one.number]
        found = {one.send_id: Receipt(one.send_id, "failed", reason=NO_NUMBER) for one in batch if not one.number}
        for at in range(0, len(told), self._most):
            some = told[at : at + self._most]
            try:
                found |= {result.id: _receipt(result) for result in self._handed([self._said(one) for one in some])}
            except PointDownError:
                break  # the rest would fare no better now
        return [found.get(one.send_id) or Receipt(one.send_id, "due", reason=NOT_REACHED) for one in batch]

    def status(self, receipts: Sequence[Receipt]) -> list[Receipt]:
        """Ask what became of them; nothing, when the receiver is not reached."""
        before = {receipt.send_id: receipt.state for receipt in receipts}
        found: dict[str, Receipt] = {}
        for at in range(0, len(receipts), self._most):
            try:
                results = self._hook.status([receipt.send_id for receipt in receipts[at : at + self._most]])
            except PointDownError:
                break
            found |= {result.id: _receipt(result) for result in results if result.state != "later"}
        return [one for send_id, one in found.items() if before.get(send_id, one.state) != one.state]

    def close(self) -> None:
        """Give back connections."""
        self._hook.close()

    def _handed(self, items: Sequence[dict[str, Any]]) -> list[Result]:
        try:
            return self._hook.hand_over(items)
        except NotTakenError:
            if len(items) == 1:
                return [Result(id=items[0]["id"], state="refused")]
        half = len(items) // 2
        return [*self._handed(items[:half]), *self._handed(items[half:])]


class Desks:
    """See `Channel`. A bank's desk is told of what it reported itself, `for_all` of everything else; where there is no
    such desk, nobody is told about other people's money.
    """

    declared = DECLARED["bank"]

    def __init__(self, own: Mapping[str, HookChannel], for_all: HookChannel | None) -> None:
        self._own, self._for_all = own, for_all

    def send(self, batch: Sequence[Notice]) -> list[Receipt]:
        """Hand each over at its desk."""
        found = {one.send_id: Receipt(one.send_id, "failed", reason=NO_DESK) for one in batch}
        parts: dict[int, tuple[HookChannel, list[Notice]]] = {}
        for one in batch:
            if desk := self._own.get(str(one.money.get("source"))) or self._for_all:
                parts.setdefault(id(desk), (desk, []))[1].append(one)
        for desk, theirs in parts.values():
            found |= {receipt.send_id: receipt for receipt in desk.send(theirs)}
        return [found[one.send_id] for one in batch]

    def status(self, receipts: Sequence[Receipt]) -> list[Receipt]:
        """Ask every desk; each speaks of what it was told."""
        return [one for desk in self._all() for one in desk.status(receipts)]

    def close(self) -> None:
        """Give back connections."""
        for desk in self._all():
            desk.close()

    def _all(self) -> list[HookChannel]:
        return [*self._own.values(), *([self._for_all] if self._for_all else [])]


def push_content(notice: Notice, published: Published) -> dict[str, Any]:
    """What an app shows: the approved text, and no link."""
    return {
        "id": notice.send_id, "to": notice.number, "purpose": notice.purpose, "tier": notice.tier,
        "fraud": notice.fraud, "lang": notice.lang, "text": words_of(notice, published), "hotline": published.hotline,
        "expires_at": rfc3339(notice.expires_at_us),
    }  # fmt: skip


def bank_content(notice: Notice) -> dict[str, Any]:
    """What a bank's desk sees: whose payment, and the same clock as ours. It asks for nothing and restricts nothing."""
    return {
        "id": notice.send_id, "customer": notice.number, "purpose": notice.purpose, "tier": notice.tier,
        "fraud": notice.fraud, "due_at": rfc3339(notice.due_at_us), "expires_at": rfc3339(notice.expires_at_us),
        "restricts": False, **notice.money,
    }  # fmt: skip


def _receipt(result: Result) -> Receipt:
    return Receipt(result.id, BECAME[result.state], result.id, REFUSED if result.state == "refused" else "")
