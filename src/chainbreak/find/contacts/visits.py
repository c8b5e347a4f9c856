"""Look-ups of names that lead to sites of fraud."""

from __future__ import annotations

from typing import Any

from chainbreak.base.clock import US_PER_MIN
from chainbreak.find.contacts.hosts import sites_of

SLICE_US = 10 * US_PER_MIN
"""Look-ups of one client and site within a slice of the clock are one row: a page asks for its name many times."""
VISIT_COLUMNS = ("client", "client_class", "site", "at_us", "end_us", "lookups")


def site_visits(lookup: Any, site: Any) -> Any:
    """One row (client, confirmed name, slice of time), columns `VISIT_COLUMNS`: first and last look-up in it (µs UTC)
    and how many. `site`: column name; a host below a confirmed name counts as that name.
    """
    asked = lookup.filter(lookup.client.notnull()).mutate(host=lookup.domain)
    looks = asked.inner_join(sites_of(asked, site), "host")
    sliced = looks.mutate(slice=(looks.at_us // SLICE_US).cast("int64"))
    return sliced.group_by("client", "client_class", "site", "slice").agg(
        at_us=sliced.at_us.min().cast("int64"), end_us=sliced.at_us.max().cast("int64"),
        lookups=sliced.count().cast("int64"),
    ).select(*VISIT_COLUMNS)  # fmt: skip
