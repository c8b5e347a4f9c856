"""Settings that ship with the package, overlaid key by key with the centre's own file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)


def overlaid(model: type[Model], built_in: str, site: Path, code: str, what: str) -> Model:
    """`model` as the YAML of `built_in` says, and where the file `site` says something, as that does.

    Raises:
        SetupError: `site` cannot be read or says what cannot be: `code`, `what`, and where.
    """
    import yaml
    from pydantic import ValidationError

    values = yaml.safe_load(built_in)
    try:
        _overlay(values, yaml.safe_load(site.read_text(encoding="utf-8")) or {})
        return model.model_validate(values)
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError, AttributeError) as e:
        first = e.errors()[0] if isinstance(e, ValidationError) else None
        where = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else type(e).__name__
        raise SetupError(code, what, given=where, next_step=f"correct {site}") from None


def _overlay(values: dict[str, Any], own: dict[str, Any]) -> None:
    for key, value in own.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _overlay(values[key], value)
        else:
            values[key] = value
