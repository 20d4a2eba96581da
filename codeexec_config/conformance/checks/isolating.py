"""I and E: what a program can reach, and what it can see."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Self

from codeexec_config.conformance.kit import expect, told
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
    with _Listener() as listener:
        hosts = " ".join(_own_addresses()[:_MOST_HOSTS])
        code = kit.code("connect", hosts=hosts, port=listener.port, nonce=nonce)
        result = kit.run(kit.request(code), Status.COMPLETED)
    expect(b"tried" in result.stdout, f"the program did not get so far as to try: {told(result)}")
    expect(nonce.encode() not in listener.received, "a connection arrived")


def isolated_fs(kit: Kit) -> None:
    """I02: a file of the host, readable for everybody, is not readable."""
    canary = kit.nonce()
    with host_file(canary) as path:
        result = kit.run(kit.request(kit.code("read", path=path)), Status.COMPLETED)
    expect(b"tried" in result.stdout, f"the program did not get so far as to try: {told(result)}")
    expect(canary.encode() not in result.stdout, "a file of the host was read")


@contextmanager
def host_file(content: str) -> Iterator[Path]:
    """Make a file of the host's that everybody may read."""
    with tempfile.TemporaryDirectory(prefix="codeexec-kit-") as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "host.txt"
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
    left = kit.run(kit.request(kit.code("leave_state")), Status.COMPLETED)
    expect(b"left" in left.stdout, f"the first program did not run: {told(left)}")
    found = kit.run(kit.request(kit.code("find_state")), Status.COMPLETED)
    expect(found.stdout.strip() == b"clean", f"the second program found what the first left: {told(found)}")


def variables(kit: Kit) -> None:
    """E01: variables of the request arrive exactly, one with a line end in it too, and none of the host's with them."""
    env = {"KIT_ONE": "a b'\"$c", "KIT_TWO": "first\nsecond"}
    result = kit.run(kit.request(kit.code("variables"), env=env), Status.COMPLETED)
    expected = "[{KIT_ONE}][{KIT_TWO}]".format_map(env).encode()
    expect(result.stdout == expected, f"expected {expected!r}, got {told(result)}")
    with host_variable(kit.nonce()) as canary:
        result = kit.run(kit.request(kit.code("environment"), env=env), Status.COMPLETED)
    expect(b"KIT_ONE" in result.stdout, "the program did not print its environment")
    expect(canary.encode() not in result.stdout, f"the host's {_CANARY_NAME} was seen")


def _own_addresses() -> list[str]:
    """Give the addresses at which this machine answers: a program's own loopback need not be the kit's."""
    return list(dict.fromkeys(["127.0.0.1", *_routed_here(), *_named_here()]))


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


class _Listener:
    """Listens on all addresses of this machine and keeps what is sent."""

    def __init__(self) -> None:
        self.received = b""
        self._socket = socket.create_server(("", 0))
        self._socket.settimeout(0.1)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._socket.accept()
                with connection:
                    connection.settimeout(1)
                    self.received += connection.recv(100)
            except OSError:  # nobody came, or said nothing
                continue
