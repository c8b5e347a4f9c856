"""Splink 5 (MIT) as the peer: one model of people, one of reports, each as well as we know to set it up.

For reports it is helped where that is possible: m is taken from the true series of a book of development seeds, the
prior from the truth of the book itself, u of identifiers from all its pairs; identifiers of many reports, which
mislead, are left out; agreement on an identifier has levels by how rare it is, since Splink adjusts for term frequency
in scalar columns only; type, district and victim are adjusted by Splink itself. Times and the wording of the story are
compared as well.
"""

from __future__ import annotations

import copy
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import SetupError
from chainbreak.find.linkage.model import CODE, KINDS, Ints, Reports

if TYPE_CHECKING:
    import pyarrow as pa

Floats = npt.NDArray[np.float64]
Scored = tuple[Ints, Ints, Floats]
"""Rows of both records of each pair, and its match probability."""

RARITY = {"rare": 3, "some": 20, "often": 100}
"""Reports up to which an identifier counts as rare, as of some, as of many; beyond that it is left out."""
MEETS = 50
"""Reports of an identifier up to which it brings pairs together: at a thousand, one identifier makes half a million."""
THINGS = ("device", "ring", "site", "id")
COMPARED = tuple(kind for kind in KINDS if kind not in THINGS)
RANDOM_PAIRS = 1_000_000
LEAST_KEPT = 0.01
"""Match probability below which Splink drops a pair."""
MEMORY_MIB, THREADS = 6_144, 2


def people_scored(file: Path, scratch: Path) -> Scored:
    """Pairs of febrl3 by Splink without labels; rows in the order of `rec_id`."""
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    api = _api(scratch)
    api.duckdb_con.execute(
        "CREATE TABLE people AS SELECT row_number() OVER (ORDER BY rec_id) - 1 AS unique_id,"
        " * EXCLUDE (rec_id, cluster) FROM read_parquet(?)", [str(file)],
    )  # fmt: skip
    settings = SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[
            block_on(name) for name in ("soc_sec_id", "given_name", "surname", "date_of_birth", "postcode")
        ],
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        ],
    )
    linker = _linker(api, api.duckdb_con.table("people"), settings)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")], recall=0.6
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=1)
    for column in ("date_of_birth", "postcode"):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(column))
    return _predicted(linker)


def taught(reports: Reports, gang: Ints, scratch: Path) -> dict[str, Any]:
    """Splink's model of reports with m from the true series of this book (of development seeds)."""
    api = _api(scratch)
    api.duckdb_con.register("given", report_table(reports, gang))
    linker = _linker(api, api.duckdb_con.sql("SELECT * FROM given"), _report_settings())
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=1)
    linker.training.estimate_m_from_label_column("gang")
    model: dict[str, Any] = linker.misc.save_model_to_json()
    return model


def reports_scored(reports: Reports, linked_share: float, model: dict[str, Any], scratch: Path) -> Scored:
    """Pairs of reports by the taught model; `linked_share`: how many of all pairs of these reports are linked."""
    api = _api(scratch)
    api.duckdb_con.register("given", report_table(reports))
    told = {**_with_u(model, reports), "probability_two_random_records_match": linked_share}
    return _predicted(_linker(api, api.duckdb_con.sql("SELECT * FROM given"), told))


def _with_u(model: dict[str, Any], reports: Reports) -> dict[str, Any]:
    """The model with u of shared identifiers counted over all pairs of `reports`: of pairs drawn at random hardly any
    share one, and Splink would leave the level out."""
    all_pairs = reports.n * (reports.n - 1) / 2
    model = copy.deepcopy(model)
    tiers = _tiers(reports)
    for comparison in model["comparisons"]:
        if (kind := comparison["output_column_name"]) in _kinds():
            levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
            for level, rarity in zip(levels, RARITY, strict=False):
                named = np.unique(tiers[kind, rarity][1], return_counts=True)[1]
                level["u_probability"] = max(float((named * (named - 1) / 2).sum()), 0.5) / all_pairs
                level.setdefault("m_probability", level["u_probability"])
            levels[-1]["u_probability"] = 1.0 - sum(level["u_probability"] for level in levels[:-1])
    return model


def report_table(reports: Reports, gang: Ints | None = None) -> pa.Table:
    """Reports as Splink takes them: a row each; per kind the identifiers it names, in an array a rarity."""
    import pyarrow as pa

    report, key, kind, named = _named(reports)
    few = named <= MEETS
    columns: dict[str, Any] = {
        "unique_id": np.arange(reports.n), "day": reports.occurred_us // US_PER_DAY,
        "type": _known(reports.type, -1), "district": _known(reports.district, -1),
        "victim": _known(reports.victim, 0), "script": _lists(reports.n, *_wording(reports)),
        "meets": _lists(reports.n, report[few], key[few]),
    }  # fmt: skip
    columns |= {f"{name}_{rarity}": _lists(reports.n, *rows) for (name, rarity), rows in _tiers(reports).items()}
    for name, codes in _kinds().items():
        told = np.zeros(reports.n, bool)
        told[report[np.isin(kind, codes)]] = True
        columns[f"{name}_told"] = told
    return pa.table(columns if gang is None else columns | {"gang": gang})


def _named(reports: Reports) -> tuple[Ints, Ints, Ints, Ints]:
    """By row of `reports.named`: report, key, kind, and how many reports name the key."""
    report, key, kind = reports.named
    _, number, named = np.unique(key, return_inverse=True, return_counts=True)
    return report, key, kind, named[number]


def _tiers(reports: Reports) -> dict[tuple[str, str], tuple[Ints, Ints]]:
    """Rows (report, key) of each kind and rarity."""
    report, key, kind, named = _named(reports)
    found = {}
    for name, codes in _kinds().items():
        mine, fewest = np.isin(kind, codes), 0
        for rarity, most in RARITY.items():
            of = mine & (named > fewest) & (named <= most)
            found[name, rarity], fewest = (report[of], key[of]), most
    return found


def _kinds() -> dict[str, list[int]]:
    return {kind: [CODE[kind]] for kind in COMPARED} | {"thing": [CODE[kind] for kind in THINGS]}


def _known(column: Ints, unknown: int) -> pa.Array:
    import pyarrow as pa

    return pa.array(column, mask=column == unknown)


def _wording(reports: Reports) -> tuple[Ints, Ints]:
    """Signatures as rows (report, value in its place)."""
    n, width = reports.script.shape
    place = np.arange(width, dtype=np.int64) << 32
    return np.repeat(np.arange(n), width), (reports.script.astype(np.int64) + place).ravel()


def _lists(n: int, report: Ints, value: Ints) -> pa.Array:
    import pyarrow as pa

    order = np.argsort(report, kind="stable")
    ends = np.append(0, np.cumsum(np.bincount(report, minlength=n))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(value[order]))


def _report_settings() -> Any:
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    def scalar(column: str) -> Any:
        return cl.ExactMatch(column).configure(term_frequency_adjustments=True)

    def shared(kind: str) -> Any:
        return cl.CustomComparison(
            output_column_name=kind,
            comparison_levels=[
                cll.CustomLevel(f"not {kind}_told_l or not {kind}_told_r").configure(is_null_level=True),
                *(cll.ArrayIntersectLevel(f"{kind}_{rarity}") for rarity in RARITY),
                cll.ElseLevel(),
            ],
        )

    days = cl.CustomComparison(
        output_column_name="day",
        comparison_levels=[
            cll.CustomLevel("day_l is null or day_r is null").configure(is_null_level=True),
            *(cll.CustomLevel(f"abs(day_l - day_r) <= {most}") for most in (1, 3, 7, 20, 60)),
            cll.ElseLevel(),
        ],
    )
    return SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[block_on("meets", arrays_to_explode=["meets"])],
        comparisons=[
            *map(shared, _kinds()), scalar("type"), scalar("district"), scalar("victim"), days,
            cl.ArrayIntersectAtSizes("script", [18, 11, 6, 3]),
        ],
        retain_matching_columns=False,
    )  # fmt: skip


def _api(scratch: Path) -> Any:
    try:
        from splink import DuckDBAPI
    except ImportError as e:
        raise SetupError(
            "CB-BN-001", "Splink is not installed", given=str(e)[:200], next_step="install chainbreak[bench]"
        ) from None
    from chainbreak.store.duck import connect

    return DuckDBAPI(connect(scratch, MEMORY_MIB, THREADS))


def _linker(api: Any, table: Any, settings: Any) -> Any:
    from splink import Linker

    warnings.filterwarnings("ignore", module="splink")
    logging.getLogger("splink").setLevel(logging.ERROR)
    return Linker(api.register(table), settings, log_level=logging.ERROR)


def _predicted(linker: Any) -> Scored:
    found = linker.inference.predict(threshold_match_probability=LEAST_KEPT).as_duckdbpyrelation()
    rows = found.select("unique_id_l, unique_id_r, match_probability").fetchnumpy()
    return (
        rows["unique_id_l"].astype(np.int64), rows["unique_id_r"].astype(np.int64),
        np.asarray(rows["match_probability"], np.float64),
    )  # fmt: skip
