"""Settings of mules@2. Bits are not here: they are fitted and stand in weights.toml."""

from __future__ import annotations

from chainbreak.find.contract.detector import Params, param

PROTECTED_KINDS = ("sink", "cash", "government", "hospital", "school", "bank", "payroll", "charity", "utility")
INSTITUTIONS = ("merchant", "shop", "club", "landlord", "company", *PROTECTED_KINDS)


class MulesParams(Params):
    """What makes an account worth measuring, and how far back is looked."""

    min_inflow_fen: int = param(
        50_000,
        "fen",
        "500 yuan, the smallest payment of a simulated case; confirm with the fund desk",
        "least inflow in a bucket",
    )
    min_pass_through: float = param(
        0.5,
        "ratio",
        "spec/tracing.md 11: mules empty the account; half leaves room for commissions and delays",
        "least out/in in a day for a candidate",
    )
    min_week_payers: int = param(
        3,
        "payer",
        "a slow fan-in spreads over days",
        "payers in a week that make a candidate even when no single day does",
    )
    history_us: int = param(
        60 * 86_400_000_000,
        "µs",
        "two months show a monthly payer twice",
        "how far before the busiest bucket history is read",
    )
    most_entries: int = param(
        200,
        "entry",
        "keeps a finding's evidence to what a person can check",
        "latest entries of an account that are read and cited",
    )
    outlet_days: int = param(
        30,
        "day",
        "accounts bought in bulk are opened within weeks of one another",
        "how close openings at one outlet are counted together",
    )
    protected_kinds: tuple[str, ...] = param(
        PROTECTED_KINDS,
        "",
        "register of institutions; holds on them need a person",
        "account classes that never rise above watch",
    )
    institutions: tuple[str, ...] = param(
        INSTITUTIONS,
        "",
        "spec/tracing.md 11 look-alikes",
        "account classes that speak against a mule",
    )
