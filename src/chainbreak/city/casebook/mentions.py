"""What a part of the reports writes of its identifiers: in the text, in the form's field, or both; right or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.city.casebook.rotation import NONE
from chainbreak.city.casebook.spelling import changed, in_text, masked, one_off
from chainbreak.city.casebook.world import Book, Named
from chainbreak.city.draws import Bools, Ints, Rng

SLIPPED_ALONE = 0.3
"""Share of slips and masks that are in the text only: the form was filled in from another paper."""


@dataclass(frozen=True)
class Mentions:
    """One slot of some reports: the value meant, the value in the text (before its layout) and as laid out, and in the
    form; null where there is none.
    """

    named: Named
    meant: pa.Array
    said: pa.Array
    text: pa.Array
    form: pa.Array


def mention(book: Book, rng: Rng, named: Named, rows: Ints, no_form: Bools, no_text: Bools) -> Mentions:
    """How the reports `rows` write slot `named`; `no_form`: their officers leave the field empty; `no_text`: the
    story did not come along.
    """
    n, shape = len(rows), book.shape
    place = named.of_report[rows]
    meant = named.values.take(pa.array(place, mask=place == NONE))
    slip, alone = rng.random(n), rng.random(n) < SLIPPED_ALONE
    typo, hidden = slip < shape.typo, (slip >= shape.typo) & (slip < shape.typo + shape.masked)
    wrong = changed(meant, typo, one_off(rng))
    if named.kind in ("line", "account"):
        wrong = changed(wrong, hidden, masked)
    where = rng.random(n)
    in_form = (where < 1 - shape.text_only) & ~no_form
    # With an empty field the text is all there is.
    in_story = ((where >= shape.form_only) | no_form) & ~no_text
    nothing = pa.scalar(None, pa.string())
    said = pc.if_else(pa.array(in_story), wrong, nothing)
    form = pc.if_else(pa.array(in_form), pc.if_else(pa.array(alone & in_story), meant, wrong), nothing)
    return Mentions(named, meant, said, in_text(rng, named.kind, said), form)


def form_lists(rng: Rng, mentions: list[Mentions]) -> pa.Array:
    """The form's field by report: `kind:value` in no order; an empty list where nothing is filled in."""
    n = len(mentions[0].form)
    filled = np.stack([m.form.is_valid().to_numpy(zero_copy_only=False) for m in mentions], axis=1)
    items = pa.chunked_array([pc.binary_join_element_wise(f"{m.named.kind}:", m.form, "") for m in mentions])
    row, slot = np.nonzero(filled)
    mixed = np.lexsort((rng.random(len(row)), row))
    values = items.take(pa.array(slot[mixed] * n + row[mixed])).combine_chunks()
    offsets = np.concatenate([[0], np.cumsum(filled.sum(axis=1))])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)
