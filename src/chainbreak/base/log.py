"""Logs for operators: structlog on stderr, JSON in service and readable on a terminal.

Event names are constants (`detector_finished`), data stands in keys, units in key names. Logs may be lost; the audit
log may not: that is `chainbreak.audit`. Keys that could carry a person's data are dropped before anything is written.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

# Values under these keys are identifiers, secrets or free text; an operator's log needs none of them.
DENIED_KEYS = frozenset({
    "msisdn", "imsi", "imei", "peer", "payer", "payee", "account", "holder", "victim", "narrative", "text", "value",
    "password", "token", "secret", "key", "cookie", "link", "sender", "recipient", "ip", "device", "client",
})  # fmt: skip


def drop_denied_keys(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: replaces the values of denied keys by a mark that something stood there.

    >>> drop_denied_keys(None, "info", {"event": "row_read", "msisdn": "13800138000"})
    {'event': 'row_read', 'msisdn': '(withheld)'}
    """
    for key in event:
        if key in DENIED_KEYS:
            event[key] = "(withheld)"
    return event


def frames_of(error: BaseException) -> list[str]:
    """File, line and function of each frame; neither message nor values, which may hold what a log must not."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]


def configure_logs(*, json_lines: bool | None = None, level: str = "info") -> None:
    """Set up logging once per process; `json_lines` None decides by whether stderr is a terminal."""
    as_json = not sys.stderr.isatty() if json_lines is None else json_lines
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            drop_denied_keys,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # stderr as it is when something is said
    )


def get_log(room: str) -> Any:
    """A logger that names the room it speaks for; sets logging up where nobody has, because unasked it would write
    to stdout, which belongs to a command's result."""
    if not structlog.is_configured():
        configure_logs()
    return structlog.get_logger(room=room)
