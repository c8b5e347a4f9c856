"""The notice of an order on paper: A4, black and white, with the square that leads to the status page."""

from __future__ import annotations

from io import BytesIO

from fastapi import APIRouter, Response
from markupsafe import Markup

from chainbreak.app.record_read import record_read
from chainbreak.app.show_order import show_order
from chainbreak.console.session import Signed
from chainbreak.console.view import render

router = APIRouter()


@router.get("/orders/{order_id}/notice")
def page(visit: Signed, order_id: str) -> Response:
    """The sheet to print and hand over. It carries the receipt code, so opening it is in the log."""
    order = show_order(visit.office, order_id)
    record_read(visit.office, visit.actor, "order.notice_read", f"order:{order_id}", case=order["case_ref"])
    base = visit.office.centre.settings.public_url.rstrip("/") or str(visit.request.base_url).rstrip("/")
    address = f"{base}/status/{order['content']['remedy']['receipt_code']}"
    return render(visit, "notice.html", order=order, address=address, square=_square(address))


def _square(address: str) -> Markup:
    """A QR code of `address` as inline SVG without style attributes (the content policy forbids them)."""
    import segno

    out = BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, nl=False, omitsize=True
    )
    return Markup(out.getvalue().decode())  # noqa: S704 made by segno from our own address, no text of a user's in it
