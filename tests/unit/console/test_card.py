"""The public card of rejected calls."""

from __future__ import annotations

import base64
import json

from browser import Browser


def test_anybody_gets_the_card_and_its_certificate(anybody: Browser) -> None:
    answer = anybody.get("/card")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/jose")
    head = answer.text.split(".")[0]
    there = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["x5u"]
    certificate = anybody.get(there)
    assert certificate.headers["content-type"].startswith("application/pem-certificate-chain")
    assert certificate.text.startswith("-----BEGIN CERTIFICATE-----")
