"""Hold messages, version 1: there is no ISO message for a stop of an amount, so this is ours, and it is documented.

A message is one JSON object, or one row of CSV with the same names. Money is whole fen, time RFC 3339 UTC. The key is
(order, revision, partner): a repeat asks for the same state again, an older revision never overrides a newer one.
"""

from __future__ import annotations

import csv
import hashlib
import io
import uuid
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from chainbreak.act.delivery.bank.codes import reason, table
from chainbreak.act.delivery.entry import Mark
from chainbreak.act.delivery.point import Answer
from chainbreak.base.clock import rfc3339, to_us
from chainbreak.base.errors import InputError
from chainbreak.base.wording import Lang

LONGEST = 64 * 1024
"""Bytes of an answer; ours are below 2 KiB."""
MOST_FEN = 2**53 - 1
"""JSON numbers beyond it change in other people's software."""
Key = Annotated[str, Field(pattern=r"^O-[0-9A-Z-]{4,22}\.[0-9]{1,9}\.[a-z0-9-]{1,32}$")]
Fen = Annotated[int, Field(ge=0, le=MOST_FEN)]


def _empty_is_none(given: object) -> object:
    return None if given == "" else given


def _split(given: object) -> object:
    return tuple(given.split()) if isinstance(given, str) else given


class Message(BaseModel):
    """What every message carries."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    version: Literal[1] = 1
    key: Key
    """(order, revision, partner), joined by dots: what makes a repeat harmless."""

    @property
    def order_id(self) -> str:
        """The order it is about."""
        return self.key.split(".")[0]

    @property
    def revision(self) -> int:
        """Of that order."""
        return int(self.key.split(".")[1])

    @property
    def partner_id(self) -> str:
        """Whom the order was sent to."""
        return self.key.split(".")[2]


class HoldRequest(Message):
    """Hold this amount on this account for this time, and let go by yourself at its end."""

    message: Literal["hold-request"] = "hold-request"
    message_id: uuid.UUID
    centre: str
    account: str
    currency: Literal["CNY"] = "CNY"
    amount_fen: Annotated[int, Field(gt=0, le=MOST_FEN)]
    measure: str
    """The step of the ladder: hold_amount, delay_settlement …"""
    direction: str
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    legal_basis: Annotated[tuple[str, ...], BeforeValidator(_split)] = ()
    """Articles; empty when an earlier request of the same order is said again."""
    digest: str
    """SHA-256 of the order, hex: what the approvers signed."""


class HoldRelease(Message):
    """Hold nothing for this order any more."""

    message: Literal["hold-release"] = "hold-release"
    message_id: uuid.UUID
    centre: str
    account: str
    reason: str
    """released, expired, lapsed, annulled; ended when only that is known."""
    erase: bool = False
    """The order was wrong: remove every copy of it, and say so in the receipt."""
    recalls: Annotated[tuple[str, ...], BeforeValidator(_split)] = ()
    """Cases of camt.056 that are not pursued any more."""


class Receipt(Message):
    """What a bank did about a request or a release: all of it, a part, or nothing, and why."""

    message: Literal["receipt"] = "receipt"
    receipt_id: str = Field(min_length=1, max_length=64)
    """The bank's own; a later receipt under another id corrects this one."""
    about: Literal["hold-request", "hold-release"]
    outcome: Literal["full", "partial", "rejected"]
    held_fen: Annotated[Fen | None, BeforeValidator(_empty_is_none)] = None
    """Fen really held now; must be given when the outcome is partial."""
    code: str = Field("", max_length=4)
    """A reason of our table; must be given unless the outcome is full."""
    text: str = Field("", max_length=400)
    at: AwareDatetime

    @model_validator(mode="after")
    def _is_whole(self) -> Receipt:
        if self.outcome == "partial" and not self.held_fen:
            raise ValueError("partial without the fen that are held")
        if self.outcome == "rejected" and self.held_fen:
            raise ValueError("rejected, and fen that are held")
        if self.outcome != "full" and not self.code:
            raise ValueError(f"{self.outcome} without a reason code")
        if self.code and self.code not in table().reasons:
            raise ValueError(f"a reason code that is not in our table; one of {', '.join(table().reasons)}")
        return self

    def answer(self, lang: Lang) -> Answer:
        """What the desk keeps of it."""
        why = reason(self.code) if self.code else None
        return Answer(
            self.outcome, self.code, why.told(lang) if why else "", digest_of(self), self.held_fen,
            why.within_min if why else None,
        )  # fmt: skip


class Status(Message):
    """What a bank holds for one order now."""

    message: Literal["status"] = "status"
    account: str
    held_fen: Fen
    """0: nothing."""
    valid_until: AwareDatetime | None = None

    @property
    def mark(self) -> Mark:
        """What identifies the hold on the desk."""
        until = "" if self.valid_until is None else rfc3339(to_us(self.valid_until))
        return Mark(self.account, self.order_id, until)


class Statuses(BaseModel):
    """Everything a bank holds for us now."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    version: Literal[1] = 1
    holds: tuple[Status, ...]


Parsed = TypeVar("Parsed", bound=BaseModel)


def check(receipt: Receipt, key: str, about: str, asked_fen: int | None) -> None:
    """Whether a receipt fits what was said: its key, the kind of message, and the fen that were to be held or freed.

    Raises:
        InputError: it is about another message (CB-DL-145), or its amount does not fit its outcome (CB-DL-147).
    """
    if (receipt.key, receipt.about) != (key, about):
        raise InputError("CB-DL-145", "the receipt is about another message", given=f"{receipt.about} {receipt.key}",
                         allowed=f"{about} {key}")  # fmt: skip
    held, asked = receipt.held_fen, asked_fen or 0
    whole = asked if about == "hold-request" else 0
    fits = held is None or (
        0 < held < asked if receipt.outcome == "partial" else receipt.outcome != "full" or held == whole
    )
    if not fits:
        raise InputError("CB-DL-147", "the fen held do not fit the outcome", given=f"{receipt.outcome} {held}",
                         allowed=f"of {asked}")  # fmt: skip


def message_id(*parts: str) -> uuid.UUID:
    """A number for a message that follows from what it is about, in the shape of a version 4 UUID, as a UETR is.

    >>> message_id("O-1", "1") == message_id("O-1", "1"), message_id("O-1", "1").version
    (True, 4)
    """
    return uuid.UUID(bytes=hashlib.sha256("\0".join(parts).encode()).digest()[:16], version=4)


def digest_of(receipt: Receipt) -> str:
    """SHA-256 of a receipt in hex, the same however it came: as JSON, as CSV, at once or later."""
    return hashlib.sha256(as_json(receipt)).hexdigest()


def as_json(message: Message) -> bytes:
    """One line of JSON."""
    return message.model_dump_json().encode() + b"\n"


def as_csv(message: Message) -> bytes:
    """A header and one row; lists are joined by blanks."""
    row = {name: " ".join(v) if isinstance(v, list) else v for name, v in message.model_dump(mode="json").items()}
    out = io.StringIO()
    rows = csv.DictWriter(out, row, lineterminator="\n")
    rows.writeheader()
    rows.writerow(row)
    return out.getvalue().encode()


def parse_json(content: bytes, model: type[Parsed], most: int = LONGEST) -> Parsed:
    """An answer in JSON of at most `most` bytes.

    Raises:
        InputError: too large, not JSON, or not in the form of `model` (CB-DL-144); the refusal repeats no value.
    """
    _bounded(content, most)
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise _unreadable(error) from None


def parse_csv(content: bytes) -> list[Receipt]:
    """Receipts in CSV.

    Raises:
        InputError: too large, not CSV, or a row is no receipt (CB-DL-144).
    """
    _bounded(content, LONGEST)
    try:
        rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True))
        return [Receipt.model_validate(row | {"version": int(row.get("version") or 0)}) for row in rows]
    except ValidationError as error:
        raise _unreadable(error) from None
    except (ValueError, TypeError, csv.Error):
        raise InputError("CB-DL-144", "not CSV that can be read") from None


def _bounded(content: bytes, most: int) -> None:
    if len(content) > most:
        raise InputError("CB-DL-144", "the answer is too large", given=f"{len(content)} bytes", allowed=f"{most} bytes")


def _unreadable(error: ValidationError) -> InputError:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))[:80]
    return InputError("CB-DL-144", "not a message that can be read", given=f"{place}: {first['msg'][:200]}".strip(": "),
                      allowed="docs/reference/bank-message.schema.json")  # fmt: skip
