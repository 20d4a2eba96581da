"""The verbs: `load`, `check_file` and the like."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

from codeexec_config import limits
from codeexec_config.pipeline import run_file, run_mapping, run_text
from codeexec_config.section import Options, Outcome
from codeexec_config.section.environment import Environment, Patterns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import FrameType, TracebackType

    from codeexec_config.diagnostics import Diagnostic
    from codeexec_config.findings import Path
    from codeexec_config.model import CodeExecutionConfig
    from codeexec_config.policy import Policy
    from codeexec_config.report import Report

    _Request = tuple[Mapping[str, str] | None, str, Iterable[str] | str | None, Policy | None, bool, bool, bool]
    """The arguments of a check: env, section, allow_env, policy, offline, origins, found."""
    _Run = Callable[[Any, str, Options], Outcome | BaseException]

__all__ = ["check_file", "check_mapping", "check_text", "load", "load_mapping", "loads"]

_DEFAULT_SECTION: Final = tuple(limits.SECTION.split("."))
_NO_MAPPINGS: Final = (str, bytes, list, tuple)
"""Types that can be indexed, but are not mappings."""
_OWN: Final = frozenset({"codeexec_config", "cattrs"})
_ENTRANCE: Final = frozenset({__name__, run_file.__module__, "codeexec_config.section.paths"})
"""The modules that read arguments: their exceptions need no note of the place."""


def _options(request: _Request) -> Options:
    env, section, allow_env, policy, offline, origins, found = request
    if env is not None and (isinstance(env, _NO_MAPPINGS) or not hasattr(env, "__getitem__")):
        raise TypeError("env must be a mapping or None")
    allowed: tuple[Patterns, ...] = () if allow_env is None else (patterns(allow_env),)
    if policy is not None:
        allowed = _with_policy(policy, allowed)
    environment = Environment(os.environ if env is None else env, allowed)
    options = Options(environment, section_path(section), policy)
    options.offline, options.origins, options.found = offline, origins, found
    return options


def _with_policy(policy: Policy, allowed: tuple[Patterns, ...]) -> tuple[Patterns, ...]:
    from codeexec_config.policy import Policy

    if not isinstance(policy, Policy):
        raise TypeError("policy must be a Policy or None")
    return allowed if policy.allow_env is None else (*allowed, policy.allow_env)


def patterns(allow_env: Iterable[str] | str) -> Patterns:
    """Return the patterns of an argument; an iterator is read once.

    Raises:
        TypeError: it contains anything else.
    """
    if not hasattr(allow_env, "__iter__"):
        raise TypeError("allow_env must hold glob patterns, each a str")
    held = (allow_env,) if isinstance(allow_env, str) else tuple(allow_env)
    if not all(isinstance(pattern, str) for pattern in held):
        raise TypeError("allow_env must hold glob patterns, each a str")
    return held


def section_path(section: str) -> Path:
    """Read a dotted path as TOML reads a key; a part in quotes may contain dots.

    Raises:
        TypeError: it is not a str.
        ValueError: it is not a dotted path.
    """
    if section == limits.SECTION:
        return _DEFAULT_SECTION
    if not isinstance(section, str):
        raise TypeError("section must be a str")
    from codeexec_config.section.paths import read_path

    return read_path(section)


# -- the public functions ----------------------------------------------------------------------------------------------
#
# Each deletes what could refer to a secret before it raises, outside any `except`: a traceback gives access to the
# variables of the frames that an exception passed through.


def load(
    path: str | os.PathLike[str],
    *,
    env: Mapping[str, str] | None = None,
    policy: Policy | None = None,
    section: str = limits.SECTION,
    allow_env: Iterable[str] | str | None = None,
    strict: bool = False,
) -> CodeExecutionConfig:
    """Read a config from a TOML file, once, at start-up.

    Each warning is issued as a `ConfigWarning`.

    Args:
        path: the file; a regular one of 16 MiB at most.
        env: where references are looked up; `os.environ` at the time of the call by default.
        policy: the host's own ceiling over what the file may ask for.
        section: the dotted path of the section.
        allow_env: glob patterns of the variables that the file may read; all by default.
        strict: raise for warnings too.

    Raises:
        ConfigError: the file is invalid, or cannot be read.
        TypeError: an argument is of another type, or `env` yields something that is not a str.
        ValueError: `section` is not a dotted path.
    """
    verdict: CodeExecutionConfig | BaseException = _load(
        run_file, path, "", (env, section, allow_env, policy, False, False, False), strict=strict
    )
    del path, env
    if isinstance(verdict, BaseException):
        raise verdict
    return verdict


def loads(
    text: str,
    *,
    filename: str = "<string>",
    env: Mapping[str, str] | None = None,
    policy: Policy | None = None,
    section: str = limits.SECTION,
    allow_env: Iterable[str] | str | None = None,
    strict: bool = False,
) -> CodeExecutionConfig:
    """Read a config from TOML text; `filename` names it in findings, the rest is as in `load`.

    Raises:
        ConfigError: the text is invalid.
        TypeError: as in `load`.
        ValueError: as in `load`.
    """
    verdict: CodeExecutionConfig | BaseException = _load(
        run_text, text, filename, (env, section, allow_env, policy, False, False, False), strict=strict
    )
    del text, env
    if isinstance(verdict, BaseException):
        raise verdict
    return verdict


def load_mapping(
    table: Mapping[str, Any],
    *,
    env: Mapping[str, str] | None = None,
    policy: Policy | None = None,
    section: str = limits.SECTION,
    allow_env: Iterable[str] | str | None = None,
    strict: bool = False,
) -> CodeExecutionConfig:
    """Read a config from the section's own table, as a TOML parser yields it; `section` only names it in paths.

    Raises:
        ConfigError: the table is invalid; its findings have no places.
        TypeError: as in `load`.
        ValueError: as in `load`.
    """
    verdict: CodeExecutionConfig | BaseException = _load(
        run_mapping, table, "", (env, section, allow_env, policy, False, False, False), strict=strict
    )
    del table, env
    if isinstance(verdict, BaseException):
        raise verdict
    return verdict


def check_file(
    path: str | os.PathLike[str],
    *,
    env: Mapping[str, str] | None = None,
    policy: Policy | None = None,
    section: str = limits.SECTION,
    allow_env: Iterable[str] | str | None = None,
    offline: bool = False,
    origins: bool = False,
) -> Report:
    """Check a TOML file and report everything that is wrong with it; never raise or warn for what it contains.

    Args:
        path: the file.
        env: where references are looked up; `os.environ` at the time of the call by default.
        policy: the host's own ceiling over what the file may ask for.
        section: the dotted path of the section.
        allow_env: glob patterns of the variables that the file may read; all by default.
        offline: read no environment, but take references as set, list them as deferred and check their defaults.
        origins: record where each value of the config comes from.

    Raises:
        TypeError: an argument is of another type, or `env` yields something that is not a str.
        ValueError: `section` is not a dotted path.
    """
    outcome = _check(run_file, path, "", (env, section, allow_env, policy, offline, origins, False))
    del path, env
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def check_text(
    text: str,
    *,
    filename: str = "<string>",
    env: Mapping[str, str] | None = None,
    policy: Policy | None = None,
    section: str = limits.SECTION,
    allow_env: Iterable[str] | str | None = None,
    offline: bool = False,
    origins: bool = False,
) -> Report:
    """Check TOML text; `filename` names it in findings, the rest is as in `check_file`.

    Raises:
        TypeError: as in `check_file`.
        ValueError: as in `check_file`.
    """
    outcome = _check(run_text, text, filename, (env, section, allow_env, policy, offline, origins, False))
    del text, env
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def check_mapping(
    table: Mapping[str, Any],
    *,
    env: Mapping[str, str] | None = None,
    policy: Policy | None = None,
    section: str = limits.SECTION,
    allow_env: Iterable[str] | str | None = None,
    offline: bool = False,
    origins: bool = False,
) -> Report:
    """Check the section's own table; the rest is as in `check_file`.

    Raises:
        TypeError: as in `check_file`.
        ValueError: as in `check_file`.
    """
    outcome = _check(run_mapping, table, "", (env, section, allow_env, policy, offline, origins, False))
    del table, env
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def check_as_found(
    path: str,
    text: str | None = None,
    *,
    env: Mapping[str, str] | None = None,
    policy: Policy | None = None,
    section: str = limits.SECTION,
    allow_env: Iterable[str] | str | None = None,
    offline: bool = False,
) -> Report:
    """Check a found file, or its text: like `check_file`, but a near miss may be a table with another owner."""
    request = (env, section, allow_env, policy, offline, False, True)
    outcome = _check(run_file, path, "", request) if text is None else _check(run_text, text, path, request)
    del path, text, env, request
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def mapping_reader(
    env: Mapping[str, str] | None, policy: Policy | None, section: str, allow_env: Patterns | None
) -> Callable[[Any], CodeExecutionConfig | BaseException]:
    """Return a function that reads tables as `load_mapping` does, and returns what that would raise.

    Raises:
        TypeError: as in `load`.
        ValueError: as in `load`.
    """
    request = (env, section, allow_env, policy, False, False, False)
    _options(request)

    def read(table: Any) -> CodeExecutionConfig | BaseException:
        return _load(run_mapping, table, "", request, strict=False)  # type: ignore[no-any-return]

    return read


def _check(run: _Run, what: Any, filename: str, request: _Request) -> Report | BaseException:
    """Run a check for its report; return what it would raise."""
    return _load(run, what, filename, request, strict=None)  # type: ignore[no-any-return]


def _load(run: _Run, what: Any, filename: str, request: _Request, *, strict: bool | None) -> Any:
    """Run a check for its config, or for its report if `strict` is None; return what it would raise.

    An error is returned without its frames. They are removed without a call, as the caller may be near the recursion
    limit.
    """
    try:
        options = _options(request)
        outcome = run(what, filename, options)
        if isinstance(outcome, BaseException):
            return outcome
        if strict is not None and outcome.config is not None and not outcome.found:
            return outcome.config  # nothing to report
        from codeexec_config.reporting import report_of

        report = report_of(outcome, options)
        return report if strict is None else _verdict(report, strict=strict)
    except BaseException as error:  # noqa: BLE001 -- raised by the public function
        failure, frames = error, error.__traceback__
        error.__traceback__ = None
        if not isinstance(error, Exception) or isinstance(error, RecursionError | MemoryError):
            error.__context__ = (
                None  # it can arise anywhere; other errors arise in the host's code and keep its context
            )
    try:
        _note_place(failure, frames)
    except RecursionError:
        del frames  # no room for a note
    return failure


def _note_place(error: BaseException, frames: TracebackType | None) -> None:
    """Note where an error was raised, unless it is about the arguments."""
    from traceback import walk_tb

    *_, (frame, line) = walk_tb(frames)
    if frame.f_globals.get("__name__") not in _ENTRANCE:
        error.add_note(f"raised at {frame.f_code.co_filename}:{line}")


def _verdict(report: Report, *, strict: bool) -> CodeExecutionConfig | BaseException:
    if report.config is None or not report.ok or (strict and report.warnings):
        from codeexec_config.report import ConfigError

        return ConfigError(report.diagnostics)
    raised = _issue(report.warnings)
    return report.config if raised is None else raised


def _issue(found: tuple[Diagnostic, ...]) -> BaseException | None:
    """Issue warnings at the line that called the package; return what a filter or hook of the host raised."""
    import warnings

    from codeexec_config.report import ConfigWarning

    try:
        for diagnostic in found:
            warnings.warn(ConfigWarning(diagnostic), stacklevel=_callers_level())
    except BaseException as error:  # noqa: BLE001 -- raised by the public function
        own = error.__traceback__
        return error.with_traceback(own and own.tb_next)
    return None


def _callers_level() -> int:
    """Count the frames up to the first one outside; code that cattrs generates has no module name."""
    level = 0
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 -- inspect costs milliseconds to import
    while frame is not None and frame.f_globals.get("__name__", "cattrs").partition(".")[0] in _OWN:
        level += 1
        frame = frame.f_back
    return level + 1
