"""A request as bytes, or the reason why no system can accept it.

The guard calls this before a run, and an executor that is used without one calls it itself, so that a caller's mistake
is a `RequestError` before anything starts, not a `UnicodeEncodeError` or a back end that "failed".
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import attrs

from codeexec_config.executor.errors import RequestError, RequestTooLarge
from codeexec_config.executor.records.portable import size
from codeexec_config.keys import ByFields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from codeexec_config.executor.records import ExecutionRequest

__all__ = ["EncodedRequest", "encode_request"]

NAME_BYTES: Final = 255
"""The longest name of a file: NAME_MAX of Linux and of its file systems."""
PATH_BYTES: Final = 4095
"""The longest path: PATH_MAX of Linux, less the terminating NUL."""
VARIABLE_BYTES: Final = 131_072 - 1
"""The longest `NAME=value`: MAX_ARG_STRLEN of Linux, 32 pages, less the terminating NUL."""


@attrs.frozen(kw_only=True, repr=False)
class EncodedRequest(ByFields):
    """The text of a request in UTF-8.

    Args:
        code: the source.
        env: the variables.
        files: the contents, by path.
        collect: the paths to bring back.
    """

    code: bytes = attrs.field(repr=size)
    env: Mapping[bytes, bytes] = attrs.field(repr=size)
    files: Mapping[bytes, bytes] = attrs.field(repr=size)
    collect: tuple[bytes, ...]


def encode_request(request: ExecutionRequest, *, reserved: Iterable[str] = ()) -> EncodedRequest:
    """Encode the text of a request, and refuse one that no system can accept.

    Args:
        request: the request.
        reserved: paths in the working folder that belong to the executor, such as that of the program's source: a file
            of the request must not replace one.

    Raises:
        RequestError: text that is not Unicode (a lone surrogate), a name of more than 255 bytes or a path of more than
            4095, or two files of which one would have to be a folder of the other.
        RequestTooLarge: a variable of more than 128 KiB.
    """
    for name in ("session", "request_id"):
        _encode(name, getattr(request, name) or "")
    _refuse_conflicts([*request.files, *reserved])
    return EncodedRequest(
        code=_encode("code", request.code),
        env=dict(_encode_variable(name, value) for name, value in request.env.items()),
        files={_encode_path("files", path): data for path, data in request.files.items()},
        collect=tuple(_encode_path("collect", path) for path in request.collect),
    )


def _encode(field: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        pass
    # Outside the handler: the caught error refers to the whole text.
    raise RequestError(f"{field} contains a lone surrogate, which is not Unicode text")


def _encode_variable(name: str, value: str) -> tuple[bytes, bytes]:
    variable = _encode("env", name), _encode("env", value)
    if len(b"=".join(variable)) > VARIABLE_BYTES:
        raise RequestTooLarge(f"env contains a variable of more than {VARIABLE_BYTES} bytes")
    return variable


def _encode_path(field: str, path: str) -> bytes:
    encoded = _encode(field, path)
    if len(encoded) > PATH_BYTES:
        raise RequestError(f"{field} contains a path of more than {PATH_BYTES} bytes")
    if any(len(name) > NAME_BYTES for name in encoded.split(b"/")):
        raise RequestError(f"{field} contains a name of more than {NAME_BYTES} bytes")
    return encoded


def _refuse_conflicts(paths: list[str]) -> None:
    # When sorted by their parts, a path comes directly before the first one below it.
    parted = sorted(path.split("/") for path in paths)
    for above, below in pairwise(parted):
        if below[: len(above)] == above:
            raise RequestError("files contains a path that is also a folder of another, or that the executor reserves")
