"""What being called early is worth, and what each script is: compared by assignment (see act/warnings/measure/uplift).

Only people are counted who were drawn long enough ago: 7 days of follow-up, then the time in which 95 of 100 losses are
reported. Whom several draws held counts in the first of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.draws import drawn_place
from chainbreak.act.warnings.measure.power import per_arm
from chainbreak.act.warnings.measure.uplift import FOLLOWED_US, Assigned, Difference, compare, is_early
from chainbreak.base.clock import local_day

if TYPE_CHECKING:
    from sqlalchemy import Row

    from chainbreak.app.bootstrap import Office
    from chainbreak.app.recipient_losses import Losses

LOOKED_AT_DAILY = 1.5
"""How much wider than at 95 % the interval is by which a version is taken out of use, about three standard errors. It
is looked at every day, and of so many looks one would sooner or later condemn what is as good (Haybittle 1971,
*Brit. J. Radiol.* 44, 793; Peto et al. 1976, *Brit. J. Cancer* 34, 585)."""
HALVED = 2.0
"""The difference that power is told for: half of the late ones' losses."""
BEFORE_DATA = ((0.05, 0.04), (0.05, 0.025))
"""Shares of loss, late and early, for which the need is told as long as none were measured (warnings, section 7)."""


def uplift(office: Office, rows: Sequence[Row[Any]], losses: Losses, until_us: int) -> dict[str, Any]:
    """The difference of early and late places over `rows` of `store.desk.warning_measures.drawn`, as
    `Difference.as_dict`, with `too_young` (people whose losses are not all known yet) and `power`.
    """
    first: dict[str, Row[Any]] = {}
    for row in rows:
        first.setdefault(row.warning_id, row)
    assigned = [(row, max(row.began_at_us, row.opened_at_us)) for row in first.values()]
    ripe = [(row, at) for row, at in assigned if is_ripe(at, losses, until_us)]
    lost = losses.within(((row.recipient, at) for row, at in ripe), FOLLOWED_US)
    people = [
        Assigned(row.draw_id, row.campaign,
                 is_early(drawn_place(row.seed, row.warning_id), row.waiting, row.capacity), has_lost, row.stake_fen)
        for (row, _), has_lost in zip(ripe, lost, strict=True)
    ]  # fmt: skip
    found = compare(people)
    return found.as_dict() | {"too_young": len(assigned) - len(ripe), "power": _power(found)}


def is_ripe(at_us: int, losses: Losses, until_us: int) -> bool:
    """Whether the losses within 7 days of a moment have been reported by `until_us`, as far as they ever will."""
    return at_us + FOLLOWED_US + losses.lag_us <= until_us


def _power(found: Difference) -> list[dict[str, Any]]:
    """How many an arm are needed: for the cases of the plan, and for halving the loss that was seen."""
    effect = max(found.effect or 1.0, 1.0)
    late = found.lost_late / found.late if found.late else 0.0
    seen = [(late, late / HALVED)] if found.difference is not None and 0 < late < 1 else []
    return [
        {"late": round(a, 4), "early": round(b, 4), "effect": round(effect, 2), "per_arm": per_arm(a, b, effect)}
        for a, b in (*BEFORE_DATA, *seen)
    ]  # fmt: skip


def compare_scripts(office: Office, rows: Sequence[Row[Any]], losses: Losses, until_us: int) -> list[dict[str, Any]]:
    """Each version that was drawn beside others of its type, one row: script, against (the others), as `Difference`
    with `early` for this version and `late` for the others, positive where it loses less; `worse`: clearly so, see
    `is_clearly_worse`. Days on which one version alone was shown compare nothing. `rows`: first calls.
    """
    zone = office.centre.settings.zone
    ripe = [row for row in rows if is_ripe(row.began_at_us, losses, until_us)]
    lost = losses.within(((row.recipient, row.began_at_us) for row in ripe), FOLLOWED_US)
    by_type: dict[str, list[tuple[Row[Any], str, bool]]] = defaultdict(list)
    for row, has_lost in zip(ripe, lost, strict=True):
        by_type[row.script.rpartition(".")[0]].append((row, str(local_day(row.began_at_us, zone)), has_lost))
    found = []
    for _, called in sorted(by_type.items()):
        versions = sorted({row.script for row, _, _ in called})
        for script in versions if len(versions) > 1 else ():
            one = compare(_arms(called, script))
            others = [other for other in versions if other != script]
            worse = is_clearly_worse(one)
            found.append({"script": script, "against": others, **one.as_dict(), "worse": worse})
    return found


def is_clearly_worse(one: Difference) -> bool:
    """Whether the early arm lost more, by more than daily looks would come upon by chance."""
    if one.difference is None or one.high is None:
        return False
    return one.difference + LOOKED_AT_DAILY * (one.high - one.difference) < 0


def _arms(called: Iterable[tuple[Row[Any], str, bool]], script: str) -> Iterable[Assigned]:
    for row, day, has_lost in called:
        yield Assigned(day, row.campaign, row.script == script, has_lost, row.stake_fen)
