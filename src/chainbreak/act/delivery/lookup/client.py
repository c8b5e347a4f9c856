"""Asking a running look-up as a partner does: by HTTP, with a token."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Any

import httpx

from chainbreak.act.delivery.lookup.questions import MOST_AT_ONCE
from chainbreak.act.delivery.point import PointDownError
from chainbreak.base.errors import SetupError
from chainbreak.base.hosts import is_private

TIMEOUT_S = 5.0


class Client:
    """One partner's eyes. `address`: `http(s)://host:port` of the look-up; `ca`: as in the partner's settings. The
    token is in no message or log.

    Raises:
        SetupError: there is no address, or `ca` cannot be read (CB-DL-191).
    """

    def __init__(self, address: str, token: str, ca: str = "") -> None:
        try:
            trusted = ssl.create_default_context(cafile=ca or None)
            if not is_private(address):
                raise ValueError
        except (OSError, ValueError):
            raise SetupError(
                "CB-DL-191", "the look-up cannot be asked", given=address or "no address",
                allowed="https://HOST:PORT or http:// on this machine, and a readable file in `ca`",
                next_step="chainbreak partner change PARTNER --address http://127.0.0.1:8610",
            ) from None  # fmt: skip
        self._http = httpx.Client(
            base_url=address, headers={"authorization": f"Bearer {token}"}, timeout=TIMEOUT_S, verify=trusted,
            trust_env=False,
        )  # fmt: skip

    def ask(self, questions: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        """What it says about each (kind, value), in order: `listed`, `order_ref`, `until`, `reason_code`, or `error`.

        Raises:
            PointDownError: not reached, no answer of ours, or its news of the desk is too old to count.
        """
        answers: list[dict[str, Any]] = []
        for start in range(0, len(questions), MOST_AT_ONCE):
            some = questions[start : start + MOST_AT_ONCE]
            told = self._post({"checks": [{"kind": kind, "value": value} for kind, value in some]})
            if told.get("stale") is True:
                raise PointDownError("the look-up has had no news from the desk for too long")
            said = told.get("answers")
            if not isinstance(said, list) or len(said) != len(some) or not all(isinstance(one, dict) for one in said):
                raise PointDownError("what answers is no look-up")
            answers += said
        return answers

    def close(self) -> None:
        """Give back the connection."""
        self._http.close()

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = self._http.post("/v1/check", json=body)
            told = response.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as e:
            raise PointDownError(f"the look-up was not reached: {type(e).__name__}") from None
        if response.status_code != httpx.codes.OK or not isinstance(told, dict):
            raise PointDownError(f"the look-up answered {response.status_code}")
        return told
