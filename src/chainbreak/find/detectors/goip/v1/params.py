"""Settings of goip@1. Bits are not here: they are fitted and stand in weights.toml."""

from __future__ import annotations

from chainbreak.find.contract.detector import Params, param

PROTECTED_PLANS = (
    "hospital", "school", "call_centre", "bank", "emergency", "government", "switchboard", "probe", "corporate_goip",
)  # fmt: skip
PROTECTED_CLASSES = ("emergency", "service", "short")


class GoipParams(Params):
    """What counts as a candidate, as the same place and as a shared port."""

    min_callees: int = param(
        5,
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
    min_home_share: float = param(
        0.6,
        "share",
        "a box stands still; three sectors of one mast count as one place",
        "lowest share of a SIM's legs at one site for it to be at home there",
    )
    join_bits: float = param(
        0.0,
        "bit",
        "evidence that speaks for a box at all",
        "fewest bits of behaviour for a SIM to join a place's group",
    )
    crowd_bits: float = param(
        6.0,
        "bit",
        "chance of 1 in 64 that so many candidates share a place",
        "least surprise of the candidates at one site against its crowd",
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
