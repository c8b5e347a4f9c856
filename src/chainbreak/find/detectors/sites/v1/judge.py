"""From the rows around young sites to suspicions, one a site."""

from __future__ import annotations

from collections import defaultdict

from chainbreak.find.contract.detector import Measure, Rows, Suspicion
from chainbreak.find.detectors.sites.v1.measures import MEASURES, Cited, Row
from chainbreak.find.detectors.sites.v1.params import SitesParams
from chainbreak.records.finding import Member

KIND = "domain"


def judge_sites(reduced: Rows, params: SitesParams) -> list[Suspicion]:
    """Every candidate with its measures, ordered by name."""
    by_site = {name: _grouped(reduced[name].to_pylist(), "site") for name in ("call", "message", "line")}
    by_site |= {name: _grouped(reduced[name].to_pylist(), "domain") for name in ("lookup", "domain")}
    reports = _once(reduced["report"].to_pylist() + reduced["named"].to_pylist())
    empty = {row["table"] for row in reduced["size"].to_pylist() if not row["rows"]}
    found = []
    for site in sorted(by_site["lookup"]):
        rows = {name: tuple(_once(by_site[name].get(site, []))) for name in by_site}
        cited = Cited(site, rows | {"report": tuple(reports)}, params)
        found.append(_suspicion(cited, empty))
    return found


def _suspicion(cited: Cited, empty: set[str]) -> Suspicion:
    measures = [
        Measure(rule, value_of(cited), _basis(rule, cited))
        for rule, (value_of, tables) in MEASURES.items()
        if not empty & set(tables)
    ]
    looks = cited.rows["lookup"]
    facts = {"clients": len(cited.first_us), "lookups": len(looks), "reports_naming": len(cited.naming)}
    return Suspicion(
        subject_kind=KIND, subject=cited.site, members=(Member(KIND, cited.site, 1.0),),
        measures=tuple(measures), first_evidence_us=min(look["at_us"] for look in looks),
        facts=facts, protected="well_known" if _is_excluded(cited) else "",
    )  # fmt: skip


def _basis(rule: str, cited: Cited) -> tuple[str, ...]:
    """The records a rule's value follows from; of calls, texts, lines and reports only those that count."""
    looks = {row["record_ref"] for row in cited.rows["lookup"]}
    match rule:
        case "name_age_days":
            refs = looks | {row["record_ref"] for row in cited.rows["domain"]}
        case "called_before_share":
            refs = looks.union(*cited.calls.values())
        case "texted_before_share":
            refs = looks.union(*cited.texts.values())
        case "clients_reporting":
            refs = looks.union(*cited.reporters.values())
        case "reports_naming":
            refs = looks | cited.naming
        case _:
            refs = looks
    return tuple(sorted(refs))


def _is_excluded(cited: Cited) -> bool:
    return any(cited.site == name or cited.site.endswith(f".{name}") for name in cited.params.excluded)


def _grouped(rows: list[Row], column: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


def _once(rows: list[Row]) -> list[Row]:
    """Each record once, in the order of refs."""
    known = {row["record_ref"]: row for row in rows}
    return [known[ref] for ref in sorted(known)]
