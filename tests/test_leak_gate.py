"""The leak gate: over every broken example, in every format, by every command, nothing secret comes out.

Each example is planted with secrets: in the values of its keys that hold one, in the query of its URL, below an unknown
key, and in every variable that it names. Then the gate is tried on itself: a package that repeats a value in a message
of any code, or unmasks a line, must not pass it.
"""

from __future__ import annotations

import re
import sys
import warnings
from contextlib import suppress
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config import (
    ConfigError,
    Diagnostic,
    Secret,
    check_file,
    check_mapping,
    check_text,
    load,
    load_policy,
    loads,
)
from codeexec_config.cli import COMMANDS, main
from codeexec_config.cli.formats import FORMATS
from codeexec_config.codes import CODES
from codeexec_config.document import excerpts, reasons, refusal
from codeexec_config.section import origins
from codeexec_config.testing import assert_no_leak
from tests.counts import FULL
from tests.test_findings import CASES
from tests.test_leaks import DOCUMENTS, views
from tests.toml.reading import by_us

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FILE = "sk-live-Zx81/plantedQq7+w="
ENV = "kanarienvogel-9qe4-umgebung"
NUMBER = "987654"
SECRETS = (FILE, ENV, NUMBER)
SHAPES = (
    ENV,
    NUMBER,
    f" {ENV}",
    f"{ENV}0\n",
    f"é{ENV}",
    f"http://{ENV}",
    f"https://user:{ENV}@x",
    f"http://169.254.169.254/{ENV}",
)
"""Values of a variable: well-formed for one key or the other, and wrong for the rest."""
VARIABLE = re.compile(r"[$][{<]([A-Za-z_][A-Za-z0-9_]*)")
REFERENCE = re.compile(rf"{VARIABLE.pattern}[^}}>]*[}}>]")
HOLDS_A_SECRET = re.compile(
    r"""(\b(?:api.?k[a-z]*|token|password|secret)["']?\s*=\s*["']+)(?=[^"'\n])""", re.IGNORECASE
)
URL = re.compile(r"""(\b(?:url|ur|uri)["']?\s*=\s*["'][^"'#\n]*)""")
UNKNOWN = f'\n[features.code_execution.hidden]\n"token" = ["{FILE}", {{ x = "{FILE}" }}] # {FILE}\n'

EXAMPLES = {f"{case.parent.name}/{case.stem}": case.read_text(encoding="utf-8") for case in CASES}
WITH_ROOM = {
    "ambiguous-mode/key": 'mode = { wasm = {}, external = { url = "https://h", api_key = "x" } }',
    "foreign-reference/planted": f'mode.external = {{ url = "https://h", api_key = """\nvault:{FILE}""" }}',
    "misplaced-section/key": '[feature.code_execution.mode.external]\napi_key = "x"',
    "unknown-mode/key": 'mode = { kubernetes = { token = "x" } }',
}
"""What the examples of these codes have no room for."""
FROM_OUTSIDE = {
    f"environment/{name}": f"""\
enabled = "${{V}}"
timeout_secs = "${{V}}"
max_memory_mb = "${{V}}"
allowed_languages = ["${{V}}"]
{mode}
"""
    for name, mode in {
        "external": 'mode.external = { url = "${V}", api_key = "${V}" }',
        "wasm": "",
    }.items()
}
"""One variable makes every value."""
TEXTS = {
    **EXAMPLES,
    **{name: f"[features.code_execution]\n{text}" for name, text in {**WITH_ROOM, **FROM_OUTSIDE}.items()},
    **(DOCUMENTS if FULL else {}),
}
POLICY = """\
max_timeout_secs = 1
max_memory_mb = 1
languages = ["sql"]
url_hosts = ["localhost"]
"""


def planted(text: str) -> str:
    """Put secrets wherever the language has room for one, beside what is there."""
    text = HOLDS_A_SECRET.sub(rf"\g<1>{FILE}", text)
    text = URL.sub(rf"\g<1>?q={FILE}", text)
    return text.rstrip("\n") + "\n" + UNKNOWN


def environments(name: str, text: str) -> list[dict[str, str]]:
    """Set each variable that a text names to a secret, in a shape of its turn or in each."""
    turn = list(TEXTS).index(name) % len(SHAPES)
    shapes = SHAPES if FULL or name in FROM_OUTSIDE else SHAPES[turn : turn + 1]
    return [dict.fromkeys(VARIABLE.findall(text), shape) for shape in shapes]


def by_function(text: str, path: Path, env: dict[str, str]) -> Iterator[Callable[[], object]]:
    """Yield each way to check a text, as a function that prints its whole outcome, or raises."""
    section = by_us(text) or {}
    for name in ("features", "code_execution"):
        section = section.get(name, {}) if isinstance(section, dict) else {}
    table = section if isinstance(section, dict) else {}
    policy = load_policy(path.with_name("policy.toml"))
    for check in (
        partial(check_text, text, env=env),
        partial(check_file, path, env=env),
        partial(check_mapping, table, env=env),
        partial(check_text, text, env=env, origins=True),
        partial(check_text, text, offline=True, origins=True),
        partial(check_text, text, env=env, allow_env=(), policy=policy),
        partial(check_text, text, env=env, policy=policy),
        partial(check_text, text, env={}),
    ):
        yield partial(print_all, check)
    yield partial(load, path, env=env)
    yield partial(loads, text, env=env, strict=True)


def print_all(check: Callable[[], Any]) -> None:
    report = check()
    for view in views(report):
        sys.stdout.write(f"{view}\n")
    sys.stdout.write(f"{report.config} {report.origins}\n")


def by_command(file: str, folder: Path) -> Iterator[list[str]]:
    """Yield each command that reads a file, with every format and what else changes its output."""
    env_file, policy, secrets = (str(folder / name) for name in ("app.env", "policy.toml", "secrets"))
    for name in FORMATS:
        yield ["validate", "--format", name, file]
    yield ["validate", "--color", "always", "--offline", file]
    yield ["validate", "--env-file", env_file, "--strict", file]
    yield ["validate", "--secrets-dir", secrets, "--policy", policy, file]
    yield ["validate", "--allow-env", "", file]
    yield ["validate", "--diff", file]
    yield ["show", file]
    yield ["show", "--offline", "--format", "json", file]
    yield ["show", "--env-file", env_file, file]
    yield ["validate", "--fix", file]


def assert_nothing_comes_out(text: str, env: dict[str, str], folder: Path) -> None:
    path = folder / "app.toml"
    path.write_text(text, encoding="utf-8", newline="")
    lay_out(env, folder)
    assert_calls_pass(by_function(text, path, env))
    assert_commands_pass(str(path), env, folder)


def lay_out(env: dict[str, str], folder: Path) -> None:
    """Write what the commands read beside a file."""
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    (folder / "app.env").write_text("".join(f"{name}={value!r}\n" for name, value in env.items()), encoding="utf-8")
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    for name, value in env.items():
        (secrets / name).write_text(value, encoding="utf-8")


def assert_calls_pass(calls: Iterable[Callable[[], object]]) -> None:
    for call in calls:
        with suppress(ConfigError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert_no_leak(call, SECRETS)


def assert_commands_pass(file: str, env: dict[str, str], folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        commands = list(by_command(file, folder))
        assert_no_leak(lambda: [main(command) for command in commands], SECRETS)


@pytest.mark.thorough(one_in=6)
@pytest.mark.parametrize("name", TEXTS)
def test_nothing_comes_out_of_a_broken_file(name: str, tmp_path: Path, capsys: Any) -> None:
    assert_passes(name, tmp_path)
    assert len(capsys.readouterr().out) > 1_000


def assert_passes(name: str, folder: Path) -> None:
    text = planted(TEXTS[name])
    for env in environments(name, text):
        assert_nothing_comes_out(text, env, folder)


UNREAD = {"unreadable-file": b"", "invalid-encoding": b"\xff", "file-too-large": b"#" * (16 * 1024 * 1024)}
"""The bytes after the text of a file that is not parsed; for the first, the text is passed as a path."""


def assert_passes_unread(code: str, folder: Path) -> None:
    text = planted(TEXTS["literal-secret/key"])
    path = folder / "app.toml"
    path.write_bytes(text.encode() + UNREAD[code])
    file = str(path) if UNREAD[code] else text
    lay_out({}, folder)
    assert [code] == [found.code for found in check_file(file, env={}).diagnostics]
    assert_calls_pass([partial(print_all, partial(check_file, file, env={})), partial(load, file, env={})])
    assert_commands_pass(file, {}, folder)


@pytest.mark.parametrize("code", UNREAD)
def test_nothing_comes_out_of_a_file_that_is_not_parsed(code: str, tmp_path: Path) -> None:
    assert_passes_unread(code, tmp_path)


def test_every_command_is_tried() -> None:
    tried = {command[0] for command in by_command("x", Path("y"))}
    of_no_file = {"schema", "explain", "init", "conformance"}  # below
    assert set(COMMANDS) == tried | of_no_file


@pytest.mark.parametrize("command", [["schema"], ["explain"], ["init"], ["explain", "no-such"], ["--help"], ["show"]])
def test_a_command_that_reads_no_file_knows_no_environment(command: list[str], monkeypatch: Any) -> None:
    for name in ("CODE_EXEC_API_KEY", "K", "HOST"):
        monkeypatch.setenv(name, ENV)
    assert_no_leak(partial(main, command), SECRETS)


# -- executors under test ----------------------------------------------------------------------------------------------

HOST = """
import os
from codeexec_config.executor import *

KEY = os.environ["CODE_EXEC_API_KEY"]
CAPABILITIES = {Capability.ENV, Capability.STDERR}

class Echo:
    def describe(self):
        support = LanguageSupport(version="0", capabilities=CAPABILITIES)
        return ExecutorInfo(name="echo", languages={"python": support})

class Raising(Echo):
    def execute(self, request, /):
        try:
            raise OSError(f"refused {KEY!r}, " + repr({"Authorization": f"Bearer {KEY}"}))
        except OSError as error:
            raise ExecutorUnavailable(KEY) from error

class Returning(Echo):
    def execute(self, request, /):
        out = f"{'.' * 110}{KEY}".encode()
        return ExecutionResult(status=Status.FAILED, exit_code=1, stdout=out, stderr=KEY.encode(), detail=KEY)

class Printing(Echo):
    def execute(self, request, /):
        print("." * 40 + KEY, flush=True)
        raise SystemExit(KEY)

class Leaving(Echo):
    def execute(self, request, /):
        return ExecutionResult(status=Status.TIMED_OUT, stdout=b"child started")

def fail():
    raise ConnectionError(f"the server does not know {KEY}")

def left(marker):
    return [f"container {marker} -e VALUE={KEY}"]
"""


SHOWN = (["--traceback"], ["--format", "json"], ["--output", "report"])


@pytest.mark.thorough(one_in=5)
@pytest.mark.parametrize(
    ("factory", "options"),
    [
        *product(["Raising", "Returning", "Printing", "fail"], SHOWN),
        ("Leaving", SHOWN[0]),  # which waits for what is left behind to go
    ],
)
def test_nothing_comes_out_of_an_executor_that_repeats_the_host_s_key(
    factory: str, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    (tmp_path / "leaky_host.py").write_text(HOST, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("CODE_EXEC_API_KEY", FILE)
    checks = [word for check in ("D01", "D02", "R01", "R04", "O09", "T04") for word in ("--check", check)]
    command = ["conformance", f"leaky_host:{factory}", "--leak-probe", "leaky_host:left", *checks, *options]
    try:
        assert (2 if factory == "fail" else 1) == assert_no_leak(partial(main, command), SECRETS)
    finally:
        del sys.modules["leaky_host"]
    told = "".join(capsys.readouterr())
    if "--output" in options and factory != "fail":
        told = (tmp_path / "report").read_text(encoding="utf-8")
        assert_no_leak(partial(print, told), SECRETS)
    assert "***" in told


# -- the gate itself ---------------------------------------------------------------------------------------------------


NOTHING_AT_HAND = {
    "duplicate-language",
    "empty-languages",
    "empty-mode",
    "empty-secret",
    "section-not-found",
    "unknown-runtime",
}
"""Codes whose value is nothing, or what a file may show."""


def value_at(path: Iterable[str | int], data: Any) -> Any:
    """Return the value that a finding is about, or the table that lacks it."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, TypeError):
            break
    return data


def repeating(code: str, place: str, text: str, env: dict[str, str]) -> Callable[..., None]:
    """Make a mutant of the package: the message or the help of each finding of a code holds the value that is wrong."""
    make = Diagnostic.__init__
    data = by_us(text)

    def made(self: Diagnostic, **known: Any) -> None:
        if known["code"] == code:
            path = known.get("path", ())
            value = text if data is None else value_at(path, data) if path else ""
            repeated = REFERENCE.sub(lambda name: env.get(name[1], ""), str(value))
            known[place] = f"{known.get(place)}: {repeated}"
        make(self, **known)

    return made


def is_stopped(check: Callable[[], None]) -> bool:
    """Check whether the gate stops a package that prints a secret; a mutant that breaks down shows nothing."""
    try:
        check()
    except AssertionError as error:
        return str(error) == "a secret leaked in standard output"
    return False


def is_caught(code: str, place: str, folder: Path) -> bool:
    """Check whether such a mutant is stopped at one of the examples of its code, or where a variable is at fault."""
    names = [name for name in TEXTS if name.startswith(f"{code}/")]
    if code not in NOTHING_AT_HAND:
        names += FROM_OUTSIDE
    for name in names:
        text = planted(TEXTS[name])
        for env in environments(name, text):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Diagnostic, "__init__", repeating(code, place, text, env))
                if is_stopped(partial(assert_nothing_comes_out, text, env, folder)):
                    return True
    return False


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize(
    ("code", "place"),
    [*((code, "message") for code in sorted(CODES.keys() - UNREAD)), ("invalid-toml", "help"), ("unknown-key", "help")],
)
def test_a_finding_that_repeats_the_value_is_caught(code: str, place: str, tmp_path: Path) -> None:
    assert is_caught(code, place, tmp_path) == (code not in NOTHING_AT_HAND)


@pytest.mark.parametrize("code", UNREAD)
def test_a_finding_that_repeats_what_was_not_parsed_is_caught(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Diagnostic, "__init__", repeating(code, "message", f"{FILE} is not TOML", {}))

    assert is_stopped(partial(assert_passes_unread, code, tmp_path))


def test_a_reason_that_quotes_the_text_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        refusal, "explain", lambda *flaw: reasons.explain(*flaw)._replace(help=f"found in {flaw[0].text!r}")
    )
    assert is_stopped(partial(assert_passes, "invalid-toml/unquoted-text", tmp_path))


def test_an_excerpt_without_its_mask_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def plain(masker: Any, bounds: tuple[int, int], _: int) -> str:
        text: str = masker._text
        return text[slice(*bounds)]

    monkeypatch.setattr(excerpts.Masker, "excerpt", plain)
    assert is_stopped(partial(assert_passes, "literal-secret/key", tmp_path))


def test_an_excerpt_of_broken_toml_without_its_mask_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal, "blind_excerpt", lambda scan, *_: scan.text)
    assert is_stopped(partial(assert_passes, "invalid-toml/unquoted-text", tmp_path))


def test_a_secret_that_shows_itself_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Secret, "__repr__", lambda secret: f"Secret({secret.reveal()!r})")
    monkeypatch.setattr(sys.modules[__name__], "UNKNOWN", "")
    assert is_stopped(partial(assert_passes, "literal-secret/key", tmp_path))


def test_an_origin_with_the_value_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "_MASK", FILE)
    monkeypatch.setattr(sys.modules[__name__], "UNKNOWN", "")
    assert is_stopped(partial(assert_passes, "literal-secret/key", tmp_path))
