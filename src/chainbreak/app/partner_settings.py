"""Settings of a partner as typed, checked by the model of its format; what is wrong is said with what is right."""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chainbreak.base.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

LONGEST_ADDRESS = 255
"""As much as the desk keeps."""


def read_setting(text: str) -> tuple[str, Any]:
    """`key=value` as typed. A list or an object is JSON; all else is text, which the format's model turns into what it
    expects, so that a bank's number of twelve digits stays one.

    >>> read_setting("ttl_s=60"), read_setting("agent=102100099996"), read_setting('also=["127.0.0.1"]')
    (('ttl_s', '60'), ('agent', '102100099996'), ('also', ['127.0.0.1']))

    Raises:
        UsageError: no `=` in it, or a list or an object that is not JSON (CB-DL-223).
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UsageError("CB-DL-223", "not a setting", given=text[:60], allowed="key=value")
    value = value.strip()
    if not value.startswith(("[", "{")):
        return key.strip(), value
    try:
        return key.strip(), json.loads(value)
    except ValueError as e:
        raise UsageError("CB-DL-223", "not JSON", given=f"{key.strip()}: {e}"[:120], allowed="[…] or {…}") from None


def checked_settings(format_: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings given, as the format's model reads them; what was not given is not among them.

    Raises:
        UsageError: no such format (CB-US-001), an unknown key or a secret among settings (CB-DL-224), a key that is
            missing (CB-DL-225), a value of the wrong sort (CB-DL-226).
    """
    from pydantic import ValidationError

    from chainbreak.act.delivery.points import room_of

    room = room_of(format_)
    model: type[BaseModel] = room.Settings
    for key in given:
        if key in room.NEEDS:
            raise UsageError("CB-DL-224", "this is a secret, not a setting", given=key,
                             next_step=f"chainbreak partner secret PARTNER {key} --from FILE")  # fmt: skip
    try:
        read: dict[str, Any] = model.model_validate(dict(given)).model_dump(mode="json", exclude_unset=True)
    except ValidationError as e:
        raise _said(format_, model, e) from None
    return read


def _said(format_: str, model: type[BaseModel], wrong: Any) -> UsageError:
    # All at once: who corrects one key should not meet the next.
    names = list(model.model_fields)
    rows = sorted(wrong.errors(include_url=False), key=lambda row: row["type"] != "extra_forbidden")
    first = rows[0]
    key = _key(first) or format_
    more = "; ".join(f"{_key(row)}: {_reason(row)}" for row in rows[1:])
    if first["type"] == "extra_forbidden":
        allowed = did_you_mean(key, names) if names else "this format has no settings"
        return UsageError("CB-DL-224", "no such setting", given=f"{format_} {key}", allowed=allowed, next_step=more)
    if first["type"] == "missing":
        allowed = f"{key}=… {_about(model, key)}".strip()
        return UsageError("CB-DL-225", "a setting is missing", given=format_, allowed=allowed, next_step=more)
    allowed = "; ".join(filter(None, (_reason(first), _about(model, key))))
    return UsageError("CB-DL-226", f"not a value for {key}", given=str(first["input"])[:60], allowed=allowed,
                      next_step=more)  # fmt: skip


def _key(row: Any) -> str:
    return ".".join(map(str, row["loc"]))


def _reason(row: Any) -> str:
    if row["type"] in ("tuple_type", "list_type"):
        return f'a list, as {_key(row)}=["…", "…"]'
    if row["type"] in ("missing", "extra_forbidden"):
        return "missing too" if row["type"] == "missing" else "no such setting"
    return str(row["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")


def _about(model: type[BaseModel], key: str) -> str:
    field = model.model_fields.get(key.partition(".")[0])
    return " ".join((field.description or "").split()).rstrip(".") if field else ""


def checked_address(format_: str, address: str) -> str:
    """An address `scheme://host:port/path` as given; empty for a partner that reads files or asks by itself.

    Raises:
        UsageError: not such an address, not in the format's scheme, one for files, or one with a password in it
            (CB-DL-227).
    """
    from chainbreak.act.delivery.points import IN_FOLDERS, SCHEMES

    if not address:
        return ""
    if format_ in IN_FOLDERS:
        raise UsageError("CB-DL-227", "files have no address", given=format_, allowed="out/PARTNER/ is where they lie")
    try:
        parts = urlsplit(address)
        said = bool(parts.scheme and parts.hostname and (parts.port is None or parts.port > 0))
    except ValueError:
        said, parts = False, urlsplit("")
    if parts.username is not None or parts.password is not None:
        raise UsageError("CB-DL-227", "no password in an address", allowed="scheme://host:port/path",
                         next_step="chainbreak partner secret")  # fmt: skip
    allowed = " or ".join(f"{scheme}://host:port" for scheme in SCHEMES[format_])
    if not said or parts.scheme not in SCHEMES[format_] or len(address) > LONGEST_ADDRESS or _has_space(address):
        raise UsageError("CB-DL-227", "not an address", given=address[:80], allowed=allowed)
    if parts.scheme == "dns" and not _is_numeric(parts.hostname or ""):
        # Nothing here may depend on the DNS that we change.
        raise UsageError("CB-DL-227", "a name where an address is needed", given=address[:80],
                         allowed="dns://192.0.2.9:53 or dns://[2001:db8::9]:53")  # fmt: skip
    return address


def _has_space(text: str) -> bool:
    return any(c.isspace() for c in text)


def _is_numeric(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False
