"""A bank as an enforcement point: hold requests and releases, recalls of victims' payments, over HTTP or as files.

The bank keeps a hold per order, so two orders about one account never stand in each other's way. What goes out is what
the desk says now about the order of a message. A repeat has the same key and asks for the same state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chainbreak.act.delivery.bank import recall
from chainbreak.act.delivery.bank.messages import (
    HoldRelease,
    HoldRequest,
    Receipt,
    Status,
    check,
    message_id,
    parse_json,
)
from chainbreak.act.delivery.bank.way import NotTakenError
from chainbreak.act.delivery.point import Answer, NotListedError, Parcel, PointDownError
from chainbreak.base.errors import ChainbreakError, InputError

if TYPE_CHECKING:
    from chainbreak.act.delivery.bank.settings import Settings
    from chainbreak.act.delivery.bank.way import Way
    from chainbreak.act.delivery.entry import Entry, Mark
    from chainbreak.act.delivery.point import Setup

NO_REASON = "ended"
IN_A_ROW = 3
"""Messages that a gateway does not take one after another until it counts as not reached for all that follow."""


class BankPoint:
    """See `chainbreak.act.delivery.point.Point`."""

    keeps_orders_apart = True
    """A hold is the order's own: two orders about one account are two entries."""

    def __init__(self, setup: Setup, settings: Settings, way: Way) -> None:
        self.partner_id, self.settings, self.way = setup.partner_id, settings, way

    def carry(self, parcels: Sequence[Parcel]) -> list[Answer]:
        """Hand every parcel over, one by one. One that the gateway stumbles over waits by itself.

        Raises:
            PointDownError: nobody is there.
        """
        answers: list[Answer] = []
        stumbled = 0
        for parcel in parcels:
            try:
                answers.append(self._carry(parcel))
                stumbled = 0
            except NotTakenError as error:
                stumbled += 1
                if stumbled == IN_A_ROW:
                    raise
                answers.append(Answer("again", meaning=str(error)))
        return answers

    def _carry(self, parcel: Parcel) -> Answer:
        try:
            message = self.message_of(parcel)
            content = self.way.hand_over(message)
        except InputError as error:
            return Answer("failed", error.code, error.sentence())
        answer = self._answer(message, parcel, content)
        try:
            self._recall(parcel)
        except InputError as error:
            return _without_recall(answer, error, parcel)
        return answer

    def _recall(self, parcel: Parcel) -> None:
        # A recall is no emergency measure: it waits for the second pair of eyes.
        if parcel.own is None or not self.settings.recalls or not parcel.order.approvals:
            return
        for seed in recall.seeds_of(parcel.order):
            document = recall.build(seed, self.settings, parcel.order.last_approved_us)
            self.way.recall(seed.case_id, document)

    def message_of(self, parcel: Parcel) -> HoldRequest | HoldRelease:
        """What is to be said about the order of a parcel now."""
        order, key = parcel.order, parcel.key
        if parcel.own is not None:
            return self._request(parcel.own, key, order.content.legal_basis)
        seeds = recall.seeds_of(order) if self.settings.recalls else []
        return HoldRelease(
            key=key, message_id=message_id("hold-release", key), centre=self.settings.centre, account=parcel.value,
            reason=str(order.state) if order.ended_at_us else NO_REASON, erase=parcel.action == "correct",
            recalls=tuple(seed.case_id for seed in seeds),
        )  # fmt: skip

    def _request(self, entry: Entry, key: str, legal_basis: tuple[str, ...] = ()) -> HoldRequest:
        if not entry.amount_fen:
            raise InputError("CB-DL-011", "a hold without an amount", given=entry.order_id)
        return HoldRequest.model_validate({
            "key": key, "message_id": message_id("hold-request", key), "centre": self.settings.centre,
            "account": entry.value, "amount_fen": entry.amount_fen, "measure": entry.measure,
            "direction": entry.direction, "valid_from": entry.valid_from, "valid_until": entry.valid_until,
            "legal_basis": legal_basis, "digest": entry.digest,
        })  # fmt: skip

    def _answer(self, message: HoldRequest | HoldRelease, parcel: Parcel, content: bytes | None) -> Answer:
        if content is None:
            return Answer("")
        try:
            receipt = parse_json(content, Receipt)
            check(receipt, message.key, message.message, parcel.order.content.amount_fen)
        except InputError as error:
            # The bank has the message; what it meant is for a person to ask, or for `look` to see.
            return Answer("", error.code, error.sentence(), hashlib.sha256(content).hexdigest())
        return receipt.answer(self.settings.language)

    def look(self, parcels: Sequence[Parcel]) -> list[bool | None]:
        """What the bank's status says of each order; None where it says nothing of use, or tells of a part."""
        return [self._in_effect(parcel) for parcel in parcels]

    def _in_effect(self, parcel: Parcel) -> bool | None:
        content = self.way.status(parcel.key)
        if content is None:
            return None
        try:
            status = parse_json(content, Status)
        except InputError:
            return None
        if status.order_id != parcel.order.order_id:
            return None
        asked = parcel.own.amount_fen if parcel.own is not None else 0
        if asked and 0 < status.held_fen < asked:
            return None  # a part is neither; the receipt tells of it
        return status.held_fen == asked

    def held(self) -> Iterable[Mark]:
        """What the bank says it holds for us."""
        holds = self.way.holds()
        if holds is None:
            raise NotListedError("this bank does not list what it holds")
        return [status.mark for status in holds if status.held_fen]

    def mend(self, put: Sequence[Entry], drop: Sequence[Mark]) -> None:
        """Ask again for what is not held; release what is held and should not be."""
        wanted = {entry.order_id for entry in put}
        held = {status.order_id: status.revision for status in self.way.holds() or ()} if drop else {}
        try:
            for mark in drop:
                if mark.order_id not in wanted:  # a newer revision of the same order takes the place of the older one
                    self.way.hand_over(self._drop(mark, held.get(mark.order_id, 1)))
            for entry in put:
                key = f"{entry.order_id}.{entry.revision}.{self.partner_id}"
                self.way.hand_over(self._request(entry, key))
        except ChainbreakError as error:
            raise PointDownError(error.sentence()) from None

    def _drop(self, mark: Mark, revision: int) -> HoldRelease:
        key = f"{mark.order_id}.{revision}.{self.partner_id}"
        number = message_id("hold-release", key, mark.valid_until)
        return HoldRelease(key=key, message_id=number, centre=self.settings.centre, account=mark.value,
                           reason=NO_REASON)  # fmt: skip

    def close(self) -> None:
        """Give back connections."""
        self.way.close()


def _without_recall(answer: Answer, error: InputError, parcel: Parcel) -> Answer:
    """The bank's answer about the hold where the recall beside it came to nothing: a person must see that."""
    told = replace(answer, code=error.code, meaning=f"{answer.meaning} {error.sentence()}".strip())
    if answer.outcome != "full":
        return told
    return replace(told, outcome="partial", held_fen=parcel.order.content.amount_fen)
