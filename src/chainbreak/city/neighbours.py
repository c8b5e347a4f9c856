"""The two neighbouring trades' records: incidents with patrol posts, and sites with inspections."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from chainbreak.base.clock import US_PER_S
from chainbreak.city.draws import seconds_in, stream
from chainbreak.city.places import DISTRICTS
from chainbreak.city.telephony import Day
from chainbreak.city.world import World

CATEGORIES = ("盗窃", "纠纷", "噪音", "交通", "求助", "打架", "走失")
SITE_CATEGORIES = ("学校", "医院", "商场", "网吧", "旅馆", "仓库")


def posts_and_sites(world: World) -> tuple[pa.Table, pa.Table]:
    """Grain: one patrol post; one inspected site."""
    rng, places = stream(world.seed, "posts"), world.places
    posts = rng.integers(0, len(places.x), max(6, world.people.n // 2_000))
    sites = rng.integers(0, len(places.x), max(10, world.people.n // 500))
    tables = []
    for name, at in (("post_id", posts), ("site_id", sites)):
        lat, lon = places.lat_lon(
            places.x[at] + rng.normal(0, 0.4, len(at)), places.y[at] + rng.normal(0, 0.4, len(at))
        )
        letter = "P" if name == "post_id" else "J"
        tables.append({name: [f"{letter}{i + 1:04d}" for i in range(len(at))], "lat": lat, "lon": lon,
                       "district": [DISTRICTS[d] for d in places.district[at]]})  # fmt: skip
    category = rng.choice(SITE_CATEGORIES, len(sites)).tolist()
    post = {**tables[0], "staff": rng.integers(2, 9, len(posts)).astype(np.int32)}
    site = {**tables[1], "name": [f"{c}{i + 1}" for i, c in enumerate(category)], "category": category}
    return pa.table(post), pa.table(site)


def incident_table(day: Day) -> pa.Table:
    """Grain: one incident of the day, in order of time; some places draw most of them."""
    rng, places = day.rng("incidents"), day.world.places
    n = int(rng.poisson(max(3.0, day.world.people.n / 800)))
    at = (rng.random(n) ** 2 * len(places.x)).astype(np.int64)
    lat, lon = places.lat_lon(places.x[at] + rng.normal(0, 0.5, n), places.y[at] + rng.normal(0, 0.5, n))
    category = rng.choice(CATEGORIES, n).tolist()
    return pa.table({
        "at_us": np.sort(day.world.day_us(day.number) + seconds_in(rng, (0, 24), n) * US_PER_S),
        "category": category, "lat": lat, "lon": lon, "area": [DISTRICTS[d] for d in places.district[at]],
        "title": [f"{c}警情" for c in category], "n": np.ones(n, np.int32),
    })  # fmt: skip


def inspection_table(day: Day, sites: pa.Table) -> pa.Table:
    """Grain: one inspection of the day, in order of time."""
    rng = day.rng("inspections")
    which = pa.array(rng.integers(0, sites.num_rows, max(1, sites.num_rows // 15)))
    failed = rng.random(len(which)) < 0.12
    return pa.table({
        "at_us": np.sort(day.world.day_us(day.number) + seconds_in(rng, (9, 17), len(which)) * US_PER_S),
        "site_id": sites["site_id"].take(which), "area": sites["district"].take(which),
        "result": np.where(failed, "fail", "pass"),
        "hazards": np.where(failed, rng.integers(1, 5, len(which)), 0).astype(np.int32),
        "lat": sites["lat"].take(which), "lon": sites["lon"].take(which),
    })  # fmt: skip
