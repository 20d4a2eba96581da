"""Read numbers with a unit, as people write them."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

_QUANTITY: Final = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)[ \t]*([A-Za-zµ]{1,12})")
_SECONDS: Final = {
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "millisecond", "milliseconds"), Fraction(1, 1000)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), Fraction(1)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), Fraction(60)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), Fraction(3600)),
    **dict.fromkeys(("d", "day", "days"), Fraction(86_400)),
}
_MEBIBYTES: Final = {
    **dict.fromkeys(("b", "byte", "bytes"), Fraction(1, 1024 * 1024)),
    **dict.fromkeys(("k", "kb", "kib"), Fraction(1, 1024)),
    **dict.fromkeys(("m", "mb", "mib", "mi"), Fraction(1)),
    **dict.fromkeys(("g", "gb", "gib", "gi"), Fraction(1024)),
    **dict.fromkeys(("t", "tb", "tib", "ti"), Fraction(1024 * 1024)),
}
_UNITS: Final = {"second": _SECONDS, "MiB": _MEBIBYTES}


def is_quantity(text: str) -> bool:
    """Check for a number with a unit of time or memory."""
    found = _QUANTITY.fullmatch(text)
    return found is not None and any(found[2].lower() in units for units in _UNITS.values())


def converted(text: str, unit: str) -> int | None:
    """Return a quantity as a whole number of a unit, or None where it is not one."""
    found = _QUANTITY.fullmatch(text)
    factor = _UNITS[unit].get(found[2].lower()) if found else None
    if found is None or factor is None:
        return None
    amount = Fraction(found[1]) * factor
    return amount.numerator if amount.denominator == 1 else None
