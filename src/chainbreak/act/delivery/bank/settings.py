"""What is set about a bank: who it is, in whose name we ask, what it offers beyond taking messages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from chainbreak.act.delivery.bank.codes import table
from chainbreak.base.wording import Lang

BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)
"""ISO 9362, as the ISO 20022 type BICFIDec2014Identifier has it."""
AGENT = r"^([A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?|\d{12})$"
"""A BIC, or the 12 digits of a CNAPS member."""


Typed = Annotated[str, BeforeValidator(lambda given: str(given) if isinstance(given, int) else given)]
"""Text that may look like a number where it is typed: a CNAPS member, a version."""


class Settings(BaseModel):
    """Settings of one bank. Where its gateway listens is the partner's address (`https://…`; none: files)."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    agent: Typed = Field(pattern=AGENT)
    """The bank: its BIC, or its 12-digit CNAPS number."""
    centre: Typed = Field(min_length=1, max_length=35)
    """Our own name with the bank, an identifier both agreed on."""
    agents: dict[str, Typed] = Field(default_factory=dict)
    """Name of a bank as ledgers have it -> its BIC or CNAPS number; recalls are made in the name of the victim's."""
    recalls: bool = True
    """Whether the bank takes camt.056 for a victim's own payment into an account of its."""
    recall_reason: str = "FRAD"
    """A code of our table under `recall`."""
    recall_version: Typed = Field(default="12", pattern=r"^(0[89]|1\d)$")
    """Version of camt.056.001; OrgnlUETR exists from 08 on, 12 is the one our tests validate."""
    form: Literal["json", "csv"] = "json"
    """Form of hold messages; over HTTP always JSON."""
    statuses: bool = False
    """Whether the gateway answers `GET /status/KEY` and `GET /holds`."""
    schemas: Path | None = None
    """Folder of the ISO schemas, as `camt.056.001.12.xsd`; None: built messages are not validated."""
    connect_s: float = Field(default=3.0, gt=0, le=30)
    """Seconds to reach the gateway."""
    answer_s: float = Field(default=10.0, gt=0, le=120)
    """Seconds to wait for its answer."""
    zone: str = "Asia/Shanghai"
    """Time zone of settlement dates."""
    language: Lang = "zh"
    """Of meanings kept with answers."""

    @field_validator("recall_reason")
    @classmethod
    def _of_our_table(cls, code: str) -> str:
        if code not in table().recall:
            raise ValueError(f"not in our table: {code}; one of {', '.join(table().recall)}")
        return code

    @field_validator("agents")
    @classmethod
    def _are_agents(cls, agents: dict[str, str]) -> dict[str, str]:
        if wrong := [name for name, agent in agents.items() if not re.fullmatch(AGENT, agent)]:
            raise ValueError(f"neither a BIC nor 12 digits: {', '.join(wrong)}")
        return agents
