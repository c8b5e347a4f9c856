"""A failed request as both web faces know it: HTTP status, the error's parts, and what was wrong per field."""

from __future__ import annotations

from dataclasses import dataclass, field

from chainbreak.base.errors import ChainbreakError, DeclinedError, InputError, RefusedError, SetupError, UsageError

_STATUS_OF_KIND: tuple[tuple[type[ChainbreakError], int], ...] = (
    (RefusedError, 403), (InputError, 422), (UsageError, 422), (DeclinedError, 409), (SetupError, 503),
)  # fmt: skip
# Codes whose meaning in HTTP is narrower than their kind's.
_STATUS_OF_CODE = {
    "CB-UI-001": 401, "CB-PE-021": 401, "CB-PE-022": 429, "CB-PE-023": 429, "CB-UI-004": 404, "CB-UI-010": 413,
    "CB-PE-001": 404, "CB-FN-001": 404, "CB-OR-003": 404, "CB-OR-063": 404, "CB-OR-070": 404, "CB-DK-006": 409,
    "CB-OR-004": 409, "CB-UI-012": 412, "CB-UI-013": 428, "CB-OR-034": 409, "CB-OR-072": 409,
    "CB-SE-001": 404, "CB-SE-003": 404, "CB-SE-006": 404, "CB-SE-007": 409, "CB-SE-008": 409, "CB-SE-016": 409,
    "CB-LF-001": 404, "CB-LF-002": 409, "CB-LF-004": 409, "CB-LF-005": 412, "CB-LF-009": 409,
    "CB-RM-001": 404, "CB-RM-002": 409, "CB-RM-004": 412, "CB-RM-006": 404, "CB-RM-017": 409,
    "CB-WA-141": 404, "CB-WA-145": 409, "CB-WA-156": 429, "CB-WA-160": 404, "CB-WA-162": 409, "CB-WA-201": 404,
    "CB-RT-001": 404, "CB-TR-023": 404, "CB-TR-028": 404, "CB-DL-149": 401, "CB-OR-080": 404, "CB-DL-229": 409,
}  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """One failed request; `error` is `ChainbreakError.as_dict()`, `errors` one {field, code, message} a field."""

    status: int
    error: dict[str, str]
    errors: list[dict[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


def failure_of(error: ChainbreakError) -> Failure:
    """The failure that `error` means to the one who asked.

    >>> failure_of(RefusedError("CB-PE-005", "only an administrator changes people")).status
    403
    """
    kind = next((status for kind, status in _STATUS_OF_KIND if isinstance(error, kind)), 500)
    headers = {"retry-after": "900"} if error.code == "CB-PE-022" else {}
    fields = getattr(error, "fields", [])
    return Failure(_STATUS_OF_CODE.get(error.code, kind), error.as_dict(), fields, headers)
