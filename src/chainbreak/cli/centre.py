"""`chainbreak init DIR`: a new centre."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainbreak.cli.common import JsonOption, emit

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="Directory of the new centre; made when absent")],
    name: Annotated[str, typer.Option(help="Name on pages, notices and exports")] = "chainbreak",
    zone: Annotated[str, typer.Option(help="IANA zone of local days and hours")] = "Asia/Shanghai",
    area_code: Annotated[str, typer.Option(help="Area code of local numbers written without one")] = "",
    language: Annotated[str, typer.Option(help="First language: zh or en")] = "zh",
    desk_url: Annotated[str, typer.Option(help="PostgreSQL address of the desk; empty: SQLite in DIR")] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a new centre: settings, keys, lake, desk, log."""
    from pydantic import ValidationError

    from chainbreak.app.init_centre import init_centre
    from chainbreak.base.errors import UsageError
    from chainbreak.base.settings import Settings

    try:
        settings = Settings.model_validate(
            {"name": name, "zone": zone, "area_code": area_code, "language": language, "desk_url": desk_url}
        )
    except ValidationError as e:
        first = e.errors()[0]
        raise UsageError(
            "CB-ST-002", "a setting is not allowed", given=f"{first['loc'][0]}={first['input']}", allowed=first["msg"]
        ) from None
    office = init_centre(directory, settings)
    next_step = "chainbreak user add NAME --role admin"
    emit({"centre": str(office.centre.root), "name": settings.name, "next": next_step}, as_json)
