"""Put new token keys in force and exchange every token in the lake and the vault; killed anywhere, it continues.

1. the coming epoch's keys are written and named in keys/rotation.json: from here on nothing else may make tokens;
2. the vault gets a shelf under the new key, and the map old token -> new token;
3. each lake table is exchanged in one atomic commit, which carries the rotation's name: a table is done or untouched;
4. who is warned, or was lately, is exchanged on the desk;
5. the old shelf goes, the new epoch comes into force, the old key is destroyed.

What was decided is not rewritten: findings, orders and log entries keep the tokens they were made, signed and hashed
with, and the vault resolves those through the map. Earlier lake versions keep old tokens until `chainbreak purge`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import RefusedError, SetupError
from chainbreak.base.progress import Advance, silent
from chainbreak.records import KINDS, Identifier
from chainbreak.records.actor import Actor, Role

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.identity.retoken import Exchange, Exchanger

MAY_ROTATE = (Role.ADMIN, Role.ENGINEER)


def rotate_keys(
    office: Office, actor: Actor, kinds: Sequence[Identifier] = tuple(Identifier), advance: Advance = silent
) -> dict[str, Any]:
    """Rotate the token keys of `kinds`, or finish the rotation that was interrupted (of the kinds it was begun with).

    Returns the kinds with their new epochs and the lake tables that were exchanged. `advance` gets 1 per lake table.

    Raises:
        RefusedError: the role may not rotate keys (CB-ID-033).
        SetupError: the lake holds tokens the vault does not know (CB-ID-031); the rotation stays unfinished.
    """
    if not actor.has(*MAY_ROTATE):
        raise RefusedError(
            "CB-ID-033", "this role may not rotate keys", given="+".join(sorted(actor.roles)),
            allowed=", ".join(MAY_ROTATE),
        )  # fmt: skip
    from chainbreak.app.exchange_recipients import exchange_recipients
    from chainbreak.app.readings import forget_readings
    from chainbreak.find.watch.state import forget_all

    keys = office.keys
    with keys.rotating(list(kinds)):
        coming = {Identifier(kind): epoch for kind, epoch in keys.coming.items()}
        name = "+".join(f"{kind}-{epoch}" for kind, epoch in sorted(coming.items()))
        _log(office, actor, "vault.rotate", name)
        for kind, epoch in coming.items():
            if keys.epochs[kind] < epoch:
                office.vault.retoken(kind)
        exchange = {kind: office.vault.replaced(kind) for kind in coming}
        forget_all(office.centre.watch)
        forget_readings(office)
        exchanged = [table for table in office.lake.tables() if _exchange_table(office, table, exchange, name, advance)]
        exchange_recipients(office, exchange)
        for kind, epoch in coming.items():
            office.vault.drop_epoch(kind, epoch - 1)
        keys.finish_rotation()
    _log(office, actor, "vault.rotated", name)
    return {"epochs": {kind.value: epoch for kind, epoch in coming.items()}, "tables": exchanged}


def _exchange_table(office: Office, table: str, exchange: Exchange, name: str, advance: Advance) -> bool:
    """Exchange one table unless this rotation has done so already; whether it was done now."""
    import pyarrow as pa

    from chainbreak.identity.retoken import Exchanger

    with office.lake.writing(table):
        delta = office.lake.open(table)
        exchanger = Exchanger(table, exchange)
        due = exchanger.concerns(pa.schema(delta.schema())) and not any(
            c.get("rotation") == name for c in delta.history()
        )
        if due:
            partition_by = KINDS[table].partition_by if table in KINDS else list(delta.metadata().partition_columns)
            with _own_errors() as failed:
                rows = _exchanged(delta.to_pyarrow_dataset(), exchanger, failed)
                office.lake.replace(table, rows, partition_by, note={"rotation": name})
    advance(1)
    return due


@contextmanager
def _own_errors() -> Iterator[list[SetupError]]:
    """Raise what was put into the list: an error inside the rows comes out of the writer as one of its own."""
    failed: list[SetupError] = []
    try:
        yield failed
    except Exception:
        if failed:
            raise failed[0] from None
        raise


def _exchanged(rows: Any, exchanger: Exchanger, failed: list[SetupError]) -> Any:
    import pyarrow as pa

    def batches() -> Iterator[Any]:
        for batch in rows.to_batches(batch_readahead=1, fragment_readahead=1):
            try:
                yield exchanger.batch(batch)
            except SetupError as e:
                failed.append(e)
                raise

    return pa.RecordBatchReader.from_batches(rows.schema, batches())


def _log(office: Office, actor: Actor, action: str, name: str) -> None:
    from chainbreak.audit.log import Entry, append

    with office.desk.begin() as conn:
        append(conn, Entry.by(actor, office.clock.now_us(), action, name))
