"""What is sealed and what is proved: addresses for a time and for one only, codes once, a distance without a place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from visit_world import (
    Scene,
    refused,
    visit_row,
)

from chainbreak.app.finish_visit import Sent, finish_visit
from chainbreak.app.prove_visit import make_code, prove_by_distance, use_code
from chainbreak.app.show_visit import show_visit
from chainbreak.app.visit_address import enter_address, forget_addresses, reveal_address
from chainbreak.app.work_visit import accept_visit, arrive_visit
from chainbreak.base.errors import InputError

ADDRESS = "东湖区桂花路7号2单元301"
WHY = {"purpose": "上门劝阻", "case": "C-7"}


def test_the_address_is_for_who_took_it_on_and_for_a_time(scene: Scene) -> None:
    ma = scene.who("ma")

    def look(name: str, **why: str) -> str:
        return reveal_address(scene.office, scene.who(name), scene.first, **(WHY | why)).value

    refused("CB-WA-161", lambda: enter_address(scene.office, ma, scene.first, ADDRESS))
    enter_address(scene.office, scene.who("gu"), scene.first, "东湖区桂花路7号", "citizen")
    enter_address(scene.office, scene.who("zhou"), scene.first, ADDRESS, "carrier")
    refused("CB-WA-166", lambda: look("ma"))
    accept_visit(scene.office, ma, scene.first)
    assert look("ma") == ADDRESS
    for name in ("luo", "he", "gu", "wu"):
        refused("CB-WA-166", lambda name=name: look(name))
    refused("CB-WA-161", lambda: look("tang"))
    refused("CB-WA-161", lambda: look("admin"))
    for missing in ("purpose", "case"):
        refused("CB-WA-166", lambda missing=missing: look("ma", **{missing: " "}))
    scene.clock.advance(scene.office.centre.settings.visit_address_min * 60 - 1)
    assert look("ma") == ADDRESS
    scene.clock.advance(1)
    refused("CB-WA-166", lambda: look("ma"))
    scene.clock.advance(-3_600)
    refused("CB-WA-166", lambda: look("ma"))  # a clock set back opens nothing: the log has seen later
    scene.clock.advance(3_600)
    accept_visit(scene.office, ma, scene.first)
    assert look("ma") == ADDRESS
    scene.finish("ma")
    refused("CB-WA-166", lambda: look("ma"))
    leaves = [leaf for leaf in scene.log() if str(leaf["action"]).endswith("reveal")]
    assert {leaf["action"] for leaf in leaves} == {"visit.reveal", "visit.refuse_reveal"}
    assert all(leaf["purpose"] == "上门劝阻" for leaf in leaves if leaf["action"] == "visit.reveal")


def test_an_address_is_not_opened_again_a_day_after_the_visit_was_taken_on(scene: Scene) -> None:
    enter_address(scene.office, scene.who("gu"), scene.first, ADDRESS)
    accept_visit(scene.office, scene.who("ma"), scene.first)
    arrive_visit(scene.office, scene.who("ma"), scene.first)
    scene.clock.advance(23 * 3600)
    accept_visit(scene.office, scene.who("ma"), scene.first)
    assert reveal_address(scene.office, scene.who("ma"), scene.first, **WHY).value == ADDRESS
    scene.clock.advance(2 * 3600)
    refused("CB-WA-162", lambda: accept_visit(scene.office, scene.who("ma"), scene.first))
    refused("CB-WA-166", lambda: reveal_address(scene.office, scene.who("ma"), scene.first, **WHY))
    assert forget_addresses(scene.office) == 0, "the warning ended less than a day ago"
    scene.clock.advance(12 * 3600)
    assert forget_addresses(scene.office) == 1, "nobody ever said what came of it"


def test_no_address_lies_in_the_desk_or_the_log(scene: Scene, tmp_path: Path) -> None:
    enter_address(scene.office, scene.who("gu"), scene.first, ADDRESS)
    accept_visit(scene.office, scene.who("ma"), scene.first)
    reveal_address(scene.office, scene.who("ma"), scene.first, **WHY)
    scene.office.desk.close()
    for path in (tmp_path / "centre").rglob("*"):
        if path.is_file():
            assert "桂花路".encode() not in path.read_bytes(), path.name


@pytest.mark.parametrize("text", ["", "路", "x" * 201, "a\x1b[31m路1号"])
def test_what_is_no_address_is_refused(scene: Scene, text: str) -> None:
    with pytest.raises(InputError, match="CB-WA-171"):
        enter_address(scene.office, scene.who("gu"), scene.first, text)


def test_a_code_proves_a_visit_once(scene: Scene) -> None:
    ma, gu = scene.who("ma"), scene.who("gu")
    accept_visit(scene.office, ma, scene.first)
    refused("CB-WA-161", lambda: make_code(scene.office, ma, scene.first, "said"))
    code = make_code(scene.office, gu, scene.first, "said")
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    refused("CB-WA-168", lambda: use_code(scene.office, ma, scene.first, "said", wrong))
    use_code(scene.office, ma, scene.first, "said", f"{code[:3]} {code[3:]}")
    refused("CB-WA-168", lambda: use_code(scene.office, ma, scene.first, "said", code))
    card = make_code(scene.office, ma, scene.first, "card")
    refused("CB-WA-161", lambda: use_code(scene.office, ma, scene.first, "card", card))
    use_code(scene.office, gu, scene.first, "card", card)
    assert [p["way"] for p in show_visit(scene.office, ma, scene.first)["proofs"]] == ["card", "said"]


def test_a_code_is_void_after_five_wrong_tries_and_never_lies_in_clear(scene: Scene) -> None:
    ma = scene.who("ma")
    accept_visit(scene.office, ma, scene.first)
    code = make_code(scene.office, scene.who("gu"), scene.first, "said")
    for n in range(1, 6):
        wrong = f"{(int(code) + n) % 10**6:06d}"
        refused("CB-WA-168", lambda wrong=wrong: use_code(scene.office, ma, scene.first, "said", wrong))
    refused("CB-WA-168", lambda: use_code(scene.office, ma, scene.first, "said", code))
    assert code not in json.dumps(scene.log())


def test_a_wrong_code_keeps_no_result_from_being_taken(scene: Scene) -> None:
    ma = scene.who("ma")
    accept_visit(scene.office, ma, scene.first)
    code = make_code(scene.office, scene.who("gu"), scene.first, "said")
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    body = {"entry": "met", "outcome": "1"}
    assert finish_visit(scene.office, ma, scene.first, body, "key-00000001", wrong) == Sent("taken", "", "wrong")


def test_a_distance_is_kept_to_the_hundred_metres_and_no_place(scene: Scene) -> None:
    ma = scene.who("ma")
    accept_visit(scene.office, ma, scene.first)
    row = visit_row(scene.office, scene.first)
    lat, lon = float(str(row["lat"])), float(str(row["lon"]))
    assert prove_by_distance(scene.office, ma, scene.first, lat + 0.0031, lon) == 300
    refused("CB-WA-173", lambda: prove_by_distance(scene.office, ma, scene.first, 91.0, 0.0))
    refused("CB-WA-162", lambda: prove_by_distance(scene.office, scene.who("luo"), scene.first, 33.5, 123.2))


def test_addresses_are_destroyed_a_day_after_visit_and_warning_ended(scene: Scene) -> None:
    for text in ("东湖区桂花路7号", ADDRESS):
        enter_address(scene.office, scene.who("gu"), scene.first, text)
    accept_visit(scene.office, scene.who("ma"), scene.first)
    scene.finish("ma")
    before = scene.office.vault.counts()["texts"]
    assert forget_addresses(scene.office) == 0
    scene.clock.advance(24 * 3_600 + 1)
    assert [forget_addresses(scene.office), forget_addresses(scene.office)] == [1, 0]
    assert before - scene.office.vault.counts()["texts"] == 2
