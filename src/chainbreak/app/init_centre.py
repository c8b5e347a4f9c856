"""Make a new centre: folders, keys, desk, log, and last of all settings.toml, whose presence makes it a centre.

Killed in the middle, the same command finishes what was begun.
"""

from __future__ import annotations

from pathlib import Path

from chainbreak.app.bootstrap import Office
from chainbreak.base.clock import Clock
from chainbreak.base.errors import SetupError
from chainbreak.base.settings import SETTINGS_FILE, Centre, Settings, create_centre
from chainbreak.records.actor import SERVICE


def init_centre(root: Path, settings: Settings, clock: Clock | None = None) -> Office:
    """A new centre at `root`, its keys made, its desk migrated and the first leaf in its log.

    Raises:
        SetupError: the directory already holds a centre (CB-ST-003), or the desk cannot be reached.
    """
    from chainbreak.audit import log
    from chainbreak.audit.log import Entry
    from chainbreak.identity.keys import Keyring

    if (root / SETTINGS_FILE).exists():
        raise SetupError("CB-ST-003", "the directory already holds a centre", given=str(root))
    office = Office(Centre(root.resolve(), settings), clock)
    office.centre.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written last: without it a killed `init` left half a keyring, which is made anew.
    if not (office.centre.keys / "epochs.json").exists():
        Keyring.create(office.centre.keys)
    office.desk.migrate()
    with office.desk.begin() as conn:
        now_us = office.clock.now_us()
        log.append(conn, Entry.by(SERVICE, now_us, "centre.init", settings.name, payload={"zone": settings.zone}))
    create_centre(root, settings)
    return office
