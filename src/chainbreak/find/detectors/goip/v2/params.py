"""Settings of goip@2. Bits are not here: they are fitted and stand in links.toml and weights.toml."""

from __future__ import annotations

from chainbreak.find.contract.detector import Params, param

PROTECTED_PLANS = (
    "hospital", "school", "call_centre", "bank", "emergency", "government", "bank_outbound", "switchboard",
    "probe", "corporate_gateway",
)  # fmt: skip
PROTECTED_CLASSES = ("emergency", "service", "short")


class GoipParams(Params):
    """What counts as a candidate, as a pair of one box, and what is shown."""

    window_days: int = param(
        14, "day", "spec/goip.md 5: worlds of 14-30 days; a box moves or changes its cards within weeks",
        "local days up to the newest that are looked at",
    )  # fmt: skip
    least_strangers: int = param(
        3, "callee", "a card at work calls as many within its first hour", "fewest strangers called for a candidate"
    )
    strangers_a_day: float = param(
        0.7, "callee/day", "spec/goip.md 3: L5 swaps in victims for 20-50 % of an ordinary subscriber's numbers",
        "further strangers for every further day with calls",
    )  # fmt: skip
    most_watched: int = param(
        50, "SIM", "a small export shall show where to look next as well",
        "busiest one-way callers that are candidates even when they called too few strangers",
    )  # fmt: skip
    least_relays: int = param(
        3, "call", "one or two calls begin together by chance", "fewest calls placed while another phone took one"
    )
    least_shared: int = param(
        2, "callee", "one stranger in common is chance", "fewest strangers in common that are looked at"
    )
    core_bits: float = param(
        2.0, "bit", "four to one for one box; who else belongs is weighed against the core",
        "least log2 odds of a pair, prior included, for it to be the core of a device",
    )  # fmt: skip
    hint_bits: float = param(
        -5.0, "bit", "development cities: lower adds chance groups, which membership takes apart, and no device",
        "least log2 odds of a pair of moving cards for it to hint at a device",
    )  # fmt: skip
    hint_sims: int = param(3, "SIM", "two weak hints are chance", "fewest cards that hints alone make a core of")
    member_bits: float = param(
        2.0, "bit", "four to one that it belongs: one stray in a box of eight would make nine of ten untrue",
        "least log2 odds of a card against the other members for it to belong to a device",
    )  # fmt: skip
    least_together: float = param(
        0.5, "share", "spec/goip.md 3: cards of ten gateways meet at each; a chain of likenesses meets nowhere",
        "least share of a device's cards that were seen at one place",
    )  # fmt: skip
    most_groups: int = param(
        400, "group", "more than a centre can look at in a month", "groups, strongest first, whose records are fetched"
    )
    most_lines: int = param(
        200, "line", "more than a centre can look at in a week", "single cards, strongest first, that are looked at"
    )
    exhibit_sims: int = param(
        6, "SIM", "keeps a finding's evidence to what a person can check", "members whose calls are cited"
    )
    exhibit_legs: int = param(
        120, "leg", "about two of a card's days", "latest calls of each such member that are cited"
    )
    exhibit_ties: int = param(
        24, "record pair", "more convinces nobody further", "swaps and shared numbers cited of a group"
    )
    protected_plans: tuple[str, ...] = param(
        PROTECTED_PLANS, "", "spec/goip.md 7 and the contract register", "register classes that stay at watch"
    )
    protected_classes: tuple[str, ...] = param(
        PROTECTED_CLASSES, "", "spec/goip.md 7", "number range classes that stay at watch"
    )
