"""Why a thing is not reported: which facts were looked at, which fell short, and by how much. Never a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.base.errors import InputError, RefusedError, UsageError
from chainbreak.records.finding import read_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.contract.explain import WhyNot


def why_not(office: Office, subject: str, as_of_us: int | None = None) -> list[WhyNot]:
    """One answer for each detector that judges this kind of thing, on the newest records.

    Raises:
        RefusedError: the subject is a person (CB-FI-020); detectors score things and events.
        UsageError: neither a written token nor a domain, or no detector judges this kind (CB-FI-021).
        DeclinedError: the detector cannot run on this lake.
    """
    from chainbreak.find.contract.explain import why_not as answer
    from chainbreak.find.registry import detectors

    kind, token = _read(subject)
    if kind == Identifier.PERSON:
        raise RefusedError(
            "CB-FI-020", "no detector says anything of a person", given=subject, allowed="things and events"
        )
    chosen = [d for d in detectors() if kind in d.judges]
    if not chosen:
        known = sorted({k for d in detectors() for k in d.judges})
        raise UsageError("CB-FI-021", "no detector judges this kind of thing", given=kind, allowed=", ".join(known))
    session = office.engine()
    try:
        return [answer(session, d, subject, kind, token, as_of_us) for d in chosen]
    finally:
        session.close()


def _read(subject: str) -> tuple[str, int | str]:
    """Kind and token; a domain is named in clear and is its own token."""
    from chainbreak.identity.domains import host_form

    try:
        return read_token(subject) if ":" in subject else ("domain", host_form(subject))
    except (ValueError, InputError):
        raise UsageError(
            "CB-FI-021", "neither a written token nor a domain", given=subject,
            allowed="line:9f3a… (kind and 16 hex digits), or pay.example.com",
        ) from None  # fmt: skip
