"""The form in which partners send observed contacts: one JSON object each; see docs/reference/contact-events.md.

A bank's desk, a carrier, a browser's protection says what it saw and of which number; what it rests on, and the
campaign, the centre finds itself.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from chainbreak.base.clock import to_us

INDICATED = ("call.fraud_line", "sms.template", "visit.scam_domain", "transfer.toward_mule")
"""Kinds that rest on a confirmed thing, which the row names."""
REPORTED = ("screenshare.reported", "cash.or_courier", "app.installed", "report.third_party")
"""Kinds that are a recorded report: each row is kept as a statement of the partner."""
Text64 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
Text255 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255)]


def _written(value: Any) -> Any:
    """Times are text: of a bare number nobody knows the unit."""
    if not isinstance(value, str):
        raise ValueError("a time is written as 2026-11-20T12:00:00+08:00")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written)]


class PartnerFacts(BaseModel):
    """What was observed; what is not known is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    duration_s: int | None = Field(default=None, ge=0, le=86_400, description="of the call so far, seconds")
    running: bool | None = Field(default=None, description="the call goes on")
    outgoing: bool | None = Field(default=None, description="the recipient called")
    replied: bool | None = Field(default=None, description="to the message, or called back")
    form_sent: bool | None = Field(default=None, description="a form was sent on the page")
    downloaded: bool | None = Field(default=None, description="an app package was downloaded")
    stoppable: bool | None = Field(default=None, description="the payment can still be stopped")
    made: bool | None = Field(default=None, description="the payment has been made")
    during_call: bool | None = Field(
        default=None, description="during, or within an hour after, a call with a line of fraud"
    )
    new_payee: bool | None = Field(default=None, description="the payer never paid this account before")
    amount_fen: int | None = Field(default=None, ge=1, le=10**15, description="of the payment, fen")
    urgency: Literal["medium", "high", "top"] | None = Field(
        default=None, description="of a report; medium when left out"
    )


class PartnerEvent(BaseModel):
    """One observed contact. A later row with the same `ref` is a further word about the same contact."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal[
        "call.fraud_line", "sms.template", "visit.scam_domain", "transfer.toward_mule", "screenshare.reported",
        "cash.or_courier", "app.installed", "report.third_party",
    ] = Field(description="what was observed")  # fmt: skip
    number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)] = Field(
        description="telephone number of the person in contact, in any usual form"
    )
    at: Moment = Field(description="since when, RFC 3339 with its offset")
    ended_at: Moment | None = Field(default=None, description="until when; left out while it goes on")
    ref: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] = Field(
        description="the partner's own name of the contact, without identifiers of people"
    )
    indicator: Text255 = Field(
        default="", description="the line, account or domain of the fraud, raw; for the first four kinds"
    )
    stake_fen: int | None = Field(default=None, ge=1, le=10**15, description="at stake, fen")
    facts: PartnerFacts = PartnerFacts()
    told_by: Literal["family", "bank", "worker", "citizen", "courier"] = Field(
        default="bank", description="of a report: who"
    )
    words: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)] = Field(
        default="", description="of a report: what was said; kept in the vault"
    )
    fraud: Annotated[str, StringConstraints(strip_whitespace=True, max_length=32)] = Field(
        default="", description="its type"
    )
    district: Text64 = Field(default="", description="of the person, for a visit")
    place: Text64 = Field(default="", description="cell in which the person was")
    lang: Literal["", "zh", "en"] = Field(default="", description="in which the person is told")

    @model_validator(mode="after")
    def _names_what_it_rests_on(self) -> Self:
        if (self.kind in INDICATED) != bool(self.indicator):
            raise ValueError("an indicator belongs to a call, message, visit or transfer, and only there")
        if self.ended_at is not None and self.ended_at < self.at:
            raise ValueError("ended_at is before at")
        return self

    @property
    def at_us(self) -> int:
        """Since when, UTC µs."""
        return to_us(self.at)

    @property
    def ended_at_us(self) -> int | None:
        """Until when, UTC µs; None while it goes on."""
        return None if self.ended_at is None else to_us(self.ended_at)

    @property
    def known_facts(self) -> dict[str, Any]:
        """The facts that are known."""
        said = self.facts.model_dump(exclude_none=True)
        return said if self.kind in INDICATED else {"urgency": "medium"} | said
