"""Which accounts to hold how much money on, and in which order: from what a trace found to a ranked list.

Never the account, always an amount: min(traced, balance less what other orders hold there). No clock, no database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chainbreak.act.funds.dwell import Dwell, Lot
from chainbreak.act.funds.policy import allot, charged
from chainbreak.act.funds.rules import Rules

PROPOSED, HELD, EMPTY, SMALL, STOPPED = "proposed", "held", "empty", "small", "stopped"
"""A hold is proposed; or none, because all of it is held already, nothing is left, it is too little, or the account has
been stopped as often as the law lets."""


NO_END = 2**53
"""Nothing limits how long a hold may last but its kind's own term."""


@dataclass(frozen=True)
class Account:
    """What is known of one account when holds are proposed, fen.

    `held_fen`: all that orders in force or waiting hold or ask for there; `held`: claim_id -> the part of it for that
    claim. `ends_most_us`: the latest end that a hold may still have there; None: no further stop is lawful.
    """

    bank: str
    balance_fen: int
    held_fen: int = 0
    held: Mapping[str, int] = field(default_factory=dict)
    ends_most_us: int | None = NO_END


@dataclass(frozen=True)
class Proposal:
    """One hold worth asking for, or why not; one account a row. Money in fen, `p50_left_us` in µs (None: unknown).

    `shares`: claim_id -> fen of the amount. `traced`: claim_id -> fen traced there. `sources`: what P rests on.
    `flows`: numbers of the run's flows that brought the money. `ends_most_us`: see `Account`.
    """

    account: str
    bank: str
    why: str
    amount_fen: int
    traced_fen: int
    balance_fen: int
    held_fen: int
    shares: Mapping[str, int]
    traced: Mapping[str, int]
    p_there: float
    p50_left_us: int | None
    expected_fen: int
    first_in_us: int
    last_in_us: int
    hop: int
    flows: tuple[int, ...]
    sources: tuple[str, ...]
    ends_most_us: int | None = NO_END
    rank: int = 0


@dataclass(frozen=True)
class When:
    """The moments of a proposal, UTC µs: until when the run saw the ledger, now, and how long from now until a bank
    acts (None: what the rules say of each bank).
    """

    as_of_us: int
    now_us: int
    latency_us: int | None = None


def propose(
    lots: Iterable[Lot], accounts: Mapping[str, Account], rank: Sequence[str], dwell: Dwell, rules: Rules,
    when: When,
) -> list[Proposal]:  # fmt: skip
    """One row an account on which claimed money lies, the most expected value per order first.

    `rank`: claims, the report first made first. Rows that propose nothing come last, by the traced amount.
    """
    by_account: dict[str, list[Lot]] = defaultdict(list)
    for lot in lots:
        by_account[lot.account].append(lot)
    rows = [
        _proposal(account, there, accounts[account], rank, dwell, rules, when) for account, there in by_account.items()
    ]
    rows.sort(key=_order)
    return [replace(row, rank=at) for at, row in enumerate(rows, 1)]


def _order(row: Proposal) -> tuple[bool, float, float, int, str]:
    soonest = float("inf") if row.p50_left_us is None else row.p50_left_us
    return row.why != PROPOSED, -row.amount_fen * row.p_there, soonest, -row.traced_fen, row.account


def _proposal(
    account: str, lots: list[Lot], known: Account, rank: Sequence[str], dwell: Dwell, rules: Rules, when: When
) -> Proposal:
    traced: dict[str, int] = defaultdict(int)
    for lot in lots:
        traced[lot.claim_id] += lot.fen
    plain = max(known.held_fen - sum(known.held.values()), 0)
    held = charged(plain, traced, known.held, rank)
    # Orders may hold more for a claim than a newer run finds there; then nothing more is held on top for others.
    rest = sum(traced.values()) - plain - sum(fen for claim_id, fen in known.held.items() if claim_id in traced)
    shares = allot(min(known.balance_fen - known.held_fen, rest), traced, held, rank, rules.priority)
    amount = sum(shares.values())
    latency = rules.latency_us(known.bank) if when.latency_us is None else when.latency_us
    p, p50, sources = _leaving(lots, known.bank, dwell, when, latency)
    why = _why(amount, sum(traced.values()), sum(min(held.get(c, 0), fen) for c, fen in traced.items()), known, rules)
    if why != PROPOSED:
        amount, shares = 0, {}
    return Proposal(
        account, known.bank, why, amount, sum(traced.values()), known.balance_fen, known.held_fen, shares, dict(traced),
        p, p50, round(amount * p), min(lot.since_us for lot in lots), max(lot.since_us for lot in lots),
        min(lot.hop for lot in lots), tuple(sorted({lot.flow for lot in lots if lot.flow >= 0})), sources,
        known.ends_most_us,
    )  # fmt: skip


def _why(amount: int, traced: int, held: int, known: Account, rules: Rules) -> str:
    if held >= traced:
        return HELD
    if known.ends_most_us is None:
        return STOPPED
    if amount == 0:
        return HELD if known.held_fen else EMPTY
    return SMALL if amount < rules.least_fen else PROPOSED


def _leaving(
    lots: list[Lot], bank: str, dwell: Dwell, when: When, latency_us: int
) -> tuple[float, int | None, tuple[str, ...]]:
    """P(there when the bank acts) over the fen of all lots; the median time left of the lot that will go first."""
    expected, sources, medians = 0.0, [], []
    unseen = max(when.now_us - when.as_of_us, 0)
    for lot in lots:
        # It was there at as-of; whether it still is, nobody has seen.
        age = max(when.as_of_us - lot.since_us, 0)
        p, source = dwell.still_there(bank, lot.hop, age, unseen + latency_us)
        expected += lot.fen * p
        sources.append(source)
        medians.append(dwell.median_left_us(bank, lot.hop, age + unseen))
    known = [us for us in medians if us is not None]
    return expected / sum(lot.fen for lot in lots), min(known, default=None), tuple(dict.fromkeys(sources))


def captured(wanted: Sequence[tuple[int, int]], k: Sequence[int]) -> list[dict[str, float | int | str]]:
    """What the first K orders capture of all that can be frozen: rows (k, orders, fen, share, expected_fen).

    `wanted`: (amount_fen, expected_fen) of the proposals in their order. `share`: of the fen of all of them.

    >>> [row["share"] for row in captured([(70, 60), (20, 10), (10, 1)], (1, 3))]
    [0.7, 1.0, 1.0]
    """
    freezable = sum(fen for fen, _ in wanted)
    curve: list[dict[str, float | int | str]] = []
    for name, most in [*((str(n), n) for n in k), ("all", len(wanted))]:
        some = wanted[:most]
        fen = sum(amount for amount, _ in some)
        curve.append({
            "k": name, "orders": len(some), "fen": fen, "share": fen / freezable if freezable else 0.0,
            "expected_fen": sum(expected for _, expected in some),
        })  # fmt: skip
    return curve
