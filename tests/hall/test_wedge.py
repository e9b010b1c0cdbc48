"""What readers that behave like keyboards type, and what is made of it."""

import pytest

from tests.hall.people import number_of
from yimen.hall.actions import NotRead, scanned

NUMBER = number_of(1)
WITH_X = next(number for serial in range(200) if (number := number_of(serial)).endswith("X"))


def read(text: str):
    return scanned(text, allow_fictional=True)


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        f"{NUMBER}\r\n",
        f"\x02{NUMBER}\x03",
        f";{NUMBER}?",
        f"{NUMBER}{NUMBER}",
        f"{NUMBER}\n{NUMBER}\n",
        f"沈小满,女,汉,19800615,演示县演示村1号,{NUMBER},演示县公安局,20200101-20400101",
        f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}",
        "".join(chr(ord(letter) + 0xFEE0) for letter in NUMBER),
    ],
)
def test_however_a_reader_types_it_the_number_is_found(typed):
    assert read(typed).id_number == NUMBER


def test_the_letter_at_the_end_may_be_small_or_wide():
    assert read(WITH_X[:-1] + "x").id_number == WITH_X
    assert read(WITH_X[:-1] + "Ｘ").id_number == WITH_X


def test_a_wrong_last_digit_two_cards_or_nothing_are_refused_in_words_without_the_number():
    wrong = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)
    refused = {
        wrong: "最后一位对不上",
        f"{NUMBER} {WITH_X}": "两张不同",
        "": "没有读到",
        "\r\n": "没有读到",
        "abc": "18 位",
    }
    for typed, words in refused.items():
        with pytest.raises(NotRead, match=words) as refusal:
            read(typed)
        assert NUMBER[:14] not in str(refusal.value)


def test_outside_a_demonstration_a_made_up_number_is_refused():
    with pytest.raises(NotRead, match="虚构"):
        scanned(NUMBER, allow_fictional=False)


def test_a_cards_code_is_told_from_a_number():
    assert read("ym1abcdef234\r\n").card == "YM1ABCDEF234"
