"""Warnings to a partner's server as signed JSON: push by an app (`push`), notices at a bank's desk (`bankdesk`).

`POST ADDRESS/warnings` hands over a batch, `POST ADDRESS/status` asks what became of earlier ones; both are in
docs/how-to/push-warnings.md, with what the receiving side runs to check a signature. No order is carried here.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from chainbreak.act.delivery.point import Point, Setup

NEEDS = ("signing_key",)
"""Secrets of a partner of this format."""
VERIFY_FILE = "verify.py"
"""What the receiving side checks with, as `partner config` writes it and the documentation shows it."""


class Settings(BaseModel):
    """How a receiver wants to be spoken to."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    batch: Annotated[int, Field(ge=1, le=1_000)] = 200
    """Warnings in one request at most."""
    statuses: bool = False
    """Whether it answers `POST ADDRESS/status`."""
    query_s: Annotated[int, Field(ge=10, le=86_400)] = 600
    """Seconds between two such questions."""
    ca: Path | None = None
    """PEM file of the authority that signed its certificate; none: those of the system."""


def open_point(setup: Setup) -> Point:
    """The receiver, for a check.

    Raises:
        SetupError: an address or certificates that cannot be used (CB-DL-162), or the key is missing.
    """
    from chainbreak.act.delivery.asked import AskedPoint
    from chainbreak.act.delivery.webhook.client import Webhook

    settings = Settings.model_validate(setup.settings)
    hook = Webhook(setup.address, setup.secret("signing_key"), setup.clock, settings.ca)

    def ask() -> str:
        hook.hand_over([])
        return "it takes our signature; a receiver of warnings holds no orders"

    return AskedPoint(ask, hook.close)


def config(settings: Settings, **about: Any) -> dict[str, bytes]:
    """What the receiver's own people need: the key, how to check a signature with it, and what was agreed."""
    agreed = {"address": about["address"], "batch": settings.batch, "statuses": settings.statuses}
    return {
        VERIFY_FILE: resources.files(__package__).joinpath(VERIFY_FILE).read_bytes(),
        "signing_key": about["secret"]("signing_key").encode() + b"\n",
        "agreed.json": (json.dumps(agreed, indent=1) + "\n").encode(),
    }
