"""AMLworld's files (`HI-Small_Trans.csv`, `HI-Small_Patterns.txt`; NeurIPS 2023), where a user has them.

The project holds none of its rows and quotes no figure of its own. Transactions are judged one by one from what had
been booked before each; the split is in time (60 / 20 / 20 of the rows, moved to the next minute so that no minute lies
on both sides), the threshold comes from the middle part, and F1 is that of the laundering class, not a weighted one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainbreak.base.errors import InputError
from chainbreak.bench.mules.payments import Flags, Floats, Ints
from chainbreak.find.models.extra import ml

TRANSACTIONS, PATTERNS = "HI-Small_Trans.csv", "HI-Small_Patterns.txt"
HEADER = ("Timestamp", "From Bank", "Account", "To Bank", "Account.1", "Amount Received", "Receiving Currency",
          "Amount Paid", "Payment Currency", "Payment Format", "Is Laundering")  # fmt: skip
"""Some copies call the second account `Account` too: columns are read by place, and all names but that one checked."""
MICRO = 1_000_000
"""Amounts become integers of a millionth of their currency: bitcoin has six decimals."""
PARTS = (0.6, 0.8)
FEATURES = (
    "amount", "received_over_paid", "format", "currency", "converted", "same_bank", "to_self", "hour", "weekday",
    "payer_paid", "payer_received", "payee_received", "payee_paid", "payer_payees", "payee_payers", "pair_before",
    "minutes_since_credit", "over_last_credit", "out_over_in", "minutes_since_debit",
)  # fmt: skip


@dataclass(frozen=True)
class Transactions:
    """Grain: one transaction in order of (minute, row of the file). `minute` since 1970; accounts numbered by bank and
    name; amounts in millionths; currencies and format as codes; `attempt`: its laundering attempt, -1 for none."""

    minute: Ints
    payer: Ints
    payee: Ints
    same_bank: Flags
    paid: Ints
    received: Ints
    pay_currency: Ints
    receive_currency: Ints
    form: Ints
    laundering: Flags
    attempt: Ints


def read_amlworld(folder: Path) -> Transactions:
    """The transactions, with attempts where the file of patterns lies beside.

    Raises:
        InputError: columns or values are not those of AMLworld (CB-BN-002).
    """
    import pyarrow as pa
    import pyarrow.csv as csv

    path = folder / TRANSACTIONS
    with path.open(encoding="utf-8") as file:
        given = [name.strip() for name in file.readline().split(",")]
    if [*given[:4], "Account.1", *given[5:]] != list(HEADER) or given[4] not in ("Account", "Account.1"):
        raise InputError("CB-BN-002", "not a file of AMLworld", given=", ".join(given)[:200], allowed=", ".join(HEADER))
    text = dict.fromkeys(HEADER, pa.string()) | {"Amount Received": pa.float64(), "Amount Paid": pa.float64(),
                                                  "Is Laundering": pa.int8()}  # fmt: skip
    try:
        table = csv.read_csv(path, csv.ReadOptions(column_names=HEADER, skip_rows=1),
                             convert_options=csv.ConvertOptions(column_types=text))  # fmt: skip
        stamp = np.array([s.replace("/", "-") for s in table["Timestamp"].to_pylist()], "datetime64[m]").astype(
            np.int64
        )
    except (pa.ArrowInvalid, ValueError) as e:
        raise InputError("CB-BN-002", "not a file of AMLworld", given=str(e)[:200], allowed=", ".join(HEADER)) from None
    order = np.argsort(stamp, kind="stable")
    column = {name: table[name].to_numpy(zero_copy_only=False)[order] for name in HEADER[1:]}
    n, accounts = (
        len(order),
        _numbered(_joined(column["From Bank"], column["Account"]), _joined(column["To Bank"], column["Account.1"])),
    )
    currency = _numbered(column["Payment Currency"], column["Receiving Currency"])
    paid, received = (np.round(column[f"Amount {side}"] * MICRO).astype(np.int64) for side in ("Paid", "Received"))
    return Transactions(
        stamp[order], accounts[:n], accounts[n:], column["From Bank"] == column["To Bank"], paid, received,
        currency[:n], currency[n:], _numbered(column["Payment Format"]), column["Is Laundering"] == 1,
        _attempts(folder / PATTERNS, path, n)[order],
    )  # fmt: skip


def _numbered(*columns: Any) -> Ints:
    """Each value's place among all distinct ones of the columns, one column after another."""
    return np.unique(np.concatenate(columns).astype(str), return_inverse=True)[1].astype(np.int64)


def _joined(bank: Any, account: Any) -> Any:
    """Bank and account in one name: the same account number may exist at two banks."""
    return np.char.add(np.char.add(bank.astype(str), "/"), account.astype(str))


def _attempts(patterns: Path, transactions: Path, rows: int) -> Ints:
    """Number of the attempt of each row of the file; the patterns repeat their rows to the letter."""
    found = np.full(rows, -1, np.int64)
    if not patterns.is_file():
        return found
    of: dict[str, list[int]] = defaultdict(list)
    number = -1
    for line in patterns.read_text(encoding="utf-8").splitlines():
        if line.startswith("BEGIN LAUNDERING ATTEMPT"):
            number += 1
        elif line.strip() and not line.startswith("END"):
            of[line.strip()].append(number)
    with transactions.open(encoding="utf-8") as file:
        next(file)
        for row, line in enumerate(file):
            if numbers := of.get(line.strip()):
                found[row] = numbers.pop(0) if len(numbers) > 1 else numbers[0]
    return found


def transaction_features(of: Transactions) -> Floats:
    """One row a transaction, columns `FEATURES`: of itself, and of its two accounts before it."""
    n = int(max(of.payer.max(), of.payee.max())) + 1
    paid, received, sum_in, sum_out = (np.zeros(n) for _ in range(4))
    last_in, last_out, last_fen = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    payees: dict[int, set[int]] = defaultdict(set)
    payers: dict[int, set[int]] = defaultdict(set)
    pairs: dict[tuple[int, int], int] = defaultdict(int)
    found = np.empty((len(of.minute), len(FEATURES)))
    columns = (of.minute, of.payer, of.payee, of.paid, of.received, of.form, of.pay_currency, of.receive_currency,
               of.same_bank)  # fmt: skip
    for at, (minute, a, b, out, into, form, pay, get, same) in enumerate(zip(*(c.tolist() for c in columns),
                                                                              strict=True)):  # fmt: skip
        found[at] = (
            out, into / max(out, 1), form, pay, pay != get, same, a == b, minute // 60 % 24, minute // 1_440 % 7,
            paid[a], received[a], received[b], paid[b], len(payees[a]), len(payers[b]), pairs[a, b],
            minute - last_in[a], out / last_fen[a] if last_fen[a] else np.nan,
            (sum_out[a] + out) / sum_in[a] if sum_in[a] else np.nan, minute - last_out[a],
        )  # fmt: skip
        paid[a], received[b], last_out[a] = paid[a] + 1, received[b] + 1, minute
        sum_out[a], sum_in[b] = sum_out[a] + out, sum_in[b] + into
        last_in[b], last_fen[b] = minute, into
        payees[a].add(b)
        payers[b].add(a)
        pairs[a, b] += 1
    return found


def parts_in_time(minute: Ints) -> Ints:
    """0 training, 1 threshold, 2 test, by time; a minute is never split.

    >>> parts_in_time(np.array([1, 2, 3, 3, 3, 3, 3, 4, 4, 5])).tolist()
    [0, 0, 0, 0, 0, 0, 0, 1, 1, 2]
    """
    part = np.zeros(len(minute), np.int64)
    for share in PARTS:
        edge = minute[min(int(share * len(minute)), len(minute) - 1)]
        part[minute > edge] += 1
    return part


def evaluate(of: Transactions) -> dict[str, float]:
    """LightGBM on causal features: F1 of the laundering class, precision, recall and average precision on the test
    part, the share of its attempts with a flagged transaction (NaN without patterns), rows and prevalence there.

    Raises:
        InputError: a part has only one class (CB-BN-003).
    """
    part, features = parts_in_time(of.minute), transaction_features(of)
    train, middle, test = (part == p for p in range(3))
    if any(of.laundering[p].all() or not of.laundering[p].any() for p in (train, middle, test)):
        raise InputError("CB-BN-003", "a part in time has only one class", given="training, threshold or test",
                         allowed="laundering and other transactions in each")  # fmt: skip
    model = ml("lightgbm").LGBMClassifier(n_estimators=300, learning_rate=0.05, num_leaves=63, min_child_samples=2,
                                          n_jobs=1, verbose=-1, random_state=1)  # fmt: skip
    booster = model.fit(features[train], of.laundering[train]).booster_
    measures = ml("sklearn.metrics")
    precision, recall, cuts = measures.precision_recall_curve(of.laundering[middle], booster.predict(features[middle]))
    cut = cuts[int(np.argmax((2 * precision * recall / np.maximum(precision + recall, 1e-12))[:-1]))]
    score, truth = booster.predict(features[test]), of.laundering[test]
    flagged = score >= cut
    hits = float((flagged & truth).sum())
    attempts = of.attempt[test]
    caught = np.unique(attempts[flagged & (attempts >= 0)])
    every = np.unique(attempts[attempts >= 0])
    return {
        "rows": float(len(truth)),
        "prevalence": float(truth.mean()),
        "ap": float(measures.average_precision_score(truth, score)),
        "f1": 2 * hits / max(1.0, float(flagged.sum() + truth.sum())),
        "precision": hits / max(1.0, float(flagged.sum())),
        "recall": hits / float(truth.sum()),
        "attempts_found": len(caught) / len(every) if len(every) else np.nan,
    }
