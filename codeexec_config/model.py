"""The typed config: a frozen model whose instances are valid by construction."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias, cast

import attrs

from codeexec_config import checks, limits
from codeexec_config.diagnostics import ConfigError, Finding, Severity
from codeexec_config.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["CodeExecutionConfig", "External", "Mode", "Runtime", "Sandboxed", "Wasm"]


class Runtime(StrEnum):
    """The sandbox that isolates a run on this server."""

    DOCKER = "docker"
    FIRECRACKER = "firecracker"
    GVISOR = "gvisor"


def _as_runtime(value: str) -> Runtime:
    # A text that names none stays as it is, for the rules to say so with everything else.
    return Runtime(value) if isinstance(value, str) and value in limits.RUNTIMES else cast("Runtime", value)


def _as_tuple(value: Sequence[str]) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else cast("tuple[str, ...]", value)


class _StandIn:
    """Room for a mark beside the attrs fields: this `Wasm` stands for an external mode that could not be read."""

    __slots__ = ("_stands_for",)


@attrs.frozen(kw_only=True)
class Wasm(_StandIn):
    """Run code in the user's browser: Pyodide for python, QuickJS for javascript. The server runs nothing."""

    def __reduce__(self) -> tuple[Callable[[], Wasm], tuple[()]]:
        # attrs would copy its own fields and lose the mark.
        return (stand_in if is_stand_in(self) else Wasm), ()


@attrs.frozen(kw_only=True)
class Sandboxed:
    """Run code on this server, in a sandbox.

    Args:
        runtime: which sandbox; a member of `Runtime` or its string.

    Raises:
        ConfigError: the runtime is unknown.
    """

    runtime: Runtime = attrs.field(converter=_as_runtime)

    def __attrs_post_init__(self) -> None:
        _refuse(_sandboxed_findings(self))


@attrs.frozen(kw_only=True)
class External:
    """Send code to an HTTP service.

    Args:
        url: the service's absolute http(s) URL, without credentials.
        api_key: the key, or None for a service that needs none.

    Raises:
        ConfigError: the URL or the key is one that no client could use.
    """

    url: str
    api_key: Secret | None = None

    def __attrs_post_init__(self) -> None:
        _refuse(_external_findings(self))


Mode: TypeAlias = Wasm | Sandboxed | External
"""The tagged union of where code runs; `match` narrows it."""


@attrs.frozen(kw_only=True)
class CodeExecutionConfig:
    """What a host may let a model run, where, and within which limits.

    Args:
        enabled: whether code execution is on.
        mode: where code runs.
        allowed_languages: names in lower case; a list or a tuple, kept as a tuple.
        timeout_secs: seconds that one run may take, 1 to 86 400.
        max_memory_mb: MiB (1 048 576 bytes) that one run may use, 1 to 1 048 576.

    Raises:
        ConfigError: a value, or several together, that the loader would refuse; it lists them all.
    """

    enabled: bool = limits.DEFAULT_ENABLED
    mode: Mode = attrs.field(factory=Wasm)
    allowed_languages: tuple[str, ...] = attrs.field(default=limits.DEFAULT_LANGUAGES, converter=_as_tuple)
    timeout_secs: int = limits.DEFAULT_TIMEOUT_SECS
    max_memory_mb: int = limits.DEFAULT_MAX_MEMORY_MB

    def __attrs_post_init__(self) -> None:
        _refuse(_config_findings(self))


def _refuse(findings: Iterable[Finding]) -> None:
    errors = [f for f in findings if f.weight is Severity.ERROR]
    if errors:
        raise ConfigError(finding.placeless() for finding in errors)


def wrong_type(key: str, expected: str) -> Finding:
    """Say that a field is not of its type; the value stays out of it."""
    return Finding("wrong-type", f"`{key}` must be {expected}", (key,))


def _sandboxed_findings(mode: Sandboxed) -> Iterator[Finding]:
    runtime: object = mode.runtime
    if isinstance(runtime, Runtime):
        return
    if isinstance(runtime, str):
        yield Finding(
            "unknown-runtime",
            "this is no runtime",
            ("runtime",),
            help=f"write one of {', '.join(limits.RUNTIMES)}",
        )
    else:
        yield wrong_type("runtime", "a Runtime or its name")


def _external_findings(mode: External) -> Iterator[Finding]:
    target: object = mode.url
    key: object = mode.api_key
    found = checks.url(target) if isinstance(target, str) else wrong_type("url", "a str")
    if found:
        yield found
    if isinstance(key, Secret):
        flaw = checks.secret(key.reveal()) if key.resolved else None
        if flaw:
            yield flaw
    elif key is not None:
        yield wrong_type("api_key", "a Secret or None")


def _config_findings(config: CodeExecutionConfig) -> Iterator[Finding]:
    enabled: object = config.enabled
    if not isinstance(enabled, bool):
        yield wrong_type("enabled", "a bool")
    mode: object = config.mode
    choice = choice_of(config.mode) if isinstance(mode, Wasm | Sandboxed | External) else None
    if choice is None:
        yield wrong_type("mode", "a Wasm, Sandboxed or External")
    on = enabled is not False
    alone = [*_languages_findings(config, enabled=on), *_number_findings(config)]
    yield from alone
    ill = {finding.path for finding in alone}
    names = config.allowed_languages if ("allowed_languages",) not in ill else ()
    yield from checks.across(
        enabled=on,
        choice=choice,
        languages=[checks.Language(*pair) for pair in enumerate(names) if ("allowed_languages", pair[0]) not in ill],
        memory=None if ("max_memory_mb",) in ill else config.max_memory_mb,
    )


def _languages_findings(config: CodeExecutionConfig, *, enabled: bool) -> Iterator[Finding]:
    names: object = config.allowed_languages
    if not isinstance(names, tuple):
        yield wrong_type("allowed_languages", "a list or tuple of str")
        return
    empty = None if names else checks.empty_languages(enabled=enabled)
    if empty:
        yield empty
    for place, name in enumerate(names):
        if not isinstance(name, str):
            yield wrong_type("allowed_languages", "a list or tuple of str")._replace(path=("allowed_languages", place))
        elif found := checks.language(checks.Language(place, name)):
            yield found


def _number_findings(config: CodeExecutionConfig) -> Iterator[Finding]:
    for key in limits.BOUNDS:
        value: object = getattr(config, key)
        if not isinstance(value, int) or isinstance(value, bool):
            yield wrong_type(key, "an int")
        elif found := checks.bounded(key, value):
            yield found


def choice_of(mode: Mode) -> checks.Choice:
    """Give the facts of a valid mode that the rules across keys need."""
    if isinstance(mode, External):
        return checks.choice_of_url(mode.url, keyed=mode.api_key is not None)
    return checks.Choice("sandboxed", runtime=mode.runtime) if isinstance(mode, Sandboxed) else checks.WASM


def stand_in() -> Wasm:
    """Give a `Wasm` that stands for an external mode whose URL was not read."""
    mode = Wasm()
    object.__setattr__(mode, "_stands_for", "external")
    return mode


def is_stand_in(mode: Mode) -> bool:
    """Say whether a mode stands for one that was not read."""
    return hasattr(mode, "_stands_for")


DEFAULT: Final = CodeExecutionConfig()
"""What an absent section means."""
