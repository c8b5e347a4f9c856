"""Links and series in sentences fit for a case file, Chinese or English, from what the verbs of links answer.

Identifiers appear as written tokens (`account:9f3a…`), or in clear where `values` says what a token stands for. Bits
are written in full, so that the sentences add up as the terms do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chainbreak.base.clock import from_us
from chainbreak.base.units import format_fen
from chainbreak.base.wording import Lang, catalogue, word

FEW = 10
"""Up to so many reports of a whole centre an identifier is named by few, which the sentence says."""
FOUND = frozenset({"device", "ring", "site"})
"""Kinds that no report names itself: a finding leads from its identifiers to them."""
NEAR = "near"


@dataclass(frozen=True)
class Saying:
    """How to say it: language, time zone, names of types of fraud (key -> language -> name), token -> value."""

    lang: Lang = "zh"
    zone: str = "Asia/Shanghai"
    types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    def say(self, key: str, **given: object) -> str:
        """A sentence of the catalogue."""
        return word(f"series.{key}", self.lang, **given)

    def list(self, items: Iterable[object]) -> str:
        """Things one after another."""
        return self.say("mark.list").join(map(str, items))

    def at(self, at_us: int) -> str:
        """Local time to the minute."""
        return from_us(at_us, self.zone).strftime("%Y-%m-%d %H:%M")

    def kind(self, kind: str) -> str:
        """What an identifier is called."""
        return self.say(f"kind.{kind}" if f"series.kind.{kind}" in catalogue() else "kind.id")

    def value(self, key: object) -> str:
        """An identifier as it may be shown."""
        return self.values.get(str(key), str(key))


def bits(amount: float) -> str:
    """Signed bits with as many digits as they have, to the thousandth.

    >>> bits(9.1), bits(-0.375), bits(0)
    ('+9.1', '−0.375', '0')
    """
    written = f"{abs(amount):.3f}".rstrip("0").rstrip(".")
    return written if written == "0" else f"{'−' if amount < 0 else '+'}{written}"


def word_pair(told: Mapping[str, Any], saying: Saying) -> list[str]:
    """Sentences of `app.explain_link.explain_link`: what was decided, each term, what was left out, the sum."""
    say = saying.say
    said = [say("pair.head", a=told["a"], b=told["b"])]
    said += [word_decision(d, saying) for d in told["decisions"]]
    said += _where(told, saying)
    terms = sorted(told["terms"], key=lambda t: -float(t["bits"]))
    if not any(_names(t) for t in terms):
        said.append(say("pair.nothing"))
    said += [_term(t, saying) for t in terms if t["bits"]]
    said += [_hub(row, saying) for row in told["suppressed"]]
    said.append(say("pair.prior", bits=bits(told["prior_bits"])))
    total = told["total_bits"]
    said.append(say("pair.sum_for" if total > 0 else "pair.sum_against", bits=bits(total)))
    return said


def word_series(shown: Mapping[str, Any], saying: Saying, *, most: int = 12) -> list[str]:
    """Sentences of `app.show_series.show_series`: what it is, what holds it together, what happened, what was decided,
    what is open. Of identifiers and hubs the first `most`.
    """
    said = [_head(shown, saying), *_spread(shown, saying), *_ended(shown, saying)]
    if shown["state"] == "live" and not shown["explained"]:
        said.append(saying.say("unexplained"))
    said += [
        saying.say("identifier", what=saying.kind(row["kind"]), value=saying.value(row["key"]), freq=row["freq"],
                   n=row["n"], bits=bits(row["bits"]))
        for row in [r for r in shown["identifiers"] if r["bits"] > 0][:most]
    ]  # fmt: skip
    said += [_hub(row, saying) for row in list(shown["suppressed"])[:most]]
    said += [saying.say("bridge", a=b["a"], b=b["b"], bits=bits(b["bits"])) for b in shown["bridges"]]
    said += [saying.say("only_decided", reports=saying.list(q["reports"]))
             for q in shown["questions"] if q["kind"] == "only_decided"]  # fmt: skip
    said += [
        saying.say(which, report=shown[which]["report_id"], bits=bits(shown[which]["bits"]))
        for which in ("strongest", "weakest") if shown[which]
    ]  # fmt: skip
    said += [word_event(e, saying) for e in shown["events"]]
    said += [word_decision(d, saying) for d in shown["decisions"]]
    if shown["pending"]:
        said.append(saying.say("pending", numbers=saying.list(shown["pending"])))
    said += [word_contradiction(c, saying) for c in shown["contradictions"]]
    return said


def word_decision(row: Mapping[str, Any], saying: Saying) -> str:
    """One decision with who, when and why, and what took it back."""
    given = {**row, "at": saying.at(row["at_us"]), "number": row["decision_id"], "series": saying.list(row["series"])}
    text = saying.say(f"decision.{row['kind']}", **given)
    if row["undone_by"] is None:
        return text
    return saying.say("decision.undone", said=text, number=row["undone_by"])


def word_contradiction(row: Mapping[str, Any], saying: Saying) -> str:
    """Decisions that cannot all be kept."""
    arrow = " = ".join(row["path"])
    joined = saying.list(dict.fromkeys(row["joined"]))
    return saying.say(
        "contradiction", apart=row["apart"], a=row["path"][0], b=row["path"][-1], joined=joined, path=arrow
    )


def word_event(row: Mapping[str, Any], saying: Saying) -> str:
    """One change of a series with its cause."""
    if row["kind"] == "renamed":
        return saying.say("event.renamed", at=saying.at(row["at_us"]), **{k: row[k] for k in ("actor", "old", "new")})
    key = row["kind"]
    if key == "merged" and not row["after"]:
        key = "merged_away"
    elif key == "created" and row["others"]:
        key = "created_from"
    given = {k: row[k] for k in ("before", "after", "joined", "left")}
    cause = saying.say(f"cause.{row['cause']}", numbers=saying.list(row["decisions"]))
    return saying.say(
        f"event.{key}", at=saying.at(row["at_us"]), cause=cause, others=saying.list(row["others"]), **given
    )


def word_what_if(told: Mapping[str, Any], saying: Saying) -> str:
    """What would become of a series, from what `app.what_if` answers."""
    edge = told["edge"]
    kind, colon, _ = told["key"].partition(":")
    named = f"{saying.kind(kind if colon else 'domain')} {saying.value(told['key'])}"
    what = saying.say("what_if.link", a=edge[0], b=edge[1]) if edge else named
    parts = [len(part) for part in told["parts"]]
    if len(parts) < 2:
        return saying.say("what_if.holds", what=what)
    return saying.say("what_if.falls", what=what, n=len(parts), sizes=saying.list(sorted(parts, reverse=True)))


def _head(shown: Mapping[str, Any], saying: Saying) -> str:
    return saying.say(
        "head_named" if shown["name"] else "head", series=shown["series_id"], name=shown["name"],
        reports=shown["reports"], since=saying.at(shown["since_us"]), until=saying.at(shown["until_us"]),
        loss=format_fen(shown["loss_fen"]),
    )  # fmt: skip


def _spread(shown: Mapping[str, Any], saying: Saying) -> list[str]:
    def counted(table: Mapping[str, int], name: Callable[[str], str]) -> str:
        unknown = saying.say("unknown")
        return saying.list(saying.say("counted", what=name(k) if k else unknown, n=n) for k, n in table.items())

    def type_name(key: str) -> str:
        return str(saying.types.get(key, {}).get(saying.lang, key))

    return [
        saying.say("districts", list=counted(shown["districts"], str)),
        saying.say("types", list=counted(shown["types"], type_name)),
    ]


def _ended(shown: Mapping[str, Any], saying: Saying) -> list[str]:
    if shown["state"] != "ended":
        return []
    into = shown["merged_into"]
    return [saying.say("merged_into", series=into) if into else saying.say("ended")]


def _where(told: Mapping[str, Any], saying: Saying) -> list[str]:
    series, path = told["series"], list(told["path"])
    a, b = series.get(told["a"]), series.get(told["b"])
    said = []
    if a and b:
        said.append(saying.say("pair.in_one", series=a) if a == b else saying.say("pair.in_two", a=a, b=b))
    if len(path) > 1:
        chain = " — ".join([path[0]["a"], *(step["b"] for step in path)])
        said.append(saying.say("pair.path", path=chain))
    return said


def _names(term: Mapping[str, Any]) -> bool:
    return _kind_of(term) is not None


def _kind_of(term: Mapping[str, Any]) -> str | None:
    """The kind of identifier a term is about; None for manner, prior and corrections."""
    kind = str(term["kind"]).removeprefix(f"{NEAR}_")
    return kind if f"series.kind.{kind}" in catalogue() else None


def _term(term: Mapping[str, Any], saying: Saying) -> str:
    name, amount = str(term["kind"]), bits(term["bits"])
    kind = _kind_of(term)
    if kind is not None:
        given = {"what": saying.kind(kind), "value": saying.value(term.get("key")), "freq": term.get("freq")}
        if name.startswith(NEAR):
            return saying.say("pair.near", bits=amount, **given)
        key = "found" if kind in FOUND else "shared_few" if int(term.get("freq") or 0) <= FEW else "shared"
        return saying.say(f"pair.{key}", bits=amount, **given)
    if f"series.manner.{name}" in catalogue():
        if term["value"] is None:
            return saying.say("pair.unknown", what=saying.say(f"manner.{name}"), bits=amount)
        side = "for" if term["bits"] > 0 else "against"
        return saying.say(f"pair.{name}_{side}", bits=amount, value=_measure(name, term["value"]))
    return saying.say(f"pair.{name}" if f"series.pair.{name}" in catalogue() else "pair.other", what=name, bits=amount)


def _measure(name: str, value: float) -> str:
    """What was measured, as precisely as it means something.

    >>> _measure("script", 0.4567), _measure("days", 2.04), _measure("days", 31.7)
    ('46%', '2', '31.7')
    """
    return f"{value:.0%}" if name == "script" else f"{value:.1f}".removesuffix(".0")


def _hub(row: Mapping[str, Any], saying: Saying) -> str:
    return saying.say("hub", what=saying.kind(row["kind"]), value=saying.value(row["key"]), freq=row["freq"])
