"""The published checkpoints, newest first: public by design, so that anybody can hold one against us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def list_checkpoints(office: Office, limit: int = 12) -> list[dict[str, Any]]:
    """Rows (size, root in hex, at_us, witnessed), checked against the log's keys.

    Raises:
        RefusedError: a signature is wrong (CB-AU-008).
    """
    from chainbreak.audit import checkpoint

    folder = office.centre.log
    files = sorted(checkpoint.checkpoint_files(folder), reverse=True)[:limit]
    if not files:
        return []
    keys = checkpoint.keys_in_force(folder, checkpoint.first_key(folder))
    points = [(checkpoint.read_checkpoint(path, keys), path.name) for path in files]
    return [
        {"size": point.size, "root": point.root.hex(), "at_us": point.at_us,
         "witnessed": (folder / "cosigned" / name).is_file()}
        for point, name in points
    ]  # fmt: skip
