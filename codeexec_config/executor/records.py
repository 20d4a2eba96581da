"""What goes into an executor and what comes out: frozen records, valid by construction."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, cast

import attrs

from codeexec_config import limits
from codeexec_config.executor import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from codeexec_config.model import CodeExecutionConfig

__all__ = [
    "FAULT_EXTENSION",
    "PROTOCOL",
    "Capability",
    "ErrorInfo",
    "ExecutionLimits",
    "ExecutionRequest",
    "ExecutionResult",
    "ExecutorInfo",
    "LanguageSupport",
    "OutputChunk",
    "SessionRequest",
    "Status",
    "StreamName",
]

PROTOCOL: Final = (1, 1)
"""The protocol's version: fields may grow within a major one, statuses and signatures may not."""

CONFIG_KEY: Final = "codeexec_config.key"
"""The metadata of a limit that the config sets: the config's key, and the factor from its unit to the limit's."""

FAULT_EXTENSION: Final = "codeexec_config.fault"
"""The extension that asks an executor with `fault_injection` for a back end that breaks; its value is "backend"."""

StreamName = Literal["stdout", "stderr"]

_T = TypeVar("_T")


class Status(StrEnum):
    """How a run ended; closed within a protocol major, and never to be guessed from an exit code."""

    COMPLETED = "completed"
    """Ended by itself, and well."""
    FAILED = "failed"
    """Ended by itself, badly: a non-zero exit, an uncaught error, a syntax error."""
    TIMED_OUT = "timed_out"
    """Stopped at `wall_secs`."""
    MEMORY_EXCEEDED = "memory_exceeded"
    """Stopped at `memory_bytes`."""
    OUTPUT_EXCEEDED = "output_exceeded"
    """Stopped because it wrote more than `output_bytes`."""
    KILLED = "killed"
    """Any other involuntary end."""


class Capability(StrEnum):
    """What an executor may declare for a language, beyond running it; a declared one is held to by the kit.

    Five stand for fields of a request: `stdin`, `env`, `files`, `artifacts` (for `collect`) and `sessions`. An executor
    with `fault_injection` answers a request that holds the extension `FAULT_EXTENSION` as if its back end broke while
    the program runs; tests of the host and the kit use it.

    The promises of isolation are meant whole:

    * `no_network`: neither TCP nor UDP, over IPv4 or IPv6, nor abstract Unix sockets.
    * `isolated_fs`: no file, descriptor, device or kernel setting of the host, for reading or for writing.
    * `clean_env`: no variable of the host anywhere a program can look, `/proc/*/environ` included.
    * `isolated_processes`: the program neither sees nor signals a process of the host.
    * `disk`: what a program writes is bounded; it cannot fill the host's disk.
    * `host_death`: a program does not outlive its time limit when the host is killed.
    """

    EXIT_CODE = "exit_code"
    SIGNALS = "signals"
    STDERR = "stderr"
    BYTES = "bytes"
    MEMORY = "memory"
    MEMORY_STATUS = "memory_status"
    PIDS = "pids"
    CANCEL = "cancel"
    NO_NETWORK = "no_network"
    ISOLATED_FS = "isolated_fs"
    CLEAN_ENV = "clean_env"
    ISOLATED_PROCESSES = "isolated_processes"
    DISK = "disk"
    HOST_DEATH = "host_death"
    STDIN = "stdin"
    ENV = "env"
    FILES = "files"
    ARTIFACTS = "artifacts"
    SESSIONS = "sessions"
    CLOSE = "close"
    FAULT_INJECTION = "fault_injection"


def _size(value: Any) -> str:
    # Programs, inputs and outputs may hold anything, and a repr ends up in a log.
    return f"<{len(value)}>"


def _presence(value: object) -> str:
    return "None" if value is None else "<...>"


class _Portable:
    """Pickle and deepcopy through the constructor: a read-only mapping can do neither by itself."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[type, dict[str, Any]]]:
        state = {
            field.name: _plain(getattr(self, field.name))
            for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(self)))
        }
        return _rebuild, (type(self), state)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, MappingProxyType) else value


def _rebuild(kind: Callable[..., _T], state: dict[str, Any]) -> _T:
    return kind(**state)


def _mapping_field(*, shown: bool = False) -> Any:
    return attrs.field(factory=dict, converter=require.frozen_mapping, hash=False, repr=True if shown else _size)


def _positive_seconds(_: object, field: attrs.Attribute[float], value: float) -> None:
    require.seconds(field.name, value, zero=False)


def _positive_int(_: object, field: attrs.Attribute[int], value: int) -> None:
    require.positive(field.name, value)


@attrs.frozen(kw_only=True)
class ExecutionLimits:
    """What one run may use; every limit is a number, never "none".

    A limit that the config sets has a key of it in its field's metadata, so that a new one is a field and nothing else.

    Args:
        wall_secs: seconds from the start of the user's code; the executor's own start-up is not counted.
        memory_bytes: memory of the program and all its children together.
        output_bytes: bytes of each of the two streams.
        artifact_bytes: bytes of all artifacts together.

    Raises:
        TypeError: a limit has another type.
        ValueError: a limit is not positive.
    """

    wall_secs: float = attrs.field(validator=_positive_seconds, metadata={CONFIG_KEY: ("timeout_secs", 1)})
    memory_bytes: int = attrs.field(validator=_positive_int, metadata={CONFIG_KEY: ("max_memory_mb", limits.MEBIBYTE)})
    output_bytes: int = attrs.field(default=limits.MEBIBYTE, validator=_positive_int)
    artifact_bytes: int = attrs.field(default=16 * limits.MEBIBYTE, validator=_positive_int)

    @classmethod
    def from_config(cls, config: CodeExecutionConfig) -> ExecutionLimits:
        """Return the limits that a config sets; those that it does not know have their defaults."""
        configured = ((field.name, field.metadata.get(CONFIG_KEY)) for field in attrs.fields(cls))
        return cls(**{name: getattr(config, key[0]) * key[1] for name, key in configured if key})

    def clamped_to(self, ceiling: ExecutionLimits) -> ExecutionLimits:
        """Return the lower of each pair of limits."""
        names = [field.name for field in attrs.fields(ExecutionLimits)]
        return ExecutionLimits(**{name: min(getattr(self, name), getattr(ceiling, name)) for name in names})


@attrs.frozen(kw_only=True)
class ExecutionRequest(_Portable):
    """One program to run.

    Args:
        language: its name, as in `allowed_languages`.
        code: the source text.
        limits: what the run may use.
        stdin: bytes for its standard input; needs the capability `stdin` unless empty.
        env: variables added to its environment; `env` unless empty.
        files: files put into its working folder, by relative POSIX path without `..`; `files` unless empty.
        collect: paths of that folder to bring back afterwards; `artifacts` unless empty.
        session: the session to run it in; `sessions` unless None.
        request_id: the host's own name for the run, for logs.
        extensions: what a vendor's executor takes besides, by "vendor.name".

    Raises:
        TypeError: a field has another type; the message does not hold the value.
        ValueError: a path leads out of the folder, a variable's or an extension's name is none.
    """

    language: str
    code: str = attrs.field(repr=_size)
    limits: ExecutionLimits
    stdin: bytes = attrs.field(default=b"", repr=_size)
    env: Mapping[str, str] = _mapping_field()
    files: Mapping[str, bytes] = _mapping_field()
    collect: tuple[str, ...] = attrs.field(default=(), converter=require.frozen_paths)
    session: str | None = None
    request_id: str | None = None
    extensions: Mapping[str, Any] = _mapping_field()

    def __attrs_post_init__(self) -> None:
        require.text("language", self.language)
        require.instance("code", self.code, str)
        require.instance("limits", self.limits, ExecutionLimits)
        require.instance("stdin", self.stdin, bytes)
        require.variables("env", self.env)
        require.files("files", self.files)
        require.paths("collect", self.collect)
        require.instance("session", self.session, str, optional=True)
        require.instance("request_id", self.request_id, str, optional=True)
        require.extensions("extensions", self.extensions)

    @property
    def needs(self) -> tuple[Capability, ...]:
        """The capabilities that the fields in use call for."""
        used = {
            Capability.STDIN: bool(self.stdin),
            Capability.ENV: bool(self.env),
            Capability.FILES: bool(self.files),
            Capability.ARTIFACTS: bool(self.collect),
            Capability.SESSIONS: self.session is not None,
        }
        return tuple(capability for capability, is_used in used.items() if is_used)


@attrs.frozen(kw_only=True)
class SessionRequest(_Portable):
    """A session to open: programs that run in it one after the other see what the earlier ones left.

    Args:
        language: the language of all its programs.
        limits: what the session's interpreter may use; each request has its own, which may be lower.
        extensions: what a vendor's executor takes besides, by "vendor.name".

    Raises:
        TypeError: a field has another type.
        ValueError: an extension's name is none.
    """

    language: str
    limits: ExecutionLimits
    extensions: Mapping[str, Any] = _mapping_field()

    def __attrs_post_init__(self) -> None:
        require.text("language", self.language)
        require.instance("limits", self.limits, ExecutionLimits)
        require.extensions("extensions", self.extensions)


@attrs.frozen(kw_only=True)
class ErrorInfo:
    """The error that ended a program, when its interpreter tells.

    Args:
        type: its class or kind, such as `ZeroDivisionError`.
        message: what it says.
        traceback: where it happened, as the language prints it.
    """

    type: str
    message: str = attrs.field(default="", repr=_size)
    traceback: str = attrs.field(default="", repr=_size)

    def __attrs_post_init__(self) -> None:
        for name in ("type", "message", "traceback"):
            require.instance(name, getattr(self, name), str)


@attrs.frozen(kw_only=True)
class ExecutionResult(_Portable):
    """The verdict on one program, and what it left.

    Args:
        status: how it ended; a member of `Status` or its string.
        exit_code: the program's own, or None when it is not known: an unknown one is never 0.
        signal: the number of the signal that ended it, if one did.
        stdout: what it wrote, as bytes; `text()` is a view of them.
        stderr: the same of the other stream; empty when the executor cannot part the two.
        stdout_truncated: whether there was more than `output_bytes`.
        stderr_truncated: the same of the other stream.
        value: the value of the last expression, for executors that give one.
        error: the error that ended it, when the interpreter tells.
        artifacts: the collected files; one that the program did not write is left out.
        wall_secs: seconds from the start of the user's code, when measured.
        peak_memory_bytes: the most that it used, when measured.
        detail: words for a person, such as the engine's own state.
        extensions: what a vendor's executor gives besides, by "vendor.name".

    Raises:
        TypeError: a field has another type, such as text where bytes are due.
        ValueError: the fields contradict each other: completed with exit code 3, failed with 0.
    """

    status: Status = attrs.field(converter=Status)
    exit_code: int | None = None
    signal: int | None = None
    stdout: bytes = attrs.field(default=b"", repr=_size)
    stderr: bytes = attrs.field(default=b"", repr=_size)
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    value: Any = attrs.field(default=None, repr=_presence, hash=False)
    error: ErrorInfo | None = None
    artifacts: Mapping[str, bytes] = _mapping_field()
    wall_secs: float | None = None
    peak_memory_bytes: int | None = None
    detail: str = attrs.field(default="", repr=_size)
    extensions: Mapping[str, Any] = _mapping_field()

    def __attrs_post_init__(self) -> None:
        self._require_types()
        self._require_measures()
        self._require_agreement()

    def _require_types(self) -> None:
        require.instance("exit_code", self.exit_code, int, optional=True)
        for name in ("stdout", "stderr"):
            require.instance(name, getattr(self, name), bytes)
            require.instance(f"{name}_truncated", getattr(self, f"{name}_truncated"), bool)
        require.instance("error", self.error, ErrorInfo, optional=True)
        require.files("artifacts", self.artifacts)
        require.instance("detail", self.detail, str)
        require.extensions("extensions", self.extensions)

    def _require_measures(self) -> None:
        if self.signal is not None:
            require.positive("signal", self.signal)
        if self.wall_secs is not None:
            require.seconds("wall_secs", self.wall_secs, zero=True)
        if self.peak_memory_bytes is not None:
            require.positive("peak_memory_bytes", self.peak_memory_bytes)

    def _require_agreement(self) -> None:
        if self.status is Status.COMPLETED:
            if self.exit_code not in (None, 0):
                raise ValueError("a completed run has exit code 0, or None when it is not known")
            if self.signal is not None or self.error is not None:
                raise ValueError("a completed run ended by no signal and no error")
        if self.status in (Status.FAILED, Status.MEMORY_EXCEEDED) and self.exit_code == 0:
            raise ValueError(f"a run that is {self.status} has no exit code 0; None when it is not known")

    @property
    def ok(self) -> bool:
        """Whether the program completed."""
        return self.status is Status.COMPLETED

    def text(self, stream: StreamName = "stdout") -> str:
        """Give a stream as text: UTF-8, with U+FFFD for what is none (a cut may part a character)."""
        return (self.stdout if stream == "stdout" else self.stderr).decode("utf-8", "replace")


@attrs.frozen(kw_only=True)
class OutputChunk:
    """A piece of a running program's output, from an executor that streams."""

    stream: StreamName
    data: bytes = attrs.field(repr=_size)

    def __attrs_post_init__(self) -> None:
        if self.stream not in ("stdout", "stderr"):
            raise ValueError("stream must be stdout or stderr")
        require.instance("data", self.data, bytes)


def _capabilities(value: Iterable[Capability | str]) -> frozenset[Capability]:
    if isinstance(value, str):
        raise TypeError("capabilities must be several, not one str")
    return frozenset(Capability(item) for item in value)


@attrs.frozen(kw_only=True)
class LanguageSupport:
    """How an executor runs one language.

    Args:
        version: of the language's implementation, such as "3.12.4" or "node 20".
        capabilities: members of `Capability` or their strings; declare what the kit has seen, and no more.

    Raises:
        TypeError: the version is no str, or one str stands for the capabilities.
        ValueError: a capability is none of the closed list.
    """

    version: str
    capabilities: frozenset[Capability] = attrs.field(default=frozenset(), converter=_capabilities)

    def __attrs_post_init__(self) -> None:
        require.instance("version", self.version, str)


def _languages(value: Mapping[str, LanguageSupport]) -> Mapping[str, LanguageSupport]:
    return cast("Mapping[str, LanguageSupport]", require.frozen_mapping(value))


@attrs.frozen(kw_only=True)
class ExecutorInfo(_Portable):
    """What an executor says of itself, the same each time it is asked.

    Args:
        name: of the executor, for logs.
        languages: each language that it runs, by its lower-case name.
        protocol: the version of this protocol that it was written for.
        startup_secs: the most that a cold start takes before the user's code begins; deadlines allow for it.
        warm_startup_secs: what a start takes once the executor is warm, when it knows; no deadline rests on it.
        max_concurrency: how many runs it takes at once, or None for no bound of its own; the guard keeps to it.

    Raises:
        TypeError: a field has another type.
        ValueError: the name is empty, a time is negative or not finite, a warm start is slower than a cold one, or
            `max_concurrency` is less than 1.
    """

    name: str
    languages: Mapping[str, LanguageSupport] = attrs.field(converter=_languages, hash=False)
    protocol: tuple[int, int] = PROTOCOL
    startup_secs: float = 0.0
    warm_startup_secs: float | None = None
    max_concurrency: int | None = None

    def __attrs_post_init__(self) -> None:
        require.text("name", self.name)
        require.mapping("languages", self.languages, LanguageSupport)
        require.instance("protocol", self.protocol, tuple)
        if [type(part) for part in self.protocol] != [int, int]:
            raise ValueError("protocol must be a major and a minor number")
        require.seconds("startup_secs", self.startup_secs, zero=True)
        self._require_warm_start()
        if self.max_concurrency is not None:
            require.positive("max_concurrency", self.max_concurrency)

    def _require_warm_start(self) -> None:
        if self.warm_startup_secs is None:
            return
        require.seconds("warm_startup_secs", self.warm_startup_secs, zero=True)
        if self.warm_startup_secs > self.startup_secs:
            raise ValueError("warm_startup_secs must not exceed startup_secs, the most that a start takes")
