"""Run a check from beginning to end.

The order of evaluation, each step on what the one before it left:

1. Read the file, hold it to its limits, parse it. What is not TOML is the only finding.
2. Select the section. An absent one means the defaults; near misses of its header are warned of.
3. Resolve `enabled`, then the other references: none when the section is off, none when `offline`.
4. Structure the values into the model, whose constructors run the rules. When all of that holds, what is left are the
   remarks; a good file ends here.
5. Otherwise collect every finding: those of the shape come from the tree of errors, those of the rules from a second
   run over what is known.
6. Offer fixes and give places, only when there is something to place. Everything so far knew paths only.
7. Report. Nothing above raises for what a file says. An exception of the environment's own comes back as a value and
   is raised by the public function, in whose frame no text of the file or of the environment is left.
"""

from __future__ import annotations

import os
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from attrs import evolve

from codeexec_config.document import Document, parse
from codeexec_config.document.select import select
from codeexec_config.findings import Finding, Path, errors
from codeexec_config.keys import Kind, union_of
from codeexec_config.model import DEFAULT, CodeExecutionConfig, facts_of, stand_in
from codeexec_config.rules import across
from codeexec_config.section.environment import Environment, Patterns
from codeexec_config.section.resolve import UNKNOWN, Resolution, resolve
from codeexec_config.section.structure import build

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from codeexec_config.diagnostics import Diagnostic
    from codeexec_config.report import Report

_LISTED: Final = 1000
"""Findings in one report; a file with more has one mistake many times over."""


class Options(NamedTuple):
    """What a caller says of a check, once it is read.

    `model` is the class that the section is structured into.
    """

    env: Mapping[str, str]
    section: Path
    allowed: tuple[Patterns, ...] = ()
    offline: bool = False
    model: type[Any] = CodeExecutionConfig


class Outcome(NamedTuple):
    """What a check came to, before anything of it has a place.

    Attributes:
        config: the config, or None.
        found: the findings, with paths from the root of the file.
        refused: the one diagnostic of a text that is not TOML; it has its place.
        document: the text that the findings stand in, or None.
        file: the file's name as it was given, or None.
        deferred: each reference that was not looked up, with its path.
        reads: the names that were looked up.
    """

    config: Any
    found: Sequence[Finding] = ()
    refused: Diagnostic | None = None
    document: Document | None = None
    file: str | None = None
    deferred: tuple[tuple[Path, str], ...] = ()
    reads: tuple[str, ...] = ()


def run_file(path: str | os.PathLike[str], _: str, options: Options) -> Outcome | BaseException:
    """Check a file."""
    name = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError("path must be a str or a path that yields one, not bytes")
    raw = parse.read(name)
    if isinstance(raw, Finding):
        return Outcome(None, [raw], file=name)
    text = parse.decode(raw)
    if not isinstance(text, str):
        return Outcome(None, refused=text, file=name)
    return _run_decoded(text, name, options)


def run_text(text: str, filename: str, options: Options) -> Outcome | BaseException:
    """Check a text."""
    if not isinstance(text, str) or not isinstance(filename, str):
        raise TypeError("text and filename must be str")
    flaw = parse.check_text(text)
    if isinstance(flaw, Finding):
        return Outcome(None, [flaw], file=filename)
    if flaw is not None:
        return Outcome(None, refused=flaw, file=filename)
    return _run_decoded(text, filename, options)


def run_mapping(table: object, _: str, options: Options) -> Outcome | BaseException:
    """Check a section's own table."""
    from codeexec_config.section.plain import Plain

    plain = Plain(table, options.model)
    if type(plain.value) is not dict:
        found = plain.findings or [Finding("wrong-type", "expected the section to be a table")]
        return Outcome(None, [finding.under(*options.section) for finding in found])
    return _run_section(plain.value, options, Outcome(None), plain.findings)


def _run_decoded(text: str, name: str, options: Options) -> Outcome | BaseException:
    document = parse.parse(text, name)
    if not isinstance(document, Document):
        return Outcome(None, refused=document, file=name)
    selected = select(document.data, options.section)
    place = Outcome(None, document=document, file=name)
    if selected is None:
        from codeexec_config.document.near_misses import absent

        return place._replace(config=DEFAULT, found=list(absent(document.data, options.section)))
    if isinstance(selected, Finding):
        return place._replace(found=[selected])
    return _run_section(selected, options, place)


def _run_section(
    section: dict[str, Any], options: Options, place: Outcome, found: Sequence[Finding] = ()
) -> Outcome | BaseException:
    environment = Environment(options.env, options.allowed)
    resolution = resolve(section, environment, options.model, offline=options.offline)
    if isinstance(resolution, BaseException):
        return resolution
    config, shape = build(resolution.values, options.model)
    place = place._replace(
        reads=environment.reads,
        deferred=tuple(((*options.section, *path), reference) for path, reference in resolution.deferred),
    )
    if config is not None and not found and _is_flawless(config, resolution):
        return place._replace(config=config)
    every = _every_finding(resolution, options.model, chain(found, resolution.findings, shape))
    if errors(every) or (resolution.unread and resolution.enabled):
        config = None
    elif config is None or resolution.unread:
        config = _settled(resolution, options.model)
    if every:
        every = [finding.under(*options.section) for finding in _amended(every, section, options.model)]
    return place._replace(config=config, found=every)


def _is_flawless(config: Any, resolution: Resolution) -> bool:
    """Check whether nothing at all is to be said of a section whose config could be made."""
    if resolution.findings or resolution.unread or resolution.literals or not resolution.enabled:
        return False
    facts = facts_of(config)
    is_open = facts.mode is not None and facts.mode.name == "external" and not facts.mode.keyed
    return not is_open and next(across.remarks(facts), None) is None


def _every_finding(resolution: Resolution, model: type[Any], found: Iterable[Finding]) -> list[Finding]:
    from codeexec_config.section.judging import findings

    return list(islice(chain(found, findings(resolution, model)), _LISTED + 1))


def _amended(found: list[Finding], section: dict[str, Any], model: type[Any]) -> list[Finding]:
    from codeexec_config.section.fixes import amend

    if len(found) > _LISTED:
        found = found[:_LISTED]
        last = found[-1]
        found[-1] = last._replace(help=f"{last.help or 'mend this'}; there is more than is listed here")
    return amend(found, section, model)


def _settled(resolution: Resolution, model: type[Any]) -> Any:
    """Make the config of a disabled section: a key whose text was not read takes its default."""
    texts = [path for path, key in resolution.unread.items() if key.kind is Kind.TEXT]
    union = union_of(model)
    stands_in = [path for path in texts if union and path[0] == union.name]
    values = _known(resolution.values)
    for path in texts:
        values.pop(str(path[0]), None)
    config, _ = build(values, model)
    if config is None:
        raise AssertionError("the rules of the loader and of the constructors disagree")
    return evolve(config, mode=stand_in()) if stands_in else config


def _known(table: dict[str, Any]) -> dict[str, Any]:
    known = {key: value for key, value in table.items() if value is not UNKNOWN}
    return {key: _known(value) if type(value) is dict else value for key, value in known.items()}


def report_of(outcome: Outcome, options: Options) -> Report:
    """Tell what a check came to, each finding at its place."""
    from codeexec_config.diagnostics import Deferred
    from codeexec_config.report import Report

    return Report(
        config=outcome.config,
        diagnostics=_placed(outcome, options),
        deferred=tuple(Deferred(path, reference) for path, reference in outcome.deferred),
        env_reads=outcome.reads,
        file=outcome.file,
    )


def _placed(outcome: Outcome, options: Options) -> tuple[Diagnostic, ...]:
    if outcome.refused is not None:
        return (evolve(outcome.refused, file=outcome.file),)
    if not outcome.found:
        return ()
    if outcome.document is None:
        from codeexec_config.diagnostics import placeless

        placed = [placeless(finding, outcome.file) for finding in outcome.found]
    else:
        from codeexec_config.document.places import Places

        places = Places(outcome.document, outcome.file, options.section, options.model)
        placed = [places.diagnostic(finding) for finding in outcome.found]
    return tuple(sorted(placed, key=lambda diagnostic: diagnostic.order()))
