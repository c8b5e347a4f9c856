"""How a person likes the pages: language, theme, single-letter keys. Not a decision, so not in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.base.errors import UsageError
from chainbreak.base.wording import LANGS
from chainbreak.store.desk import people

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

THEMES = ("light", "dark")


def set_preferences(
    office: Office, name: str, *, language: str | None = None, theme: str | None = None, keys_on: bool | None = None
) -> None:
    """Keep the given preferences of `name`; None leaves one as it is, an empty text returns it to the default.

    Raises:
        UsageError: a value is not one of the allowed (CB-PE-009).
    """
    for value, allowed in ((language, LANGS), (theme, THEMES)):
        if value and value not in allowed:
            raise UsageError("CB-PE-009", "no such preference", given=value, allowed=" ".join(allowed))
    given = {"language": language, "theme": theme, "keys_on": keys_on}
    columns = {key: value if value != "" else None for key, value in given.items() if value is not None}
    if columns:
        with office.desk.begin() as conn:
            people.change_columns(conn, name, office.clock.now_us(), **columns)
