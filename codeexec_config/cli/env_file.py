"""Read the file of `--env-file`: the format of `docker run --env-file`."""

from __future__ import annotations

from typing import Final, NamedTuple

from codeexec_config.cli.streams import read_standard_input

_MOST_BYTES: Final = 1024 * 1024
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_QUOTES: Final = ("'", '"')


class EnvFileError(Exception):
    """What is wrong with the file, without any of its text."""


class EnvFile(NamedTuple):
    """The contents of a file.

    Attributes:
        values: the variables.
        remarks: the line and a message for each value that is used verbatim although another tool might change it.
    """

    values: dict[str, str]
    remarks: tuple[tuple[int, str], ...]


def read_env_file(path: str) -> EnvFile:
    """Return the contents of a file, a pipe, or standard input (`-`).

    A line is `NAME=value`, the value verbatim to the end of the line, or `NAME` alone for the environment's own; `#`
    opens a comment line. The last of two lines wins.

    Raises:
        EnvFileError: it cannot be read, is over 1 MiB, or a line has no name.
    """
    values: dict[str, str] = {}
    remarks: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(_read(path).removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        name, text = _entry(line.removesuffix(b"\r"), number)
        values.pop(name, None)
        remarks.pop(name, None)
        if text is not None:
            values[name] = text
            remark = _remark(text)
            if remark:
                remarks[name] = (number, f"the value of `{name}` {remark}")
    return EnvFile(values, tuple(sorted(remarks.values())))


def _read(path: str) -> bytes:
    if path == "-":
        raw = read_standard_input(_MOST_BYTES + 1)
        if isinstance(raw, str):
            raise EnvFileError(f"cannot read standard input: {raw}")
    else:
        raw = _read_file(path)
    if len(raw) > _MOST_BYTES:
        raise EnvFileError("the file is over 1 MiB; is this the right file?")
    if raw.startswith(_UTF_16):
        raise EnvFileError("the file is UTF-16; save it as UTF-8")
    return raw


def _read_file(path: str) -> bytes:
    try:
        # Wait for a pipe: secret managers pass variables through one.
        with open(path, "rb") as file:  # noqa: PTH123 -- pathlib costs start-up time
            return file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "no file can have such a name"
    raise EnvFileError(f"cannot read the file: {reason.lower()}")


def _entry(line: bytes, number: int) -> tuple[str, str | None]:
    stripped = line.lstrip()
    if not stripped or stripped.startswith(b"#"):
        return "", None
    try:
        name, equals, value = stripped.decode("utf-8").partition("=")
    except UnicodeDecodeError:
        raise EnvFileError(f"line {number} is not UTF-8") from None
    if not name:
        raise EnvFileError(f"line {number} has no name before =")
    if any(ch.isspace() for ch in name):
        raise EnvFileError(f"line {number} has whitespace in its name: write NAME=value, with nothing before it")
    return name, value if equals else None


def _remark(value: str) -> str:
    if len(value) > 1 and value[0] in _QUOTES and value[-1] == value[0]:
        return "is in quotes, which are part of it: they are not removed, as in `docker run`"
    if "${" in value:
        return "contains `${`, which is part of it: nothing is expanded, as in `docker run`"
    is_noted = " #" in value or "\t#" in value
    return "contains whitespace and `#`, which are part of it: a comment needs its own line" if is_noted else ""
