"""A mapping: how a partner's file becomes records of one kind. A YAML file, checked whole before any row is read.

```yaml
kind: call
zone: Asia/Shanghai          # of times without an offset; else the centre's
null: ["", "NULL", "-"]      # words that mean nothing is known
opaque: true                 # identifiers are another party's pseudonyms, not numbers
repeats: keep                # equal rows are separate events; else (drop) they are one record sent twice
columns:
  at_us: {from: Charging_Tm, time: "%Y-%m-%d %H:%M:%S"}
  duration_s: {from: Call_Duration, unit: min, round: true}
  kind: {from: [Call_Type, Telesrvc], join: "/", values: {"0/11": mo_call}}
  msisdn: A_Num              # short for {from: A_Num}
  answered: {constant: "true"}
ignore: [is_fraud]           # read by nobody, on purpose
```

A file without a mapping has canonical column names, and values as in the lake (times also as ISO text).
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from chainbreak.base.errors import InputError, UsageError, did_you_mean
from chainbreak.records import KINDS, Kind, kind_named

NULL_WORDS = ("", "NULL", "null", "None", "NaN", "nan", "N/A", "\\N")
UNITS = {
    "yuan": 100,
    "fen": 1,
    "dollar": 100,
    "cent": 1,
    "jiao": 10,
    "s": 1,
    "min": 60,
    "h": 3_600,
    "ms": 0.001,
    "m": 1,
    "km": 1_000,
}
"""Unit of the file -> how many of the canonical unit one is (fen and other minor units, seconds, metres)."""
EPOCHS = ("s", "ms", "us", "iso", "excel", "step")
_STEPS_US = {"day": 86_400_000_000, "hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000}
_LARGEST = 1 << 20  # bytes of a mapping file


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Source(_Strict):
    """Where one canonical column comes from, and how its text is read."""

    from_: Annotated[str | list[str] | None, Field(alias="from")] = None
    join: str = ""
    constant: str | None = None
    row: bool = False
    """The row's own number in the file."""
    time: list[str] = []
    """strptime patterns tried in order, or one of s, ms, us (epoch), excel (serial day), step (relative)."""
    zone: str | None = None
    origin: str | None = None
    """For `step`: the moment of step 0, as ISO text."""
    step: Literal["day", "hour", "minute", "second"] = "day"
    unit: str | None = None
    round: bool = False
    """Fractions are rounded half away from zero; without it a fraction of a whole-numbered column is an error."""
    decimal: str = "."
    thousands: str = ""
    values: dict[str, str | None] = {}
    """Partner's code -> canonical value; a code that is not listed is an error unless `other` says what it means."""
    other: str | None = None
    default: str | None = None
    """Stands in for what is missing."""

    @property
    def names(self) -> list[str]:
        """The file's columns that are read."""
        return [self.from_] if isinstance(self.from_, str) else list(self.from_ or [])

    @property
    def step_us(self) -> int:
        """Microseconds of one step."""
        return _STEPS_US[self.step]

    @field_validator("time", mode="before")
    @classmethod
    def _listed(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    @field_validator("constant", "default", "other", mode="before")
    @classmethod
    def _text(cls, given: Any) -> Any:
        return _as_text(given)

    @field_validator("values", mode="before")
    @classmethod
    def _text_values(cls, given: Any) -> Any:
        return {_as_text(k): _as_text(v) for k, v in given.items()} if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        if sum((self.from_ is not None, self.constant is not None, self.row)) != 1:
            raise ValueError("say exactly one of from, constant, row")
        if self.unit is not None and self.unit not in UNITS:
            raise ValueError(f"unknown unit {self.unit!r}; {did_you_mean(self.unit, UNITS)}")
        if "step" in self.time and self.origin is None:
            raise ValueError("a relative time needs an origin")
        for pattern in self.time:
            if "%" not in pattern and pattern not in EPOCHS:
                raise ValueError(f"unknown time format {pattern!r}; a strptime pattern or {', '.join(EPOCHS)}")
        if self.zone:
            _known_zone(self.zone)
        return self


class Mapping(_Strict):
    """How the files of one partner become records of `kind`."""

    kind: str
    columns: dict[str, Source]
    zone: str | None = None
    encoding: Literal["utf-8", "gb18030", "utf-16"] | None = None
    delimiter: Annotated[str | None, Field(min_length=1, max_length=1)] = None
    null: list[str] = list(NULL_WORDS)
    opaque: bool = False
    repeats: Literal["drop", "keep"] = "drop"
    """What equal rows of one file are: one record, or as many as there are (see `refs.Repeats`)."""
    ignore: list[str] = []

    @property
    def record_kind(self) -> Kind:
        """The kind itself."""
        return kind_named(self.kind)

    @property
    def wanted(self) -> list[str]:
        """The file's columns that are read, each once, in order."""
        return list(dict.fromkeys(name for source in self.columns.values() for name in source.names))

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        return {k: {"from": v} if isinstance(v, str | list) else v for k, v in dict(given).items()}

    @model_validator(mode="after")
    def _canonical(self) -> Mapping:
        if self.kind not in KINDS:
            raise ValueError(f"unknown record kind {self.kind!r}; {did_you_mean(self.kind, KINDS)}")
        known = [c.name for c in self.record_kind.columns]
        for name in self.columns:
            if name not in known:
                raise ValueError(f"{self.kind} has no column {name!r}; {did_you_mean(name, known)}")
        missing = [c.name for c in self.record_kind.columns if c.required and c.name not in self.columns]
        if missing:
            raise ValueError(f"{self.kind} needs {', '.join(missing)}")
        if self.zone:
            _known_zone(self.zone)
        return self

    def check_names(self, names: list[str], file: str) -> None:
        """See that a file has the columns that are read.

        Raises:
            InputError: it lacks one (CB-IN-010).
        """
        for name in self.wanted:
            if name not in names:
                raise InputError(
                    "CB-IN-010", f"{file} lacks a column that is needed", given=name, allowed=did_you_mean(name, names),
                    next_step=f"chainbreak map suggest {file} --kind {self.kind}",
                )  # fmt: skip


def canonical_mapping(kind: Kind, names: list[str], file: str) -> Mapping:
    """The mapping of a file that has canonical column names; columns of the kind that it lacks stay empty.

    Raises:
        InputError: a required column is missing, or a column belongs to no kind of ours (CB-IN-010).
    """
    known = [c.name for c in kind.columns]
    strange = [name for name in names if name not in known]
    missing = [c.name for c in kind.columns if c.required and c.name not in names]
    if strange or missing:
        raise InputError(
            "CB-IN-010", f"{file} does not have the columns of {kind.name}",
            given=", ".join([*(f"unknown {n}" for n in strange), *(f"without {n}" for n in missing)]),
            allowed=", ".join(known), next_step=f"chainbreak map suggest {file} --kind {kind.name}",
        )  # fmt: skip
    return Mapping(kind=kind.name, columns={name: _canonical_source(name) for name in known if name in names})


def _canonical_source(name: str) -> Source:
    return Source(from_=name, time=_canonical_time(name))


def constant_source(name: str, value: str) -> Source:
    """The canonical column `name` filled with one value, written as canonical files write it."""
    return Source(constant=value, time=_canonical_time(name))


def _canonical_time(name: str) -> list[str]:
    return ["us", "iso"] if name.endswith("_us") else []


def load_mapping(given: str) -> Mapping:
    """The mapping in the file `given`, or the shipped one of that name.

    Raises:
        UsageError: no such file and no shipped mapping of that name (CB-IN-020).
        InputError: not YAML (CB-IN-021), or not a mapping (CB-IN-022); the message names the place in it.
    """
    path = Path(given)
    if path.is_file():
        if path.stat().st_size > _LARGEST:
            raise InputError("CB-IN-021", "the mapping is too large", given=str(path), allowed=f"{_LARGEST:,} bytes")
        return read_mapping(path.read_text(encoding="utf-8-sig", errors="replace"), path.name)
    shipped = shipped_mappings()
    if given not in shipped:
        raise UsageError(
            "CB-IN-020", "no such mapping", given=given, allowed=f"a file; shipped: {did_you_mean(given, shipped)}",
            next_step="chainbreak map list",
        )  # fmt: skip
    return read_mapping(shipped[given], given)


def read_mapping(text: str, name: str) -> Mapping:
    """The mapping in YAML `text`; `name` is for messages (see `load_mapping` for what is raised)."""
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        where = f"{name} line {mark.line + 1}" if mark else name
        raise InputError("CB-IN-021", "the mapping is not YAML", given=where, next_step="correct the line") from None
    if not isinstance(loaded, dict):
        raise InputError("CB-IN-022", "not a mapping", given=name, allowed="kind: and columns:")
    try:
        return Mapping.model_validate(loaded)
    except ValidationError as e:
        raise InputError("CB-IN-022", f"the mapping {name} cannot be used", given=_first_fault(e),
                         next_step=f"chainbreak map check {name} FILE") from None  # fmt: skip


def write_mapping(mapping: Mapping) -> str:
    """The mapping as YAML that `read_mapping` reads back as the same mapping.

    >>> m = read_mapping("{kind: domain, columns: {domain: name}}", "m")
    >>> read_mapping(write_mapping(m), "m") == m
    True
    """
    return yaml.safe_dump(mapping.model_dump(by_alias=True, exclude_defaults=True), allow_unicode=True, sort_keys=False)


def shipped_mappings() -> dict[str, str]:
    """Name -> YAML text of the mappings that come with the program."""
    folder = resources.files("chainbreak.ingest").joinpath("mappings")
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".yml")]
    return {f.name.removesuffix(".yml"): f.read_text(encoding="utf-8") for f in sorted(files, key=lambda f: f.name)}


def _first_fault(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = Source.model_fields if len(first["loc"]) > 1 else Mapping.model_fields
        names = [field.alias or name for name, field in known.items()]
        return f"{place}: unknown; {did_you_mean(str(first['loc'][-1]), names)}"
    return f"{place}: {first['msg']}" if place else str(first["msg"])


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _known_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {zone!r}; an IANA name such as Asia/Shanghai") from None
