"""Who visits whom in which order: cheapest insertion into tours with deadlines.

Visits are taken by minutes left (deadline − now − the shortest way of any team), ties by stake, then by age. Each goes
where it makes the fewest minutes late, its own and those of every visit behind it, and among these where it adds the
least way (Solomon 1987, insertion heuristics, with lateness allowed at a price instead of forbidden). What is late by
the plan is still in it, and says so. The plan is a function of its inputs: the same visits, teams and moment give the
same tours, in whatever order they are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainbreak.act.warnings.visits import travel
from chainbreak.base.clock import US_PER_MIN
from chainbreak.base.ground import Plane

Floats = npt.NDArray[np.float64]
LATE_WEIGHT = 10.0
"""Minutes of way that one minute late is worth; from 3 to 30 the plan is about the same (`bench warnings`)."""


@dataclass(frozen=True)
class Stop:
    """A visit to be made. `due_us`: it should begin by then; `since_us`: since when it waits."""

    visit_id: str
    place: travel.Place
    due_us: int
    stake_fen: int = 0
    since_us: int = 0


@dataclass(frozen=True)
class Team:
    """One officer, or two who go together: where they are, or will be when they are free, and when that is."""

    name: str
    place: travel.Place
    free_us: int


@dataclass(frozen=True)
class Leg:
    """One visit of a tour: its turn (1 the first), the way to it in minutes, when it begins, by how much too late."""

    visit_id: str
    team: str
    turn: int
    way_min: float
    eta_us: int
    late_min: float


def plan(stops: Sequence[Stop], teams: Sequence[Team], now_us: int, door_min: float = travel.AT_DOOR_MIN) -> list[Leg]:
    """One leg a stop, by team and turn; empty when there is no team.

    >>> legs = plan([Stop("V-b", (30.0, 120.1), 9_000_000_000), Stop("V-a", (30.0, 120.2), 600_000_000)],
    ...             [Team("ma", (30.0, 120.0), 0)], 0)
    >>> [(leg.visit_id, leg.turn, round(leg.late_min)) for leg in legs]
    [('V-a', 1, 55), ('V-b', 2, 0)]
    """
    crews = sorted(teams, key=lambda team: team.name)
    if not crews or not stops:
        return []
    ordered = by_minutes_left(stops, crews, now_us)
    tours = _Tours(ordered, crews, now_us, door_min)
    for n in range(len(ordered)):
        tours.insert(n)
    return tours.legs()


def by_minutes_left(stops: Sequence[Stop], teams: Sequence[Team], now_us: int) -> list[Stop]:
    """Stops by deadline − now − the shortest way of any team that is free by now or later; ties by stake, age, id."""
    plane = _plane(stops, teams)
    at, crew = _points(plane, [stop.place for stop in stops]), _points(plane, [team.place for team in teams])
    wait = np.array([max(0, team.free_us - now_us) / US_PER_MIN for team in teams])
    nearest = np.array([(_ways(crew, point) + wait).min() for point in at])
    left = [round((stop.due_us - now_us) / US_PER_MIN - way, 3) for stop, way in zip(stops, nearest, strict=True)]
    rows = zip(left, stops, strict=True)
    return [stop for _, stop in sorted(rows, key=lambda r: (r[0], -r[1].stake_fen, r[1].since_us, r[1].visit_id))]


class _Tours:
    """Tours under construction, as matrices of (team, place in the tour); column 0 is where the team starts."""

    def __init__(self, stops: Sequence[Stop], teams: Sequence[Team], now_us: int, door_min: float) -> None:
        self.stops, self.teams, self.now_us, self.door = stops, teams, now_us, door_min
        plane = _plane(stops, teams)
        self.at = _points(plane, [stop.place for stop in stops])
        self.due = np.array([(stop.due_us - now_us) / US_PER_MIN for stop in stops])
        self.order: list[list[int]] = [[] for _ in teams]
        n, width = len(teams), 8
        self.x, self.begins, self.slack = np.full((n, width, 2), np.nan), np.zeros((n, width)), np.zeros((n, width))
        self.x[:, 0] = _points(plane, [team.place for team in teams])
        # A team starts as if it left a door at the moment it is free.
        self.begins[:, 0] = [max(0, team.free_us - now_us) / US_PER_MIN - door_min for team in teams]
        self.length = np.zeros(n, np.int64)
        self.behind = np.zeros((n, width))  # visits from this place of the tour on that are late already

    def insert(self, n: int) -> None:
        """Put stop `n` where it costs least."""
        width = self.x.shape[1]
        if self.length.max() + 2 >= width:
            self._widen(width * 2)
        at, here = self.at[n], slice(0, int(self.length.max()) + 1)
        place = np.arange(here.stop)
        way = _ways(self.x[:, here], at)  # from the stop before to this one, and as well from this one to the next
        begin = self.begins[:, here] + self.door + way
        inside = place[None, :] < self.length[:, None]
        onward = way[:, 1:] if here.stop > 1 else np.zeros((len(self.teams), 0))
        shift = np.zeros_like(begin)
        shift[:, :-1] = begin[:, :-1] + self.door + onward - self.begins[:, 1 : here.stop]
        shift[~inside] = 0.0
        shift = np.maximum(shift, 0.0)
        late = np.maximum(0.0, begin - self.due[n])
        # The least it can cost: every visit behind that is late already is so by as much more.
        floor = np.zeros_like(begin)
        floor[:, :-1] = shift[:, :-1] * self.behind[:, 1 : here.stop]
        added = np.where(inside, shift, way + self.door)
        cost = added + LATE_WEIGHT * (late + floor)
        cost[place[None, :] > self.length[:, None]] = np.inf
        self._put(n, *self._best(cost, shift, floor))

    def _best(self, cost: Floats, shift: Floats, floor: Floats) -> tuple[int, int]:
        """The place of least cost: candidates by their floors, each reckoned in full until no floor is lower."""
        flat = cost.ravel()
        best, found = np.inf, (0, 0)
        for candidate in np.argsort(flat, kind="stable"):
            if flat[candidate] >= best:
                break
            team, place = divmod(int(candidate), cost.shape[1])
            behind = self.slack[team, place + 1 : self.length[team] + 1]
            more = np.maximum(0.0, shift[team, place] - behind).sum() - floor[team, place]
            full = flat[candidate] + LATE_WEIGHT * max(0.0, more)
            if full < best:
                best, found = full, (team, place)
        return found

    def _put(self, n: int, team: int, place: int) -> None:
        self.order[team].insert(place, n)
        self.length[team] += 1
        tour = self.order[team]
        self.x[team, 1 : len(tour) + 1] = self.at[tour]
        ways = _legs(self.x[team, : len(tour) + 1])
        begins = self.begins[team, 0] + np.cumsum(ways + self.door)
        self.begins[team, 1 : len(tour) + 1] = begins
        slack = np.maximum(0.0, self.due[tour] - begins)
        self.slack[team, 1 : len(tour) + 1] = slack
        self.behind[team, 1 : len(tour) + 1] = np.cumsum((slack == 0)[::-1])[::-1]

    def _widen(self, width: int) -> None:
        for name, fill in (("x", np.nan), ("begins", 0.0), ("slack", 0.0), ("behind", 0.0)):
            old: Any = getattr(self, name)
            wider = np.full((old.shape[0], width, *old.shape[2:]), fill)
            wider[:, : old.shape[1]] = old
            setattr(self, name, wider)

    def legs(self) -> list[Leg]:
        """The tours as legs, times in whole µs."""
        found = []
        for team, tour in enumerate(self.order):
            ways = _legs(self.x[team, : len(tour) + 1])
            for turn, (n, way) in enumerate(zip(tour, ways, strict=True), 1):
                begins = self.begins[team, turn]
                late = max(0.0, float(begins - self.due[n]))
                eta = self.now_us + round(begins * US_PER_MIN)
                found.append(Leg(self.stops[n].visit_id, self.teams[team].name, turn, float(way), eta, late))
        return found


def _plane(stops: Sequence[Stop], teams: Sequence[Team]) -> Plane:
    places = [*(stop.place for stop in stops), *(team.place for team in teams)]
    known = [place for place in places if place is not None]
    if not known:
        return Plane(0.0, 0.0)
    # The middle of the extremes: the same whatever the order in which they are named.
    lat, lon = [at for at, _ in known], [at for _, at in known]
    return Plane((min(lat) + max(lat)) / 2, (min(lon) + max(lon)) / 2)


def _points(plane: Plane, places: Sequence[travel.Place]) -> Floats:
    return np.array([(np.nan, np.nan) if place is None else plane.at(*place) for place in places]).reshape(-1, 2)


def _ways(points: Floats, to: Floats) -> Floats:
    """Minutes from each of `points` (…, 2) to `to` (2)."""
    gap = points - to
    return _minutes(np.hypot(gap[..., 0], gap[..., 1]))


def _legs(points: Floats) -> Floats:
    """Minutes between each point and the next."""
    gap = np.diff(points, axis=0)
    return _minutes(np.hypot(gap[:, 0], gap[:, 1]))


def _minutes(metres: Floats) -> Floats:
    way = travel.DOOR_MIN + metres * (travel.DETOUR / travel.SPEED_M_PER_MIN)
    return np.where(np.isnan(way), float(travel.UNKNOWN_MIN), way)
