"""Judge values together, as far as they are known: what a mode can run, and how a service is reached."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config import limits
from codeexec_config.codes import Severity
from codeexec_config.findings import Finding
from codeexec_config.rules.alone import comes_from

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from codeexec_config.findings import Path
    from codeexec_config.rules.urls import Url

_MEMORY: Final = ("max_memory_mb",)
_LANGUAGES: Final = ("allowed_languages",)


def _nothing(_: Path) -> None:
    """Return None: no variable made the entry."""


class Language(NamedTuple):
    """An entry of `allowed_languages`: its path, its name, and the variables that made it, if any did."""

    path: Path
    name: str
    made: str | None = None


class Languages:
    """The well-formed entries of a list of languages, created lazily, as there may be a million.

    Args:
        names: the list; entries that are not strings are unknown.
        ill: the paths of entries that have a finding.
        made: returns the variables that made the entry at a path.
        path: the path of the list.
    """

    def __init__(
        self,
        names: Iterable[Any],
        ill: Container[Path] = (),
        made: Callable[[Path], str | None] = _nothing,
        path: Path = _LANGUAGES,
    ) -> None:
        self._names = names
        self._ill = ill
        self._made = made
        self._path = path

    @cached_property
    def known(self) -> frozenset[str]:
        """The known languages in the list."""
        return frozenset(name for name in self._names if isinstance(name, str) and name in limits.LANGUAGES)

    def __iter__(self) -> Iterator[Language]:
        for index, name in enumerate(self._names):
            path = (*self._path, index)
            if isinstance(name, str) and path not in self._ill:
                yield Language(path, name, self._made(path))


class ModeFacts(NamedTuple):
    """The known facts of a mode: its discriminator, the runtime, the valid URLs by path, whether it has a secret."""

    name: str
    runtime: str | None = None
    urls: Mapping[Path, Url] = {}
    keyed: bool = False


class Facts(NamedTuple):
    """What the rules look at; None is unknown, and not judged.

    Attributes:
        enabled: whether the section is on.
        mode: where code runs.
        languages: the entries that are well formed.
        memory: MiB, within its own limits.
        memory_made: the variables that made `memory`, if any did.
        allows_nothing: whether the list of languages is present and empty.
        elsewhere: whether another mode may be chosen.
    """

    enabled: bool
    mode: ModeFacts | None
    languages: Languages
    memory: int | None
    memory_made: str | None = None
    allows_nothing: bool = False
    elsewhere: bool = True


def judge(facts: Facts) -> Iterator[Finding]:
    """Yield what is wrong across keys; in a disabled section each is a warning."""
    if facts.allows_nothing and facts.enabled:
        yield _allows_nothing()
    if facts.mode is None:
        return
    for finding in _of_mode(facts, facts.mode):
        yield finding if facts.enabled else finding._replace(severity=Severity.WARNING)


def remarks(facts: Facts) -> Iterator[Finding]:
    """Yield the warnings on values without an error."""
    mode = facts.mode
    if _are_remarkable(entry.name for entry in _running(facts)):
        from codeexec_config.rules import languages

        yield from languages.remarks(_running(facts), facts.languages.known)
    if mode is not None and not mode.keyed:
        yield from (finding._replace(severity=Severity.WARNING) for finding in _cleartext(mode))


def _running(facts: Facts) -> Iterator[Language]:
    """Yield the languages, without those that the mode does not run, as they already have a finding."""
    is_wasm = facts.mode is not None and facts.mode.name == "wasm"
    return (entry for entry in facts.languages if not is_wasm or entry.name in limits.WASM_LANGUAGES)


def _are_remarkable(names: Iterable[str]) -> bool:
    """Check whether any name is unknown or listed twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen or name not in limits.LANGUAGES:
            return True
        seen.add(name)
    return False


def _of_mode(facts: Facts, mode: ModeFacts) -> Iterator[Finding]:
    if mode.name == "wasm":
        yield from _unsupported(facts)
    yield from _memory(facts, mode)
    if mode.keyed:
        yield from _cleartext(mode)


def _allows_nothing() -> Finding:
    return Finding(
        "empty-languages",
        "no language is allowed, so nothing can run",
        _LANGUAGES,
        help='name at least one, such as ["python"], or switch the section off with enabled = false',
    )


def _unsupported(facts: Facts) -> Iterator[Finding]:
    for entry in facts.languages:
        if entry.name not in limits.WASM_LANGUAGES:
            from codeexec_config.rules.languages import unsupported

            yield unsupported(entry, elsewhere=facts.elsewhere)


def _memory(facts: Facts, mode: ModeFacts) -> Iterator[Finding]:
    memory = facts.memory
    if memory is None:
        return
    made = facts.memory_made
    shown = "the value" if made else str(memory)
    source = comes_from(made)
    write = f"set {made} to" if made else "write"
    floor, ceiling = limits.DOCKER_MEMORY_FLOOR_MB, limits.WASM_MEMORY_CEILING_MB
    if mode.runtime == "docker" and memory < floor:
        yield Finding(
            "out-of-range",
            f"{shown} is less than the minimum of {floor} MiB that docker accepts{source}",
            _MEMORY,
            help=f"{write} {floor} or more",
        )
    if mode.name == "wasm" and memory > ceiling:
        yield Finding(
            "out-of-range",
            f"{shown} is more than the maximum of {ceiling} MiB that wasm can use: its addresses are 32-bit{source}",
            _MEMORY,
            help=f"{write} {ceiling} or less{', or choose another mode' if facts.elsewhere else ''}",
        )


def _cleartext(mode: ModeFacts) -> Iterator[Finding]:
    for path, url in mode.urls.items():
        if url.scheme != "http":
            continue
        from codeexec_config.rules.urls import is_loopback

        if not is_loopback(url.host):
            yield _insecure(path, url, keyed=mode.keyed)


def _insecure(path: Path, url: Url, *, keyed: bool) -> Finding:
    from codeexec_config.rules.urls import listening_hint

    what = "the key and all code" if keyed else "all code"
    host = "HOST" if url.made else url.host
    permit = (
        f'permit it in code with Policy(insecure_hosts=["{host}"]), on the command line with --policy FILE, '
        f'a TOML file with insecure_hosts = ["{host}"]'
    )
    source = f" of the URL from {url.made}" if url.made else ""
    return Finding(
        "insecure-url",
        f"plain http{source} sends {what} unencrypted; use https, or list the host in the policy's insecure_hosts",
        path,
        help=listening_hint(host) or permit,
    )


def missing_secret(path: Path) -> Finding:
    """Note a service that is called without a key."""
    return Finding(
        "missing-secret",
        "the service is called without a key",
        path,
        help=f'add {path[-1]} = "${{CODE_EXEC_API_KEY}}" if the service needs one',
    )
