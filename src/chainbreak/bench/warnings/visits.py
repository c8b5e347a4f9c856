"""Visits planned: how long a day's plan takes, and how late visits are by it, by the nearest first and by the deadline.

2,500 visits and 50 teams in a made city of twelve towns. Deadlines lie within four hours (a surge that nobody could
meet), within twelve, a day, and a day and a quarter (just enough time). The peers take each visit once as well: the
team that is free first goes to the nearest that is left, or to the one that is due first goes who is there first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from chainbreak.act.warnings.visits import travel
from chainbreak.act.warnings.visits.plan import Stop, Team, plan
from chainbreak.base.clock import US_PER_MIN
from chainbreak.base.ground import Plane
from chainbreak.bench import BenchRow, watch

SIZES = {"small": (250, 5), "full": (2_500, 50)}
HOURS = (4, 12, 24, 30)
SEED = 7
TOWNS, TOWN_DEGREES, AROUND_DEGREES, GRID_DEGREES = 12, 0.12, 0.02, 0.005
"""Towns lie about 13 km around the middle, doors about 2 km around their town, and a cell is about 500 m wide."""
EARLIEST_MIN = 15
Floats = npt.NDArray[np.float64]
Late = tuple[Floats, float]
"""Minutes late of each visit, and minutes of way in all."""


def run(scale: str) -> list[BenchRow]:
    """For each span of deadlines: ours with its time, and both peers."""
    visits, teams = SIZES[scale]
    rows = []
    for hours in HOURS:
        stops, crew = made(visits, teams, hours)
        plan(stops[:9], crew, 0)  # what is imported once a process is not part of a plan
        with watch() as cost:
            legs = plan(stops, crew, 0)
        ours = np.array([leg.late_min for leg in legs]), sum(leg.way_min for leg in legs)
        what = f"visits due within {hours} h, {teams} teams: "
        rows.append(BenchRow(
            f"{what}cheapest insertion; {told(ours)}", visits, cost.seconds, cost.cpu_s, visits / cost.seconds
        ))  # fmt: skip
        for name, way in PEERS.items():
            late = way(stops, crew)
            ratio = round(float(ours[0].mean() / late[0].mean()), 3) if late[0].any() else None
            rows.append(BenchRow(f"{what}{name}; {told(late)}", visits, peer="minutes late, ours ÷ its", ratio=ratio))
    return rows


def made(visits: int, teams: int, hours: float, seed: int = SEED) -> tuple[list[Stop], list[Team]]:
    """Visits around towns, due at any minute from the 15th to the end; teams that set out from the towns, all free."""
    draw = np.random.default_rng(seed)
    town = 30 + draw.normal(0, TOWN_DEGREES, TOWNS), 120 + draw.normal(0, TOWN_DEGREES, TOWNS)
    which = draw.integers(0, TOWNS, visits)
    lat, lon = (
        np.round((middle[which] + draw.normal(0, AROUND_DEGREES, visits)) / GRID_DEGREES) * GRID_DEGREES
        for middle in town
    )
    due = draw.uniform(EARLIEST_MIN, hours * 60, visits)
    stake = draw.integers(0, 10**7, visits)
    stops = [
        Stop(f"V-{n:06d}", (float(lat[n]), float(lon[n])), round(due[n] * US_PER_MIN), int(stake[n]), n)
        for n in range(visits)
    ]
    stations = [(float(town[0][n % TOWNS]), float(town[1][n % TOWNS])) for n in range(teams)]
    return stops, [Team(f"t{n:03d}", place, 0) for n, place in enumerate(stations)]


def nearest_first(stops: Sequence[Stop], teams: Sequence[Team]) -> Late:
    """The team that is free first goes to the nearest visit that is left."""
    at, here, due = _ground(stops, teams)
    free, left = np.zeros(len(teams)), np.ones(len(stops), dtype=bool)
    late, total = np.zeros(len(stops)), 0.0
    for _ in stops:
        team = int(free.argmin())
        ways = np.where(left, _ways(at, here[team]), np.inf)
        n = int(ways.argmin())
        total += ways[n]
        late[n] = max(0.0, free[team] + ways[n] - due[n])
        free[team] += ways[n] + travel.AT_DOOR_MIN
        here[team], left[n] = at[n], False
    return late, total


def deadline_first(stops: Sequence[Stop], teams: Sequence[Team]) -> Late:
    """To the visit that is due first goes the team that can be there first."""
    at, here, due = _ground(stops, teams)
    free, late, total = np.zeros(len(teams)), np.zeros(len(stops)), 0.0
    for n in np.argsort(due, kind="stable"):
        ways = _ways(here, at[n])
        team = int((free + ways).argmin())
        total += ways[team]
        late[n] = max(0.0, free[team] + ways[team] - due[n])
        free[team] += ways[team] + travel.AT_DOOR_MIN
        here[team] = at[n]
    return late, total


PEERS: dict[str, Callable[[Sequence[Stop], Sequence[Team]], Late]] = {
    "the nearest first": nearest_first, "the deadline first": deadline_first,
}  # fmt: skip


def told(late: Late) -> str:
    """Minutes late in words: mean over all visits, the share that is late, the worst, and the way a visit.

    >>> told((np.array([0.0, 30.0]), 20.0))
    'minutes late: mean 15.0, p95 28.5, most 30; late 50%; way 10.0 a visit'
    """
    minutes, way = late
    return (
        f"minutes late: mean {minutes.mean():.1f}, p95 {np.percentile(minutes, 95):.1f}, most {minutes.max():.0f}; "
        f"late {(minutes > 0).mean():.0%}; way {way / len(minutes):.1f} a visit"
    )


def _ground(stops: Sequence[Stop], teams: Sequence[Team]) -> tuple[Floats, Floats, Floats]:
    plane = Plane(30.0, 120.0)
    at = np.array([plane.at(*stop.place) for stop in stops if stop.place is not None])
    here = np.array([plane.at(*team.place) for team in teams if team.place is not None])
    return at, here, np.array([stop.due_us / US_PER_MIN for stop in stops])


def _ways(points: Floats, to: Floats) -> Floats:
    gap = points - to
    found: Floats = travel.DOOR_MIN + np.hypot(gap[:, 0], gap[:, 1]) * (travel.DETOUR / travel.SPEED_M_PER_MIN)
    return found
