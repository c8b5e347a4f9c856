"""`chainbreak partner`: list, add, show, check, config, secret, change, retire, token, compact, zones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chainbreak.cli.common import AsOption, CentreOption, JsonOption, emit, readable

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Partners that carry orders out")

KindsOption = Annotated[list[str] | None, typer.Option("--kind", help="A kind of order it takes; may be repeated")]
ZhOption = Annotated[str, typer.Option("--name-zh", help="Chinese name")]
EnOption = Annotated[str, typer.Option("--name-en", help="English name")]
CallOption = Annotated[str, typer.Option(help="A person there who can be called")]
FormatOption = Annotated[
    str,
    typer.Option(
        "--format", help="rpz, numbers, holds, requests (files); dns, sip, bank, misp, taxii, lookup, dnsbl, sms"
    ),
]
AddressOption = Annotated[str, typer.Option(help="Where it listens: scheme://host:port/path; files have none")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="key=value of its format; may be repeated")]
SecretOption = Annotated[list[str] | None, typer.Option("--secret", help="name=FILE; may be repeated")]
WindowOption = Annotated[int, typer.Option("--hours", min=1, max=8_760, help="Measures of the last so many hours")]
MEASURED = (
    "partner_id", "standing", "waiting", "failed", "level_ms", "block_n", "block_p50_ms", "block_p95_ms",
    "block_max_ms", "withdraw_n", "withdraw_p50_ms", "withdraw_p95_ms", "withdraw_max_ms", "refused", "disputes",
)  # fmt: skip
COLUMNS = ("partner_id", "name_zh", "format", "kinds", "call", "active")


@app.command("list")
def list_(centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Every partner."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.change_partners import list_partners

    emit(list_partners(open_office(centre)), as_json, columns=COLUMNS)


@app.command()
def add(
    partner_id: str, format_: FormatOption,
    as_name: AsOption, kinds: KindsOption = None, name_zh: ZhOption = "", name_en: EnOption = "", call: CallOption = "",
    address: AddressOption = "", settings: SetOption = None, secrets: SecretOption = None,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Add a partner; files for it will lie in out/PARTNER_ID/."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.change_partners import add_partner
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.partner_secrets import known_secret, set_secret

    office = open_office(centre)
    actor = find_actor(office, as_name)
    kept = [(known_secret(format_, name), Path(file).read_bytes()) for name, file in _pairs(secrets)]
    add_partner(office, actor, partner_id, format_, kinds or (), name_zh=name_zh, name_en=name_en, call=call,
                address=address, settings=_settings(settings))  # fmt: skip
    for name, value in kept:
        set_secret(office, actor, partner_id, name, value)
    emit({"partner_id": partner_id, "state": "active"}, as_json)


@app.command()
def change(
    partner_id: str, as_name: AsOption, kinds: KindsOption = None, name_zh: ZhOption = "", name_en: EnOption = "",
    call: CallOption = "", address: AddressOption = "", settings: SetOption = None,
    unset: Annotated[list[str] | None, typer.Option("--unset", help="Back to its default; may be repeated")] = None,
    active: Annotated[bool, typer.Option("--active", help="Take it back in")] = False,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Change names, contact, kinds, address or settings, or take a retired partner back in."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.change_partners import change_partner
    from chainbreak.app.find_actor import find_actor

    office = open_office(centre)
    change_partner(office, find_actor(office, as_name), partner_id, kinds=kinds or (), active=active or None,
                   name_zh=name_zh, name_en=name_en, call=call, address=address, settings=_settings(settings),
                   unset=unset or ())  # fmt: skip
    emit({"partner_id": partner_id, "state": "changed"}, as_json)


@app.command()
def show(
    as_name: AsOption, partner_id: Annotated[str, typer.Argument(help="None: all, a row each")] = "",
    hours: WindowOption = 24, centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """How a partner does: link, backlog, speed both ways, drift, disputes, settings; of secrets only names."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.show_partner import show_partner, show_partners
    from chainbreak.base.clock import US_PER_HOUR

    office = open_office(centre)
    actor, window_us = find_actor(office, as_name), hours * US_PER_HOUR
    if not partner_id:
        emit(show_partners(office, actor, window_us=window_us), as_json, columns=MEASURED)
        return
    found = show_partner(office, actor, partner_id, window_us=window_us)
    emit(found if as_json else readable(found, office.centre.settings.zone), as_json)


@app.command()
def config(
    partner_id: str, out: Annotated[Path, typer.Argument(help="A new folder")], as_name: AsOption,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Write the configuration that the partner's servers run with; keys may be among it, so keep it closed."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.partner_config import partner_config

    office = open_office(centre)
    written = partner_config(office, find_actor(office, as_name), partner_id, out)
    emit([{"file": str(path)} for path in written], as_json)


@app.command()
def check(partner_id: str, centre: CentreOption = None, as_json: JsonOption = False) -> None:
    """Whether it could be sent to now: settings, secrets, and whether it answers; exit 1 when something is missing."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.check_partner import check_partner

    rows = check_partner(open_office(centre), partner_id)
    emit(rows, as_json, columns=("what", "ok", "found"))
    if not all(row["ok"] for row in rows):
        raise typer.Exit(1)


@app.command()
def secret(
    partner_id: str, key: Annotated[str, typer.Argument(help="Its name, as `partner show` lists it")],
    as_name: AsOption, new: Annotated[bool, typer.Option("--new", help="A new random one")] = False,
    from_: Annotated[Path | None, typer.Option("--from", help="File with the secret alone")] = None,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Keep a secret of a partner in a file that its owner alone can read; it is never shown again."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.partner_secrets import set_secret
    from chainbreak.base.errors import UsageError

    if new == (from_ is not None):
        raise UsageError("CB-DL-222", "say where the secret comes from", allowed="--new or --from FILE")
    office = open_office(centre)
    value = from_.read_bytes() if from_ else None
    set_secret(office, find_actor(office, as_name), partner_id, key, value)
    emit({"partner_id": partner_id, "secret": key, "state": "set"}, as_json)


def _settings(said: list[str] | None) -> dict[str, Any]:
    from chainbreak.app.partner_settings import read_setting

    return dict(map(read_setting, said or ()))


def _pairs(said: list[str] | None) -> list[tuple[str, str]]:
    return [(name, file) for name, _, file in (text.partition("=") for text in said or ())]


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


@app.command()
def zones(
    partner_id: str, out: Annotated[Path, typer.Argument(help="Folder of the DNS primary")], as_name: AsOption,
    centre: CentreOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Write zone files with everything in force, for a DNS primary that starts anew."""
    from chainbreak.app.bootstrap import open_office
    from chainbreak.app.find_actor import find_actor
    from chainbreak.app.write_zones import write_zones

    office = open_office(centre)
    emit(write_zones(office, find_actor(office, as_name), partner_id, out), as_json)
