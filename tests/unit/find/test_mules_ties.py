"""What ties accounts in mules@2: positions behind reported payments, rings of those that work together, layers."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.clock import US_PER_DAY, US_PER_MIN
from chainbreak.find.detectors.mules.v2.cited import Cited, in_order
from chainbreak.find.detectors.mules.v2.rings import communities, layer
from chainbreak.find.detectors.mules.v2.ties import MOST_HOPS, positions, traced_hops, traced_minutes
from chainbreak.records.finding import write_token

Row = dict[str, Any]
DAY_10 = 10 * US_PER_DAY


def paid(minute: int, payer: int, payee: int) -> Row:
    """One transfer, `minute` minutes after day 10."""
    return {"record_ref": f"t{minute}-{payer}-{payee}", "booked_at_us": DAY_10 + minute * US_PER_MIN, "seq": 0,
            "payer": payer, "payee": payee, "amount_fen": 100_000}  # fmt: skip


def report(minute: int, *accounts: int) -> Row:
    """A report that names accounts, so many minutes after day 10."""
    return {"record_ref": f"r{minute}", "reported_at_us": DAY_10 + minute * US_PER_MIN,
            "identifiers": [*(write_token("account", a) for a in accounts), "example.com", "account:odd"]}  # fmt: skip


CHAIN = [paid(0, 90, 1), paid(5, 1, 2), paid(9, 2, 3), paid(9, 1, 4)]


def hops(transfers: list[Row], reports: list[Row], stops: frozenset[int] = frozenset()) -> dict[int, tuple[int, float]]:
    """Account -> hops and minutes."""
    return {a: (p.hops, p.minutes) for a, p in positions(transfers, reports, stops).items()}


def test_money_is_followed_from_the_reported_payment() -> None:
    assert hops(CHAIN, [report(60, 1)]) == {1: (0, 0.0), 2: (1, 5.0), 3: (2, 9.0), 4: (1, 9.0)}


def test_what_was_paid_before_the_money_came_is_not_its_way() -> None:
    assert hops([paid(0, 90, 1), paid(-5, 1, 2), paid(1500, 1, 3)], [report(2000, 1)]) == {1: (0, 0.0)}


def test_a_payment_after_the_report_or_long_before_it_is_not_the_reported_one() -> None:
    assert hops([paid(90, 90, 1), paid(-11_000, 91, 1)], [report(60, 1)]) == {}


def test_institutions_end_the_way() -> None:
    assert 3 not in hops(CHAIN, [report(60, 1)], stops=frozenset({2}))
    assert hops(CHAIN, [report(60, 1)], stops=frozenset({2}))[2] == (1, 5.0)


def test_the_later_of_two_payments_tells_how_long_money_took() -> None:
    twice = [paid(0, 90, 1), paid(30, 91, 1), paid(35, 1, 2)]
    assert hops(twice, [report(60, 1)])[2] == (1, 5.0)


def test_nothing_is_said_beyond_the_last_hop() -> None:
    line = [paid(n, 100 + n, 101 + n) for n in range(MOST_HOPS + 3)]
    found = hops(line, [report(60, 101)])
    assert found[101 + MOST_HOPS] == (MOST_HOPS, float(MOST_HOPS))
    assert 102 + MOST_HOPS not in found


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 8), st.integers(1, 8)), max_size=25), st.integers(1, 8))
def test_a_position_follows_from_its_own_records(moves: list[tuple[int, int, int]], named: int) -> None:
    transfers = list({t["record_ref"]: t for t in (paid(*m) for m in moves if m[1] != m[2])}.values())
    told = report(301, named)
    for account, found in positions(transfers, [told], frozenset()).items():
        cited = [t for t in transfers if t["record_ref"] in found.refs]
        rows = {"transfer": pa.Table.from_pylist(cited), "report": pa.Table.from_pylist([told])}
        assert traced_hops(rows, write_token("account", account)) == found.hops
        assert traced_minutes(rows, write_token("account", account)) == found.minutes


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 6), st.integers(1, 6)), max_size=20), st.integers(0, 300))
def test_later_rows_change_no_earlier_position(moves: list[tuple[int, int, int]], cut: int) -> None:
    transfers = list({t["record_ref"]: t for t in (paid(*m) for m in moves if m[1] != m[2])}.values())
    early = [t for t in transfers if t["booked_at_us"] <= DAY_10 + cut * US_PER_MIN]
    before, after = hops(early, [report(301, 1)]), hops(transfers, [report(301, 1)])
    for account, (count, _) in before.items():
        assert after[account][0] <= count
    late = {t["payee"] for t in transfers} - {t["payee"] for t in early}
    assert not late & before.keys()


def test_dense_groups_with_one_link_between_them_are_two_rings() -> None:
    one = {(a, b): 3.0 for a in range(1, 6) for b in range(a + 1, 6)}
    two = {(a, b): 3.0 for a in range(11, 16) for b in range(a + 1, 16)}
    found = communities({**one, **two, (5, 11): 1.0})
    assert len(set(found.values())) == 2
    assert found == communities(dict(sorted({**two, (5, 11): 1.0, **one}.items(), reverse=True)))


@given(st.dictionaries(st.tuples(st.integers(1, 12), st.integers(13, 24)), st.floats(1, 9), max_size=30))
def test_every_account_has_one_ring_named_after_its_lowest(links: dict[tuple[int, int], float]) -> None:
    found = communities(links)
    assert found.keys() == {n for pair in links for n in pair}
    assert all(found[group] == group <= node for node, group in found.items())


def side(minute: int, other: int, fen: int, *, is_in: bool) -> Row:
    """One side of a transfer."""
    return {
        **paid(minute, 0, 0),
        "record_ref": f"{minute}-{other}",
        "amount_fen": fen,
        "other": other,
        "is_in": int(is_in),
    }


def test_layers_follow_where_money_comes_from_and_goes() -> None:
    ring = frozenset({1, 2, 3})
    first = Cited(in_order([side(0, 90, 100, is_in=True), side(5, 2, 99, is_in=False)]))
    middle = Cited(in_order([side(0, 1, 100, is_in=True), side(5, 3, 99, is_in=False)]))
    last = Cited(in_order([side(0, 2, 100, is_in=True), side(5, 80, 99, is_in=False)]))
    assert [layer(of, ring) for of in (first, middle, last)] == ["first", "middle", "last"]
