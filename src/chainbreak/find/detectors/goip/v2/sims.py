"""From contacts and uses to one row a SIM: how it calls, whom, from where and in what. Portable Ibis, integers."""

from __future__ import annotations

from typing import Any

import ibis

from chainbreak.find.detectors.goip.v2.standing import PARTS

FEW_CALLS = 2
"""Calls up to which a number that never called back is a stranger's: who rings somebody oftener knows him."""


def ties(contacts: Any) -> Any:
    """One row (sim, peer): sums over the days, days in contact, and what the peer is to the SIM: `stranger` (called
    once or twice, never called), `one_way` (called, never called), `mutual` (both)."""
    total = contacts.group_by("sim", "peer").agg(
        mo=_sum(contacts.mo), mt=_sum(contacts.mt), answered=_sum(contacts.answered), long=_sum(contacts.long),
        mo_s=_sum(contacts.mo_s), days=contacts.count().cast("int64"), first_us=contacts.first_us.min(),
    )  # fmt: skip
    called, calling = total.mo > 0, total.mt > 0
    return total.mutate(
        one_way=_one(called & ~calling), mutual=_one(called & calling),
        stranger=_one(called & ~calling & (total.mo <= FEW_CALLS)),
    )  # fmt: skip


def who(tie: Any) -> Any:
    """One row a SIM: calls and people, by direction."""
    reciprocal = (tie.mo + tie.mt) * tie.mutual
    marked = tie.mutate(called=_one(tie.mo > 0), calling=_one(tie.mt > 0), reciprocal=reciprocal,
                        returns=_one(tie.days > 1))  # fmt: skip
    return marked.group_by("sim").agg(
        mo=_sum(marked.mo), mt=_sum(marked.mt), answered=_sum(marked.answered), long=_sum(marked.long),
        mo_s=_sum(marked.mo_s), callees=_sum(marked.called), callers=_sum(marked.calling),
        one_way=_sum(marked.one_way), strangers=_sum(marked.stranger), mutual=_sum(marked.mutual),
        reciprocal=_sum(marked.reciprocal), regulars=_sum(marked.returns),
    )  # fmt: skip


def days_of(contacts: Any) -> Any:
    """One row a SIM: days with calls, and the most different numbers called on one day."""
    marked = contacts.mutate(called=_one(contacts.mo > 0))
    by_day = marked.group_by("sim", "local_day").agg(callees=_sum(marked.called))
    return by_day.group_by("sim").agg(days=by_day.count().cast("int64"), busiest=by_day.callees.max())


def stays(uses: Any) -> Any:
    """One row (sim, cell_id): sightings by voice and message, and sum and count of timing advance (steps)."""
    known = uses.filter(uses.cell_id.notnull())
    return known.group_by("sim", "cell_id").agg(
        voice=_sum(known.voice), texts=_sum(known.texts_in + known.texts_out), ta=_sum(known.ta), tas=_sum(known.tas),
    )  # fmt: skip


def worn(uses: Any) -> Any:
    """One row (sim, imei)."""
    return uses.filter(uses.imei.notnull()).select("sim", "imei").distinct()


def seen(uses: Any) -> Any:
    """One row a SIM: its number, first and last sight (UTC µs), night legs, messages, authentication, parts of the
    day."""
    return uses.group_by("sim").agg(
        msisdn=uses.msisdn.min(), first_us=uses.first_us.min(), last_us=uses.last_us.max(), night=_sum(uses.night),
        texts_in=_sum(uses.texts_in), texts_out=_sum(uses.texts_out), auth_us=_sum(uses.auth_us),
        auths=_sum(uses.auths), days_seen=uses.local_day.nunique().cast("int64"),
        **{f"part{n}": _sum(uses[f"part{n}"]) for n in range(PARTS)},
    )  # fmt: skip


def _one(condition: Any) -> Any:
    return ibis.coalesce(condition, False).cast("int64")


def _sum(column: Any) -> Any:
    return column.sum().cast("int64")
