"""The evidence that links and series are explained from; absent until reports have been linked."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.linkage.model import Decision
    from chainbreak.records.actor import Actor


def link_now(office: Office, actor: Actor, *, dry_run: bool = False) -> dict[str, Any]:
    """Link all reports and record the series; the run's numbers.

    Raises:
        SetupError: this installation cannot link (CB-SE-011).
    """
    return dict(_part("app.link_reports").link_reports(office, actor, dry_run=dry_run))


def explained_pair(office: Office, a: str, b: str) -> dict[str, Any]:
    """What `find.linkage.explain.explain_pair` says of two reports.

    Raises:
        SetupError: reports were never linked (CB-SE-011).
    """
    return dict(_part("find.linkage.explain").explain_pair(_about(office, (a, b)), a, b))


def explained_series(office: Office, members: Collection[str]) -> dict[str, Any]:
    """What `find.linkage.explain.explain_series` says of a series of these reports.

    Raises:
        SetupError: reports were never linked (CB-SE-011).
    """
    return dict(_part("find.linkage.explain").explain_series(_about(office, members), sorted(members)))


def parts_without(
    office: Office, members: Collection[str], edge: tuple[str, str] | None, key: str, decisions: Collection[Decision]
) -> list[list[str]]:
    """What `find.linkage.explain.what_if` says these members would fall into.

    Raises:
        SetupError: reports were never linked (CB-SE-011).
    """
    linked = _about(office, members)
    parts = _part("find.linkage.explain").what_if(linked, members, edge=edge, key=key, decisions=decisions)
    return [list(part) for part in parts]


def _about(office: Office, reports: Collection[str]) -> Any:
    return _part("app.link_reports").linked_about(office, reports)


def _part(name: str) -> Any:
    try:
        return import_module(f"chainbreak.{name}")
    except ModuleNotFoundError:
        raise SetupError("CB-SE-011", "reports have not been linked yet", next_step="chainbreak link run") from None
