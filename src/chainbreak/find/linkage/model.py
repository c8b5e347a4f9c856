"""What linkage works on: reports as columns, what they name as rows, and what people decided.

A *key* is one identifier as a 64-bit number: the token of a line, account or chat, a digest of a domain, an app, or a
thing that a finding names (a box, a ring of mules, a site). Which of them is which only `kind` says. A *pattern* is the
key of a written form in which some digit is open; two values that meet in a pattern are near, not the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Strings = NDArray[np.object_]

KINDS = ("line", "account", "chat", "domain", "app", "device", "ring", "site", "id")
"""Kinds of key, by code; `id` is any other identifier. `device`, `ring` and `site` come from confirmed findings."""
CODE = {kind: code for code, kind in enumerate(KINDS)}
UNKNOWN = -1
"""In the columns of codes and amounts: not known."""


class Named(NamedTuple):
    """Which report names which key. Grain: one (report, key), distinct; sorted by nothing."""

    report: Ints  # row of the report
    key: Ints
    kind: Ints  # code of KINDS


class Near(NamedTuple):
    """Which report meets which pattern. Grain: one (report, pattern, value)."""

    report: Ints
    pattern: Ints
    value: Ints  # key of the value that is written so; a masked number's value is its pattern
    kind: Ints


@dataclass(frozen=True)
class Reports:
    """Reports as columns of equal length n, in the order of their ids.

    `script` are signatures as of `text.likeness.signatures`, (n, K). `occurred_us` is when it happened, or was reported
    where that is unknown.
    """

    ids: Strings
    occurred_us: Ints
    district: Ints
    type: Ints
    loss_fen: Ints
    victim: Ints  # token; 0 unknown
    script: NDArray[np.uint32]
    named: Named
    near: Near
    names: Mapping[int, str] = field(default_factory=dict)  # how keys that are no tokens are written

    @property
    def n(self) -> int:
        """How many reports."""
        return len(self.ids)


def some_of(reports: Reports, rows: Ints) -> Reports:
    """The reports of these rows alone, with what they name."""
    place = np.full(reports.n, -1)
    place[rows] = np.arange(len(rows))
    columns = ("occurred_us", "district", "type", "loss_fen", "victim", "script")
    named, near = reports.named, reports.near
    mine, close = place[named.report] >= 0, place[near.report] >= 0
    return in_order(
        [str(i) for i in reports.ids[rows]], {name: getattr(reports, name)[rows] for name in columns},
        Named(place[named.report][mine], named.key[mine], named.kind[mine]),
        Near(place[near.report][close], *(column[close] for column in near[1:])), reports.names,
    )  # fmt: skip


class Decision(NamedTuple):
    """A person's decision on two reports: the same series (confirm) or not (reject)."""

    kind: Literal["confirm", "reject"]
    a: str
    b: str


def key_of(text: str) -> int:
    """The key of something that has no token: the first 8 bytes of its BLAKE2b digest as a signed number.

    >>> key_of("jd-kf88.com") == key_of("jd-kf88.com") != key_of("jd-kf89.com")
    True
    """
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def nothing_named() -> Named:
    """No rows."""
    return Named(*(np.empty(0, np.int64) for _ in Named._fields))


def nothing_near() -> Near:
    """No rows."""
    return Near(*(np.empty(0, np.int64) for _ in Near._fields))


def in_order(
    ids: Sequence[str], columns: Mapping[str, Any], named: Named, near: Near, names: Mapping[int, str] | None = None
) -> Reports:
    """Reports from rows in any order; `named.report` and `near.report` are rows of `ids` as given.

    Rows of one (report, key) that come twice count once, so that how often a story repeats a number says nothing.
    """
    order = np.argsort(np.array(ids, dtype=np.str_), kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return Reports(
        ids=np.array(ids, dtype=object)[order],
        **{name: np.asarray(column)[order] for name, column in columns.items()},
        named=Named(*_distinct(place[named.report], named.key, named.kind)),
        near=Near(*_distinct(place[near.report], near.pattern, near.value, near.kind)),
        names=names or {},
    )


def _distinct(*columns: Ints) -> Iterable[Ints]:
    """The rows once each, in the order of their columns."""
    if not len(columns[0]):
        return columns
    order = np.lexsort(columns[::-1])
    rows = [column[order] for column in columns]
    new = np.concatenate([[True], np.any([column[1:] != column[:-1] for column in rows], axis=0)])
    return [column[new] for column in rows]
