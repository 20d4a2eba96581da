"""How the records are shown, copied and pickled."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast

import attrs

from codeexec_config.executor import require

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


def size(value: Any) -> str:
    """Return a repr that shows only the size: a repr ends up in logs, and programs and outputs may contain anything.

    For a value without a size, which a traceback may show when a constructor refuses it, show the type.
    """
    return f"<{len(value) if hasattr(value, '__len__') else type(value).__name__}>"


def mapping_field() -> Any:
    """Define a field for a mapping, which is copied, read-only, and shown by its size."""
    return attrs.field(factory=dict, converter=require.frozen_mapping, hash=False, repr=size)


class Portable:
    """Pickle and deepcopy through the constructor, as a read-only mapping supports neither."""

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
