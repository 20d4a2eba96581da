"""Start a command of the host so that it inherits nothing by accident and its exit code is its own.

A process inherits more than its arguments: the environment, descriptors, the folder, the signals that the host ignores
(under `nohup` SIGHUP, under some supervisors SIGCHLD), and the right to outlive the host. A host that ignores SIGCHLD
also loses every exit code: the kernel keeps none, and Python makes one up. Here a shell in between reports it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from typing import TYPE_CHECKING, Any, Final

import attrs

from codeexec_config.executor import ExecutorUnavailable

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from examples.executors._cgroup import Cgroup

PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The PATH for a sandbox's own commands; the sandbox must not see the host's."""

_FRESH: Final = ("env", "--default-signal")

# The parent is looked at because it may have died just before the tether was there. What the shell itself has to say
# on how its child died goes nowhere, since standard error is the program's.
_REPORTING: Final = """\
[ "$PPID" = "$0" ] || exit
marker=$1
shift
exec 9>&2 2>/dev/null
(exec setpriv --pdeathsig=KILL /bin/sh -c '[ "$PPID" = "$0" ] && exec "$@"' $$ "$@" 2>&9 9>&-)
printf '%s%s\\n' "$marker" $?
"""


def require_commands(*commands: str, path: str = PATH) -> None:
    """Raise `ExecutorUnavailable` if a command is missing, which would look like a failed program."""
    for command in commands:
        if shutil.which(command, path=path) is None:
            raise ExecutorUnavailable(f"{command} is not installed", retryable=False, started=False)


def tethered(
    command: tuple[str, ...], *, marker: str, group: Cgroup | None = None, user: int | None = None
) -> tuple[str, ...]:
    """Return a command that runs `command`, is killed when this process ends, and reports the exit code.

    Args:
        command: what to run.
        marker: the text on standard output before the exit code, after everything else.
        group: the group that it runs in.
        user: the user that it runs as; changing the user undoes a tether, so a new one is set.
    """
    identity = () if user is None else (f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs")
    tied = ("setpriv", *identity, "--pdeathsig=KILL", "/bin/sh", "-c", _REPORTING, str(os.getpid()), marker, *command)
    # One byte of core, not zero: with zero, the kernel still starts a handler that core_pattern names.
    return (*_FRESH, "prlimit", "--core=1", *(group.joining(tied) if group else tied))


@attrs.frozen
class Answer:
    """What a command printed, and its exit code."""

    exit_code: int
    output: bytes
    words: str


async def ask(command: tuple[str, ...], *, env: Mapping[str, str], secs: float) -> Answer:
    """Run a short command to its end.

    Raises:
        ExecutorUnavailable: it is not installed.
        TimeoutError: it took longer than `secs`, and is killed.
    """
    require_commands(command[0], path=env.get("PATH", PATH))
    process, cancelled = await spawned(
        *_FRESH,
        *("/bin/sh", "-c", '"$@"; printf "\\n%s" $?', "sh", *command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        env=env,
    )
    try:
        if cancelled:
            raise asyncio.CancelledError
        async with asyncio.timeout(secs):
            printed, words = await process.communicate()
    finally:
        if process.returncode is None:
            await unstoppable(_kill(process))
    output, _, code = printed.rpartition(b"\n")
    return Answer(int(code), output, words.decode(errors="replace").strip())


async def spawned(*command: str, **options: Any) -> tuple[asyncio.subprocess.Process, bool]:
    """Start a process; return it, and whether this task was cancelled meanwhile, which the caller must raise.

    asyncio answers a cancellation here by killing only the process and waiting until its pipes are closed. Processes
    that it has started keep them open, for as long as they like and unknown to the caller.
    """
    starting = asyncio.ensure_future(asyncio.create_subprocess_exec(*command, **options))
    cancelled = False
    while not starting.done():
        try:
            await asyncio.wait({starting})
        except asyncio.CancelledError:
            cancelled = True
    if cancelled and starting.exception():
        raise asyncio.CancelledError
    return starting.result(), cancelled


async def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.communicate()


async def unstoppable(work: Coroutine[object, object, object]) -> None:
    """Finish a clean-up whatever happens; then raise a cancellation that arrived meanwhile."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError
    task.result()
