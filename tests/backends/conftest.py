"""The back ends that this machine has; what it lacks is skipped, by name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from codeexec_config.executor import ExecutorUnavailable
from tests.backends import engine
from tests.backends.making import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parents[2]
IMAGE = "codeexec-test:latest"
BLOCKS = re.findall(
    r"^```(\w+) executor\n(.*?)^```$", (CHECKOUT / "README.md").read_text(), flags=re.DOTALL | re.MULTILINE
)


def blocks(kind: str) -> list[str]:
    """Return the README's blocks of a kind that belong to its section on writing an executor."""
    return [body for each, body in BLOCKS if each == kind]


def _found(script: str) -> Path:
    found = subprocess.run([CHECKOUT / ".ci" / script, "--find"], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        pytest.skip(f"not installed on this machine: .ci/{script} installs it")
    return Path(found.stdout.strip())


def need(*commands: str) -> None:
    missing = [command for command in commands if shutil.which(command) is None]
    if missing:
        pytest.skip(f"this machine lacks {', '.join(missing)}: .ci/install-backends installs what it can")


def _need_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("this machine's user is not root, and may not make what this back end needs")


@pytest.fixture(scope="session")
def rootfs() -> Path:
    return _found("rootfs")


@pytest.fixture(scope="session")
def browser_runtimes() -> Path:
    need("node")
    return _found("browser-runtimes")


@pytest.fixture(scope="session")
def cgroups() -> None:
    from examples.executors._cgroup import Cgroup

    need("setpriv")
    try:
        group = Cgroup.create("test", memory_bytes=1 << 20, processes=1)
    except ExecutorUnavailable:
        pytest.skip("this machine lets its user make no memory cgroups")
    for folder in group.folders:
        folder.rmdir()


@pytest.fixture(scope="session")
def bubblewrap(rootfs: Path, cgroups: None) -> Path:
    need("bwrap")
    return rootfs


@pytest.fixture(scope="session")
def gvisor(rootfs: Path, cgroups: None) -> Path:
    need("runsc")
    _need_root()
    return rootfs


@pytest.fixture(scope="session")
def guest() -> Path:
    from examples.executors.microvm import available_launcher

    if available_launcher() is None:
        pytest.skip("nothing here starts virtual machines: .ci/microvm installs QEMU")
    return _found("microvm")


@attrs.frozen
class Engine:
    """A Docker engine with the image in it; without a host it is the one that the client finds by itself."""

    host: str | None
    image: str = IMAGE


@pytest.fixture(scope="session")
def docker(rootfs: Path) -> Iterator[Engine]:
    need("docker")
    if engine.answers(None):
        engine.load_image(None, rootfs, IMAGE)
        yield Engine(None)
        engine.remove_image(None, IMAGE)
        return
    need("dockerd", "unshare", "setpriv")
    _need_root()
    with engine.private_engine() as host:
        engine.load_image(host, rootfs, IMAGE)
        yield Engine(host)


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the files of the README's section, each under the name in its first line."""
    need("bwrap", "prlimit", "setpriv")
    if not Path("/usr/bin/python3").exists():
        pytest.skip("this machine has no /usr/bin/python3 for the sandbox")
    folder = tmp_path_factory.mktemp("page")
    for body in [*blocks("python"), *blocks("toml")]:
        name = body.partition("\n")[0].removeprefix("# ")
        (folder / name).write_text(body)
    return folder


def _sandbox(request: pytest.FixtureRequest) -> Sandbox:
    made = request.getfixturevalue(request.param)
    match request.param:
        case "page":
            return Sandbox("page", "my_executor:MyExecutor", folder=made)
        case "docker":
            env = {"CODEEXEC_IMAGE": made.image} | ({"DOCKER_HOST": made.host} if made.host else {})
            return Sandbox("docker", "examples.executors.docker:from_environment", env)
    return Sandbox(
        request.param, f"examples.executors.{request.param}:from_environment", {"CODEEXEC_ROOTFS": str(made)}
    )


@pytest.fixture(params=["bubblewrap", "gvisor", "docker"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Each of the example sandboxes."""
    return _sandbox(request)


@pytest.fixture(params=["bubblewrap", "gvisor", "docker", "page"])
def any_sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Each of them, and the executor of the README."""
    return _sandbox(request)


@attrs.frozen
class Service:
    """A running service and the key that it takes."""

    url: str
    key: str = attrs.field(repr=False)


@pytest.fixture(scope="session")
def service(bubblewrap: Path) -> Iterator[Service]:
    key = "canary-of-the-service"
    with subprocess.Popen(
        [sys.executable, "-m", "examples.executors.piston_server"],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], "CODEEXEC_ROOTFS": str(bubblewrap), "PISTON_KEY": key},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Service(process.stdout.readline().strip(), key)
        process.stdin.close()  # which ends it
        assert process.wait(30) == 0
