"""Whose money an order holds when an account has too little for all: a stated policy, exact in fen.

It says for whom money is stopped first, nothing about who gets it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from chainbreak.act.returns.division import in_fen, quotas
from chainbreak.act.returns.model import Victim

Priority = Literal["earliest", "prorata"]


def allot(
    room_fen: int, traced: Mapping[str, int], held: Mapping[str, int], rank: Sequence[str], priority: Priority
) -> dict[str, int]:
    """claim_id -> fen to hold, of at most `room_fen`; nobody more than was traced for them and is not held already.

    `traced`, `held`: claim_id -> fen on this account. `rank`: claims from the report first made on. `earliest`: in that
    order until the room is used up. `prorata`: by what was traced, largest remainder, ties to the earlier.

    >>> allot(100, {"a": 90, "b": 30}, {}, ["b", "a"], "earliest")
    {'b': 30, 'a': 70}
    >>> allot(100, {"a": 90, "b": 30}, {"a": 40}, ["b", "a"], "prorata")
    {'b': 30, 'a': 50}
    """
    place = {claim_id: at for at, claim_id in enumerate(rank)}
    claims = sorted(traced, key=place.__getitem__)
    victims = [Victim(c, "", traced[c], place[c], returned_fen=held.get(c, 0)) for c in claims]
    room = max(room_fen, 0)
    if priority == "prorata":
        shares = in_fen(quotas(room, victims), victims)
    else:
        shares = {}
        for victim in victims:
            shares[victim.claim_id] = min(victim.cap_fen, room)
            room -= shares[victim.claim_id]
    return {claim_id: shares[claim_id] for claim_id in claims if shares.get(claim_id)}


def charged(plain_fen: int, traced: Mapping[str, int], held: Mapping[str, int], rank: Sequence[str]) -> dict[str, int]:
    """`held` with what orders without a claim hold there put to the claims in their rank: the same fen is held once.

    >>> charged(50, {"a": 40, "b": 30}, {"a": 10}, ["a", "b"])
    {'a': 40, 'b': 20}
    """
    place = {claim_id: at for at, claim_id in enumerate(rank)}
    put = dict(held)
    for claim_id in sorted(traced, key=place.__getitem__):
        more = min(plain_fen, max(traced[claim_id] - put.get(claim_id, 0), 0))
        if more:
            put[claim_id] = put.get(claim_id, 0) + more
            plain_fen -= more
    return put
