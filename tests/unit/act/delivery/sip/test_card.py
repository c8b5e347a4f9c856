"""The card of a rejected call, checked with other means than it was made with."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chainbreak.act.delivery.sip.card import CardKey
from chainbreak.base.errors import SetupError
from chainbreak.base.settings import Settings

SETTINGS = Settings(name="测试市反诈中心", hotline="96110")
NOW_US = 1_795_147_200_000_000


def part(text: str) -> Any:
    return json.loads(unpadded(text))


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def as_der(signature: bytes) -> bytes:
    """Two integers side by side as the sequence that OpenSSL reads (RFC 3279)."""
    whole = b""
    for half in (signature[:32], signature[32:]):
        digits = half.lstrip(b"\0")
        digits = (b"\0" if digits[0] & 0x80 else b"") + digits
        whole += bytes([2, len(digits)]) + digits
    return bytes([0x30, len(whole)]) + whole


def test_openssl_finds_the_signature_good_and_a_changed_card_bad(tmp_path: Path) -> None:
    made = CardKey(tmp_path, SETTINGS.name, NOW_US)
    head, body, signature = made.sign(SETTINGS, "https://centre.example", NOW_US).split(".")
    (tmp_path / "crt.pem").write_bytes(made.certificate)
    key = subprocess.run(["openssl", "x509", "-in", "crt.pem", "-pubkey", "-noout"], cwd=tmp_path, check=True,
                         capture_output=True).stdout  # fmt: skip
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "signature").write_bytes(as_der(unpadded(signature)))

    def verdict(signed: str) -> str:
        command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature"]
        done = subprocess.run(command, cwd=tmp_path, input=signed.encode(), capture_output=True, check=False)
        return done.stdout.decode().strip()

    assert verdict(f"{head}.{body}") == "Verified OK"
    assert verdict(f"{head}.{body}x") != "Verified OK"


def test_the_card_says_who_and_how_to_appeal(tmp_path: Path) -> None:
    made = CardKey(tmp_path, SETTINGS.name, NOW_US)
    head, body, _ = made.sign(SETTINGS, "https://centre.example", NOW_US).split(".")
    assert part(head) == {"alg": "ES256", "typ": "vcard+json", "x5u": "https://centre.example/card.crt"}
    claims = part(body)
    assert claims["iat"] == NOW_US // 1_000_000
    name, properties = claims["jcard"]
    assert name == "vcard"
    assert all(len(p) >= 4 and isinstance(p[1], dict) for p in properties), "RFC 7095, 3.3"
    said = {p[0]: p[3] for p in properties}
    assert said["fn"] == SETTINGS.name
    assert said["version"] == "4.0"
    assert said["tel"].startswith("tel:96110")
    assert said["url"] == "https://centre.example/status"
    assert {p[1]["language"] for p in properties if p[0] == "note"} == {"zh", "en"}


def test_one_key_for_all_cards_that_its_owner_alone_reads(tmp_path: Path) -> None:
    first = CardKey(tmp_path, SETTINGS.name, NOW_US).certificate
    assert CardKey(tmp_path, SETTINGS.name, NOW_US + 1).certificate == first
    assert stat.S_IMODE((tmp_path / "card.key").stat().st_mode) == 0o600


def test_a_key_of_another_sort_is_refused(tmp_path: Path) -> None:
    (tmp_path / "card.key").write_text("not a key")
    with pytest.raises(SetupError, match="CB-DL-125"):
        CardKey(tmp_path, SETTINGS.name, NOW_US)
