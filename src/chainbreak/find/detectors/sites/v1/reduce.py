"""From all look-ups to the few rows around young sites (portable Ibis, run by the engine).

Texts are not searched for names here, which no portable operation does: those that a client received in the day before
its first look-up come out, and few as they are, Python reads them.
"""

from __future__ import annotations

from typing import Any

import ibis

from chainbreak.base.clock import US_PER_DAY, US_PER_S
from chainbreak.find.contract.detector import Keep, Screen, Tables
from chainbreak.find.detectors.sites.v1.params import SitesParams

VOICE = ("mo_call", "mt_call")


def reduce_lookups(tables: Tables, params: SitesParams, keep: Keep) -> dict[str, Any]:
    """Named tables for `judge`: rows around candidates by lake table (`site` in front where a join made it), `named`
    (all reports that name anything), `size` (one row: rows in each table that may be missing)."""
    young = keep("young", young_sites(tables, params))
    looks = keep("looks", earliest_lookups(tables["lookup"], young, params))
    seen = looks.filter(looks.client.notnull())
    visit = keep("visit", seen.group_by("domain", "client").agg(first_us=seen.at_us.min()))
    register, report = tables["domain"], tables["report"]
    lines = holders(tables["line"], visit)
    return {
        "lookup": looks,
        "domain": register.filter(register.domain.notnull()).semi_join(young, "domain"),
        "call": calls_before(tables["call"], visit, params),
        "message": texts_before(tables["message"], visit, params),
        "line": lines,
        "report": report.filter(report.victim.notnull()).semi_join(lines, report.victim == lines.holder),
        "named": report.filter(report.identifiers.notnull()),
        "size": sizes(tables),
    }


def ages(tables: Tables) -> Any:
    """One row a looked-up name: `first_us`, `clients`, and `age_days` (null when the register does not hold it)."""
    lookup, register = tables["lookup"], tables["domain"]
    looked = lookup.group_by("domain").agg(first_us=lookup.at_us.min(), clients=lookup.client.nunique().cast("int64"))
    known = register.mutate(born_us=ibis.coalesce(register.registered_at_us, register.first_seen_us))
    born = known.group_by("domain").agg(born_us=known.born_us.min())
    both = looked.left_join(born, "domain")
    return both.select(
        both.domain, both.first_us, both.clients,
        age_days=(both.first_us - both.born_us).cast("float64") / float(US_PER_DAY),
    )  # fmt: skip


def young_sites(tables: Tables, params: SitesParams) -> Any:
    """One row a candidate, column `domain`."""
    site = ages(tables)
    unknown = site.age_days.isnull() & (site.clients <= params.max_unregistered_clients)
    return site.filter((site.age_days <= params.max_age_days) | unknown).select("domain")


def screened(tables: Tables, params: SitesParams, name: str) -> Screen:
    """The age of one name at its first look-up against the sieve's limit."""
    site = ages(tables)
    row = site.filter(site.domain == name).select("age_days")
    return Screen(row, {"age_days": ("<=", float(params.max_age_days), "day")})


def earliest_lookups(lookup: Any, young: Any, params: SitesParams) -> Any:
    """The candidates' first look-ups, columns of `lookup`."""
    mine = lookup.semi_join(young, "domain")
    order = [ibis.asc(mine.at_us), ibis.asc(mine.record_ref)]
    ranked = mine.mutate(rank=ibis.row_number().over(group_by="domain", order_by=order))
    return ranked.filter(ranked.rank < params.most_lookups).select(*lookup.columns)


def calls_before(call: Any, visit: Any, params: SitesParams) -> Any:
    """Long calls to a client, ended shortly before its first look-up, by somebody with whom it never spoke before."""
    voice = call.filter(call.kind.isin(VOICE), call.peer.notnull(), call.msisdn.notnull())
    voice = voice.semi_join(visit, voice.msisdn == visit.client)
    met = voice.group_by("msisdn", "peer").agg(met_us=voice.at_us.min())
    long = voice.filter(voice.kind == "mt_call", voice.duration_s >= params.long_call_s)
    strange = long.inner_join(met, ["msisdn", "peer"])
    strange = strange.filter(strange.at_us == strange.met_us).select(*call.columns)
    near = strange.inner_join(visit, strange.msisdn == visit.client)
    waited = near.first_us - near.at_us - near.duration_s.cast("int64") * US_PER_S
    return near.filter(waited >= 0, waited <= params.call_before_us).select(site=near.domain, **_all(call, near))


def texts_before(message: Any, visit: Any, params: SitesParams) -> Any:
    """Texts that a client received shortly before its first look-up."""
    near = message.inner_join(visit, message.recipient == visit.client)
    waited = near.first_us - near.at_us
    return near.filter(waited >= 0, waited <= params.text_before_us).select(site=near.domain, **_all(message, near))


def holders(line: Any, visit: Any) -> Any:
    """Register rows of clients' lines, once for each site they looked up."""
    held = line.filter(line.holder.notnull()).inner_join(visit, line.msisdn == visit.client)
    return held.select(site=held.domain, **_all(line, held))


def sizes(tables: Tables) -> Any:
    """One row: how many rows each table has whose absence must not count as an answer."""
    counted = [
        tables[name].aggregate(rows=tables[name].count().cast("int64")).mutate(table=ibis.literal(name))
        for name in ("call", "message", "line", "report")
    ]
    return counted[0].union(*counted[1:])


def _all(table: Any, joined: Any) -> dict[str, Any]:
    return {name: joined[name] for name in table.columns}
