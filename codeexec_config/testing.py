"""Testing aids for hosts: check that a call leaks no secret."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import re
import sys
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import PurePath
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodType, ModuleType, TracebackType
from typing import Any, BinaryIO, Final, Generic, NamedTuple, TypeVar
from unittest import mock
from urllib.parse import unquote, unquote_plus

__all__ = ["assert_no_leak"]


def __dir__() -> list[str]:
    return list(__all__)


Result = TypeVar("Result")
Text = tuple[str, str]
"""A place's name, without anything of its text, and the text there."""

_SHORTEST_PIECE: Final = 5
_LONG: Final = 20
_SHORTEST_DERIVED: Final = 6
_SHORTEST_SQUEEZED: Final = 8
_MOST_OBJECTS: Final = 100_000
_OPAQUE: Final = (
    type,
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    MethodType,
    ModuleType,
    TracebackType,
)
"""Objects that no log opens; they lead to the whole program."""
_COLLECTIONS: Final = (list, tuple, set, frozenset, deque)


def assert_no_leak(fn: Callable[[], Result], /, secrets: Iterable[str] | str) -> Result:
    """Run a function and search everything that it emits for secrets.

    It searches standard output and error (by Python or by descriptor), log records of every level, warnings, and an
    exception with its causes, contexts, groups, notes and the variables of every frame that it passed through, except
    those that `fn` closes over, which are the caller's own. It searches for each secret in plain text, escaped, in
    base64, URL-encoded, and split into pieces.

    Without a leak, it is as if `fn` had been called directly: its result is returned, its exception raised, its output
    written and its warnings issued (all of them, afterwards).

    Args:
        fn: the function to run, without arguments.
        secrets: what must not leak; a single str is one secret.

    Raises:
        AssertionError: a secret leaked; the message names the place and not the secret.
        TypeError: a secret is not a str.
        ValueError: a secret is empty, or there is none.
    """
    __tracebackhide__ = True
    needles = _needles(secrets)
    del secrets
    seen = _watch(fn)
    place = _leak(seen, needles)
    del fn, needles
    if place is not None:
        del seen
        raise AssertionError(f"a secret leaked in {place}")
    seen.replay()
    if seen.error is not None:
        raise seen.error
    return seen.result[0]


def _needles(secrets: Iterable[str] | str) -> list[_Needle]:
    listed = [secrets] if isinstance(secrets, str) else list(secrets)
    flaw: Exception | None = None
    if not all(isinstance(secret, str) for secret in listed):
        flaw = TypeError("each secret must be a str")
    elif not listed or not all(listed):
        flaw = ValueError("there must be a secret to look for, and none may be empty")
    if flaw is not None:
        del secrets, listed
        raise flaw
    return [_Needle(secret) for secret in listed]


# -- running -----------------------------------------------------------------------------------------------------------


class _Seen(Generic[Result]):
    """What a call emitted; `result` has one item, or none if it raised."""

    def __init__(self) -> None:
        self.result: list[Result] = []
        self.error: BaseException | None = None
        self.output: dict[str, str] = {}
        self.records: list[logging.LogRecord] = []
        self.warnings: list[warnings.WarningMessage] = []

    def replay(self) -> None:
        """Emit what was held back."""
        for name, text in self.output.items():
            getattr(sys, name).write(text)
        for issued in self.warnings:
            warnings.warn_explicit(issued.message, issued.category, issued.filename, issued.lineno)


def _watch(fn: Callable[[], Result]) -> _Seen[Result]:
    seen: _Seen[Result] = _Seen()
    with ExitStack() as stack:
        files = {name: stack.enter_context(_redirected(name)) for name in ("stdout", "stderr")}
        stack.enter_context(_recorded(seen.records))
        seen.warnings = stack.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")
        try:
            seen.result.append(fn())
        except BaseException as error:  # noqa: BLE001 -- raised again if it is clean
            seen.error = error
        for name, file in files.items():
            _flush(name)
            file.seek(0)
            seen.output[name] = file.read().decode("utf-8", "backslashreplace")
    return seen


@contextmanager
def _redirected(name: str) -> Iterator[BinaryIO]:
    """Redirect a standard stream to a file, at the level of Python and of the descriptor."""
    number = {"stdout": 1, "stderr": 2}[name]
    before = getattr(sys, name)
    _flush(name)
    saved = os.dup(number)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), number)
        raw = os.fdopen(os.dup(file.fileno()), "wb", 0)
        stream = io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True)
        setattr(sys, name, stream)
        try:
            yield file
        finally:
            setattr(sys, name, before)
            os.dup2(saved, number)
            os.close(saved)
            stream.close()


def _flush(name: str) -> None:
    for stream in filter(None, (getattr(sys, name), getattr(sys, f"__{name}__"))):
        stream.flush()


@contextmanager
def _recorded(records: list[logging.LogRecord]) -> Iterator[None]:
    """Record every log record, even those below the level; handlers get what they would get."""
    is_enabled, handle = logging.Logger.isEnabledFor, logging.Logger.handle

    def keep(logger: logging.Logger, record: logging.LogRecord) -> None:
        records.append(record)
        if is_enabled(logger, record.levelno):
            handle(logger, record)

    with (
        mock.patch.object(logging.Logger, "isEnabledFor", return_value=True),
        mock.patch.object(logging.Logger, "handle", keep),
    ):
        yield


# -- searching ---------------------------------------------------------------------------------------------------------


def _leak(seen: _Seen[Any], needles: list[_Needle]) -> str | None:
    """Name the first place of a secret, or the channel over whose texts one is spread."""
    for channel, texts in _channels(seen):
        found = list(texts)
        together = "\n".join(text for _, text in found)
        if _holds(together, needles) or any(needle.is_spread_over(together) for needle in needles):
            return next((place for place, text in found if _holds(text, needles)), f"pieces over {channel}")
    return None


def _holds(text: str, needles: list[_Needle]) -> bool:
    views = _views(text)
    return any(needle.is_in(views) for needle in needles)


def _channels(seen: _Seen[Any]) -> Iterator[tuple[str, Iterable[Text]]]:
    for name, label in (("stdout", "standard output"), ("stderr", "standard error")):
        yield label, [(label, seen.output[name])]
    yield "the logs", _log_texts(seen.records)
    yield "the warnings", _warning_texts(seen.warnings)
    if seen.error is not None:
        walk = _Walk(_first_frame(seen.error))
        yield "the exception", walk.texts(_label("", seen.error), seen.error)


def _log_texts(records: list[logging.LogRecord]) -> Iterator[Text]:
    for number, record in enumerate(records, 1):
        place = f"log record {number}"
        with suppress(Exception):  # a record that does not format is searched by its parts
            yield place, record.getMessage()
        yield from _Walk().texts(place, vars(record))


def _warning_texts(issued: list[warnings.WarningMessage]) -> Iterator[Text]:
    for number, warning in enumerate(issued, 1):
        yield from _Walk().texts(f"warning {number}", warning.message)


def _first_frame(error: BaseException) -> FrameType | None:
    """Return the frame of the function under test."""
    return next((step.tb_frame for step in _steps(error) if step.tb_frame.f_globals is not globals()), None)


def _steps(error: BaseException) -> Iterator[TracebackType]:
    step = error.__traceback__
    while step is not None:
        yield step
        step = step.tb_next


class _Walk:
    """Walk what an object shows: its repr and str, its items, its `vars`, its attrs fields.

    Slots are not opened: no log and no traceback prints what only they contain.

    Args:
        caller: the frame whose closed-over variables are the caller's own.
    """

    def __init__(self, caller: FrameType | None = None) -> None:
        self._caller = caller

    def texts(self, place: str, value: object) -> Iterator[Text]:
        """Yield every text with its place, each object once."""
        queue: deque[tuple[str, Any]] = deque([(place, value)])
        met: dict[int, object] = {}
        while queue and len(met) < _MOST_OBJECTS:
            where, item = queue.popleft()
            if id(item) in met or isinstance(item, _OPAQUE):
                continue
            met[id(item)] = item
            yield from ((where, text) for text in _own_texts(item))
            if isinstance(item, BaseException):
                queue.extend(self._exception(where, item))
            queue.extend((where, part) for part in (*_items(item), *_field_values(item)))

    def _exception(self, place: str, error: BaseException) -> Iterator[tuple[str, Any]]:
        # Public names: what C stores besides `args`, such as the object of a UnicodeError or the code of a SystemExit.
        for name in ("args", "__notes__", *(name for name in dir(error) if not name.startswith("_"))):
            yield f"`{name}` of {place}", _attribute(error, name)
        for lead, other in (("the cause, ", error.__cause__), ("the context, ", error.__context__)):
            if other is not None:
                yield _label(lead, other), other
        if isinstance(error, BaseExceptionGroup):
            yield from ((_label("a part, ", part), part) for part in error.exceptions)
        for step in _steps(error):
            yield from self._variables(place, step.tb_frame, step.tb_lineno)

    def _variables(self, place: str, frame: FrameType, line: int) -> Iterator[tuple[str, Any]]:
        if frame.f_globals is globals():
            return
        code = frame.f_code
        where = f"`{code.co_name}` ({PurePath(code.co_filename).name}:{line})"
        theirs = code.co_freevars if frame is self._caller else ()
        for name, value in frame.f_locals.items():
            if name not in theirs:
                yield f"the variable `{name}` of {where}, in the traceback of {place}", value


def _label(lead: str, error: BaseException) -> str:
    return f"{lead}the exception {type(error).__name__}"


def _own_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield str.__str__(value)
    elif isinstance(value, bytes | bytearray):
        yield value.decode("utf-8", "backslashreplace")
    elif type(value) not in {dict, *_COLLECTIONS}:
        for view in (repr, str):
            with suppress(Exception):  # an object that cannot be shown shows nothing
                yield view(value)


def _items(value: Any) -> list[Any]:
    if isinstance(value, _COLLECTIONS):
        return list(value)
    if isinstance(value, Mapping):
        with suppress(Exception):  # a caller's mapping may refuse to be read
            return [part for pair in value.items() for part in pair]
    return []


def _field_values(value: Any) -> list[Any]:
    named = (field.name for field in getattr(type(value), "__attrs_attrs__", ()))
    return [*getattr(value, "__dict__", {}).values(), *(_attribute(value, name) for name in named)]


def _attribute(value: object, name: str) -> Any:
    with suppress(Exception):
        return getattr(value, name)
    return None


class _Needle:
    """One secret in every form to search for."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        derived = {repr(secret)[1:-1], ascii(secret)[1:-1], json.dumps(secret)[1:-1]}
        raw = secret.encode("utf-8", "surrogatepass")
        derived |= {raw.hex(), raw.hex().upper(), *_base64_forms(raw)}
        self._forms = {secret, *(form for form in derived if len(form) >= _SHORTEST_DERIVED)}
        self._squeezed = _squeeze(secret)

    def is_in(self, views: _Views) -> bool:
        """Check whether a text contains the secret, whole in some form or with something between its letters."""
        if any(form in view for view in views.whole for form in self._forms):
            return True
        return len(self._squeezed) >= _SHORTEST_SQUEEZED and self._squeezed in views.squeezed

    def is_spread_over(self, text: str) -> bool:
        """Check whether a text contains pieces that make up the whole secret, of any number and in any order.

        A piece has some letters, or it would be found anywhere by chance. One piece of a long secret may have fewer:
        the rest when it is cut into equal pieces. It is not a separator, or the words of a passphrase would be pieces.
        """
        secret = self._secret
        shortest = _SHORTEST_PIECE + (len(secret) > _LONG)
        spare = 1 if len(secret) >= _LONG else 0
        short_pieces = [0, *[spare + 1] * len(secret)]
        longest = 0
        for start in range(len(secret)):
            if short_pieces[start] > spare:
                continue
            # Where an earlier piece reached is in the text from here on too.
            longest = max(longest, start)
            while longest < len(secret) and secret[start : longest + 1] in text:
                longest += 1
            for end in range(start + 1, longest + 1):
                is_short = end - start < shortest
                if not is_short or _squeeze(secret[start:end]):
                    short_pieces[end] = min(short_pieces[end], short_pieces[start] + is_short)
        return short_pieces[-1] <= spare


class _Views(NamedTuple):
    """A text in the forms to search in."""

    whole: tuple[str, ...]
    squeezed: str


def _views(text: str) -> _Views:
    """Return a text as it is, without whitespace such as base64 is wrapped with, and URL-decoded."""
    return _Views((text, re.sub(r"\s+", "", text), unquote(text), unquote_plus(text)), _squeeze(text))


def _squeeze(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def _base64_forms(raw: bytes) -> Iterator[str]:
    """Yield the part of a secret's base64 that does not depend on its neighbours, for each possible alignment."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + raw).decode("ascii")
        form = whole[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        yield form
        yield form.translate(str.maketrans("+/", "-_"))
