"""Write the configuration that a partner's servers run with, ready to use, from the partner's own settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chainbreak.app.change_partners import changing, partner_row
from chainbreak.app.partner_secrets import secret_path
from chainbreak.base.errors import SetupError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def partner_config(office: Office, actor: Actor, partner_id: str, out: Path) -> list[Path]:
    """The files written under `out`, by name. Some hold secrets: all are readable by the owner alone.

    Raises:
        UsageError: no such partner (CB-OR-080), its format has nothing to configure (CB-DL-228), or the folder is not
            empty (CB-DL-230).
        SetupError: a secret is not there (CB-DL-021), or the settings do not suffice.
        RefusedError: the role (CB-OR-005).
    """
    from chainbreak.act.delivery.points import room_of
    from chainbreak.base.files import write_atomic

    row = partner_row(office, partner_id)
    room: Any = room_of(row["format"])
    if not hasattr(room, "config"):
        raise UsageError("CB-DL-228", "this format has nothing to configure", given=row["format"])
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("CB-DL-230", "the folder is not empty", given=str(out), allowed="a new or an empty folder")

    def secret(name: str) -> str:
        try:
            return secret_path(office, partner_id, name).read_text(encoding="utf-8").strip()
        except OSError:
            raise SetupError("CB-DL-021", "a secret of this partner is not there", given=f"{partner_id} {name}",
                             next_step=f"chainbreak partner secret {partner_id} {name} --new") from None  # fmt: skip

    settings = room.Settings.model_validate(json.loads(row["settings"]))
    files: dict[str, str | bytes] = room.config(settings, address=row["address"], secret=secret, partner=partner_id)
    with changing(office, actor, "partner.config", partner_id, {"files": sorted(files)}):
        for name, content in files.items():
            path = out / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomic(path, content if isinstance(content, bytes) else content.encode(), mode=0o600)
    return [out / name for name in sorted(files)]
