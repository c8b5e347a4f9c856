"""Where lines were last seen, for who visits and which district is told."""

from __future__ import annotations

from typing import Any


def last_cells(call: Any, cell: Any, line: Any) -> Any:
    """One row a line of `line` (column token) with a served leg in `call`: token, cell_id, district ("" unknown)."""
    mine = call.filter(call.cell_id.notnull())
    mine = mine.semi_join(line, [("msisdn", "token")])
    last = mine.group_by("msisdn").agg(at_us=mine.at_us.max())
    newest = mine.inner_join(last, ["msisdn", "at_us"])
    one = newest.group_by("msisdn").agg(cell_id=newest.cell_id.min())
    named = districts(cell)
    rows = one.left_join(named, "cell_id")
    return rows.select(token=rows.msisdn, cell_id=rows.cell_id, district=rows.district.fill_null(""))


def districts(cell: Any) -> Any:
    """One row a cell: cell_id, district (the smallest of several versions)."""
    return cell.filter(cell.district.notnull()).group_by("cell_id").agg(district=cell.district.min())
