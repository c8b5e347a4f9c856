"""What goip@2 keeps standing of call records: contacts and uses by day. Both merge: sums add up, firsts and lasts hold.

Days are the records' own local days, so that days older than the window can be dropped whole.
"""

from __future__ import annotations

from typing import Any

import ibis

from chainbreak.find.contract.detector import Standing
from chainbreak.find.detectors.goip.v2.params import GoipParams
from chainbreak.find.features.calls import of_known_sims, voice_of
from chainbreak.find.features.integers import one, summed

LONG_S = 60
"""Seconds after which an answered call counts as a conversation (spec/goip.md 6)."""
NIGHT_ENDS = 7
"""Hour of the day at which the night is over."""
CONTACTS = {"mo": "sum", "mt": "sum", "answered": "sum", "long": "sum", "mo_s": "sum", "first_us": "min"}
HOURS_A_PART, PARTS = 3, 8
"""Parts of the day by which the hours of two cards are compared."""
USES = {
    "voice": "sum", "mo": "sum", "night": "sum", "texts_in": "sum", "texts_out": "sum", "first_us": "min",
    "last_us": "max", "msisdn": "min", "auth_us": "sum", "auths": "sum", "ta": "sum", "tas": "sum",
    **{f"part{n}": "sum" for n in range(PARTS)},
}  # fmt: skip


def standing(call: Any, params: GoipParams) -> dict[str, Standing]:
    """`contacts`: one row (sim, peer, local_day) of calls with subscribers; `uses`: one row (sim, imei, imei_tac,
    cell_id, local_day) of everything."""
    seen = of_known_sims(call)
    return {
        "contacts": Standing(contacts(seen), ("sim", "peer", "local_day"), CONTACTS, params.window_days),
        "uses": Standing(uses(seen), ("sim", "imei", "imei_tac", "cell_id", "local_day"), USES, params.window_days),
    }


def contacts(seen: Any) -> Any:
    """One row (sim, peer, local_day): calls out and in, answered and long ones among those out, seconds out, and the
    first call (UTC µs). Service numbers are nobody's contact."""
    voice = voice_of(seen)
    voice = voice.filter(voice.peer.notnull(), ibis.coalesce(voice.peer_class, "mobile") != "service")
    marked = voice.mutate(
        took=one(voice.answered) * voice.is_mo, held=one(voice.duration_s > LONG_S) * voice.is_mo,
        spoke=voice.duration_s * voice.is_mo,
    )  # fmt: skip
    return marked.group_by("sim", "peer", "local_day").agg(
        mo=summed(marked.is_mo), mt=summed(marked.is_mt), answered=summed(marked.took), long=summed(marked.held),
        mo_s=summed(marked.spoke), first_us=marked.at_us.min(),
    )  # fmt: skip


def uses(seen: Any) -> Any:
    """One row (sim, imei, imei_tac, cell_id, local_day): voice legs, those out, those at night, messages, first and
    last sight (UTC µs), the number, sums with counts of authentication (µs) and timing advance (steps), and voice legs
    by part of the day (`part0` .. `part7`, three hours each)."""
    is_voice = seen.is_mo + seen.is_mt
    part = {f"in{n}": is_voice * one(seen.local_hour // HOURS_A_PART == n) for n in range(PARTS)}
    marked = seen.mutate(
        is_voice=is_voice, is_in=one(seen.kind == "mt_sms"), is_out=one(seen.kind == "mo_sms"),
        is_night=is_voice * one(seen.local_hour < NIGHT_ENDS), **part,
        # Rounded before the cast, and summed as integers: engines differ in both.
        slow_us=(ibis.coalesce(seen.auth_ms, 0.0) * 1_000).round().cast("int64"), has_auth=one(seen.auth_ms.notnull()),
        steps=ibis.coalesce(seen.ta, 0).cast("int64"), has_ta=one(seen.ta.notnull()),
    )  # fmt: skip
    return marked.group_by("sim", "imei", "imei_tac", "cell_id", "local_day").agg(
        voice=summed(marked.is_voice), mo=summed(marked.is_mo), night=summed(marked.is_night),
        texts_in=summed(marked.is_in), texts_out=summed(marked.is_out),
        first_us=marked.at_us.min(), last_us=marked.at_us.max(), msisdn=marked.msisdn.min(),
        auth_us=summed(marked.slow_us), auths=summed(marked.has_auth), ta=summed(marked.steps),
        tas=summed(marked.has_ta), **{f"part{n}": summed(marked[f"in{n}"]) for n in range(PARTS)},
    )  # fmt: skip
