"""A person's YAML file over shipped parameters: only what is known may be set, and only to what fits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from chainbreak.base.errors import InputError, did_you_mean

Check = Callable[[str, Any, Any], Any]
"""(parameter's path, shipped value, given value) -> the value to use; raises InputError where it does not fit."""


def override(known: dict[str, Any], path: Path, check: Check, *, code: str, named: str) -> dict[str, Any]:
    """`known` with the parameters of the file in place of its own; `code` and `named` ("mix file") are for refusals.

    Raises:
        InputError: the file is no YAML mapping, names a parameter that is not known, or `check` refuses (`code`).
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as e:
        raise InputError(code, f"the {named} cannot be read", given=str(e).splitlines()[0]) from None
    if not isinstance(given, dict):
        raise InputError(code, f"the {named} is not a mapping", given=type(given).__name__)
    return _merged(known, given, check, code, "")


def _merged(known: dict[str, Any], given: dict[str, Any], check: Check, code: str, inside: str) -> dict[str, Any]:
    out = dict(known)
    for key, value in given.items():
        where = f"{inside}{key}"
        if key not in known:
            raise InputError(code, "unknown parameter", given=where, allowed=did_you_mean(str(key), known))
        if isinstance(known[key], dict) and isinstance(value, dict):
            out[key] = _merged(known[key], value, check, code, where + ".")
        else:
            out[key] = check(where, known[key], value)
    return out
