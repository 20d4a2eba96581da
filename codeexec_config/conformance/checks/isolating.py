"""I and E: what a program can reach, and what it can see."""

from __future__ import annotations

import os
import re
import secrets
import socket
import tempfile
import threading
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codeexec_config.conformance.checks.lasting import session
from codeexec_config.conformance.kit import Failed, NotApplicable, cannot_tell, expect, told
from codeexec_config.conformance.mounts import KNOWN_FOLDERS, MOUNTS, is_of_the_host_alone, sources
from codeexec_config.executor import Capability, ExecutionResult, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from codeexec_config.conformance.kit import Kit

_ROUTES = Path("/proc/net/fib_trie")
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MOST_HOSTS = 6
_MOST_TOLD = 5
CANARY_NAME = "CODEEXEC_KIT_CANARY"
"""The prefix of the host's variables that no program may see."""
_USUAL_NAMES = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DATABASE_URL")
"""Names that executors are known to pass on."""
_MORE_NAMES = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "SSH_AUTH_SOCK"),
    *("AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AZURE_CLIENT_SECRET", "GOOGLE_APPLICATION_CREDENTIALS"),
    *("HF_TOKEN", "GEMINI_API_KEY", "GH_TOKEN", "GITLAB_TOKEN", "NPM_TOKEN", "VAULT_TOKEN", "KUBECONFIG", "PGPASSWORD"),
    *("REDIS_URL", "SECRET_KEY", "SLACK_BOT_TOKEN", "STRIPE_SECRET_KEY"),
)
"""The same for names that an executor's own client may use: they are tried separately, in a run that may fail."""
_NEEDED = re.compile(
    r"PATH|HOME|LANG|LANGUAGE|LC_.*|TERM|TZ|P?WD|OLDPWD|SHLVL|_|USER|LOGNAME|SHELL|HOSTNAME|TMP|TEMP|TMPDIR|LD_.*|DYLD_.*"
    r"|PYTHON.*|COVERAGE.*|SYSTEMROOT|COMSPEC|PATHEXT|WINDIR",
    re.IGNORECASE,
)
"""Variables that programs of all kinds need, and that are the same on many machines."""


def no_network(kit: Kit) -> None:
    """I01: a program cannot reach the kit's listener at any address of this machine."""
    expect_no_connection(kit, "connect_child")  # a filter in the program's own libraries does not affect its child


def expect_no_connection(kit: Kit, *others: str, session: str | None = None) -> None:
    """Let a program, and others if the language has them, connect to the kit's listener."""
    nonce = kit.nonce()
    server = socket.create_server(("", 0))
    with listening(server) as listener:
        values = {"hosts": " ".join(own_addresses()), "port": server.getsockname()[1], "nonce": nonce}
        kit.shown(kit.request(kit.code("connect", **values), session=session), "tried")
        for purpose in filter(kit.has, others):
            with suppress(NotApplicable):
                kit.run(kit.request(kit.code(purpose, **values)))
    expect(nonce.encode() not in listener.received, "a connection arrived")


def isolated_fs(kit: Kit) -> None:
    """I02: a world-readable file of the host cannot be read, in whichever folder of the host it is."""
    if kit.has("search"):
        _searched(kit)
        _expect_no_mounts(kit)
    else:
        expect_no_file(kit)


def expect_no_file(kit: Kit, *, session: str | None = None) -> None:
    """Let a program try to read a file of the host in each folder where hosts keep things."""
    for folder in places():
        canary = kit.nonce()
        with host_file(canary, folder) as path:
            result = kit.shown(kit.request(kit.code("read", path=path), session=session), "tried")
        expect(canary.encode() not in result.stdout, f"a file of the host below {folder} was read")


def _searched(kit: Kit) -> None:
    """Let one program look for the files where they are and where they may be mounted, and for known folders."""
    canary = kit.nonce()
    with ExitStack() as stack:
        files = [stack.enter_context(host_file(canary, folder)) for folder in places()]
        names = "|".join(path.parent.name for path in files)
        code = kit.code("search", paths="|".join(map(str, files)), names=names, folders="|".join(KNOWN_FOLDERS))
        text = kit.shown(kit.request(code, wall=kit.deadlines.latency_limit), "tried").text()
    lines = [line.partition(" ") for line in text.splitlines()]
    found = [path for word, _, path in lines if word == canary]
    expect(not found, f"a file of the host was read: {', '.join(found)}")
    # With another kernel, as in a virtual machine, the same numbers mean another folder.
    is_this_kernel = _boot() in text.splitlines()
    same = [path for word, _, path in lines if is_this_kernel and word == _identity(path)]
    expect(not same, f"a folder of the host is there: {', '.join(same)}")


def _expect_no_mounts(kit: Kit) -> None:
    """Look for mounts from places that no search knows."""
    try:
        hosts = MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:  # another system
        return
    table = kit.run(kit.request(kit.code("read", path=MOUNTS))).text()
    found = sorted({str(path) for path in sources(table, hosts) if is_of_the_host_alone(path)})
    expect(not found, f"it is mounted, and the host's: {', '.join(found[:_MOST_TOLD])}")


def _identity(folder: str) -> str:
    """Return the device and inode numbers of a folder, which are the same wherever it is mounted."""
    try:
        status = Path(folder).stat()
    except OSError:
        return ""
    return f"{status.st_dev}:{status.st_ino}"


def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:  # a system that does not tell one kernel from another
        return "?"


def places() -> list[str]:
    """Return folders where hosts keep things, one of which a sandbox may have forgotten."""
    candidates = [tempfile.gettempdir(), "/var/tmp", "/dev/shm", str(Path.home())]  # noqa: S108 -- of the host's
    with suppress(FileNotFoundError):  # a working folder may have been removed
        candidates.append(os.getcwd())  # noqa: PTH109 -- as the system spells it
    return [folder for folder in dict.fromkeys(candidates) if os.access(folder, os.W_OK)]


@contextmanager
def host_file(content: str, folder: str | None = None) -> Iterator[Path]:
    """Create a world-readable file of the host."""
    with tempfile.TemporaryDirectory(prefix="codeexec-kit-", dir=folder) as made:
        Path(made).chmod(0o755)
        path = Path(made) / "host.txt"
        path.write_text(content, encoding="ascii")
        path.chmod(0o644)
        yield path


def clean_env(kit: Kit) -> None:
    """I03: a variable of the host cannot be seen, in the environment or elsewhere."""
    with host_variable(kit.nonce()) as canary:
        for way, fields in _ways(kit):
            _expect_clean(kit, canary, way, fields)
        if kit.declares(Capability.SESSIONS):
            with session(kit) as name:
                _expect_clean(kit, canary, " in a session", {"session": name})
        for names in (_MORE_NAMES, _own_names()):
            _expect_none_of(kit, names)
        if kit.has("find_variables"):
            # In two parts: if the source is an argument of a process, it must not be found itself.
            code = kit.code("find_variables", head=canary[:8], tail=canary[8:])
            seen = [line for line in kit.shown(kit.request(code), "tried").text().splitlines() if "seen in" in line]
            expect(not seen, f"a variable of the host was {'; '.join(seen)}")


def _own_names() -> list[str]:
    """Return the variables that the host can do without for a moment."""
    return [name for name in os.environ if not _NEEDED.fullmatch(name)]


def _expect_none_of(kit: Kit, names: Collection[str]) -> None:
    """Change variables of the host for a moment: a value that a program then sees is the host's, not an image's."""
    canary = kit.nonce()
    shown = [line for line in _printed_beside(kit, names, f"{os.devnull}/{canary}") if canary in line]
    seen = [name for name in names if any(name in line for line in shown)]
    expect(not shown, f"seen, and the host's: {', '.join(seen[:_MOST_TOLD])}")


def _printed_beside(kit: Kit, names: Collection[str], value: str) -> list[str]:
    try:
        with _set(dict.fromkeys(names, value)):
            outcome = kit.outcome(kit.request(kit.code("environment")))
    except Failed:
        return []
    # The executor may need the original values: an error proves nothing.
    return outcome.result.text().splitlines() if isinstance(outcome.result, ExecutionResult) else []


def _ways(kit: Kit) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield requests that an executor may treat differently: one that carries nothing, one that carries much."""
    yield "", {}
    brought = {
        Capability.ENV: ("env", {"KIT_ONE": "x"}),
        Capability.STDIN: ("stdin", b"x"),
        Capability.FILES: ("files", {"data/in.txt": b"x"}),
        Capability.ARTIFACTS: ("collect", ["out/missing.bin"]),
    }
    fields = dict(field for capability, field in brought.items() if kit.declares(capability))
    if fields:
        yield f" by a program that is given {', '.join(fields)}", fields


def _expect_clean(kit: Kit, canary: str, way: str, fields: dict[str, Any]) -> None:
    text = kit.run(kit.request(kit.code("environment"), **fields), Status.COMPLETED).text()
    standing = os.environ.get(CANARY_NAME, canary)
    shown = [line for line in text.splitlines() if canary in line or standing in line]
    names = [name for name in (*_USUAL_NAMES, CANARY_NAME) if any(name in line for line in shown)]
    expect(not shown, f"seen{way}, and the host's: {', '.join(names)}")


@contextmanager
def standing_variable() -> Iterator[None]:
    """Set a variable while an executor is created, and after: it may copy the environment at that moment."""
    os.environ[CANARY_NAME] = secrets.token_hex(8)
    try:
        yield
    finally:
        os.environ.pop(CANARY_NAME, None)


@contextmanager
def host_variable(value: str) -> Iterator[str]:
    """Set variables in the host's environment for a while; one name is unique, because several kits may run."""
    names = [f"{CANARY_NAME}_{value}", *(name for name in _USUAL_NAMES if name not in os.environ)]
    with _set(dict.fromkeys(names, value)):
        yield value


@contextmanager
def _set(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables in the host's environment for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def no_shared_state(kit: Kit) -> None:
    """I04: a program finds neither variables nor files of the one before it."""
    nonce = kit.nonce()
    leaving = kit.code("leave_state", nonce=nonce)
    kit.shown(kit.request(leaving), "left")
    _expect_no_trace(kit, nonce)
    # A program that failed or was stopped may leave something else.
    for purpose, wall in (("exit", None), ("before_sleep", kit.deadlines.stop_limit), ("flood", None)):
        with suppress(NotApplicable, Failed):  # which other checks report
            kit.outcome(kit.request(f"{leaving}\n{kit.code(purpose, code=3)}", wall=wall))
        _expect_no_trace(kit, nonce)


def _expect_no_trace(kit: Kit, nonce: str) -> None:
    found = kit.run(kit.request(kit.code("find_state", nonce=nonce)))
    if found.status is Status.FAILED and not found.stdout:
        cannot_tell(f"the program could not look: {told(found)}")
    expect(found.stdout.strip() == b"clean", f"the second program found what the first left: {told(found)}")


def variables(kit: Kit) -> None:
    """E01: variables of the request arrive exactly, even one with a line end in it."""
    env = {"KIT_ONE": "a b'\"$c ${HOME} `id` \\n =d= %PATH% #e", "KIT_TWO": "first\nsecond"}
    result = kit.run(kit.request(kit.code("variables"), env=env), Status.COMPLETED)
    expected = f"[{env['KIT_ONE']}][{env['KIT_TWO']}]".encode()
    expect(result.stdout == expected, f"expected {expected!r}, got {told(result)}")
    with suppress(NotApplicable):  # the language may have no program for it
        _variables_of_one_run(kit, None, "")
        if kit.declares(Capability.SESSIONS):
            with session(kit) as name:
                _variables_of_one_run(kit, name, " in a session")


def _variables_of_one_run(kit: Kit, name: str | None, where: str) -> None:
    """Set a variable for one program, and none for the next."""
    value = kit.nonce()
    code = kit.code("show_variables", names="KIT_ONE")
    result = kit.run(kit.request(code, session=name, env={"KIT_ONE": value}), Status.COMPLETED)
    expect(value in result.text(), f"a variable did not arrive{where}: {told(result)}")
    result = kit.run(kit.request(code, session=name), Status.COMPLETED)
    expect(value not in result.text(), f"a variable of one run was there for the next{where}: {told(result)}")


def own_addresses() -> list[str]:
    """Return the addresses at which this machine answers: a program's loopback need not be the kit's."""
    return list(dict.fromkeys(["127.0.0.1", *_routed_here(), *_named_here()]))[:_MOST_HOSTS]


def _routed_here() -> Iterator[str]:
    try:
        lines = _ROUTES.read_text(encoding="ascii").splitlines()
    except OSError:  # another system
        return
    for line, following in pairwise(lines):
        if "/32 host LOCAL" in following:
            yield line.split()[-1]


def _named_here() -> list[str]:
    try:
        return [str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    except OSError:  # a machine that does not know its own name
        return []


@contextmanager
def listening(server: socket.socket) -> Iterator[Listener]:
    """Serve a socket while a block runs."""
    listener = Listener(server)
    listener.thread.start()
    try:
        yield listener
    finally:
        listener.over.set()
        listener.thread.join()
        server.close()


class Listener:
    """Accepts connections and keeps what is sent."""

    def __init__(self, server: socket.socket) -> None:
        self.received = b""
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._serve, args=(server,), daemon=True)

    def _serve(self, server: socket.socket) -> None:
        server.settimeout(0.1)
        while not self.over.is_set():
            try:
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(1)
                    self.received += connection.recv(100)
            except OSError:  # no connection, or no data
                continue
