"""Read a policy from a TOML file, with its entries at the root and without references."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from attrs import evolve

from codeexec_config.diagnostics import Diagnostic, Related, placeless
from codeexec_config.document import Document, parse
from codeexec_config.document.places import Places
from codeexec_config.document.unreadable import name_shown
from codeexec_config.findings import Finding, Path, Target
from codeexec_config.keys import key_table
from codeexec_config.policy import Policy, at_places
from codeexec_config.references import Literal
from codeexec_config.references import parse as parse_references
from codeexec_config.report import ConfigError, ConfigWarning
from codeexec_config.rules.across import Languages
from codeexec_config.rules.languages import remarks
from codeexec_config.section.fixes import amend
from codeexec_config.section.judging import findings
from codeexec_config.section.resolution import Resolution
from codeexec_config.section.structure import build

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["load_policy"]


_TAKES_NONE: Final = "a policy takes no references"
_NO_REFERENCES: Final = "write the value itself: a policy is the same in every environment"


class PolicyFile(NamedTuple):
    """The outcome of a policy file: the policy with warnings, or what is wrong; and the file's name."""

    policy: Policy | None
    diagnostics: tuple[Diagnostic, ...]
    file: str


def load_policy(path: str | os.PathLike[str]) -> Policy:
    """Read a host's policy from a TOML file that has the entries of `Policy` at its root.

    A name that is doubtful, such as `py` for a language, is issued as a ConfigWarning.

    Args:
        path: the file; a regular one of 16 MiB at most.

    Raises:
        ConfigError: the file is invalid, or cannot be read.
        TypeError: `path` is of another type.
    """
    found = read_policy(path)
    del path  # a traceback shows this frame, and TOML text may have been passed as the path
    if found.policy is None:
        raise ConfigError(found.diagnostics)
    for diagnostic in found.diagnostics:
        warnings.warn(ConfigWarning(diagnostic), stacklevel=2)
    return found.policy


def read_policy(path: str | os.PathLike[str]) -> PolicyFile:
    """Read a policy file; never raise for what it contains."""
    name = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError("path must be a str or a path that yields one, not bytes")
    raw = parse.read(name)
    if isinstance(raw, Finding):
        # The help is for a file to check, such as to pipe it in, not for a policy.
        shown = name_shown(name)
        return PolicyFile(None, (placeless(raw._replace(help=None), shown),), shown)
    text = parse.decode(raw)
    document = parse.parse(text, name, model=Policy) if isinstance(text, str) else text
    if not isinstance(document, Document):
        return PolicyFile(None, (_without_references(evolve(document, file=name)),), name)
    return _judge(document, name)


def _judge(document: Document, name: str) -> PolicyFile:
    policy, shape = build(document.data, Policy)
    found = _once(shape, list(_references(document.data, ())))
    if found or policy is None:
        refused = {finding.path for finding in found}
        found += (finding for finding in findings(Resolution(document.data), Policy) if finding.path not in refused)
    every = [*found, *_remarks(document.data.get("languages"), {finding.path for finding in found})]
    places = Places(document, name, (), Policy)
    if found or policy is None:
        return PolicyFile(None, _placed(places, every, document), name)
    entries = {entry: _place(places, entry) for entry in key_table(Policy) if entry in document.data}
    return PolicyFile(at_places(policy, entries), _placed(places, every, document), name)


def _remarks(languages: Any, ill: set[Path]) -> Iterator[Finding]:
    names = Languages(languages if isinstance(languages, list) else (), ill, path=("languages",))
    return remarks(names, names.known)


def _placed(places: Places, found: list[Finding], document: Document) -> tuple[Diagnostic, ...]:
    placed = [_without_references(places.diagnostic(finding)) for finding in amend(found, document.data, Policy)]
    return tuple(sorted(placed, key=Diagnostic.order))


def _without_references(found: Diagnostic) -> Diagnostic:
    """Replace a help and a fix that write a reference, or a message on how to quote one: a policy takes none."""
    if "${" not in (found.help or ""):
        return found
    message = _TAKES_NONE if found.code == "invalid-toml" else found.message
    return evolve(found, message=message, help=_NO_REFERENCES, fix=None)


def _place(places: Places, entry: str) -> Related:
    return places.related("the policy's limit", Target((entry,)))


def _once(shape: list[Finding], references: list[Finding]) -> list[Finding]:
    """Return the findings on the shape and on references, one per value; values of unknown keys are not judged."""
    stray = {finding.path for finding in shape if finding.code == "unknown-key"}
    kept = [finding for finding in references if finding.path[:1] not in stray]
    referring = {finding.path for finding in kept}
    return [finding for finding in shape if finding.path not in referring] + kept


def _references(value: Any, path: Path) -> Iterator[Finding]:
    """Refuse text that opens like a reference: a policy is the same in every environment."""
    if isinstance(value, str) and not all(isinstance(segment, Literal) for segment in parse_references(value)):
        yield Finding(
            "reference-not-allowed",
            _TAKES_NONE,
            path,
            help=_NO_REFERENCES,
        )
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        yield from _references(inner, (*path, key))
