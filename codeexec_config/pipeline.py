"""Run a check from beginning to end.

The order of evaluation, each step on what the one before it left:

1. Read the file, hold it to its limits, parse it. What is not TOML is the only finding.
2. Select the section. An absent one means the defaults; near misses of its header are warned of.
3. Structure it into the model as most files have it, in one pass: the hooks read references, the constructors run the
   rules. When all of that holds, what is left are the remarks; a good file ends here.
4. Otherwise resolve `enabled`, then the other references: none when the section is off, none when `offline`. Structure
   the values, now with every error of a table.
5. Collect every finding: those of the shape come from the tree of errors, those of the rules from a second
   run over what is known.
6. Offer fixes and give places, only when there is something to place. Everything so far knew paths only.
7. Report. Nothing above raises for what a file says. An exception of the environment's own comes back as a value and
   is raised by the public function, in whose frame no text of the file or of the environment is left.
"""

from __future__ import annotations

import os
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve

from codeexec_config.document import Document, parse
from codeexec_config.document.select import may_have_near_misses, select
from codeexec_config.findings import LISTED, Finding, Path, errors, few, listed
from codeexec_config.keys import Kind, union_of
from codeexec_config.limits import SWITCH
from codeexec_config.model import CodeExecutionConfig, is_flawless, permitted, stand_in
from codeexec_config.section import UNKNOWN, Resolution
from codeexec_config.section.quick import EnvironmentRaisedError, structured

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codeexec_config.diagnostics import Deferred, Diagnostic, Origin
    from codeexec_config.document.places import Places
    from codeexec_config.policy import Policy
    from codeexec_config.report import Report
    from codeexec_config.section.environment import Environment


class Options:
    """What a caller says of a check, once it is read.

    `model` is the class that the section is structured into. `offline`, `origins` and `found` are set on an instance;
    the last says that nobody named the file, so that a near miss may be somebody else's table.
    """

    __slots__ = ("environment", "found", "model", "offline", "origins", "policy", "section")

    def __init__(
        self,
        environment: Environment,
        section: Path,
        policy: Policy | None = None,
        *,
        model: type[Any] = CodeExecutionConfig,
    ) -> None:
        self.environment = environment
        self.section = section
        self.policy = policy
        self.model = model
        self.offline = self.origins = self.found = False


class Outcome:
    """What a check came to, before anything of it has a place.

    Attributes:
        config: the config, or None.
        found: the findings, with paths from the root of the file.
        refused: the one diagnostic of a text that is not TOML; it has its place.
        document: the text that the findings stand in, or None.
        file: the file's name as it was given, or None.
        deferred: each reference that was not looked up, with its path.
        section: the section's own table, an empty one when it is absent, or None when nobody got so far.
    """

    __slots__ = ("config", "deferred", "document", "file", "found", "refused", "section")

    def __init__(
        self,
        config: Any,
        found: Sequence[Finding] = (),
        section: dict[str, Any] | None = None,
        *,
        refused: Diagnostic | None = None,
        document: Document | None = None,
        file: str | None = None,
        deferred: tuple[tuple[Path, str], ...] = (),
    ) -> None:
        self.config = config
        self.found = found
        self.refused = refused
        self.document = document
        self.file = file
        self.deferred = deferred
        self.section = section


# Neither is a named tuple: to make one takes longer than to import a module, at every start-up. Both are made for every
# call, by place: by name that takes twice as long.


def run_file(path: str | os.PathLike[str], _: str, options: Options) -> Outcome | BaseException:
    """Check a file."""
    name = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError("path must be a str or a path that yields one, not bytes")
    raw = parse.read(name)
    if isinstance(raw, Finding):
        is_text = raw.code == "unreadable-file" and parse.is_text(name) and not os.path.exists(name)  # noqa: PTH110
        return Outcome(None, [raw], file="<text>" if is_text else name)
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
    from codeexec_config.section.plain import Plain, astray

    wrong = astray(table, options.section, options.model)
    if wrong is not None:
        return Outcome(None, [wrong.under(*options.section)])
    plain = Plain(table, options.model)
    if type(plain.value) is not dict:
        return Outcome(None, [finding.under(*options.section) for finding in plain.findings])
    return _run_section(plain.value, options, plain.findings)


def _run_decoded(text: str, name: str, options: Options) -> Outcome | BaseException:
    document = parse.parse(text, name, options.section)
    if not isinstance(document, Document):
        return Outcome(None, refused=document, file=name)
    selected = select(document.data, options.section)
    if selected is None:
        return _run_absent(document, name, options)
    if isinstance(selected, Finding):
        return Outcome(None, [selected], document=document, file=name)
    judged = _run_section(selected, options)
    if not isinstance(judged, Outcome):
        return judged
    judged.document, judged.file = document, name
    if not may_have_near_misses(document.data, options.section, options.model):
        return judged
    from codeexec_config.document.near_misses import beside

    misses = list(beside(document.data, options.section, options.model, found=options.found))
    return _with_misses(judged, misses) if misses else judged


def _run_absent(document: Document, name: str, options: Options) -> Outcome:
    """Check what an absent section means: the defaults, which a policy may refuse."""
    from codeexec_config.document.near_misses import absent

    # Nothing is looked up for an empty table, so no environment can raise.
    judged = cast("Outcome", _run_section({}, options))
    judged.document, judged.file = document, name
    misses = absent(document.data, options.section, options.model, found=options.found)
    return _with_misses(judged, list(misses))


def _with_misses(judged: Outcome, misses: list[Finding]) -> Outcome:
    if errors(misses):
        judged.config = None
    judged.found = [*misses, *judged.found]
    return judged


def _run_section(section: dict[str, Any], options: Options, found: Sequence[Finding] = ()) -> Outcome | BaseException:
    if options.policy is None and not found and section.get(SWITCH, True) is True:
        try:
            config = structured(section, None if options.offline else options.environment, options.model)
        except EnvironmentRaisedError as error:
            return error.failure
        if config is not None and is_flawless(config):
            return Outcome(config, (), section)
    return _run_the_long_way(section, options, found)


def _run_the_long_way(section: dict[str, Any], options: Options, found: Sequence[Finding]) -> Outcome | BaseException:
    """Check a section of which something may be to be said."""
    from codeexec_config.section.resolve import resolve
    from codeexec_config.section.structure import build

    resolution = resolve(section, options.environment, options.model, offline=options.offline)
    if isinstance(resolution, BaseException):
        return resolution
    # With as many findings as a report lists nothing else is looked at.
    config, shape = build(resolution.values, options.model) if len(resolution.findings) <= LISTED else (None, [])
    if config is not None and options.policy is None and not found and _says_nothing(config, resolution):
        return Outcome(config, (), section)
    if shape:
        from codeexec_config.section.forms import gathered

        shape = gathered(shape, section, options.model, options.section)
    every = _every_finding(resolution, options, chain(found, resolution.findings, shape))
    if errors(every) or (resolution.unread and resolution.enabled):
        config = None
    elif config is None or resolution.unread:
        config = _settled(resolution, options)
    if every:
        every = [finding.under(*options.section) for finding in _amended(every, section, options.model)]
    deferred = tuple(((*options.section, *path), reference) for path, reference in resolution.deferred)
    return Outcome(config, every, section, deferred=deferred)


def _says_nothing(config: Any, resolution: Resolution) -> bool:
    """Check whether nothing at all is to be said of a section whose config could be made."""
    if resolution.findings or resolution.unread or resolution.literals or not resolution.enabled:
        return False
    return is_flawless(config)


def _every_finding(resolution: Resolution, options: Options, found: Iterable[Finding]) -> list[Finding]:
    from codeexec_config.section.judging import findings

    return list(few(chain(found, findings(resolution, options.model, options.policy))))


def _amended(found: list[Finding], section: dict[str, Any], model: type[Any]) -> list[Finding]:
    from codeexec_config.section.fixes import amend

    return amend(listed(found), section, model)


def _settled(resolution: Resolution, options: Options) -> Any:
    """Make the config that the constructors alone would not make of these values.

    In a disabled section a key whose text was not read takes its default; a policy may permit plain http with a key.
    """
    from codeexec_config.section.structure import build, build_variant

    texts = [path for path, key in resolution.unread.items() if key.kind is Kind.TEXT]
    values = _known(resolution.values)
    for path in texts:
        values.pop(str(path[0]), None)
    union = union_of(options.model)
    if union is not None and any(path[0] == union.name for path in texts):
        values[union.name] = stand_in()
    elif union is not None and options.policy is not None and type(values.get(union.name)) is dict:
        values[union.name] = permitted(build_variant(union, values[union.name]))
    config, _ = build(values, options.model)
    if config is None:
        raise AssertionError("the rules of the loader and of the constructors disagree")
    return config


def _known(table: dict[str, Any]) -> dict[str, Any]:
    known = {key: value for key, value in table.items() if value is not UNKNOWN}
    return {key: _known(value) if type(value) is dict else value for key, value in known.items()}


def report_of(outcome: Outcome, options: Options) -> Report:
    """Return the report of a check, each finding at its place."""
    from codeexec_config.report import Report

    places = _places(outcome, options)
    return Report(
        config=outcome.config,
        diagnostics=_placed(outcome, places),
        origins=_origins(outcome, options, places),
        deferred=_deferred(outcome),
        env_reads=options.environment.reads,
        file=outcome.file,
    )


def _deferred(outcome: Outcome) -> tuple[Deferred, ...]:
    if not outcome.deferred:
        return ()
    from codeexec_config.diagnostics import Deferred

    return tuple(Deferred(path, reference) for path, reference in outcome.deferred)


def _places(outcome: Outcome, options: Options) -> Places | None:
    if outcome.document is None or not (outcome.found or options.origins):
        return None
    from codeexec_config.document.places import Places

    return Places(outcome.document, outcome.file, options.section, options.model, outcome.found)


def _origins(outcome: Outcome, options: Options, places: Places | None) -> tuple[Origin, ...]:
    if not options.origins or outcome.section is None or errors(outcome.found):
        return ()
    from codeexec_config.diagnostics import Origin
    from codeexec_config.section.origins import sources

    found = [(source, (*options.section, *source.path)) for source in sources(outcome.section, options.model)]
    return tuple(
        Origin(
            path,
            source.value,
            source.maker,
            places.span(path) if places and source.maker != "default" else None,
            source.reference,
        )
        for source, path in found
    )


def _placed(outcome: Outcome, places: Places | None) -> tuple[Diagnostic, ...]:
    if outcome.refused is not None:
        return (evolve(outcome.refused, file=outcome.file),)
    if not outcome.found:
        return ()
    if places is None:
        from codeexec_config.diagnostics import placeless

        placed = [placeless(finding, outcome.file) for finding in outcome.found]
    else:
        placed = [places.diagnostic(finding) for finding in outcome.found]
    return tuple(sorted(placed, key=lambda diagnostic: diagnostic.order()))
