"""What is wrong with a file of tiers: every fault at once, each with its line; and what is allowed but looks amiss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from chainbreak.act.warnings.measure.differ import clause_text
from chainbreak.act.warnings.model import FACTS, KINDS
from chainbreak.act.warnings.tiers import Policy, Tier
from chainbreak.base.errors import did_you_mean

ABOUT = ("kind", "confidence", *FACTS)
"""What a clause may name."""
LARGEST = 64_000
"""Characters of a file; the presets have under 2,000."""
Place = tuple[Any, ...]


class Fault(NamedTuple):
    """One thing that is wrong: its `line` in the file, where it stands (`tiers.2.contact_min`), and what it is."""

    line: int
    where: str
    what: str


def faults(text: str) -> list[Fault]:
    """Every fault of a file, in the order of its lines; empty when it is a policy.

    >>> faults("name: a\\ntiers: []\\n")[-1]
    Fault(line=2, where='tiers', what='List should have at least 1 item after validation, not 0')
    >>> faults("a: [")[0].line
    1
    """
    if len(text) > LARGEST:
        return [Fault(1, "", f"longer than {LARGEST} characters")]
    try:
        aliases = [token for token in yaml.scan(text, yaml.SafeLoader) if isinstance(token, yaml.AliasToken)]
        if aliases:  # a few of them can stand for more than any memory holds
            return [Fault(aliases[0].start_mark.line + 1, "", "write it out: no value may refer to another")]
        raw, lines = yaml.safe_load(text), dict(_lines(yaml.compose(text, yaml.SafeLoader)))
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        return [Fault(mark.line + 1 if mark else 1, "", str(getattr(e, "problem", None) or "not YAML"))]
    try:
        Policy.model_validate(raw)
    except ValidationError as e:
        by_clause = list(_of_clauses(raw, lines))
        errors: list[dict[str, Any]] = [dict(error) for error in e.errors(include_input=False)]
        # The model says of a tier what is said of its clauses here, but only when all else is right.
        others = [
            error for error in errors if not (by_clause and error["type"] == "value_error" and len(error["loc"]) == 2)
        ]
        return sorted({*by_clause, *_told(raw, lines, others)})
    return []


def notes(policy: Policy) -> list[str]:
    """What may stand but is seldom meant, in plain sentences."""
    found = []
    above: dict[str, str] = {}
    for tier in policy.tiers:
        for clause in tier.model_dump(by_alias=True, exclude_none=True)["when"]:
            text = clause_text(clause)
            if text in above:
                found.append(f"tier {tier.name}: '{text}' never fires here, {above[text]} takes it first")
            above.setdefault(text, tier.name)
    for more, less in zip(policy.tiers, policy.tiers[1:], strict=False):
        if less.contact_min < more.contact_min:
            found.append(f"tier {less.name} is less urgent than {more.name}, but due sooner")
    unmet = sorted(set(KINDS) - {kind for tier in policy.tiers for kind in _kinds(tier)})
    return [*found, *(f"no tier takes {kind}" for kind in unmet)]


def _of_clauses(raw: Any, lines: dict[Place, int]) -> Iterator[Fault]:
    """Facts and kinds of event that there are not."""
    tiers = raw.get("tiers") if isinstance(raw, dict) else None
    for at, tier in enumerate(tiers if isinstance(tiers, list) else ()):
        clauses = tier.get("when") if isinstance(tier, dict) else None
        for n, clause in enumerate(clauses if isinstance(clauses, list) else ()):
            for name, want in clause.items() if isinstance(clause, dict) else ():
                place: Place = ("tiers", at, "when", n, name)
                named = want if isinstance(want, list) else [want]
                wrong = [str(one) for one in named if one not in KINDS] if name == "kind" else []
                said = [f"no kind of event {one!r}; {did_you_mean(one, KINDS)}" for one in wrong]
                if name not in ABOUT:
                    said = [f"no fact {name!r}; {did_you_mean(str(name), ABOUT)}"]
                yield from (Fault(lines.get(place, 1), ".".join(map(str, place)), what) for what in said)


def _kinds(tier: Tier) -> Iterator[str]:
    for clause in tier.when:
        want = clause.get("kind")
        yield from (
            KINDS if want is None else [want] if isinstance(want, str) else want if isinstance(want, list) else ()
        )


def _lines(node: Any, path: Place = ()) -> Iterator[tuple[Place, int]]:
    """Where each value of the file stands: path -> line, from 1."""
    if node is None:
        return
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*path, key.value))
            yield (*path, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for at, value in enumerate(node.value):
            yield from _lines(value, (*path, at))


def _told(raw: Any, lines: dict[Place, int], errors: Sequence[dict[str, Any]]) -> Iterator[Fault]:
    """One fault a place: a value that may be of several sorts has an error for each sort that it is not."""
    by_place: dict[Place, list[dict[str, Any]]] = {}
    for error in errors:
        by_place.setdefault(_resolved(raw, error["loc"]), []).append(error)
    for place, some in by_place.items():
        is_wanted = len(some) > 1 and len(place) >= 5 and place[2] == "when"
        what = "wants a value, a list of values, or a bound of from, up_to, above, below" if is_wanted else ""
        for error in some[:1] if is_wanted else some:
            missing = str(error["loc"][-1]) if error["type"] == "missing" else ""
            said = what or (f"{missing} is missing" if missing else str(error["msg"]).removeprefix("Value error, "))
            line = next((lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in lines), 1)
            yield Fault(line, ".".join(map(str, place)), said)


def _resolved(raw: Any, loc: Place) -> Place:
    """The part of an error's place that the file holds; names of sorts of value that pydantic tries are left out."""
    place: list[Any] = []
    for step in loc:
        is_there = step in raw if isinstance(raw, dict) else isinstance(raw, list) and step in range(len(raw))
        if is_there:
            raw = raw[step]
            place.append(step)
    return tuple(place)
