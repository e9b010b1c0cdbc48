"""
Exact numbers: an integer and a fixed scale (money has scale 2, so it is fen). No float anywhere.
"""

from decimal import Decimal, InvalidOperation, Overflow

MONEY_SCALE = 2
DECIMAL_SCALE = 4
BIGINT = 2**63 - 1
HUGEINT = 2**127 - 1
# What is longer than a HUGEINT can hold is no number of ours; written out, 1e999999 would fill the memory.
LONGEST = 38


def to_scaled(value: Decimal | int | str, scale: int) -> int:
    """Return value × 10^scale as an integer. Raises ValueError if it is no number or has more places."""
    try:
        number = Decimal(value)
        scaled = number.scaleb(scale)
    except InvalidOperation:
        raise ValueError(f"“{value}”不是数。") from None
    except Overflow:
        raise ValueError(f"“{value}”太大。") from None
    if scaled.adjusted() > LONGEST:
        raise ValueError(f"“{value}”太大。")
    if not number.is_finite() or scaled != scaled.to_integral_value():
        raise ValueError(f"“{value}”的小数位多于 {scale} 位。")
    return int(scaled)


def from_scaled(value: int, scale: int) -> Decimal:
    """Return an integer × 10^-scale as a Decimal with exactly that many places."""
    return Decimal(value).scaleb(-scale)


def places(text: str) -> int:
    """Return how many places after the point a number literal has."""
    return len(text.partition(".")[2])


def round_fraction(top: int, bottom: int, mode: str) -> int:
    """Round top/bottom (both not negative, bottom above zero) to an integer: 四舍五入, 进一 or 舍去."""
    if mode == "进一":
        return -(-top // bottom)
    if mode == "舍去":
        return top // bottom
    return (2 * top + bottom) // (2 * bottom)
