"""The leak gate: over every broken example, in every format, by every command, nothing secret comes out.

Each example is planted with secrets: in the values of its keys that hold one, in the query of its URL, below an unknown
key, and in every variable that it names. Then the gate is tried on itself: a package that repeats a value in a message,
or unmasks a line, must not pass it.
"""

from __future__ import annotations

import re
import sys
import warnings
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config import ConfigError, Secret, check_file, check_mapping, check_text, load, loads
from codeexec_config.cli import COMMANDS, main
from codeexec_config.cli.formats import FORMATS
from codeexec_config.document import excerpts, refusal
from codeexec_config.findings import Finding
from codeexec_config.section import origins
from codeexec_config.testing import assert_no_leak
from tests.counts import FULL
from tests.test_findings import CASES
from tests.test_leaks import DOCUMENTS, views
from tests.toml.reading import by_us

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILE = "sk-live-Zx81/plantedQq7+w="
ENV = "kanarienvogel-9Qe4-umgebung"
SECRETS = (FILE, ENV)
SHAPES = (ENV, f" {ENV}", f"{ENV}0\n", f"https://user:{ENV}@x", f"é{ENV}")
VARIABLE = re.compile(r"[$][{<]([A-Za-z_][A-Za-z0-9_]*)")
HOLDS_A_SECRET = re.compile(
    r"""(\b(?:api.?k[a-z]*|token|password|secret)["']?\s*=\s*["']+)(?=[^"'\n])""", re.IGNORECASE
)
URL = re.compile(r"""(\b(?:url|ur|uri)["']?\s*=\s*["'][^"'#\n]*)""")
UNKNOWN = f'\n[features.code_execution.hidden]\n"token" = ["{FILE}", {{ x = "{FILE}" }}] # {FILE}\n'

EXAMPLES = {f"{case.parent.name}/{case.stem}": case.read_text(encoding="utf-8") for case in CASES}
TEXTS = {**EXAMPLES, **(DOCUMENTS if FULL else {})}


def planted(text: str) -> str:
    """Put secrets wherever the language has room for one, beside what is there."""
    text = HOLDS_A_SECRET.sub(rf"\g<1>{FILE}", text)
    text = URL.sub(rf"\g<1>?q={FILE}", text)
    return text.rstrip("\n") + "\n" + UNKNOWN


def environments(text: str, number: int) -> list[dict[str, str]]:
    """Set each variable that a text names to a secret, in a shape of its turn or in each."""
    shapes = SHAPES if FULL else (SHAPES[number % len(SHAPES)],)
    return [dict.fromkeys(VARIABLE.findall(text), shape) for shape in shapes]


def by_function(text: str, path: Path, env: dict[str, str]) -> Iterator[Callable[[], object]]:
    """Give each way to check a text, as a function that prints all of what comes of it, or raises."""
    section = by_us(text) or {}
    for name in ("features", "code_execution"):
        section = section.get(name, {}) if isinstance(section, dict) else {}
    table = section if isinstance(section, dict) else {}
    for check in (
        partial(check_text, text, env=env),
        partial(check_file, path, env=env),
        partial(check_mapping, table, env=env),
        partial(check_text, text, env=env, origins=True),
        partial(check_text, text, offline=True, origins=True),
    ):
        yield partial(print_all, check)
    yield partial(load, path, env=env)
    yield partial(loads, text, env=env, strict=True)


def print_all(check: Callable[[], Any]) -> None:
    report = check()
    for view in views(report):
        sys.stdout.write(f"{view}\n")
    sys.stdout.write(f"{report.config} {report.origins}\n")


def by_command(path: Path, env_file: Path) -> Iterator[list[str]]:
    """Give each command that reads a file, with every format and what else changes its output."""
    file = str(path)
    for name in FORMATS:
        yield ["validate", "--format", name, file]
    yield ["validate", "--color", "always", "--offline", file]
    yield ["validate", "--env-file", str(env_file), "--strict", file]
    yield ["validate", "--diff", file]
    yield ["show", file]
    yield ["show", "--offline", "--format", "json", file]
    yield ["show", "--env-file", str(env_file), file]
    yield ["validate", "--fix", file]


def assert_nothing_comes_out(text: str, env: dict[str, str], folder: Path) -> None:
    path, env_file = folder / "app.toml", folder / "app.env"
    path.write_text(text, encoding="utf-8", newline="")
    env_file.write_text("".join(f"{name}={value!r}\n" for name, value in env.items()), encoding="utf-8")
    for call in by_function(text, path, env):
        with suppress(ConfigError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert_no_leak(call, SECRETS)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        commands = list(by_command(path, env_file))
        assert_no_leak(lambda: [main(command) for command in commands], SECRETS)


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_comes_out_of_a_broken_file(name: str, tmp_path: Path, capsys: Any) -> None:
    assert_passes(name, tmp_path)
    assert len(capsys.readouterr().out) > 1_000


def assert_passes(name: str, folder: Path) -> None:
    text = planted(TEXTS[name])
    for env in environments(text, list(TEXTS).index(name)):
        assert_nothing_comes_out(text, env, folder)


def test_every_command_is_tried() -> None:
    tried = {command[0] for command in by_command(Path("x"), Path("y"))}
    assert set(COMMANDS) == tried | {"schema", "explain", "init", "conformance"}


@pytest.mark.parametrize("command", [["schema"], ["explain"], ["init"], ["explain", "no-such"], ["--help"], ["show"]])
def test_a_command_that_reads_no_file_knows_no_environment(command: list[str], monkeypatch: Any) -> None:
    for name in ("CODE_EXEC_API_KEY", "K", "HOST"):
        monkeypatch.setenv(name, ENV)
    assert_no_leak(partial(main, command), SECRETS)


# -- the gate itself ---------------------------------------------------------------------------------------------------


def talkative(code: str) -> Callable[..., Finding]:
    """Make a mutant of the package: who makes a finding of this code repeats in its message all that they know."""
    make = Finding.__new__

    def made(cls: Any, *args: Any, **kwargs: Any) -> Finding:
        found = make(cls, *args, **kwargs)
        if found.code != code:
            return found
        known = {name: value for name, value in sys._getframe(1).f_locals.items() if not isinstance(value, Finding)}
        return found._replace(message=f"{found.message}: {known}")

    return made


def assert_is_caught(names: list[str], folder: Path) -> None:
    """Check that the gate stops a package at one of the examples."""

    def fn() -> None:
        for name in names:
            assert_passes(name, folder)

    with pytest.raises(AssertionError, match="a secret came out in"):
        fn()


@pytest.mark.parametrize(
    "code", ["invalid-reference", "literal-secret", "malformed-secret", "unknown-key", "wrong-type"]
)
def test_a_message_that_repeats_what_its_maker_knows_is_caught(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Finding, "__new__", talkative(code))
    assert_is_caught([name for name in TEXTS if name.startswith(f"{code}/")], tmp_path)


def test_a_reason_that_quotes_the_text_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    explain = refusal.explain
    monkeypatch.setattr(
        refusal, "explain", lambda scan, flaw: explain(scan, flaw)._replace(help=f"found in {scan.text!r}")
    )
    assert_is_caught(["invalid-toml/unquoted-text"], tmp_path)


def test_an_excerpt_without_its_mask_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def plain(masker: Any, bounds: tuple[int, int], _: int) -> str:
        return masker._scan.text[slice(*bounds)]

    monkeypatch.setattr(excerpts.Masker, "excerpt", plain)
    assert_is_caught(["unknown-key/misspelt"], tmp_path)


def test_an_excerpt_of_broken_toml_without_its_mask_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal, "blind_excerpt", lambda scan, *_: scan.text)
    assert_is_caught(["invalid-toml/unquoted-text"], tmp_path)


def test_a_secret_that_shows_itself_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Secret, "__repr__", lambda secret: f"Secret({secret.reveal()!r})")
    monkeypatch.setattr(sys.modules[__name__], "UNKNOWN", "")
    assert_is_caught(["literal-secret/key"], tmp_path)


def test_an_origin_with_the_value_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "_MASK", FILE)
    monkeypatch.setattr(sys.modules[__name__], "UNKNOWN", "")
    assert_is_caught(["literal-secret/key"], tmp_path)
