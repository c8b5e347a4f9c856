"""What leaves: valid by the formats' own checkers, readable by their own libraries, and no more than is needed."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any, get_args

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st
from pymisp import MISPEvent
from sharing import NOW_US, VALUES, entry, parcel, setup
from stix2validator import ValidationOptions, validate_instance

from chainbreak.act.delivery.entry import Entry
from chainbreak.act.delivery.sharing import misp
from chainbreak.act.delivery.sharing.misp_form import Misp, MispSettings
from chainbreak.act.delivery.sharing.reported import Told
from chainbreak.act.delivery.sharing.stix import Stix
from chainbreak.act.delivery.sharing.terms import Marking, Terms
from chainbreak.base.errors import InputError

TERMS = Terms(publisher="某市反诈中心")
STIX = Stix(TERMS, "bank")
MISP = Misp(MispSettings(publisher="某市反诈中心"), "bank")
# Ids are UUIDv5 on purpose, and what a SHOULD asks for beyond that is checked here too.
STRICT = ValidationOptions(version="2.1", strict=True, disabled="uuid-check")


def valid(said: dict[str, Any]) -> None:
    result = validate_instance(said, STRICT)
    assert result.is_valid, [str(e) for e in result.errors]
    stix2.parse(said, allow_custom=False)


@pytest.mark.parametrize("kind", VALUES)
def test_every_indicator_is_valid_stix_also_when_it_is_taken_back(kind: str) -> None:
    said = STIX.write(entry(kind=kind), 0, None, NOW_US)
    valid(said)
    over = STIX.end(said, True, NOW_US)
    valid(over)
    assert (over["id"], over["created"], over["revoked"]) == (said["id"], said["created"], True)
    assert over["modified"] > said["modified"]


@pytest.mark.parametrize("marking", get_args(Marking))
def test_what_indicators_refer_to_is_valid_and_published(marking: Any) -> None:
    form = Stix(Terms(publisher="x", marking=marking), "bank")
    context = form.context()
    for said in context:
        valid(said)
    said = form.write(entry(), 0, None, NOW_US)
    assert {said["created_by_ref"], *said["object_marking_refs"]} <= {one["id"] for one in context}


@pytest.mark.parametrize(("says", "type_"), [("seen", "sighting"), ("false", "opinion")])
def test_what_a_source_is_told_is_valid_stix(says: str, type_: str) -> None:
    told = Told("indicator--f7a3f6e0-46d1-4b9b-8f5a-3f0a3d9c1b11", says, 3, NOW_US - 5_000_000, NOW_US)
    said = STIX.sighting(told, NOW_US)
    valid(said)
    assert said["type"] == type_


@pytest.mark.parametrize("kind", VALUES)
def test_misp_loads_every_event_and_its_types_are_known(kind: str) -> None:
    said = MISP.write(entry(kind=kind), 0, None, NOW_US)
    event = MISPEvent()
    event.load(json.loads(MISP.event(said).to_json()))
    [attribute] = event.attributes
    assert attribute.type in attribute.known_types
    assert attribute.type in event.describe_types["category_type_mappings"][attribute.category]
    assert (attribute.value, attribute.to_ids) == (VALUES[kind], True)
    assert [tag.name for tag in event.tags] == ["tlp:amber"]


texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40)
moments = st.integers(NOW_US - 10**15, NOW_US)


@given(texts.map(lambda t: f"https://a.example/{t}"), moments, st.integers(1, 10**15))
def test_both_forms_read_back_to_the_mark(url: str, starts: int, lasts: int) -> None:
    order = entry(kind="takedown.request", value=url, starts_at_us=starts, ends_at_us=starts + lasts)
    for form in (STIX, MISP):
        if form is MISP and url != url.strip():
            continue  # MISP strips values
        said = form.write(order, 0, None, NOW_US)  # type: ignore[attr-defined]
        assert form.mark_of(said) == order.mark  # type: ignore[attr-defined]
        assert form.mark_of(form.write(order, 0, said, NOW_US)) == order.mark  # type: ignore[attr-defined]


@given(texts, texts, st.integers(1, 10**9), st.sampled_from(sorted(VALUES)))
def test_no_more_is_said_than_a_partner_needs(function: str, digest: str, amount: int, kind: str) -> None:
    plain = entry(kind=kind, functions=(), digest="", amount_fen=None, direction="")
    rich = entry(kind=kind, functions=(function,), digest=digest, amount_fen=amount, direction="in")
    for form in (STIX, MISP):
        assert form.write(rich, 0, None, NOW_US) == form.write(plain, 0, None, NOW_US)  # type: ignore[attr-defined]


def test_the_fields_that_leave_are_these_and_no_others() -> None:
    assert set(STIX.write(entry(), 0, None, NOW_US)) == {
        "type", "spec_version", "id", "created_by_ref", "created", "modified", "name", "description",
        "indicator_types", "labels", "pattern", "pattern_type", "pattern_version", "valid_from", "valid_until",
        "confidence", "external_references", "object_marking_refs",
    }  # fmt: skip
    assert set(MISP.write(entry(), 0, None, NOW_US)) == {
        "uuid", "type", "value", "to_ids", "category", "comment", "distribution", "first_seen", "last_seen",
        "timestamp", "deleted", "disable_correlation",
    }  # fmt: skip


def test_a_repeat_is_the_same_object_and_partners_cannot_compare_what_they_got() -> None:
    other = Stix(TERMS, "carrier")
    assert STIX.write(entry(), 0, None, NOW_US) == STIX.write(entry(), 0, None, NOW_US + 10**9)
    assert STIX.key("O-1", 0) != other.key("O-1", 0) != STIX.key("O-1", 1)


def test_a_range_of_numbers_is_a_pattern_in_stix_and_nothing_that_misp_can_say() -> None:
    order = entry(value="+861390013****")
    said = STIX.write(order, 0, None, NOW_US)
    valid(said)
    assert said["pattern"] == "[x-phone-number:value LIKE '+861390013____']"
    assert STIX.mark_of(said) == order.mark
    with pytest.raises(InputError, match="CB-DL-160"):
        MISP.write(order, 0, None, NOW_US)


def iban(value: str) -> Entry:
    return entry(kind="funds.hold", value=value)


def test_an_iban_is_said_as_one() -> None:
    assert STIX.write(iban("DE89370400440532013000"), 0, None, NOW_US)["pattern"].startswith("[x-bank-account:iban")
    assert MISP.write(iban("DE89370400440532013000"), 0, None, NOW_US)["type"] == "iban"
    assert MISP.write(iban("6222021234567890123"), 0, None, NOW_US)["type"] == "bank-account-nr"


def test_a_feed_is_what_misps_own_tools_make_of_its_events(tmp_path: Path) -> None:
    point = misp.open_point(setup(tmp_path, {"feed": True}))
    orders = [entry(f"O-261120-AAAA222{i}", kind) for i, kind in enumerate(VALUES)]
    point.carry([parcel(order, order) for order in orders])
    point.carry([parcel(orders[0], None)])
    folder = tmp_path / "out" / "partner" / "feed"
    manifest = json.loads((folder / "manifest.json").read_text())
    hashes = {tuple(row) for row in csv.reader((folder / "hashes.csv").read_text().splitlines())}
    expected = set()
    for uuid, listed in manifest.items():
        event = MISPEvent()
        event.load_file(folder / f"{uuid}.json")
        assert event.manifest == {uuid: listed}
        [attribute] = event.attributes
        if not attribute.deleted:
            expected.add((hashlib.md5(attribute.value.encode(), usedforsecurity=False).hexdigest(), uuid))
    assert len(manifest) == len(orders)
    assert len(expected) == len(orders) - 1
    assert hashes == expected
