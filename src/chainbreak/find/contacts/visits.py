"""Look-ups of names that lead to sites of fraud."""

from __future__ import annotations

from typing import Any

from chainbreak.base.clock import US_PER_MIN

SLICE_US = 10 * US_PER_MIN
"""Look-ups of one client and site within a slice of the clock are one row: a page asks for its name many times."""
LABELS_UP = 3
"""A name is looked for in the confirmed ones, and so are its parents up to so many labels above it."""
VISIT_COLUMNS = ("client", "client_class", "site", "at_us", "end_us", "lookups")


def site_visits(lookup: Any, site: Any) -> Any:
    """One row (client, confirmed name, slice of time), columns `VISIT_COLUMNS`: first and last look-up in it (µs UTC)
    and how many. `site`: column name. A host below a confirmed name counts as that name, the longest that fits.
    """
    names = lookup.select("domain").distinct()
    fitting = None
    for up in range(LABELS_UP + 1):
        parent = names.domain
        for _ in range(up):
            parent = parent.re_replace(r"^[^.]+\.", "")
        found = names.mutate(parent=parent).inner_join(site.select(site="name"), [("parent", "site")])
        rows = found.select("domain", "site")
        fitting = rows if fitting is None else fitting.union(rows)
    assert fitting is not None
    # Of several that fit the longest name: a host under two confirmed names is one visit.
    longest = fitting.mutate(size=fitting.site.length()).distinct()
    best = longest.group_by("domain").agg(size=longest["size"].max())
    one = longest.inner_join(best, ["domain", "size"]).group_by("domain").agg(site=longest.site.min())
    looks = lookup.filter(lookup.client.notnull()).inner_join(one, "domain")
    sliced = looks.mutate(slice=(looks.at_us // SLICE_US).cast("int64"))
    return sliced.group_by("client", "client_class", "site", "slice").agg(
        at_us=sliced.at_us.min().cast("int64"), end_us=sliced.at_us.max().cast("int64"),
        lookups=sliced.count().cast("int64"),
    ).select(*VISIT_COLUMNS)  # fmt: skip
