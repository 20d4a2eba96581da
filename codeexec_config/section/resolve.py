"""Put the environment into a section.

What most files hold, each reference alone in its string and its variable set, is read here; everything else is left to
`slots`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from codeexec_config import limits
from codeexec_config.keys import Key, Kind, key_table
from codeexec_config.secret import Secret
from codeexec_config.section import SWITCH, Resolution, variant_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeexec_config.findings import Path
    from codeexec_config.section.environment import Environment

Site = tuple["Path", Key, str]
"""A string of the section that may hold references, by its path and key."""


def resolve(
    section: dict[str, Any], environment: Environment, model: type[Any], *, offline: bool = False
) -> Resolution | BaseException:
    """Read the references of a section; return what the environment raised, if it did."""
    sites: list[Site] = []
    _gather(section, key_table(model), (), sites)
    result = Resolution(section)
    if not sites:
        result.enabled = section.get(SWITCH) is not False
        return result
    if not offline and section.get(SWITCH, True) is True and (names := _plain_names(sites)):
        failure, done = _resolve_plainly(result, sites, names, environment)
        if failure is not None or done:
            return failure or result
    from codeexec_config.section.slots import resolve_slots

    return resolve_slots(result, sites, environment, offline=offline)


def _plain_names(sites: list[Site]) -> list[str] | None:
    """Return the variables of texts that are each one `${NAME}` and make a text or a secret; None if any is more."""
    names: list[str] = []
    for _, key, text in sites:
        name = text[2:-1]
        if not (text.startswith("${") and text.endswith("}") and limits.is_variable(name)):
            return None
        if key.kind is Kind.SECRET:
            if len(name) >= limits.PASTED_LENGTH and not name.isupper():  # it may be a key itself
                return None
        elif key.kind is not Kind.TEXT:
            return None
        names.append(name)
    return names


def _resolve_plainly(
    result: Resolution, sites: list[Site], names: list[str], environment: Environment
) -> tuple[BaseException | None, bool]:
    """Resolve what most files hold and nothing else; return what was raised, and whether all of it was read.

    What is forbidden or not set is left to the way that has words for it.
    """
    if not all(map(environment.permits, names)):
        return None, False
    failure = environment.fetch(names)
    if failure is not None or not all(map(environment.is_set, names)):
        return failure, False
    for (path, key, text), name in zip(sites, names, strict=True):
        value: Any = environment[name]
        if key.kind is Kind.SECRET:
            value = Secret._read(value, reference=text)  # noqa: SLF001 -- made here and nowhere else
        result.put(path, value)
        result.made[path] = name
        result.templates[path] = text
    return None, True


def _gather(table: dict[str, Any], keys: dict[str, Key], path: Path, sites: list[Site]) -> None:
    """Gather the strings of known keys that hold a dollar sign, in their order; not where the shape is wrong anyway."""
    for name, value in table.items():
        key = keys.get(name)
        gather = _GATHER.get(type(value))
        if key is not None and gather is not None:
            gather(value, key, (*path, name), sites)


def _gather_text(text: str, key: Key, path: Path, sites: list[Site]) -> None:
    if ("$" in text or key.kind is Kind.SECRET) and key.item is None:
        sites.append((path, key, text))


def _gather_entries(entries: list[Any], key: Key, path: Path, sites: list[Site]) -> None:
    if key.item is None or not _hold_a_dollar(entries):
        return
    for index, entry in enumerate(entries):
        if type(entry) is str and "$" in entry:
            sites.append(((*path, index), key.item, entry))


def _hold_a_dollar(entries: list[Any]) -> bool:
    """Check whether entries may hold a dollar sign, all at once; one that is not a string leaves it open."""
    try:
        return "$" in "".join(entries)
    except TypeError:
        return True


def _gather_variant(table: dict[str, Any], key: Key, path: Path, sites: list[Site]) -> None:
    name = variant_of(key, table)
    if name is not None and key.variants is not None and type(table[name]) is dict:
        _gather(table[name], key_table(key.variants[name]), (*path, name), sites)


_GATHER: Final[dict[type, Callable[[Any, Key, Path, list[Site]], None]]] = {
    str: _gather_text,
    list: _gather_entries,
    dict: _gather_variant,
}
