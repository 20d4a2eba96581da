"""I and E: what a program can reach, and what it can see."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from codeexec_config.conformance.kit import cannot_tell, expect, told
from codeexec_config.executor import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.conformance.kit import Kit

_ROUTES = Path("/proc/net/fib_trie")
_MOST_HOSTS = 6
_CANARY_NAME = "CODEEXEC_KIT_CANARY"


def no_network(kit: Kit) -> None:
    """I01: a program cannot reach a listener of the kit's, at any address of this machine."""
    nonce = kit.nonce()
    server = socket.create_server(("", 0))
    with listening(server) as listener:
        code = kit.code("connect", hosts=" ".join(own_addresses()), port=server.getsockname()[1], nonce=nonce)
        kit.shown(kit.request(code), "tried")
    expect(nonce.encode() not in listener.received, "a connection arrived")


def isolated_fs(kit: Kit) -> None:
    """I02: a file of the host, readable for everybody, is not readable, in whichever folder of the host it lies."""
    for folder in places():
        canary = kit.nonce()
        with host_file(canary, folder) as path:
            result = kit.shown(kit.request(kit.code("read", path=path)), "tried")
        expect(canary.encode() not in result.stdout, f"a file of the host below {folder} was read")


def places() -> list[str]:
    """Return folders where hosts keep things, which a sandbox may have forgotten one of."""
    candidates = (tempfile.gettempdir(), "/var/tmp", "/dev/shm", str(Path.home()))  # noqa: S108 -- of the host's
    return [folder for folder in dict.fromkeys(candidates) if os.access(folder, os.W_OK)]


@contextmanager
def host_file(content: str, folder: str | None = None) -> Iterator[Path]:
    """Make a file of the host's that everybody may read."""
    with tempfile.TemporaryDirectory(prefix="codeexec-kit-", dir=folder) as made:
        Path(made).chmod(0o755)
        path = Path(made) / "host.txt"
        path.write_text(content, encoding="ascii")
        path.chmod(0o644)
        yield path


def clean_env(kit: Kit) -> None:
    """I03: a variable of the host is not to be seen."""
    with host_variable(kit.nonce()) as canary:
        result = kit.run(kit.request(kit.code("environment")), Status.COMPLETED)
    expect(canary.encode() not in result.stdout, f"the host's {_CANARY_NAME} was seen")


@contextmanager
def host_variable(value: str) -> Iterator[str]:
    """Put a variable into the host's environment for a while; its name is unique, because several kits may run."""
    name = f"{_CANARY_NAME}_{value}"
    os.environ[name] = value
    try:
        yield value
    finally:
        del os.environ[name]


def no_shared_state(kit: Kit) -> None:
    """I04: a program finds neither variables nor files of the one before it."""
    leaving = kit.code("leave_state")
    _leaves_nothing(kit, leaving)
    if kit.has("exit"):  # what is kept of a program that failed may be another thing
        _leaves_nothing(kit, f"{leaving}\n{kit.code('exit', code=3)}")


def _leaves_nothing(kit: Kit, leaving: str) -> None:
    kit.shown(kit.request(leaving), "left")
    found = kit.run(kit.request(kit.code("find_state")))
    if found.status is Status.FAILED and not found.stdout:
        cannot_tell(f"the program could not look: {told(found)}")
    expect(found.stdout.strip() == b"clean", f"the second program found what the first left: {told(found)}")


def variables(kit: Kit) -> None:
    """E01: variables of the request arrive exactly, one with a line end in it too."""
    env = {"KIT_ONE": "a b'\"$c", "KIT_TWO": "first\nsecond"}
    result = kit.run(kit.request(kit.code("variables"), env=env), Status.COMPLETED)
    expected = "[{KIT_ONE}][{KIT_TWO}]".format_map(env).encode()
    expect(result.stdout == expected, f"expected {expected!r}, got {told(result)}")


def own_addresses() -> list[str]:
    """Return the addresses at which this machine answers: a program's own loopback need not be the kit's."""
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
    """Takes connections and keeps what is sent."""

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
            except OSError:  # nobody came, or said nothing
                continue
