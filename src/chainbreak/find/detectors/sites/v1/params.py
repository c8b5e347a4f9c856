"""Settings of sites@1. Bits are not here: they are fitted and stand in weights.toml."""

from __future__ import annotations

from importlib import resources

import yaml

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR
from chainbreak.find.contract.detector import Params, param


def well_known() -> tuple[str, ...]:
    """Domains on the exclusion list that every centre starts with, sorted; all names below them belong to them.

    >>> {"gov.cn", "edu.cn"} <= set(well_known())
    True
    """
    seed = resources.files("chainbreak.store.desk").joinpath("seed/exclusion.yaml").read_text(encoding="utf-8")
    return tuple(sorted(row["value"] for row in yaml.safe_load(seed) if row["kind"] == "domain"))


class SitesParams(Params):
    """What makes a site worth measuring, and how far around its look-ups is looked."""

    max_age_days: int = param(
        730, "day", "fraud sites are days old; two years of ordinary names beside them show what being young is worth",
        "oldest name, from registration to its first look-up, that is measured",
    )  # fmt: skip
    max_unregistered_clients: int = param(
        100, "client", "a name without registration data is measured only while few know it; a proposal of the project",
        "most clients of a name that the register does not hold",
    )  # fmt: skip
    most_lookups: int = param(
        120, "lookup", "a site shows its kind in its first days; keeps the evidence to what a person can check",
        "earliest look-ups of a site that are read and cited",
    )  # fmt: skip
    call_before_us: int = param(
        US_PER_HOUR, "µs", "a caller stays with the victim, or calls shortly before, while the page is opened",
        "how long before its first look-up a client's call counts",
    )  # fmt: skip
    text_before_us: int = param(
        US_PER_DAY, "µs", "most who open a link in a text do so within the day",
        "how long before its first look-up a client's text counts",
    )  # fmt: skip
    report_after_us: int = param(
        30 * US_PER_DAY, "µs", "reports come hours to weeks after the loss",
        "how long after its first look-up a client's report counts",
    )  # fmt: skip
    long_call_s: int = param(
        60, "s", "spec/goip.md 5: persuasion takes minutes, wrong numbers and couriers do not",
        "least duration of a call that counts",
    )  # fmt: skip
    excluded: tuple[str, ...] = param(
        well_known(), "", "store/desk/seed/exclusion.yaml; what a centre adds to its own list binds its orders",
        "domains that, with all names below them, never rise above watch",
    )  # fmt: skip
