"""What is sent into a sandbox, the same for every sandbox.

Code, files and variables go in through standard input, as one tar before the program's own input:

* an argument holds at most 128 KiB, and every user of the machine can read it in `ps`;
* a folder mounted from the host is one more thing that has to be removed, and a remote engine has no such folder;
* `docker create --env` would write a request's variables into the engine's files.

A line of shell unpacks it, and a script among it writes a marker to standard error. The marker is what tells a sandbox
that did not start from a program that failed (Docker's 125, bubblewrap's 1), and it starts the clock, so that a slow
start-up is not taken from the user's time.

A caller's mistakes are refused here, before anything starts: inside the sandbox they would look like failures of the
machine, or of the program.
"""

from __future__ import annotations

import io
import itertools
import secrets
import shlex
import tarfile
from typing import TYPE_CHECKING, Final

import attrs

from codeexec_config.executor import (
    LanguageSupport,
    RequestError,
    RequestTooLarge,
    encode_request,
    require_support,
)
from examples.executors._artifacts import Collection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from codeexec_config.executor import Capability, ExecutionRequest, ExecutorInfo

MAX_BYTES: Final = 16 * 1024 * 1024
"""The largest request: the sandbox unpacks it into memory, out of the program's own share."""

VARIABLES_BYTES: Final = 1024 * 1024
"""The largest size of a request's variables; the kernel accepts 2 MiB of them together with the arguments."""
PATH_BYTES: Final = 4000
"""The longest path of a request; that of the working folder comes before it."""

WORK: Final = "/tmp/work"  # noqa: S108 -- a tmpfs inside the sandbox, empty at each start
UNPRIVILEGED: Final = 65534
"""The user `nobody`, who owns no file."""


@attrs.frozen
class Language:
    """How a language is run: its version, the interpreter's command, and the name of the program's file.

    A command that contains the name has `{}` in its place; any other gets it at its end.
    """

    version: str
    command: tuple[str, ...]
    file: str

    @property
    def interpreter(self) -> str:
        """The program that must be installed."""
        return self.command[0]

    def running(self, file: str) -> tuple[str, ...]:
        """Return the command that runs a file."""
        command = tuple(part.replace("{}", file) for part in self.command)
        return command if command != self.command else (*command, file)


LANGUAGES: Final = {
    "python": Language("3.11", ("/usr/bin/python3",), "main.py"),
    "javascript": Language("node 18", ("/usr/bin/node",), "main.js"),
    "bash": Language("5.2", ("/bin/bash",), "main.sh"),
    "ruby": Language("3.1", ("/usr/bin/ruby",), "main.rb"),
    "r": Language("4.2", ("/usr/bin/Rscript",), "main.R"),
    # `.read` and not standard input, which belongs to the program; -bail makes an error an exit code.
    "sql": Language("sqlite 3.40", ("/usr/bin/sqlite3", "-batch", "-bail", ":memory:", ".read {}"), "main.sql"),
}
"""Debian 12's packages, as `.ci/rootfs` installs them."""


def supports(names: Iterable[str], capabilities: Iterable[Capability]) -> dict[str, LanguageSupport]:
    """Declare these languages, each with the same capabilities."""
    declared = frozenset(capabilities)
    return {name: LanguageSupport(version=LANGUAGES[name].version, capabilities=declared) for name in names}


def installed(rootfs: Path) -> tuple[str, ...]:
    """Name the languages whose interpreter is in a root file system."""
    return tuple(name for name, language in LANGUAGES.items() if (rootfs / language.interpreter[1:]).exists())


_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "HOME": WORK, "LANG": "C.UTF-8"}

# `head` takes exactly its bytes and leaves the rest to the program; tar alone would read on to the end.
_UNPACK: Final = 'cd /tmp && head -c "$1" | tar -xf -'
# `env -i`, because an engine may add variables of its own, such as a proxy's, and a shell cannot export `a.b`.
_START: Final = "set -- env -i {words}\nrm .start && cd work && printf %s {marker} >&2 || exit\n"


@attrs.frozen
class Payload:
    """A prepared request: what to run inside, its input, and the markers that its output contains.

    Attributes:
        size: how many bytes of standard input are to be unpacked.
        stdin: those, and the program's own input after them.
        marker: the text on standard error before anything of the program.
        collection: the artifacts that are asked for, if any.
    """

    size: int
    stdin: bytes = attrs.field(repr=False)
    marker: bytes
    collection: Collection | None

    @property
    def unpacking(self) -> tuple[str, ...]:
        """The command that unpacks."""
        return ("/bin/sh", "-c", _UNPACK, "sh", str(self.size))

    @property
    def starting(self) -> tuple[str, ...]:
        """The command that runs what is unpacked."""
        return ("/bin/sh", "-c", "cd /tmp && . ./.start")

    @property
    def command(self) -> tuple[str, ...]:
        """The command that does one after the other."""
        return ("/bin/sh", "-c", f"{_UNPACK} && . ./.start", "sh", str(self.size))


def pack(request: ExecutionRequest, info: ExecutorInfo) -> Payload:
    """Prepare a request for a sandbox that has `sh`, coreutils and `tar`.

    Raises:
        LanguageUnsupported: the executor's `info` does not name the language.
        CapabilityUnsupported: a field is used that it does not declare.
        RequestTooLarge: it weighs more than 16 MiB, or its variables more than a process takes.
        RequestError: a text or a path is one that no file system or no process can have.
    """
    require_support(request, info)
    encoded = encode_request(request)
    if any(len(path) > PATH_BYTES for path in (*encoded.files, *encoded.collect)):
        raise RequestError(f"a path is longer than {PATH_BYTES} bytes")
    if sum(map(len, (*encoded.env.keys(), *encoded.env.values()))) > VARIABLES_BYTES:
        raise RequestTooLarge(f"all variables together are longer than {VARIABLES_BYTES} bytes")
    marker, collection = secrets.token_hex(16), _collection(request)
    archive = _archive(request, marker, collection)
    if len(archive) + len(request.stdin) > MAX_BYTES:
        raise RequestTooLarge
    return Payload(len(archive), archive + request.stdin, marker.encode(), collection)


def _collection(request: ExecutionRequest) -> Collection | None:
    if not request.collect:
        return None
    return Collection(request.collect, request.limits.artifact_bytes, secrets.token_hex(16))


def _archive(request: ExecutionRequest, marker: str, collection: Collection | None) -> bytes:
    language = LANGUAGES[request.language]
    file = _free_name(language.file, request.files)
    variables = _ENVIRONMENT | dict(request.env)
    words = shlex.join([*(f"{name}={value}" for name, value in variables.items()), *language.running(file)])
    start = _START.format(words=words, marker=marker) + (collection.script if collection else 'exec "$@"\n')
    contents = {
        ".start": start.encode(),
        **{f"work/{path}": data for path, data in request.files.items()},
        f"work/{file}": request.code.encode(),
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, data in contents.items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def _free_name(wanted: str, files: Mapping[str, bytes]) -> str:
    """Return a name for the program's file that none of the request's own files and folders has."""
    taken = {path.partition("/")[0] for path in files}
    stem, _, suffix = wanted.partition(".")
    numbered = (f"{stem}_{number}.{suffix}" for number in itertools.count(1))
    return next(name for name in itertools.chain([wanted], numbered) if name not in taken)
