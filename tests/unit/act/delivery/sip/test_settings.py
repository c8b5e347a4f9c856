"""What a partner may set, and that nothing of it can become a command of the proxy's script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from chainbreak.act.delivery.sip import Settings, config
from chainbreak.app.change_partners import add_partner
from chainbreak.app.init_centre import init_centre
from chainbreak.app.partner_secrets import secrets_of
from chainbreak.base.errors import SetupError
from chainbreak.base.settings import Settings as CentreSettings
from chainbreak.records.actor import Actor, Role

LEAST: dict[str, Any] = {"sip": "192.0.2.1:5060", "next_hop": "192.0.2.2:5060"}
HERE = "http://127.0.0.1:5080/RPC"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sip", "192.0.2.1"), ("sip", "proxy.example:5060"), ("next_hop", 'x:1"; exit; "'), ("sip", "[::1]:0"),
        ("card_url", 'https://x/"; drop'), ("card_url", "https://x/a>b"), ("card_url", "javascript:x"),
        ("divert", 'sip:1@2"; exit'), ("reverify", "96110"), ("label", 'x"\r\nX-Evil: 1'), ("label", ""),
        ("national", '1"; exit'), ("national", "("), ("country_code", "0"), ("national_prefix", "x"),
        ("table", "b l k"), ("table", "blk;x"), ("probe_number", "sip:1@2"), ("probe_from", '1"'),
        ("trunks", [{"network": "192.0.2.1/24"}]), ("trunks", [{"network": "x"}]),
        ("trunks", [{"network": "192.0.2.1", "identity": "from"}]), ("folder", "relative"), ("folder", '/x"; exit'),
        ("timeout_s", 0), ("nonsense", 1),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(LEAST | {name: value})


def test_the_least_makes_a_proxy_that_starts_empty() -> None:
    files = config(Settings.model_validate(LEAST), HERE, "carrier")
    assert set(files) == {"kamailio.cfg"}
    text = str(files["kamailio.cfg"])
    assert "listen=tcp:127.0.0.1:5080\n" in text
    assert "db_sqlite" not in text
    assert "jwscard" not in text, "no card without an address of it"


def test_with_a_folder_there_is_a_table_to_start_from(tmp_path: Path) -> None:
    files = config(Settings.model_validate(LEAST | {"folder": str(tmp_path)}), HERE, "carrier")
    assert set(files) == {"kamailio.cfg", "numbers.sqlite"}
    assert str(tmp_path) in str(files["kamailio.cfg"])


def test_from_elsewhere_there_is_a_front_and_the_proxy_stays_on_its_loopback() -> None:
    settings = Settings.model_validate(LEAST | {"command_port": 5099})
    files = config(settings, "https://192.0.2.1:8443/RPC", "carrier")
    assert "listen=tcp:127.0.0.1:5099\n" in str(files["kamailio.cfg"])
    assert "listen 8443 ssl;" in str(files["front.conf"])
    assert "ssl_verify_client on;" in str(files["front.conf"])


@pytest.mark.parametrize("address", ["", "http://192.0.2.1:5080/RPC", "https://192.0.2.1/RPC", "http://127.0.0.1/RPC"])
def test_no_configuration_for_commands_in_the_open(address: str) -> None:
    with pytest.raises(SetupError, match="CB-DL-120"):
        config(Settings.model_validate(LEAST), address, "carrier")


def test_certificates_are_asked_for_where_commands_leave_the_machine(tmp_path: Path) -> None:
    office = init_centre(tmp_path / "centre", CentreSettings())
    actor = Actor("os:test", frozenset({Role.ADMIN}))
    for name, address in (("near", HERE), ("far", "https://192.0.2.1:8443/RPC")):
        add_partner(office, actor, name, "sip", ["number.block"], address=address, settings=LEAST)
    assert secrets_of(office, "near", "sip") == []
    assert [row["name"] for row in secrets_of(office, "far", "sip")] == ["client", "ca"]
    office.desk.close()
