import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chainbreak.bench.linkage import crimes, peers, people
from chainbreak.bench.linkage.splink_peer import RARITY, report_table
from chainbreak.find.linkage.model import CODE, Named, Reports, in_order, nothing_near


def reports_of(named: list[tuple[int, int, str]], n: int, types: list[int]) -> Reports:
    columns = {
        "occurred_us": np.arange(n) * 86_400_000_000, "district": np.zeros(n, np.int64), "type": np.array(types),
        "loss_fen": np.zeros(n, np.int64), "victim": np.zeros(n, np.int64), "script": np.zeros((n, 4), np.uint32),
    }  # fmt: skip
    report, key, kind = (
        np.array(column, np.int64) for column in zip(*[(r, k, CODE[c]) for r, k, c in named], strict=True)
    )
    return in_order([f"{i:04d}" for i in range(n)], columns, Named(report, key, kind), nothing_near())


def test_components_join_through_what_is_named_and_a_cap_leaves_out_what_many_name() -> None:
    hub = [(report, 99, "line") for report in range(25)]
    reports = reports_of([(0, 1, "line"), (1, 1, "line"), (1, 2, "account"), (2, 2, "account"), *hub], 30, [0] * 30)
    assert len(set(peers.exact(reports)[:25].tolist())) == 1
    capped = peers.exact(reports, cap=20)
    assert capped[0] == capped[1] == capped[2]
    assert len(set(capped[2:].tolist())) == 28


def test_a_report_of_unknown_type_stands_alone() -> None:
    label = peers.same_type(reports_of([(0, 1, "line")], 5, [1, -1, 1, -1, 0]))
    assert label[0] == label[2]
    assert len(set(label.tolist())) == 4


def test_splink_is_given_every_identifier_of_few_enough_reports_once() -> None:
    named = [(r, 5, "line") for r in range(2)] + [(r, 6, "line") for r in range(10)] + [(3, 7, "device")]
    table = report_table(reports_of(named, 12, [-1] * 12)).to_pydict()
    assert [table[f"line_{rarity}"][1] for rarity in RARITY] == [[5], [6], []]
    assert sorted(table["meets"][0]) == [5, 6]
    assert table["thing_rare"][3] == [7]
    assert table["line_told"] == [True] * 10 + [False] * 2
    assert table["type"] == [None] * 12
    assert "gang" not in table


def test_people_are_found_in_misspelt_records_without_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "RANDOM_PAIRS", 30_000)
    rng = random.Random(5)

    def word(letters: int) -> str:
        return "".join(rng.choice("abcdefghijklmnoprstuvw") for _ in range(letters))

    streets, rows = [f"{word(8)} street" for _ in range(120)], []
    for person in range(200):
        record = {
            "given_name": word(6), "surname": word(7), "street_number": str(rng.randrange(1, 200)),
            "address_1": rng.choice(streets), "address_2": word(9), "suburb": rng.choice(streets),
            "postcode": str(rng.randrange(1000, 1100)), "state": rng.choice(["nsw", "vic"]),
            "date_of_birth": str(rng.randrange(19200101, 19991231)), "soc_sec_id": str(rng.randrange(10**6, 10**7)),
        }  # fmt: skip
        for copy in range(rng.randrange(1, 4)):
            wrong = dict(record)
            for column in rng.sample(sorted(record), 2 if copy else 0):
                at = rng.randrange(len(wrong[column]))
                wrong[column] = None if rng.random() < 0.3 else wrong[column][:at] + "7" + wrong[column][at + 1 :]
            rows.append({"rec_id": f"{person}-{copy}", "cluster": str(person), **wrong})
    rng.shuffle(rows)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "people.parquet")
    told = people.evaluate(tmp_path / "people.parquet")
    assert told[0]["reports"] == len(rows)
    assert told[0]["pair_f1"] > 0.99
    assert all(row["pair_f1"] > 0.98 for row in told[1:])


def test_crimes_of_one_group_are_never_on_both_sides(shared: Path) -> None:
    pairs = crimes.read_pairs(shared / "data" / "linkage")
    # The README counts 74,686 and 245; which pairs of the crimes at 24:00 it keeps is not said.
    assert (len(pairs.linked), int(pairs.linked.sum())) == (74_683, 244)
    assert (pairs.group_a[pairs.linked] == pairs.group_b[pairs.linked]).all()
    for seed in crimes.SEEDS:
        train, test = crimes.split(pairs, seed)
        assert not set(train.tolist()) & set(test.tolist())
        for held in range(crimes.INNER_FOLDS):
            inside = train[crimes._folds(pairs, train) == held]
            assert 0 < pairs.linked[pairs.within(inside)].mean() < 1


@pytest.mark.parametrize("fit", [crimes.bits, crimes.slopes, crimes.both])
def test_every_way_of_weighing_ranks_linked_pairs_first_and_never_punishes_likeness(fit: crimes.Fit) -> None:
    rng = np.random.default_rng(3)
    linked = rng.random(4_000) < 0.05
    measures = rng.normal(size=(4_000, 3)) + 2.0 * linked[:, None]
    odds = fit(measures[:3_000], linked[:3_000], measures[3_000:])
    assert crimes.ranked(linked[3_000:], odds)["auc"] > 0.95
    step = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [3.0, 0.0, 0.0]])
    assert (np.diff(fit(measures, linked, step)) >= 0).all()
