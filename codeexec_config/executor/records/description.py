"""What an executor declares about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import attrs

from codeexec_config.executor import require
from codeexec_config.executor.records.portable import Portable
from codeexec_config.executor.records.vocabulary import PROTOCOL, Capability
from codeexec_config.keys import ByFields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def _capabilities(value: Iterable[Capability | str]) -> frozenset[Capability]:
    if isinstance(value, str):
        raise TypeError("capabilities must be a collection, not one str")
    return frozenset(Capability(item) for item in value)


@attrs.frozen(kw_only=True, repr=False)
class LanguageSupport(ByFields):
    """How an executor runs one language.

    Args:
        version: of the language's implementation, such as "3.12.4" or "node 20"; None if only I/O could tell.
        capabilities: members of `Capability` or their strings; declare only what the kit has confirmed.

    Raises:
        TypeError: the version is not a str, or the capabilities are a single str.
        ValueError: a capability is unknown.
    """

    version: str | None = None
    capabilities: frozenset[Capability] = attrs.field(default=frozenset(), converter=_capabilities)

    def __attrs_post_init__(self) -> None:
        require.instance("version", self.version, str, optional=True)


def _languages(value: Mapping[str, LanguageSupport]) -> Mapping[str, LanguageSupport]:
    return cast("Mapping[str, LanguageSupport]", require.frozen_mapping(value))


@attrs.frozen(kw_only=True, repr=False)
class ExecutorInfo(Portable, ByFields):
    """What an executor declares about itself, the same each time.

    Args:
        name: of the executor, for logs and for `sweep`.
        languages: each language that it runs, by its lower-case name.
        protocol: the version of this protocol that it was written for.
        startup_secs: the longest time that a cold start takes before the user's code begins; deadlines allow for it.
        warm_startup_secs: how long a start takes once the executor is warm, if known; no deadline depends on it.
        max_concurrency: how many simultaneous runs it accepts, or None for any number; the guard enforces it.

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
