"""A trace as lines that a person reads: where each claim's money went, hop by hop, and a sum that adds up to the claim.

Under rules that know pieces (FIFO, LIFO, and the way back) it is a tree; where money mixes, a line a hop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chainbreak.base.clock import US_PER_HOUR, US_PER_MIN, from_us
from chainbreak.base.units import format_fen
from chainbreak.base.wording import Lang, catalogue, word

MOST = 200
"""Lines of a tree that a person reads; a program asks for --json."""
MIXED = -2
BUCKETS = ("holding", "exit", "in_flight", "unknown", "de_minimis", "origin")
ENDS = {"exits": "left", "in_flight": "in_flight", "unknown": "unknown", "de_minimis": "de_minimis",
        "origins": "origin"}  # fmt: skip


@dataclass(frozen=True)
class Saying:
    """Language and time zone."""

    lang: Lang = "zh"
    zone: str = "Asia/Shanghai"

    def say(self, key: str, **given: object) -> str:
        """A line of the catalogue."""
        return word(f"trace.{key}", self.lang, **given)

    def end(self, name: str, place: Mapping[str, Any], yuan: str, back: bool = False) -> str:
        """How money ended at a place; looking `back`, the horizon lies before it."""
        why = "horizon_back" if back and place.get("reason") == "horizon" else place.get("reason")
        reason = self.say(f"reason.{why}") if why else ""
        return self.say(name, yuan=yuan, kind=self.kind(place["kind"]), reason=reason)

    def kind(self, kind: str) -> str:
        """What a class of accounts is called; as the register writes it where the catalogue has no word."""
        return self.say(f"kind.{kind}") if f"trace.kind.{kind}" in catalogue() else kind

    def at(self, at_us: int) -> str:
        """Local time to the second."""
        return from_us(at_us, self.zone).strftime("%Y-%m-%d %H:%M:%S")


def word_trace(run: Mapping[str, Any], saying: Saying) -> list[str]:
    """The whole run (see `app.trace_money.trace_money`), but for its comparison of rules."""
    lines = [*_head(run, saying), ""]
    if "reached" in run:
        lines += _reached(run, saying)
    elif any(flow["parent"] == MIXED for flow in run["flows"]):
        lines += [*_by_hop(run, saying), "", *_holdings(run, saying), *_elsewhere(run, saying)]
    else:
        lines += _trees(run, saying)
    if "totals" in run:
        lines += ["", _sum(run["totals"], saying)]
    if run["caveats"]:
        ids = ", ".join(row["transfer_id"] for row in run["caveats"][:5])
        lines.append(saying.say("caveat", n=len(run["caveats"]), ids=ids))
    return lines


def word_why(why: Iterable[str], saying: Saying) -> str:
    """The reasons of a candidate."""
    return ("；" if saying.lang == "zh" else "; ").join(saying.say(f"why.{code}") for code in why)


def refusals(counts: Mapping[str, int], saying: Saying) -> str:
    """Why rows have no place in the ledger, with how many."""
    return ", ".join(saying.say(f"refusal.{why}", n=f"{n:,}") for why, n in sorted(counts.items()))


def _head(run: Mapping[str, Any], saying: Saying) -> list[str]:
    terms, ledger, say = run["terms"], run["ledger"], saying.say
    horizon = terms["horizon_us"]
    span = say("no_end") if horizon is None else say("hours", n=f"{horizon / US_PER_HOUR:g}")
    kind = "terms_back" if terms["back"] else "terms" if terms["de_minimis_fen"] else "terms_whole"
    lines = [
        say("head", run_id=run["run_id"], what=run["what"], rule=", ".join(terms["rules"])),
        say(kind, as_of=saying.at(terms["as_of_us"]), horizon=span, least=format_fen(terms["de_minimis_fen"])),
        say("ledger", digest=ledger["digest"][:12], rows=f"{ledger['rows']:,}", accounts=f"{ledger['accounts']:,}",
            until=saying.at(ledger["until_us"])),
    ]  # fmt: skip
    if ledger["refused"]:
        lines.append(say("refused", n=f"{sum(ledger['refused'].values()):,}", why=refusals(ledger["refused"], saying)))
    return lines


def _claim(claim: Mapping[str, Any], saying: Saying) -> str:
    part, opened = claim["claim_fen"] < claim["fen"], claim["claim_id"] != claim["transfer_id"]
    return saying.say(
        "claim_part" if part else "claim" if opened else "claim_none",
        claim=claim["claim_id"], yuan=format_fen(claim["claim_fen"]),
        whole=format_fen(claim["fen"]), at=saying.at(claim["booked_at_us"]), transfer=claim["transfer_id"],
        payer=claim["payer"],
    )  # fmt: skip


def _trees(run: Mapping[str, Any], saying: Saying) -> Iterator[str]:
    """For each claim its line, and under it the pieces, each below the one it came by."""
    flows = run["flows"]
    children: dict[int, list[int]] = defaultdict(list)
    roots: dict[str, int] = {}
    for number, flow in enumerate(flows):
        if flow["parent"] >= 0:
            children[flow["parent"]].append(number)
        else:
            roots[flow["claim_id"]] = number
    ends, accounts, left = _ends(run, saying, children), run["accounts"], MOST
    for claim in run["claims"]:
        yield _claim(claim, saying)
        stack = [(roots[claim["claim_id"]], "", True)]
        while stack and left > 0:
            number, before, last = stack.pop()
            line = _piece(flows[number], claim, accounts, saying, run["terms"]["back"])
            yield f"{before}{'└─ ' if last else '├─ '}{'  '.join([line, *ends[number]])}"
            left -= 1
            below = sorted(children[number], key=lambda n: (flows[n]["booked_at_us"], n))
            deeper = before + ("   " if last else "│  ")
            stack += [(n, deeper, n == below[-1]) for n in reversed(below)]
    if left == 0 and len(flows) > MOST:
        yield saying.say("more", n=f"{len(flows) - MOST:,}")


def _piece(
    flow: Mapping[str, Any], claim: Mapping[str, Any], accounts: Mapping[str, Any], saying: Saying, back: bool
) -> str:  # fmt: skip
    fen, account = flow["hi"] - flow["lo"], flow["payer" if back else "payee"]
    return saying.say(
        "piece_back" if back else "piece", hop=flow["hop"], yuan=format_fen(fen),
        minutes=_minutes(abs(flow["booked_at_us"] - claim["booked_at_us"])),
        share=_share(fen, claim["claim_fen"]), account=account, bank=accounts[account]["bank"],
    ).rstrip()  # fmt: skip


def _ends(run: Mapping[str, Any], saying: Saying, children: Mapping[int, list[int]]) -> list[list[str]]:
    """What ended at each piece, in words; what neither went on nor ended otherwise lies there."""
    flows = run["flows"]
    lying = [flow["hi"] - flow["lo"] for flow in flows]
    said: list[list[str]] = [[] for _ in flows]
    for number, below in children.items():
        lying[number] -= sum(flows[n]["hi"] - flows[n]["lo"] for n in below)
    for key, name in ENDS.items():
        for place in run[key]:
            lying[place["flow"]] -= place["fen"]
            said[place["flow"]].append(saying.end(name, place, format_fen(place["fen"]), run["terms"]["back"]))
    for number, fen in enumerate(lying):
        if fen > 0:
            said[number].insert(0, saying.say("lies", yuan=format_fen(fen)))
    return said


def _by_hop(run: Mapping[str, Any], saying: Saying) -> Iterator[str]:
    """Where money mixes: the claims, and a line a hop."""
    began = {claim["claim_id"]: claim["booked_at_us"] for claim in run["claims"]}
    hops: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for flow in run["flows"]:
        hops[flow["hop"]].append(flow)
    yield from (_claim(claim, saying) for claim in run["claims"])
    for hop, flows in sorted(hops.items()):
        after = [flow["booked_at_us"] - began[flow["claim_id"]] for flow in flows]
        yield saying.say("hop", hop=hop, n=f"{len(flows):,}", accounts=f"{len({f['payee'] for f in flows}):,}",
                         first=_minutes(min(after)), last=_minutes(max(after)))  # fmt: skip


def _holdings(run: Mapping[str, Any], saying: Saying) -> Iterator[str]:
    began = min(claim["booked_at_us"] for claim in run["claims"])
    rows: Sequence[Mapping[str, Any]] = run["holdings"]
    if rows:
        yield saying.say("holdings")
    for row in rows[:MOST]:
        yield "  " + saying.say(
            "holding", account=row["account"], bank=row["bank"], yuan=format_fen(row["fen"]),
            share=_share(row["fen"], run["totals"]["claimed"]), balance=format_fen(row["balance_fen"]),
            depth=row["depth"], minutes=_minutes(row["last_in_us"] - began),
        )  # fmt: skip
    if len(rows) > MOST:
        yield saying.say("more", n=f"{len(rows) - MOST:,}")


def _elsewhere(run: Mapping[str, Any], saying: Saying) -> Iterator[str]:
    """Where money mixes, what does not lie on an account, summed: exits by class, unknown by reason."""
    summed: dict[str, int] = defaultdict(int)
    for key, name in ENDS.items():
        for place in run[key]:
            summed[saying.end(name, place, "{yuan}")] += place["fen"]
    for text, fen in summed.items():
        yield "  " + text.format(yuan=format_fen(fen))


def _reached(run: Mapping[str, Any], saying: Saying) -> Iterator[str]:
    began = min(claim["booked_at_us"] for claim in run["claims"])
    yield from (_claim(claim, saying) for claim in run["claims"])
    yield saying.say("reached", n=f"{len(run['reached']):,}")
    for row in run["reached"][:MOST]:
        yield "  " + saying.say("touched", depth=row["depth"], minutes=_minutes(row["first_us"] - began),
                                account=row["account"], bank=row["bank"], kind=saying.kind(row["kind"]))  # fmt: skip
    if len(run["reached"]) > MOST:
        yield saying.say("more", n=f"{len(run['reached']) - MOST:,}")


def _sum(totals: Mapping[str, int], saying: Saying) -> str:
    """Bucket by bucket; those that are empty are left out."""
    parts = [saying.say(f"bucket.{name}", yuan=format_fen(totals[name])) for name in BUCKETS if totals[name]]
    return saying.say("sum", parts=" + ".join(parts), sum=format_fen(sum(totals[name] for name in BUCKETS)),
                      claimed=format_fen(totals["claimed"]))  # fmt: skip


def _minutes(us: int) -> str:
    return f"{us // US_PER_MIN:,}"


def _share(fen: int, of: int) -> str:
    return f"{100 * fen / of:.1f} %" if of else ""
