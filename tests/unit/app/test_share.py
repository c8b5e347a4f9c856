"""Pulling what others report, weighing it, telling them back; and that none of it ever becomes an order."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_world import SETUP, make_findings, save
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sharing import NOW_US, VALUES, entry, parcel, setup
from sqlalchemy import func, insert, select

from chainbreak.act.delivery.sharing import misp
from chainbreak.act.delivery.sharing.reported import Told
from chainbreak.act.delivery.sharing.stix import Stix
from chainbreak.act.delivery.sharing.terms import Terms
from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.change_partners import add_partner
from chainbreak.app.draft_order import partners_for
from chainbreak.app.ingest_file import ingest_files
from chainbreak.app.init_centre import init_centre
from chainbreak.app.list_findings import list_findings
from chainbreak.app.list_indicators import list_indicators, list_refused, reported_elsewhere
from chainbreak.app.partner_secrets import set_secret
from chainbreak.app.rotate_keys import rotate_keys
from chainbreak.app.share_pull import share_pull
from chainbreak.app.share_sight import share_sight
from chainbreak.app.show_finding import show_finding
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.base.settings import Settings
from chainbreak.bench.delivery.misp_stand_in import Misp, misp_stand_in
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import read_token, write_token
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.migrate import all_tables
from chainbreak.store.desk.tables_delivery import partner

SRC = Path(__file__).resolve().parents[3] / "src" / "chainbreak"
LIAISON = Actor("zhou", frozenset({Role.LIAISON}))
ENGINEER = Actor("qian", frozenset({Role.ENGINEER}))
STIX = Stix(Terms(publisher="邻市反诈中心"), "us")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("share") / "centre"
    made = init_centre(root, Settings(name="本市反诈中心"), FixedClock(NOW_US))
    add_partner(made, SETUP, "next-city", "taxii", ["number.block"], settings={"publisher": "本市", "hosted": True})
    made.desk.close()
    return root


@pytest.fixture
def office(made: Path, tmp_path: Path) -> Iterator[Office]:
    shutil.copytree(made, tmp_path / "centre")
    office = open_office(tmp_path / "centre", FixedClock(NOW_US))
    yield office
    office.desk.close()


@pytest.fixture
def server() -> Iterator[Misp]:
    with misp_stand_in() as state:
        yield state


def bundle(folder: Path, *objects: dict[str, Any]) -> Path:
    file = folder / "bundle.json"
    file.write_text(json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects}))
    return file


def said(order_id: str, kind: str, **what: Any) -> dict[str, Any]:
    return STIX.write(entry(order_id, kind), 0, None, NOW_US) | what


def pull(office: Office, file: Path, actor: Actor = LIAISON) -> dict[str, Any]:
    return share_pull(office, actor, "next-city", file)


def test_numbers_and_accounts_become_tokens_at_the_door(office: Office, tmp_path: Path) -> None:
    file = bundle(tmp_path, *(said(f"O-261120-AAAA222{i}", kind) for i, kind in enumerate(VALUES)))
    assert pull(office, file) == {"new": 4, "changed": 0, "sightings": 0, "refused": 0, "ignored": 0, "error": ""}
    objects = {row["kind"]: row["object"] for row in list_indicators(office)}
    assert objects["domain"] == "pay-back.example"
    assert objects["url"] == "https://pay-back.example/it's", "without its query, which names people"
    for kind, value in (("line", VALUES["number.block"]), ("account", VALUES["funds.hold"])):
        assert office.vault.value(Identifier(kind), read_token(objects[kind])[1]) == value
    assert pull(office, file)["new"] == 0, "again, nothing is new"
    raw = (office.centre.root / "desk.db").read_bytes() + (office.centre.root / "desk.db-wal").read_bytes()
    assert VALUES["number.block"].encode() not in raw
    assert VALUES["funds.hold"].encode() not in raw


def test_what_is_bad_is_kept_aside_until_it_is_corrected(office: Office, tmp_path: Path) -> None:
    bad = said("O-261120-BADD2222", "number.block", pattern="[x-phone-number:value = 'no number']")
    counts = pull(office, bundle(tmp_path, bad, said("O-261120-GOOD2222", "domain.sinkhole")))
    assert (counts["new"], counts["refused"]) == (1, 1)
    assert [(row["shared_id"], row["code"]) for row in list_refused(office)] == [(bad["id"], "CB-DL-168")]
    pull(office, bundle(tmp_path, bad | {"pattern": "[x-phone-number:value = '+8613800138001']"}))
    assert list_refused(office) == []


def test_a_withdrawal_ends_it_and_an_old_version_does_not_revive_it(office: Office, tmp_path: Path) -> None:
    first = said("O-261120-AAAA2222", "number.block")
    over = STIX.end(first, True, NOW_US)
    for objects in ([first], [over], [first], [over, first]):
        pull(office, bundle(tmp_path, *objects))
    assert list_indicators(office) == []
    assert [(row["state"], row["score"]) for row in list_indicators(office, over=True)] == [("revoked", 0.0)]


def test_a_newer_version_drops_what_it_no_longer_names(office: Office, tmp_path: Path) -> None:
    two = said(
        "O-261120-AAAA2222", "domain.sinkhole", pattern="[domain-name:value = 'a.cn' OR domain-name:value = 'b.cn']"
    )
    one = two | {"pattern": "[domain-name:value = 'a.cn']", "modified": "2026-11-20T00:00:01.000Z"}
    pull(office, bundle(tmp_path, two))
    assert {row["object"] for row in list_indicators(office)} == {"a.cn", "b.cn"}
    for objects in ([one], [two], [one, two]):
        pull(office, bundle(tmp_path, *objects))
        assert {row["object"] for row in list_indicators(office)} == {"a.cn"}


def test_a_withdrawal_is_believed_also_when_the_rest_cannot_be_read(office: Office, tmp_path: Path) -> None:
    first = said("O-261120-AAAA2222", "domain.sinkhole")
    pull(office, bundle(tmp_path, first))
    pull(office, bundle(tmp_path, {"type": "indicator", "id": first["id"], "revoked": True}))
    assert list_indicators(office) == []


def test_an_indicator_ages_and_a_sighting_makes_it_young_again(office: Office, tmp_path: Path) -> None:
    clock = office.clock
    assert isinstance(clock, FixedClock)
    endless = said("O-261120-AAAA2222", "number.block")
    del endless["valid_until"]
    pull(office, bundle(tmp_path, endless))
    [fresh] = list_indicators(office)
    clock.advance(86_400)
    [older] = list_indicators(office)
    assert older["score"] < fresh["score"]
    clock.advance(11 * 86_400)
    assert [row["state"] for row in list_indicators(office, over=True)] == ["aged"]
    seen = STIX.sighting(Told(endless["id"], "seen", 2, clock.now_us() - 1, clock.now_us()), clock.now_us())
    for _ in range(2):
        pull(office, bundle(tmp_path, seen))
    [again] = list_indicators(office)
    assert (again["seen"], again["state"], again["score"]) == (2, "live", fresh["confidence"])
    wrong = [STIX.sighting(Told(endless["id"], "false", 1, 1, at), clock.now_us()) for at in range(1, 12)]
    pull(office, bundle(tmp_path, *wrong))
    assert [row["state"] for row in list_indicators(office, over=True)] == ["aged"], "eleven say that it is wrong"


def test_a_future_sighting_keeps_nothing_young(office: Office, tmp_path: Path) -> None:
    late = said("O-261120-AAAA2222", "number.block", modified="2099-01-01T00:00:00.000Z")
    pull(office, bundle(tmp_path, late))
    [row] = list_indicators(office)
    assert row["last_seen_us"] == NOW_US


def test_a_misp_server_is_read_since_the_last_time_and_told_what_we_met(
    office: Office, server: Misp, tmp_path: Path
) -> None:
    clock = office.clock
    assert isinstance(clock, FixedClock)
    add_partner(office, SETUP, "misp", "misp", ["number.block"], address=server.address,
                settings={"publisher": "本市"})  # fmt: skip
    set_secret(office, SETUP, "misp", "key", server.key.encode())
    theirs = misp.open_point(
        setup(tmp_path, {"publisher": "邻市"}, address=server.address, secret=server.key, clock=clock)
    )
    orders = [entry(f"O-261120-AAAA222{i}", kind) for i, kind in enumerate(VALUES)]
    theirs.carry([parcel(order, order) for order in orders])
    assert share_pull(office, LIAISON, "misp")["new"] == len(VALUES)
    assert share_pull(office, LIAISON, "misp")["changed"] == 0
    clock.advance(5)
    theirs.carry([parcel(orders[0], None)])
    assert share_pull(office, LIAISON, "misp") == {
        "new": 0, "changed": 1, "sightings": 1, "refused": 0, "ignored": 0, "error": "",
    }  # fmt: skip
    [domain] = [row for row in list_indicators(office) if row["kind"] == "domain"]
    [told] = share_sight(office, LIAISON, "misp", wrong=domain["shared_id"])
    assert told["taken"]
    assert [one["type"] for one in server.attributes[domain["shared_id"]]["Sighting"]] == ["1"]
    server.down = True
    assert "503" in share_pull(office, LIAISON, "misp")["error"]
    theirs.close()


def test_our_records_meet_it_once(office: Office, tmp_path: Path) -> None:

    pull(
        office,
        bundle(tmp_path, said("O-261120-AAAA2222", "domain.sinkhole"), said("O-261120-BBBB2222", "number.block")),
    )
    rows = tmp_path / "lookup.csv"
    at = NOW_US - 60_000_000
    rows.write_text(f"at_us,client,domain\n{at},+8613900139000,pay-back.example\n{at},+8613900139000,other.example\n")
    assert [run.accepted for run in ingest_files(office, ENGINEER, "lookup", [rows])] == [2]
    [told] = share_sight(office, LIAISON, "next-city")
    assert (told["says"], told["count"], told["last_us"]) == ("seen", 1, at)
    assert share_sight(office, LIAISON, "next-city") == [], "what was told once is not told again"


def test_who_judges_sees_it_beside_their_own(office: Office, tmp_path: Path) -> None:
    save(office, make_findings(office, 1))
    [found] = list_findings(office)
    assert show_finding(office, found["finding_id"])["reported"] == []
    pull(
        office,
        bundle(tmp_path, said("O-261120-AAAA2222", "number.block", pattern="[x-phone-number:value = '13800130000']")),
    )
    (office.centre.root / "sharing.yaml").write_text("kinds: 3")
    [row] = show_finding(office, found["finding_id"])["reported"]
    assert (row["source"], row["object"]) == ("next-city", found["subject"]), (
        "a slip in a file keeps nobody from judging"
    )


def test_a_rotation_of_keys_loses_nothing(office: Office, tmp_path: Path) -> None:
    pull(office, bundle(tmp_path, said("O-261120-AAAA2222", "number.block")))
    [before] = list_indicators(office)
    rotate_keys(office, Actor("root", frozenset({Role.ADMIN})), [Identifier.LINE], lambda _n: None)
    now = write_token(Identifier.LINE, office.vault.current(Identifier.LINE, read_token(before["object"])[1]))
    assert now != before["object"]
    with office.desk.read() as conn:
        assert [one["source"] for one in reported_elsewhere(office, conn, [now])] == ["next-city"]
        assert reported_elsewhere(office, conn, ["line:0000000000000000"]) == []


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["p1", "p2", "p3"]), st.sets(st.sampled_from(sorted(VALUES)))))
def test_a_partner_is_sent_only_kinds_that_it_can_act_on(office: Office, kinds: dict[str, set[str]]) -> None:
    with office.desk.read() as conn:  # whatever is written here is thrown away
        for name, takes in kinds.items():
            conn.execute(insert(partner).values(
                partner_id=name, name_zh=name, name_en=name, format="misp", kinds=" ".join(sorted(takes)), call="",
                active=True, serial=0,
            ))  # fmt: skip
        for kind in VALUES:
            assert {p for p in partners_for(conn, kind) if p in kinds} == {
                p for p, takes in kinds.items() if kind in takes
            }


def test_who_may(office: Office, tmp_path: Path) -> None:
    file = bundle(tmp_path, said("O-261120-AAAA2222", "number.block"))
    for role in set(Role) - {Role.LIAISON, Role.ANALYST}:
        with pytest.raises(RefusedError, match="CB-DL-165"):
            pull(office, file, Actor("x", frozenset({role})))
    with pytest.raises(UsageError, match="CB-DL-166"):
        share_pull(office, LIAISON, "dns")


def test_it_never_becomes_an_order_a_lead_or_a_finding(office: Office, tmp_path: Path) -> None:
    mine = {"indicator", "indicator_sighting", "indicator_refused", "indicator_source", "indicator_met", "done_once"}
    tables = [t for name, t in all_tables().tables.items() if name not in mine and not name.startswith("audit_")]

    def counts() -> dict[str, int]:
        with office.desk.read() as conn:
            return {t.name: conn.execute(select(func.count()).select_from(t)).scalar_one() for t in tables}

    before = counts()
    pull(office, bundle(tmp_path, *(said(f"O-261120-AAAA222{i}", kind) for i, kind in enumerate(VALUES))))
    list_indicators(office)
    assert counts() == before


def test_no_code_leads_from_what_is_imported_to_an_order() -> None:
    """Whoever reads imported indicators imports nothing that drafts, and nothing that drafts reads them."""
    reads = {"chainbreak.store.desk.indicators", "chainbreak.store.desk.tables_sharing",
             "chainbreak.app.list_indicators"}  # fmt: skip
    makes = ("draft", "propose_holds", "take_emergency", "submit_order", "approve_order", "save_findings")
    readers = set()
    for file in (f for f in SRC.rglob("*.py") if f.relative_to(SRC).parts[0] != "cli"):  # it prints, verbs decide
        imported = set(_imports(file))
        if imported & reads or {
            name for name in imported if name.startswith("chainbreak.act.delivery.sharing.reported")
        }:
            readers.add(file.relative_to(SRC).as_posix())
            assert not [name for name in imported if any(word in name for word in makes)], file
    assert not [name for name in readers if name.startswith(("act/orders", "act/leads", "find/"))]
    assert readers >= {"app/share_pull.py", "app/list_indicators.py", "app/share_sight.py"}


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
