"""How what others report ages here: one row a kind, with the score it has left after some days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.sharing.ageing import load_ageing
from chainbreak.base.clock import US_PER_DAY

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

AFTER_D = (0, 1, 3, 7, 30)


def show_ageing(office: Office) -> list[dict[str, Any]]:
    """Rows (kind, model, lifetime_d, decay, confidence, over_below, after_0d, … after_30d).

    Raises:
        SetupError: `sharing.yaml` of the centre cannot be read (CB-DL-167).
    """
    ageing = load_ageing(office.centre.root)
    rows = []
    for kind, name in ageing.kinds.items():
        model = ageing.model(kind)
        left = {f"after_{days}d": round(model.score(None, days * US_PER_DAY), 1) for days in AFTER_D}
        rows.append({"kind": kind, "model": name, **model.model_dump(), **left})
    return rows
