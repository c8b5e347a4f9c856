"""Take out of use what is clearly worse: a version of a script whose people lost money more often than those of the
versions it was drawn beside, its whole interval. By rule, each day, with what it rests on in the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.app.recipient_losses import losses_of
from chainbreak.app.warning_uplift import compare_scripts
from chainbreak.base.clock import US_PER_DAY, local_day
from chainbreak.records.actor import SERVICE

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

LOOKED_AT_US = 180 * US_PER_DAY
"""First calls of so long back are compared."""


def retire_worse_scripts(office: Office) -> list[str]:
    """Retire each approved version that does clearly worse than those beside it, once a day at most; the last approved
    one of a type always stays. Returns what was retired (`police.3`).
    """
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warning_measures as desk
    from chainbreak.store.desk.warning_policies import retire_script

    now = office.clock.now_us()
    key = f"retire-scripts-{local_day(now, office.centre.settings.zone)}"
    if office.desk.was_done(key):
        return []
    with office.desk.read() as conn:
        calls = desk.first_calls(conn, now - LOOKED_AT_US, now)
    losses = losses_of(office, {row.recipient for row in calls}, now - LOOKED_AT_US, now) if calls else None
    worse = [row for row in compare_scripts(office, calls, losses, now) if row["worse"]] if losses else []
    retired = []
    with office.desk.begin(key) as conn:
        for row in worse:
            fraud, _, version = row["script"].rpartition(".")
            if version.isdigit() and retire_script(conn, fraud, int(version)):
                retired.append(row["script"])
                told = {
                    name: row[name] for name in ("against", "early", "late", "lost_early", "lost_late", "low", "high")
                }
                append(conn, Entry.by(SERVICE, now, "warning.script", f"script:{row['script']}",
                                      payload={"move": "retired", "why": "clearly worse", **told}))  # fmt: skip
    return retired
