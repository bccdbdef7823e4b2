"""Whether one number is another one rounded."""

from __future__ import annotations

from decimal import Decimal

#: Largest relative error of a rounded number; the second one after "over", "nearly" and the like.
_ROUNDING, _LOOSE_ROUNDING = Decimal("0.05"), Decimal("0.15")
#: An integer below the first number must be exact; after "over", "about" and the like, one below the second.
_LEAST_ROUNDED, _LEAST_ROUGH = 1000, 10
#: Integers in this range may be years, which are not rounded.
_FIRST_YEAR, _LAST_YEAR = 1000, 2100
#: Largest difference in digits between a number and the one it is rounded to, due to the precision of `decimal`.
_MAX_DIGITS = 27


def is_rounded(stated: Decimal, whole: Decimal, *, side: int | None, may_be_year: bool = True) -> bool:
    """Whether `stated` is `whole` rounded: 3,000 for 2,976, 14 for 14.3, "over 30" for 32.

    Years, which have no mark ("1,900"), must be exact, and so must small counts; `side` is as for `Backing.has_quantity`.
    """
    integral = whole == whole.to_integral_value()
    if stated == 0 or (integral and whole < (_LEAST_ROUNDED if side is None else _LEAST_ROUGH)):
        return False
    if may_be_year and integral and _FIRST_YEAR <= whole <= _LAST_YEAR:
        return False
    difference = whole - stated
    if side is not None and difference * side < 0:
        return False
    step = Decimal(10) ** int(stated.normalize().as_tuple().exponent)
    if whole.adjusted() - step.adjusted() >= _MAX_DIGITS:
        return False  # the remainder below would raise decimal.InvalidOperation
    return (
        whole % step != 0
        and abs(difference) < step
        and abs(difference) <= (_LOOSE_ROUNDING if side else _ROUNDING) * stated
    )
