"""Read the file of `--env-file`: the format of `docker run --env-file`."""

from __future__ import annotations

import os
from collections import ChainMap
from typing import TYPE_CHECKING, cast

from codeexec_config.document import parse as source
from codeexec_config.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping


class EnvFileError(Exception):
    """Say what is wrong with the file, without any of its text."""


def read_env_file(path: str, environ: Mapping[str, str] = os.environ) -> Mapping[str, str]:
    """Give the environment with the file's variables over it.

    A line is `NAME=value`, the value verbatim to the end of the line, or `NAME` alone for the environment's own; `#`
    opens a comment line. The last of two lines wins.

    Raises:
        EnvFileError: it cannot be read, or a line has no name.
    """
    raw = source.read(path)
    if isinstance(raw, Finding):
        raise EnvFileError(f"--env-file: {raw.message}")
    values: dict[str, str] = {}
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        name, text = _entry(line.removesuffix(b"\r"), number)
        values.pop(name, None)
        if text is not None:
            values[name] = text
    return ChainMap(values, cast("dict[str, str]", environ))


def _entry(line: bytes, number: int) -> tuple[str, str | None]:
    stripped = line.lstrip()
    if not stripped or stripped.startswith(b"#"):
        return "", None
    try:
        name, equals, value = stripped.decode("utf-8").partition("=")
    except UnicodeDecodeError:
        raise EnvFileError(f"--env-file: line {number} is not UTF-8") from None
    if not name:
        raise EnvFileError(f"--env-file: line {number} has no name before =")
    if any(ch.isspace() for ch in name):
        raise EnvFileError(f"--env-file: line {number} has a blank in its name")
    return name, value if equals else None
