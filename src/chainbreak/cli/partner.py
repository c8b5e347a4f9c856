"""`chainbreak partner`: list, add, change, retire."""

from __future__ import annotations

from typing import Annotated

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Partners that carry orders out")

KindsOption = Annotated[list[str] | None, typer.Option("--kind", help="A kind of order it takes; may be repeated")]
ZhOption = Annotated[str, typer.Option("--name-zh", help="Chinese name")]
EnOption = Annotated[str, typer.Option("--name-en", help="English name")]
CallOption = Annotated[str, typer.Option(help="A person there who can be called")]
COLUMNS = ("partner_id", "name_zh", "format", "kinds", "call", "active")


@app.command("list")
def list_(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Every partner."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.change_partners import list_partners

    emit(list_partners(open_office(centre)), as_json, columns=COLUMNS)


@app.command()
def add(
    partner_id: str, format_: Annotated[str, typer.Option("--format", help="rpz, numbers, holds, requests")],
    as_name: AsOption, kinds: KindsOption = None, name_zh: ZhOption = "", name_en: EnOption = "", call: CallOption = "",
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Add a partner; its files will lie in out/PARTNER_ID/."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.change_partners import add_partner
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    actor = find_actor(office, as_name)
    add_partner(office, actor, partner_id, format_, kinds or (), name_zh=name_zh, name_en=name_en, call=call)
    emit({"partner_id": partner_id, "state": "active"}, as_json)


@app.command()
def change(
    partner_id: str, as_name: AsOption, kinds: KindsOption = None, name_zh: ZhOption = "", name_en: EnOption = "",
    call: CallOption = "", active: Annotated[bool, typer.Option("--active", help="Take it back in")] = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Change names, contact or kinds, or take a retired partner back in."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.change_partners import change_partner
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    change_partner(office, find_actor(office, as_name), partner_id, kinds=kinds or (), active=active or None,
                   name_zh=name_zh, name_en=name_en, call=call)  # fmt: skip
    emit({"partner_id": partner_id, "state": "changed"}, as_json)


@app.command()
def retire(partner_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Send it nothing new; what it holds is still withdrawn and corrected."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.change_partners import change_partner
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    change_partner(office, find_actor(office, as_name), partner_id, active=False)
    emit({"partner_id": partner_id, "state": "retired"}, as_json)


@app.command()
def token(partner_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """A new token with which the partner answers over the API; shown once, an earlier one ends."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.issue_receipt_token import issue_receipt_token

    office = open_office(centre)
    emit({"partner_id": partner_id, "token": issue_receipt_token(office, find_actor(office, as_name), partner_id)},
         as_json)  # fmt: skip


@app.command()
def compact(partner_id: str, as_name: AsOption, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Move a DNS partner's names out of its hot zone; for a quiet hour."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.compact_zones import compact_zones
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    emit(compact_zones(office, find_actor(office, as_name), partner_id), as_json)
