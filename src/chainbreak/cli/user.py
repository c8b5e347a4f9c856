"""`chainbreak user`: people who work here. Without `--as`, the operating system's account acts as administrator."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.cli.common import CentreOption, JsonOption, emit
from chainbreak.records.actor import Actor, Role

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="People who work here: add, list, change, one-time sign-in link, API token.",
)
AsAdmin = Annotated[
    str, typer.Option("--as", envvar="CHAINBREAK_ACTOR", help="Which administrator acts; none: this machine's account")
]
RoleOption = Annotated[list[str], typer.Option("--role", help="A role; may be repeated")]
ADDRESS = "http://127.0.0.1:8600"


def _administrator(office: Office, name: str) -> Actor:
    """Who acts. An account that can read the centre's files can do anything with them; the log says which it was."""
    from chainbreak.app.find_actor import find_actor

    return find_actor(office, name) if name else Actor(f"os:{getpass.getuser()}", frozenset({Role.ADMIN}), "cli")


@app.command()
def add(
    name: str, role: RoleOption, display_name: str = "",
    centre: CentreOption = None, as_name: AsAdmin = "", as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Add a person with one or more roles."""
    from chainbreak.app.add_person import add_person

    office = open_office(centre)
    add_person(office, _administrator(office, as_name), name, role, display_name)
    emit({"person": name, "roles": sorted(role)}, as_json)


@app.command("list")
def list_(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Everybody who works or worked here."""
    from chainbreak.app.list_people import list_people

    rows = (
        {"name": p.name, "display_name": p.display_name, "roles": " ".join(sorted(p.roles)), "active": p.active}
        for p in list_people(open_office(centre))
    )
    emit(rows, as_json, columns=("name", "display_name", "roles", "active"))


@app.command()
def roles(
    name: str, role: RoleOption, centre: CentreOption = None, as_name: AsAdmin = "", as_json: JsonOption = False
) -> None:
    """Set a person's roles; their sessions end."""
    from chainbreak.app.change_person import change_person

    office = open_office(centre)
    change_person(office, _administrator(office, as_name), name, roles=role)
    emit({"person": name, "roles": sorted(role)}, as_json)


@app.command()
def disable(name: str, centre: CentreOption = None, as_name: AsAdmin = "", as_json: JsonOption = False) -> None:
    """End a person's access at once; the log keeps their name."""
    _set_active(centre, as_name, name, False, as_json)


@app.command()
def enable(name: str, centre: CentreOption = None, as_name: AsAdmin = "", as_json: JsonOption = False) -> None:
    """Give a person their access back."""
    _set_active(centre, as_name, name, True, as_json)


def _set_active(centre: CentreOption, as_name: str, name: str, active: bool, as_json: bool) -> None:
    from chainbreak.app.change_person import change_person

    office = open_office(centre)
    change_person(office, _administrator(office, as_name), name, active=active)
    emit({"person": name, "active": active}, as_json)


@app.command()
def link(name: str, centre: CentreOption = None, as_name: AsAdmin = "", as_json: JsonOption = False) -> None:
    """A link that signs the person in once, within eight hours."""
    from chainbreak.app.issue_sign_in_link import issue_sign_in_link

    office = open_office(centre)
    path = issue_sign_in_link(office, _administrator(office, as_name), name)
    emit({"person": name, "link": (office.centre.settings.public_url or ADDRESS).rstrip("/") + path}, as_json)


@app.command()
def token(
    name: str, days: int = 30, centre: CentreOption = None, as_name: AsAdmin = "", as_json: JsonOption = False
) -> None:
    """A token by which a program uses the API in the person's name; shown once."""
    from chainbreak.app.issue_api_token import issue_api_token

    office = open_office(centre)
    emit({"person": name, "token": issue_api_token(office, _administrator(office, as_name), name, days)}, as_json)
