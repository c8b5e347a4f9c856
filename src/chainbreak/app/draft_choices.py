"""What a draft from a finding may say: kinds that fit, and of one kind its objects, ladder, articles and defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import drafting, exclusions
from chainbreak.act.orders.guards import object_kind
from chainbreak.app.draft_order import legal_bases, partners_for
from chainbreak.app.order_ask import rules_of
from chainbreak.app.show_finding import finding_named

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def draft_choices(office: Office, finding_id: str, kind: str = "") -> dict[str, Any]:
    """Keys: `kinds` (those the finding holds an object for), `kind` (the chosen or the proposed one, "" when none
    fits), and of it `objects`, `ladder`, `bases`, `partners`, `expiry_h`, `most_h`, `emergency`, `traced_fen`,
    `excluded` (of the objects in clear: object -> entry of an exclusion list that it meets -> why that is listed).

    Other objects meet the lists when the draft is kept: to look them up opens the vault, and that has a leaf.

    Raises:
        UsageError: no such finding (CB-FN-001) or kind (CB-US-001).
    """
    rules = rules_of(office)
    with office.desk.read() as conn:
        found, _ = finding_named(conn, finding_id)
        source = drafting.source_of(found, found.as_bytes())
        fitting = [name for name, rule in rules.kinds.items() if drafting.objects_of(source, rule)]
        proposed = drafting.PROPOSED.get(source.subject_kind, "")
        chosen = kind or (proposed if proposed in fitting else next(iter(fitting), ""))
        if not chosen:
            return {"kinds": [], "kind": ""}
        rule = rules.kind(chosen)
        objects = drafting.objects_of(source, rule)
        bases, partners = legal_bases(conn, chosen), partners_for(conn, chosen)
        clear = [(about, object_kind(about)) for about in objects if object_kind(about) in ("domain", "url")]
        met = {about: exclusions.reasons(conn, exclusions.hits(conn, what, about)) for about, what in clear}
    return {
        "kinds": fitting, "kind": chosen, "objects": objects, "ladder": rule.ladder,
        "bases": bases, "partners": partners, "expiry_h": rule.expiry_h, "most_h": rule.most_h,
        "emergency": rule.emergency, "excluded": {about: entries for about, entries in met.items() if entries},
        "traced_fen": source.traced_fen.get(objects[0]) if rule.money and objects else None,
    }  # fmt: skip
