"""What makes linking hard is there, at about the rates of the shape."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest

from chainbreak.base.clock import US_PER_DAY
from chainbreak.city.casebook.gangs import series_sizes
from chainbreak.city.casebook.shapes import KINDS, shape
from chainbreak.city.draws import stream
from chainbreak.identity.checks import luhn_ok

from .conftest import REPORTS, Written


@pytest.fixture(scope="module")
def gang_of(casebook: Written) -> dict[str, int]:
    return dict(zip(*(casebook.series[name].to_pylist() for name in ("report_id", "gang")), strict=True))


@pytest.fixture(scope="module")
def users(casebook: Written, gang_of: dict[str, int]) -> dict[str, dict[tuple[str, str], set[str]]]:
    """By role and identifier meant: the reports that name it."""
    found: dict[str, dict[tuple[str, str], set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in casebook.mentions.to_pylist():
        found[one["role"]][one["kind"], one["meant"]].add(one["report_id"])
    return found


def _gangs(reports: set[str], gang_of: dict[str, int]) -> int:
    return len({gang_of[report] for report in reports})


def test_series_follow_a_power_law_with_singletons(casebook: Written) -> None:
    sizes = np.asarray(list(Counter(casebook.series["gang"].to_pylist()).values()))
    assert (sizes == 1).sum() / REPORTS == pytest.approx(casebook.shape.singletons, abs=0.01)
    assert sizes.max() <= REPORTS**casebook.shape.largest_power
    # Maximum likelihood for a discrete power law from 2 on (Clauset, Shalizi and Newman 2009, eq. 3.7).
    many = series_sizes(shape(), 2_000_000, stream(1, "sizes"))
    tail = many[many >= 6]
    exponent = 1 + len(tail) / np.log(tail / 5.5).sum()
    assert exponent == pytest.approx(shape().exponent, abs=0.1)


def test_no_identifier_stands_for_a_series(casebook: Written, users: Any, gang_of: dict[str, int]) -> None:
    by_gang: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (kind, value), reports in users["own"].items():
        assert _gangs(reports, gang_of) == 1
        by_gang[gang_of[next(iter(reports))]][kind].add(value)
    sizes = Counter(gang_of.values())
    large = [gang for gang, size in sizes.items() if size >= 40]
    assert large
    for gang in large:
        for kind in ("line", "account", "chat", "domain"):
            most = max((len(users["own"][kind, value]) for value in by_gang[gang][kind]), default=0)
            assert most < sizes[gang] / 2, "one identifier covers half a large series"


def test_identifiers_live_for_their_time(casebook: Written, users: Any) -> None:
    at = dict(zip(*(casebook.reports[name].to_pylist() for name in ("report_id", "occurred_at_us")), strict=True))
    for kind in ("line", "account", "chat", "domain"):
        spans = []
        for (of_kind, _), reports in users["own"].items():
            times = [at[report] for report in reports if at[report]]
            if of_kind == kind and len(times) > 1:
                spans.append((max(times) - min(times)) / US_PER_DAY)
        life = casebook.shape.rotation(kind).days
        # To the day: the hour of a contact is drawn apart from its place in the series' span.
        assert life / 2 < max(spans) <= life + 1.01, kind


def test_services_rent_to_unrelated_gangs(casebook: Written, users: Any, gang_of: dict[str, int]) -> None:
    for kind in ("line", "account"):
        rented = [reports for (of, _), reports in users["rented"].items() if of == kind]
        assert np.mean([_gangs(reports, gang_of) > 1 for reports in rented if len(reports) > 1]) > 0.7
        told = sum(map(len, rented)) / sum(
            len(reports) for (of, _), reports in [*users["rented"].items(), *users["own"].items()] if of == kind
        )
        row = casebook.shape.rotation(kind)
        assert told == pytest.approx(row.rented * row.rented_use, abs=0.06)


def test_common_things_follow_zipf(casebook: Written, users: Any, gang_of: dict[str, int]) -> None:
    hotlines = sorted((len(r) for (kind, _), r in users["common"].items() if kind == "line"), reverse=True)
    assert sum(hotlines) / REPORTS == pytest.approx(casebook.shape.hotline["share"], abs=0.02)
    assert hotlines[0] / hotlines[7] == pytest.approx(8**casebook.shape.zipf, rel=0.5)
    assert users["common"]["line", "96110"]
    for kind, share in (("app", casebook.shape.meeting), ("account", casebook.shape.platform["share"])):
        named = [reports for (of, _), reports in users["common"].items() if of == kind]
        assert sum(map(len, named)) / REPORTS == pytest.approx(share, abs=0.02)
    assert _gangs(max(users["common"].values(), key=len), gang_of) > 100


def test_sub_gangs_share_some_kinds_only(casebook: Written, users: Any) -> None:
    sub_of = dict(zip(*(casebook.series[name].to_pylist() for name in ("report_id", "sub_gang")), strict=True))
    across = {
        kind: np.mean([len({sub_of[r] for r in reports}) > 1
                       for (of, _), reports in users["own"].items() if of == kind and len(reports) > 2])
        for kind in ("line", "chat", "account", "domain")
    }  # fmt: skip
    assert 0 < across["line"] < across["account"]
    assert 0 < across["chat"] < across["domain"]


def test_copycats_share_scripts_and_gangs_switch_them(casebook: Written) -> None:
    gangs_of, scripts_of, kinds_of = defaultdict(set), defaultdict(set), defaultdict(set)
    for one in casebook.series.to_pylist():
        gangs_of[one["script"]].add(one["gang"])
        scripts_of[one["gang"]].add(one["script"])
        kinds_of[one["gang"]].add(one["type"])
    sizes = Counter(casebook.series["gang"].to_pylist())
    alone = [gang for gang, size in sizes.items() if size == 1]
    copied = np.mean([len(gangs_of[next(iter(scripts_of[gang]))]) > 1 for gang in alone])
    assert copied == pytest.approx(casebook.shape.copycats, abs=0.03)
    grown = [gang for gang, size in sizes.items() if 10 <= size < 40]
    switched = np.mean([len(scripts_of[gang]) > 1 for gang in grown])
    assert 0.2 < switched < 0.6
    assert 0.03 < np.mean([len(kinds_of[gang]) > 1 for gang in grown]) < 0.25


def test_victims_come_again_to_the_same_gang_and_to_others(casebook: Written, gang_of: dict[str, int]) -> None:
    hits: dict[str, list[int]] = defaultdict(list)
    for one in casebook.reports.select(["report_id", "victim"]).to_pylist():
        if one["victim"]:
            hits[one["victim"]].append(gang_of[one["report_id"]])
    again = [gangs for gangs in hits.values() if len(gangs) > 1]
    assert len(again) / REPORTS == pytest.approx(casebook.shape.repeat_victims, abs=0.01)
    assert 0.1 < np.mean([len(set(gangs)) == 1 for gangs in again]) < 0.6


def test_victims_own_numbers_join_unrelated_reports(users: Any, gang_of: dict[str, int]) -> None:
    lines = [reports for (kind, _), reports in users["victim"].items() if kind == "line"]
    assert sum(map(len, lines)) / REPORTS == pytest.approx(shape().own_line, abs=0.015)
    assert any(_gangs(reports, gang_of) > 1 for reports in lines)


def test_slips_and_masks_at_their_rates(casebook: Written) -> None:
    wrong = masked = right = failing = 0
    for one in casebook.mentions.to_pylist():
        if one["kind"] == "account" and one["role"] in ("own", "rented"):
            if "****" in one["written"]:
                masked += 1
                assert one["written"][:4] == one["meant"][:4]
                assert one["written"][-4:] == one["meant"][-4:]
            elif one["written"] != one["meant"]:
                assert sum(a != b for a, b in zip(one["written"], one["meant"], strict=True)) == 1
                wrong += 1
                failing += not luhn_ok(one["written"])
            else:
                assert luhn_ok(one["written"])
                right += 1
    total = wrong + masked + right
    assert wrong / total == pytest.approx(casebook.shape.typo, abs=0.008)
    assert masked / total == pytest.approx(casebook.shape.masked, abs=0.012)
    assert failing == wrong, "Luhn finds every single wrong digit"
    form = casebook.mentions.filter(pc.match_like(casebook.mentions["written"], "1__****____"))
    assert len(form) > 50


def test_identifiers_stand_in_text_form_or_both(casebook: Written) -> None:
    places: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for one in casebook.mentions.to_pylist():
        places[one["report_id"], one["kind"], one["meant"]].add(one["place"])
    share = {name: n / len(places) for name, n in Counter("+".join(sorted(p)) for p in places.values()).items()}
    assert share["form"] == pytest.approx(shape().form_only, abs=0.03)
    assert share["text"] == pytest.approx(shape().text_only + shape().empty_form, abs=0.06)
    assert share["form+text"] > 0.45


def test_fields_are_missing_at_their_rates(casebook: Written) -> None:
    columns = {"district": "district", "occurred": "occurred_at_us", "victim": "victim", "loss": "loss_fen",
               "narrative": "narrative"}  # fmt: skip
    for name, column in columns.items():
        gone = casebook.reports[column].null_count / REPORTS
        assert gone == pytest.approx(casebook.shape.missing[name], abs=0.006), name
    empty = pc.sum(pc.equal(pc.list_value_length(casebook.reports["identifiers"]), 0)).as_py() / REPORTS
    assert empty > casebook.shape.empty_form - 0.01


def test_reports_come_late_and_out_of_order(casebook: Written) -> None:
    reported = casebook.reports["reported_at_us"].to_numpy()
    behind = np.maximum.accumulate(reported) - reported
    assert (behind > US_PER_DAY).mean() == pytest.approx(casebook.shape.late, abs=0.02)
    assert (np.diff(reported) < 0).mean() > 0.1
    occurred = casebook.reports["occurred_at_us"]
    known = occurred.is_valid().to_numpy()
    delay = reported[known] - occurred.drop_null().to_numpy()
    assert delay.min() > 0
    assert np.median(delay) / 3.6e9 == pytest.approx(casebook.shape.report_delay_h[0], rel=0.1)


def test_detections_are_incomplete_and_sometimes_wrong(casebook: Written, gang_of: dict[str, int], users: Any) -> None:
    rows = casebook.detections.to_pylist()
    assert all((one["report_id"] is None) != (one["identifier"] is None) for one in rows)
    found = {one["identifier"]: one["subject"] for one in rows if one["identifier"]}
    lines = {f"{kind}:{value}": reports for (kind, value), reports in users["own"].items() if kind == "line"}
    assert len(found.keys() & lines.keys()) / len(lines) == pytest.approx(shape().detected["line"], abs=0.04)
    assert {one["subject"].split("-")[0] for one in rows} == {"box", "ring"}
    gangs: dict[str, list[int]] = defaultdict(list)
    for identifier, subject in found.items():
        if identifier in lines:
            gangs[subject].append(gang_of[next(iter(lines[identifier]))])
    several = [Counter(of) for of in gangs.values() if len(of) > 2]
    right = sum(of.most_common(1)[0][1] for of in several) / sum(sum(of.values()) for of in several)
    assert 0.7 < right < 1.0


def test_narratives_differ_between_officers_and_name_every_kind(casebook: Written) -> None:
    stories = [story for story in casebook.reports["narrative"].to_pylist() if story]
    assert len(set(stories)) == len(stories)
    assert set(casebook.mentions["kind"].to_pylist()) == set(KINDS)
    openings = Counter(story[:4] for story in stories)
    assert max(openings.values()) / len(stories) < 0.2
