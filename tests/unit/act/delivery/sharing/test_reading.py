"""What comes in: whoever wrote it, the sound part is read, the rest kept aside with a reason, and nothing breaks."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sharing import NOW_US, VALUES, entry, parcel, setup

from chainbreak.act.delivery.sharing import misp
from chainbreak.act.delivery.sharing.ageing import load_ageing
from chainbreak.act.delivery.sharing.misp_form import Misp, MispSettings
from chainbreak.act.delivery.sharing.misp_in import read_misp
from chainbreak.act.delivery.sharing.reported import LARGEST_VALUE
from chainbreak.act.delivery.sharing.sources import read_file
from chainbreak.act.delivery.sharing.stix import Stix
from chainbreak.act.delivery.sharing.stix_in import LARGEST_PATTERN, read_stix
from chainbreak.act.delivery.sharing.terms import Terms
from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import InputError, SetupError

STIX = Stix(Terms(publisher="x"), "bank")
MISP = Misp(MispSettings(publisher="x"), "bank")
KIND_OF = {"number.block": "line", "domain.sinkhole": "domain", "funds.hold": "account", "takedown.request": "url"}


def indicator(**said: Any) -> dict[str, Any]:
    return STIX.write(entry(), 0, None, NOW_US) | said


@pytest.mark.parametrize("kind", VALUES)
def test_what_we_share_we_can_read(kind: str) -> None:
    order = entry(kind=kind)
    [one] = read_stix([*STIX.context(), STIX.write(order, 0, None, NOW_US)]).reported
    assert (one.kind, one.value, one.valid_until_us) == (KIND_OF[kind], order.value, order.ends_at_us)
    event = json.loads(MISP.event(MISP.write(order, 0, None, NOW_US)).to_json())
    [same] = read_misp({"response": [{"Event": event}]}, NOW_US).reported
    assert (same.kind, same.value, same.valid_until_us) == (KIND_OF[kind], order.value, order.ends_at_us)


def test_a_withdrawal_reads_as_one() -> None:
    before = STIX.write(entry(), 0, None, NOW_US)
    [one] = read_stix([STIX.end(before, True, NOW_US)]).reported
    assert one.revoked
    attribute = MISP.end(MISP.write(entry(), 0, None, NOW_US), True, NOW_US)
    reading = read_misp({"Event": {"Attribute": [attribute]}}, NOW_US)
    assert [one.revoked for one in reading.reported] == [True]
    assert [one.says for one in reading.sighted] == ["false"]


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("[domain-name:value = 'a.cn' OR domain-name:value = 'b.cn']", ["a.cn", "b.cn"]),
        ("[domain-name:value='a.cn'] OR [url:value = 'http://b.cn/\\'x']", ["a.cn", "http://b.cn/'x"]),
        (" [ x-phone-number:value = '95588' ] ", ["95588"]),
    ],
)
def test_a_pattern_of_equalities_is_read_one_by_one(pattern: str, values: list[str]) -> None:
    reading = read_stix([indicator(pattern=pattern)])
    assert [one.value for one in reading.reported] == values
    assert len({one.shared_id for one in reading.reported}) == len(values)


@pytest.mark.parametrize(
    "pattern",
    [
        "[domain-name:value = 'a.cn' AND domain-name:value = 'b.cn']", "[domain-name:value != 'a.cn']x",
        "[domain-name:value LIKE '%.cn'] OR [domain-name:value = 'a.cn']", "[domain-name:value = 'a.cn'",
        "[domain-name:value = 'a.cn'] FOLLOWEDBY [url:value = 'http://a.cn/']",
        "[domain-name:value = '" + "a" * LARGEST_PATTERN + "']",
        "[domain-name:value = '" + "a" * (LARGEST_VALUE + 1) + "']",
    ],
)  # fmt: skip
def test_what_says_more_than_what_equals_what_is_kept_aside(pattern: str) -> None:
    reading = read_stix([indicator(pattern=pattern), indicator(pattern="[domain-name:value = 'good.cn']")])
    assert [one.value for one in reading.reported] == ["good.cn"]
    [refused] = reading.refused
    assert "a.cn" not in refused.what


def test_hashes_and_addresses_of_machines_are_left() -> None:
    reading = read_stix([indicator(pattern="[ipv4-addr:value = '10.0.0.1']"), {"type": "malware", "id": "malware--1"}])
    assert (reading.reported, reading.refused, reading.ignored) == ([], [], 2)
    other = read_misp(
        {"Event": {"Attribute": [{"uuid": "5b0b3b1e-0000-4000-8000-000000000001", "type": "md5"}]}}, NOW_US
    )
    assert (other.reported, other.ignored) == ([], 1)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4), max_leaves=12,
)  # fmt: skip


@settings(max_examples=200)
@given(st.data())
def test_nothing_that_a_source_sends_breaks_the_reading(data: st.DataObject) -> None:
    said = copy.deepcopy(indicator())
    for name in data.draw(st.lists(st.sampled_from(sorted(said)), max_size=4)):
        said[name] = data.draw(anything)
    readings = [read_stix([said, data.draw(anything)])]
    attribute = MISP.end(MISP.write(entry(), 0, None, NOW_US), False, NOW_US)
    for name in data.draw(st.lists(st.sampled_from(sorted(attribute)), max_size=4)):
        attribute[name] = data.draw(anything)
    event = {"Attribute": [attribute, data.draw(anything)], "Object": data.draw(anything)}
    readings += [read_misp({"Event": event}, NOW_US), read_misp(data.draw(anything), NOW_US)]
    for one in (reported for reading in readings for reported in reading.reported):
        assert one.value, "nothing is reported of nothing"


def test_a_file_is_a_bundle_events_or_the_folder_of_a_feed(tmp_path: Path) -> None:
    orders = [entry(f"O-261120-AAAA222{i}", kind) for i, kind in enumerate(VALUES)]
    point = misp.open_point(setup(tmp_path, {"feed": True}))
    point.carry([parcel(order, order) for order in orders])
    feed = tmp_path / "out" / "partner" / "feed"
    values = {order.value for order in orders}
    assert {one.value for one in read_file(feed, NOW_US).reported} == values
    bundle = tmp_path / "bundle.json"
    bundle.write_text(json.dumps({"type": "bundle", "objects": [STIX.write(o, 0, None, NOW_US) for o in orders]}))
    assert {one.value for one in read_file(bundle, NOW_US).reported} == values


@pytest.mark.parametrize("content", ["", "{}", "[]", '"x"', "[" * 100_000, "\xff"])
def test_any_other_file_is_refused_in_one_sentence(content: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match="CB-DL-163"):
        read_file(file, NOW_US)


def test_a_feed_cannot_lead_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "feed").mkdir()
    (tmp_path / "secret.json").write_text(json.dumps({"Event": {"Attribute": []}}))
    manifest = {"../secret": {"timestamp": 1}, "..%2fsecret": {"timestamp": 1}}
    (tmp_path / "feed" / "manifest.json").write_text(json.dumps(manifest))
    assert read_file(tmp_path / "feed", NOW_US).reported == []


@given(st.integers(0, 200 * US_PER_DAY), st.integers(0, 200 * US_PER_DAY), st.integers(0, 100), st.integers(0, 9),
       st.sampled_from(["line", "url", "domain", "account"]))  # fmt: skip
def test_age_only_takes_weight_and_sightings_only_give_it(
    age: int, more: int, confidence: int, seen: int, kind: str
) -> None:
    model = load_ageing().model(kind)
    score = model.score(confidence, age, seen, 1)
    assert 0 <= score <= 100
    assert model.score(confidence, age + more, seen, 1) <= score
    assert model.score(confidence, age, seen + 1, 1) >= score
    assert model.score(confidence, age, seen, 2) <= score
    assert model.score(confidence, int(model.lifetime_d * US_PER_DAY)) == 0


def test_a_centre_sets_its_own_ageing_and_a_wrong_file_is_named(tmp_path: Path) -> None:
    site = tmp_path / "sharing.yaml"
    site.write_text("presets: {vishing: {lifetime_d: 30}}\nkinds: {domain: nids}\n")
    ours = load_ageing(tmp_path)
    assert (ours.model("line").lifetime_d, ours.model("domain").lifetime_d, ours.model("line").decay) == (30, 120, 2.3)
    for wrong in ("kinds: {line: none}", "presets: {vishing: {lifetime_d: 0}}", "[", "kinds: 3"):
        site.write_text(wrong)
        with pytest.raises(SetupError, match="CB-DL-167"):
            load_ageing(tmp_path)
