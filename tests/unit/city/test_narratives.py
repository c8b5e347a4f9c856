"""Reports' stories: many wordings, every kind, identifiers in them in many spellings."""

from __future__ import annotations

import re
from dataclasses import replace

from chainbreak.city.draws import stream
from chainbreak.city.narratives import Told, fraud_names, narrative, spelled_amount_wan, spelled_card, spelled_number

TOLD = Told(
    fraud="loan", by_phone=True, day="2026年11月3日", time="9时5分", place="东湖区解放路", woman=True, age=43,
    phone="13800138000", chat="微信abc123", app="快审贷", site="kuaixin88.top", card="6222020200112230015",
    bank="云川银行", loss_fen=3_500_000, times=2,
)  # fmt: skip


def test_twelve_kinds_each_with_many_wordings_and_no_open_slot() -> None:
    assert len(fraud_names()) == 12
    for fraud in fraud_names():
        for by_phone in (True, False):
            told = replace(TOLD, fraud=fraud, by_phone=by_phone, phone="13800138000" if by_phone else "")
            texts = {narrative(stream(1, fraud, i), told) for i in range(200)}
            assert len(texts) >= 195, fraud
            assert not any(re.search(r"[{}]", text) for text in texts), fraud


def test_most_stories_name_the_number_plainly_and_some_only_in_other_spellings() -> None:
    texts = [narrative(stream(2, i), TOLD) for i in range(400)]
    plain = sum("13800138000" in text for text in texts)
    assert 200 < plain < 380
    assert any("一三八零零一三八零零零" in text for text in texts)
    assert any("138****8000" in text for text in texts)


def test_spellings_keep_the_digits_unless_masked_or_slipped() -> None:
    cards = [spelled_card(stream(3, i), TOLD.card) for i in range(300)]
    same = sum(card.replace(" ", "") == TOLD.card for card in cards)
    assert 240 < same < 285
    assert spelled_number(stream(4), "") == ""
    assert spelled_amount_wan(125_000_000) == "125万元"
