"""What an executor returns: the verdict on a program, and its output while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from codeexec_config.executor import require
from codeexec_config.executor.records.portable import Portable, mapping_field, size
from codeexec_config.executor.records.vocabulary import Status, StreamName
from codeexec_config.keys import ByFields

if TYPE_CHECKING:
    from collections.abc import Mapping


def _presence(value: object) -> str:
    return "None" if value is None else "<...>"


@attrs.frozen(kw_only=True, repr=False)
class ErrorInfo(ByFields):
    """The error that ended a program, if its interpreter reports one.

    Args:
        type: its class or kind, such as `ZeroDivisionError`.
        message: what it says.
        traceback: where it happened, as the language prints it.
    """

    type: str
    message: str = attrs.field(default="", repr=size)
    traceback: str = attrs.field(default="", repr=size)

    def __attrs_post_init__(self) -> None:
        for name in ("type", "message", "traceback"):
            require.instance(name, getattr(self, name), str)


@attrs.frozen(kw_only=True, repr=False)
class ExecutionResult(Portable, ByFields):
    """The verdict on one program, and what it left.

    Args:
        status: how it ended; a member of `Status` or its string.
        exit_code: the program's own, or None if it is unknown: an unknown one is never 0.
        signal: the number of the signal that ended it, if one did.
        stdout: what it wrote, as bytes; `text()` decodes them.
        stderr: the same for the other stream; empty if the executor cannot tell the two apart.
        stdout_truncated: whether there was more than `output_bytes`.
        stderr_truncated: the same for the other stream.
        value: the value of the last expression, for executors that return one.
        error: the error that ended it, if the interpreter reports one.
        artifacts: the files of `collect` that the program wrote.
        wall_secs: seconds from the start of the user's code, if measured.
        peak_memory_bytes: the most memory that it used, if measured.
        detail: text for people, such as a failed clean-up or the engine's own state.
        extensions: additional output of a vendor's executor, by "vendor.name".

    Raises:
        TypeError: a field has another type, such as text instead of bytes.
        ValueError: the fields contradict each other: completed with exit code 3, failed with 0.
    """

    status: Status = attrs.field(converter=Status)
    exit_code: int | None = None
    signal: int | None = None
    stdout: bytes = attrs.field(default=b"", repr=size)
    stderr: bytes = attrs.field(default=b"", repr=size)
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    value: Any = attrs.field(default=None, repr=_presence, hash=False)
    error: ErrorInfo | None = None
    artifacts: Mapping[str, bytes] = mapping_field()
    wall_secs: float | None = None
    peak_memory_bytes: int | None = None
    detail: str = attrs.field(default="", repr=size)
    extensions: Mapping[str, Any] = mapping_field()

    def __attrs_post_init__(self) -> None:
        self._require_types()
        self._require_measures()
        self._require_agreement()

    def _require_types(self) -> None:
        require.instance("exit_code", self.exit_code, int, optional=True)
        for name in ("stdout", "stderr"):
            require.instance(name, getattr(self, name), bytes)
            require.instance(f"{name}_truncated", getattr(self, f"{name}_truncated"), bool)
        require.instance("error", self.error, ErrorInfo, optional=True)
        require.files("artifacts", self.artifacts)
        require.instance("detail", self.detail, str)
        require.extensions("extensions", self.extensions)

    def _require_measures(self) -> None:
        if self.signal is not None:
            require.positive("signal", self.signal)
        if self.wall_secs is not None:
            require.seconds("wall_secs", self.wall_secs, zero=True)
        if self.peak_memory_bytes is not None:
            require.positive("peak_memory_bytes", self.peak_memory_bytes)

    def _require_agreement(self) -> None:
        if self.status is Status.COMPLETED:
            if self.exit_code not in (None, 0):
                raise ValueError("a completed run has exit code 0, or None if it is unknown")
            if self.signal is not None or self.error is not None:
                raise ValueError("a completed run has no signal and no error")
        if self.status in (Status.FAILED, Status.MEMORY_EXCEEDED) and self.exit_code == 0:
            raise ValueError(f"a run that is {self.status} cannot have exit code 0; use None if it is unknown")

    @property
    def ok(self) -> bool:
        """Whether the program completed."""
        return self.status is Status.COMPLETED

    def text(self, stream: StreamName = "stdout") -> str:
        """Return a stream as text: UTF-8, with U+FFFD for invalid bytes (a cut may split a character)."""
        return (self.stdout if stream == "stdout" else self.stderr).decode("utf-8", "replace")


@attrs.frozen(kw_only=True, repr=False)
class OutputChunk(ByFields):
    """A piece of a running program's output, from an executor that streams."""

    stream: StreamName
    data: bytes = attrs.field(repr=size)

    def __attrs_post_init__(self) -> None:
        if self.stream not in ("stdout", "stderr"):
            raise ValueError("stream must be stdout or stderr")
        require.instance("data", self.data, bytes)
