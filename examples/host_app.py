"""A host from start-up to one program's result.

    python -m examples.host_app CONFIG [--language NAME] < program

Reads the config, says what is doubtful in it, chooses what runs code, and runs the program from standard input. In mode
wasm there is nothing to run on a server: it prints what the page's script needs (see `wasm/`).

Where its back ends are is this host's own affair: CODEEXEC_ROOTFS is gVisor's root file system, CODEEXEC_IMAGE Docker's
image. Exit status: 0 the program completed, 1 it did not, 2 it was not run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from codeexec_config import ConfigError, ConfigWarning, load
from codeexec_config.executor import (
    AsyncCodeExecutor,
    ClientSideHandoff,
    ExecutionError,
    ExecutionLimits,
    ExecutionRequest,
    ExecutionResult,
    dispatch,
    dispatch_runtime,
    guarded_async,
)

if TYPE_CHECKING:
    from codeexec_config import CodeExecutionConfig, External, Sandboxed

NOT_RUN = 2

log = logging.getLogger("host")


class NotOffered(Exception):  # noqa: N818 -- nothing went wrong, but for what was asked
    """The config is fine, and asks for what this host does not have."""


async def hand_off(handoff: ClientSideHandoff) -> ClientSideHandoff:
    """Mode wasm: the browser runs it."""
    return handoff


async def make_sandbox(sandboxed: Sandboxed) -> AsyncCodeExecutor:
    """Mode sandboxed: one of this host's sandboxes."""
    return dispatch_runtime(sandboxed, docker=make_docker, firecracker=refuse_firecracker, gvisor=make_gvisor)


def make_docker(_: Sandboxed) -> AsyncCodeExecutor:
    """Use containers."""
    from examples.executors.docker import DockerExecutor  # here: a host needs the back end that it uses, and no other

    return DockerExecutor(setting("CODEEXEC_IMAGE"))


def make_gvisor(_: Sandboxed) -> AsyncCodeExecutor:
    """Use gVisor."""
    from examples.executors.gvisor import GvisorExecutor

    return GvisorExecutor(Path(setting("CODEEXEC_ROOTFS")))


def setting(name: str) -> str:
    """Give one of this host's own settings."""
    try:
        return os.environ[name]
    except KeyError:
        raise NotOffered(f"this host's own setting {name} is missing") from None


def refuse_firecracker(_: Sandboxed) -> NoReturn:
    """Say at start-up, not at the first program, what this host does not have."""
    raise NotOffered("this host does not offer firecracker, which needs KVM and a guest kernel; use gvisor or docker")


async def make_external(external: External) -> AsyncCodeExecutor:
    """Mode external: the service, which is asked at once whether it is there."""
    from examples.executors.external import ExternalExecutor

    return await ExternalExecutor.connect(external)


async def serve_one(config: CodeExecutionConfig, language: str, code: str) -> ExecutionResult | ClientSideHandoff:
    """Make what the config asks for, and run one program on it."""
    chosen = await dispatch(config, wasm=hand_off, sandboxed=make_sandbox, external=make_external)
    if isinstance(chosen, ClientSideHandoff):
        return chosen
    # The guard holds the config's limits and languages, whatever the request says.
    executor = guarded_async(chosen, config)
    try:
        return await executor.execute_async(
            ExecutionRequest(language=language, code=code, limits=ExecutionLimits.from_config(config))
        )
    finally:
        close = getattr(chosen, "close_async", None)
        if close:
            await close()


def read_config(path: Path) -> CodeExecutionConfig:
    """Load it, and log what is doubtful in it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConfigWarning)
        config = load(path)
    for warning in caught:
        log.warning("%s", warning.message)
    return config


def show(outcome: ExecutionResult | ClientSideHandoff) -> int:
    """Print what came of it, and give the exit status."""
    if isinstance(outcome, ClientSideHandoff):
        print(json.dumps(outcome.as_dict()))  # noqa: T201 -- the page's script reads it
        return 0
    sys.stdout.buffer.write(outcome.stdout)
    sys.stdout.flush()
    sys.stderr.buffer.write(outcome.stderr)
    log.info("%s, exit code %s, %.2f s", outcome.status, outcome.exit_code, outcome.wall_secs or 0)
    return 0 if outcome.ok else 1


def main() -> int:
    """Start, run one program, end."""
    parser = argparse.ArgumentParser(description="Run a program as a config says.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--language", default="python")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        config = read_config(arguments.config)
        return show(asyncio.run(serve_one(config, arguments.language, sys.stdin.read())))
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201 -- the report, every mistake with its place
    except NotOffered as error:
        log.error("%s", error)  # noqa: TRY400 -- nothing broke
    except ExecutionError as error:
        log.error("%s: %s", error.code, error)  # noqa: TRY400 -- its words are made for a log, a traceback is not
    return NOT_RUN


if __name__ == "__main__":
    sys.exit(main())
