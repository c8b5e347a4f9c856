"""What a second party runs: no centre, no database, only the published folder, a key and a state file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chainbreak.base.clock import Clock, rfc3339


def witness_log(
    folder: Path, key_path: Path, state: Path, clock: Clock, *, name: str = "witness", log_key: str = ""
) -> dict[str, Any]:
    """Check that the log extends what was seen last, co-sign its newest checkpoint, and say what was done.

    The key is made, with `name`, when its file does not exist.

    Raises:
        RefusedError: the log does not extend what was seen, or a signature is wrong (CB-AU-008, CB-AU-010).
        InputError: the folder, the key given or the state file cannot be read (CB-AU-005).
    """
    from chainbreak.audit.note import WITNESS_KEY, PublicKey, SigningKey
    from chainbreak.audit.witness import witness

    trusted = PublicKey.parse(log_key) if log_key else None
    key = SigningKey.load(key_path) if key_path.exists() else SigningKey.create(key_path, name, WITNESS_KEY)
    done = witness(folder, key, state, clock.now_us(), trusted)
    return {
        "signed": done.checkpoint.name, "entries": done.checkpoint.size, "root": done.checkpoint.root.hex(),
        "at": rfc3339(done.checkpoint.at_us), "seen_before": done.before, "checkpoints_followed": done.steps,
        "log_key": "taken on trust from the folder: compare it" if done.first_time and not log_key else "as known",
        "witness": str(key.public), "file": str(done.path or ""), "note": str(done.note),
    }  # fmt: skip
