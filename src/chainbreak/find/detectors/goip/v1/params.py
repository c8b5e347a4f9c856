"""Settings of goip@1. Bits are not here: they are fitted and stand in weights.toml."""

from __future__ import annotations

from chainbreak.find.contract.detector import Params, param

PROTECTED_PLANS = (
    "hospital", "school", "call_centre", "bank", "emergency", "government", "bank_outbound", "switchboard",
    "probe", "corporate_gateway",
)  # fmt: skip
PROTECTED_CLASSES = ("emergency", "service", "short")


class GoipParams(Params):
    """What counts as a candidate, as the same place and as a shared port."""

    min_callees: int = param(
        8,
        "callee/day",
        "spec/goip.md 3: a rotated SIM still calls some 10 numbers in its hour on air",
        "fewest different numbers called on a SIM's busiest day",
    )
    min_outgoing_share: float = param(
        0.6,
        "share",
        "spec/goip.md 5: lower quartile of real fraud SIMs is .75, L3 adds incoming",
        "lowest share of outgoing among voice legs that day",
    )
    max_called_back: float = param(
        0.3,
        "share",
        "spec/goip.md 4: couriers reach 10-25 %, friends far more",
        "highest share of callees who call back the same day",
    )
    most_watched: int = param(
        50,
        "SIM",
        "a small export shall show where to look next as well",
        "busiest one-way callers that are measured even when they do not pass the screen",
    )
    join_callees: int = param(
        8,
        "callee/day",
        "spec/goip.md 3: 20-60 calls a day and SIM from L1 on; ordinary people's busiest day rarely reaches 8",
        "fewest numbers called on the busiest day for a SIM to join a group",
    )
    join_outgoing_share: float = param(
        0.8, "share", "spec/goip.md 5: median of real fraud SIMs is .97", "lowest outgoing share to join a group"
    )
    join_called_back: float = param(
        0.15, "share", "spec/goip.md 3: L0-L2 are called back 0-5 %", "highest share called back to join a group"
    )
    join_home_share: float = param(
        0.9, "share", "a box stands still", "lowest share of a SIM's legs in one cell for it to be at home there"
    )
    crowd_bits: float = param(
        8.0,
        "bit",
        "chance of 1 in 256 at one cell; a town has some 200 cells",
        "least surprise of the candidates at one cell against its crowd",
    )
    exhibit_sims: int = param(
        6,
        "SIM",
        "keeps a finding's evidence to what a person can check",
        "SIMs of the busiest day whose records are cited",
    )
    max_sims_per_imei: int = param(
        64,
        "SIM",
        "spec/goip.md 4: cloned IMEIs carry 50-5,000 IMSIs",
        "IMEIs in more SIMs than this are no single port",
    )
    protected_plans: tuple[str, ...] = param(
        PROTECTED_PLANS,
        "",
        "spec/goip.md 7 and the contract register",
        "register classes that never rise above watch",
    )
    protected_classes: tuple[str, ...] = param(
        PROTECTED_CLASSES,
        "",
        "spec/goip.md 7",
        "number range classes that never rise above watch",
    )
