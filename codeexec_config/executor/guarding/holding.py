"""Check what an executor returned against the request: the right type, and nothing beyond its limits."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, Final

import attrs

from codeexec_config.executor.authoring import cut_output
from codeexec_config.executor.errors import ExecutorFault
from codeexec_config.executor.guarding.base import as_faults
from codeexec_config.executor.records import ErrorInfo, ExecutionResult

if TYPE_CHECKING:
    from codeexec_config.executor.records import ExecutionRequest, OutputChunk

TEXT_BYTES: Final = 65_536
"""The most bytes of `detail`, of `value` and of each text of `error`."""
_WITHIN_A_CHARACTER: Final = range(0x80, 0xC0)
"""The bytes of UTF-8 that do not begin a character."""


@as_faults()
def hold(result: object, request: ExecutionRequest) -> ExecutionResult:
    """Return a result within the request's limits, with what was omitted named in its `detail`.

    * The streams are cut to `output_bytes` each, and flagged.
    * Artifacts are those of `collect` and no other, in its order as long as they fit into `artifact_bytes`. One that
      does not fit is omitted entirely: part of a file would pass for the file.
    * `detail` and each text of `error` are cut to 64 KiB, and so is a `value` that is text or bytes; any other plain
      data that is larger is omitted.

    Raises:
        ExecutorFault: it is not an `ExecutionResult`, or is an instance of the executor's own subclass that raises
            when it is read or copied.
    """
    if not isinstance(result, ExecutionResult):
        if iscoroutine(result):
            result.close()  # it will never be awaited
        raise ExecutorFault(f"expected an ExecutionResult, found {type(result).__name__}")
    notes: list[str] = []
    held = {
        **_streams(result, request),
        "artifacts": _artifacts(result, request, notes),
        "value": _value(result.value, notes),
        "error": _error(result.error, notes),
    }
    held["detail"] = _detail(result.detail, notes)
    changes = {name: value for name, value in held.items() if value is not getattr(result, name)}
    return attrs.evolve(result, **changes) if changes else result


def _streams(result: ExecutionResult, request: ExecutionRequest) -> dict[str, Any]:
    cut = cut_output(result.stdout, result.stderr, request.limits)
    return {
        "stdout": cut["stdout"],
        "stderr": cut["stderr"],
        "stdout_truncated": result.stdout_truncated or cut["stdout_truncated"],
        "stderr_truncated": result.stderr_truncated or cut["stderr_truncated"],
    }


def _artifacts(result: ExecutionResult, request: ExecutionRequest, notes: list[str]) -> Mapping[str, bytes]:
    """Keep the artifacts of `collect`, in its order, that fit; a smaller one may fit after a larger one did not."""
    most = left = request.limits.artifact_bytes
    kept: dict[str, bytes] = {}
    too_large: list[str] = []
    asked = [path for path in dict.fromkeys(request.collect) if path in result.artifacts]
    for path in asked:
        data = result.artifacts[path]
        if len(data) > left:
            too_large.append(path)
        else:
            left -= len(data)
            kept[path] = data
    if too_large:
        notes.append(f"artifacts left out, beyond {most} bytes of all together: {', '.join(too_large)}")
    if len(asked) < len(result.artifacts):
        notes.append(f"artifacts left out, not asked for: {len(result.artifacts) - len(asked)}")
    return result.artifacts if len(kept) == len(result.artifacts) else kept


def _value(value: Any, notes: list[str]) -> Any:
    """Cut text; omit a structure that is too large, since part of it would be another value."""
    if isinstance(value, str | bytes):
        cut = cut_text(value) if isinstance(value, str) else value[:TEXT_BYTES]
        if len(cut) < len(value):
            notes.append(f"value cut to {TEXT_BYTES} bytes")
            return cut
    elif _outgrows(value):
        notes.append(f"value left out, more than {TEXT_BYTES} bytes")
        return None
    return value


def _outgrows(value: Any) -> bool:
    """Return whether plain data is larger than a text may be; other objects are not looked into."""
    left = TEXT_BYTES
    pending = [value]
    while pending:
        item = pending.pop()
        left -= _weight(item)
        if left < 0:
            return True
        if isinstance(item, Mapping):
            pending += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple | set | frozenset):
            pending += item
    return False


def _weight(item: Any) -> int:
    """Return at least 1 for each item, so that a structure that contains itself outgrows every bound."""
    if isinstance(item, int):
        return 1 + item.bit_length() // 8
    if isinstance(item, str | bytes | bytearray | Mapping | list | tuple | set | frozenset):
        return 1 + len(item)
    return 1


def _error(error: ErrorInfo | None, notes: list[str]) -> ErrorInfo | None:
    if error is None:
        return None
    texts = {name: getattr(error, name) for name in ("type", "message", "traceback")}
    cut = {name: cut_text(text) for name, text in texts.items()}
    if cut == texts:
        return error
    notes.append(f"error cut to {TEXT_BYTES} bytes of each text")
    return ErrorInfo(**cut)


def _detail(detail: str, notes: list[str]) -> str:
    if not notes:
        return cut_text(detail)
    remarks = cut_text("\n".join(notes), TEXT_BYTES // 2)
    room = TEXT_BYTES - len(remarks.encode()) - 1
    return f"{cut_text(detail, room)}\n{remarks}".lstrip("\n")


def cut_text(text: str, most: int = TEXT_BYTES) -> str:
    """Cut a text to a number of bytes of UTF-8, between two characters; one that fits is returned as it is."""
    if len(text) * 4 <= most:
        return text
    data = text[: most + 1].encode("utf-8", "surrogatepass")
    if len(data) <= most:
        return text
    while data[most] in _WITHIN_A_CHARACTER:
        most -= 1
    return data[:most].decode("utf-8", "surrogatepass")


class ChunkCutter:
    """Pass on a run's chunks until its streams are full."""

    __slots__ = ("_left",)

    def __init__(self, request: ExecutionRequest) -> None:
        most = request.limits.output_bytes
        self._left = {"stdout": most, "stderr": most}

    @as_faults()
    def cut(self, chunk: OutputChunk) -> OutputChunk | None:
        """Return the part of a chunk that still fits, or None."""
        data = chunk.data[: self._left[chunk.stream]]
        self._left[chunk.stream] -= len(data)
        if len(data) == len(chunk.data):
            return chunk
        return attrs.evolve(chunk, data=data) if data else None
