"""What operators say: the versions of a script, a new one proposed by one person and approved by another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.scripts import Script, drawn, read_script, shipped, type_of
from chainbreak.app.list_warnings import may_read
from chainbreak.base.errors import RefusedError, UsageError, did_you_mean
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_PROPOSE = frozenset({Role.HOTLINE, Role.ANALYST, Role.COMMANDER})
MAY_APPROVE = frozenset({Role.APPROVER, Role.COMMANDER})
"""Four eyes: a person who holds both never decides on a version of their own."""
PROPOSED, APPROVED, DECLINED, RETIRED = "proposed", "approved", "declined", "retired"


def script_for(office: Office, conn: Connection, fraud: str, kinds: Sequence[str], warning_id: str) -> dict[str, Any]:
    """What is said to the person of one warning: `fraud` (the script's type), `version`, and language -> sentences with
    the centre's name and number. Of several approved versions one is drawn by the warning's id.
    """
    name = type_of(fraud, kinds)
    standing = _approved(conn, name)
    script = standing[drawn(list(standing), name, warning_id)]
    settings = office.centre.settings
    spoken = {lang: script.in_(lang).filled(settings.name, settings.hotline).model_dump() for lang in ("zh", "en")}
    return {"fraud": name, "version": script.version, "shown": f"{name}.{script.version}", **spoken}


def list_scripts(office: Office, actor: Actor, fraud: str = "") -> list[dict[str, Any]]:
    """Every version: fraud, version, state, author, source, why, proposed_by, decided_by, decided_at_us, shown (whether
    operators see it now), spoken (calls it was recorded for).

    Raises:
        UsageError: no such type (CB-WA-152).
        RefusedError: the actor reads no warnings (CB-WA-200).
    """
    from sqlalchemy import func, select

    from chainbreak.store.desk.tables_hotline import warning_script as s
    from chainbreak.store.desk.tables_warnings import warning_call as c

    may_read(actor)
    names = [_named(fraud)] if fraud else sorted(shipped())
    with office.desk.read() as conn:
        rows = conn.execute(select(s).order_by(s.c.fraud, s.c.version)).all()
        counted = conn.execute(select(c.c.script, func.count()).group_by(c.c.script))
        spoken: dict[str, int] = {row[0]: row[1] for row in counted}
        standing = {name: _approved(conn, name) for name in names}
    listed = []
    for name in names:
        own = [row for row in rows if row.fraud == name]
        first = shipped()[name]
        if first.version not in {row.version for row in own}:
            listed.append(_listed(name, first, APPROVED if first.version in standing[name] else RETIRED))
        listed += [
            _listed(name, read_script(r.body), r.state)
            | {"why": r.why, "proposed_by": r.proposed_by, "decided_by": r.decided_by, "decided_at_us": r.decided_at_us}
            for r in own
        ]
    for row in listed:
        row["shown"] = row["version"] in standing[row["fraud"]]
        row["spoken"] = spoken.get(f"{row['fraud']}.{row['version']}", 0)
    return listed


def show_script(office: Office, actor: Actor, fraud: str, version: int | None = None) -> dict[str, Any]:
    """One version in full; none named: the newest that operators see.

    Raises:
        UsageError: no such type (CB-WA-152) or version (CB-WA-153).
        RefusedError: the actor reads no warnings (CB-WA-200).
    """
    may_read(actor)
    name = _named(fraud)
    with office.desk.read() as conn:
        known = _versions(conn, name)
        chosen = max(_approved(conn, name)) if version is None else version
    if chosen not in known:
        raise UsageError("CB-WA-153", "no such version", given=f"{name} {chosen}", allowed=", ".join(map(str, known)))
    return {"fraud": name, **known[chosen].model_dump()}


def propose_script(office: Office, actor: Actor, fraud: str, text: str, why: str) -> int:
    """Propose a version (its YAML, as `show_script` gives it; `version` in it is set here); the number it has.

    Raises:
        UsageError: no such type (CB-WA-152), or no reason (CB-WA-154).
        RefusedError: the role (CB-WA-155).
        InputError: no script (CB-WA-150), or not fit to be spoken (CB-WA-151).
    """
    from sqlalchemy import insert

    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_hotline import warning_script as s

    if not actor.has(*MAY_PROPOSE):
        raise RefusedError("CB-WA-155", "this role proposes no scripts", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_PROPOSE)))  # fmt: skip
    name, script = _named(fraud), read_script(text)
    if not why.strip():
        raise UsageError("CB-WA-154", "say why", given="no reason")
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        version = max(_versions(conn, name)) + 1
        body = body_of(script.model_copy(update={"version": version}))
        conn.execute(insert(s).values(
            fraud=name, version=version, state=PROPOSED, body=body, why=why.strip()[:2000], proposed_by=actor.name,
            proposed_at_us=now, decided_by="",
        ))  # fmt: skip
        append(conn, Entry.by(actor, now, "warning.script", f"script:{name}.{version}",
                              payload={"move": "propose", "body": body, "why": why.strip()}))  # fmt: skip
    return version


def decide_script(
    office: Office, actor: Actor, fraud: str, version: int, *, approve: bool, beside: bool = False
) -> dict[str, Any]:
    """Approve a proposed version, or decline it. Approved, it takes the place of those before; `beside` them: they stay
    and each warning is spoken with one that is drawn, so that they can be compared.

    Raises:
        UsageError: no such type (CB-WA-152), or no version of it that is proposed (CB-WA-153).
        RefusedError: the role (CB-WA-155), or the actor proposed it (CB-WA-157).
    """
    from sqlalchemy import select, update

    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_hotline import warning_script as s

    if not actor.has(*MAY_APPROVE):
        raise RefusedError("CB-WA-155", "this role decides on no scripts", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_APPROVE)))  # fmt: skip
    name, now = _named(fraud), office.clock.now_us()
    this = (s.c.fraud == name) & (s.c.version == version)
    with office.desk.begin() as conn:
        row = conn.execute(select(s).where(this)).first()
        if row is None or row.state != PROPOSED:
            raise UsageError("CB-WA-153", "no such version is proposed", given=f"{name} {version}",
                             next_step="chainbreak warn script list")  # fmt: skip
        if row.proposed_by == actor.name:
            raise RefusedError("CB-WA-157", "nobody decides on their own version", given=actor.name)
        if approve and beside:
            _keep_shipped(conn, name, now)
        elif approve:
            conn.execute(update(s).where(s.c.fraud == name, s.c.state == APPROVED).values(state=RETIRED))
        state = APPROVED if approve else DECLINED
        conn.execute(update(s).where(this).values(state=state, decided_by=actor.name, decided_at_us=now))
        append(conn, Entry.by(actor, now, "warning.script", f"script:{name}.{version}",
                              payload={"move": state, "beside": beside}))  # fmt: skip
    return {"fraud": name, "version": version, "state": state}


def _approved(conn: Connection, name: str) -> dict[int, Script]:
    """The versions that operators see: the centre's approved ones, the shipped one where it has none."""
    return _rows(conn, name, APPROVED) or {shipped()[name].version: shipped()[name]}


def _keep_shipped(conn: Connection, name: str, now: int) -> None:
    """Have the version that ships stand as a row of its own, beside which another is approved."""
    from sqlalchemy import insert

    from chainbreak.store.desk.tables_hotline import warning_script as s

    first = shipped()[name]
    if list(_approved(conn, name)) != [first.version] or first.version in _rows(conn, name):
        return
    conn.execute(insert(s).values(
        fraud=name, version=first.version, state=APPROVED, body=body_of(first), why="", proposed_by="",
        proposed_at_us=now, decided_by="", decided_at_us=now,
    ))  # fmt: skip


def body_of(script: Script) -> str:
    """A script as YAML."""
    import yaml

    return str(yaml.safe_dump(script.model_dump(), allow_unicode=True, sort_keys=False, width=110))


def _versions(conn: Connection, name: str) -> dict[int, Script]:
    return {shipped()[name].version: shipped()[name]} | _rows(conn, name)


def _rows(conn: Connection, name: str, state: str = "") -> dict[int, Script]:
    """Version -> the centre's own script, of a state or of all."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_hotline import warning_script as s

    own = select(s.c.version, s.c.body).where(s.c.fraud == name).order_by(s.c.version)
    rows = conn.execute(own.where(s.c.state == state) if state else own)
    return {row.version: read_script(row.body) for row in rows}


def _listed(name: str, script: Script, state: str) -> dict[str, Any]:
    return {
        "fraud": name, "version": script.version, "state": state, "author": script.author, "source": script.source,
        "why": "", "proposed_by": "", "decided_by": "", "decided_at_us": None,
    }  # fmt: skip


def _named(fraud: str) -> str:
    if fraud not in shipped():
        raise UsageError("CB-WA-152", "there is no script of this type", given=fraud[:40],
                         allowed=did_you_mean(fraud, shipped()))  # fmt: skip
    return fraud
