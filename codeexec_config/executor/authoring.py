"""Code that every adapter of a framework would repeat, for their authors."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from codeexec_config.executor.errors import CapabilityUnsupported, LanguageUnsupported

if TYPE_CHECKING:
    from codeexec_config.executor.records import ExecutionLimits, ExecutionRequest, ExecutorInfo, LanguageSupport

__all__ = ["OutputFields", "cut_output", "require_support"]


def require_support(request: ExecutionRequest, info: ExecutorInfo) -> LanguageSupport:
    """Return how an executor runs the request's language, if it can run the request.

    Raises:
        LanguageUnsupported: it does not run the language.
        CapabilityUnsupported: a field of the request needs a capability that it does not declare for the language.
    """
    support = info.languages.get(request.language)
    if support is None:
        raise LanguageUnsupported(request.language)
    for capability in request.needs:
        if capability not in support.capabilities:
            raise CapabilityUnsupported(capability)
    return support


class OutputFields(TypedDict):
    """The fields of an `ExecutionResult` that contain output."""

    stdout: bytes
    stderr: bytes
    stdout_truncated: bool
    stderr_truncated: bool


def cut_output(stdout: bytes | str, stderr: bytes | str, limits: ExecutionLimits) -> OutputFields:
    """Cut both streams to `output_bytes`, for `ExecutionResult(status=..., **cut_output(...))`.

    This is for output that a framework has collected. An executor that reads the streams itself must stop at the
    limit, or a flood of output would fill the host's memory.

    Args:
        stdout: the whole stream, as bytes or as the text that a framework decoded them to.
        stderr: the other stream; everything is in `stdout` if a framework merges the two.
        limits: the request's limits.
    """
    most = limits.output_bytes
    out, err = _encode(stdout), _encode(stderr)
    return {
        "stdout": out[:most],
        "stderr": err[:most],
        "stdout_truncated": len(out) > most,
        "stderr_truncated": len(err) > most,
    }


def _encode(stream: bytes | str) -> bytes:
    if isinstance(stream, bytes):
        return stream
    try:
        return stream.encode("utf-8", "surrogateescape")  # restores bytes that Python could not decode
    except UnicodeEncodeError:
        return stream.encode("utf-8", "surrogatepass")
