"""The back ends that this machine has; what it lacks is skipped, by name."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from codeexec_config.executor import ExecutorUnavailable
from examples.executors._cgroup import Cgroup
from examples.executors._owner import Owner
from examples.executors._payload import LANGUAGES
from examples.executors.docker import LABEL
from examples.executors.microvm import PREFIX
from tests.backends import engine
from tests.backends.judging import BACKENDS, Job, Judging
from tests.backends.making import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
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


@pytest.fixture(scope="session")
def kernel(bubblewrap: Path) -> Path:
    if importlib.util.find_spec("jupyter_client") is None:
        pytest.skip("sessions need jupyter_client (dependency group examples)")
    return _found("kernel")


@attrs.frozen
class Engine:
    """A Docker engine with the image in it; without a host, the client's default."""

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


# The kit, which runs beside all tests of this folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what reads the kit's reports come last in its place, so that other tests run while they are made."""
    ours = [item for item in items if HERE in item.path.parents]
    places = [place for place, item in enumerate(items) if HERE in item.path.parents]
    for place, item in zip(places, sorted(ours, key=lambda item: bool(_judged_by(item))), strict=True):
        items[place] = item


def _judged_by(item: pytest.Item) -> str:
    """Return the back end whose reports a test reads, if it does."""
    call = getattr(item, "callspec", None)
    return call.params.get("backend", "") if call else ""


def kit_languages(backend: str) -> list[str]:
    """Return the languages that the kit is run in."""
    chosen = os.environ.get("CODEEXEC_KIT_LANGUAGES", "python")
    if backend == "sessions":
        return ["python"] if chosen else []
    if chosen == "all":
        return list(LANGUAGES)
    return ["python"] if chosen and backend == "microvm" else list(filter(None, chosen.split(",")))


@attrs.frozen
class Kits:
    """The runs of the kit on the back ends that this machine has.

    Attributes:
        judging: the runs.
        folder: where back ends keep their files while they run, each in its own folder.
        lacking: why the others do not run.
        before: what tests that were killed have left.
        engine: the Docker engine, if it is wanted.
    """

    judging: Judging
    folder: Path
    lacking: dict[str, str]
    before: frozenset[str]
    engine: Engine | None

    def reports(self, backend: str) -> list[dict[str, Any]]:
        """Wait for the reports on a back end, one a language."""
        if backend in self.lacking:
            pytest.skip(self.lacking[backend])
        return [self.judging.report(backend, language) for language in kit_languages(backend)]

    def left(self, backend: str) -> list[str]:
        """Return what its runs have left behind."""
        left = [name for name in _abandoned(backend) if name not in self.before]
        if backend == "docker" and self.engine:
            left += engine.containers(self.engine.host, LABEL)
        if backend == "gvisor":
            left += [path.name for path in (self.folder / backend).iterdir()]
        return left


def _abandoned(backend: str) -> list[str]:
    """Return the cgroups, and the folders of machines, whose hosts have ended."""
    folders = Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if backend == "microvm" else ()
    return [group.name for group in Cgroup.abandoned(backend)] + [path.name for path in folders if _is_abandoned(path)]


def _is_abandoned(path: Path) -> bool:
    owner = Owner.found_in(path.name)
    return owner is None or owner.is_gone


@pytest.fixture(scope="package", autouse=True)
def kits(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kits | None]:
    """Begin, side by side, the runs of the kit whose reports the tests of this session want to read."""
    wanted = {_judged_by(item) for item in request.session.items}
    folder = tmp_path_factory.mktemp("kits")
    lacking: dict[str, str] = {}
    jobs: list[Job] = []
    for backend in filter(wanted.__contains__, BACKENDS):
        try:
            env = _variables(request, backend, folder)
        except pytest.skip.Exception as reason:
            lacking[backend] = str(reason)
        else:
            jobs += [Job(backend=backend, language=language, env=env) for language in kit_languages(backend)]
    if not jobs and not lacking:
        yield None
        return
    before = frozenset(name for backend in BACKENDS for name in _abandoned(backend))
    judging = Judging(jobs, folder, whole=os.environ.get("CODEEXEC_KIT_LANGUAGES") == "all")
    has_engine = "docker" in wanted and "docker" not in lacking
    yield Kits(judging, folder, lacking, before, request.getfixturevalue("docker") if has_engine else None)
    judging.end()


def _variables(request: pytest.FixtureRequest, backend: str, folder: Path) -> dict[str, str]:
    """Return the variables of a back end's factory, or skip the test if this machine does not have it."""
    if not kit_languages(backend):
        pytest.skip("CODEEXEC_KIT_LANGUAGES names no language")
    match backend:
        case "docker":
            docker: Engine = request.getfixturevalue("docker")
            return {"CODEEXEC_IMAGE": docker.image} | ({"DOCKER_HOST": docker.host} if docker.host else {})
        case "gvisor":
            own = folder / backend
            own.mkdir()
            return {"CODEEXEC_ROOTFS": str(request.getfixturevalue("gvisor")), "TMPDIR": str(own)}
        case "microvm":
            return {"CODEEXEC_GUEST": str(request.getfixturevalue("guest"))}
        case "service":
            if importlib.util.find_spec("httpx") is None:
                pytest.skip("the external example needs httpx (dependency group examples)")
            service: Service = request.getfixturevalue("service")
            return {"CODE_EXEC_URL": service.url, "CODE_EXEC_API_KEY": service.key}
        case "sessions":
            kernel = request.getfixturevalue("kernel")
            return {
                "CODEEXEC_ROOTFS": str(request.getfixturevalue("bubblewrap")),
                "CODEEXEC_KERNEL": str(kernel),
            }
    return {"CODEEXEC_ROOTFS": str(request.getfixturevalue("bubblewrap"))}
