"""Which hosts are confirmed sites, or lie below one."""

from __future__ import annotations

from typing import Any

LABELS_UP = 3
"""A host is looked for among the confirmed names, and so are its parents up to so many labels above it."""


def sites_of(host: Any, site: Any) -> Any:
    """One row a host of `host` (column host) that is a name of `site` (column name) or lies below one: host, site; of
    several that fit the longest.
    """
    names = host.select("host").distinct()
    fitting = None
    for up in range(LABELS_UP + 1):
        parent = names.host
        for _ in range(up):
            parent = parent.re_replace(r"^[^.]+\.", "")
        found = names.mutate(parent=parent).inner_join(site.select(site="name"), [("parent", "site")])
        rows = found.select("host", "site")
        fitting = rows if fitting is None else fitting.union(rows)
    assert fitting is not None
    measured = fitting.mutate(size=fitting.site.length()).distinct()
    longest = measured.group_by("host").agg(size=measured["size"].max())
    one = measured.inner_join(longest, ["host", "size"])
    return one.group_by("host").agg(site=one.site.min())
