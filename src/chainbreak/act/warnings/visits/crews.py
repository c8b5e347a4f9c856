"""Who goes together: one officer by day, two by night (warnings, section 6); nobody goes alone in the dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chainbreak.act.warnings.visits.plan import Team
from chainbreak.act.warnings.visits.travel import Place
from chainbreak.base.ground import metres_apart


@dataclass(frozen=True)
class Staff:
    """One person on duty: where they are, or will be, and when they are free."""

    name: str
    place: Place
    free_us: int


def crews(staff: Iterable[Staff], night: bool) -> tuple[list[Team], list[str]]:
    """Teams, and who is left over because nobody is there to go with them.

    At night each, by name, goes with the nearest who is still alone; a team starts where its first member is, when both
    are free. A team is named by its members, joined by `+`.

    >>> two = [Staff("bo", (30.0, 120.0), 5), Staff("an", (30.0, 120.1), 9), Staff("cy", None, 0)]
    >>> [team.name for team in crews(two, night=False)[0]], crews(two, night=True)
    (['an', 'bo', 'cy'], ([Team(name='an+bo', place=(30.0, 120.1), free_us=9)], ['cy']))
    """
    alone = sorted(staff, key=lambda one: one.name)
    if not night:
        return [Team(one.name, one.place, one.free_us) for one in alone], []
    teams: list[Team] = []
    while len(alone) > 1:
        first = alone.pop(0)
        other = min(alone, key=lambda one: (_apart(first.place, one.place), one.name))
        alone.remove(other)
        teams.append(Team(f"{first.name}+{other.name}", first.place, max(first.free_us, other.free_us)))
    return teams, [one.name for one in alone]


def members(team: str) -> Sequence[str]:
    """The names in a team's name: first and, at night, second."""
    return team.split("+")


def _apart(a: Place, b: Place) -> float:
    return float("inf") if a is None or b is None else metres_apart(a, b)
