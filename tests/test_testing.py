"""`assert_no_leak` finds a secret in every channel and in every form, and does not repeat it."""

from __future__ import annotations

import base64
import functools
import gc
import logging
import os
import re
import sys
import traceback
import warnings
from collections import UserDict
from itertools import accumulate
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import attrs
import pytest

from codeexec_config import Secret
from codeexec_config.testing import assert_no_leak

CANARY = "sk-canary-5f3a/9c+Zé"
LOGGER = logging.getLogger("tests.quiet")


def complaint(fn: Any, secrets: Any = CANARY) -> Any:
    """Return the message on a function that leaks."""
    with pytest.raises(AssertionError) as caught:
        assert_no_leak(fn, secrets)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert CANARY not in shown
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return str(caught.value)


def say(text: Any, stream: Any = None) -> None:
    print(text, file=stream)


def raising(error: Any) -> Any:
    def fn() -> Any:
        raise error

    return fn


# -- channels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_what_python_prints_is_searched(name: Any) -> None:
    expected = {"stdout": "standard output", "stderr": "standard error"}[name]

    assert f"a secret leaked in {expected}" == complaint(lambda: say(f"key {CANARY}", getattr(sys, name)))


@pytest.mark.parametrize("number", [1, 2])
def test_what_is_written_to_a_descriptor_is_searched(number: Any) -> None:
    assert "standard" in complaint(lambda: os.write(number, CANARY.encode()))


def test_what_goes_to_the_original_streams_is_searched() -> None:
    assert "standard error" in complaint(lambda: say(CANARY, sys.__stderr__))


@pytest.mark.parametrize("level", [logging.DEBUG, logging.ERROR])
def test_a_log_record_is_searched_whatever_its_level(level: Any) -> None:
    assert "log record 1" in complaint(lambda: LOGGER.log(level, "key %s", CANARY))


def test_a_log_record_is_searched_by_its_extras_and_its_exception() -> None:
    def fn() -> Any:
        try:
            int(CANARY)
        except ValueError:
            LOGGER.exception("failed")

    assert "log record 1" in complaint(lambda: LOGGER.debug("x", extra={"key": [CANARY]}))
    assert "log record 1" in complaint(fn)


def test_a_log_record_that_does_not_format_is_searched_by_its_parts() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging, "raiseExceptions", False)

        assert "log record 1" in complaint(lambda: LOGGER.debug("%d", CANARY))


def test_a_warning_is_searched_whatever_the_filters() -> None:
    def fn() -> Any:
        warnings.warn(f"key {CANARY}", stacklevel=1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")

        assert "warning 1" in complaint(fn)


def test_an_exception_is_searched_by_its_text_and_its_arguments() -> None:
    assert "the exception ValueError" in complaint(raising(ValueError(f"bad {CANARY}")))
    assert "the exception KeyError" in complaint(raising(KeyError("a", (1, {CANARY: 2}))))
    assert "the exception SystemExit" in complaint(raising(SystemExit(CANARY)))


def test_an_exception_is_searched_by_its_attributes_and_notes() -> None:
    class OddError(Exception):
        def __init__(self, kept: Any) -> None:
            super().__init__()
            self.kept = kept

    noted = ValueError("x")
    noted.add_note(f"the key was {CANARY}")

    assert "OddError" in complaint(raising(OddError(CANARY)))
    assert "ValueError" in complaint(raising(noted))
    assert "UnicodeDecodeError" in complaint(raising(UnicodeDecodeError("utf-8", CANARY.encode(), 0, 1, "bad")))


def test_an_attribute_that_only_c_keeps_is_searched() -> None:
    assert "`obj`" in complaint(raising(AttributeError("x", name="y", obj=CANARY)))


def test_the_cause_and_the_context_of_an_exception_are_searched() -> None:
    def caused() -> Any:
        raise RuntimeError from ValueError(CANARY)

    def hidden() -> Any:
        try:
            int(CANARY)
        except ValueError:
            raise RuntimeError from None

    assert "the cause, the exception ValueError" in complaint(caused)
    assert "the context, the exception ValueError" in complaint(hidden)


def test_the_parts_of_a_group_are_searched() -> None:
    def holder() -> Any:
        error = ValueError("x")
        error.__cause__ = KeyError(CANARY)
        return error

    group = ExceptionGroup("several", [KeyError("x"), ExceptionGroup("more", [holder()])])

    assert "the cause, the exception KeyError" in complaint(raising(group))


def test_the_variables_of_every_frame_are_searched() -> None:
    def inner(key: Any) -> Any:
        raise ValueError(len(key))

    def fn() -> Any:
        inner(CANARY)

    def own() -> Any:
        held = [CANARY]
        raise ValueError(len(held))

    assert "the variable `key` of `inner` (test_testing.py:" in complaint(fn)
    assert "the variable `held` of `own`" in complaint(own)


def test_the_variables_of_a_contexts_frames_are_searched() -> None:
    def inner(key: Any) -> Any:
        raise ValueError(len(key))

    def fn() -> Any:
        try:
            inner(CANARY)
        except ValueError as error:
            raise RuntimeError from error

    assert "the variable `key` of `inner`" in complaint(fn)


def test_what_an_inner_function_closes_over_is_searched() -> None:
    def make(key: Any) -> Any:
        def inner() -> Any:
            raise ValueError(len(key))

        return inner

    def fn() -> Any:
        make(CANARY)()

    assert "the variable `key` of `inner`" in complaint(fn)


def test_what_the_function_itself_closes_over_is_the_callers_own() -> None:
    key = CANARY

    with pytest.raises(ValueError, match="20"):
        assert_no_leak(raising(ValueError(len(key))), CANARY)

    def fn() -> Any:
        raise ValueError(len(key))

    with pytest.raises(ValueError, match="20"):
        assert_no_leak(fn, CANARY)


def test_the_arguments_of_a_partial_are_searched() -> None:
    def fn(key: Any) -> Any:
        raise ValueError(len(key))

    assert "the variable `key` of `fn`" in complaint(functools.partial(fn, CANARY))


# -- what an object shows ----------------------------------------------------------------------------------------------


class Slotted:
    __slots__ = ("_key",)

    def __init__(self, key: Any) -> None:
        self._key = key


class Shown(Slotted):
    __slots__ = ()

    def __repr__(self) -> Any:
        return f"Shown({self._key})"


class Plain:
    def __init__(self, key: Any) -> None:
        self.key = key


class Refusing(UserDict[str, str]):
    def items(self) -> Any:
        raise ValueError


class Mute:
    def __repr__(self) -> Any:
        raise ValueError


@attrs.frozen
class Record:
    key: str = attrs.field(repr=False)


@attrs.define
class Half:
    key: str = attrs.field(init=False)


@pytest.mark.parametrize(
    "leaky",
    [
        CANARY,
        CANARY.encode(),
        bytearray(CANARY.encode()),
        [CANARY],
        ({CANARY},),
        {"a": {"b": CANARY}},
        UserDict(a=CANARY),
        Plain(CANARY),
        Record(CANARY),
        Shown(CANARY),
        type("Text", (str,), {"__str__": lambda _: "x", "__repr__": lambda _: "x"})(CANARY),
    ],
)
def test_an_object_is_searched_by_all_that_it_shows(leaky: Any) -> None:
    assert "the variable `held`" in complaint(functools.partial(fail_holding, leaky))


def fail_holding(held: Any) -> None:
    raise ValueError(id(held))


@pytest.mark.parametrize("quiet", [Secret(CANARY), Slotted(CANARY), Mute(), Half(), Refusing(), fail_holding, sys])
def test_what_only_slots_hold_is_no_leak(quiet: Any) -> None:
    with pytest.raises(ValueError, match=str(id(quiet))):
        assert_no_leak(functools.partial(fail_holding, quiet), CANARY)


def test_an_object_that_contains_itself_is_searched_once() -> None:
    loop: list[Any] = [Plain("x")]
    loop.append(loop)

    with pytest.raises(ValueError, match=str(id(loop))):
        assert_no_leak(functools.partial(fail_holding, loop), CANARY)


# -- forms -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes])
def test_base64_is_found_wherever_the_secret_starts_in_it(before: Any, encode: Any) -> None:
    text = encode(f"{before}{CANARY}: and what follows, long enough to be wrapped over lines".encode()).decode()

    assert "standard output" in complaint(lambda: say(text))


@pytest.mark.parametrize(
    "form",
    [
        quote(CANARY, safe=""),
        quote(CANARY, safe="").lower().replace("z", "Z"),
        "".join(f"%{byte:02x}" for byte in CANARY.encode()),
        CANARY.encode().hex(),
        ascii(CANARY),
        " ".join(CANARY),
        str(list(CANARY)),
        f"{CANARY[:7]} and {CANARY[7:]}",
        f"{CANARY[14:]}, {CANARY[:7]}, {CANARY[7:14]}",
        f"{CANARY[:10]}\n{CANARY[10:]}",
    ],
)
def test_an_encoded_or_split_secret_is_found(form: Any) -> None:
    assert "a secret leaked in" in complaint(lambda: say(form))


def test_a_secret_split_over_texts_of_one_channel_is_found() -> None:
    def fn() -> Any:
        LOGGER.debug("first %s", CANARY[:10])
        LOGGER.debug("then %s", CANARY[10:])

    assert "a secret leaked in pieces over the logs" == complaint(fn)


LONG = "q7Rf-2Lx9/Tb0Vw+Zk4Yn8Hc6Jd1Ms3Pg5Ua=EoXiWvBtCyDz"
"""50 letters, none of them a word."""


def pieces(secret: str, lengths: Any) -> list[str]:
    ends = list(accumulate(lengths))
    return [secret[start:end] for start, end in zip([0, *ends], [*ends, len(secret)], strict=True) if start < end]


@pytest.mark.parametrize("length", [48, 41, 40, 39, 25, 24, 21, 20, 19, 15])
def test_a_secret_logged_in_pieces_of_ten_letters_is_found(length: int) -> None:
    secret = LONG[:length]

    def fn() -> None:
        for number, piece in enumerate(pieces(secret, [10] * (-(-length // 10) - 1)), 1):
            LOGGER.debug("part %d: %s", number, piece)

    assert "pieces over the logs" in complaint(fn, secret)


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("lengths", [[10, 10, 10, 10], [6] * 8, [3, 12, 12, 12], [20, 1, 11], [7, 13, 2, 9], [24]])
def test_pieces_of_any_length_and_in_any_order_are_found(lengths: Any, at: int) -> None:
    parts = pieces(LONG[:48], lengths)

    def fn() -> None:
        for part in (*parts[at:], *parts[:at]):
            LOGGER.debug("then <%s>", part)

    assert "pieces over the logs" in complaint(fn, LONG[:48])


@pytest.mark.parametrize("gap", [(0, 6), (21, 27), (44, 50)])
def test_pieces_that_leave_something_out_are_none(gap: tuple[int, int]) -> None:
    def fn() -> None:
        LOGGER.debug("%s and %s", LONG[: gap[0]], LONG[gap[1] :])

    assert_no_leak(fn, LONG)


@pytest.mark.parametrize(
    "secret",
    ["correct-horse-battery-staple", "production/database/password", "production-database-x", "a.b.c.d.e.f.g.h.i.j.k"],
)
def test_a_text_that_holds_the_words_of_a_secret_holds_no_secret(secret: str) -> None:
    words = re.findall(r"\w+", secret)

    assert_no_leak(lambda: say(f"{words[::-1]} - / . {Path(__file__).read_text(encoding='utf-8')[:2000]}"), secret)


def test_a_secret_with_quotes_and_line_ends_is_found_in_a_repr() -> None:
    odd = 'a"b\\c\nd\x1be'

    with pytest.raises(AssertionError):
        assert_no_leak(lambda: say(repr(odd)), [odd])


def test_every_secret_is_looked_for() -> None:
    assert "standard output" in complaint(lambda: say(CANARY), ["another-secret", CANARY])


def test_a_part_of_a_secret_is_none() -> None:
    assert_no_leak(lambda: say(CANARY[:9]), [CANARY])


@pytest.mark.parametrize("short", ["x", "ab1", "abcd-5"])
def test_a_short_secret_is_found_as_it_is_and_in_no_chance_form(short: Any) -> None:
    assert_no_leak(lambda: say("a-b-c-d-e: YWI= 6162"), ["zq" + short])
    with pytest.raises(AssertionError):
        assert_no_leak(lambda: say(f"={short}="), [short])


# -- a call without a leak ---------------------------------------------------------------------------------------------


def test_the_result_is_given_back() -> None:
    result = object()

    assert result is assert_no_leak(lambda: result, [CANARY])


def test_the_result_itself_is_not_searched() -> None:
    assert CANARY == assert_no_leak(lambda: CANARY, [CANARY])


def test_the_exception_comes_through_as_it_is() -> None:
    error = KeyError("x")

    with pytest.raises(KeyError) as caught:
        assert_no_leak(raising(error), [CANARY])

    assert error is caught.value
    assert caught.value.__context__ is None


def test_output_is_passed_on(capsys: Any) -> None:
    def fn() -> Any:
        say("out")
        os.write(2, b"err\xff\n")

    assert_no_leak(fn, [CANARY])

    assert ("out\n", "err\\xff\n") == capsys.readouterr()


def test_output_is_held_back_when_it_leaks(capfd: Any) -> None:
    complaint(lambda: say(CANARY))

    assert ("", "") == capfd.readouterr()


def test_warnings_are_issued_where_they_were() -> None:
    def fn() -> Any:
        warnings.warn("mind the gap", stacklevel=1)

    with pytest.warns(UserWarning, match="mind the gap") as caught:
        assert_no_leak(fn, [CANARY])

    assert [__file__] == [warning.filename for warning in caught]


def test_handlers_get_the_records_that_their_level_lets_through(caplog: Any) -> None:
    def fn() -> Any:
        LOGGER.debug("too low")
        LOGGER.warning("seen")

    with caplog.at_level(logging.INFO, LOGGER.name):
        assert_no_leak(fn, [CANARY])

    assert ["seen"] == [record.getMessage() for record in caplog.records]


def open_descriptors() -> Any:
    return {number for number in range(3, 256) if is_open(number)}


def is_open(number: Any) -> Any:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def test_the_streams_and_the_loggers_are_as_before() -> None:
    before = (sys.stdout, sys.stderr, logging.Logger.handle, logging.Logger.isEnabledFor, warnings.filters[:])
    descriptors = open_descriptors()

    complaint(lambda: say(CANARY))
    gc.collect()

    assert before == (sys.stdout, sys.stderr, logging.Logger.handle, logging.Logger.isEnabledFor, warnings.filters)
    assert descriptors == open_descriptors()


# -- arguments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [[], "", ["abc", ""]])
def test_there_must_be_something_to_look_for(nothing: Any) -> None:
    with pytest.raises(ValueError, match="none may be empty"):
        assert_no_leak(list, nothing)


def test_a_secret_is_a_str() -> None:
    with pytest.raises(TypeError, match="each secret must be a str"):
        assert_no_leak(list, cast("list[str]", [CANARY.encode()]))
