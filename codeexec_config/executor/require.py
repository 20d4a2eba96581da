"""The checks of the records. No message contains the value, which may be a user's code, input or key."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

_EXTENSION = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)+")


def frozen_mapping(value: Any) -> Any:
    """Copy a mapping into a read-only one; leave anything else for `mapping` to refuse."""
    return MappingProxyType(dict(value)) if isinstance(value, Mapping) else value


def frozen_paths(value: Sequence[str]) -> tuple[str, ...]:
    """Copy a list into a tuple; leave anything else for `paths` to refuse."""
    return tuple(value) if isinstance(value, list) else cast("tuple[str, ...]", value)


def instance(name: str, value: object, kind: type, *, optional: bool = False) -> None:
    """Refuse a value of another type; a bool does not pass for an int."""
    if optional and value is None:
        return
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{name} must be {_article(kind)}{' or None' if optional else ''}")


def _article(kind: type) -> str:
    return f"an {kind.__name__}" if kind.__name__[0] in "aeiouAEIOU" else f"a {kind.__name__}"


def text(name: str, value: object) -> None:
    """Refuse anything but a non-empty str."""
    instance(name, value, str)
    if not value:
        raise ValueError(f"{name} must not be empty")


def positive(name: str, value: int) -> None:
    """Refuse anything but an int from 1 up."""
    instance(name, value, int)
    if value < 1:
        raise ValueError(f"{name} must be at least 1")


def seconds(name: str, value: object, *, zero: bool) -> None:
    """Refuse anything but a finite number of seconds, which may be 0 only with `zero`."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number of seconds")
    # Compared, since isfinite cannot convert a very large int to a float, and nor can later additions.
    if not 0 <= value <= sys.float_info.max or (value == 0 and not zero):
        raise ValueError(f"{name} must be finite and {'0 or more' if zero else 'more than 0'}")


def mapping(name: str, value: object, kind: type | None = None) -> None:
    """Refuse anything but a mapping from str to `kind`."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a mapping")
    if not all(isinstance(key, str) for key in value):
        raise TypeError(f"{name} must have keys of type str")
    if kind and not all(isinstance(item, kind) for item in value.values()):
        raise TypeError(f"{name} must have values of type {kind.__name__}")


def variables(name: str, value: Mapping[str, str]) -> None:
    """Refuse anything that cannot be an environment: the kernel ends a name at `=` and a value at NUL."""
    mapping(name, value, str)
    if any(not key or "=" in key or "\0" in key for key in value):
        raise ValueError(f"{name} contains a name that no environment can have")
    if any("\0" in item for item in value.values()):
        raise ValueError(f"{name} contains a value with a NUL character")


def files(name: str, value: Mapping[str, bytes]) -> None:
    """Refuse anything but a mapping from paths inside the working folder to bytes."""
    mapping(name, value, bytes)
    if not all(is_inside(path) for path in value):
        raise ValueError(f"{name} must have relative POSIX paths without `..` as its keys")


def paths(name: str, value: object) -> None:
    """Refuse anything but a tuple of paths inside the working folder."""
    if not isinstance(value, tuple) or not all(isinstance(path, str) for path in value):
        raise TypeError(f"{name} must be a list or tuple of str")
    if not all(is_inside(path) for path in value):
        raise ValueError(f"{name} must be relative POSIX paths without `..`")


def is_inside(path: str) -> bool:
    """Return whether a path stays in its folder on every system: a backslash separates names on some."""
    parts = path.split("/")
    return not ({"", ".", ".."} & set(parts)) and "\0" not in path and "\\" not in path


def extensions(name: str, value: Mapping[str, Any]) -> None:
    """Refuse keys that do not name their vendor."""
    mapping(name, value)
    if not all(_EXTENSION.fullmatch(key) for key in value):
        raise ValueError(f'{name} must have keys of the form "vendor.name"')
