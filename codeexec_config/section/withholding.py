"""Withhold fixes that a host's own limits would refuse: its policy, and the variables that a file may read.

A fix is decided from the file alone. Under such limits, its result is judged again, without any variable.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

from codeexec_config.codes import Severity
from codeexec_config.keys import key_table
from codeexec_config.section.judging import findings
from codeexec_config.section.resolution import opened
from codeexec_config.section.resolve import resolve

if TYPE_CHECKING:
    from codeexec_config.findings import Amendment, Finding
    from codeexec_config.section import Options
    from codeexec_config.section.resolution import Resolution

_OF_THE_HOST: Final = frozenset({"policy-violation", "forbidden-variable"})
_EXAMPLE: Final = "CODE_EXEC_API_KEY"
"""The variable that a help names if the file names none."""
_RANKS: Final = {"drop": 1, "rename": 2, "move": 2}
_SHOWN: Final = 100
"""The most keys of a section, and entries of a list, that are judged along with a fix elsewhere."""


def withhold(found: list[Finding], section: dict[str, Any], options: Options) -> list[Finding]:
    """Return the findings without the fixes that the host's limits make useless; of the helps, only examples change."""
    kept = [each._replace(amendment=None) if _is_useless(each, section, options) else each for each in found]
    return kept if options.environment.permits(_EXAMPLE) else [_without_example(finding) for finding in kept]


def _without_example(finding: Finding) -> Finding:
    return finding._replace(help=finding.help and finding.help.replace(f"${{{_EXAMPLE}}}", "${NAME}"))


def _is_useless(finding: Finding, section: dict[str, Any], options: Options) -> bool:
    """Check for a fix that causes a breach as severe as the finding itself."""
    amendment = finding.amendment
    if amendment is None:
        return False
    few, reduced = _reduced(section, amendment, options.model)
    before, after = _breaches(few, options), _breaches(amended(few, reduced), options)
    if finding.weight is Severity.ERROR:
        return after[Severity.ERROR] > before[Severity.ERROR]
    return any(after[severity] > before[severity] for severity in (Severity.ERROR, Severity.WARNING))


def _reduced(section: dict[str, Any], amendment: Amendment, model: type[Any]) -> tuple[dict[str, Any], Amendment]:
    """Return the part of a section that a fix is judged with, and the fix for it: a list may have a million entries."""
    # Unknown keys may be meant as known ones, so the first of them are included.
    touched = (part.path[0] for part in (amendment, *amendment.also))
    names = dict.fromkeys((*islice(section, _SHOWN), *key_table(model), *touched))
    few = {str(name): section[str(name)] for name in names if name in section}
    few = {name: value[:_SHOWN] if type(value) is list else value for name, value in few.items()}
    name, index = str(amendment.path[0]), amendment.path[-1]
    if isinstance(index, int):
        return {**few, name: [section[name][index]]}, amendment._replace(path=(name, 0))
    return few, amendment


def _breaches(section: dict[str, Any], options: Options) -> Counter[Severity]:
    """Count what the host refuses in a section by severity, without reading a variable."""
    # No environment is read, so none can raise.
    resolution = cast("Resolution", resolve(section, options.environment, options.model, offline=True))
    every = (*resolution.findings, *findings(resolution, options.model, options.policy))
    return Counter(finding.weight for finding in every if finding.code in _OF_THE_HOST)


def amended(section: dict[str, Any], amendment: Amendment) -> dict[str, Any]:
    """Return a section with a fix applied: values first, so that no key is renamed that another part names."""
    for part in sorted((amendment, *amendment.also), key=lambda part: _RANKS.get(part.action, 0)):
        section = _made(section, part)
    return section


def _made(section: dict[str, Any], part: Amendment) -> dict[str, Any]:
    """Make one amendment; everything off its path is shared with the original section."""
    *around, name = part.path
    changed: dict[str, Any]
    changed, table = opened(section, around)
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
                changed, table = opened(changed, part.onto)
            if part.action != "drop":
                *path, last = part.text.split(".")
                for outer in path:
                    table[outer] = dict(table.get(outer, {}))
                    table = table[outer]
                table[last] = value
    return changed


def _read(text: str) -> list[Any]:
    """Read what a fix writes: a value, or several entries of a list."""
    entries: list[Any] = tomllib.loads(f"x = [{text}]")["x"]
    return entries
