"""What a detector is: a name, a story, what it needs, how it reduces records to few rows, and what it measures on them.

A detector states **measures** (rule, value, the records that prove it). It never sets a score, a level or an action:
`weights.py` turns measures into bits by the version's own table, and `settle.py` turns bits into a finding under the
rules that bind all detectors (two kinds of evidence, protected classes, no persons).

    tables ─standing, reduce─▶ few rows (engine) ─judge─▶ suspicions (Python) ─weigh, settle─▶ findings

What stands may be kept and merged with what arrives (`detect watch`); in a single run it is computed over all records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import rfc8785
from pydantic import BaseModel, ConfigDict, Field

from chainbreak.base.errors import Bug
from chainbreak.records.finding import Action, Member

if TYPE_CHECKING:
    import pyarrow as pa

    from chainbreak.find.contract.weights import Weights

Tables = Mapping[str, Any]
"""Record kind -> `ibis.Table` with the columns of `Need`, cut at the as-of time, each record once; for `reduce`
also the name of each `Standing` -> its table."""

Rows = Mapping[str, "pa.Table"]
"""Name -> Arrow table; row order carries no meaning."""

Keep = Callable[[str, Any], Any]
"""Materialises a named expression once and gives it back as a table; what builds on it does not recompute it."""


class Params(BaseModel):
    """Frozen settings of one detector version; every field is declared with `param`: its unit and source show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def digest(self) -> str:
        """16 hex digits over the canonical JSON of all values; goes into a finding's `params_hash`."""
        return hashlib.sha256(rfc8785.dumps(self.model_dump(mode="json"))).hexdigest()[:16]


def param(default: Any, unit: str, source: str, meaning: str) -> Any:
    """One field of `Params`: its default, unit ("" for none), where the number comes from, and what it means."""
    return Field(default, description=meaning, json_schema_extra={"unit": unit, "source": source})


@dataclass(frozen=True)
class Words:
    """One text in both languages; Chinese is written first."""

    zh: str
    en: str


@dataclass(frozen=True)
class Need:
    """What a detector reads of one table.

    `columns` must exist and hold at least one value; of `any_of` at least one must; `optional` may be missing or null.
    With `required` False the whole table may be missing.
    """

    table: str
    columns: tuple[str, ...]
    any_of: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    required: bool = True

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Every column the detector may see, `record_ref` first."""
        return ("record_ref", *self.columns, *self.any_of, *self.optional)


@dataclass(frozen=True)
class Measure:
    """One thing measured: `value` in the rule's unit, recomputable from the rows whose record_refs are `records`."""

    rule: str
    value: float
    records: tuple[str, ...]


@dataclass(frozen=True)
class Suspicion:
    """One subject with what was measured of it, before any weight.

    `protected` names the class of subscriber (hospital, call_centre, emergency …) that keeps the finding at watch; ""
    for none. `first_evidence_us` is UTC µs of the earliest record behind it.
    """

    subject_kind: str
    subject: str
    members: tuple[Member, ...]
    measures: tuple[Measure, ...]
    first_evidence_us: int
    facts: Mapping[str, float | int | str] = field(default_factory=dict)
    protected: str = ""


Remeasure = Callable[[Rows, str], float]
"""Computes one rule's value from the cited rows (lake table -> rows) of one subject; the kit holds findings to it."""


@dataclass(frozen=True)
class Screen:
    """The first sieve for one thing: at most one row of `expr` with the columns named in `limits`, which maps column ->
    (comparison `>=` or `<=`, limit, unit)."""

    expr: Any
    limits: Mapping[str, tuple[str, float, str]]


@dataclass(frozen=True)
class Standing:
    """An aggregate that stands while records arrive: of any two disjoint sets of records, the aggregates merged are the
    aggregate of both together.

    `expr` has one row for each value of `keys` in event tables (a null is a value like any other); `merge` says of
    every other column how two rows of one key become one. Sums are of integers, because sums of floats depend on their
    order. Keyed by the table's own `local_day`, `days` may say how many local days up to the newest in it stand
    (None: all); older ones are left out, here and there.

    Raises:
        Bug: a column has neither key nor merge, a float is summed, or `days` without `local_day` (CB-FI-014).
    """

    expr: Any
    keys: tuple[str, ...]
    merge: Mapping[str, str]
    days: int | None = None

    def __post_init__(self) -> None:
        schema = self.expr.schema()
        wrong = sorted({*schema} ^ {*self.keys, *self.merge})
        wrong += [
            f"{how} of {column}" for column, how in self.merge.items() if column in schema
            and how not in ("min", "max") and not (how == "sum" and schema[column].is_integer())
        ]  # fmt: skip
        if self.days is not None and "local_day" not in self.keys:
            wrong.append("local_day")
        if wrong:
            raise Bug(
                "CB-FI-014", "an aggregate cannot stand", given=", ".join(wrong),
                allowed="each column a key, or merged by sum (integers), min or max",
            )  # fmt: skip


class OneStage:
    """A detector that keeps nothing standing and judges straight from what it reduced."""

    def standing(self, tables: Tables) -> dict[str, Standing]:
        """Nothing."""
        return {}

    def group(self, reduced: Rows) -> pa.Table | None:
        """No second look at the records."""
        return None

    def exhibits(self, tables: Tables, groups: Any, keep: Keep) -> dict[str, Any]:
        """Never asked for."""
        return {}


class Detector(Protocol):
    """One version of one detector. `unit`: the kind of thing its clusters are made of, by which
    it is measured; `judges`: the kinds of thing it can be asked about.

    `story`: three sentences: what the fraud does, what it leaves behind, what is measured. `limits`: whom it wrongly
    hits and when it does not work. `two_kinds`: evidence of a family in the first set AND of one in the second is
    needed above watch. `watch_places`: how many subjects that do not pass on merit a run may show at watch level.
    `ladder`: what is proposed at medium, high and urgent, the mildest that can do first (necessity).
    """

    name: str
    version: str
    subject_kind: str
    story: Words
    limits: Words
    needs: tuple[Need, ...]
    two_kinds: tuple[frozenset[str], frozenset[str]]
    watch_places: int
    ladder: tuple[Action, Action, Action]

    @property
    def unit(self) -> str:
        """The kind of thing counted: an identifier's kind, or `domain`, whose names stand in clear."""

    @property
    def judges(self) -> tuple[str, ...]:
        """The kinds it can be asked about."""

    @property
    def params(self) -> Params:
        """The version's settings."""

    @property
    def weights(self) -> Weights:
        """The version's fitted table."""

    @property
    def remeasure(self) -> Mapping[str, Remeasure]:
        """How each rule's value is computed again from cited rows."""

    def standing(self, tables: Tables) -> dict[str, Standing]:
        """Name -> aggregate over the event tables given (no others are) that `reduce` reads under that name, which no
        record kind has; empty when everything is computed from the records each time."""

    def reduce(self, tables: Tables, as_of_us: int, keep: Keep) -> dict[str, Any]:
        """Few rows out of many, as named Ibis expressions of the portable core; the engine runs them."""

    def screen(self, tables: Tables, kind: str, token: Any) -> Screen:
        """What the first sieve saw of one thing, by its int64 token or, of a domain, its name; for `why-not`."""

    def baselines(self, tables: Tables) -> dict[str, Any]:
        """Naive rules to measure beside the detector: name -> Ibis rows (cluster, token) of what it would report."""

    def group(self, reduced: Rows) -> pa.Table | None:
        """Which things are to be judged together, one row a member, for `exhibits`; None when `judge` needs no more
        than `reduced`. Deterministic, blind to row order."""

    def exhibits(self, tables: Tables, groups: Any, keep: Keep) -> dict[str, Any]:
        """The records that speak for or against each of the `groups`: named expressions; `judge` gets their rows
        beside the reduced ones, and `groups` itself."""

    def judge(self, reduced: Rows, as_of_us: int) -> list[Suspicion]:
        """What the reduced rows show, in pure Python and NumPy; deterministic, blind to row order."""


def ident(detector: Detector) -> str:
    """`name@version`, as people write it."""
    return f"{detector.name}@{detector.version}"
