"""Define the units that people write, and convert them exactly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config import references
from codeexec_config.expressions import expression

if TYPE_CHECKING:
    from fractions import Fraction

    from codeexec_config.keys import Key

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_KILO: Final = 1024


class Unit(NamedTuple):
    """A unit: its name, and its size as a fraction `times / part` of the key's unit."""

    name: str
    times: int
    part: int

    @property
    def is_own(self) -> bool:
        """Whether it is the key's own unit."""
        return self.times == self.part

    @property
    def factor(self) -> Fraction:
        """Its size in the key's own unit."""
        from fractions import Fraction  # here: with the decimals that it imports, it takes milliseconds

        return Fraction(self.times, self.part)


def _table(*rows: tuple[str, int, int, str]) -> dict[str, Unit]:
    return {word: Unit(name, times, part) for name, times, part, words in rows for word in words.split()}


_SECONDS: Final = _table(
    ("nanoseconds", 1, 10**9, "ns nanos nanosecond nanoseconds"),
    ("microseconds", 1, 10**6, "us µs usec usecs micros microsecond microseconds"),
    ("milliseconds", 1, 1000, "ms msec msecs millis millisecs millisecond milliseconds"),
    ("seconds", 1, 1, "s sec secs second seconds"),
    ("minutes", _MINUTE, 1, "m min mins minute minutes"),
    ("hours", _HOUR, 1, "h hr hrs hour hours"),
    ("days", _DAY, 1, "d day days"),
    ("weeks", 7 * _DAY, 1, "w week weeks"),
)
# Each step is 1024 here: GB in a memory limit means what Docker's `g` means.
_MEBIBYTES: Final = _table(
    ("bytes", 1, _KILO**2, "b byte bytes"),
    ("KiB", 1, _KILO, "k kb ki kib kbytes kilobyte kilobytes kibibyte kibibytes"),
    ("MiB", 1, 1, "m mb mi mib mbytes meg megs megabyte megabytes mebibyte mebibytes"),
    ("GiB", _KILO, 1, "g gb gi gib gbytes gig gigs gigabyte gigabytes gibibyte gibibytes"),
    ("TiB", _KILO**2, 1, "t tb ti tib tbytes terabyte terabytes tebibyte tebibytes"),
)
_UNITS: Final = {"second": _SECONDS, "MiB": _MEBIBYTES}
_IN_OTHER_TOOLS: Final = ("ms", "b")
"""The units in which other tools count time and memory without saying so."""
_AMOUNT = expression(r"([0-9]{1,18}(?:[.][0-9]{1,18})?)[ \t_]*([A-Za-zµ]{0,12})[ \t]*")
_ZEROS = expression(r"0+(?=[0-9])")
_GROUPS = expression(r"[1-9][0-9]{0,2}(?:[, ][0-9]{3})+")
_BARE = expression(r"[0-9]+(?:[.][0-9]+)?")
THOUSANDS: Final = expression(r"[0-9]{1,3}(?:[.]0{3})+")
"""A point before three zeros is a decimal point in some countries, and separates groups of digits in others."""
_MAY_BE_GROUPED = expression(r"(?<![0-9.])[1-9][0-9]{0,2}[.][0-9]{3}(?![0-9])")
_PERIOD: Final = expression(
    r"P([0-9]{1,9}D)?(?:T(?=[0-9])([0-9]{1,9}H)?([0-9]{1,9}M)?([0-9]{1,9}S)?)?(?<=[0-9][DHMS])", re.IGNORECASE
)
"""A duration of ISO 8601, without years, months and weeks."""
_CLOCK: Final = expression(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])")
"""Hours, minutes and seconds."""
SHORT_CLOCK: Final = expression(r"[0-9]{2}:[0-9]{2}")
"""Two numbers may be hours and minutes, as in TOML 1.1, or minutes and seconds."""
_LONGEST: Final = 40


def quantity(number: int, unit: str) -> str:
    """Return a number with its unit."""
    return f"{number} {unit if number == 1 else plural(unit)}"


def plural(unit: str) -> str:
    """Return the plural of a unit; symbols such as MiB have none."""
    return f"{unit}s" if unit.islower() else unit


def units_of(key: Key) -> dict[str, Unit]:
    """Return the units of a key's quantity, by the words that people write."""
    return _UNITS.get(key.bounds.unit, {}) if key.bounds else {}


def ratio(key: Key, unit: Unit) -> str:
    """Return how a unit relates to a key's unit, in whole numbers."""
    own = plural(key.bounds.unit) if key.bounds else ""
    if unit.part > 1:
        return f"{unit.part} {unit.name} are 1 {own.removesuffix('s')}"
    return f"1 {unit.name.removesuffix('s')} is {unit.times} {own}"


def as_in_other_tools(value: int, key: Key) -> tuple[str, int]:
    """Return the unit in which other tools count a key, and a number of it in the key's own; 0 if it is not whole."""
    unit = next((units_of(key)[word] for word in _IN_OTHER_TOOLS if word in units_of(key)), None)
    if unit is None:
        return "", 0
    meant, rest = divmod(value * unit.times, unit.part)
    return unit.name, 0 if rest else meant


def converted(value: Any, unit: Unit) -> int | None:
    """Return an amount of a unit in the key's own unit, or None if that is not a whole number."""
    from fractions import Fraction

    if type(value) is int:
        amount = value * unit.factor
    elif type(value) is float and value - value == 0:
        amount = Fraction(repr(value)) * unit.factor
    else:
        return None
    return int(amount) if amount.denominator == 1 else None


def is_amount(text: str) -> bool:
    """Check for a number with any unit defined here."""
    return any(_sum(text, units) is not None for units in _UNITS.values())


def read_amount(text: str, key: Key) -> int | None:
    """Read a number with a unit, such as `2m` or `1h 30m`, as a whole number in the key's own unit.

    A point before three digits may separate thousands, so its meaning is unknown.
    """
    if _MAY_BE_GROUPED.search(text):
        return None
    total = _sum(text, units_of(key))
    return int(total) if total is not None and total.denominator == 1 else None


def finest(text: str, key: Key) -> Unit | None:
    """Return the smallest unit of an amount that is not whole in the key's own unit, if it is smaller than that."""
    units = units_of(key)
    total = _sum(text, units)
    if total is None or total.denominator == 1:
        return None
    smallest = min((units[found[2].lower()] for found in _AMOUNT.finditer(text.strip())), key=lambda unit: unit.factor)
    return smallest if smallest.factor < 1 else None


def read_number(text: str, key: Key) -> int | None:
    """Read a number in forms that TOML lacks: with units, as a period, with leading zeros, or in groups of digits."""
    plain = text.strip()
    if len(plain) > _LONGEST or THOUSANDS.fullmatch(plain):
        return None
    if _GROUPS.fullmatch(plain):
        return int(re.sub("[, ]", "", plain))
    plain = _spelled_out(plain) if units_of(key) is _SECONDS else plain
    plain = plain[zeros.end() :] if (zeros := _ZEROS.match(plain)) else plain
    number = references.read_integer(plain)
    if number is not None:
        return number
    # Only a bare number gets the key's own unit: `1000m` are minutes, and `1h30` are hours and minutes.
    return read_amount(f"{plain}{_own(key)}" if _BARE.fullmatch(plain) else plain, key)


def _spelled_out(text: str) -> str:
    """Return a period or a clock as numbers with their units, and any other text as it is."""
    if period := _PERIOD.fullmatch(text):
        return "".join(filter(None, period.groups()))
    clock = _CLOCK.fullmatch(text)
    return "{}h{}m{}s".format(*clock.groups()) if clock else text


def _own(key: Key) -> str:
    return next((word for word, unit in units_of(key).items() if unit.is_own), "")


def _sum(text: str, units: dict[str, Unit]) -> Fraction | None:
    """Add up numbers that each have a unit, or return None for any other text."""
    plain = text.strip()
    amounts: list[tuple[str, Unit]] = []
    at = 0
    while at < len(plain) <= _LONGEST:
        found = _AMOUNT.match(plain, at)
        unit = units.get(found[2].lower()) if found else None
        if not found or unit is None:
            return None
        amounts.append((found[1], unit))
        at = found.end()
    if not amounts or at < len(plain):
        return None
    from fractions import Fraction

    return sum((Fraction(number) * unit.factor for number, unit in amounts), Fraction(0))
