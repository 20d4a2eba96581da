"""The explanation of one code."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_VARIABLES: Final[Mapping[str, str]] = MappingProxyType({})


class Explanation(NamedTuple):
    """What a code means, with a file that has it and the same file repaired.

    Attributes:
        meaning: what was found, in one line without a full stop.
        reason: why that is reported.
        cure: what to do about it.
        broken: a TOML text that has this code and no other.
        repaired: the text with the cure applied, which has no finding.
        setting: what else causes the finding, such as how the text was saved.
        env: the variables that both texts see.
        allow_env: globs of the variables that they may read.
        policy: the host's policy, as TOML.
    """

    meaning: str
    reason: str
    cure: str
    broken: str
    repaired: str
    setting: str = ""
    env: Mapping[str, str] = _NO_VARIABLES
    allow_env: tuple[str, ...] | None = None
    policy: str = ""
