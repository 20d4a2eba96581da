"""Offer fixes: edits for the findings whose solution is certain.

A fix is offered if the value that it yields has no error and causes none elsewhere: a mode that cannot run the
section's languages does not qualify. That is decided from the file alone, with each reference taken as set, and
without a second run of the checks.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from codeexec_config import limits, references
from codeexec_config.document.characters import ESCAPES, cleaned, is_letter, plain
from codeexec_config.expressions import expression
from codeexec_config.findings import Amendment, Finding, Path
from codeexec_config.keys import Key, key_table, union_of
from codeexec_config.rules.foreign import mended
from codeexec_config.rules.languages import meant_language, split_names
from codeexec_config.rules.spelling import nearest
from codeexec_config.rules.units import converted
from codeexec_config.section import judging
from codeexec_config.section.habits import meant_value, written
from codeexec_config.section.resolution import opened, value_at
from codeexec_config.section.soundness import conflicts, is_sound
from codeexec_config.section.suggestions import Meaning, Sense, meaning

if TYPE_CHECKING:
    from collections.abc import Callable

_COMMENT: Final = expression(r"[^\s,;|]\s+#\s*\S")
_MOST: Final = 200
"""The most findings that get a fix; the rest get theirs once these are fixed."""


def amend(findings: list[Finding], section: dict[str, Any], model: type[Any]) -> list[Finding]:
    """Return the findings with their fixes."""
    amender = Amender(section, model)
    return [finding if finding.amendment else amender.amended(finding) for finding in findings]


class Amender:
    """Decide on the fixes of one section.

    Args:
        section: the section as in the file, references unread.
        model: the class that it is structured into.
    """

    def __init__(self, section: dict[str, Any], model: type[Any]) -> None:
        self._section = section
        self._model = model
        self._left = _MOST

    @cached_property
    def _conflicts(self) -> frozenset[Path]:
        return conflicts(self._section, self._model)

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
            return self._beside_comment(finding)
        self._left -= 1
        says_more = bool(amendment.also) or not finding.help
        return finding._replace(amendment=amendment, help=amendment.title if says_more else finding.help)

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

    def _beside_comment(self, finding: Finding) -> Finding:
        """Return a finding on a text, with a help on the comment that the text contains, if any."""
        if finding.code == "unknown-key" or finding.target is not None:
            return finding
        value = self._value(finding.path)
        if type(value) is not str or not _COMMENT.search(value):
            return finding
        way_out = finding.help if finding.code == "wrong-type" else "close them before the #"
        return finding._replace(help=f"the comment is inside the quotes; {way_out}")

    def _key(self, finding: Finding) -> Amendment | None:
        parent, name = finding.path[:-1], str(finding.path[-1])
        cls = _class_at(self._model, parent)
        table = self._value(parent)
        meant = meaning(name, cls) if cls is not None else None
        if meant is None or not meant.is_exact or meant.key.name in table:
            return None
        known = meant.key.name
        value = _meant_value(meant, table[name])
        renamed = {known if old == name else old: value if old == name else other for old, other in table.items()}
        if not is_sound(meant.key, value) or self._brings_conflicts(_with(self._section, parent, renamed)):
            return None
        if value is table[name]:
            return Amendment(f"write `{known}`", "rename", finding.path, known)
        text = _spelt(value)
        also = Amendment("", "replace", finding.path, text)
        return Amendment(f"write `{known} = {text}`", "rename", finding.path, known, (also,))

    def _mode(self, finding: Finding) -> Amendment | None:
        union = union_of(self._model)
        if union is None:
            return self._choice(finding)
        mode = self._section[union.name]
        return self._bare_mode(union, mode) if type(mode) is str else self._variant(union, mode, str(finding.path[-1]))

    def _bare_mode(self, union: Key, mode: str) -> Amendment | None:
        near = nearest(cleaned(mode), union.variants or ())
        if near is None or not is_sound(union, near) or self._brings_conflicts({**self._section, union.name: near}):
            return None
        return Amendment(f'write "{near}"', "reword", (union.name,), near)

    def _variant(self, union: Key, mode: dict[str, Any], name: str) -> Amendment | None:
        near = nearest(cleaned(name), union.variants or ())
        if near is None or not is_sound(union, {near: mode[name]} if len(mode) == 1 else None):
            return None
        if self._brings_conflicts({**self._section, union.name: {near: mode[name]}}):
            return None
        return Amendment(f"write `{near}`", "rename", (union.name, name), near)

    def _choice(self, finding: Finding) -> Amendment | None:
        key = self._key_at(finding.path)
        near = nearest(cleaned(self._value(finding.path)), key.choices or ()) if key else None
        if near is None or self._brings_conflicts(_with(self._section, finding.path, near)):
            return None
        return Amendment(f'write "{near}"', "reword", finding.path, near)

    def _quoted(self, finding: Finding) -> Amendment | None:
        value = self._value(finding.path)
        key = self._key_at(finding.path)
        if key is None or finding.target is not None:
            return None
        if key.is_typed and type(value) is str and (typed := references.read_typed(key.kind, value)) is not None:
            cure = Amendment(f"write {value} without quotes", "replace", finding.path, value)
            return cure if self._is_cure(finding.path, typed) else None
        if key.is_typed and type(value) is str and (reworded := self._reworded(finding)):
            return reworded
        meant = meant_value(key, value)
        if meant is None or not self._is_cure(finding.path, meant):
            return None
        text = written(meant)
        return Amendment(f"write {text}", "replace", finding.path, text)

    def _reworded(self, finding: Finding) -> Amendment | None:
        """Write the variables of a text in braces, without spaces around them."""
        written = mended(self._value(finding.path))
        if written is None or not self._is_cure(finding.path, written):
            return None
        return Amendment("write the reference in braces, alone between the quotes", "reword", finding.path, written)

    def _url(self, finding: Finding) -> Amendment | None:
        from codeexec_config.rules.url_flaws import may_be_shown, meant_url

        value = self._value(finding.path)
        if mended(value) is not None:
            return self._reworded(finding)
        ascii_only = cleaned(value)
        meant = meant_url(value) or meant_url(ascii_only) or ascii_only
        is_lost = _may_lack_a_letter(value) or _has_letters_of_another_script(value)
        is_cure = meant != value and may_be_shown(meant) and not is_lost
        if not is_cure or not self._is_cure(finding.path, meant):
            return None
        return Amendment(f"write {meant}", "reword", finding.path, meant)

    def _language(self, finding: Finding) -> Amendment | None:
        value = self._value(finding.path)
        is_word = value.replace("_", "").isalnum() and meant_language(value) is not None
        if mended(value) is not None and not is_word:
            return self._reworded(finding)
        if (names := split_names(value)) is not None:
            return self._split(finding.path, names)
        meant = meant_language(cleaned(value)) if "$" not in value else None
        if meant is None or (self._runs_in_wasm and meant not in limits.WASM_LANGUAGES):
            return None
        if meant in self._value(finding.path[:-1]):
            return Amendment(f"remove it: `{meant}` is already listed", "remove", finding.path)
        return Amendment(f'write "{meant}"', "reword", finding.path, meant)

    def _split(self, path: Path, names: list[str]) -> Amendment | None:
        """Write the names in one string as separate entries."""
        item, around = self._key_at(path), path[:-1]
        if item is None or not all(is_sound(item, name) for name in names):
            return None
        # Check them alone: among the others they would be at other indices, whose conflicts are not theirs.
        if any(found[:-1] == around for found in conflicts(_with(self._section, around, names), self._model)):
            return None
        text = written(names)[1:-1]
        return Amendment(f"write {text}", "replace", path, text)

    def _key_at(self, path: Path) -> Key | None:
        if path and isinstance(path[-1], int):
            around = self._key_at(path[:-1])
            return around.item if around else None
        cls = _class_at(self._model, path[:-1]) if path else None
        return key_table(cls).get(str(path[-1])) if cls else None

    def _value(self, path: Path) -> Any:
        return value_at(self._section, path)

    def _is_cure(self, path: Path, value: Any) -> bool:
        """Check whether a value has no error and is compatible with the others."""
        key = self._key_at(path)
        return (
            key is not None and is_sound(key, value) and not self._brings_conflicts(_with(self._section, path, value))
        )

    def _brings_conflicts(self, section: dict[str, Any]) -> bool:
        """Check whether a changed section has conflicting values that it does not have now."""
        return not conflicts(section, self._model) <= self._conflicts


def _class_at(model: type[Any], path: Path) -> type[Any] | None:
    """Return the class of the table at a path of the section."""
    if not path:
        return model
    union = union_of(model)
    if union is None or len(path) != 2 or path[0] != union.name:  # noqa: PLR2004 -- the union and the variant
        return None
    return (union.variants or {}).get(str(path[1]))


def _meant_value(meant: Meaning, value: Any) -> Any:
    """Return the value for the known key: converted, negated, or unchanged; None if that is impossible."""
    if meant.sense is Sense.NEGATION:
        return not value if type(value) is bool else None
    if meant.sense is Sense.UNIT and meant.unit is not None and not meant.unit.is_own:
        return converted(value, meant.unit)
    return value


def _has_letters_of_another_script(url: str) -> bool:
    """Check for letters that look like ASCII after the scheme: they may be the host's own."""
    _, _, rest = url.partition("://")
    return any(is_letter(character) and plain(character) is not None for character in rest)


def _may_lack_a_letter(url: str) -> bool:
    """Check for a character within a URL that a backslash may have made of the letter after it."""
    return not ESCAPES.keys().isdisjoint(url.strip())


def _spelt(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _with(section: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    changed, table = opened(section, path[:-1])
    table[path[-1]] = value
    return changed
