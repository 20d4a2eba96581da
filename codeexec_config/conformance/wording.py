"""Describe results and exceptions for a report: enough to find the cause, and nothing secret."""

from __future__ import annotations

import os
import re
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Final

from codeexec_config.executor import ExecutionError, ExecutionResult

if TYPE_CHECKING:
    from types import TracebackType

    from codeexec_config.executor import ExecutionRequest

__all__ = ["hushed", "place", "quoted", "said", "told", "traced"]

_SHOWN: Final = 120
_LONGEST: Final = 300
_SHORTEST_SECRET: Final = 6
_USER_IN_URL: Final = re.compile(r"//[^/@\s]+@")
_NAMED_SECRET: Final = re.compile(
    r"(?i)(?<![\w-])((?>[\w-]*?(?:key|token|secret|passw(?:or)?d|authorization|bearer))[\w-]*+)"
    r"(\"?'?(?:\s*+[=:]\s*+|\s++))"
    r"(?:[\"']?(?:basic|bearer|digest|token)\s+)?\S+"
)
_SECRET_NAME: Final = re.compile(r"(?i)key|token|secret|passw|credential|auth")
_PACKAGE: Final = str(Path(__file__).parents[1])
_LIBRARIES: Final = tuple(
    dict.fromkeys(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
)


def told(what: object, request: ExecutionRequest | None = None) -> str:
    """Describe a result or an exception.

    Args:
        what: the result, the exception, or whatever else was returned.
        request: the request; its own words are omitted from an exception's text.
    """
    if isinstance(what, ExecutionResult):
        return _told_result(what)
    if not isinstance(what, BaseException):
        return f"{type(what).__name__}, not ExecutionResult"
    words = said(what, request)
    return f"{type(what).__name__}{place(what)}" + (f": {words}" if words else "")


def said(error: BaseException, request: ExecutionRequest | None = None) -> str:
    """Return the first line of an exception's own text, without secrets and without the request's words."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 -- an author's exception may fail at anything
        text = "without text, since its str() raises"
    detail = error.detail if isinstance(error, ExecutionError) else ""
    if isinstance(detail, str) and detail:
        text = f"{text} ({detail})"
    line = _without_secrets(text, request).strip().partition("\n")[0].encode("utf-8", "backslashreplace").decode()
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "..."


def traced(error: object, request: ExecutionRequest | None = None) -> str:
    """Return the traceback of an exception, from the author's code on, or an empty text for anything else."""
    if not isinstance(error, BaseException):
        return ""
    from traceback import format_exception

    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        trace = trace.tb_next
    return _without_secrets("".join(format_exception(type(error), error, trace)).rstrip(), request)


def quoted(data: bytes) -> str:
    """Return the beginning of bytes, as Python writes them, without secrets of the host, even partial ones."""
    for secret in _secrets_of_the_host():
        data = data.replace(os.fsencode(secret), b"***")
    return repr(data[:_SHOWN])


def hushed(text: str) -> str:
    """Return a text without secrets of the host, literal or escaped as by Python."""
    for secret in _secrets_of_the_host():
        text = text.replace(secret, "***").replace(repr(secret)[1:-1], "***")
    return text


def _without_secrets(text: str, request: ExecutionRequest | None) -> str:
    for word in _words_of(request):
        text = text.replace(word, "***")
    return _NAMED_SECRET.sub(r"\1\2***", _USER_IN_URL.sub("//***@", hushed(text)))


def _words_of(request: ExecutionRequest | None) -> list[str]:
    if request is None:
        return []
    texts = [request.code, repr(request.code)[1:-1], *request.env.values()]
    texts += [data.decode("latin-1") for data in (request.stdin, *request.files.values())]
    return sorted((text for text in texts if len(text) >= _SHORTEST_SECRET), key=len, reverse=True)


def _secrets_of_the_host() -> list[str]:
    named = (value for name, value in os.environ.items() if _SECRET_NAME.search(name))
    return sorted((value for value in named if len(value) >= _SHORTEST_SECRET), key=len, reverse=True)


def place(error: BaseException) -> str:
    """Return where an exception was raised: the innermost frame of the author's code, or the innermost of all."""
    frames = [(file, line) for file, line in _frames(error.__traceback__) if "importlib" not in file]
    own = [(file, line) for file, line in frames if not file.startswith((_PACKAGE, *_LIBRARIES))]
    if not frames:
        return ""
    file, line = (own or frames)[-1]
    return f" at {Path(file).name}:{line}"


def _frames(trace: TracebackType | None) -> list[tuple[str, int]]:
    found = []
    while trace is not None:
        found.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    return found


def _told_result(result: ExecutionResult) -> str:
    words = [str(result.status)]
    if result.exit_code is not None:
        words.append(f"exit code {result.exit_code}")
    if result.signal is not None:
        words.append(f"signal {result.signal}")
    words += (f"{name} {quoted(getattr(result, name))}" for name in ("stdout", "stderr") if getattr(result, name))
    return ", ".join(words)
