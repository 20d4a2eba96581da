"""Explain numbers in forms that TOML lacks: with units, commas, leading zeros or a misplaced point."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from codeexec_config.document.slips import Reason
from codeexec_config.expressions import expression
from codeexec_config.rules.alone import judge
from codeexec_config.rules.units import finest, is_amount, plural, ratio, read_amount

if TYPE_CHECKING:
    from codeexec_config.document.slips import Slip

_SPECIAL: Final = expression(r"([+-]?)(infinity|inf|nan)", re.IGNORECASE)
_QUANTITY: Final = expression(r"(?:[0-9](?:_?[0-9]){0,17}(?:\.[0-9]{1,18})?[ \t]*[A-Za-zµ]{1,12}[ \t]*){1,4}(?<![ \t])")
_GROUPED: Final = expression(r"[0-9]{1,3}(?:,[0-9]{3}){1,6}(?![0-9])")
_NUMBER: Final = r"[0-9][0-9_.]*"
_CALCULATION: Final = expression(rf"[+-]?{_NUMBER}(?:[ \t]*(?:\*\*?|//?|%|\^|<<|>>|[+-](?=[ \t]))[ \t]*{_NUMBER})+")
_ZEROS: Final = expression(r"[+-]?(?P<zeros>0+)(?P<digits>[0-9]+)")
_CUT_OFF: Final = expression(r"[+-]?[0-9]+\.")
_HEADLESS: Final = expression(r"[+-]?\.[0-9]+")
_ONE_OCTAL_DIGIT: Final = frozenset("01234567")
_LONGEST_NUMBER: Final = 100
"""Python refuses to convert a text of thousands of digits."""


def explain_number(slip: Slip) -> Reason | None:
    """Return why a text that begins like a number is not one."""
    return _special(slip) or explain_behind_number(slip) or _zeros(slip) or _point(slip)


def explain_behind_number(slip: Slip) -> Reason | None:
    """Return why the text after a number is invalid, if it belongs to the number."""
    return _quantity(slip) or _grouped(slip) or _calculation(slip)


def _special(slip: Slip) -> Reason | None:
    """Explain an infinity or a NaN as other languages write it."""
    found = _SPECIAL.match(slip.text, slip.began)
    if not found or not slip.ends_value(found.end()) or slip.key is not None:
        return None
    meant = f"{found[1]}{found[2].lower()[:3]}"
    change = (slip.began, found.end(), meant)
    return Reason("TOML writes `inf` and `nan` in lower case", f"write {meant}", f"write `{meant}`", (change,))


def _quantity(slip: Slip) -> Reason | None:
    found = _QUANTITY.match(slip.text, slip.began)
    if not found or not slip.ends_value(found.end()):
        return None
    text = found[0].replace("_", "")  # which separates digits in any TOML number
    if not is_amount(text):
        return None
    message = "a TOML number has no unit"
    bounds = slip.key.bounds if slip.key else None
    if slip.key is None or bounds is None:
        return Reason(message, "write the number alone, or put quotes around number and unit")
    help_ = f"`{slip.key.name}` takes a whole number of {plural(bounds.unit)}, without a unit"
    amount = read_amount(text, slip.key)
    if amount is None and (unit := finest(text, slip.key)):
        return Reason(message, f"{help_}: {ratio(slip.key, unit)}")
    if amount is None or not bounds.minimum <= amount <= bounds.maximum:
        return Reason(message, help_)
    change = (slip.began, found.end(), str(amount))
    return Reason(message, f"{help_}: {amount}", f"write {amount}", (change,))


def _grouped(slip: Slip) -> Reason | None:
    found = _GROUPED.match(slip.text, slip.began)
    if not found or not slip.ends_value(found.end()) or slip.scan.brackets:
        return None
    is_meant = not found[0].startswith("0") and _is_right(slip, found[0].replace(",", ""))
    commas = (at for at in range(found.start(), found.end()) if slip.text[at] == ",")
    changes = tuple((at, at + 1, "") for at in commas if is_meant)
    return Reason("a TOML number has no comma", "leave it out, or write _ between digits", "leave it out", changes)


def _calculation(slip: Slip) -> Reason | None:
    found = _CALCULATION.match(slip.text, slip.began)
    if not found or not slip.ends_value(found.end()):
        return None
    return Reason("TOML has no arithmetic", "write the number itself")


def _zeros(slip: Slip) -> Reason | None:
    found = _ZEROS.match(slip.text, slip.began)
    if not found or not slip.ends_value(found.end()):
        return None
    message = "a decimal number has no leading zero"
    digits = found["digits"]
    is_certain = digits in _ONE_OCTAL_DIGIT if slip.key is None else _is_right(slip, found[0])
    changes = ((*found.span("zeros"), ""),) if is_certain else ()
    return Reason(message, "leave it out; an octal number begins with 0o", "leave it out", changes)


def _is_right(slip: Slip, digits: str) -> bool:
    """Check for a number that the key accepts."""
    key = slip.key
    if key is None or key.kind != "integer" or len(digits) > _LONGEST_NUMBER:
        return False
    return judge(key, int(digits), (), {}) is None


def _point(slip: Slip) -> Reason | None:
    is_integer = slip.takes == "integer"
    found = _CUT_OFF.match(slip.text, slip.began)
    if found and slip.ends_value(found.end()):
        change = (found.end() - 1, found.end(), "") if is_integer else (found.end(), found.end(), "0")
        title = "leave the point out" if is_integer else "write .0"
        return Reason("a number needs a digit after its point", title, title, (change,))
    found = _HEADLESS.match(slip.text, slip.began)
    if found and slip.ends_value(found.end()):
        place = slip.text.index(".", slip.began)
        changes = () if is_integer else ((place, place, "0"),)
        return Reason("a number needs a digit before its point", "write 0 before it", "write 0 before it", changes)
    return None
