"""Know the units that people count in, and convert them exactly."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from codeexec_config.keys import Key

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_KILO: Final = 1024


class Unit(NamedTuple):
    """A unit: what it is called, and how much of the key's own unit it is."""

    name: str
    factor: Fraction


def _table(*rows: tuple[str, Fraction | int, str]) -> dict[str, Unit]:
    return {word: Unit(name, Fraction(factor)) for name, factor, words in rows for word in words.split()}


_SECONDS: Final = _table(
    ("nanoseconds", Fraction(1, 10**9), "ns nanos nanosecond nanoseconds"),
    ("microseconds", Fraction(1, 10**6), "us usec usecs micros microsecond microseconds"),
    ("milliseconds", Fraction(1, 1000), "ms msec msecs millis millisecs millisecond milliseconds"),
    ("seconds", 1, "s sec secs second seconds"),
    ("minutes", _MINUTE, "m min mins minute minutes"),
    ("hours", _HOUR, "h hr hrs hour hours"),
    ("days", _DAY, "d day days"),
    ("weeks", 7 * _DAY, "w week weeks"),
)
# A thousand of anything is 1024 here: who writes GB of a limit on memory means what Docker's `g` means.
_MEBIBYTES: Final = _table(
    ("bytes", Fraction(1, _KILO**2), "b byte bytes"),
    ("KiB", Fraction(1, _KILO), "k kb kib kbytes kilobyte kilobytes kibibyte kibibytes"),
    ("MiB", 1, "m mb mib mbytes meg megs megabyte megabytes mebibyte mebibytes"),
    ("GiB", _KILO, "g gb gib gbytes gig gigs gigabyte gigabytes gibibyte gibibytes"),
    ("TiB", _KILO**2, "t tb tib tbytes terabyte terabytes tebibyte tebibytes"),
)
_UNITS: Final = {"second": _SECONDS, "MiB": _MEBIBYTES}
_AMOUNT = re.compile(r"([0-9]+(?:[.][0-9]+)?)[ \t_]*([A-Za-z]*)")
_LONGEST: Final = 40


def units_of(key: Key) -> dict[str, Unit]:
    """Return the units of what a key counts, by the words that people write."""
    return _UNITS.get(key.bounds.unit, {}) if key.bounds else {}


def converted(value: Any, factor: Fraction) -> int | None:
    """Return a number in the key's own unit, or None when that is not a whole number."""
    if type(value) is int:
        amount = value * factor
    elif type(value) is float and len(repr(value)) <= _LONGEST and value - value == 0:
        amount = Fraction(repr(value)) * factor
    else:
        return None
    return int(amount) if amount.denominator == 1 else None


def read_amount(text: str, key: Key) -> int | None:
    """Read a number with a unit, such as `2m` or `1h 30m`, as a whole number in the key's own unit."""
    plain = text.strip()
    if not plain or len(plain) > _LONGEST:
        return None
    total = Fraction(0)
    at = 0
    while at < len(plain):
        found = _AMOUNT.match(plain, at)
        unit = found and _unit(found[2], key, is_alone=len(found[0]) == len(plain))
        if not found or not unit:
            return None
        total += Fraction(found[1]) * unit.factor
        at = found.end()
        while plain[at : at + 1] == " ":
            at += 1
    return int(total) if total.denominator == 1 else None


def _unit(word: str, key: Key, *, is_alone: bool) -> Unit | None:
    if not word:
        return Unit("", Fraction(1)) if is_alone else None
    return units_of(key).get(word.casefold())
