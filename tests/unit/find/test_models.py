"""A scorer learns from any table, keeps its budget, comes back from its folder unchanged, and refuses what misleads."""

from __future__ import annotations

import filecmp
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.app.evaluate_model import evaluate_model, evaluate_recipe
from chainbreak.app.score_lines import score_lines
from chainbreak.app.train_model import train_model
from chainbreak.base.errors import ChainbreakError, InputError, SetupError, UsageError
from chainbreak.cli.root import run
from chainbreak.find.contract.calibration import conformal_cut
from chainbreak.find.models.leaks import alone, warnings_of
from chainbreak.find.models.protocol import run_protocol
from chainbreak.find.models.ratios import Ratio, read_ratios, usable
from chainbreak.find.models.recipe import Member, Recipe
from chainbreak.find.models.score import Scorer, load
from chainbreak.find.models.table import labelled, read_tables
from chainbreak.find.models.train import train

SMALL = Recipe("small", (Member({"learning_rate": 0.1, "num_leaves": 7, "min_child_samples": 5}, 30),), 2)


def lines(rows: int = 600, seed: int = 3) -> pa.Table:
    """Fraud calls many peers once; its days are few because it was blocked; two features say nothing."""
    rng = np.random.default_rng(seed)
    fraud = rng.random(rows) < 0.3
    calls = rng.integers(20, 500, rows)
    peers = np.maximum(1, calls * np.where(fraud, rng.uniform(0.3, 1, rows), rng.uniform(0.1, 0.6, rows))).astype(int)
    noise = rng.normal(size=rows)
    noise[rng.random(rows) < 0.1] = np.nan
    return pa.table({
        "line": [f"line:{i:04}" for i in rng.permutation(rows)], "calls": calls, "peers": peers, "noise": noise,
        "day_nunique": np.where(fraud, rng.integers(1, 20, rows), rng.integers(10, 31, rows)),
        "roams": rng.random(rows) < 0.5, "fraud": fraud.astype(int),
    })  # fmt: skip


def scorer_of(table: pa.Table, **options: object) -> Scorer:
    return train(labelled(table, "fraud", "line"), recipe=SMALL, **{"budget": 0.05, **options})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return scorer_of(lines(), ratios=(Ratio("peers_per_call", "peers", "calls"),))


def test_a_model_read_back_scores_with_difference_zero(scorer: Scorer, tmp_path: Path) -> None:
    scorer.save(tmp_path / "m", "page")
    again, rows = load(tmp_path / "m"), lines(seed=9)
    before, after = scorer.score(rows), again.score(rows)
    assert np.abs(before.bits - after.bits).max() == 0.0
    assert before.contributions is not None
    assert after.contributions is not None
    assert np.abs(before.contributions - after.contributions).max() == 0.0
    assert (before.flagged == after.flagged).all()
    assert again.cut_bits == scorer.cut_bits
    assert {p.suffix for p in (tmp_path / "m").iterdir()} == {".txt", ".json", ".md"}  # text only, no pickle


def test_contributions_and_base_add_up_to_the_bits_and_the_bits_to_the_probability(scorer: Scorer) -> None:
    scored = scorer.score(lines(seed=4))
    assert scored.contributions is not None
    assert np.allclose(scored.contributions.sum(axis=1) + scored.base_bits, scored.bits, atol=1e-9)
    assert np.allclose(np.log2(scored.probability / (1 - scored.probability)), scored.bits, atol=1e-6)
    assert {r["feature"] for r in scored.reasons(0, most=3)} <= set(scorer.names)


def test_equal_rows_and_seed_give_equal_bytes_by_the_verb_and_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pq.write_table(lines(300), tmp_path / "t.parquet")
    card = train_model([tmp_path / "t.parquet"], "fraud", tmp_path / "a", ident="line", budget=0.05)
    command = ["model", "train", str(tmp_path / "t.parquet"), "--label", "fraud", "--id", "line", "--budget", ".05"]
    with pytest.raises(SystemExit) as done:
        run([*command, "--out", str(tmp_path / "b"), "--json"])
    assert done.value.code in (0, None)
    assert json.loads(capsys.readouterr().out)["test"] == card["test"]
    names = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert filecmp.cmpfiles(tmp_path / "a", tmp_path / "b", names, shallow=False)[0] == names
    assert "may be looked up or ranked" in (tmp_path / "a/README.md").read_text()
    with pytest.raises(SystemExit) as refused:
        run([*command, "--out", str(tmp_path / "b")])
    assert refused.value.code == 3
    assert "CB-MO-013" in capsys.readouterr().err


def test_another_seed_gives_another_model() -> None:
    texts = {s: scorer_of(lines(), seed=s).boosters[0].model_to_string() for s in (1, 2)}
    assert texts[1] != texts[2]


def test_csv_and_parquet_make_the_same_model_and_parts_make_the_whole(tmp_path: Path) -> None:
    table = lines()
    pq.write_table(table.slice(0, 200), tmp_path / "1.parquet")
    pa_csv.write_csv(table.slice(200), tmp_path / "2.csv")
    joined = read_tables([tmp_path / "1.parquet", tmp_path / "2.csv"])
    assert (labelled(joined, "fraud", "line").values[:, :2] == labelled(table, "fraud", "line").values[:, :2]).all()


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.sampled_from([0.001, 0.05, 0.1, 0.5]))
def test_the_cut_keeps_its_budget_for_a_line_like_those_held_out(scores: list[int], budget: float) -> None:
    # Any of n+1 exchangeable lines may be the new one: the share that would be flagged is the expected false alarms.
    flagged = sum(s > conformal_cut([*scores[:i], *scores[i + 1 :]], budget) for i, s in enumerate(scores))
    assert flagged <= budget * len(scores)


def test_too_few_honest_rows_promise_nothing_and_flag_nothing(tmp_path: Path) -> None:
    bold = scorer_of(lines(), budget=0.001)
    assert math.isinf(bold.cut_bits)
    assert not bold.score(lines()).flagged.any()
    assert any("no cut" in w for w in bold.card["warnings"])
    bold.save(tmp_path / "m", "page")
    assert json.loads((tmp_path / "m/card.json").read_text())["cut_bits"] is None
    assert math.isinf(load(tmp_path / "m").cut_bits)


def test_the_ablation_leaves_out_lifetime_and_ratios_made_of_it(scorer: Scorer) -> None:
    card = scorer.card
    assert card["test"]["auc"] > card["test_without_lifetime"]["auc"]
    assert any("how long a line lived" in w for w in card["warnings"])
    ratios = (Ratio("calls_per_day", "calls", "day_nunique"), Ratio("peers_per_call", "peers", "calls"))
    assert [r.name for r in usable(ratios, ["calls", "peers"])] == ["peers_per_call"]


def test_what_leaks_is_said() -> None:
    table = lines()
    fraud = table["fraud"].to_numpy()
    known = fraud + np.random.default_rng(1).normal(size=600) * 0.4
    numbered = table.append_column("row_no", pa.array(range(600))).append_column("verdict", pa.array(known))
    data = labelled(numbered, "fraud", "line")
    said = " | ".join(warnings_of(data, alone(data)))
    assert "verdict alone has AUC" in said
    assert "row_no looks like an id" in said
    assert "order of the label" not in said
    assert "calls looks like" not in said
    ordered = labelled(table.take(np.argsort(fraud, kind="stable")), "fraud", "line")
    assert "order of the label" in " | ".join(warnings_of(ordered, alone(ordered)))


def text_column(t: pa.Table) -> pa.Table:
    return t.append_column("town", pa.array(["x"] * len(t)))


def endless(t: pa.Table) -> pa.Table:
    return t.append_column("ratio", pa.array([math.inf] + [1.0] * (len(t) - 1)))


def copied(t: pa.Table) -> pa.Table:
    return t.append_column("blocked", t["fraud"])


def one_class(t: pa.Table) -> pa.Table:
    return t.set_column(t.column_names.index("fraud"), "fraud", pa.array([0] * len(t)))


def unjudged(t: pa.Table) -> pa.Table:
    return t.set_column(t.column_names.index("fraud"), "fraud", pa.array([None, *t["fraud"].to_pylist()[1:]]))


def shuffled(t: pa.Table) -> pa.Table:
    labels = np.random.default_rng(0).permutation(t["fraud"].to_numpy())
    return t.set_column(t.column_names.index("fraud"), "fraud", pa.array(labels))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (unjudged, "CB-MO-004"),
        (one_class, "CB-MO-005"),
        (lambda t: t.slice(0, 40), "CB-MO-005"),
        (text_column, "CB-MO-006"),
        (endless, "CB-MO-007"),
        (copied, "CB-MO-008"),
        (lambda t: t.select(["line", "fraud"]), "CB-MO-009"),
        (shuffled, "CB-MO-014"),
    ],
)
def test_a_table_that_cannot_teach_is_refused_by_name(spoil: Callable[[pa.Table], pa.Table], code: str) -> None:
    with pytest.raises(InputError) as refused:
        scorer_of(spoil(lines()))
    assert refused.value.code == code


def test_wrong_calls_are_refused(tmp_path: Path, scorer: Scorer) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "ratios.yaml").write_text("a: [b]\n")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("x")
    refusals: list[tuple[str, Callable[[], object]]] = [
        ("CB-MO-002", lambda: read_tables([tmp_path / "none.parquet"])),
        ("CB-MO-002", lambda: read_tables([tmp_path / "broken.parquet"])),
        ("CB-MO-002", lambda: read_tables([tmp_path / "empty.csv"])),
        ("CB-MO-003", lambda: labelled(lines(), "fruad")),
        ("CB-MO-010", lambda: load(tmp_path / "full")),
        ("CB-MO-011", lambda: scorer.score(lines().drop_columns(["peers"]))),
        ("CB-MO-012", lambda: read_ratios(tmp_path / "ratios.yaml")),
        ("CB-MO-013", lambda: scorer.save(tmp_path / "full", "page")),
        ("CB-MO-015", lambda: scorer_of(lines(), budget=1.5)),
    ]
    for code, wrong in refusals:
        with pytest.raises((InputError, UsageError)) as refused:
            wrong()
        assert refused.value.code == code


@pytest.mark.parametrize("change", ["edit", "remove", "escape"])
def test_a_model_that_was_touched_is_not_loaded(scorer: Scorer, tmp_path: Path, change: str) -> None:
    scorer.save(tmp_path / "m", "page")
    part = tmp_path / "m/model-01.txt"
    if change == "edit":
        part.write_text(part.read_text().replace("leaf_value=", "leaf_value=9", 1))
    elif change == "remove":
        part.unlink()
    else:
        card = json.loads((tmp_path / "m/card.json").read_text())
        card["files"] = {"../m/model-01.txt": card["files"]["model-01.txt"]}
        (tmp_path / "m/card.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match="CB-MO-010"):
        load(tmp_path / "m")


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, scorer: Scorer) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(SetupError, match=r"CB-MO-001.*chainbreak\[ml\]"):
        load(Path("anywhere"))
    with pytest.raises(ChainbreakError, match="CB-MO-001"):
        scorer_of(lines())


def test_a_kept_model_is_measured_beside_the_naive_rule_by_class_and_knows_its_own_rows(
    scorer: Scorer, tmp_path: Path
) -> None:
    scorer.save(tmp_path / "m", "page")
    for name, seed in (("own", 3), ("other", 8)):
        table = lines(seed=seed)
        pq.write_table(table.append_column("class", table["roams"].cast(pa.string())), tmp_path / f"{name}.parquet")
    rows = evaluate_model([tmp_path / "other.parquet"], "fraud", tmp_path / "m", by="class")
    auc = {r["method"]: r["rate"] for r in rows if r["of"] == "auc"}
    assert auc["model"] > auc[f"{scorer.card['naive']['feature']} alone"] > 0.6
    assert {"flagged true", "flagged false", "flagged fraud", "flagged others", "ece"} <= {r["of"] for r in rows}
    assert {"in training, without lifetime", "in training, all features"} <= {r["method"] for r in rows}
    assert not any("flatter" in r["of"] for r in rows)
    own = evaluate_model([tmp_path / "own.parquet"], "fraud", tmp_path / "m")
    assert any("flatter" in r["of"] for r in own)


def test_a_table_is_scored_row_by_row_with_reasons_that_are_among_its_features(scorer: Scorer, tmp_path: Path) -> None:
    scorer.save(tmp_path / "m", "page")
    table = lines(seed=5)
    pq.write_table(table, tmp_path / "t.parquet")
    made = score_lines([tmp_path / "t.parquet"], tmp_path / "m", tmp_path / "s.parquet", "line")
    rows = pq.read_table(tmp_path / "s.parquet").to_pylist()
    assert [r["line"] for r in rows] == table["line"].to_pylist()
    assert [r["bits"] for r in rows] == scorer.score(table, explain=False).bits.tolist()
    assert sum(r["flagged"] for r in rows) == made["flagged"] > 0
    assert {reason["feature"] for r in rows for reason in r["reasons"]} <= set(scorer.names)
    with pytest.raises(InputError, match="CB-MO-013"):
        score_lines([tmp_path / "t.parquet"], tmp_path / "m", tmp_path / "s.parquet", "line")


def test_the_recipe_stands_beside_the_reference_with_and_without_lifetime(tmp_path: Path) -> None:
    pq.write_table(lines(300), tmp_path / "t.parquet")
    rows, said = evaluate_recipe([tmp_path / "t.parquet"], "fraud", ident="line")
    assert [r["model"] for r in rows] == ["reference", "average", "difference"] * 2
    assert [r["features"] for r in rows][::3] == ["all (5)", "without lifetime (4)"]
    assert rows[2]["auc"].split()[-1] in ("better", "equal", "worse")
    assert said[-1].startswith("best alone:")


def test_on_real_lines_it_is_not_worse_than_the_reference(shared: Path) -> None:
    table = read_tables([shared / "data/sichuan/sims.parquet"])
    ratios = read_ratios(Path(__file__).resolve().parents[3] / "examples/models/line-month-ratios.yaml")
    rows = run_protocol(labelled(table, "label", "row"), ratios, seeds=(2, 100), shares=(0.2,))
    gaps = [r for r in rows if r["model"] == "difference"]
    assert [g["features"] for g in gaps] == ["all (55)", "without lifetime (38)", "four (4)"]
    for gap in gaps:
        for name in ("auc", "macro_f1", "g_mean"):
            assert float(gap[name].split()[0]) > -0.01
