"""Settings of a partner are checked before they are kept; its secrets lie in one file each and nowhere else."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.app.change_partners import add_partner, change_partner, partner_row
from chainbreak.app.check_partner import check_partner
from chainbreak.app.export_log import export_log
from chainbreak.app.issue_lookup_token import issue_lookup_token
from chainbreak.app.partner_config import partner_config
from chainbreak.app.partner_secrets import secrets_of, set_secret
from chainbreak.app.partner_settings import checked_address, checked_settings, read_setting
from chainbreak.app.show_partner import show_partner
from chainbreak.base.errors import InputError, RefusedError, SetupError, UsageError
from chainbreak.records.actor import Actor, Role

if TYPE_CHECKING:
    from conftest import World

SECRET = b"c2VjcmV0LXRoYXQtbXVzdC1ub3QtbGVhay0wMTIzNDU="
DNS = "dns://127.0.0.1:15301"


def dns_partner(world: World) -> None:
    add_partner(world.office, world.sun, "hidden", "dns", ["domain.sinkhole"], address=DNS, settings={"hot": "h.rpz"})


@pytest.mark.parametrize(("settings", "code", "said"), [
    ({"hott": "x.rpz"}, "CB-DL-224", "hot"), ({"tsig": "x"}, "CB-DL-224", "partner secret"),
    ({"hot": 7}, "CB-DL-226", "hot"), ({"resolvers": "127.0.0.1"}, "CB-DL-226", "resolvers"),
    ({"hot": "h.rpz", "ttl": []}, "CB-DL-224", "ttl"),
    ({"resolvers": "127.0.0.1"}, "CB-DL-226", 'given 127.0.0.1, allowed a list, as resolvers=["…", "…"]; '),
    ({"ttl_s": -1}, "CB-DL-226", "given -1, allowed greater than or equal to 1; Seconds that a client"),
])  # fmt: skip
def test_a_wrong_setting_is_named_with_what_would_be_right(settings: dict[str, object], code: str, said: str) -> None:
    with pytest.raises(UsageError, match=code) as refused:
        checked_settings("dns", settings)
    assert said in str(refused.value)


def test_files_have_no_settings_and_a_missing_one_is_named() -> None:
    assert checked_settings("rpz", {}) == {}
    with pytest.raises(UsageError, match="no settings"):
        checked_settings("rpz", {"zone": "x"})
    with pytest.raises(UsageError, match="CB-DL-225"):
        checked_settings("bank", {})
    with pytest.raises(UsageError, match="CB-US-001"):
        checked_settings("carrier-pigeon", {})


@given(st.text("abcz_", min_size=1), st.one_of(st.lists(st.integers()), st.dictionaries(st.text(), st.text())))
def test_lists_and_objects_are_json(key: str, value: object) -> None:
    assert read_setting(f"{key}={json.dumps(value)}") == (key, value)


@given(st.from_regex(r"[A-Za-z0-9.:/-]+", fullmatch=True))
def test_everything_else_is_text_and_stays_as_typed(value: str) -> None:
    assert read_setting(f"key={value}") == ("key", value)


def test_a_model_turns_text_into_what_it_expects() -> None:
    said = {"agent": "102100099996", "centre": "FZ", "statuses": "true", "connect_s": "2.5"}
    read = checked_settings("bank", dict(map(read_setting, (f"{k}={v}" for k, v in said.items()))))
    assert read == {"agent": "102100099996", "centre": "FZ", "statuses": True, "connect_s": 2.5}


@pytest.mark.parametrize("text", ["", "=", "zone", " =x", "zone=[1", 'zone={"a"}'])
def test_a_setting_without_a_key_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="CB-DL-223"):
        read_setting(text)


@pytest.mark.parametrize("address", [
    "nowhere", "http://", "http://host:99999/x", "http://user:pass@host/x", "http://h ost/x", "http://[::1/x",
    "http://host/" + "x" * 260,
])  # fmt: skip
def test_an_address_that_is_none_or_holds_a_password_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="CB-DL-227") as refused:
        checked_address("dns", address)
    assert "pass" not in str(refused.value.given)


@pytest.mark.parametrize(("format_", "address", "allowed"), [
    ("dns", "http://192.0.2.9:53", "dns://host:port"), ("sip", "dns://192.0.2.9", "https://host:port"),
    ("sms", "https://192.0.2.9", "smpp://host:port or smpps://host:port"),
    ("dns", "dns://primary.example:53", "dns://192.0.2.9:53"), ("dnsbl", "dns://primary.example", "dns://192.0.2.9:53"),
])  # fmt: skip
def test_an_address_of_another_protocol_is_refused_with_one_that_would_do(
    format_: str, address: str, allowed: str
) -> None:
    with pytest.raises(UsageError, match="CB-DL-227") as refused:
        checked_address(format_, address)
    assert allowed in refused.value.allowed
    assert checked_address("dns", "dns://[2001:db8::9]:53")


def test_a_dns_partner_without_an_address_is_told_so(world: World) -> None:
    add_partner(world.office, world.sun, "none", "dns", ["domain.sinkhole"])
    set_secret(world.office, world.sun, "none", "tsig", SECRET)
    [answers] = [row for row in check_partner(world.office, "none") if row["what"] == "answers"]
    assert not answers["ok"]
    assert "CB-DL-227" in answers["found"]


def test_settings_are_changed_one_by_one_and_given_back(world: World) -> None:
    dns_partner(world)
    change_partner(world.office, world.sun, "hidden", settings={"cold": "c.rpz"}, call="0571-1")
    assert json.loads(partner_row(world.office, "hidden")["settings"]) == {"cold": "c.rpz", "hot": "h.rpz"}
    change_partner(world.office, world.sun, "hidden", unset=["hot"])
    assert json.loads(partner_row(world.office, "hidden")["settings"]) == {"cold": "c.rpz"}
    with pytest.raises(UsageError, match="CB-DL-224"):
        change_partner(world.office, world.sun, "hidden", settings={"cld": "c.rpz"})
    with pytest.raises(UsageError, match="CB-DL-227"):
        add_partner(world.office, world.sun, "files", "rpz", [], address=DNS)
    assert partner_row(world.office, "hidden")["address"] == DNS


def test_a_secret_is_kept_in_one_closed_file_and_written_nowhere_else(world: World, tmp_path: Path) -> None:
    dns_partner(world)
    set_secret(world.office, world.sun, "hidden", "tsig", SECRET + b"\n")
    path = world.office.centre.keys / "partners" / "hidden" / "tsig"
    assert path.read_bytes() == SECRET
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    shown = show_partner(world.office, world.sun, "hidden")
    assert [(s["name"], s["is_set"]) for s in shown["secrets"]] == [("tsig", True)]
    check_partner(world.office, "hidden")
    export_log(world.office, Actor("wu", frozenset({Role.AUDITOR})), tmp_path / "log", purpose="a check")
    assert SECRET.decode() not in json.dumps(shown)
    holders = [p for p in tmp_path.rglob("*") if p.is_file() and SECRET in p.read_bytes()]
    assert holders == [path], "not in the desk, the log, its export or a file for others"


def test_a_new_secret_is_random_and_the_role_is_asked_before_anything_is_written(world: World) -> None:
    dns_partner(world)
    path = world.office.centre.keys / "partners" / "hidden" / "tsig"
    with pytest.raises(RefusedError, match="CB-OR-005"):
        set_secret(world.office, world.li, "hidden", "tsig", None)
    assert not path.exists()
    seen = set()
    for _ in range(2):
        set_secret(world.office, world.sun, "hidden", "tsig", None)
        seen.add(path.read_bytes())
    assert len(seen) == 2
    assert all(len(value) == 44 for value in seen)
    for value in (b"", b"  \n", b"x" * 70_000):
        with pytest.raises(InputError, match="CB-DL-222"):
            set_secret(world.office, world.sun, "hidden", "tsig", value)
    with pytest.raises(UsageError, match="CB-DL-221"):
        set_secret(world.office, world.sun, "hidden", "../desk", SECRET)
    with pytest.raises(UsageError, match="CB-DL-221"):
        set_secret(world.office, world.sun, "carriers", "tsig", SECRET)


def test_a_check_names_what_is_missing_and_changes_nothing(world: World) -> None:
    dns_partner(world)
    rows = {row["what"]: row for row in check_partner(world.office, "hidden")}
    assert (rows["settings"]["ok"], rows["secret tsig"]["ok"], rows["answers"]["ok"]) == (True, False, False)
    assert "partner secret hidden tsig" in rows["secret tsig"]["found"]
    assert all(row["ok"] for row in check_partner(world.office, "carriers"))
    assert secrets_of(world.office, "carriers", "numbers") == []


def test_a_configuration_is_closed_to_others_and_never_written_over(world: World, tmp_path: Path) -> None:
    dns_partner(world)
    with pytest.raises(SetupError, match="CB-DL-021"):
        partner_config(world.office, world.sun, "hidden", tmp_path / "out")
    set_secret(world.office, world.sun, "hidden", "tsig", None)
    files = partner_config(world.office, world.sun, "hidden", tmp_path / "out")
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    with pytest.raises(UsageError, match="CB-DL-230"):
        partner_config(world.office, world.sun, "hidden", tmp_path / "out")
    with pytest.raises(UsageError, match="CB-DL-228"):
        partner_config(world.office, world.sun, "carriers", tmp_path / "other")


def test_a_token_ended_while_settings_change_does_not_come_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    add_partner(world.office, world.sun, "asks", "lookup", ["number.block"], settings={"when_stale": "open"})
    issue_lookup_token(world.office, world.sun, "asks")
    before = partner_row(world.office, "asks")
    issue_lookup_token(world.office, world.sun, "asks", only=True)  # the first was lost
    after = json.loads(partner_row(world.office, "asks")["settings"])
    monkeypatch.setattr("chainbreak.app.change_partners.partner_row", lambda *_: before)
    change_partner(world.office, world.sun, "asks", settings={"when_stale": "closed"})
    monkeypatch.undo()
    kept = json.loads(partner_row(world.office, "asks")["settings"])
    assert kept == after | {"when_stale": "closed"}
