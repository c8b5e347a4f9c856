"""What a person states for a return, as text: victims, the account's statement, or a whole plan in one file.

Bad text is an `InputError` that names row and field, never a traceback. Names in clear are masked at once: what is not
kept cannot leak.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainbreak.act.returns.model import MOST_VICTIMS, Victim
from chainbreak.app.pay_return import Receipt
from chainbreak.base.clock import parse_moment
from chainbreak.base.errors import InputError
from chainbreak.base.units import yuan_to_fen

LARGEST_BYTES = 1 << 20
"""A list of 2,000 victims takes a tenth of it."""
MOST_ROWS = 100_000
LARGEST_WORD = 255
NAMES: dict[str, str] = {
    "案件编号": "claim_id", "编号": "claim_id", "姓名": "name", "被害人": "name", "损失": "loss_yuan",
    "损失（元）": "loss_yuan", "已返还": "returned_before_yuan", "已返还（元）": "returned_before_yuan",
    "报案时间": "reported_at", "流水号": "transfer_id", "记账时间": "booked_at", "顺序号": "seq", "方向": "direction",
    "金额": "amount_yuan", "金额（元）": "amount_yuan", "对方账户": "counterparty",
}  # fmt: skip
"""Chinese headings -> field."""
VICTIM_FIELDS = ("claim_id", "name", "loss_yuan", "returned_before_yuan", "reported_at")
"""The order of columns in a list without headings."""
_SHOWN = re.compile(
    r"[a-z]+:[0-9a-f]{16}|\w{0,2}[*＊]+\w?|被害人 ?[A-Za-z0-9甲乙丙丁戊己庚辛壬癸一二三四五六七八九十]{0,4}|"
    r"(?=.*[0-9])[A-Za-z0-9_./-]+"
)
"""What may be printed as it is: a token, a mask, a number for a victim, a claim."""


@dataclass(frozen=True)
class Booking:
    """One row of the frozen account's statement: `direction` in or out; `claim_id` "": of no known claim."""

    transfer_id: str
    booked_at_us: int
    seq: int | None
    direction: str
    fen: int
    counterparty: str
    claim_id: str = ""


@dataclass(frozen=True)
class Given:
    """What a person states. None or empty: to be found on the desk."""

    account: str = ""
    frozen_fen: int | None = None
    basis: str = ""
    until_us: int | None = None
    bank: str = ""
    victims: tuple[Victim, ...] = ()
    statement: tuple[Booking, ...] = ()
    opening_fen: int = -1
    reports: tuple[str, ...] = ()
    case_ref: str = ""
    note: str = ""


def masked(name: str) -> str:
    """A name as it may be printed: the first letter and two stars; masks, tokens and claims stay as they are.

    >>> masked("王小明"), masked("李**"), masked("person:00ff00ff00ff00ff"), masked(" ")
    ('王**', '李**', 'person:00ff00ff00ff00ff', '')
    >>> masked("王小明 13800138000"), masked("被害人王小明"), masked("被害人甲"), masked("A2026112000001")
    ('王**', '被**', '被害人甲', 'A2026112000001')
    """
    text = name.strip()
    return text if not text or _SHOWN.fullmatch(text) else f"{text[0]}**"


def read_text(path: Path) -> str:
    """The text of a file, UTF-8 or as Chinese spreadsheets write it.

    Raises:
        InputError: too large, or neither (CB-RM-007).
    """
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise InputError("CB-RM-007", "the file is too large", given=f"{size} bytes", allowed=f"{LARGEST_BYTES} bytes")
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError("CB-RM-007", "the file is no text", given=path.name, allowed="UTF-8 or GB 18030")


def victims_from(text: str, zone: str) -> tuple[Victim, ...]:
    """Victims from rows of text (commas or tabs), with headings or in the order of `VICTIM_FIELDS`.

    >>> victims_from("A1,王小明,1200.50,,2026-11-01 09:00", "UTC")[0].loss_fen
    120050

    Raises:
        InputError: a row that cannot be read (CB-RM-007).
    """
    return tuple(_victim(row, at, zone) for at, row in _table(text, VICTIM_FIELDS))


def statement_from(text: str, zone: str) -> tuple[Booking, ...]:
    """The account's statement: transfer_id, booked_at, seq, direction, amount_yuan, counterparty, claim_id.

    Raises:
        InputError: a row that cannot be read (CB-RM-007).
    """
    fields = ("transfer_id", "booked_at", "seq", "direction", "amount_yuan", "counterparty", "claim_id")
    return tuple(_booking(row, at, zone) for at, row in _table(text, fields))


def receipts_from(text: str) -> tuple[Receipt, ...]:
    """The bank's word on shares: claim_id, receipt, amount_yuan, failed (why it could not pay); the last two may lack.

    Raises:
        InputError: a row that cannot be read (CB-RM-007).
    """
    return tuple(
        Receipt(
            _word(row, "claim_id", at), _word(row, "receipt", at), _word(row, "failed", at), _fen(row, "amount", at)
        )
        for at, row in _table(text, ("claim_id", "receipt", "amount_yuan", "failed"))
    )


def plan_from(text: str, zone: str) -> Given:
    """A whole plan: YAML or JSON with account, frozen_yuan, basis, until, bank, case_ref, note, claims, opening_yuan,
    statement.

    Raises:
        InputError: not such a file (CB-RM-007).
    """
    import yaml

    try:
        body = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as e:
        raise InputError("CB-RM-007", "not YAML or JSON", given=type(e).__name__) from None
    known = {"account", "frozen_yuan", "frozen_fen", "basis", "until", "bank", "case_ref", "note", "claims",
             "opening_yuan", "opening_fen", "statement"}  # fmt: skip
    if not isinstance(body, dict) or not set(map(str, body)) <= known:
        raise InputError("CB-RM-007", "not a plan", given=", ".join(sorted(set(map(str, body or {})) - known))[:200],
                         allowed=", ".join(sorted(known)))  # fmt: skip
    return Given(
        account=_word(body, "account"), frozen_fen=_fen(body, "frozen", 0), basis=str(body.get("basis", ""))[:2_001],
        until_us=_moment(body, "until", 0, zone) if body.get("until") else None, bank=_word(body, "bank"),
        victims=tuple(_victim(row, at, zone) for at, row in _rows(body, "claims")),
        statement=tuple(_booking(row, at, zone) for at, row in _rows(body, "statement")),
        opening_fen=found if (found := _fen(body, "opening", 0)) is not None else -1,
        case_ref=_word(body, "case_ref")[:64], note=str(body.get("note", ""))[:2_000],
    )  # fmt: skip


def _table(text: str, fields: Sequence[str]) -> list[tuple[int, Mapping[str, Any]]]:
    """(number of the row from 1, field -> text) of each row that is not empty."""
    if len(text) > LARGEST_BYTES:
        raise InputError("CB-RM-007", "too much text", given=f"{len(text)} letters", allowed=f"{LARGEST_BYTES}")
    sample = text.lstrip("\ufeff \n")
    delimiter = "\t" if "\t" in sample.partition("\n")[0] else ","
    try:
        rows = [row for row in csv.reader(io.StringIO(sample.replace("，", ",")), delimiter=delimiter) if any(row)]
    except csv.Error as e:
        raise InputError("CB-RM-007", "not rows of a table", given=str(e)) from None
    head = [NAMES.get(cell.strip(), cell.strip()) for cell in rows[0]] if rows else []
    if "claim_id" in head or "transfer_id" in head:
        return [(at, dict(zip(head, row, strict=False))) for at, row in enumerate(rows[1:], 2)]
    return [(at, dict(zip(fields, row, strict=False))) for at, row in enumerate(rows, 1)]


def _rows(body: Mapping[str, Any], name: str) -> list[tuple[int, Mapping[str, Any]]]:
    rows = body.get(name) or []
    if not isinstance(rows, list) or len(rows) > MOST_ROWS or not all(isinstance(row, dict) for row in rows):
        raise InputError("CB-RM-007", f"{name} is a list of objects", given=type(rows).__name__)
    return [(at, {NAMES.get(str(k), str(k)): v for k, v in row.items()}) for at, row in enumerate(rows, 1)]


def _victim(row: Mapping[str, Any], at: int, zone: str) -> Victim:
    if at > MOST_VICTIMS + 1:
        raise InputError("CB-RM-007", "too many victims", given=str(at), allowed=str(MOST_VICTIMS))
    claim_id, loss = _word(row, "claim_id", at), _fen(row, "loss", at)
    if not claim_id or loss is None:
        raise _wrong(at, "claim_id" if not claim_id else "loss", "")
    reported = _moment(row, "reported_at", at, zone)
    return Victim(claim_id, masked(_word(row, "name", at)), loss, reported, _fen(row, "returned_before", at) or 0)


def _booking(row: Mapping[str, Any], at: int, zone: str) -> Booking:
    transfer_id, fen, direction = _word(row, "transfer_id", at), _fen(row, "amount", at), _word(row, "direction", at)
    way = {"in": "in", "out": "out", "入": "in", "出": "out", "转入": "in", "转出": "out"}.get(direction.lower())
    for field, found in (("transfer_id", transfer_id), ("amount", fen), ("direction", way)):
        if not found:
            raise _wrong(at, field, direction if field == "direction" else "")
    seq = _word(row, "seq", at)
    if seq and not (seq.isascii() and seq.isdigit() and len(seq) < 16):
        raise _wrong(at, "seq", seq)
    return Booking(transfer_id, _moment(row, "booked_at", at, zone), int(seq) if seq else None, way or "", fen or 0,
                   _word(row, "counterparty", at), _word(row, "claim_id", at))  # fmt: skip


def _word(row: Mapping[str, Any], field: str, at: int = 0) -> str:
    value = row.get(field)
    text = "" if value is None else str(value).strip()
    if len(text) > LARGEST_WORD:
        raise _wrong(at, field, f"{len(text)} letters")
    return text


def _fen(row: Mapping[str, Any], field: str, at: int) -> int | None:
    """`<field>_fen` as it is, or `<field>_yuan` in fen; None when neither is there."""
    return next((_number(row, f"{field}_{unit}", at, read) for unit, read in (("fen", int), ("yuan", yuan_to_fen))
                 if _word(row, f"{field}_{unit}", at)), None)  # fmt: skip


def _number(row: Mapping[str, Any], field: str, at: int, read: Callable[[str], int]) -> int:
    text = _word(row, field, at)
    try:
        return read(text) if len(text) <= 32 else int("")
    except ValueError:
        raise _wrong(at, field, text[:64]) from None


def _moment(row: Mapping[str, Any], field: str, at: int, zone: str) -> int:
    try:
        return parse_moment(_word(row, field, at), zone)
    except (ValueError, OverflowError):
        raise _wrong(at, field, _word(row, field, at)[:64]) from None


def _wrong(at: int, field: str, given: str) -> InputError:
    where = f"row {at}: " if at else ""
    return InputError("CB-RM-007", f"{where}{field} cannot be read", given=given or "nothing",
                      next_step="docs/how-to/return-frozen-money.md shows the form")  # fmt: skip
