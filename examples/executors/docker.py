"""Runs programs in Docker containers: what `runtime = "docker"` asks for.

Needs: the `docker` command, an engine that answers it, and an image with the languages (`docker import` of the root
file system that `.ci/rootfs` makes).

What surprises:

* The client's exit code 125 may be the engine's word or the program's: the state is asked of the engine.
* Killing the client leaves the program running; `rm -f` of the container ends it.
* `OOMKilled` is true as well when only a child died of memory and the program then exited 0.
* Process 1 does not die of its own SIGKILL: `--init` gives it a parent.
* Without `--log-driver none` the engine writes all output to its disk, long after the reader has seen enough.
* A request's variables do not go through `--env`: the engine keeps those in its files, and a client given `--env NAME`
  reads them from its own environment, where `DOCKER_HOST` means something.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from typing import TYPE_CHECKING, Any, Final

import attrs

from codeexec_config.executor import (
    Capability,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    ExecutorUnavailable,
)
from examples.executors._launch import End, launch, unstoppable, verdict
from examples.executors._payload import LANGUAGES, UNPRIVILEGED, pack, supports

if TYPE_CHECKING:
    from collections.abc import Iterable

STARTUP_SECS: Final = 10.0
COMMAND_SECS: Final = 30.0
"""How long the engine may take for one command of ours."""
PROCESSES: Final = 256
LABEL: Final = "codeexec"
"""Marks the containers, so that one left behind by a crash of the host can be found and removed."""

CAPABILITIES: Final = frozenset(
    {
        Capability.BYTES,
        Capability.CANCEL,
        Capability.CLEAN_ENV,
        Capability.ENV,
        Capability.EXIT_CODE,
        Capability.FILES,
        Capability.ISOLATED_FS,
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
    """Run each program in a container of its own.

    Args:
        image: the image; it has `sh`, `head`, `tar`, `env` and the languages' interpreters.
        languages: which of the languages the image has.
        host: the engine's address, or None for the one that the `docker` command finds by itself.
    """

    def __init__(self, image: str, *, languages: Iterable[str] = LANGUAGES, host: str | None = None) -> None:
        self._image = image
        self._env = _client_environment(host)
        self._info = ExecutorInfo(name="docker", languages=supports(languages, CAPABILITIES), startup_secs=STARTUP_SECS)

    def describe(self) -> ExecutorInfo:
        """Say what the image was said to run."""
        return self._info

    async def check_health_async(self) -> None:
        """Return when the engine answers and has the image."""
        await self._docker("image", "inspect", self._image)

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program; its container is gone when this returns, raises or is cancelled."""
        payload = pack(request, self._info)
        name = f"codeexec-{secrets.token_hex(8)}"
        try:
            # To the end even when cancelled: a container that appears after its removal would stay.
            await unstoppable(self._docker(*_create(name, self._image, request, payload.command)))
            run = await launch(
                ("docker", "start", "--attach", "--interactive", name),
                payload,
                request.limits,
                startup_secs=STARTUP_SECS,
                env=self._env,
                kill=_nothing,  # the client is one process, and it alone holds the pipes
            )
            if run.end not in (End.EXITED, End.NEVER_STARTED):
                return verdict(run, out_of_memory=False)
            state = await self._state(name)
            exit_code = state["ExitCode"] if run.end is End.EXITED else None
            return verdict(attrs.evolve(run, exit_code=exit_code), out_of_memory=state["OOMKilled"])
        finally:
            await unstoppable(self._remove(name))

    async def _state(self, name: str) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(await self._docker("inspect", "--format", "{{json .State}}", name))
        if state["Running"]:
            raise ExecutorUnavailable("the engine ended the connection before the program")
        return state

    async def _remove(self, name: str) -> None:
        try:
            await self._docker("rm", "--force", "--volumes", name)
        except ExecutorUnavailable as error:
            if "No such container" not in error.detail:
                raise

    async def _docker(self, *arguments: str) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                "docker",
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._env,
            )
        except FileNotFoundError:
            raise ExecutorUnavailable("there is no docker command", retryable=False) from None
        try:
            async with asyncio.timeout(COMMAND_SECS):
                output, words = await process.communicate()
        except TimeoutError:
            raise ExecutorUnavailable(f"no answer to docker {arguments[0]}") from None
        finally:
            if process.returncode is None:
                process.kill()
                await unstoppable(process.communicate())
        if process.returncode != 0:
            raise ExecutorUnavailable(words.decode(errors="replace").strip())
        return output


def _create(name: str, image: str, request: ExecutionRequest, command: tuple[str, ...]) -> tuple[str, ...]:
    memory = str(request.limits.memory_bytes)
    return (
        *("create", "--name", name, "--label", LABEL, "--interactive", "--init"),
        *("--pull", "never", "--log-driver", "none"),
        *("--network", "none", "--ipc", "private", "--hostname", "sandbox"),
        *("--memory", memory, "--memory-swap", memory),  # both the same: no swap
        *("--pids-limit", str(PROCESSES)),
        *("--user", f"{UNPRIVILEGED}:{UNPRIVILEGED}", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        # Docker forbids to execute what is in a tmpfs, unless it is told otherwise; what is there counts as memory.
        *("--read-only", "--tmpfs", "/tmp:exec,mode=1777"),  # noqa: S108 -- inside the container
        *("--env", "PATH=/usr/bin:/bin"),
        *(image, *command),
    )


def _client_environment(host: str | None) -> dict[str, str]:
    # What the client needs, and none of the host's keys.
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "PATH") or name.startswith("DOCKER_")}
    return kept if host is None else kept | {"DOCKER_HOST": host}


def _nothing() -> None:
    pass


def from_environment() -> DockerExecutor:
    """Make one for the image that CODEEXEC_IMAGE names, at the engine of DOCKER_HOST."""
    return DockerExecutor(os.environ["CODEEXEC_IMAGE"])
