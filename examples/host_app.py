"""A host from start-up to one program's result.

    python -m examples.host_app CONFIG [--language NAME] < program

Reads the config, logs what is doubtful in it, chooses what runs code, removes what an earlier host that was killed left
behind, and runs the program from standard input. In mode wasm there is nothing to run on a server: it prints what the
page's script needs (see `wasm/`).

Where its back ends are is this host's own affair: CODEEXEC_ROOTFS is gVisor's root file system, CODEEXEC_IMAGE Docker's
image, CODEEXEC_GUEST the folder of the virtual machines' guest, and CODEEXEC_LAUNCHER what starts those, `firecracker`
or `qemu`, where the host is not to find out. Exit status: 0 the program completed, 1 it did not, 2 it was not run.
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
from typing import TYPE_CHECKING

from codeexec_config import ConfigError, ConfigWarning, load
from codeexec_config.executor import (
    AsyncCodeExecutor,
    ClientSideHandoff,
    ExecutionError,
    ExecutionLimits,
    ExecutionRequest,
    ExecutionResult,
    ExecutorUnavailable,
    InfrastructureError,
    as_async,
    canonical_language,
    dispatch,
    dispatch_runtime,
    guarded_async,
)

if TYPE_CHECKING:
    from codeexec_config import CodeExecutionConfig, External, Sandboxed

NOT_RUN = 2
QUEUE_SECS = 30.0
"""How long a program waits for a place while the back end runs as many as it accepts."""

log = logging.getLogger("host")


class NotOffered(Exception):  # noqa: N818 -- nothing went wrong, but for what was asked
    """The config is fine, but asks for something that this host does not have."""


async def hand_off(handoff: ClientSideHandoff) -> ClientSideHandoff:
    """Mode wasm: the browser runs it."""
    return handoff


async def make_sandbox(sandboxed: Sandboxed) -> AsyncCodeExecutor:
    """Mode sandboxed: one of this host's sandboxes."""
    return dispatch_runtime(sandboxed, docker=make_docker, firecracker=make_microvm, gvisor=make_gvisor)


def make_docker(_: Sandboxed) -> AsyncCodeExecutor:
    """Use containers."""
    from examples.executors.docker import DockerExecutor  # imported here: a host needs only the back end that it uses

    return DockerExecutor(setting("CODEEXEC_IMAGE"))


def make_gvisor(_: Sandboxed) -> AsyncCodeExecutor:
    """Use gVisor."""
    from examples.executors.gvisor import GvisorExecutor

    executor = GvisorExecutor(Path(setting("CODEEXEC_ROOTFS")))
    if not executor.describe().languages:
        raise NotOffered("this host's own setting CODEEXEC_ROOTFS: no interpreter of any language is there")
    return executor


def make_microvm(_: Sandboxed) -> AsyncCodeExecutor:
    """Use virtual machines, or decline at start-up, not at the first program, where nothing starts them."""
    from examples.executors.microvm import from_environment

    try:
        return as_async(from_environment())
    except ExecutorUnavailable as error:
        raise NotOffered(f"this host cannot offer firecracker: {error.detail}") from None
    except ValueError as error:
        raise NotOffered(f"this host's own setting CODEEXEC_LAUNCHER: {error}") from None


def setting(name: str) -> str:
    """Return one of this host's own settings."""
    try:
        return os.environ[name]
    except KeyError:
        raise NotOffered(f"this host's own setting {name} is missing") from None


async def make_external(external: External) -> AsyncCodeExecutor:
    """Mode external: the service, which is asked immediately what it runs."""
    from examples.executors.external import ExternalExecutor

    return await ExternalExecutor.connect(external)


async def serve_one(config: CodeExecutionConfig, language: str, code: str) -> ExecutionResult | ClientSideHandoff:
    """Create the executor that the config asks for, and run one program on it."""
    chosen = await dispatch(config, wasm=hand_off, sandboxed=make_sandbox, external=make_external)
    if isinstance(chosen, ClientSideHandoff):
        return chosen
    await sweep(chosen)
    # The guard enforces the config's limits and languages, whatever the request says, and lets no more programs run
    # than the executor accepts.
    executor = guarded_async(chosen, config)
    try:
        return await executor.execute_async(
            # A program's author, especially a model, may say `py`; the guard does not translate names.
            ExecutionRequest(
                language=canonical_language(language), code=code, limits=ExecutionLimits.from_config(config)
            )
        )
    finally:
        close = getattr(chosen, "close_async", None)
        if close:
            await close()


async def sweep(executor: AsyncCodeExecutor) -> None:
    """Remove what an earlier host left; start even if that fails."""
    method = getattr(executor, "sweep_async", None)
    if method is None:
        return
    try:
        await method()
    except ExecutionError as error:
        log.warning("not everything is swept: %s", words(error))


def words(error: ExecutionError) -> str:
    """Return what the operator should read; an executor's own words are for the log while no program had begun."""
    is_about_the_machine = isinstance(error, InfrastructureError) and error.started is False
    return ": ".join(filter(None, (error.code, str(error), error.detail if is_about_the_machine else "")))


def read_config(path: Path) -> CodeExecutionConfig:
    """Load it, and log what is doubtful in it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConfigWarning)
        config = load(path)
    for warning in caught:
        log.warning("%s", warning.message)
    return config


def read_program() -> str:
    """Read it from standard input, in UTF-8 whatever this machine's own encoding is."""
    with open(0, encoding="utf-8", closefd=False) as program:
        return program.read()


def show(outcome: ExecutionResult | ClientSideHandoff) -> int:
    """Print the result, and return the exit status."""
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
    if not arguments.language.strip():
        parser.error("--language must name a language")
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        config = read_config(arguments.config)
        return show(asyncio.run(serve_one(config, arguments.language, read_program())))
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201 -- the report, every mistake with its place
    except NotOffered as error:
        log.error("%s", error)  # noqa: TRY400 -- nothing broke
    except UnicodeDecodeError:
        log.error("the program is not UTF-8")  # noqa: TRY400 -- the same
    except ExecutionError as error:
        log.error("%s", words(error))  # noqa: TRY400 -- a traceback is not made for a log
    return NOT_RUN


if __name__ == "__main__":
    sys.exit(main())
