"""How a record kind is described: its columns, each with a unit and a meaning, and what derives from its identifiers.

A `Kind` is the single source for the Arrow schema of its lake table, for what a reader must fill, for the reference
page in the docs, and for which columns become tokens at the door.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chainbreak.base.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa


class Type(StrEnum):
    """Column types as they lie in the lake."""

    INT64 = "int64"
    INT32 = "int32"
    FLOAT64 = "float64"
    BOOL = "bool"
    STRING = "string"
    DAY = "date32"
    STRINGS = "list<string>"


class Identifier(StrEnum):
    """Kinds of identifier; each has its own key, so that one value in two kinds gives unrelated tokens."""

    LINE = "line"
    """A telephone number, E.164."""
    IMSI = "imsi"
    """A SIM, 15 digits."""
    IMEI = "imei"
    """A handset or port, 14 digits without the check digit (3GPP TS 23.003)."""
    ACCOUNT = "account"
    """A bank card, bank account, payment account or IBAN."""
    PERSON = "person"
    """A holder, victim or identity document."""
    CHAT = "chat"
    """A QQ, WeChat, Telegram or platform account."""
    DEVICE = "device"
    """A device fingerprint from a platform."""
    IP = "ip"
    """An IP address of a subscriber."""


@dataclass(frozen=True)
class Column:
    """One column of a record kind.

    `name` as in the lake · `type` · `unit` ("" when it has none) · `en`/`zh` what a value means · `required`: a row
    without it is quarantined · `identifier`: the value becomes a token (int64) at the door · `low`/`high`: allowed
    range in the unit · `allowed`: the only values, for codes · `text`: free text, kept in the lake only with
    identifiers masked.
    """

    name: str
    type: Type
    unit: str
    en: str
    zh: str
    required: bool = False
    identifier: Identifier | None = None
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()
    text: bool = False


@dataclass(frozen=True)
class Kind:
    """One record kind. One row is `en`/`zh`.

    `time` is the column in UTC µs that decides `local_day`, by which the lake table is partitioned; None for reference
    tables, which are not partitioned. `key` names the columns that identify a row within its source; two rows with one
    key and different contents are two versions of one thing. An empty key means that the row is its own identity.
    """

    name: str
    en: str
    zh: str
    columns: tuple[Column, ...]
    time: str | None = None
    key: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column called `name`.

        Raises:
            UsageError: no such column (CB-US-001), naming the nearest.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise UsageError(
            "CB-US-001", f"unknown column of {self.name}", given=name,
            allowed=did_you_mean(name, [c.name for c in self.columns]),
        )  # fmt: skip

    def lake_columns(self) -> tuple[Column, ...]:
        """All columns of the lake table, in order: record_ref, time parts, own columns, derived columns."""
        parts = TIME_PARTS if self.time else ()
        own = tuple(_as_stored(c) for c in self.columns)
        derived = tuple(d for c in self.columns if c.identifier for d in derived_columns(c))
        return (RECORD_REF, *parts, *own, *derived)

    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema of the lake table; tokens are int64, every column is nullable but record_ref."""
        import pyarrow as pa

        types = {
            Type.INT64: pa.int64(), Type.INT32: pa.int32(), Type.FLOAT64: pa.float64(), Type.BOOL: pa.bool_(),
            Type.STRING: pa.string(), Type.DAY: pa.date32(), Type.STRINGS: pa.list_(pa.string()),
        }  # fmt: skip
        return pa.schema([pa.field(c.name, types[c.type], c.name != "record_ref") for c in self.lake_columns()])

    @property
    def partition_by(self) -> list[str]:
        """Partition columns of the lake table."""
        return ["local_day"] if self.time else []


RECORD_REF = Column(
    "record_ref", Type.STRING, "", "keyed digest of the row's own contents, 32 hex digits; evidence cites it",
    "记录引用：该行内容的带密钥摘要（32 位十六进制），证据以此引用", required=True,
)  # fmt: skip
TIME_PARTS = (
    Column("local_day", Type.DAY, "day", "calendar day in the centre's zone", "中心时区的日期"),
    Column("local_hour", Type.INT32, "hour", "hour of that day, 0..23", "当日小时", low=0, high=23),
)


def _as_stored(column: Column) -> Column:
    if column.identifier is None:
        return column
    return Column(
        column.name, Type.INT64, "token", column.en, column.zh, column.required, column.identifier,
    )  # fmt: skip


def derived_columns(column: Column) -> tuple[Column, ...]:
    """What detectors may know of an identifier without knowing it; computed before the token replaces the value.

    line -> `<name>_class` (mobile, landline, service, short, emergency, virtual, iot, foreign, unknown) and `<name>_country`
    (ISO 3166); imsi -> `<name>_plmn` (5 digits, 3GPP TS 23.003); imei -> `<name>_tac` (8 digits); account ->
    `<name>_bin` (first 6 digits of a card, ISO/IEC 7812) else null. `holder`, `chat`, `device`, `ip` derive nothing.
    """
    n = column.name
    match column.identifier:
        case Identifier.LINE:
            return (
                Column(f"{n}_class", Type.STRING, "", f"number range class of {n}", f"{n} 的号段类别"),
                Column(f"{n}_country", Type.STRING, "", f"country of {n}, ISO 3166", f"{n} 的国家代码"),
            )
        case Identifier.IMSI:
            return (Column(f"{n}_plmn", Type.STRING, "", "home network, MCC+MNC", "归属网络（MCC+MNC）"),)
        case Identifier.IMEI:
            return (Column(f"{n}_tac", Type.STRING, "", "type allocation code, 8 digits", "设备型号核准号 TAC"),)
        case Identifier.ACCOUNT:
            return (Column(f"{n}_bin", Type.STRING, "", "issuer number, 6 digits, of a card", "发卡行识别码 BIN"),)
        case _:
            return ()
