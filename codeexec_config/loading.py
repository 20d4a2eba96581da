"""Run a check from beginning to end: `load`, `check_file` and their kin.

The order of evaluation, each step on what the one before it left:

1. Read the file, hold it to its limits, parse it. What is not TOML is the only finding.
2. Select the section. An absent one means the defaults; near misses of its header are warned of.
3. Resolve `enabled`, then the other references: none when the section is off, none when `offline`.
4. Structure the values into the model. Where that fails, the shape's findings come from the tree of errors.
5. Run the rules on what is known, across keys last.
6. Offer fixes and give places, only when there is something to place. Everything so far knew paths only.
7. Report. Nothing above raises for what a file says. An exception of the environment's own comes back as a value and
   is raised by the public function, in whose frame no text of the file or of the environment is left.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from attrs import evolve

from codeexec_config import limits, source
from codeexec_config.diagnostics import (
    ConfigError,
    ConfigWarning,
    Deferred,
    Diagnostic,
    Finding,
    Path,
    Report,
)
from codeexec_config.environment import Environment, Patterns
from codeexec_config.model import DEFAULT, CodeExecutionConfig, stand_in
from codeexec_config.resolution import UNKNOWN, Resolution, resolve
from codeexec_config.rules import errors, findings
from codeexec_config.selection import absent, select
from codeexec_config.structure import build
from codeexec_config.writing import to_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import FrameType

    from cattrs import Converter

    from codeexec_config.source import Document

__all__ = ["check_file", "check_mapping", "check_text", "load", "load_mapping", "loads", "register_hooks"]

_LISTED: Final = 1000
"""Findings in one report; a file with more has one mistake many times over."""
_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_BARE = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_SECTION = re.compile(rf"[ \t]*{_PART}(?:[ \t]*\.[ \t]*{_PART})*[ \t]*")
_OWN: Final = frozenset({"codeexec_config", "cattrs"})


class _Request(NamedTuple):
    """What a caller says of a check, as it was passed."""

    env: Mapping[str, str] | None
    section: str
    allow_env: Iterable[str] | str | None
    offline: bool = False


class Options(NamedTuple):
    """What a caller says of a check, once it is read."""

    env: Mapping[str, str]
    section: Path
    allowed: tuple[Patterns, ...]
    offline: bool


def _options(request: _Request) -> Options:
    env, section, allow_env, offline = request
    if env is not None and (isinstance(env, str | bytes | list | tuple) or not hasattr(env, "__getitem__")):
        raise TypeError("env must be a mapping or None")
    allowed = () if allow_env is None else (_patterns(allow_env),)
    return Options(os.environ if env is None else env, section_path(section), allowed, offline)


def _patterns(allow_env: Iterable[str] | str) -> Patterns:
    patterns = (allow_env,) if isinstance(allow_env, str) else tuple(allow_env)
    if not all(isinstance(pattern, str) for pattern in patterns):
        raise TypeError("allow_env must hold glob patterns, each a str")
    return patterns


def section_path(section: str) -> Path:
    """Read a dotted path as TOML reads a key; a part in quotes may hold dots.

    Raises:
        TypeError: it is no str.
        ValueError: it is no dotted path.
    """
    if not isinstance(section, str):
        raise TypeError("section must be a str")
    if _BARE.fullmatch(section):
        return tuple(section.split("."))
    path = _key_parts(section) if _SECTION.fullmatch(section) else ()
    if not path:
        raise ValueError('section must be a dotted path such as features.code_execution, or a."b.c"')
    return path


def _key_parts(key: str) -> Path:
    import tomllib

    try:
        table: Any = tomllib.loads(f"{key} = 0")
    except (ValueError, RecursionError):
        return ()
    parts: list[str] = []
    while table != 0:
        [(part, table)] = table.items()
        parts.append(part)
    return tuple(parts)


# -- the public functions ----------------------------------------------------------------------------------------------
#
# Each drops what could hold a secret before it raises, outside any `except`: a traceback shows the frames that an
# exception passed through, with their variables.


def load(
    path: str | os.PathLike[str],
    *,
    env: Mapping[str, str] | None = None,
    section: str = limits.SECTION,
    allow_env: Iterable[str] | str | None = None,
    strict: bool = False,
) -> CodeExecutionConfig:
    """Read a config from a TOML file, once, at start-up.

    Each warning is issued as a `ConfigWarning`.

    Args:
        path: the file; a regular one of 16 MiB at most.
        env: where references are looked up; `os.environ` at the time of the call by default.
        section: the dotted path of the section.
        allow_env: glob patterns of the variables that the file may read; all by default.
        strict: raise for warnings too.

    Raises:
        ConfigError: the file says something wrong, or cannot be read.
        TypeError: an argument is of another type, or `env` yields something that is no str.
        ValueError: `section` is no dotted path.
    """
    verdict = _verdict(_attempt(_run_file, path, "", _Request(env, section, allow_env)), strict=strict)
    del env
    if isinstance(verdict, BaseException):
        raise verdict
    return verdict


def loads(
    text: str,
    *,
    filename: str = "<string>",
    env: Mapping[str, str] | None = None,
    section: str = limits.SECTION,
    allow_env: Iterable[str] | str | None = None,
    strict: bool = False,
) -> CodeExecutionConfig:
    """Read a config from TOML text; `filename` names it in findings, the rest is as in `load`.

    Raises:
        ConfigError: the text says something wrong.
        TypeError: as in `load`.
        ValueError: as in `load`.
    """
    verdict = _verdict(_attempt(_run_text, text, filename, _Request(env, section, allow_env)), strict=strict)
    del text, env
    if isinstance(verdict, BaseException):
        raise verdict
    return verdict


def load_mapping(
    table: Mapping[str, Any],
    *,
    env: Mapping[str, str] | None = None,
    section: str = limits.SECTION,
    allow_env: Iterable[str] | str | None = None,
    strict: bool = False,
) -> CodeExecutionConfig:
    """Read a config from the section's own table, as a TOML parser yields it; `section` only names it in paths.

    Raises:
        ConfigError: the table says something wrong; its findings have no places.
        TypeError: as in `load`.
        ValueError: as in `load`.
    """
    verdict = _verdict(_attempt(_run_mapping, table, "", _Request(env, section, allow_env)), strict=strict)
    del table, env
    if isinstance(verdict, BaseException):
        raise verdict
    return verdict


def check_file(
    path: str | os.PathLike[str],
    *,
    env: Mapping[str, str] | None = None,
    section: str = limits.SECTION,
    allow_env: Iterable[str] | str | None = None,
    offline: bool = False,
) -> Report:
    """Say everything about a TOML file; raise and issue nothing for what it says.

    Args:
        path: the file.
        env: where references are looked up; `os.environ` at the time of the call by default.
        section: the dotted path of the section.
        allow_env: glob patterns of the variables that the file may read; all by default.
        offline: read no environment: take references as set, list them as deferred, check their defaults.

    Raises:
        TypeError: an argument is of another type, or `env` yields something that is no str.
        ValueError: `section` is no dotted path.
    """
    outcome = _attempt(_run_file, path, "", _Request(env, section, allow_env, offline))
    del env
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def check_text(
    text: str,
    *,
    filename: str = "<string>",
    env: Mapping[str, str] | None = None,
    section: str = limits.SECTION,
    allow_env: Iterable[str] | str | None = None,
    offline: bool = False,
) -> Report:
    """Say everything about TOML text; `filename` names it in findings, the rest is as in `check_file`.

    Raises:
        TypeError: as in `check_file`.
        ValueError: as in `check_file`.
    """
    outcome = _attempt(_run_text, text, filename, _Request(env, section, allow_env, offline))
    del text, env
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def check_mapping(
    table: Mapping[str, Any],
    *,
    env: Mapping[str, str] | None = None,
    section: str = limits.SECTION,
    allow_env: Iterable[str] | str | None = None,
    offline: bool = False,
) -> Report:
    """Say everything about the section's own table; the rest is as in `check_file`.

    Raises:
        TypeError: as in `check_file`.
        ValueError: as in `check_file`.
    """
    outcome = _attempt(_run_mapping, table, "", _Request(env, section, allow_env, offline))
    del table, env
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def register_hooks(
    converter: Converter,
    *,
    env: Mapping[str, str] | None = None,
    allow_env: Iterable[str] | str | None = None,
) -> None:
    """Teach a host's own cattrs converter the section.

    It then structures `CodeExecutionConfig` as `load_mapping` does, and unstructures it to what its TOML would parse
    to.

    Args:
        converter: the host's converter.
        env: where references are looked up; `os.environ` at the time of each call by default.
        allow_env: glob patterns of the variables that a table may read; all by default.
    """
    request = _Request(env, limits.SECTION, None if allow_env is None else _patterns(allow_env))
    _options(request)

    def check(table: Any) -> CodeExecutionConfig | BaseException:
        return _verdict(_attempt(_run_mapping, table, "", request), strict=False)

    def structure(table: Any, _: Any) -> CodeExecutionConfig:
        # `check` closes over the environment, so that this frame, which a traceback shows, does not.
        verdict = check(table)
        del table
        if isinstance(verdict, BaseException):
            raise verdict
        return verdict

    converter.register_structure_hook(CodeExecutionConfig, structure)
    converter.register_unstructure_hook(CodeExecutionConfig, to_plain)


def _attempt(
    run: Callable[[Any, str, Options], Report | BaseException], what: Any, filename: str, request: _Request
) -> Report | BaseException:
    """Run a check; give back what it would raise, without the frames that it came through."""
    try:
        return run(what, filename, _options(request))
    except BaseException as error:  # noqa: BLE001 -- raised by the public function
        return _detached(error)


def _detached(error: BaseException) -> BaseException:
    """Take the frames off an error; a note says where one arose that is not of the arguments."""
    from traceback import walk_tb

    *_, (frame, line) = walk_tb(error.__traceback__)
    if frame.f_globals is not globals():
        error.add_note(f"raised at {frame.f_code.co_filename}:{line}")
    return error.with_traceback(None)


def _verdict(outcome: Report | BaseException, *, strict: bool) -> CodeExecutionConfig | BaseException:
    if isinstance(outcome, BaseException):
        return outcome
    if outcome.config is None or not outcome.ok or (strict and outcome.warnings):
        return ConfigError(outcome.diagnostics)
    return _issue(outcome.warnings) or outcome.config


def _issue(found: tuple[Diagnostic, ...]) -> BaseException | None:
    """Issue warnings at the line that called the package; give back what a filter or a hook of the host's raised."""
    try:
        for diagnostic in found:
            warnings.warn(ConfigWarning(diagnostic), stacklevel=_callers_level())
    except BaseException as error:  # noqa: BLE001 -- raised by the public function
        own = error.__traceback__
        return error.with_traceback(own and own.tb_next)
    return None


def _callers_level() -> int:
    """Count the frames up to the first one outside; what cattrs generates has no name."""
    level = 0
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 -- inspect costs milliseconds to import
    while frame is not None and frame.f_globals.get("__name__", "cattrs").partition(".")[0] in _OWN:
        level += 1
        frame = frame.f_back
    return level + 1


# -- the pipeline ------------------------------------------------------------------------------------------------------


def _run_file(path: str | os.PathLike[str], _: str, options: Options) -> Report | BaseException:
    name = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError("path must be a str or a path that yields one, not bytes")
    raw = source.read(name)
    if isinstance(raw, Finding):
        return _placeless([raw], name)
    text = source.decode(raw)
    if isinstance(text, Diagnostic):
        return _single(text, name)
    return _run_decoded(text, name, options)


def _run_text(text: str, filename: str, options: Options) -> Report | BaseException:
    if not isinstance(text, str) or not isinstance(filename, str):
        raise TypeError("text and filename must be str")
    flaw = source.check_text(text)
    if isinstance(flaw, Finding):
        return _placeless([flaw], filename)
    if isinstance(flaw, Diagnostic):
        return _single(flaw, filename)
    return _run_decoded(text, filename, options)


def _run_decoded(text: str, name: str, options: Options) -> Report | BaseException:
    document = source.parse(text, name)
    if isinstance(document, Diagnostic):
        return _single(document, name)
    selected = select(document.data, options.section)
    if selected is None:
        found = list(absent(document.data, options.section))
        return Report(config=DEFAULT, diagnostics=_placed(found, document, name, options), file=name)
    if isinstance(selected, Finding):
        return Report(config=None, diagnostics=_placed([selected], document, name, options), file=name)
    return _run_section(selected, options, document, name)


def _run_mapping(table: object, _: str, options: Options) -> Report | BaseException:
    from codeexec_config.mapping import Plain

    plain = Plain(table)
    if type(plain.value) is not dict:
        found = plain.findings or [Finding("wrong-type", "the section must be a table")]
        return _placeless([finding.under(*options.section) for finding in found], None)
    return _run_section(plain.value, options, None, None, plain.findings)


def _run_section(
    section: dict[str, Any],
    options: Options,
    document: Document | None,
    name: str | None,
    found: Sequence[Finding] = (),
) -> Report | BaseException:
    environment = Environment(options.env, options.allowed)
    resolution = resolve(section, environment, offline=options.offline)
    if isinstance(resolution, BaseException):
        return resolution
    config, shape = build(resolution.values)
    every = list(islice(chain(found, resolution.findings, shape, findings(resolution)), _LISTED + 1))
    if errors(every) or (resolution.unread and resolution.enabled):
        config = None
    elif config is None or resolution.unread:
        config = _settled(resolution)
    if every:
        every = _amended(every, section)
    return Report(
        config=config,
        diagnostics=_placed([finding.under(*options.section) for finding in every], document, name, options),
        deferred=tuple(Deferred((*options.section, *path), ref) for path, ref in resolution.deferred),
        env_reads=environment.reads,
        file=name,
    )


def _amended(found: list[Finding], section: dict[str, Any]) -> list[Finding]:
    from codeexec_config.amendments import amend

    if len(found) > _LISTED:
        found = found[:_LISTED]
        last = found[-1]
        found[-1] = last._replace(help=f"{last.help or 'mend this'}; there is more than is listed here")
    return amend(found, section)


def _settled(resolution: Resolution) -> CodeExecutionConfig:
    """Make the config of a disabled section: a key whose text was not read takes its default."""
    unread = {path[:1] for path in resolution.unread if path[0] == "allowed_languages"}
    values = {key: value for key, value in resolution.values.items() if value is not UNKNOWN and (key,) not in unread}
    stands_in = ("mode", "external", "url") in resolution.unread
    if stands_in:
        del values["mode"]
    config, _ = build(values)
    if config is None:
        raise AssertionError("the rules of the loader and of the constructors disagree")
    return evolve(config, mode=stand_in()) if stands_in else config


def _placed(
    found: list[Finding], document: Document | None, name: str | None, options: Options
) -> tuple[Diagnostic, ...]:
    if not found:
        return ()
    if document is None:
        return _sorted(finding.placeless(name) for finding in found)
    from codeexec_config.placement import Places

    places = Places(document, name, options.section)
    return _sorted(places.diagnostic(finding) for finding in found)


def _sorted(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(found, key=Diagnostic.order))


def _placeless(found: Iterable[Finding], name: str | None) -> Report:
    return Report(config=None, diagnostics=_sorted(finding.placeless(name) for finding in found), file=name)


def _single(diagnostic: Diagnostic, name: str) -> Report:
    return Report(config=None, diagnostics=(evolve(diagnostic, file=name),), file=name)
