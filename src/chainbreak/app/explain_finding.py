"""Explain a finding from its own inputs, and say whether it comes out the same today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.base.errors import DeclinedError
from chainbreak.base.wording import Lang, word

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.find.contract.explain import Explanation


def explain_finding(office: Office, finding_id: str) -> Explanation:
    """The arithmetic of a kept finding, computed again on the lake versions it pins.

    Raises:
        UsageError: no such finding (CB-FN-001).
        DeclinedError: its detector's version is gone or weighs otherwise now (CB-FI-022).
        SetupError: a pinned lake version was purged (CB-ST-011).
    """
    from chainbreak.app.show_finding import finding_named
    from chainbreak.find.contract.explain import explain
    from chainbreak.find.registry import detector_of

    with office.desk.read() as conn:
        finding, _state = finding_named(conn, finding_id)
    detector = detector_of(finding)
    if detector is None:
        raise DeclinedError(
            "CB-FI-022", "this finding was made under other weights and cannot be computed again",
            given=f"{finding.detector}@{finding.version} with {finding.params_hash}",
            next_step=f"chainbreak finding show {finding_id} for its reasons as kept, or: chainbreak detect run",
        )  # fmt: skip
    session = office.engine(snapshot=finding.snapshot)
    try:
        return explain(finding, detector, session)
    finally:
        session.close()


def sentences(explanation: Explanation, lang: Lang) -> list[str]:
    """The explanation as lines of text for a person: arithmetic, reasons by weight, what would change it, whether it
    comes out the same."""
    body = explanation.as_dict()
    snapshot = ", ".join(f"{table}@{version}" for table, version in body["snapshot"].items())
    level = word(f"find.outcome.{body['level']}", lang)
    lines = [
        f"{body['finding_id']}  {body['detector']}  {body['subject']}  {level}",
        word("find.explain.score", lang, score=body["score_from_bits"], prior=body["prior_bits"], bits=body["bits"]),
    ]
    for r in body["reasons"]:
        text = word(
            f"find.rule.{r['rule']}", lang, value=f"{r['value']:g}", threshold=f"{r['threshold']:g}", unit=r["unit"]
        )
        lines.append(f"  {r['bits']:+6.2f}  {text}  [{len(r['records'])}]")
    for t in body["would_change"]:
        key, name = f"find.explain.turn_{t['side']}", word(f"find.rule_name.{t['rule']}", lang)
        outcome = word(f"find.outcome.{t['outcome']}", lang)
        lines.append("  " + word(key, lang, name=name, value=f"{t['value']:g}", unit=t["unit"], outcome=outcome))
    if not body["would_change"]:
        lines.append("  " + word("find.explain.no_turn", lang))
    lines.append(word("find.explain.data", lang, first=body["data_from"], last=body["data_until"], snapshot=snapshot))
    lines.append(word("find.explain.same" if explanation.same_bytes else "find.explain.differs", lang))
    return lines
