"""The typed config: a frozen model whose instances are valid, and on each field what is known of its key."""

# No annotations as text here: cattrs evaluates those of the fields, at every start-up.

import sys
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from itertools import chain
from types import CodeType, FrameType, MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self, TypeAlias, cast

import attrs

from codeexec_config import limits
from codeexec_config.keys import Bounds, ByFields, Key, described, keys_of, once_a_class
from codeexec_config.rules.alone import judge_fields
from codeexec_config.secret import Secret

if TYPE_CHECKING:
    from codeexec_config.findings import Finding, Path
    from codeexec_config.rules.across import ModeFacts
    from codeexec_config.rules.urls import Url

__all__ = ["CodeExecutionConfig", "External", "Mode", "Runtime", "Sandboxed", "Wasm"]


class Runtime(StrEnum):
    """The sandbox that isolates a run on this server."""

    DOCKER = "docker"
    FIRECRACKER = "firecracker"
    GVISOR = "gvisor"

    @property
    def summary(self) -> str:
        """One line on what isolates a run."""
        return _RUNTIMES[self][1]

    @property
    def isolation(self) -> int:
        """The rank of its isolation, the weakest first."""
        return _RUNTIMES[self][0]


_RUNTIMES: Final = {
    Runtime.DOCKER: (0, "Docker containers: the host's kernel is shared"),
    Runtime.FIRECRACKER: (2, "Firecracker microVMs: a virtual machine for each run, needs KVM"),
    Runtime.GVISOR: (1, "gVisor containers: a kernel of its own in user space"),
}
"""The rank and the text of each runtime; one that is missing here is unknown to the section."""
RUNTIME_TEXTS: Final = MappingProxyType({str(runtime): text for runtime, (_, text) in _RUNTIMES.items()})
_RUNTIME_ALIASES: Final = {
    **dict.fromkeys(("fc", "microvm", "microvms", "vm", "vms"), "firecracker"),
    "moby": "docker",
    "runsc": "gvisor",
}


def as_runtime(value: str) -> Runtime:
    """Return the member that a string names, to convert a field."""
    # A text that names none stays as it is, for the rules to say so with everything else.
    return Runtime(value) if isinstance(value, str) and value in RUNTIME_TEXTS else cast("Runtime", value)


def as_tuple(value: Sequence[str]) -> tuple[str, ...]:
    """Return a list as a tuple, to convert a field."""
    return tuple(value) if isinstance(value, list) else cast("tuple[str, ...]", value)


OWN_CODE: Final[dict[int, CodeType]] = {}
"""The code of the functions that our own use of cattrs has generated, by its id: hashing it would read all of it."""


def _guard(cls: type[Any], caller: FrameType) -> None:
    """Refuse what stock cattrs makes: it would drop unknown keys, and guess a variant by the keys that are left.

    Nothing but the frame that calls a class's `__init__` tells it from a host.
    """
    if OWN_CODE.get(id(caller.f_code)) is None and _is_cattrs(caller):
        raise TypeError(f"cattrs alone cannot make {cls.__name__}: call register_hooks(converter) first")


def _is_cattrs(frame: FrameType) -> bool:
    is_generated = frame.f_code.co_filename.startswith("<cattrs ")
    return is_generated or frame.f_globals.get("__name__", "").startswith("cattrs.")


class _Mode(ByFields):
    """Room beside the attrs fields for what the rules across keys need.

    `_settled` says that they have nothing to ask of this mode: its secrets are there and were read, and its URLs plain
    https. `_permitted` says that a policy permits plain http to them. `_stands_for` names the variant that a `Wasm`
    stands for because it could not be read.
    """

    __slots__ = ("_permitted", "_settled", "_stands_for")

    def __attrs_post_init__(self) -> None:
        _guard(type(self), sys._getframe(2))  # noqa: SLF001
        asked: dict[Path, Url | None] = {}
        if found := judge_fields(self, asked):
            _refuse(found)
        object.__setattr__(self, "_settled", not asked)

    def __copy__(self) -> Self:
        # attrs would copy its own fields alone.
        return self

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        return self


@attrs.frozen(kw_only=True, repr=False, eq=False)
class Wasm(_Mode):
    """Run code in the user's browser: Pyodide for python, QuickJS for javascript. The server runs nothing."""

    def __reduce__(self) -> "tuple[Callable[[], Wasm], tuple[()]]":
        # attrs would copy its own fields and lose the mark.
        return (stand_in if is_stand_in(self) else type(self)), ()


@attrs.frozen(kw_only=True, repr=False, eq=False)
class Sandboxed(_Mode):
    """Run code on this server, in a sandbox.

    Args:
        runtime: which sandbox; a member of `Runtime` or its string.

    Raises:
        ConfigError: the runtime is unknown.
    """

    runtime: Runtime = attrs.field(
        converter=as_runtime,
        metadata=described(
            Key(
                "choice",
                "the sandbox: docker, firecracker or gvisor",
                examples=tuple(RUNTIME_TEXTS),
                form="runtime",
                choices=RUNTIME_TEXTS,
                aliases=_RUNTIME_ALIASES,
            )
        ),
    )


@attrs.frozen(kw_only=True, repr=False, eq=False)
class External(_Mode):
    """Send code to an HTTP service.

    Args:
        url: the service's absolute http(s) URL, without credentials.
        api_key: the key, or None for a service that needs none.

    Raises:
        ConfigError: the URL or the key is one that no client could use.
    """

    url: str = attrs.field(
        metadata=described(
            Key(
                "text",
                "the service's absolute http or https URL; plain http only to loopback when there is a key",
                examples=("https://code-exec.example.com", "http://localhost:2000/api/v2", "${CODE_EXEC_URL}"),
                form="url",
            )
        )
    )
    api_key: Secret | None = attrs.field(
        default=None,
        metadata=described(
            Key(
                "secret",
                "the service's key, as a reference such as ${CODE_EXEC_API_KEY}; a key in the file earns a warning",
                examples=("${CODE_EXEC_API_KEY}", "${CODE_EXEC_API_KEY:?ask the platform team for a key}"),
            )
        ),
    )


Mode: TypeAlias = Wasm | Sandboxed | External
"""The tagged union of where code runs; `match` narrows it."""

_MODES: Final[dict[str, tuple[type[Mode], str]]] = {
    "wasm": (
        Wasm,
        "runs in the user's browser, Pyodide for Python and QuickJS for JavaScript; the server runs nothing",
    ),
    "sandboxed": (Sandboxed, "runs on this server, in a sandbox of the runtime named"),
    "external": (External, "sends the code to an HTTP service, with the key if there is one"),
}
"""The variant and the text of each mode, by its discriminator; a bare string names the first."""
VARIANTS: Final = MappingProxyType({name: variant for name, (variant, _) in _MODES.items()})
MODE_TEXTS: Final = MappingProxyType({name: text for name, (_, text) in _MODES.items()})
_NAMES: Final = {variant: name for name, variant in VARIANTS.items()}
_MODE_ALIASES: Final = {
    **dict.fromkeys(("browser", "pyodide", "quickjs", "webassembly"), "wasm"),
    **dict.fromkeys(("container", "containers", "isolated"), "sandboxed"),
    **dict.fromkeys(("api", "cloud", "hosted", "http", "https", "remote", "service"), "external"),
}


@attrs.frozen(kw_only=True, repr=False, eq=False)
class CodeExecutionConfig(ByFields):
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

    enabled: bool = attrs.field(
        default=True,
        metadata=described(
            Key(
                "boolean",
                "whether code execution is on; a disabled section is still checked, but needs no environment",
                examples=(True, False, "${CODE_EXEC_ENABLED:-true}"),
            )
        ),
    )
    mode: Mode = attrs.field(
        default=Wasm(),
        metadata=described(
            Key(
                "union",
                'where code runs: "wasm" in the browser, `sandboxed` on this server, `external` at a service',
                examples=(
                    "wasm",
                    {"sandboxed": {"runtime": "docker"}},
                    {"sandboxed": {"runtime": "gvisor"}},
                    {"external": {"url": "https://code-exec.example.com", "api_key": "${CODE_EXEC_API_KEY}"}},
                ),
                form="mode",
                choices=MODE_TEXTS,
                aliases=_MODE_ALIASES,
                variants=VARIANTS,
            )
        ),
    )
    allowed_languages: tuple[str, ...] = attrs.field(
        default=("python", "javascript"),
        converter=as_tuple,
        metadata=described(
            Key(
                "list",
                "the languages a program may be written in, by name, lower case; mode wasm runs python and "
                "javascript only",
                examples=(["python", "javascript"], ["python", "javascript", "bash"]),
                form="languages",
                item=Key("text", form="language"),
            )
        ),
    )
    timeout_secs: int = attrs.field(
        default=30,
        metadata=described(
            Key(
                "integer",
                "how long one run may take, in seconds, 1 to 86400 (one day)",
                examples=(30, 120, "${CODE_EXEC_TIMEOUT_SECS:-30}"),
                bounds=Bounds(
                    minimum=1,
                    maximum=86_400,
                    unit="second",
                    floor_reason="a program needs some time to run",
                    ceiling_reason="one run is limited to a day",
                ),
            )
        ),
    )
    max_memory_mb: int = attrs.field(
        default=256,
        metadata=described(
            Key(
                "integer",
                "how much memory one run may use, in MiB (1048576 bytes), 1 to 1048576; docker needs at least 6, "
                "wasm can address at most 4096",
                examples=(256, 2048, "${CODE_EXEC_MAX_MEMORY_MB:-256}"),
                bounds=Bounds(
                    minimum=1,
                    maximum=1_048_576,
                    unit="MiB",
                    floor_reason="a program needs some memory to run",
                    ceiling_reason="one run is limited to 1 TiB",
                ),
            )
        ),
    )

    def __attrs_post_init__(self) -> None:
        _guard(type(self), sys._getframe(2))  # noqa: SLF001
        found = judge_fields(self, {})
        if self.enabled is not False and (found or not _is_plainly_right(self)):
            found += _across(self, found)
        if found:
            _refuse(found)


def _refuse(found: "list[Finding]") -> NoReturn:
    from codeexec_config.diagnostics import placeless
    from codeexec_config.findings import listed
    from codeexec_config.report import ConfigError

    raise ConfigError(map(placeless, listed(found)))


_LANGUAGES: Final = frozenset(limits.LANGUAGES)
_ANY_MODES_MEMORY: Final = range(limits.DOCKER_MEMORY_FLOOR_MB, limits.WASM_MEMORY_CEILING_MB + 1)
_WASM_LANGUAGES: Final = frozenset(limits.WASM_LANGUAGES)


def _is_plainly_right(config: CodeExecutionConfig) -> bool:
    """Check, cheaply, that no rule across keys could find anything; where this says no, they may still find nothing."""
    names = config.allowed_languages
    if not names or config.max_memory_mb not in _ANY_MODES_MEMORY:
        return False
    if isinstance(config.mode, Wasm) and not _WASM_LANGUAGES.issuperset(names):
        return False
    return getattr(config.mode, "_settled", False)  # one that was unpickled says nothing


def _across(config: CodeExecutionConfig, found: "list[Finding]") -> "Iterator[Finding]":
    """Judge the fields of a config that is on together, as far as each is right by itself."""
    from codeexec_config.findings import few
    from codeexec_config.rules import across

    ill = {finding.path for finding in found}
    names = () if ("allowed_languages",) in ill else config.allowed_languages
    facts = across.Facts(
        enabled=True,
        mode=None if ("mode",) in ill else mode_facts(config.mode),
        languages=across.Languages(names, ill),
        memory=None if ("max_memory_mb",) in ill else config.max_memory_mb,
        allows_nothing=not names and ("allowed_languages",) not in ill,
    )
    unread = _unread(config.mode) if facts.mode is not None else ()
    return few(chain(unread, across.judge(facts)))


def _unread(mode: Mode) -> "Iterator[Finding]":
    """Yield a finding for a mode that holds what a disabled section does not read."""
    from codeexec_config.findings import Finding

    secrets = [getattr(mode, name) for name in _secrets_of(type(mode))]
    if is_stand_in(mode) or not all(secret is None or secret.resolved for secret in secrets):
        yield Finding(
            "unset-variable",
            "the mode holds a reference that was not read, because code execution was off",
            ("mode",),
            help="load the section again, with code execution on",
        )


def is_flawless(config: CodeExecutionConfig) -> bool:
    """Check, cheaply, that no rule can have a warning or a note on a config that is on.

    The constructors have found no error. What is left to remark on is a secret that is missing, which plain http
    without a key is part of, and a language that is not known or listed twice.
    """
    names = config.allowed_languages
    return getattr(config.mode, "_settled", False) and len(_LANGUAGES.intersection(names)) == len(names)


@once_a_class
def _secrets_of(cls: type[Any]) -> tuple[str, ...]:
    return tuple(key.name for key in keys_of(cls) if key.kind == "secret")


def mode_facts(mode: Mode) -> "ModeFacts":
    """Return what the rules across keys need of a mode."""
    from codeexec_config.rules.across import ModeFacts

    name = name_of(mode)
    asked: dict[Path, Url | None] = {}
    if not getattr(mode, "_permitted", False):
        judge_fields(mode, asked)
    urls = {("mode", name, *path): url for path, url in asked.items() if url is not None}
    is_keyed = any(getattr(mode, secret) is not None for secret in _secrets_of(type(mode)))
    return ModeFacts(name, getattr(mode, "runtime", None), urls, keyed=is_keyed)


def name_of(mode: Mode) -> str:
    """Return the discriminator of a mode."""
    return _NAMES.get(type(mode)) or next(name for name, cls in VARIANTS.items() if isinstance(mode, cls))


def permitted(mode: Mode) -> Mode:
    """Mark a mode as one that a policy permits to use plain http."""
    object.__setattr__(mode, "_permitted", True)
    return mode


def stand_in() -> Wasm:
    """Return a `Wasm` that stands for an external mode whose URL was not read."""
    mode = Wasm()
    object.__setattr__(mode, "_settled", False)
    object.__setattr__(mode, "_stands_for", "external")
    return mode


def is_stand_in(mode: Mode) -> bool:
    """Check whether a mode stands for one that was not read."""
    return hasattr(mode, "_stands_for")
