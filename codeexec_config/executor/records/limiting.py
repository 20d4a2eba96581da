"""The limits of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import attrs

from codeexec_config.executor import require
from codeexec_config.keys import ByFields
from codeexec_config.limits import MEBIBYTE

if TYPE_CHECKING:
    from codeexec_config.model import CodeExecutionConfig

CONFIG_KEY: Final = "codeexec_config.key"
"""The metadata of a limit that the config sets: the config's key, and the factor from its unit to the limit's."""


def _positive_seconds(_: object, field: attrs.Attribute[float], value: float) -> None:
    require.seconds(field.name, value, zero=False)


def _positive_int(_: object, field: attrs.Attribute[int], value: int) -> None:
    require.positive(field.name, value)


@attrs.frozen(kw_only=True, repr=False)
class ExecutionLimits(ByFields):
    """The limits of one run; every limit is a number, never "none".

    Limits belong to a request. If a framework takes them in its constructor, an adapter constructs one for each run, or
    refuses requests with other limits than those that it was created with.

    Args:
        wall_secs: seconds from the start of the user's code, fractions included; the executor's own start-up and the
            wait for a place are not counted.
        memory_bytes: memory of the program and all its children together.
        output_bytes: bytes of each of the two streams.
        artifact_bytes: bytes of all artifacts together.

    Raises:
        TypeError: a limit has another type.
        ValueError: a limit is not positive.
    """

    wall_secs: float = attrs.field(validator=_positive_seconds, metadata={CONFIG_KEY: ("timeout_secs", 1)})
    memory_bytes: int = attrs.field(validator=_positive_int, metadata={CONFIG_KEY: ("max_memory_mb", MEBIBYTE)})
    output_bytes: int = attrs.field(default=MEBIBYTE, validator=_positive_int)
    artifact_bytes: int = attrs.field(default=16 * MEBIBYTE, validator=_positive_int)

    @classmethod
    def from_config(cls, config: CodeExecutionConfig) -> Self:
        """Return the limits that a config sets; limits without a key have their defaults."""
        configured = ((field.name, field.metadata.get(CONFIG_KEY)) for field in attrs.fields(cls))
        return cls(**{name: getattr(config, key[0]) * key[1] for name, key in configured if key})

    def clamped_to(self, ceiling: ExecutionLimits) -> Self:
        """Return the lower of each pair of limits."""
        names = [field.name for field in attrs.fields(type(ceiling))]
        return attrs.evolve(self, **{name: min(getattr(self, name), getattr(ceiling, name)) for name in names})
