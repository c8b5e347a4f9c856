"""Errors, sorted by what the reader must do.

```
ChainbreakError     code, what, given, allowed, next_step
├─ InputError       fix the data            -> row to quarantine, run continues         exit 3
├─ SetupError       fix the configuration   -> stop before any work                     exit 5
├─ DeclinedError    detector cannot run here -> one warning, others continue            exit 1
├─ EngineError      engine refused          -> names table, detector, engine and query  exit 5
├─ RefusedError     not allowed (approval, scope, four eyes, purpose) -> in the log     exit 4
├─ UsageError       the call itself is wrong -> stop                                    exit 2
└─ Bug              report it                                                           exit 70
```

Every code (`CB-<area>-<number>`) has an entry in `base/codes/*.yaml` with a title and a remedy in both languages; a
test walks the source and fails on a code without one. Messages carry no personal data and no colours.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ChainbreakError(Exception):
    """One refusal or failure, in the five parts a reader needs.

    >>> e = InputError("CB-IN-012", "duration_s is out of range", given="-3", allowed="0..86400",
    ...                next_step="see: chainbreak quarantine list")
    >>> str(e)
    'CB-IN-012 duration_s is out of range: given -3, allowed 0..86400. Next: see: chainbreak quarantine list'
    """

    exit_code = 70

    def __init__(self, code: str, what: str, *, given: str = "", allowed: str = "", next_step: str = "") -> None:
        self.code, self.what, self.given, self.allowed, self.next_step = code, what, given, allowed, next_step
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """The whole message on one line: code, what happened, given against allowed, next step."""
        facts = ", ".join(
            f"{word} {value}" for word, value in (("given", self.given), ("allowed", self.allowed)) if value
        )
        text = f"{self.code} {self.what}" + (f": {facts}" if facts else "")
        return text + (f". Next: {self.next_step}" if self.next_step else "")

    def as_dict(self) -> dict[str, str]:
        """The parts as JSON-ready text; empty parts are kept so that the shape never varies."""
        return {
            "code": self.code,
            "message": self.what,
            "given": self.given,
            "allowed": self.allowed,
            "hint": self.next_step,
            "docs": f"/errors/{self.code}",
        }


class InputError(ChainbreakError):
    """The data is wrong: the row goes to quarantine and the run continues."""

    exit_code = 3


class SetupError(ChainbreakError):
    """The configuration or the machine is wrong: stop before any work."""

    exit_code = 5


class DeclinedError(ChainbreakError):
    """A detector cannot run on what is here: one warning, the others continue."""

    exit_code = 1


class EngineError(ChainbreakError):
    """The query engine refused: the message names table, detector and engine."""

    exit_code = 5


class RefusedError(ChainbreakError):
    """Not allowed by rule (approval, scope, four eyes, purpose); always in the log."""

    exit_code = 4


class UsageError(ChainbreakError):
    """The call is wrong: an unknown name, a missing argument."""

    exit_code = 2


class Bug(ChainbreakError):
    """Something the code promised cannot happen did; report it."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint naming the nearest known names, or all of them when none is near.

    >>> did_you_mean("cal", ["call", "line"])
    'did you mean call?'
    >>> did_you_mean("zzz", ["line", "call"])
    'known: call, line'
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names)}"
