"""What is sent into a sandbox, the same whichever sandbox it is.

Code, files and variables go in through standard input, as one tar before the program's own input:

* an argument holds at most 128 KiB, and every user of the machine can read it in `ps`;
* a folder mounted from the host is one more thing that has to be removed, and a remote engine has no such folder;
* `docker create --env` would write a request's variables into the engine's files.

A line of shell unpacks it and then writes a marker to standard error. The marker is what tells a sandbox that did not
start from a program that failed (Docker's 125, bubblewrap's 1), and it starts the clock, so that a slow start-up is not
taken from the user's time.
"""

from __future__ import annotations

import io
import secrets
import shlex
import tarfile
from typing import TYPE_CHECKING, Final

import attrs

from codeexec_config.executor import CapabilityUnsupported, LanguageSupport, LanguageUnsupported, RequestTooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from codeexec_config.executor import Capability, ExecutionRequest, ExecutorInfo

MAX_BYTES: Final = 16 * 1024 * 1024
"""What a request may weigh: the sandbox unpacks it into memory, out of the program's own share."""

WORK: Final = "/tmp/work"  # noqa: S108 -- a tmpfs inside the sandbox, empty at each start
UNPRIVILEGED: Final = 65534
"""The user `nobody`, who owns no file."""


@attrs.frozen
class Language:
    """How a language is run: its version, the interpreter's command, and the name of the program's file."""

    version: str
    command: tuple[str, ...]
    file: str

    @property
    def interpreter(self) -> str:
        """The program that has to be there."""
        return self.command[0]


LANGUAGES: Final = {
    "python": Language("3.11", ("/usr/bin/python3",), "main.py"),
    "javascript": Language("node 18", ("/usr/bin/node",), "main.js"),
    "bash": Language("5.2", ("/bin/bash",), "main.sh"),
    "ruby": Language("3.1", ("/usr/bin/ruby",), "main.rb"),
    "r": Language("4.2", ("/usr/bin/Rscript",), "main.R"),
    # `.read` and not standard input, which belongs to the program; -bail makes an error an exit code.
    "sql": Language("sqlite 3.40", ("/usr/bin/sqlite3", "-batch", "-bail", ":memory:", ".read main.sql"), ""),
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
# `.env` puts `env -i NAME=value...` in front of the command: an engine may add variables of its own, such as a proxy's.
_START: Final = (
    'ulimit -c 0 && cd /tmp && head -c "$1" | tar -xf - && marker=$2 && shift 2 && . ./.env && cd work'
    ' && printf %s "$marker" >&2 && exec "$@"'
)


@attrs.frozen
class Payload:
    """A request made ready: the command to run inside, what to feed it, and the marker that it starts with."""

    command: tuple[str, ...]
    stdin: bytes = attrs.field(repr=False)
    marker: bytes


def pack(request: ExecutionRequest, info: ExecutorInfo) -> Payload:
    """Make a request ready for a sandbox that has `sh`, `head`, `tar` and `env`.

    Raises:
        LanguageUnsupported: the executor's `info` does not name the language.
        CapabilityUnsupported: a field is used that it does not declare.
        RequestTooLarge: it weighs more than 16 MiB.
    """
    support = info.languages.get(request.language)
    if support is None:
        raise LanguageUnsupported(request.language)
    for capability in request.needs:
        if capability not in support.capabilities:
            raise CapabilityUnsupported(capability)
    language = LANGUAGES[request.language]
    archive = _archive(request, language)
    if len(archive) + len(request.stdin) > MAX_BYTES:
        raise RequestTooLarge
    marker = secrets.token_hex(16)
    arguments = (str(len(archive)), marker, *language.command, *filter(None, [language.file]))
    return Payload(("/bin/sh", "-c", _START, "sh", *arguments), archive + request.stdin, marker.encode())


def _archive(request: ExecutionRequest, language: Language) -> bytes:
    program = f"work/{language.file or 'main.sql'}"
    contents = {
        ".env": _assignments(_ENVIRONMENT | dict(request.env)),
        **{f"work/{path}": data for path, data in request.files.items()},
        program: request.code.encode("utf-8", "surrogatepass"),
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, data in contents.items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def _assignments(variables: Mapping[str, str]) -> bytes:
    # `env`, because a shell cannot export a name such as `a.b`.
    words = shlex.join(f"{name}={value}" for name, value in variables.items())
    return f'set -- env -i {words} "$@"\n'.encode("utf-8", "surrogateescape")
