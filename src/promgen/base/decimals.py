"""Exact decimal arithmetic and its printing, so that `14.4 * 0.001` reads `0.0144` in every rule."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, localcontext

DIGITS = 28
"""Significant digits kept where a division does not end."""


def format_decimal(value: Decimal) -> str:
    """The shortest plain notation: no exponent, no trailing zeros, no negative zero.

    >>> format_decimal(Decimal("14.4") * Decimal("0.001"))
    '0.0144'
    """
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def divide(dividend: Decimal, divisor: Decimal, digits: int = 12) -> Decimal:
    """The quotient: exact where it ends within 28 digits, otherwise rounded to `digits` significant ones."""
    with localcontext(Context(prec=DIGITS)) as context:
        exact = dividend / divisor
        if not context.flags[Inexact]:
            return exact
    return Context(prec=digits).divide(dividend, divisor)
