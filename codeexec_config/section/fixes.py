"""Offer fixes: for a finding whose cure is certain, the edit that makes it.

A fix is offered where the value that it yields has no error of its own and brings none elsewhere: a mode that cannot
run the languages beside it is none. That is decided on the data: the value stands in for the wrong one, with each
reference taken as set, and the rules look at both.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from codeexec_config import limits, references
from codeexec_config.findings import Amendment, Finding, Path, errors
from codeexec_config.keys import Key, Kind, key_table, union_of
from codeexec_config.rules.foreign import mended
from codeexec_config.rules.languages import meant_language
from codeexec_config.rules.spelling import nearest_name
from codeexec_config.section import judging, structure
from codeexec_config.section.environment import Environment
from codeexec_config.section.resolve import Resolution, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST: Final = 200
"""Findings that are tried for a fix; the rest is tried when these are mended."""
_LANGUAGES: Final = 1000
"""Languages that the rules look at in a trial; a section with more is no section that anyone wrote."""


def amend(findings: list[Finding], section: dict[str, Any], model: type[Any]) -> list[Finding]:
    """Return the findings with their fixes."""
    amender = Amender(section, model)
    return [finding if finding.amendment else amender.amended(finding) for finding in findings]


class Amender:
    """Decide on the fixes of one section.

    Args:
        section: the section as the file has it, references unread.
        model: the class that it is structured into.
    """

    def __init__(self, section: dict[str, Any], model: type[Any]) -> None:
        self._section = section
        self._model = model
        self._left = _MOST

    @cached_property
    def _errors(self) -> list[tuple[str, Path]]:
        return _errors(self._section, self._model)

    @cached_property
    def _runs_in_wasm(self) -> bool:
        return judging.is_wasm(self._section, self._model)

    def amended(self, finding: Finding) -> Finding:
        """Return a finding with its fix, if it has one."""
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
            "unknown-runtime": self._choice,
            "wrong-type": self._quoted,
            "invalid-url": self._url,
            "invalid-language": self._language,
            "unsupported-language": self._language,
        }

    def _key(self, finding: Finding) -> Amendment | None:
        parent, key = finding.path[:-1], str(finding.path[-1])
        table = self._value(parent)
        cls = _class_at(self._model, parent)
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
        key = self._key_at(finding.path)
        if key is not None and key.kind is Kind.CHOICE:
            return self._choice(finding)
        mode = self._section["mode"]
        if type(mode) is str:
            near = nearest_name(mode, self._variants)
            if near is None or near != self._variants[0] or not self._is_cured_by({**self._section, "mode": near}):
                return None
            return Amendment(f'write "{near}"', "reword", ("mode",), near)
        name = finding.path[-1]
        near = nearest_name(str(name), self._variants)
        if near is None or not self._is_cured_by({**self._section, "mode": _renamed(mode, name, near)}):
            return None
        return Amendment(f"write `{near}`", "rename", finding.path, near)

    def _choice(self, finding: Finding) -> Amendment | None:
        key = self._key_at(finding.path)
        near = nearest_name(self._value(finding.path), key.choices or ()) if key else None
        if near is None or not self._is_cured_by(_with(self._section, finding.path, near)):
            return None
        return Amendment(f'write "{near}"', "reword", finding.path, near)

    def _quoted(self, finding: Finding) -> Amendment | None:
        value = self._value(finding.path)
        key = self._key_at(finding.path)
        if key is None or not key.is_typed or type(value) is not str or finding.target is not None:
            return None
        is_boolean = key.kind is Kind.BOOLEAN
        read = references.read_boolean(value) if is_boolean else references.read_integer(value)
        if read is None:
            return self._reworded(finding)
        if not self._is_cured_by(_with(self._section, finding.path, read)):
            return None
        return Amendment(f"write {value} without quotes", "replace", finding.path, value)

    def _reworded(self, finding: Finding) -> Amendment | None:
        """Write the variables of a text in braces, without a blank beside them."""
        written = mended(self._value(finding.path))
        if written is None or not self._is_cured_by(_with(self._section, finding.path, written)):
            return None
        return Amendment("write the reference in braces, alone between the quotes", "reword", finding.path, written)

    def _url(self, finding: Finding) -> Amendment | None:
        from codeexec_config.rules.url_flaws import meant_url

        value = self._value(finding.path)
        meant = meant_url(value) if mended(value) is None else None
        if meant is None:
            return self._reworded(finding)
        if not self._is_cured_by(_with(self._section, finding.path, meant)):
            return None
        return Amendment(f"write {meant}", "reword", finding.path, meant)

    def _language(self, finding: Finding) -> Amendment | None:
        value = self._value(finding.path)
        if mended(value) is not None:
            return self._reworded(finding)
        meant = meant_language(value) if "$" not in value else None
        if meant is None or (self._runs_in_wasm and meant not in limits.WASM_LANGUAGES):
            return None
        if meant in self._value(finding.path[:-1]):
            return Amendment(f"remove it: `{meant}` is already listed", "remove", finding.path)
        return Amendment(f'write "{meant}"', "reword", finding.path, meant)

    @cached_property
    def _variants(self) -> tuple[str, ...]:
        union = union_of(self._model)
        return tuple(union.variants or ()) if union else ()

    def _key_at(self, path: Path) -> Key | None:
        if path and isinstance(path[-1], int):
            around = self._key_at(path[:-1])
            return around.item if around else None
        cls = _class_at(self._model, path[:-1]) if path else None
        return key_table(cls).get(str(path[-1])) if cls else None

    def _value(self, path: Path) -> Any:
        value: Any = self._section
        for part in path:
            value = value[part]
        return value

    def _is_cured_by(self, section: dict[str, Any]) -> bool:
        """Check whether a changed section has fewer errors, and none that is not there already."""
        left = _errors(section, self._model)
        return len(left) < len(self._errors) and set(left) <= set(self._errors)


def _class_at(model: type[Any], path: Path) -> type[Any] | None:
    """Return the class whose table stands at a path of the section."""
    if not path:
        return model
    union = union_of(model)
    if union is None or len(path) != 2 or path[0] != union.name:  # noqa: PLR2004 -- the union and the variant
        return None
    return (union.variants or {}).get(str(path[1]))


def _errors(section: dict[str, Any], model: type[Any]) -> list[tuple[str, Path]]:
    """Return the errors of a section, each reference taken as set."""
    languages = section.get("allowed_languages")
    if type(languages) is list:
        section = {**section, "allowed_languages": languages[:_LANGUAGES]}
    # Offline nothing is looked up, so there is no environment that could raise.
    resolution = cast("Resolution", resolve(section, Environment({}), model, offline=True))
    _, shape = structure.build(resolution.values, model)
    found = [*resolution.findings, *shape, *judging.findings(resolution, model)]
    return [(finding.code, finding.path) for finding in errors(found)]


def _renamed(table: dict[str, Any], key: Any, name: str) -> dict[str, Any]:
    return {name if old == key else old: value for old, value in table.items()}


def _with(section: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    if isinstance(section, list):
        at = int(path[0])
        return [*section[:at], _with(section[at], path[1:], value), *section[at + 1 :]]
    return {**section, str(path[0]): _with(section[path[0]], path[1:], value)}
