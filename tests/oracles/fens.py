"""FIFO and LIFO with one object a fen: every coin goes through the whole ledger, then the claimed ones are looked up.

Nothing is a piece here, so a de-minimis cannot be said; everything else can.
"""

from __future__ import annotations

import itertools

from tests.oracles.case import UNKNOWN, Answer, Case

Coin = tuple[int, int]
"""The coin's number, and the row that brought it."""


def by_fens(case: Case, rule: str) -> Answer:
    """Places only; `case.de_minimis` must be 0."""
    assert case.de_minimis == 0
    carried = _carried(case, rule == "lifo")
    answer = Answer()
    for claim, share in enumerate(case.claims):
        for coin in carried[share.row][share.lo : share.lo + share.fen]:
            answer.put(claim, *_end(case, claim, [i for i in range(share.row, len(carried)) if coin in carried[i]]), 1)
    return answer


def _carried(case: Case, last_first: bool) -> list[list[int]]:
    """The coins of every row, by their offset in it."""
    mint = itertools.count()
    purses: list[list[Coin]] = [[(next(mint), -1) for _ in range(fen)] for fen in case.opening]
    rows: list[list[int]] = []
    for i, row in enumerate(case.alive()):
        purse = purses[row.payer]
        mine = [coin for coin in purse if coin[1] == row.link >= 0]
        back = mine[-row.fen :] if last_first else mine[: row.fen]
        purse[:] = [coin for coin in purse if coin not in back]
        need = row.fen - len(back)
        unknown = [(next(mint), -1) for _ in range(need - len(purse))]
        purse[:] = unknown + purse if last_first else purse + unknown
        others = purse[len(purse) - need :] if last_first else purse[:need]
        purse[:] = purse[: len(purse) - need] if last_first else purse[need:]
        moved = [(coin, i) for coin, _ in (others + back if last_first else back + others)]
        theirs = purses[row.payee]
        theirs[:] = moved + theirs if row.link >= 0 and not last_first else theirs + moved
        rows.append([coin for coin, _ in moved])
    return rows


def _end(case: Case, claim: int, way: list[int]) -> tuple[int, tuple[str, str]]:
    """Account, bucket and reason at which a coin that travelled by the rows of `way` is lost sight of or stands."""
    account = case.rows[way[0]].payee
    if stop := case.stop(account, case.rows[way[0]].at):
        return account, stop
    for i in way[1:]:
        row = case.rows[i]
        if row.at > case.covered[account]:
            return account, (UNKNOWN, "coverage_ended")
        if row.at > case.last(claim):
            return account, (UNKNOWN, "horizon")
        account = row.payee
        if stop := case.stop(account, row.at):
            return account, stop
    return account, case.rest(account)


def back_by_fens(case: Case) -> tuple[list[set[tuple[int, int]]], Answer]:
    """FIFO backward: of each claim every (row, offset) that one of its coins came by, and where their trails begin.

    A trail begins at an opening or with money from nowhere known, and is lost at an account whose ledger is not held
    (a sink's never is) or was no longer held when it paid, and at what was booked before the horizon.
    """
    carried = _carried(case, last_first=False)
    came, answer = [], Answer()
    for claim, share in enumerate(case.claims):
        seen: set[tuple[int, int]] = set()
        since = 0 if case.horizon is None else case.rows[share.row].at - case.horizon
        for coin in carried[share.row][share.lo : share.lo + share.fen]:
            way = [i for i in range(share.row, -1, -1) if coin in carried[i]]
            for i, before in itertools.zip_longest(way, way[1:]):
                seen.add((i, carried[i].index(coin)))
                account = case.rows[i].payer
                if lost := _lost(case, account, case.rows[i].at):
                    answer.put(claim, account, lost, 1)
                    break
                if before is None:
                    answer.put(claim, account, ("origin", ""), 1)
                elif case.rows[before].at < since:
                    answer.put(claim, account, (UNKNOWN, "horizon"), 1)
                    break
        came.append(seen)
    return came, answer


def _lost(case: Case, payer: int, at: int) -> tuple[str, str] | None:
    if case.sink[payer] or case.covered[payer] == 0:
        return UNKNOWN, "no_coverage"
    return (UNKNOWN, "coverage_ended") if at > case.covered[payer] else None
