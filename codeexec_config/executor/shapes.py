"""Check whether an object has the shape of an executor, which `isinstance` on a protocol cannot do."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config.executor.records import PROTOCOL, Capability, ExecutorInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_executor"]


class _Shape(NamedTuple):
    """How a method of the protocols is called."""

    name: str
    records: int
    awaited: bool = False


DESCRIBE: Final = _Shape("describe", 0)
EXECUTE: Final = _Shape("execute", 1)
EXECUTE_ASYNC: Final = _Shape("execute_async", 1, awaited=True)

SYNC_EXTRAS: Final = (
    _Shape("close", 0),
    _Shape("check_health", 0),
    _Shape("sweep", 0),
    _Shape("open_session", 1),
    _Shape("close_session", 1),
    _Shape("execute_streaming", 1),
)
ASYNC_EXTRAS: Final = (
    _Shape("close_async", 0, awaited=True),
    _Shape("check_health_async", 0, awaited=True),
    _Shape("sweep_async", 0, awaited=True),
    _Shape("open_session_async", 1, awaited=True),
    _Shape("close_session_async", 1, awaited=True),
    _Shape("execute_streaming_async", 1),
)

_METHODS_OF: Final = {
    Capability.CLOSE: ("close",),
    Capability.SESSIONS: ("open_session", "close_session"),
}


def check_executor(executor: object) -> list[str]:
    """Return what an executor lacks, or has in a wrong shape, as sentences for its author.

    Look at the methods and call `describe` once; run no program.
    """
    complaints = list(shape_complaints(executor))
    return complaints or list(_description_complaints(executor))


def shape_complaints(executor: object, *, needs: tuple[_Shape, ...] = ()) -> Iterator[str]:
    """Yield what is wrong with the methods: each of `needs` must exist or, without any, one of the two forms."""
    try:
        yield from _methods_complaints(executor, needs)
    except Exception as error:  # noqa: BLE001 -- an object that creates its attributes on demand may raise anything
        yield f"an attribute cannot be read: {type(error).__name__} was raised"


def _methods_complaints(executor: object, needs: tuple[_Shape, ...]) -> Iterator[str]:
    if isinstance(executor, type):
        yield f"{executor.__name__} is a class: pass an instance of it"
        return
    if not needs and not _has(executor, EXECUTE) and not _has(executor, EXECUTE_ASYNC):
        yield "`execute` and `execute_async` are both missing: one of them runs a request"
    for shape in needs:
        if not _has(executor, shape):
            yield f"`{shape.name}` is missing"
    if DESCRIBE not in needs and not _has(executor, DESCRIBE):
        yield "`describe` is missing"
    for shape in (DESCRIBE, EXECUTE, EXECUTE_ASYNC, *SYNC_EXTRAS, *ASYNC_EXTRAS):
        if _has(executor, shape):
            yield from _method_complaints(shape, getattr(executor, shape.name))


def require_shape(executor: object, *needs: _Shape) -> None:
    """Raise a TypeError that lists what is wrong with an executor's methods."""
    complaints = list(shape_complaints(executor, needs=needs))
    if complaints:
        raise TypeError("not an executor: " + "; ".join(complaints))


def optional_method(executor: object, name: str) -> Any:
    """Return a method that an executor may lack, or None; an attribute that is None counts as missing."""
    return getattr(executor, name, None)


def _has(executor: object, shape: _Shape) -> bool:
    return optional_method(executor, shape.name) is not None


def _method_complaints(shape: _Shape, method: Any) -> Iterator[str]:
    if not callable(method):
        yield f"`{shape.name}` is not a method"
        return
    is_async = inspect.iscoroutinefunction(method) or inspect.iscoroutinefunction(type(method).__call__)
    if is_async and not shape.awaited:
        yield f"`{shape.name}` must not be an async function{_async_name(shape)}"
    if shape.awaited and not is_async:
        yield f"`{shape.name}` must be an async function"
    if not _takes(method, shape.records):
        yield f"`{shape.name}` must be callable with {_arguments(shape.records)}"


def _async_name(shape: _Shape) -> str:
    return "" if shape in (DESCRIBE, ASYNC_EXTRAS[-1]) else f": its async form is named `{shape.name}_async`"


def _arguments(count: int) -> str:
    return "one positional argument, the record" if count else "no arguments"


def _takes(method: Any, count: int) -> bool:
    try:
        inspect.signature(method).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:  # a builtin may have no signature to look at
        return True
    return True


def _description_complaints(executor: Any) -> Iterator[str]:
    try:
        info = executor.describe()
    except Exception as error:  # noqa: BLE001 -- its author must learn of whatever it raises
        yield f"`describe` raised {type(error).__name__}"
        return
    if not isinstance(info, ExecutorInfo):
        yield f"`describe` must return an ExecutorInfo, not {type(info).__name__}"
        return
    if info.protocol[0] != PROTOCOL[0]:
        yield f"protocol {info.protocol[0]} is declared, but this library speaks protocol {PROTOCOL[0]}"
    yield from _capability_complaints(executor, info)


def _capability_complaints(executor: object, info: ExecutorInfo) -> Iterator[str]:
    suffix = "_async" if _has(executor, EXECUTE_ASYNC) else ""
    declared = {capability for support in info.languages.values() for capability in support.capabilities}
    for capability, names in _METHODS_OF.items():
        missing = [f"`{name}{suffix}`" for name in names if optional_method(executor, f"{name}{suffix}") is None]
        if capability in declared and missing:
            yield f"the capability {capability} is declared without {' and '.join(missing)}"
    if Capability.CANCEL in declared and not suffix:
        yield "the capability cancel is declared without `execute_async`, the only form that can be cancelled"
