"""AMLworld's format, on a few rows made here: columns by place, attempts by their rows, features of the past alone."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from chainbreak.base.errors import InputError
from chainbreak.bench.mules.amlworld import (
    FEATURES,
    PATTERNS,
    TRANSACTIONS,
    Transactions,
    evaluate,
    parts_in_time,
    read_amlworld,
    transaction_features,
)

HEADER = ("Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount Paid,"
          "Payment Currency,Payment Format,Is Laundering")  # fmt: skip
ROWS = [
    "2022/09/01 00:20,010,8000EBD30,010,8000EBD30,3697.34,US Dollar,3697.34,US Dollar,Reinvestment,0",
    "2022/09/01 00:05,020,8000EBD30,010,8000EBD30,100.50,US Dollar,90.25,Euro,Wire,1",
    "2022/09/01 00:20,010,8000EBD30,003,8000F5340,0.000012,Bitcoin,0.000012,Bitcoin,Bitcoin,1",
]
ATTEMPT = [
    "BEGIN LAUNDERING ATTEMPT - FAN-OUT:  Max 2-degree Fan-Out",
    ROWS[1],
    ROWS[2],
    "END LAUNDERING ATTEMPT - FAN-OUT",
]


def write(folder: Path, rows: list[str], patterns: list[str] | None = None) -> Path:
    """The two files as published."""
    (folder / TRANSACTIONS).write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    if patterns is not None:
        (folder / PATTERNS).write_text("\n".join(patterns) + "\n", encoding="utf-8")
    return folder


def column(features: np.ndarray, name: str) -> list[float]:
    """One column by its name."""
    values: list[float] = features[:, FEATURES.index(name)].tolist()
    return values


def test_rows_are_in_order_of_time_then_of_the_file(tmp_path: Path) -> None:
    of = read_amlworld(write(tmp_path, ROWS, ATTEMPT))
    assert of.laundering.tolist() == [True, False, True]
    assert of.attempt.tolist() == [0, -1, 0]
    assert np.diff(of.minute).tolist() == [15, 0]
    # The same account number at two banks is two accounts; an account of one bank is one, on either side.
    assert of.payer[0] != of.payee[0]
    assert of.payee[0] == of.payer[1] == of.payee[1] == of.payer[2]
    assert of.same_bank.tolist() == [False, True, False]
    assert of.paid.tolist() == [90_250_000, 3_697_340_000, 12]
    assert (of.pay_currency != of.receive_currency).tolist() == [True, False, False]


def test_without_patterns_nothing_belongs_to_an_attempt(tmp_path: Path) -> None:
    assert read_amlworld(write(tmp_path, ROWS)).attempt.tolist() == [-1, -1, -1]


def test_the_header_that_names_the_second_account_otherwise_is_taken_too(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    path = tmp_path / TRANSACTIONS
    path.write_text(path.read_text(encoding="utf-8").replace("To Bank,Account", "To Bank,Account.1"), encoding="utf-8")
    assert len(read_amlworld(tmp_path).minute) == 3


@pytest.mark.parametrize("broken", ["a,b,c\n1,2,3\n", f"{HEADER}\nyesterday,1,A,1,B,1,x,1,x,Wire,0\n",
                                    f"{HEADER}\n2022/09/01 00:05,1,A,1,B,much,x,1,x,Wire,0\n"])  # fmt: skip
def test_other_files_are_refused(tmp_path: Path, broken: str) -> None:
    (tmp_path / TRANSACTIONS).write_text(broken, encoding="utf-8")
    with pytest.raises(InputError, match="CB-BN-002"):
        read_amlworld(tmp_path)


def test_features_know_the_past_alone(tmp_path: Path) -> None:
    of = read_amlworld(write(tmp_path, ROWS))
    found = transaction_features(of)
    assert column(found, "payer_received") == [0, 1, 2]
    assert column(found, "minutes_since_credit")[1:] == [15, 0]
    assert column(found, "to_self") == [0, 1, 0]
    assert column(found, "pair_before") == [0, 0, 0]
    first = Transactions(*(getattr(of, name)[:2] for name in Transactions.__dataclass_fields__))
    np.testing.assert_array_equal(transaction_features(first), found[:2])


def made_up(folder: Path) -> Path:
    """Nine days of transfers; sums of 9,000 in one format are laundering, in attempts of three."""
    dice, rows, patterns = random.Random(5), [], []
    for n in range(900):
        when = f"2022/09/{1 + n // 100:02d} {n % 100 // 5:02d}:{n % 60:02d}"
        bad = n % 9 == 0
        amount = 9_000 + dice.randrange(50) if bad else dice.randrange(10, 5_000)
        moved = f"{amount}.00,Yuan,{amount}.00,Yuan,{'ACH' if bad else 'Cheque'},{int(bad)}"
        rows.append(f"{when},{n % 3},A{dice.randrange(60)},{n % 4},B{dice.randrange(60)},{moved}")
        if bad:
            patterns += [] if n // 9 % 3 else ["BEGIN LAUNDERING ATTEMPT - CYCLE"]
            patterns.append(rows[-1])
            patterns += ["END LAUNDERING ATTEMPT - CYCLE"] if n // 9 % 3 == 2 else []
    return write(folder, rows, patterns)


def test_the_last_part_in_time_is_judged_by_the_minority_class(tmp_path: Path) -> None:
    of = read_amlworld(made_up(tmp_path))
    part = parts_in_time(of.minute)
    assert [int(of.minute[part == p].max()) < int(of.minute[part == p + 1].min()) for p in (0, 1)] == [True, True]
    told = evaluate(of)
    assert told["rows"] == int((part == 2).sum())
    assert told["f1"] > 0.9
    assert told["attempts_found"] > 0.9
    assert told["prevalence"] == pytest.approx(1 / 9, abs=0.02)


def test_a_part_without_laundering_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CB-BN-003"):
        evaluate(read_amlworld(write(tmp_path, ROWS)))
