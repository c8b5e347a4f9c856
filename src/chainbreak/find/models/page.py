"""The page in a model's folder: what it is, how good, on what, and what it must not be used for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from chainbreak.find.models.score import Scorer

MUST_NOT = """- It scores lines. It says nothing of a person, and no person may be looked up or ranked by it.
- A score alone allows nothing above *watch*: an action needs evidence of behaviour **and** of device or site.
- A probability holds at the training table's share of fraud. Where fraud is rarer, far fewer of those flagged are.
- Do not use it on a table whose columns mean something else, or were computed after the fact it is to foretell.
"""


def page_of(scorer: Scorer) -> str:
    """Markdown, the same bytes for the same scorer."""
    card = scorer.card
    share, parts_of = card["fraud"] / card["rows"], card["split"]
    parts = [
        f"# A scorer of lines\n\n{card['rows']} rows, {card['fraud']} of them fraud ({share:.1%}); "
        f"{len(scorer.names)} features, units {card['units']}. Split by {parts_of['by']}: "
        f"{parts_of['learn']} to learn, {parts_of['choose']} to calibrate, {parts_of['test']} to test.\n",
        f"\n## What it must not be used for\n\n{MUST_NOT}",
        "\n## How good on the test rows\n\n" + _measures(card),
        "\n## The cut\n\n" + _cut(scorer),
        "\n## Read before believing\n\n" + ("".join(f"- {w}\n" for w in card["warnings"]) or "Nothing looked wrong.\n"),
        "\n## What moves the score\n\nMean bits over held-out rows in a range; the score's own contributions.\n\n"
        "| feature | from | to | rows | bits |\n|---|---|---|---|---|\n" + "".join(map(_rule, card["rules"])),
        "\n## Columns it needs\n\n" + ", ".join(f"`{c}`" for c in scorer.columns) + "\n",
    ]
    if scorer.ratios:
        parts.append(
            "\nRatios it makes: " + ", ".join(f"`{r.name}` = {r.above} / {r.below}" for r in scorer.ratios) + "\n"
        )
    return "".join(parts)


def _measures(card: Mapping[str, Any]) -> str:
    with_all, without = card["test"], card["test_without_lifetime"]
    lines = ["| measure | all features | without lifetime features |\n|---|---|---|\n"]
    lines += [f"| {m} | {value} | {without[m] if without else '–'} |\n" for m, value in with_all.items()]
    return "".join(lines)


def _cut(scorer: Scorer) -> str:
    honest, needed = scorer.card["honest_rows_behind_the_cut"], scorer.card["honest_rows_needed"]
    if math.isinf(scorer.cut_bits):
        return (
            f"None: {honest} honest rows held out cannot promise a share of {scorer.budget:g}; {needed} are needed. "
            "Nothing is flagged.\n"
        )
    return (
        f"Above {scorer.cut_bits:.3f} bits a line is flagged: on average at most {scorer.budget:g} of honest lines "
        f"like the {honest} held out.\n"
    )


def _rule(rule: Mapping[str, Any]) -> str:
    low, high = rule["from"], rule["to"]
    ends = ["missing", ""] if low is high is None else ["" if end is None else end for end in (low, high)]
    return f"| `{rule['feature']}` | {ends[0]} | {ends[1]} | {rule['rows']} | {rule['bits']:+} |\n"
