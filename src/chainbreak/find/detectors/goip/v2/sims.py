"""From contacts and uses to one row a SIM: how it calls, whom, from where and in what. Portable Ibis, integers."""

from __future__ import annotations

from typing import Any

from chainbreak.find.detectors.goip.v2.standing import PARTS
from chainbreak.find.features.integers import one, summed

FEW_CALLS = 2
"""Calls up to which a number that never called back is a stranger's: who rings somebody oftener knows him."""


def ties(contacts: Any) -> Any:
    """One row (sim, peer): sums over the days, days in contact, and what the peer is to the SIM: `stranger` (called
    once or twice, never called), `one_way` (called, never called), `mutual` (both)."""
    total = contacts.group_by("sim", "peer").agg(
        mo=summed(contacts.mo), mt=summed(contacts.mt), answered=summed(contacts.answered), long=summed(contacts.long),
        mo_s=summed(contacts.mo_s), days=contacts.count().cast("int64"), first_us=contacts.first_us.min(),
    )  # fmt: skip
    called, calling = total.mo > 0, total.mt > 0
    return total.mutate(
        one_way=one(called & ~calling), mutual=one(called & calling),
        stranger=one(called & ~calling & (total.mo <= FEW_CALLS)),
    )  # fmt: skip


def who(tie: Any) -> Any:
    """One row a SIM: calls and people, by direction."""
    reciprocal = (tie.mo + tie.mt) * tie.mutual
    marked = tie.mutate(called=one(tie.mo > 0), calling=one(tie.mt > 0), reciprocal=reciprocal,
                        returns=one(tie.days > 1))  # fmt: skip
    return marked.group_by("sim").agg(
        mo=summed(marked.mo), mt=summed(marked.mt), answered=summed(marked.answered), long=summed(marked.long),
        mo_s=summed(marked.mo_s), callees=summed(marked.called), callers=summed(marked.calling),
        one_way=summed(marked.one_way), strangers=summed(marked.stranger), mutual=summed(marked.mutual),
        reciprocal=summed(marked.reciprocal), regulars=summed(marked.returns),
    )  # fmt: skip


def days_of(contacts: Any) -> Any:
    """One row a SIM: days with calls, and the most different numbers called on one day."""
    marked = contacts.mutate(called=one(contacts.mo > 0))
    by_day = marked.group_by("sim", "local_day").agg(callees=summed(marked.called))
    return by_day.group_by("sim").agg(days=by_day.count().cast("int64"), busiest=by_day.callees.max())


def stays(uses: Any) -> Any:
    """One row (sim, cell_id): sightings by voice and message, and sum and count of timing advance (steps)."""
    known = uses.filter(uses.cell_id.notnull())
    return known.group_by("sim", "cell_id").agg(
        voice=summed(known.voice), texts=summed(known.texts_in + known.texts_out), ta=summed(known.ta),
        tas=summed(known.tas),
    )  # fmt: skip


def worn(uses: Any) -> Any:
    """One row (sim, imei)."""
    return uses.filter(uses.imei.notnull()).select("sim", "imei").distinct()


def seen(uses: Any) -> Any:
    """One row a SIM: its number, first and last sight (UTC µs), night legs, messages, authentication, parts of the
    day."""
    return uses.group_by("sim").agg(
        msisdn=uses.msisdn.min(), first_us=uses.first_us.min(), last_us=uses.last_us.max(), night=summed(uses.night),
        texts_in=summed(uses.texts_in), texts_out=summed(uses.texts_out), auth_us=summed(uses.auth_us),
        auths=summed(uses.auths), days_seen=uses.local_day.nunique().cast("int64"),
        **{f"part{n}": summed(uses[f"part{n}"]) for n in range(PARTS)},
    )  # fmt: skip
