"""People: who works here, with which roles; for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from chainbreak.app.add_person import GIVEN_ROLES, add_person
from chainbreak.app.change_person import change_person
from chainbreak.app.issue_sign_in_link import issue_sign_in_link
from chainbreak.app.list_people import list_people
from chainbreak.console.session import Signed
from chainbreak.console.view import render, said
from chainbreak.records.actor import Role

router = APIRouter()
Roles = Annotated[list[str], Form()]


@router.get("/users")
def page(visit: Signed, name: str = "") -> Response:
    """Everybody; `name` opens one."""
    visit.need(Role.ADMIN)
    people = list_people(visit.office)
    chosen = next((p for p in people if p.name == name), None)
    return render(visit, "users.html", here="users", people=people, chosen=chosen, all_roles=GIVEN_ROLES)


@router.post("/users")
def add(
    visit: Signed, name: Annotated[str, Form(max_length=32)], role: Roles,
    display_name: Annotated[str, Form(max_length=120)] = "",
) -> Response:  # fmt: skip
    """Add a person."""
    add_person(visit.office, visit.actor, name.strip(), role, display_name.strip())
    return said(RedirectResponse(f"/users?name={name.strip()}", 303), "saved")


@router.post("/users/{name}")
def change(visit: Signed, name: str, role: Roles, active: Annotated[str | None, Form()] = None) -> Response:
    """Change roles, or whether the person still works here."""
    change_person(visit.office, visit.actor, name, roles=role, active=active is not None)
    return said(RedirectResponse(f"/users?name={name}", 303), "saved")


@router.post("/users/{name}/link")
def link(visit: Signed, name: str) -> Response:
    """A one-time link, shown once."""
    path = issue_sign_in_link(visit.office, visit.actor, name)
    base = visit.office.centre.settings.public_url.rstrip("/") or str(visit.request.base_url).rstrip("/")
    return render(visit, "user_link.html", here="users", name=name, address=base + path)
