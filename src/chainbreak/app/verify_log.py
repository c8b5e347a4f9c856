"""Check the log: in the house from the database, or an export by the stand-alone verifier, which shares no code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def verify_log(office: Office, earlier: Sequence[Path] = ()) -> dict[str, Any]:
    """Recompute the whole log from its entries; compare it with its tree, every published checkpoint and `earlier`.

    The keys: `sound`, `entries`, `root`, `checkpoints`, `earlier`, `payloads`, `erased`, `uncovered` (entries after
    the last checkpoint), `faults`. A log found broken is left exactly as it is.

    Raises:
        RefusedError: a published or earlier checkpoint's signature is wrong (CB-AU-008).
        InputError: one cannot be read (CB-AU-005).
    """
    from chainbreak.audit import checkpoint
    from chainbreak.audit.verify import verify

    folder = office.centre.log
    files = [*checkpoint.checkpoint_files(folder), *earlier]
    points = []
    if files:
        keys = checkpoint.keys_in_force(folder, checkpoint.first_key(folder))
        points = [checkpoint.read_checkpoint(path, keys) for path in files]
    with office.desk.read() as conn:
        verdict = verify(conn, points)
    covered = max((point.size for point in points), default=0)
    return {
        "sound": verdict.sound, "entries": verdict.size, "root": verdict.root.hex(),
        "checkpoints": len(files) - len(earlier), "earlier": len(earlier), "payloads": verdict.payloads,
        "erased": verdict.erased, "uncovered": max(0, verdict.size - covered), "faults": verdict.faults,
    }  # fmt: skip


def verify_apart(
    what: Path, *, key: str = "", earlier: Sequence[Path] = (), witnesses: Sequence[str] = ()
) -> dict[str, Any]:
    """Run the stand-alone verifier on an export, a published folder or a receipt, in a process of its own.

    The keys: `sound`, and `said`, the verifier's own lines.

    Raises:
        SetupError: the verifier's file is not where this program was installed (CB-AU-017).
    """
    command = [sys.executable, "-I", str(stand_alone()), str(what)]
    command += ["--key", key] if key else []
    for path in earlier:
        command += ["--earlier", str(path)]
    for witness in witnesses:
        command += ["--witness", witness]
    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    return {"sound": ran.returncode == 0, "said": (ran.stdout + ran.stderr).splitlines()}


def stand_alone() -> Path:
    """The file `verify_log.py`: in `tools/` of the source, beside the package's audit log when installed.

    Raises:
        SetupError: in neither place (CB-AU-017).
    """
    import chainbreak

    package = Path(chainbreak.__file__).resolve().parent
    for path in (package.parents[1] / "tools" / "verify_log.py", package / "audit" / "verify_log.py"):
        if path.is_file():
            return path
    raise SetupError("CB-AU-017", "the stand-alone verifier is not installed", next_step="reinstall chainbreak")
