"""Where two numbers meet: one digit off, or masked; and where they must not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chainbreak.text.extract import extract
from chainbreak.text.near import near_values

MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
CARDS = st.from_regex(r"62[0-9]{14,17}", fullmatch=True)


def meet(kind: str, one: str, other: str) -> bool:
    return bool(set(near_values(kind, one)) & set(near_values(kind, other)))


@given(MOBILES, st.integers(2, 10), st.integers(1, 9))
def test_one_wrong_digit_meets(number: str, at: int, by: int) -> None:
    wrong = f"{number[:at]}{(int(number[at]) + by) % 10}{number[at + 1 :]}"
    assert meet("line", f"+86{number}", f"+86{wrong}")


@given(CARDS, st.integers(4, 15), st.integers(1, 9))
def test_one_wrong_digit_of_a_card_meets(card: str, at: int, by: int) -> None:
    assert meet("account", card, f"{card[:at]}{(int(card[at]) + by) % 10}{card[at + 1 :]}")


@given(MOBILES, CARDS)
def test_a_masked_number_meets_its_full_one(number: str, card: str) -> None:
    (line,) = extract(f"电话{number[:3]}****{number[7:]}")
    assert meet("line", line.value, f"+86{number}")
    for shown in (4, 6):
        (account,) = extract(f"卡号{card[:shown]}******{card[-4:]}")
        assert meet("account", account.value, card)


@given(MOBILES, MOBILES)
def test_strangers_do_not_meet(one: str, other: str) -> None:
    differ = sum(a != b for a, b in zip(one, other, strict=True))
    shown_alike = (one[:3] + one[7:]) == (other[:3] + other[7:]) or one[:7] == other[:7]
    if differ > 1 and not shown_alike:
        assert not meet("line", f"+86{one}", f"+86{other}")


def test_there_are_few_and_none_where_little_is_known() -> None:
    assert len(near_values("account", "6" * 19)) <= 24
    assert near_values("line", "****8000") == near_values("chat", "abc") == near_values("line", "CN:96110") == []
