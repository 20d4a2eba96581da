"""A host with bad habits, in another process: `python -m tests.backends.host FACTORY SECONDS PROGRAM`.

It ignores signals, blocks one, has descriptors that are inherited, and leads a process group. It runs the Python
program and prints what became of it as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import tempfile

from codeexec_config.executor import ExecutionLimits, ExecutionRequest
from tests.backends.making import make

IGNORED = (signal.SIGHUP, signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR2)


def main() -> None:
    factory, secs, program = sys.argv[1:]
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    limits = ExecutionLimits(wall_secs=float(secs), memory_bytes=256 << 20)
    with tempfile.TemporaryFile() as file, socket.socketpair()[0] as one:
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003 -- its only form
        os.set_inheritable(one.fileno(), True)  # noqa: FBT003
        executor = make(factory)
        print("ready", flush=True)  # noqa: T201 -- what its starter waits for
        request = ExecutionRequest(language="python", code=program, limits=limits)
        result = asyncio.run(executor.execute_async(request))
    told = {
        "status": result.status,
        "exit_code": result.exit_code,
        "stdout": result.text(),
        "stderr": result.text("stderr"),
    }
    print(json.dumps(told), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
