"""Runs programs in Docker containers: what `runtime = "docker"` asks for.

Needs: the `docker` command, an engine that answers it, util-linux and coreutils on both sides, and an image with the
languages (`docker import` of the root file system that `.ci/rootfs` makes).

What surprises:

* The client's exit code 125 may be the engine's or the program's: the engine is asked for the state.
* Killing the client leaves the program running, and so does the death of the host: `rm -f` of the container ends it.
  If no host is left to do that, `timeout` inside does; it is root, which the program is not, so the program can
  neither kill it nor stop it.
* An engine that does not answer a removal has answered for the program before: the verdict stands.
* `OOMKilled` is true as well when only a child died of memory and the program then exited 0.
* Process 1 does not die of its own SIGKILL: `--init` gives it a parent.
* Without `--log-driver none` the engine writes all output to its disk, long after the reader has seen enough.
* A request's variables do not go through `--env`: the engine keeps those in its files, and a client given `--env NAME`
  reads them from its own environment, where `DOCKER_HOST` means something.
* A client whose configuration names proxies writes them, passwords and all, into each container's environment.
* Less memory than the engine wants is the caller's mistake, and the engine reports it badly.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import time
from typing import TYPE_CHECKING, Final

import attrs

from codeexec_config.executor import (
    Capability,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    ExecutorUnavailable,
    RequestError,
    run_then_clean_up_async,
)
from examples.executors._command import ask, unstoppable
from examples.executors._launch import CLEANUP_SECS, REPORT_SECS, End, Run, launch, verdict
from examples.executors._owner import Owner
from examples.executors._payload import LANGUAGES, UNPRIVILEGED, pack, supports
from examples.executors._sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codeexec_config.executor import ExecutionLimits
    from examples.executors._payload import Payload

NAME: Final = "docker"
STARTUP_SECS: Final = 10.0
COMMAND_SECS: Final = 30.0
"""How long the engine may take for one command of ours."""
WATCHDOG_SECS: Final = 2.0
"""How long after its limit a program is ended from inside, where no host has done it."""
PROCESSES: Final = 256
CONCURRENCY: Final = 8
LABEL: Final = "codeexec"
"""Marks the containers, with the executor's name."""
OWNER_LABEL: Final = "codeexec.owner"
"""The host that a container belongs to."""
END_LABEL: Final = "codeexec.end"
"""When it must have ended, in seconds since 1970: an engine may serve hosts of several machines."""
MIN_MEMORY_BYTES: Final = 6 * 1024 * 1024
"""The engine refuses less."""
MAX_MEMORY_BYTES: Final = 1 << 62
_GONE: Final = ("No such container", "is already in progress")
"""What the engine answers when another sweep was first."""
PROXIES: Final = tuple(f"{kind}_PROXY" for kind in ("ALL", "FTP", "HTTP", "HTTPS", "NO"))

CAPABILITIES: Final = frozenset(
    {
        Capability.ARTIFACTS,
        Capability.BYTES,
        Capability.CANCEL,
        Capability.CLEAN_ENV,
        Capability.DISK,
        Capability.ENV,
        Capability.EXIT_CODE,
        Capability.FILES,
        Capability.HOST_DEATH,
        Capability.ISOLATED_FS,
        Capability.ISOLATED_PROCESSES,
        Capability.MEMORY,
        Capability.MEMORY_STATUS,
        Capability.NO_NETWORK,
        Capability.PIDS,
        Capability.SIGNALS,
        Capability.STDERR,
        Capability.STDIN,
    }
)


class DockerExecutor:
    """Run each program in a new container.

    Args:
        image: the image; it has `sh`, coreutils, `tar`, `setpriv` and the languages' interpreters, and no volumes.
        languages: which of the languages the image has.
        host: the engine's address, or None for the default of the `docker` command.
        max_concurrency: how many programs it runs concurrently.
    """

    def __init__(
        self,
        image: str,
        *,
        languages: Iterable[str] = LANGUAGES,
        host: str | None = None,
        max_concurrency: int = CONCURRENCY,
    ) -> None:
        self._image = image
        self._env = _client_environment(host)
        self._left: set[str] = set()
        self._info = ExecutorInfo(
            name=NAME,
            languages=supports(languages, CAPABILITIES),
            startup_secs=STARTUP_SECS,
            max_concurrency=max_concurrency,
        )

    def describe(self) -> ExecutorInfo:
        """Return what the image was said to run."""
        return self._info

    async def check_health_async(self) -> None:
        """Return normally if the engine answers and has the image.

        Raises:
            ExecutorUnavailable: it does not, or the image declares volumes, which would lie on the engine's disk.
        """
        answer = await self._docker("image", "inspect", "--format", "{{json .Config.Volumes}}", self._image)
        if json.loads(answer):
            raise ExecutorUnavailable(
                "the image declares volumes, which no limit holds", retryable=False, started=False
            )

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program; its container is gone when this returns, raises or is cancelled.

        Raises:
            RequestError: the request is one that cannot run, such as with less memory than a container takes.
        """
        payload = pack(request, self._info)
        if request.limits.memory_bytes < MIN_MEMORY_BYTES:
            raise RequestError(f"a container takes at least {MIN_MEMORY_BYTES} bytes of memory")
        name = f"codeexec-{secrets.token_hex(8)}"

        async def run() -> ExecutionResult:
            return await self._run(name, payload, request.limits)

        async def remove() -> None:
            self._left.add(name)  # until it is gone
            await self._remove(name)
            self._left.discard(name)

        return await run_then_clean_up_async(run, remove, secs=CLEANUP_SECS)

    async def sweep_async(self) -> None:
        """End and remove what hosts that have died left, and what this one failed to remove."""
        form = f'{{{{.Names}}}}\t{{{{.Label "{OWNER_LABEL}"}}}}\t{{{{.Label "{END_LABEL}"}}}}'
        listed = await self._docker("ps", "--all", "--filter", f"label={LABEL}={NAME}", "--format", form)
        with Sweep() as sweep:
            for line in listed.decode().splitlines():
                name, owner, end = line.split("\t")
                if name in self._left or _is_abandoned(owner, end):
                    with sweep.removing(name):
                        await self._remove(name)
                        self._left.discard(name)

    async def _run(self, name: str, payload: Payload, limits: ExecutionLimits) -> ExecutionResult:
        # To the end even when cancelled: a container that appears after its removal would stay.
        await unstoppable(self._docker(*_create(name, self._image, limits, payload)))
        run = await launch(
            ("docker", "start", "--attach", "--interactive", name),
            payload,
            limits,
            startup_secs=STARTUP_SECS,
            env=self._env,
        )
        if run.end not in (End.EXITED, End.NEVER_STARTED):
            return verdict(run, out_of_memory=False)
        return await self._judge(name, run)

    async def _judge(self, name: str, run: Run) -> ExecutionResult:
        started = run.end is End.EXITED
        state = json.loads(await self._docker("inspect", "--format", "{{json .State}}", name, started=started))
        if not state["Running"]:
            exit_code = state["ExitCode"] if started else None
            return verdict(attrs.evolve(run, exit_code=exit_code), out_of_memory=state["OOMKilled"])
        if run.report is None:
            raise ExecutorUnavailable("the engine ended the connection before the program", started=True)
        return verdict(attrs.evolve(run, exit_code=run.report.exit_code), out_of_memory=False)

    async def _remove(self, name: str) -> None:
        try:
            await self._docker("rm", "--force", "--volumes", name, started=True)
        except ExecutorUnavailable as error:
            if not any(words in error.detail for words in _GONE):
                raise

    async def _docker(self, *arguments: str, started: bool = False) -> bytes:
        try:
            answer = await ask(("docker", *arguments), env=self._env, secs=COMMAND_SECS)
        except TimeoutError:
            raise ExecutorUnavailable(f"no answer to docker {arguments[0]}", started=started) from None
        if answer.exit_code != 0:
            raise ExecutorUnavailable(answer.words, started=started)
        return answer.output


def _create(name: str, image: str, limits: ExecutionLimits, payload: Payload) -> tuple[str, ...]:
    memory = str(min(limits.memory_bytes, MAX_MEMORY_BYTES))
    end = str(int(time.time() + COMMAND_SECS + STARTUP_SECS + limits.wall_secs + REPORT_SECS + WATCHDOG_SECS))
    return (
        *("create", "--name", name, "--interactive", "--init"),
        *("--label", f"{LABEL}={NAME}", "--label", f"{OWNER_LABEL}={Owner.current()}", "--label", f"{END_LABEL}={end}"),
        *("--pull", "never", "--log-driver", "none"),
        *("--network", "none", "--ipc", "private", "--hostname", "sandbox"),
        *("--memory", memory, "--memory-swap", memory),  # both the same: no swap
        *("--pids-limit", str(PROCESSES)),
        # One byte of core, not zero: with zero, the kernel still starts a handler that core_pattern names.
        *("--ulimit", "core=1"),
        *("--user", "0:0", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *(word for name in ("KILL", "SETGID", "SETPCAP", "SETUID") for word in ("--cap-add", name)),
        # By default Docker forbids executing files in a tmpfs; its contents count as memory.
        *("--read-only", "--tmpfs", f"/tmp:exec,mode=1777,size={memory}", "--shm-size", memory),  # noqa: S108
        # A name without a value, which the client does not have either, takes a variable out.
        *(word for name in PROXIES for word in ("--env", name, "--env", name.lower())),
        *("--env", "PATH=/usr/bin:/bin:/usr/sbin:/sbin"),
        *(image, "/bin/sh", "-c", _watched(payload, limits)),
    )


def _watched(payload: Payload, limits: ExecutionLimits) -> str:
    """Return a line of shell whose two stages end by themselves; the first is not the program's time."""
    secs = limits.wall_secs + WATCHDOG_SECS + (REPORT_SECS if payload.collection else 0)
    unpack = shlex.join((*_ending_after(STARTUP_SECS), *_AS_NOBODY, *payload.unpacking))
    start = shlex.join((*_ending_after(secs), *_AS_NOBODY, *payload.starting))
    return f"{unpack} && exec {start}"


def _ending_after(secs: float) -> tuple[str, ...]:
    return ("timeout", "--signal=KILL", f"{secs:f}")


_AS_NOBODY: Final = (
    *("setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups"),
    *("--inh-caps=-all", "--bounding-set=-all"),
)


def _is_abandoned(owner: str, end: str) -> bool:
    host = Owner.found_in(owner)
    if host and host.is_from_this_boot:
        return host.is_gone
    # Of another machine, or from before a restart: no host waits for one that must have ended.
    return end.isdecimal() and int(end) < time.time()


def _client_environment(host: str | None) -> dict[str, str]:
    # What the client needs, and none of the host's keys.
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "PATH") or name.startswith("DOCKER_")}
    return kept if host is None else kept | {"DOCKER_HOST": host}


def from_environment() -> DockerExecutor:
    """Make one for the image that CODEEXEC_IMAGE names, at the engine of DOCKER_HOST."""
    return DockerExecutor(os.environ["CODEEXEC_IMAGE"])
