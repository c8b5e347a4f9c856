"""Who acts: a named person with roles, or the service itself, which may never approve, issue, extend or widen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do; a person may hold several, but four eyes always means two persons."""

    ANALYST = "analyst"
    FUND_DESK = "fund_desk"
    HOTLINE = "hotline"
    APPROVER = "approver"
    LIAISON = "liaison"
    OFFICER = "officer"
    """Works in a district: takes leads on and says what came of them; sees no queue of findings to judge."""
    COMMANDER = "commander"
    AUDITOR = "auditor"
    ENGINEER = "engineer"
    ADMIN = "admin"
    """Manages people and settings; holds no right over orders."""
    SERVICE = "service"
    """The machine itself: drafts, prioritises, sends what was approved, lets lapse."""


@dataclass(frozen=True)
class Actor:
    """Who does something, and by which face (`cli`, `console`, `api`, `service`)."""

    name: str
    roles: frozenset[Role]
    via: str = "cli"

    def has(self, *roles: Role) -> bool:
        """Whether the actor holds any of `roles`."""
        return any(role in self.roles for role in roles)


SERVICE = Actor("service", frozenset({Role.SERVICE}), "service")
