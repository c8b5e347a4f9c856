"""Nothing that stands in the records for other reasons gives series away: ids, order in lists, ranges, neighbours."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
import pytest

from chainbreak.city.draws import Floats, Ints

from .conftest import Written

DAY_US = 86_400_000_000


def _ranks(values: Ints) -> Floats:
    """Ranks, those of equal values their mean."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count + 1) / 2)[place]


def _rank_correlation(a: Ints, b: Ints) -> float:
    """Spearman's."""
    return float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])


def _neighbours(order: Ints, gang: Ints) -> float:
    """The share of neighbours in an order that belong to one gang."""
    return float((gang[order][1:] == gang[order][:-1]).mean())


def test_numbers_of_series_say_nothing_of_time_or_size(casebook: Written) -> None:
    # One report of each gang: those of one gang stand together in time, as they should.
    gang, first = np.unique(casebook.series["gang"].to_numpy(), return_index=True)
    ids = casebook.reports["report_id"].to_numpy(zero_copy_only=False).astype(str)
    sizes = np.bincount(casebook.series["gang"].to_numpy())
    for other in (np.argsort(np.argsort(ids))[first], casebook.reports["reported_at_us"].to_numpy()[first], sizes[gang],
                  casebook.series["script"].to_numpy()[first]):  # fmt: skip
        assert abs(_rank_correlation(other, gang)) < 0.05


def test_ids_next_to_one_another_are_no_more_alike_than_reports_of_one_day(casebook: Written) -> None:
    gang = casebook.series["gang"].to_numpy()
    ids = casebook.reports["report_id"].to_numpy(zero_copy_only=False).astype(str)
    day = np.asarray([one[:9] for one in ids])
    rng = np.random.default_rng(1)
    by_chance = [_neighbours(np.lexsort((rng.random(len(gang)), day)), gang) for _ in range(30)]
    assert _neighbours(np.argsort(ids), gang) <= np.mean(by_chance) + 4 * np.std(by_chance)


@pytest.mark.parametrize("kind", ["line", "account", "chat", "domain"])
def test_identifiers_next_to_one_another_belong_to_nobody_in_common(casebook: Written, kind: str) -> None:
    gang_of = dict(zip(*(casebook.series[name].to_pylist() for name in ("report_id", "gang")), strict=True))
    here = pc.and_(pc.equal(casebook.mentions["kind"], kind), pc.equal(casebook.mentions["role"], "own"))
    owner = {one["meant"]: gang_of[one["report_id"]] for one in casebook.mentions.filter(here).to_pylist()}
    gang = np.asarray([owner[value] for value in sorted(owner)])
    rng = np.random.default_rng(1)
    by_chance = [_neighbours(rng.permutation(len(gang)), gang) for _ in range(30)]
    assert _neighbours(np.arange(len(gang)), gang) <= np.mean(by_chance) + 4 * np.std(by_chance)


def test_subjects_of_detections_are_numbered_in_no_order(casebook: Written) -> None:
    gang_of = dict(zip(*(casebook.series[name].to_pylist() for name in ("report_id", "gang")), strict=True))
    named = [one for one in casebook.detections.to_pylist() if one["report_id"]]
    number = np.asarray([int(one["subject"].split("-")[1]) for one in named])
    assert abs(_rank_correlation(number, np.asarray([gang_of[one["report_id"]] for one in named]))) < 0.15


def test_the_order_of_a_form_does_not_say_whose_an_identifier_is(casebook: Written) -> None:
    role = {(one["report_id"], f"{one['kind']}:{one['written']}"): one["role"] for one in casebook.mentions.to_pylist()}
    first = [
        role[one["report_id"], one["identifiers"][0]] == "common"
        for one in casebook.reports.select(["report_id", "identifiers"]).to_pylist()
        if len(one["identifiers"]) == 2 and {role[one["report_id"], i] for i in one["identifiers"]} == {"own", "common"}
    ]
    assert np.mean(first) == pytest.approx(0.5, abs=0.08)


def test_suspects_and_victims_numbers_come_from_the_same_ranges(casebook: Written) -> None:
    tails = {}
    for role in ("own", "victim"):
        here = pc.and_(pc.equal(casebook.mentions["kind"], "line"), pc.equal(casebook.mentions["role"], role))
        lines = set(casebook.mentions.filter(here)["meant"].to_pylist())
        tails[role] = np.sort([int(one[3:]) for one in lines if len(one) == 11 and one[0] == "1"])
    grid = np.linspace(0, 10**8, 50)
    gap = [np.searchsorted(tail, grid) / len(tail) for tail in tails.values()]
    assert np.abs(gap[0] - gap[1]).max() < 0.05
