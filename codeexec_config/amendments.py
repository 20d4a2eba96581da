"""Offer fixes: for a finding whose cure is certain, the edit that makes it.

A fix is offered where the value that it yields has no error of its own and brings none elsewhere: a mode that cannot
run the languages beside it is none. That is decided on the data: the value stands in for the wrong one, with each
reference taken as set, and the rules look at both.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from codeexec_config import checks, limits, references, rules, structure
from codeexec_config.diagnostics import Amendment, Finding, Path
from codeexec_config.environment import Environment
from codeexec_config.model import CodeExecutionConfig, External, Sandboxed
from codeexec_config.resolution import Resolution, resolve
from codeexec_config.suggest import nearest_name

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST: Final = 200
"""Findings that are tried for a fix; the rest is tried when these are mended."""
_LANGUAGES: Final = 1000
"""Languages that the rules look at in a trial; a section with more is no section that anyone wrote."""

_TABLES: Final[dict[Path, type]] = {
    (): CodeExecutionConfig,
    ("mode", "sandboxed"): Sandboxed,
    ("mode", "external"): External,
}


def amend(findings: list[Finding], section: dict[str, Any]) -> list[Finding]:
    """Give the findings with their fixes."""
    amender = Amender(section)
    return [finding if finding.amendment else amender.amended(finding) for finding in findings]


class Amender:
    """Decide on the fixes of one section.

    Args:
        section: the section as the file has it, references unread.
    """

    def __init__(self, section: dict[str, Any]) -> None:
        self._section = section
        self._left = _MOST

    @cached_property
    def _errors(self) -> list[tuple[str, Path]]:
        return _errors(self._section)

    @cached_property
    def _runs_in_wasm(self) -> bool:
        return rules.is_wasm(self._section)

    @cached_property
    def _listed(self) -> set[str]:
        return {name for name in self._section["allowed_languages"] if type(name) is str}

    def amended(self, finding: Finding) -> Finding:
        """Give a finding with its fix, if it has one."""
        offer = self._offers().get(finding.code)
        if offer is None or self._left == 0:
            return finding
        amendment = offer(finding)
        if amendment is None:
            return finding
        self._left -= 1
        return finding._replace(amendment=amendment, help=finding.help or amendment.title)

    def _offers(self) -> dict[str, Callable[[Finding], Amendment | None]]:
        return {
            "unknown-key": self._key,
            "unknown-mode": self._mode,
            "unknown-runtime": self._runtime,
            "wrong-type": self._quoted,
            "invalid-language": self._language,
            "unsupported-language": self._language,
        }

    def _key(self, finding: Finding) -> Amendment | None:
        parent, key = finding.path[:-1], str(finding.path[-1])
        table = self._value(parent)
        cls = _TABLES.get(parent)
        if cls is None:
            return None
        meant = structure.meant_key(key, table, cls)
        if meant is None:
            return None
        renamed = _renamed(table, key, meant)
        if not self._is_cured_by(_with(self._section, parent, renamed)):
            return None
        return Amendment(f"write `{meant}`", "rename", finding.path, meant)

    def _mode(self, finding: Finding) -> Amendment | None:
        mode = self._section["mode"]
        if type(mode) is str:
            near = nearest_name(mode, limits.MODES)
            if near != "wasm" or not self._is_cured_by({**self._section, "mode": near}):
                return None
            return Amendment('write "wasm"', "reword", ("mode",), near)
        key = finding.path[-1]
        near = nearest_name(str(key), limits.MODES)
        if near is None or not self._is_cured_by({**self._section, "mode": _renamed(mode, key, near)}):
            return None
        return Amendment(f"write `{near}`", "rename", finding.path, near)

    def _runtime(self, finding: Finding) -> Amendment | None:
        near = nearest_name(self._value(finding.path), limits.RUNTIMES)
        if near is None or not self._is_cured_by(_with(self._section, finding.path, near)):
            return None
        return Amendment(f'write "{near}"', "reword", finding.path, near)

    def _quoted(self, finding: Finding) -> Amendment | None:
        value = self._value(finding.path)
        if type(value) is not str or len(finding.path) != 1 or finding.target is not None:
            return None
        key = str(finding.path[0])
        read = references.read_boolean(value) if key == "enabled" else references.read_integer(value)
        if key not in {"enabled", *limits.BOUNDS} or read is None:
            return None
        if not self._is_cured_by({**self._section, key: read}):
            return None
        return Amendment(f"write {value} without quotes", "replace", finding.path, value)

    def _language(self, finding: Finding) -> Amendment | None:
        value = self._value(finding.path)
        meant = checks.meant_language(value) if "$" not in value else None
        if meant is None or (self._runs_in_wasm and meant not in limits.WASM_LANGUAGES):
            return None
        if meant in self._listed:
            return Amendment(f"remove it: `{meant}` is listed already", "remove", finding.path)
        return Amendment(f'write "{meant}"', "reword", finding.path, meant)

    def _value(self, path: Path) -> Any:
        value: Any = self._section
        for part in path:
            value = value[part]
        return value

    def _is_cured_by(self, section: dict[str, Any]) -> bool:
        """Say whether a changed section has fewer errors, and none that is not there already."""
        left = _errors(section)
        return len(left) < len(self._errors) and set(left) <= set(self._errors)


def _errors(section: dict[str, Any]) -> list[tuple[str, Path]]:
    """Give the errors of a section, each reference taken as set."""
    languages = section.get("allowed_languages")
    if type(languages) is list:
        section = {**section, "allowed_languages": languages[:_LANGUAGES]}
    # Offline nothing is looked up, so there is no environment that could raise.
    resolution = cast("Resolution", resolve(section, Environment({}), offline=True))
    _, shape = structure.build(resolution.values)
    found = [*resolution.findings, *shape, *rules.findings(resolution)]
    return [(finding.code, finding.path) for finding in rules.errors(found)]


def _renamed(table: dict[str, Any], key: Any, name: str) -> dict[str, Any]:
    return {name if old == key else old: value for old, value in table.items()}


def _with(section: Any, path: Path, value: Any) -> dict[str, Any]:
    if not path:
        return cast("dict[str, Any]", value)
    return {**section, str(path[0]): _with(section[path[0]], path[1:], value)}
