"""The map of a lead, drawn from the register of cells alone: masts, beams, circles; no map service is asked.

East is right, north is up; one unit of the view box is a pixel; lengths on the ground are metres.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from chainbreak.base.ground import Plane, Point, round_length, toward

BEAM = 120.0
"""Degrees a sector of a three-cell site serves."""
LEAST_M = 500.0
"""No map shows less than this to each side: cells say no more."""
BEAM_SHARE = 0.45
"""A beam is drawn so long, as a share of the distance to the next mast; what it reaches is not known."""
MAST_LABELS = 14
Words = Callable[..., str]


@dataclass(frozen=True)
class View:
    """Where the ground lies on the picture: `scale` pixels a metre, `middle` of the ground at the picture's middle."""

    plane: Plane
    middle: Point
    scale: float
    width: int
    height: int

    def on(self, point: Point) -> Point:
        """Pixels right and down of a point on the plane.

        >>> View(Plane(30, 120), (0, 0), 0.1, 200, 100).on((100, 100))
        (110.0, 40.0)
        """
        x = self.width / 2 + (point[0] - self.middle[0]) * self.scale
        return round(x, 1), round(self.height / 2 - (point[1] - self.middle[1]) * self.scale, 1)

    def place(self, row: dict[str, Any]) -> Point:
        """Pixels of something with lat and lon."""
        return self.on(self.plane.at(row["lat"], row["lon"]))

    def holds(self, point: Point, margin: float = 6) -> bool:
        """Whether a point in pixels lies in the picture."""
        return margin <= point[0] <= self.width - margin and margin <= point[1] <= self.height - margin


def view_of(sites: list[dict[str, Any]], masts: list[dict[str, Any]], width: int, height: int) -> View | None:
    """The view that holds every site's outer circle, the device's own masts and the nearest neighbours."""
    own = [m for m in masts if any(c["is_own"] for c in m["cells"])]
    shown = [*((s, float(s["r90_m"] or LEAST_M)) for s in sites), *((m, LEAST_M) for m in own),
             *((m, 150.0) for m in masts[:4] if len(sites) < 2)]  # fmt: skip
    if not shown:
        return None
    plane = Plane(shown[0][0]["lat"], shown[0][0]["lon"])
    boxes = [(plane.at(row["lat"], row["lon"]), reach) for row, reach in shown]
    low = [min(p[axis] - reach for p, reach in boxes) for axis in (0, 1)]
    high = [max(p[axis] + reach for p, reach in boxes) for axis in (0, 1)]
    scale = min(width / (high[0] - low[0]), height / (high[1] - low[1])) * 0.9
    return View(plane, ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2), scale, width, height)


def ground_map(
    sites: list[dict[str, Any]], masts: list[dict[str, Any]], outlines: list[dict[str, Any]], t: Words,
    width: int = 640, height: int = 480,
) -> Markup:  # fmt: skip
    """The picture, or nothing when neither a site nor a mast is known."""
    view = view_of(sites, masts, width, height)
    if view is None:
        return Markup("")
    beam_m = BEAM_SHARE * _spacing(masts, view)
    parts = [
        *(_outline(row, view) for row in outlines),
        *(_circles(site, view) for site in sites),
        *(_beams(mast, view, beam_m, is_own) for is_own in (False, True) for mast in masts),
        *(_mast(mast, view) for mast in masts),
        *(_site(site, view, len(sites)) for site in sites),
        _labels(masts, view),
        _scale_bar(view), _north(view, t),
    ]  # fmt: skip
    return Markup('<svg class="ground" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">'
                  '<rect class="ground-frame" x=".5" y=".5" width="{3}" height="{4}"/>{5}</svg>').format(
        width, height, t("console_lead.map.said", n=len(masts)), width - 1, height - 1, Markup("").join(parts)
    )  # fmt: skip


def _spacing(masts: list[dict[str, Any]], view: View) -> float:
    """The median distance of a mast to its nearest other, in metres."""
    points = [view.plane.at(m["lat"], m["lon"]) for m in masts]
    near = sorted(
        min((((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5 for b in points if b != a), default=2 * LEAST_M)
        for a in points
    )
    return near[len(near) // 2] if near else 2 * LEAST_M


def _outline(row: dict[str, Any], view: View) -> Markup:
    points = " ".join(f"{x:g},{y:g}" for x, y in (view.on(view.plane.at(lat, lon)) for lat, lon in row["outline"]))
    return Markup('<polygon class="district" points="{}"><title>{}</title></polygon>').format(points, row["district"])


def _circles(site: dict[str, Any], view: View) -> Markup:
    x, y = view.place(site)
    radii = [(name, float(site[f"{name}_m"]) * view.scale) for name in ("r90", "r50") if site[f"{name}_m"]]
    circle = Markup('<circle class="{}" cx="{}" cy="{}" r="{:.1f}"/>')
    return Markup("").join(circle.format(name, x, y, radius) for name, radius in radii)


def _beams(mast: dict[str, Any], view: View, reach_m: float, is_own: bool) -> Markup:
    """Sectors of one mast: the device's own, or the others; a cell that does not say where it points has none."""
    at = view.plane.at(mast["lat"], mast["lon"])
    shown = [c for c in mast["cells"] if c["azimuth"] is not None and c["is_own"] is is_own]
    half = min(BEAM, 360.0 / max(1, len({c["azimuth"] for c in mast["cells"]}))) / 2
    reach = reach_m * (1.35 if is_own else 1.0)
    made: list[Markup] = []
    for cell in shown:
        (x0, y0), (x1, y1), (x2, y2) = (
            view.on(p) for p in (at, *(toward(at, cell["azimuth"] + side, reach) for side in (-half, half)))
        )
        radius = round(reach * view.scale, 1)
        made.append(Markup('<path class="beam{}" d="M{} {}L{} {}A{} {} 0 0 1 {} {}Z"><title>{}</title></path>').format(
            " is-own" if is_own else "", x0, y0, x1, y1, radius, radius, x2, y2, cell["cell_id"]))  # fmt: skip
    return Markup("").join(made)


def _mast(mast: dict[str, Any], view: View) -> Markup:
    x, y = view.place(mast)
    if not view.holds((x, y), 0):
        return Markup("")
    own = any(c["is_own"] for c in mast["cells"])
    return Markup('<path class="mast{}" d="M{} {}l4.5 9h-9z"><title>{}</title></path>').format(
        " is-own" if own else "", x, y - 6, f"{mast['mast']} {mast['district']}"
    )


def _site(site: dict[str, Any], view: View, many: int) -> Markup:
    x, y = view.place(site)
    cross = Markup('<path class="site" d="M{0} {2}v16M{1} {3}h16"/>').format(x, x - 8, y - 8, y)
    if many < 2:
        return cross
    return cross + Markup('<text class="site-n" x="{}" y="{}">{}</text>').format(x + 7, y - 7, site["n"])


def _labels(masts: list[dict[str, Any]], view: View) -> Markup:
    """Names of the device's own cells and of the nearest masts; one that would lie on another is left out."""
    taken: list[tuple[float, float, float, float]] = []
    made: list[Markup] = []
    ordered = sorted(masts, key=lambda m: (not any(c["is_own"] for c in m["cells"]), m["near_m"], m["mast"]))
    for mast in ordered:
        own = [c["cell_id"] for c in mast["cells"] if c["is_own"]]
        x, y = view.place(mast)
        text = " ".join(own) if own else mast["mast"]
        wide = 7.2 * len(text) if own else 6.2 * len(text)
        left = x + 8 if x + 8 + wide < view.width else x - 8 - wide
        box = (left, y - 8, left + wide, y + 8)
        if not view.holds((x, y)) or any(_meet(box, other) for other in taken) or len(made) >= MAST_LABELS:
            continue
        taken.append(box)
        made.append(Markup('<text class="mast-name{}" x="{}" y="{}">{}</text>').format(
            " is-own" if own else "", round(left, 1), y + 5, text))  # fmt: skip
    return Markup("").join(made)


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _scale_bar(view: View) -> Markup:
    metres = round_length(view.width / 4 / view.scale)
    long, y = round(metres * view.scale, 1), view.height - 16
    text = f"{metres // 1000} km" if metres >= 1000 else f"{metres} m"
    bar = Markup('<path class="scale" d="M14 {}v5h{}v-5"/>').format(y - 5, long)
    return bar + Markup('<text class="scale-text" x="{}" y="{}">{}</text>').format(20 + long, y + 1, text)


def _north(view: View, t: Words) -> Markup:
    x = view.width - 20
    return Markup('<path class="north" d="M{0} 12l6 18 -6 -4 -6 4z"/><text class="north-text" x="{0}" y="43">{1}</text>'
                  ).format(x, t("console_lead.map.north"))  # fmt: skip
