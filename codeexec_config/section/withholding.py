"""Withhold the fixes that a host's own limits would refuse: its policy, and the variables that a file may read.

A fix is decided from the file alone. Under such limits what it writes is judged once more, without any variable.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final, cast

from codeexec_config.section.judging import findings
from codeexec_config.section.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codeexec_config.findings import Amendment, Finding
    from codeexec_config.section import Options
    from codeexec_config.section.resolution import Resolution

_OF_THE_HOST: Final = frozenset({"policy-violation", "forbidden-variable"})
_RANKS: Final = {"drop": 1, "rename": 2, "move": 2}
_MOST: Final = 20
"""Fixes that are tried; the others are offered when these are made."""


def withhold(found: list[Finding], section: dict[str, Any], options: Options) -> list[Finding]:
    """Return the findings without the fixes that bring a breach of the host's limits; the helps stay."""
    if not any(finding.amendment for finding in found):
        return found
    before = _breaches(section, options)
    left = _MOST
    kept: list[Finding] = []
    for finding in found:
        amendment = finding.amendment
        if amendment is not None:
            left -= 1
            if left < 0 or _breaches(amended(section, amendment), options) > before:
                finding = finding._replace(amendment=None)  # noqa: PLW2901 -- the same finding
        kept.append(finding)
    return kept


def _breaches(section: dict[str, Any], options: Options) -> int:
    """Count what the host refuses in a section, no variable being read."""
    # No environment is asked, so none can raise.
    resolution = cast("Resolution", resolve(section, options.environment, options.model, offline=True))
    every = (*resolution.findings, *findings(resolution, options.model, options.policy))
    return sum(finding.code in _OF_THE_HOST for finding in every)


def amended(section: dict[str, Any], amendment: Amendment) -> dict[str, Any]:
    """Return a section as a fix leaves it: values first, so that no key is renamed that another part names."""
    for part in sorted((amendment, *amendment.also), key=lambda part: _RANKS.get(part.action, 0)):
        section = _made(section, part)
    return section


def _made(section: dict[str, Any], part: Amendment) -> dict[str, Any]:
    """Make one amendment; what is not on its way is shared with the section as it was."""
    *around, name = part.path
    changed, table = _opened(section, around)
    match part.action:
        case "reword":
            table[name] = part.text
        case "replace" if isinstance(name, int):
            table[name : name + 1] = _read(part.text)
        case "replace":
            [table[name]] = _read(part.text)
        case "remove":
            del table[name]
        case _:
            value = table.pop(name)
            if part.action == "move":
                changed, table = _opened(changed, part.onto)
            if part.action != "drop":
                *path, last = part.text.split(".")
                for outer in path:
                    table[outer] = dict(table.get(outer, {}))
                    table = table[outer]
                table[last] = value
    return changed


def _opened(section: dict[str, Any], path: Sequence[str | int]) -> tuple[dict[str, Any], Any]:
    """Return a copy of a section, and what stands at a path of it, copied too."""
    changed: Any = section.copy()
    inner = changed
    for part in path:
        inner[part] = inner[part].copy()
        inner = inner[part]
    return changed, inner


def _read(text: str) -> list[Any]:
    """Read what a fix writes: a value, or several entries of a list."""
    entries: list[Any] = tomllib.loads(f"x = [{text}]")["x"]
    return entries
