"""FIFO and LIFO with one object a fen: every coin goes through the whole ledger, then the claimed ones are looked up.

Nothing is a piece here, so a de-minimis cannot be said; everything else can.
"""

from __future__ import annotations

import itertools

from tests.oracles.case import UNKNOWN, Answer, Case, Row

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
    """The coins of every row, in the order in which they left."""
    mint = itertools.count()
    purses: list[list[Coin]] = [[(next(mint), -1) for _ in range(fen)] for fen in case.opening]
    rows: list[list[int]] = []
    for i, row in enumerate(case.alive()):
        purse = purses[row.payer]
        back: list[int] = []
        while len(back) < row.fen and (at := _returned(purse, row, last_first)) is not None:
            back.append(purse.pop(at)[0])
        others: list[int] = []
        while len(back) + len(others) < row.fen:
            others.append(purse.pop(-1 if last_first else 0)[0] if purse else next(mint))
        first, then = ([(coin, i) for coin in coins] for coins in (back, others))
        theirs = purses[row.payee]
        theirs[:] = [*theirs, *first, *then] if last_first else [*first, *theirs, *then]
        rows.append(back + others)
    return rows


def _returned(purse: list[Coin], row: Row, last_first: bool) -> int | None:
    """Where the next coin of the returned row lies."""
    if row.link < 0:
        return None
    places = [at for at, (_, brought) in enumerate(purse) if brought == row.link]
    return places[-1 if last_first else 0] if places else None


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
