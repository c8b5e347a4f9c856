"""The root command: knows each noun's name and one line of help, and imports a noun's file only when it is called.

Exit codes: 0 done, 1 nothing found or failed check, 2 usage, 3 input rejected, 4 refused by policy, 5 environment.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from chainbreak import __version__

# noun -> (module in this folder, one line of help). A module exposes `app`, a Typer: of verbs, or of one verb.
NOUNS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "A simulated town from records to a delivered, logged order, then the console"),
    "init": ("centre", "Make a new centre: settings, keys, lake, desk, log"),
    "doctor": ("doctor", "Say what is missing on this machine or in this centre, and how to get it"),
    "serve": ("serve", "Serve the console and the API"),
    "user": ("user", "People who work here: add, list, roles, sign-in link"),
    "city": ("city", "The simulated city with ground truth: build, step"),
    "ingest": ("ingest", "Bring records of a kind into the lake"),
    "map": ("map", "Mappings of partners' files: suggest, check, list"),
    "quarantine": ("quarantine", "Rejected rows: list, fix, replay"),
    "detect": ("detect", "Run, explain, evaluate detectors"),
    "model": ("model", "A scorer of lines: features from first calls, train, score, evaluate"),
    "finding": ("finding", "Findings: list, next, show, verdict, export"),
    "lead": ("lead", "Leads: draft, next, review, dispatch, accept, return, work, outcome, snooze, bulk, measures"),
    "case": ("case", "Cases: add, show"),
    "link": ("link", "Which reports one gang did: run, list, show, explain, decide, undo, export"),
    "trace": ("trace", "Follow money: of, claims, ledger, batch, watch, show, list, verify, holds, draft, void, clock"),
    "warn": ("warn", "Warnings: watch, report, board, plan, next, outcome, visit, send, tiers, measures"),
    "order": ("order", "Orders: draft, check, submit, approve, return, send, ack, extend, release, list, why"),
    "return": ("return_", "Frozen money back to its victims: plan, review, publish, object, decide, pay, print"),
    "appeal": ("appeal", "Appeals: open, decide, overdue"),
    "block": ("block", "Export what is in force: RPZ zone, number list, hold list"),
    "exclusion": ("exclusion", "What no order may touch: list, check, add, retire"),
    "partner": ("partner", "Partners that carry orders out: list, add, show, check, config, secret, change, retire"),
    "share": ("share", "Sharing: push, pull, list, refused, sight, decay (MISP, STIX/TAXII)"),
    "outbox": ("outbox", "What is on its way to partners: list, show, retry, withdraw, reconcile, take"),
    "lookup": ("lookup", "Whether a caller, a domain or an account is under an order: serve, token, check"),
    "sms": ("sms", "Texts to people by SMPP: notice, send, list, receipts"),
    "audit": ("audit", "The transparency log: verify, prove, checkpoint, witness, who-saw"),
    "vault": ("vault", "Tokens and values: reveal, text, rotate, status"),
    "purge": ("purge", "Erase what retention says has had its time, with a certificate"),
    "bench": ("bench", "Measure speed and memory beside a named peer"),
}


USAGE = """Usage: chainbreak COMMAND [ARGS]...

  An open platform for an anti-telecom-fraud centre.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit; `chainbreak COMMAND --help` shows a command's own.

Commands:
"""


def run(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit; errors of ours become one clear message and their exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    if not args or args[0] in ("-h", "--help"):
        width = max(map(len, NOUNS))
        sys.stdout.write(USAGE + "".join(f"  {noun:<{width}}  {text}\n" for noun, (_, text) in NOUNS.items()))
        sys.exit(0 if args else 2)
    if args[0] == "--version":
        sys.stdout.write(f"chainbreak {__version__}\n")
        sys.exit(0)
    sys.exit(_dispatch(args[0], args[1:]))


def _dispatch(noun: str, args: list[str]) -> int:
    from chainbreak.base.errors import ChainbreakError, SetupError, UsageError, did_you_mean
    from chainbreak.cli.common import complain

    try:
        if noun not in NOUNS:
            raise UsageError("CB-US-001", "no such command", given=noun, allowed=did_you_mean(noun, NOUNS))
        module = importlib.import_module(f"chainbreak.cli.{NOUNS[noun][0]}")
        module.app(args=args, prog_name=f"chainbreak {noun}")
    except ChainbreakError as e:
        return complain(e)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing is wrong, and nothing more can be written.
        sys.stderr.close()
    except OSError as e:
        what = f"{e.filename or ''}: {e.strerror or e}".removeprefix(": ")
        return complain(SetupError("CB-ST-004", "the machine refused a file", given=what))
    return 0
