"""How a trace is looked at: rule, moment, what is opened and searched for; and the address that carries it on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Depends, Query

from chainbreak.find.tracing import RULES

MOST_OPEN = 40
Token = Annotated[str, Query(max_length=64)]


class Look:
    """The query of a trace's page. `step`: the picture after so many of its moments; 0: as the run was made."""

    def __init__(
        self, view: Annotated[Literal["canvas", "table", "rules"], Query()] = "canvas",
        rule: Annotated[str, Query(pattern=f"^(?:{'|'.join(RULES)})?$")] = "",
        step: Annotated[int, Query(ge=0, le=1_000_000)] = 0, account: Token = "", find: Token = "",
        open: Annotated[list[str] | None, Query(max_length=MOST_OPEN)] = None,
    ) -> None:  # fmt: skip
        self.view, self.rule, self.step, self.account, self.find = view, rule, step, account, find.strip()
        self.open = [key[:64] for key in open or []]

    def query(self, **changed: Any) -> str:
        """The look as a query, with some of it changed; `open`: one more group; defaults are left out."""
        pairs: dict[str, Any] = {"view": self.view, "rule": self.rule, "step": self.step, "account": self.account,
                                 "find": self.find}  # fmt: skip
        groups = [*self.open, *([changed.pop("open")] if changed.get("open") else [])]
        kept = [(k, v) for k, v in (pairs | changed).items() if v and (k, v) != ("view", "canvas")]
        return urlencode([*kept, *(("open", key) for key in dict.fromkeys(groups))])

    def moments(self, run: Mapping[str, Any]) -> list[int]:
        """Moments at which money of the run moved, as kept, in order; its own moment last."""
        own = run["terms"]["as_of_us"]
        return [*sorted({f["booked_at_us"] for f in run.get("flows") or () if f["booked_at_us"] < own}), own]

    def as_of(self, moments: Sequence[int]) -> int | None:
        """The moment looked at; None: the run's own."""
        return moments[self.step - 1] if 0 < self.step < len(moments) else None

    def found(self, run: Mapping[str, Any]) -> list[str]:
        """Accounts whose token or bank holds what is searched for."""
        wanted = self.find.lower()
        if not wanted:
            return []
        accounts: Mapping[str, Mapping[str, Any]] = run.get("accounts") or {}
        return [key for key, known in accounts.items() if wanted in key or wanted in (known["bank"] or "").lower()]


Looked = Annotated[Look, Depends()]
