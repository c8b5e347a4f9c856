"""Cases: from the first contact to the report, each planned when it begins and carried out day by day.

Order in every case: contact, then look-up of the site, then payments, then the report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN, US_PER_S
from chainbreak.city.boxes import BoxDay, moment, session_at
from chainbreak.city.devices import phone_of
from chainbreak.city.draws import Ints, Rng, lognormal
from chainbreak.city.gangs import Gang
from chainbreak.city.money import APP, ATM, CASH_OUT, ONLINE, PAYMENT, RETURN, Moves, nothing_moved
from chainbreak.city.state import State
from chainbreak.city.telephony import NOT_MADE, Day, Legs, calls

Case = dict[str, Any]
"""case, gang, fraud, victim (person), sim (line, -1: none), contact_us, lookup_us or None, pays (µs), share, report_us
or None; then what happened: paid (µs, fen, mule, and which transfer it is, as `Moves.link`), sites, loss_fen, which
is what was paid less what a recall brought back. Where warnings got through: stops (spells, µs; to None: for good), and
spared (µs, fen): payments that they kept from happening."""
RECALLED = -1
"""The hop of money that a victim's bank got back."""
SMALLEST_FEN, LEAST_RECALLED_FEN = 50_000, 10_000
LONGEST_DWELL_MIN = 2 * 24 * 60
RECALL_S = 60
"""No bank recalls sooner."""
ATM_LIMIT_FEN = 2_000_000


def open_cases(day: Day, box_days: list[BoxDay], state: State) -> list[Case]:
    """New cases: people caught on the telephone today, and those a gang reached online; all join `state.cases`."""
    rng, row = day.rng("cases"), day.world.mix["gangs"]
    # Who lends his card to a gang is not its victim.
    under_way = {case["victim"] for case in state.cases} | set(day.world.lent.tolist())
    opened: list[Case] = []
    for found in box_days:
        if found.sessions.box.gang < 0:
            continue
        caught = (found.answered[3] > 60) & (rng.random(len(found.answered[0])) < row["caught_share"])
        for victim, sim, second, length in zip(*(column[caught] for column in found.answered), strict=True):
            if int(victim) not in under_way:
                under_way.add(int(victim))
                gang = day.world.gangs[found.sessions.box.gang]
                opened.append(_planned(day, rng, gang, int(victim), int(sim), moment(day, int(second + length))))
    for _ in range(rng.poisson(day.world.mix.preset.online_cases_per_day)):
        victim, gang = int(rng.integers(0, day.world.people.n)), day.world.gangs[rng.integers(0, len(day.world.gangs))]
        if victim not in under_way:
            under_way.add(victim)
            opened.append(_planned(day, rng, gang, victim, -1, moment(day, int(rng.integers(8 * 3600, 22 * 3600)))))
    for case in opened:
        case["case"], state.next_case = state.next_case, state.next_case + 1
    state.cases.extend(opened)
    return opened


def _planned(day: Day, rng: Rng, gang: Gang, victim: int, sim: int, contact_us: int) -> Case:
    row = day.world.mix["gangs"]
    looks = rng.random() < row["lookup_share"] or sim < 0
    lookup_us = contact_us + int(rng.integers(2, 40)) * US_PER_MIN if looks else None
    pay_us = (lookup_us or contact_us) + 2 * US_PER_MIN
    pays: list[int] = []
    for _ in range(1 + int(rng.choice(len(row["payments"]), p=row["payments"]))):
        gap = lognormal(rng, row["delay_to_pay_h"]["median"] * (10 if pays else 1), row["delay_to_pay_h"]["sigma"], 1)[
            0
        ]
        pay_us += int((0.05 + min(gap, 72.0)) * 3600) * US_PER_S
        pays.append(pay_us)
    delay = lognormal(rng, row["report_delay_h"]["median"], row["report_delay_h"]["sigma"], 1)[0]
    reported = rng.random() < row["reported"]
    return {
        "case": 0, "gang": gang.number, "fraud": gang.frauds[int(rng.choice(3, p=(0.6, 0.25, 0.15)))],
        "victim": victim, "sim": sim, "contact_us": contact_us, "lookup_us": lookup_us, "pays": pays,
        "share": float(rng.uniform(*row["share_of_balance"])),
        "report_us": pay_us + int((0.1 + min(delay, 720.0)) * US_PER_HOUR) // US_PER_S * US_PER_S if reported else None,
        "paid": [], "sites": [], "loss_fen": 0,
    }  # fmt: skip


def today(day: Day, at_us: int | None) -> bool:
    """Whether a moment lies in the day."""
    begin = day.world.day_us(day.number)
    return at_us is not None and begin <= at_us < begin + US_PER_DAY


def stopped(case: Case, at_us: int) -> bool:
    """Whether a warning keeps a case from going on at a moment."""
    return any(begin <= at_us and (end is None or at_us < end) for begin, end in case.get("stops", ()))


@dataclass(frozen=True)
class FollowUps:
    """Today's calls that accompany payments: the case of each, and (caller, victim, second, length, cell, handset)."""

    of: list[Case]
    rows: list[tuple[int, ...]]
    points: list[tuple[float, float]]
    rng: Rng

    def talks(self, day: Day) -> dict[int, list[tuple[int, int]]]:
        """When each victim is on the telephone with a fraudster, µs UTC."""
        found: dict[int, list[tuple[int, int]]] = {}
        for _, victim, second, length, *_ in self.rows:
            begin = moment(day, second)
            found.setdefault(victim, []).append((begin, begin + length * US_PER_S))
        return found


def follow_ups(day: Day, box_days: list[BoxDay], state: State) -> FollowUps:
    """Calls that accompany payments, ending before them; from a card of the gang in its box, else from abroad."""
    rng, lines = day.rng("follow-ups"), day.world.lines
    of: list[Case] = []
    rows: list[tuple[int, ...]] = []
    points: list[tuple[float, float]] = []
    for case in state.cases:
        for pay_us in case["pays"]:
            if case["sim"] < 0 or not today(day, pay_us) or rng.random() > day.world.mix["gangs"]["follow_up_share"]:
                continue
            talked = int(rng.integers(120, 1_500))
            second = (pay_us - day.world.day_us(day.number)) // US_PER_S - talked - int(rng.integers(30, 600))
            if second < (case["contact_us"] - day.world.day_us(day.number)) // US_PER_S:
                continue
            caller, handset, cell, *point = session_at(box_days, case["gang"], second) or (
                lines.n + int(rng.integers(0, lines.outsiders)), 0, 0, np.nan, np.nan)  # fmt: skip
            of.append(case)
            rows.append((caller, case["victim"], max(second, 0), talked, cell, handset))
            points.append((point[0], point[1]))
    return FollowUps(of, rows, points, rng)


def follow_up_legs(day: Day, made: FollowUps) -> Legs:
    """Their legs; a call does not happen to whom a warning stopped before it."""
    lines = day.world.lines
    callers, victims, seconds, lengths, cells, handsets = np.array(made.rows, np.int64).reshape(-1, 6).T
    legs = calls(day, made.rng, callers, victims, seconds, lengths, cell=cells, caller_handset=handsets)
    gone = np.array([stopped(case, moment(day, row[2])) for case, row in zip(made.of, made.rows, strict=True)], bool)
    x, y = np.array(made.points).reshape(-1, 2)[callers < lines.n].T
    # `calls` lists the callers' legs first.
    legs.kind[np.concatenate([gone[callers < lines.n], gone[victims < lines.n]])] = NOT_MADE
    elsewhere = np.full(len(legs.second) - len(x), np.nan)
    return legs.placed(np.concatenate([x, elsewhere]), np.concatenate([y, elsewhere]))


def calls_for_help(day: Day, state: State) -> Legs:
    """A call to the bank or the police just before the report."""
    rng, lines = day.rng("help"), day.world.lines
    cases = [c for c in state.cases if today(day, c["report_us"]) and (c["loss_fen"] or "spared" in c)]
    victim = np.array([case["victim"] for case in cases], np.int64)
    second = np.array([(case["report_us"] - day.world.day_us(day.number)) // US_PER_S for case in cases], np.int64)
    to = np.where(
        rng.random(len(cases)) < 0.5, rng.choice(lines.banks, len(cases)), rng.choice(lines.police, len(cases))
    )
    legs = calls(day, rng, victim, to, second - rng.integers(60, 300, len(cases)), rng.integers(40, 300, len(cases)))
    # Banks and police are no lines of the city, so there is one leg a call; who lost nothing makes none.
    legs.kind[np.array([not case["loss_fen"] for case in cases], bool)] = NOT_MADE
    return legs


def order_payments(day: Day, state: State) -> list[list[Any]]:
    """Turn today's payments of cases into ordered transfers along the gang's mules, in `state.in_flight`; returns those
    that would have been, had no warning stopped them.
    """
    promised: dict[int, int] = {}
    kept: list[list[Any]] = []
    for case in state.cases:
        for number, pay_us in enumerate(case["pays"]):
            if today(day, pay_us):
                held = int(state.balance[case["victim"]]) - promised.get(case["victim"], 0)
                fen = int(held * case["share"] / (len(case["pays"]) - number)) // 10_000 * 10_000
                if fen >= SMALLEST_FEN:
                    promised[case["victim"]] = promised.get(case["victim"], 0) + fen
                    rng = day.rng("chain", case["case"], number)
                    chain = _chain(day, rng, state, case, pay_us, fen)
                    chain += _recall(day, rng, chain)
                    if stopped(case, pay_us):
                        case.setdefault("spared", []).append([pay_us, fen])
                        kept += chain
                    else:
                        state.in_flight += chain
    return kept


def spared_today(day: Day, state: State) -> list[dict[str, Any]]:
    """Grain: one payment of today that a warning kept from happening, as it was meant."""
    return [{"case": case["case"], "pay_us": at_us, "fen": fen}
            for case in state.cases for at_us, fen in case.get("spared", ()) if today(day, at_us)]  # fmt: skip


def _mule(rng: Rng, day: Day, state: State, gang: int, layer: str) -> int:
    """One of the layer's mules in use: a window over the gang's list that moves on, past those that are held."""
    listed = [int(a) for a in day.world.gangs[gang].mules[layer] if int(a) not in state.held_fen]
    row = day.world.mix["gangs"]["mules"]
    begin = (day.number // row["days_used"]) * 2
    return listed[(begin + int(rng.integers(0, row[layer]))) % len(listed)] if listed else -1


def _chain(day: Day, rng: Rng, state: State, case: Case, pay_us: int, fen: int) -> list[list[Any]]:
    """The transfers of one payment: victim, first mule, two to four hops with splits and minutes between, then out."""
    out: list[list[Any]] = []
    front = [(case["victim"], pay_us, fen)]
    layers = ["first", "middle", "last"] if rng.random() < 0.65 else ["first", "last"]
    for hop, layer in enumerate(layers):
        ahead: list[tuple[int, int, int]] = []
        for payer, at_us, amount in front:
            together = at_us + _dwell(day, rng) if hop and rng.random() < day.world.mix["gangs"]["at_once"] else None
            device = phone_of(day.world, case["gang"], payer) if hop else payer
            for share in _split(rng, amount, 1 if hop == 0 else int(rng.integers(1, 4))):
                when = at_us if hop == 0 else together or at_us + _dwell(day, rng)
                mule = _mule(rng, day, state, case["gang"], layer)
                if mule >= 0 and mule != payer:
                    out.append([when, payer, mule, share, PAYMENT, APP, case["case"], hop, 0, device])
                    ahead.append((mule, when, share - share * int(rng.integers(0, 6)) // 1_000))
        front = ahead
    for payer, at_us, amount in front:
        out += _leave(day, rng, payer, at_us, amount, case, len(layers))
    return out


def _recall(day: Day, rng: Rng, chain: list[list[Any]]) -> list[list[Any]]:
    """The victim's bank asks a payment back, sometimes; `link` is when the payment was made, until it is booked."""
    row = day.world.mix["gangs"]["recalls"]
    if not chain or rng.random() >= row["share"]:
        return []
    at_us, victim, mule, fen, _, _, case, *_ = chain[0]
    after_s = int(lognormal(rng, row["after_min"]["median"] * 60, row["after_min"]["sigma"], 1)[0]) + RECALL_S
    return [[at_us + after_s * US_PER_S, mule, victim, fen, RETURN, ONLINE, case, RECALLED, at_us, -1]]


def _leave(day: Day, rng: Rng, payer: int, at_us: int, amount: int, of: Case, hop: int) -> list[list[Any]]:
    """Out of the ledger: cash at machines in pieces, a shop's terminal, abroad, or through everybody's wallet; or to
    somebody who sells goods in good faith.
    """
    accounts, way, ways = day.world.accounts, rng.random(), day.world.mix["gangs"]["leave"]
    when, case, device = at_us + _dwell(day, rng), of["case"], phone_of(day.world, of["gang"], payer)
    if way < ways["cash"]:
        sink, out = int(accounts.cash[accounts.bank[payer]]), []
        while amount >= 10_000:
            piece = min(amount // 10_000 * 10_000, ATM_LIMIT_FEN)
            out.append([when, payer, sink, piece, CASH_OUT, ATM, case, hop, 0, -1])
            amount, when = amount - piece, when + int(rng.integers(40, 150)) * US_PER_S
        return out
    shop, wallet = int(rng.choice(accounts.merchants)), int(accounts.wallet[0])
    seller = int(rng.integers(0, day.world.people.n))
    for name, payee in (("shop", shop), ("seller", seller), ("abroad", int(accounts.abroad[0]))):
        way -= ways[name]
        if way < ways["cash"]:
            return [[when, payer, payee, amount, PAYMENT, APP, case, hop, 0, device]]
    spent = when + _dwell(day, rng)
    return [[when, payer, wallet, amount, PAYMENT, APP, case, hop, 0, device],
            [spent, wallet, shop, amount, PAYMENT, ONLINE, case, hop + 1, 0, -1]]  # fmt: skip


def _split(rng: Rng, amount: int, pieces: int) -> list[int]:
    shares = rng.dirichlet(np.full(pieces, 4.0))
    parts = [int(amount * share) // 100 * 100 for share in shares[:-1]]
    return [part for part in [*parts, amount - sum(parts)] if part > 0]


def _dwell(day: Day, rng: Rng) -> int:
    """How long money stays on a mule's account: minutes where a crew waits for it, else until somebody finds time."""
    row = day.world.mix["gangs"]["dwell"]
    if rng.random() < row["crew"]:
        minutes = rng.uniform(*row["crew_min"])
    else:
        minutes = lognormal(rng, row["else_min"]["median"], row["else_min"]["sigma"], 1)[0]
    return int(np.clip(minutes, row["crew_min"][0], LONGEST_DWELL_MIN) * 60) * US_PER_S


def book_payments(day: Day, state: State, kept: list[list[Any]]) -> tuple[Moves, Ints, int]:
    """Book what is due today; returns the transfers, by account what must be kept from honest spending, and how many
    transfers more there were without warnings.

    `kept` are the transfers that warnings kept from happening: the rest of the day goes on as if that money were spent,
    so that a warning changes nothing before its time.
    """
    end = day.world.day_us(day.number) + US_PER_DAY
    booked, reserve = _due(day, state, [row for row in state.in_flight if row[0] < end])
    more = 0
    if kept:
        as_if, reserve = _due(day, state, [row for row in state.in_flight + kept if row[0] < end])
        more = len(as_if) - len(booked)
    by_case = {case["case"]: case for case in state.cases}
    for place, (at_us, _, payee, fen, kind, _, number, hop, _, _) in enumerate(booked, 1):
        if number in by_case and kind == RETURN:
            by_case[number]["loss_fen"] -= fen
        elif number in by_case and hop == 0:
            by_case[number]["paid"].append([at_us, fen, payee, -place])
            by_case[number]["loss_fen"] += fen
    state.in_flight = [row for row in state.in_flight if row[0] >= end]
    return (Moves(*np.array(booked, np.int64).T) if booked else nothing_moved()), reserve, more


def _due(day: Day, state: State, rows: list[list[Any]]) -> tuple[list[list[Any]], Ints]:
    """What is booked of the ordered transfers `rows`, and by account what must be kept from honest spending.

    Nobody pays what he has not got or what is held in his account: what depended on it does not happen. A recall brings
    back what is left, up to the payment, and nothing where hardly anything is.
    """
    reserve = np.zeros(day.world.accounts.n, np.int64)
    running: dict[int, int] = {}
    booked: list[list[Any]] = []
    numbers = {case["case"] for case in state.cases}
    originals = {(case["case"], paid[0]): paid[3] for case in state.cases for paid in case["paid"]}
    for row in sorted(rows, key=lambda r: (r[0], r[7], r[1], r[2])):
        at_us, payer, payee, fen, kind, _, number, hop, of_us, _ = row
        have = running.get(payer, 0)
        there = int(state.balance[payer]) + have - state.held_fen.get(payer, 0)
        if kind == RETURN:
            fen = min(fen, there)
            if (number, of_us) not in originals or fen < LEAST_RECALLED_FEN:
                continue
            row = [*row[:3], fen, *row[4:8], originals[number, of_us], row[9]]
        if there < fen:
            continue
        running[payer], running[payee] = have - fen, running.get(payee, 0) + fen
        reserve[payer] = max(int(reserve[payer]), fen - have)
        booked.append(row)
        if hop == 0 and number in numbers:
            originals[number, at_us] = -len(booked)
    return booked, reserve


def close_cases(day: Day, state: State) -> list[Case]:
    """Today's reports with a loss; cases that are over leave the state."""
    end = day.world.day_us(day.number) + US_PER_DAY
    over = [c for c in state.cases if (c["report_us"] or max(c["pays"]) + US_PER_HOUR) < end]
    numbers = {case["case"] for case in over}
    state.cases = [case for case in state.cases if case["case"] not in numbers]
    return sorted((c for c in over if c["report_us"] and c["loss_fen"]), key=lambda c: (c["report_us"], c["case"]))
