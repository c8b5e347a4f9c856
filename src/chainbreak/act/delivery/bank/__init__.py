"""Banks: an amount is held or released on an account, and a victim's own payment is asked back.

ISO 20022 has a message for the second (camt.056, answered by camt.029) and none for the first, so holds have messages
of our own, documented in docs/reference/bank-messages.md. Answers are read by `app/take_receipt.py`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.bank.settings import Settings

if TYPE_CHECKING:
    from chainbreak.act.delivery.bank.point import BankPoint
    from chainbreak.act.delivery.point import Setup

__all__ = ["NEEDS", "Settings", "config", "open_point", "schema"]

NEEDS: tuple[str, ...] = ()
"""Messages are signed by the centre's own key; a bank's own token for answering is issued, not kept."""


def open_point(setup: Setup) -> BankPoint:
    """The bank behind `setup`: over HTTP when it has an address, else by files.

    Raises:
        SetupError: an address that is not https (CB-DL-146).
    """
    from chainbreak.act.delivery.bank.files import FileWay
    from chainbreak.act.delivery.bank.point import BankPoint

    settings = Settings.model_validate(setup.settings)
    if not setup.address:
        return BankPoint(setup, settings, FileWay(setup, settings))
    from chainbreak.act.delivery.bank.http import HttpWay

    return BankPoint(setup, settings, HttpWay(setup, settings))


def config(settings: Settings, **_: Any) -> dict[str, bytes]:
    """What the bank's own people need: the schema of hold messages, and our table of codes."""
    from chainbreak.act.delivery.bank.codes import table

    codes = {"agent": settings.agent, **table().model_dump()}
    return {
        "bank-message.schema.json": schema(),
        "codes.json": (json.dumps(codes, ensure_ascii=False, indent=1) + "\n").encode(),
    }


def schema() -> bytes:
    """The JSON Schema of every hold message, as docs/reference/bank-message.schema.json has it."""
    from pydantic import TypeAdapter

    from chainbreak.act.delivery.bank.messages import HoldRelease, HoldRequest, Receipt, Status, Statuses

    made = TypeAdapter(HoldRequest | HoldRelease | Receipt | Status | Statuses).json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "chainbreak bank messages, version 1"}
    return (json.dumps({**head, **made}, ensure_ascii=False, indent=1) + "\n").encode()
