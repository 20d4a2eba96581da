"""The closed lists of the protocol, and its version."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

__all__ = ["FAULT_EXTENSION", "PROTOCOL", "Capability", "Status", "StreamName"]

PROTOCOL: Final = (1, 1)
"""The protocol's version: fields may be added within a major version, statuses and signatures may not."""

FAULT_EXTENSION: Final = "codeexec_config.fault"
"""The extension that asks an executor with `fault_injection` to break its back end; its value is "backend"."""

StreamName = Literal["stdout", "stderr"]


class Status(StrEnum):
    """How a run ended; fixed within a major version of the protocol, and never guessed from an exit code."""

    COMPLETED = "completed"
    """Ended normally, with success."""
    FAILED = "failed"
    """Ended on its own, with a failure: a non-zero exit, an uncaught error, a syntax error."""
    TIMED_OUT = "timed_out"
    """Stopped at `wall_secs`, or at an interpreter's own cap on operations, which `detail` then names."""
    MEMORY_EXCEEDED = "memory_exceeded"
    """Stopped at `memory_bytes`."""
    OUTPUT_EXCEEDED = "output_exceeded"
    """Stopped because it wrote more than `output_bytes`."""
    KILLED = "killed"
    """Any other involuntary end."""


class Capability(StrEnum):
    """What an executor may declare for a language, beyond running it; the conformance kit tests what is declared.

    Five stand for fields of a request: `stdin`, `env`, `files`, `artifacts` (for `collect`) and `sessions`. An executor
    with `fault_injection` answers a request with the extension `FAULT_EXTENSION` as if its back end broke while the
    program runs; tests of the host and the kit use it. Without `stderr`, both streams of a program arrive in `stdout`.

    The promises of isolation are complete:

    * `no_network`: neither TCP nor UDP, over IPv4 or IPv6, nor abstract Unix sockets.
    * `isolated_fs`: no file, descriptor, device or kernel setting of the host, for reading or for writing.
    * `clean_env`: no variable of the host anywhere a program can look, `/proc/*/environ` included.
    * `isolated_processes`: the program neither sees nor signals a process of the host.
    * `disk`: what a program writes is bounded; it cannot fill the host's disk.
    * `host_death`: a program does not outlive its time limit when the host is killed.
    """

    EXIT_CODE = "exit_code"
    SIGNALS = "signals"
    STDERR = "stderr"
    BYTES = "bytes"
    MEMORY = "memory"
    MEMORY_STATUS = "memory_status"
    PIDS = "pids"
    CANCEL = "cancel"
    NO_NETWORK = "no_network"
    ISOLATED_FS = "isolated_fs"
    CLEAN_ENV = "clean_env"
    ISOLATED_PROCESSES = "isolated_processes"
    DISK = "disk"
    HOST_DEATH = "host_death"
    STDIN = "stdin"
    ENV = "env"
    FILES = "files"
    ARTIFACTS = "artifacts"
    SESSIONS = "sessions"
    CLOSE = "close"
    FAULT_INJECTION = "fault_injection"
