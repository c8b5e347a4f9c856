"""Everything a detector says has words in both languages: rules, units, families, facts, levels, what it lacked."""

from __future__ import annotations

import re

import pytest
from small_world import token

from chainbreak.app.bootstrap import Office
from chainbreak.app.why_not import why_not
from chainbreak.base.wording import catalogue
from chainbreak.find.contract.detector import Detector, ident
from chainbreak.find.contract.runner import suspect
from chainbreak.find.detectors.goip.v2.params import PROTECTED_CLASSES, PROTECTED_PLANS
from chainbreak.find.registry import detectors
from chainbreak.records.finding import write_token

EVERY = pytest.mark.parametrize("detector", detectors(), ids=ident)


def missing(*keys: str) -> list[str]:
    """Keys the catalogue lacks; that each has both languages is a test of the catalogue."""
    return sorted({key for key in keys if key not in catalogue()})


@EVERY
def test_every_rule_has_a_name_a_sentence_a_unit_and_a_family(detector: Detector) -> None:
    for name, rule in detector.weights.rules.items():
        unit = [f"console_findings.in_unit.{rule.unit}"] if rule.unit else []
        family = f"console_findings.family.{rule.family}"
        assert missing(f"find.rule.{name}", f"find.rule_name.{name}", family, *unit) == []


@EVERY
def test_every_fact_has_a_label(detector: Detector, office: Office) -> None:
    engine = office.engine()
    try:
        facts = {name for s in suspect(engine, detector)[1] for name in s.facts}
    finally:
        engine.close()
    assert facts
    unnumbered = {re.sub(r"^(site|cell)\d+", r"\1", name) for name in facts}
    assert missing(*(f"find.fact.{name}" for name in unnumbered)) == []


def test_every_figure_of_a_screen_has_a_name_and_a_unit(office: Office) -> None:
    subjects = [write_token(kind, token(kind, 2)) for kind in ("line", "imsi", "account")]
    reasons = [r for thing in (*subjects, "xinwen.com") for answer in why_not(office, thing) for r in answer.reasons]
    assert {"strangers", "in_fen"} <= {r["rule"] for r in reasons}
    for reason in reasons:
        keys = f"find.rule_name.{reason['rule']}", f"console_findings.in_unit.{reason['unit']}"
        assert missing(*keys) == []


def test_levels_columns_and_protected_classes_have_words() -> None:
    levels = [f"console_device.level.L{n}" for n in range(7)]
    lacking = [f"console_lead.without.{c}" for c in ("imei", "cell_id", "ta", "auth_ms", "attach", "line", "hotlist")]
    classes = [f"console_lead.plan.{c}" for c in (*PROTECTED_PLANS, *PROTECTED_CLASSES)]
    assert missing(*levels, *lacking, *classes) == []
