"""The ledger of a centre: one order whatever the files, nothing lost silently, grown to the same as if built anew."""

from __future__ import annotations

import itertools
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.ledger_of import Held, build_ledger, ledger_of
from chainbreak.app.ledger_rows import COLUMNS, LAST, rows_of
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import SetupError
from chainbreak.base.settings import Settings, Tracing
from chainbreak.find.tracing import FOREVER

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from money_world import ACCOUNTS, AWAY, CASH, M1, M2, NOON_US, SHOP, TRANSFERS, V, bring, transfers_csv


def table(*rows: tuple[Any, ...]) -> pa.Table:
    """Rows of (transfer_id, at, seq, payer, payee, fen, currency, link); the ref follows from the row."""
    full = [(ident, f"{i:032x}", *rest) for i, (ident, *rest) in enumerate(rows)]
    types = (pa.string(), pa.string(), *[pa.int64()] * 5, pa.string(), pa.string())
    columns = list(zip(*full, strict=True)) or [()] * len(COLUMNS)
    return pa.table({name: pa.array(column, of) for name, column, of in zip(COLUMNS, columns, types, strict=True)})


def refused(made: Any) -> list[tuple[str, str]]:
    return sorted((row["transfer_id"], row["why"]) for row in made.refused.to_pylist())


def test_rows_stand_in_order_of_time_and_sequence_whatever_the_files() -> None:
    given_rows = [("a", 5, 2, 1, 2, 10, None, None), ("b", 5, 1, 2, 3, 20, "CNY", None),
                  ("c", 4, None, 3, 1, 30, "cny", None)]  # fmt: skip
    for rows in itertools.permutations(given_rows):
        made = rows_of(table(*rows))
        assert made.ids.to_pylist() == ["c", "b", "a"]
        assert (made.at_us.tolist(), made.fen.tolist()) == ([4, 5, 5], [30, 20, 10])
        assert made.seq.tolist() == [LAST, 1, 2]


def test_ties_on_one_account_are_refused_and_the_rest_goes_on() -> None:
    made = rows_of(table(
        ("in1", 5, None, 1, 2, 10, None, None), ("in2", 5, None, 3, 2, 10, None, None),  # which came first into 2?
        ("far", 5, None, 8, 9, 10, None, None),  # shares no account with them
        ("d1", 7, 4, 1, 2, 10, None, None), ("d2", 7, 4, 2, 3, 10, None, None), ("d3", 7, 5, 3, 4, 10, None, None),
    ))  # fmt: skip
    assert made.ids.to_pylist() == ["far", "d3"]
    assert refused(made) == [("d1", "tie"), ("d2", "tie"), ("in1", "tie"), ("in2", "tie")]


def test_a_transfer_to_oneself_is_no_tie_with_itself() -> None:
    assert rows_of(table(("s", 5, None, 1, 1, 10, None, None))).ids.to_pylist() == ["s"]


def test_other_currencies_are_kept_apart() -> None:
    made = rows_of(table(("y", 1, 1, 1, 2, 10, "CNY", None), ("d", 2, 2, 1, 2, 10, "USD", None)))
    assert (made.ids.to_pylist(), refused(made)) == (["y"], [("d", "currency")])


def test_of_two_versions_of_a_transfer_the_later_booking_counts() -> None:
    made = rows_of(table(("t", 1, 1, 1, 2, 10, None, None), ("t", 3, 1, 1, 2, 11, None, None),
                         ("u", 2, 1, 1, 2, 5, None, None)))  # fmt: skip
    assert list(zip(made.ids.to_pylist(), made.fen.tolist(), strict=True)) == [("u", 5), ("t", 11)]


def test_a_return_names_its_original_and_one_that_undoes_nothing_is_a_payment() -> None:
    made = rows_of(table(
        ("r1", 3, 1, 2, 1, 10, None, "t"), ("t", 1, 1, 1, 2, 10, None, None),
        ("r2", 4, 1, 3, 1, 10, None, "t"),  # t did not go to 3
        ("r3", 5, 1, 2, 1, 10, None, "lost"), ("r4", 2, 1, 2, 1, 5, None, "later"),
        ("later", 6, 1, 1, 2, 5, None, None),
    ))  # fmt: skip
    by_id = dict(zip(made.ids.to_pylist(), made.link.tolist(), strict=True))
    assert by_id == {"t": -1, "r4": -1, "r1": 0, "r2": -1, "r3": -1, "later": -1}
    assert refused(made) == [("r2", "original"), ("r3", "original"), ("r4", "original")]


@given(st.lists(st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(0, 2)), st.integers(0, 3),
                          st.integers(0, 3)), max_size=12), st.randoms())  # fmt: skip
def test_no_order_of_files_changes_what_is_kept_and_no_row_is_lost(rows: list[Any], draw: Any) -> None:
    full = [(f"t{i}", at, seq, payer, payee, 5, None, None) for i, (at, seq, payer, payee) in enumerate(rows)]
    first = table(*full)
    shuffled = first.take(pa.array(draw.sample(range(len(full)), len(full)), pa.int64()))
    one, other = rows_of(first), rows_of(shuffled)
    assert one.ids.to_pylist() == other.ids.to_pylist()
    assert refused(one) == refused(other)
    everyone = [*one.ids.to_pylist(), *(ident for ident, _ in refused(one))]
    assert sorted(everyone) == sorted(row[0] for row in full)
    # What is left has an order on every account: no instant holds two rows of one account without one.
    seen = set[tuple[int, int, int]]()
    columns = (one.at_us, one.seq, one.payer, one.payee)
    for at, seq, *sides in zip(*(column.tolist() for column in columns), strict=True):
        keys = {(at, seq, side) for side in sides}
        assert not keys & seen
        seen |= keys


@pytest.fixture
def office(new_office: Office, tmp_path: Path) -> Office:
    bring(new_office, tmp_path / "files", "account", ACCOUNTS)
    bring(new_office, tmp_path / "files", "transfer", transfers_csv(TRANSFERS))
    return new_office


def number(office: Office, held: Held, account: str) -> int:
    from chainbreak.app.report_texts import named_by_hand

    found = held.number(named_by_hand(office, f"account:{account}").key)
    assert found is not None
    return found


def test_the_register_says_what_is_an_exit_and_what_is_held(office: Office) -> None:
    held = ledger_of(office)
    told = {name: number(office, held, name) for name in (V, M1, CASH, SHOP, AWAY)}
    ledger = held.tracer.ledger
    assert [bool(ledger.sink[told[name]]) for name in (V, M1, CASH, SHOP)] == [False, False, True, True]
    assert ledger.opening_fen[told[M1]] == 20_000
    assert (ledger.opening_fen[told[AWAY]], ledger.covered_until_us[told[AWAY]]) == (-1, 0)
    assert ledger.covered_until_us[told[V]] == FOREVER
    assert (held.bank(told[M1]), held.kind(told[CASH]), held.bank(told[AWAY])) == ("东湖农商行", "sink", "")
    assert held.row_of("t3") == 3
    assert held.transfer_id(3) == "t3"
    assert held.row_of("t9") is None


def with_tracing(office: Office, **told: Any) -> Office:
    from dataclasses import replace

    settings = office.centre.settings.model_copy(update={"tracing": Tracing.model_validate(told)})
    return Office(replace(office.centre, settings=settings), office.clock)


def test_settings_say_whose_ledgers_are_held_which_accounts_are_exits_and_whose_clock_is_ahead(office: Office) -> None:
    plain = ledger_of(office)
    changed = with_tracing(
        office, coverage={"云川银行": True, "东湖农商行": "2026-11-20T10:10:00+08:00", "青溪银行": False},
        sinks=[plain.account(number(office, plain, M2))], skew_s={"东湖农商行": 600},
    )  # fmt: skip
    held = ledger_of(changed)
    ledger = held.tracer.ledger
    covered = {name: int(ledger.covered_until_us[number(office, held, name)]) for name in (V, M1, AWAY)}
    assert covered == {V: FOREVER, M1: NOON_US - 110 * 60_000_000, AWAY: 0}
    assert ledger.sink[number(office, held, M2)]
    # t2 to t4 were booked by that bank's clock, ten minutes ahead: t2 (10:05 by it) goes before t1 (10:00).
    assert held.ids.to_pylist() == ["t0", "t2", "t3", "t1", "t4", "t5"]
    assert held.digest() != plain.digest()


def test_a_sink_that_is_no_account_is_refused_by_name(office: Office) -> None:
    with pytest.raises(SetupError, match="CB-TR-021"):
        ledger_of(with_tracing(office, sinks=["line:0011223344556677"]))


def test_a_centre_without_a_register_takes_every_account_as_held(new_office: Office, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="CB-TR-020"):
        ledger_of(new_office)
    bring(new_office, tmp_path / "files", "transfer", transfers_csv(TRANSFERS))
    ledger = ledger_of(new_office).tracer.ledger
    assert set(ledger.covered_until_us.tolist()) == {FOREVER}
    assert set(ledger.opening_fen.tolist()) == {-1}


LATER = [("t6", 40, M3 := "6222021234567850", M1, 7), ("t7", 41, "6222021234567990", V, 9)]


def test_later_rows_grow_the_ledger_to_what_it_would_be_anew(office: Office, tmp_path: Path) -> None:
    first = ledger_of(office)
    early, tracer, until = first.digest(), first.tracer, first.until_us
    bring(office, tmp_path / "files", "transfer", transfers_csv(LATER, 100), "later")
    grown = ledger_of(office)
    assert grown.tracer is tracer, "built anew although only later rows came"
    anew = build_ledger(office, grown.version, office.centre.settings.tracing)
    assert grown.ids.to_pylist() == anew.ids.to_pylist() == ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"]
    assert grown.digest() == anew.digest() != early
    assert grown.digest(until) == early, "later rows changed what an earlier run cites"
    assert grown.record_ref(7) == anew.record_ref(7)
    by_token = [dict(zip((h.account(n) for n in range(len(h.register.tokens))),
                         h.tracer.balance(None).tolist(), strict=True)) for h in (grown, anew)]  # fmt: skip
    assert by_token[0] == by_token[1]


@pytest.mark.parametrize(
    "rows",
    [[("t1b", 1, V, M2, 5)], [("t5", 50, V, M2, 5)], [("t5b", 30, V, M2, 5)]],
    ids=["booked earlier", "another version of a row", "same instant, smaller sequence"],
)
def test_whatever_else_comes_builds_it_anew(office: Office, tmp_path: Path, rows: list[Any]) -> None:
    first = ledger_of(office)
    bring(office, tmp_path / "files", "transfer", transfers_csv(rows, 2), "more")
    held = ledger_of(office)
    assert held.tracer is not first.tracer
    anew = build_ledger(office, held.version, office.centre.settings.tracing)
    assert (held.digest(), held.ids.to_pylist()) == (anew.digest(), anew.ids.to_pylist())


HEAD = "transfer_id,booked_at_us,seq,payer,payee,amount_fen,currency,kind\n"
END_US = NOON_US + 60_000_000


@pytest.mark.parametrize(
    ("early", "late", "places"),
    [
        # Two rows of one instant have no order; a third one, delivered later, has none either.
        ([("x1", "", V, M1, "CNY"), ("x2", "", V, M2, "CNY")], [("x3", "", V, AWAY, "CNY")], []),
        # After a numbered row, one of the same instant without a number.
        ([("x1", "7", V, M1, "CNY")], [("x2", "", V, M2, "CNY")], ["x1"]),
        ([("x1", "7", V, M1, "CNY")], [("x2", "8", V, M2, "CNY")], ["x1", "x2"]),
        # What had no place comes again, corrected, and then it has one.
        ([("x1", "7", V, M1, "USD")], [("x1", "7", V, M1, "CNY"), ("x2", "8", V, M1, "CNY")], None),
    ],
    ids=["third of a tie", "numbered, then not", "numbered on", "corrected"],
)
def test_an_instant_delivered_in_two_parts_is_the_same_as_in_one(
    office: Office, tmp_path: Path, early: list[Any], late: list[Any], places: list[str] | None
) -> None:
    for name, rows in (("early", early), ("late", late)):
        text = "".join(f"{i},{END_US},{seq},{a},{b},5,{money},payment\n" for i, seq, a, b, money in rows)
        bring(office, tmp_path / "files", "transfer", HEAD + text, name)
        held = ledger_of(office)
    anew = build_ledger(office, held.version, office.centre.settings.tracing)
    assert (held.digest(), held.ids.to_pylist(), refused(held)) == (anew.digest(), anew.ids.to_pylist(), refused(anew))
    assert places is None or held.ids.to_pylist()[6:] == places


def test_an_account_that_turns_up_later_is_an_exit_if_the_settings_say_so(office: Office, tmp_path: Path) -> None:
    from chainbreak.app.report_texts import named_by_hand

    stranger = "6222021234567892"
    changed = with_tracing(office, sinks=[named_by_hand(office, f"account:{stranger}").key])
    first = ledger_of(changed)
    bring(changed, tmp_path / "files", "transfer", transfers_csv([("t6", 40, V, stranger, 7)], 100), "later")
    held = ledger_of(changed)
    assert held.tracer is first.tracer
    assert held.tracer.ledger.sink[number(changed, held, stranger)]
    assert held.digest() == build_ledger(changed, held.version, changed.centre.settings.tracing).digest()


def test_without_a_register_a_later_account_is_held_only_where_the_settings_name_no_banks(
    new_office: Office, tmp_path: Path
) -> None:
    bring(new_office, tmp_path / "files", "transfer", transfers_csv(TRANSFERS))
    offices = [new_office, with_tracing(new_office, coverage={"云川银行": True})]
    for at, each in enumerate(offices):
        ledger_of(each)
        rows = [(f"t{6 + at}", 40 + at, V, f"622202123456780{at}", 7)]
        bring(each, tmp_path / "files", "transfer", transfers_csv(rows, 100 + at), f"later{at}")
        held = ledger_of(each)
        covered = set(held.tracer.ledger.covered_until_us.tolist())
        assert covered == ({0} if each.centre.settings.tracing.coverage else {FOREVER})
        assert held.digest() == build_ledger(each, held.version, each.centre.settings.tracing).digest()


def test_a_return_that_arrives_later_finds_its_original(office: Office, tmp_path: Path) -> None:
    first = ledger_of(office)
    text = transfers_csv([]).strip() + f",link\nb1,{NOON_US},9,{M2},{M1},1000,CNY,return,t2\n"
    bring(office, tmp_path / "files", "transfer", text, "back")
    held = ledger_of(office)
    assert held.tracer is first.tracer
    assert held.tracer.ledger.link.tolist() == [-1] * 6 + [2]


def test_two_centres_of_one_ledger_cite_the_same_digest_under_the_same_keys(office: Office, tmp_path: Path) -> None:
    shutil.copytree(office.centre.root, tmp_path / "copy")
    copy = open_office(tmp_path / "copy", FixedClock(NOON_US))
    assert ledger_of(copy).digest() == ledger_of(office).digest()


def test_blocks_of_the_digest_do_not_show(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    import chainbreak.app.ledger_of as module

    monkeypatch.setattr(module, "BLOCK", 2)
    held = build_ledger(office, office.lake.snapshot(["transfer", "account"]), Settings().tracing)
    digests = [held.digest(int(at)) for at in np.unique(held.tracer.ledger.at_us)]
    again = build_ledger(office, office.lake.snapshot(["transfer", "account"]), Settings().tracing)
    assert [again.digest(int(at)) for at in np.unique(held.tracer.ledger.at_us)[::-1]] == digests[::-1]
    assert len(set(digests)) == len(digests)
