"""Put the environment into a section.

A section in which each reference is a whole string, and all variables are set, is read here, fast enough for lists of
a million entries; everything else is left to `slots`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from codeexec_config import limits
from codeexec_config.keys import Key, key_table
from codeexec_config.secret import Secret
from codeexec_config.section.resolution import Resolution, variant_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.findings import Path
    from codeexec_config.section.environment import Environment

_PLAIN_KINDS: Final = frozenset({"text", "secret"})
Site = tuple["Path", Key, str]
"""A string of the section that may hold references, by its path and key."""


class Sites:
    """The strings of known keys that contain a dollar sign, and all secrets, in order, where the shape is right.

    A list may have a million of them, so they are found again on each pass.
    """

    __slots__ = ("_model", "_section")

    def __init__(self, section: dict[str, Any], model: type[Any]) -> None:
        self._section = section
        self._model = model

    def __iter__(self) -> Iterator[Site]:
        return _of_table(self._section, key_table(self._model), ())


def resolve(
    section: dict[str, Any], environment: Environment, model: type[Any], *, offline: bool = False
) -> Resolution | BaseException:
    """Read the references of a section; return what the environment raised, if anything."""
    sites = Sites(section, model)
    result = Resolution(section)
    switch = section.get(limits.SWITCH, True)
    result.enabled = switch is not False
    is_read = switch is True and not offline
    before: tuple[Key, str] | None = None
    value: Any = None
    for path, key, text in sites:
        if before != (key, text):  # a list may repeat one a million times
            if not is_read or key.kind not in _PLAIN_KINDS:
                break
            value = environment.read(text, is_secret=key.kind == "secret")
            if value is None:
                break
            if isinstance(value, BaseException):
                return value
            if key.kind == "secret":
                value = Secret._read(value, reference=text)  # noqa: SLF001 -- made here and in `quick`
            before = (key, text)
        result.put(path, value)
        if type(path[-1]) is str:
            result.made[path] = text[2:-1]
        result.made_of = _name_of
    else:
        return result
    from codeexec_config.section.slots import resolve_slots

    return resolve_slots(Resolution(section), sites, environment, offline=offline)


def _name_of(text: str) -> str | None:
    """Return the variable of a text that is one `${NAME}`, or None for a text without a dollar sign."""
    return text[2:-1] if "$" in text else None


def _of_table(table: dict[str, Any], keys: dict[str, Key], path: Path) -> Iterator[Site]:
    for name, value in table.items():
        kind = type(value)
        if kind is str:
            key = keys.get(name)
            if key is not None and ("$" in value or key.kind == "secret") and key.item is None:
                yield (*path, name), key, value
        elif kind is dict:
            if name in keys:
                yield from _of_union(value, keys[name], (*path, name))
        elif kind is list and name in keys and _hold_a_dollar(value):
            yield from _of_list(value, keys[name], (*path, name))


def _of_list(entries: list[Any], key: Key, path: Path) -> Iterator[Site]:
    if key.item is None:
        return
    for index, entry in enumerate(entries):
        if type(entry) is str and "$" in entry:
            yield (*path, index), key.item, entry


def _of_union(table: dict[str, Any], key: Key, path: Path) -> Iterator[Site]:
    name = variant_of(key, table)
    if name is not None and key.variants is not None and type(table[name]) is dict:
        yield from _of_table(table[name], key_table(key.variants[name]), (*path, name))


def _hold_a_dollar(entries: list[Any]) -> bool:
    """Check in one go whether entries may contain a dollar sign; return True if one is not a string."""
    try:
        return "$" in "".join(entries)
    except TypeError:
        return True
