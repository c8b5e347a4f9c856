"""Proposing a mapping from a file: names in English and Chinese, then what the values look like. To be confirmed.

The proposal never shows a value: it is read in mail and tickets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import pyarrow as pa
import yaml

from chainbreak.base.errors import InputError
from chainbreak.ingest.chunks import Reader
from chainbreak.ingest.mapping import NULL_WORDS
from chainbreak.records import KINDS, Column, Identifier, Kind, Type, kind_named

SAMPLE_ROWS = 2_000
_MOSTLY = 0.9  # share of the sample that has to look alike; the rest is what quarantine is for
TIME_PATTERNS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H时%M分%S秒", "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日",
)  # fmt: skip
_EPOCHS = {"s": (631_152_000, 4_102_444_800), "ms": (631_152_000_000, 4_102_444_800_000),
           "us": (631_152_000_000_000, 4_102_444_800_000_000)}  # fmt: skip
_LOOKS = {
    Identifier.LINE: r"\+?\d[\d -]{4,19}", Identifier.IMSI: r"\d{15}", Identifier.IMEI: r"\d{14,16}",
    Identifier.ACCOUNT: r"[0-9A-Za-z -]{1,34}", Identifier.IP: r"[0-9a-fA-F.:]{3,45}",
}  # fmt: skip

CODES = {
    "mo": "mo_call", "mt": "mt_call", "moc": "mo_call", "mtc": "mt_call", "outgoing": "mo_call", "incoming": "mt_call",
    "主叫": "mo_call", "被叫": "mt_call", "主叫短信": "mo_sms", "被叫短信": "mt_sms", "smsmo": "mo_sms",
    "smsmt": "mt_sms",
    "发送短信": "mo_sms", "接收短信": "mt_sms", "mo-sms": "mo_sms", "mt-sms": "mt_sms", "转账": "payment",
    "消费": "payment",
    "取现": "cash_out", "取款": "cash_out", "cash_out": "cash_out", "退款": "return", "退汇": "return",
    "passed": "pass",
    "failed": "fail", "合格": "pass", "不合格": "fail", "通过": "pass",
}  # fmt: skip
"""Codes whose meaning is common; every other is left for a person to say, and quarantined until then."""


@dataclass
class Guess:
    """One line of the proposal: canonical column, YAML of its source (empty: none found), what is unsure."""

    column: str
    source: str
    unsure: str = ""


def suggest(reader: Reader, file: str, kind_name: str | None, duck: Any) -> str:
    """A commented YAML mapping for the file, ready to use where it says so.

    Raises:
        UsageError: no such kind.
        InputError: the file has no rows to look at (CB-IN-002).
    """
    chunk = next(reader.chunks(), None)
    if chunk is None or not len(chunk.lines):
        raise InputError("CB-IN-002", "the file has no rows to look at", given=file)
    table = chunk.table.slice(0, SAMPLE_ROWS)
    samples = {name: _sample(table[name]) for name in reader.names}
    kind = kind_named(kind_name) if kind_name else _likely_kind(reader.names)
    guesses, used = [], set()
    for column in kind.columns:
        name = _best_name(kind, column, [n for n in reader.names if n not in used], samples)
        if name is not None:
            used.add(name)
        guesses.append(_guess(kind, column, name, samples.get(name or "", []), duck))
    return _written(kind, file, guesses, [name for name in reader.names if name not in used])


def _sample(column: Any) -> list[str]:
    texts = (text.strip() for text in column.to_pylist() if text is not None)
    return [text for text in texts if text not in NULL_WORDS]


def _likely_kind(names: list[str]) -> Kind:
    """The kind that has namesakes for most of the file's columns, and for what it needs itself."""

    def fit(kind: Kind) -> tuple[float, float]:
        found = [c for c in kind.columns if any(_named(kind, c, name) for name in names)]
        needed = [c for c in kind.columns if c.required]
        share = sum(c in found for c in needed) / len(needed)
        return min(len(found), len(names)) * share, len(found) / len(kind.columns)

    return max(KINDS.values(), key=fit)


def _best_name(kind: Kind, column: Column, names: list[str], samples: dict[str, list[str]]) -> str | None:
    ranked = sorted(
        ((rank, at, name) for at, name in enumerate(names) if (rank := _named(kind, column, name))),
        key=lambda item: (-item[0] - (1 if _fits(column, samples[item[2]]) else 0), item[1]),
    )
    return ranked[0][2] if ranked else None


def _named(kind: Kind, column: Column, name: str) -> int:
    """3: the canonical name; 2: a known name; 1: a known name of some length is part of it; 0: unrelated."""
    bare = _bare(name)
    known = _synonyms().get(f"{kind.name}.{column.name}") or _synonyms().get(column.name, [])
    if bare == _bare(column.name):
        return 3
    if bare in known:
        return 2
    return int(any(len(word) >= (2 if ord(word[0]) > 0x2E80 else 5) and word in bare for word in known))


def _fits(column: Column, sample: list[str]) -> bool:
    pattern = _LOOKS.get(column.identifier) if column.identifier else None
    if pattern is None or not sample:
        return False
    return sum(bool(re.fullmatch(pattern, text)) for text in sample) >= _MOSTLY * len(sample)


def _guess(kind: Kind, column: Column, name: str | None, sample: list[str], duck: Any) -> Guess:
    if name is None:
        if column.name == "transfer_id":
            return Guess(column.name, "{row: true}", "no id in the file; overlapping files will not be recognised")
        return Guess(column.name, "", "needed, and nothing in the file looks like it" if column.required else "")
    quoted = _yaml(name)
    if column.name.endswith("_us"):
        return _guess_time(column, quoted, sample, duck)
    if column.name.endswith("_fen"):
        return Guess(column.name, f"{{from: {quoted}, unit: yuan}}", "yuan or fen? The name does not say")
    if column.allowed:
        strange = sorted(set(sample) - set(column.allowed))[:12]
        if strange:
            meant = {code: known for code in strange if (known := CODES.get(code.lower())) in column.allowed}
            values = ", ".join(f"{_yaml(code)}: {known}" for code, known in meant.items())
            open_codes = ", ".join(_comment(code) for code in strange if code not in meant)
            unsure = f"values: say which of {', '.join(column.allowed)} each means: {open_codes}" if open_codes else ""
            return Guess(column.name, f"{{from: {quoted}, values: {{{values}}}}}", unsure)
    if column.type in (Type.INT32, Type.INT64) and any("." in text.rstrip("0").rstrip(".") for text in sample):
        return Guess(column.name, f"{{from: {quoted}, round: true}}", "holds fractions; they are rounded")
    if column.identifier and column.identifier in _LOOKS and not _fits(column, sample):
        return Guess(
            column.name, quoted, f"values do not look like {column.identifier}; an anonymised source? opaque: true"
        )
    return Guess(column.name, quoted)


def _guess_time(column: Column, quoted: str, sample: list[str], duck: Any) -> Guess:
    """The time format that reads most of the sample."""
    duck.register("texts", pa.table({"x": pa.array(sample, pa.string())}))
    numbers = [float(text) for text in sample if re.fullmatch(r"-?\d+(\.\d+)?", text)]
    if sample and len(numbers) >= _MOSTLY * len(sample):
        for form, (low, high) in _EPOCHS.items():
            if all(low <= number < high for number in numbers):
                return Guess(column.name, f"{{from: {quoted}, time: {form}}}")
        if all(20_000 <= number < 80_000 for number in numbers):
            return Guess(column.name, f"{{from: {quoted}, time: excel}}", "read as a workbook's serial day")
    for pattern in TIME_PATTERNS:
        read = duck.execute("SELECT count(try_strptime(x, ?)) FROM texts", [pattern]).fetchone()
        if sample and read[0] >= _MOSTLY * len(sample):
            unsure = "day or month first?" if pattern.startswith(("%d", "%m")) else ""
            return Guess(column.name, f"{{from: {quoted}, time: {_yaml(pattern)}}}", unsure)
    if sample and len(numbers) >= _MOSTLY * len(sample):
        return Guess(
            column.name,
            f'{{from: {quoted}, time: step, step: day, origin: "2026-01-01"}}',
            "a relative time? Say its step and origin",
        )
    return Guess(column.name, f"{{from: {quoted}, time: iso}}", "no format reads these values")


def _written(kind: Kind, file: str, guesses: list[Guess], unused: list[str]) -> str:
    lines = [
        f"# Proposed for {_comment(file)}. Confirm what is marked `unsure`, then:",
        f"# chainbreak ingest {kind.name} FILE --map THIS",
        f"kind: {kind.name}",
        "# zone: Asia/Shanghai   # of times without an offset; else the centre's",
    ]
    if any("opaque" in guess.unsure for guess in guesses):
        lines.append("# opaque: true   # unsure: identifiers are pseudonyms of the source, not numbers")
    lines.append("columns:")
    for guess in guesses:
        note = f"   # unsure: {guess.unsure}" if guess.unsure else ""
        if guess.source:
            lines.append(f"  {guess.column}: {guess.source}{note}")
        elif guess.unsure:
            lines.append(f"  # {guess.column}: ???{note}")
    if unused:
        lines.append(f"ignore: [{', '.join(_yaml(name) for name in unused)}]   # read by nobody")
    return "\n".join(lines) + "\n"


@cache
def _synonyms() -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = yaml.safe_load(
        resources.files("chainbreak.ingest").joinpath("synonyms.yaml").read_text(encoding="utf-8")
    )
    return loaded


def _bare(name: str) -> str:
    """A name without case, spaces and marks, and without our unit endings.

    >>> _bare("Charging_Tm"), _bare("通话时长(秒)"), _bare("at_us")
    ('chargingtm', '通话时长秒', 'at')
    """
    return re.sub(r"[\W_]+", "", re.sub(r"_(us|fen|s)$", "", name.lower()))


def _yaml(text: str) -> str:
    """A YAML scalar in double quotes unless it is a plain word."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", text) and text.lower() not in (
        "null",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
    ):
        return text
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10_000).strip()


def _comment(text: str) -> str:
    return re.sub(r"[^\w. -]", "?", text)
