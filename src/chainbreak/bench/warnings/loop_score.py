"""The loop's figures: one arm on one seed against the truth, and all seeds together.

Only here the truth of the city is read, after everything was played.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev
from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import US_PER_MIN
from chainbreak.bench.warnings.loop_contacts import DOMAIN, LINE
from chainbreak.city.lines import CLASSES
from chainbreak.city.sites import site_of

if TYPE_CHECKING:
    from chainbreak.bench.warnings.loop_town import Town
    from chainbreak.city.cases import Case

T_95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
"""Student's t, two-sided 95 %, by degrees of freedom (any table)."""
FEN_A_YUAN = 100
COURIERS = ("courier", "meal_delivery", "ride_hailing")
CENTRES = ("call_centre", "sales", "collection", "corporate_gateway", "hospital")
FALSE = ("courier", "call centre", "bank", "ordinary", "site", "account")


@dataclass(frozen=True)
class Played:
    """One arm on one seed. Minutes of each victim: from first contact to first warning, and from that to the payment as
    it was planned (negative: too late). `victims`: whose first payment was planned in these days; `reached`: of these,
    to whom a warning got through before it; `saved`: cases of which a payment was prevented. `victim_free`: people
    warned who were no victims, by what it was about: a gang's own line or site, or an honest one's class.
    """

    lost_yuan: float
    to_warning_min: list[float]
    to_payment_min: list[float]
    victims: int
    reached: int
    warned_in_time: int
    saved: int
    warnings: int
    calls: int
    texts: int
    pushes: int
    visits: int
    bothered: Counter[str]


def score(town: Town, cases: Mapping[int, Case], rows: Sequence[Mapping[str, Any]], about: Mapping[str, str],
          warnings: int) -> Played:  # fmt: skip
    """The figures of one arm: its cases, its tries with what is so, what each number was warned about, and warnings."""
    end = town.world.day_us(town.days + 1)
    due = {number: case for number, case in cases.items() if case["pays"][0] < end}
    tries: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["case"] is not None:
            tries.setdefault(row["case"], []).append(row)
    first = {number: min(row["at_us"] for row in tries[number]) for number in due if number in tries}
    reached = sum(any(row["reached"] and row["heard_us"] < case["pays"][0] for row in tries.get(number, ()))
                  for number, case in due.items())  # fmt: skip
    channels = Counter(row["channel"] for row in rows)
    victims = {town.world.lines.text[case["victim"]].as_py() for case in cases.values()}
    gang = {text for line in _own_lines(town) if (text := town.world.lines.text[line].as_py()) not in victims}
    honest = {row["number"] for row in rows} - victims - gang
    return Played(
        lost_yuan=sum(case["loss_fen"] for case in cases.values()) / FEN_A_YUAN,
        to_warning_min=[(at - due[number]["contact_us"]) / US_PER_MIN for number, at in sorted(first.items())],
        to_payment_min=[(due[number]["pays"][0] - at) / US_PER_MIN for number, at in sorted(first.items())],
        victims=len(due), reached=reached, warned_in_time=sum(at < due[n]["pays"][0] for n, at in first.items()),
        saved=sum("spared" in case for case in cases.values()), warnings=warnings, calls=channels["call"],
        texts=channels["sms"], pushes=channels["push"], visits=channels["visit"],
        bothered=_bothered(town, [about[number] for number in sorted(honest)]),
    )  # fmt: skip


def _own_lines(town: Town) -> set[int]:
    """Lines in a gang's boxes, lent ones too, and those of its farms."""
    ours = {int(line) for box in town.world.gang_boxes for line in box.stock}
    return ours | {line for line, kind in enumerate(town.world.lines.kind.tolist()) if CLASSES[kind] in ("box", "farm")}


def _bothered(town: Town, told: Sequence[str]) -> Counter[str]:
    """What warnings rested on, as it is: `gang`, or the class of an honest line, a `site`, an `account`."""
    world = town.world
    ours = _own_lines(town)
    banks = {world.lines.text[int(at)].as_py() for at in world.lines.banks}
    mules = {world.accounts.text[int(a)].as_py() for g in world.gangs for part in g.mules.values() for a in part}
    sites = {site_of(world, gang.number, n) for gang in world.gangs for n in range(1, 2 * town.days + 2)}
    found: Counter[str] = Counter()
    for kind, _, value in (one.partition(":") for one in told):
        line = town.place.get(value, -1) if kind == LINE else -1
        if value in mules or value in sites or line in ours:
            found["gang"] += 1
        elif kind == LINE:
            name = CLASSES[int(world.lines.kind[line])] if line >= 0 else "bank" if value in banks else ""
            found["courier" if name in COURIERS else "call centre" if name in CENTRES else name
                  if name == "bank" else "ordinary"] += 1  # fmt: skip
        else:
            found["site" if kind == DOMAIN else "account"] += 1
    return found


def summary(played: Mapping[str, Sequence[Played]], unwarned: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row an arm over its seeds, in order. Minutes are medians of all victims of all seeds together; money is by
    seed, saved in pairs: against `none`, and against the arm that `unwarned` names, which has the same chances.
    """
    rows = [_row(name, results, played.get("none", ()), played.get(unwarned.get(name, ""), ()))
            for name, results in played.items() if results]  # fmt: skip
    columns = dict.fromkeys(column for row in rows for column in row)
    return [{column: row.get(column) for column in columns} for row in rows]


def _saved(before: Sequence[Played], after: Sequence[Played], of: str) -> dict[str, Any]:
    """Yuan saved a seed with its interval, and percent of the loss of `before`."""
    if len(before) != len(after) or before is after:
        return {}
    gains = [one.lost_yuan - two.lost_yuan for one, two in zip(before, after, strict=True)]
    low, high = map(round, interval(gains)) if len(gains) > 1 else (None, None)
    share = sum(gains) / max(sum(one.lost_yuan for one in before), 1)
    return {f"saved_{of}_yuan": round(mean(gains)), f"saved_{of}_low": low, f"saved_{of}_high": high,
            f"saved_{of}_percent": round(100 * share, 1)}  # fmt: skip


def _row(name: str, results: Sequence[Played], none: Sequence[Played], unwarned: Sequence[Played]) -> dict[str, Any]:
    victims, saved = sum(r.victims for r in results), sum(r.saved for r in results)
    warnings = sum(r.warnings for r in results)
    row: dict[str, Any] = {
        "arm": name, "seeds": len(results), "victims": round(victims / len(results), 1),
        "lost_yuan": round(mean(r.lost_yuan for r in results)),
        **_saved(none, results, "of_none"), **_saved(unwarned, results, "by_warning"),
    }  # fmt: skip
    if not warnings:
        return row
    honest = sum((r.bothered for r in results), Counter[str]())
    return row | {
        "contact_to_warning_min": _median([m for r in results for m in r.to_warning_min]),
        "warning_to_payment_min": _median([m for r in results for m in r.to_payment_min]),
        "warned_before_paying_percent": round(100 * sum(r.warned_in_time for r in results) / victims, 1),
        "reached_before_paying_percent": round(100 * sum(r.reached for r in results) / victims, 1),
        "warnings": round(warnings / len(results)), "calls": round(mean(r.calls for r in results)),
        "texts": round(mean(r.texts for r in results)), "pushes": round(mean(r.pushes for r in results)),
        "visits": round(mean(r.visits for r in results)),
        "victims_saved": round(saved / len(results), 1),
        "warnings_per_victim_saved": round(warnings / saved, 1) if saved else None,
        "rung_by_a_gang_no_victim": round(honest["gang"] / len(results), 1),
        **{f"false_{kind.replace(' ', '_')}": round(honest[kind] / len(results), 1) for kind in FALSE},
    }  # fmt: skip


def interval(values: Sequence[float]) -> tuple[float, float]:
    """A 95 % t-interval of the mean of at least two values.

    >>> [round(end, 3) for end in interval([1.0, 2.0, 3.0, 4.0, 5.0])]
    [1.037, 4.963]
    """
    half = T_95.get(len(values) - 1, 1.96) * stdev(values) / math.sqrt(len(values))
    return mean(values) - half, mean(values) + half


def _median(values: Sequence[float]) -> float | None:
    return round(median(values), 1) if values else None
