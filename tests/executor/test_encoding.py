"""A caller's mistake is a RequestError before anything starts."""

from __future__ import annotations

import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import attrs
import pytest

from codeexec_config.executor import RequestError, RequestTooLarge, encode_request
from tests.executor.fakes import request

HALF = "\ud83d"
"""Half of a surrogate pair, as a model's output that was cut in the middle of an emoji leaves it."""
CANARY = "sk-canary-77d1"


def test_text_becomes_utf_8() -> None:
    asked = request(env={"NAME": "é\n"}, files={"é/a": b"\xff"}, collect=["out/ü"])

    encoded = encode_request(asked)

    assert asked.code.encode() == encoded.code
    assert encoded.env == {b"NAME": "é\n".encode()}
    assert encoded.files == {"é/a".encode(): b"\xff"}
    assert encoded.collect == ("out/ü".encode(),)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"code": CANARY + HALF}, "code"),
        ({"env": {f"{CANARY}{HALF}": "b"}}, "env"),
        ({"env": {"A": CANARY + HALF}}, "env"),
        ({"files": {CANARY + HALF: b""}}, "files"),
        ({"collect": [CANARY + HALF]}, "collect"),
        ({"session": CANARY + HALF}, "session"),
        ({"request_id": CANARY + HALF}, "request_id"),
    ],
)
def test_half_of_a_surrogate_pair_is_the_callers_mistake(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestError) as caught:
        encode_request(attrs.evolve(request(), **fields))

    assert caught.value.detail == f"{field} contains a lone surrogate, which is not Unicode text"
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    # A UnicodeEncodeError contains the text that it is about.
    assert caught.value.__context__ is None


LONG_NAME = "é" * 127 + "x"
LONG_PATH = "/".join(["d" * 255] * 15 + ["x" * 255])
LONG_VARIABLE = "x" * (131_071 - len("A="))


@pytest.mark.parametrize("path", [LONG_NAME, LONG_PATH])
def test_a_name_or_path_may_be_as_long_as_the_system_takes(path: str) -> None:
    assert encode_request(request(files={path: b""}, collect=[path])).collect == (path.encode(),)


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        (f"{LONG_NAME}x", "a name of more than 255 bytes"),
        (f"a/{LONG_NAME}x/b", "a name of more than 255 bytes"),
        (f"a/{LONG_PATH}", "a path of more than 4095 bytes"),
    ],
)
@pytest.mark.parametrize("field", ["files", "collect"])
def test_a_longer_one_is_refused(field: str, path: str, detail: str) -> None:
    with pytest.raises(RequestError) as caught:
        encode_request(request(**{field: {path: b""} if field == "files" else [path]}))

    assert caught.value.detail == f"{field} contains {detail}"


def test_a_variable_may_be_as_long_as_the_system_takes() -> None:
    assert encode_request(request(env={"A": LONG_VARIABLE})).env == {b"A": LONG_VARIABLE.encode()}


def test_a_longer_variable_is_too_large() -> None:
    with pytest.raises(RequestTooLarge) as caught:
        encode_request(request(env={"A": f"{LONG_VARIABLE}x"}))

    assert caught.value.detail == "env contains a variable of more than 131071 bytes"


@pytest.mark.skipif(sys.platform != "linux", reason="the figures are Linux's")
def test_the_figures_are_the_kernels(tmp_path: Path) -> None:
    (tmp_path / LONG_NAME).touch()
    with pytest.raises(OSError, match="File name too long"):
        (tmp_path / f"{LONG_NAME}x").touch()
    subprocess.run(["/bin/true"], env={"A": LONG_VARIABLE}, check=True)
    with pytest.raises(OSError, match="Argument list too long"):
        subprocess.run(["/bin/true"], env={"A": f"{LONG_VARIABLE}x"}, check=True)
    with pytest.raises(FileNotFoundError):
        Path(LONG_PATH).stat()
    with pytest.raises(OSError, match="File name too long"):
        Path("d/" * 2047 + "xx").stat()


@pytest.mark.parametrize(
    "paths", [("a", "a/b"), ("a/b/c", "x", "a/b"), ("a/b", "a", "a!"), ("a", "a!", "a/b"), ("main.py/x",), ("main.py",)]
)
def test_no_file_may_be_a_folder_or_the_executors_own(paths: tuple[str, ...]) -> None:
    asked = request(files=dict.fromkeys(paths, b""))

    with pytest.raises(RequestError) as caught:
        encode_request(asked, reserved=["main.py"])

    assert (
        caught.value.detail == "files contains a path that is also a folder of another, or that the executor reserves"
    )


def test_files_side_by_side_are_fine() -> None:
    asked = request(files=dict.fromkeys(("a", "ab", "b/a", "b/b", "main.py"), b""), collect=["a/b", "a"])

    assert len(encode_request(asked).files) == 5
    assert len(encode_request(asked, reserved=["main"]).files) == 5


def test_its_repr_shows_sizes() -> None:
    encoded = encode_request(request(env={"A": CANARY}, files={CANARY: b""}))

    assert CANARY not in repr(encoded)
