"""No text of the environment, and no value of a secret key, comes out in anything that the package says or raises."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import subprocess
import sys
import tomllib
import warnings
from functools import partial
from traceback import walk_stack, walk_tb
from typing import TYPE_CHECKING, Any

import attrs
import cattrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeexec_config import (
    CodeExecutionConfig,
    ConfigError,
    ConfigWarning,
    External,
    Report,
    Secret,
    check_file,
    check_mapping,
    check_text,
    load,
    load_mapping,
    loads,
    register_hooks,
    to_toml,
)
from codeexec_config.rendering.concise import render_concise
from codeexec_config.rendering.structured import file_entry
from codeexec_config.rendering.text import ANSI, render_text
from codeexec_config.testing import assert_no_leak
from tests.counts import examples
from tests.test_environment import EmptyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HEADER = "[features.code_execution]\n"
EXTERNAL = HEADER + "[features.code_execution.mode.external]\n"
GOOD_URL = 'url = "https://code-exec.example.com"\n'

FILE = "sk-0canary0file/9f+="
"""Stands in files, where only a mask may show it."""
ENV = "kanarienvogel-7b2d-env"
"""Stands in the environment."""
SECRETS = (FILE, ENV)
PASTED = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
"""A token that passes for the name of a variable."""
LOG = logging.getLogger(__name__)

ENVIRONMENTS: dict[str, dict[str, str]] = {
    "secret values": dict.fromkeys(("E", "T", "M", "L", "U", "H", "K", "K2"), ENV),
    "values of another type": {
        "E": f" {ENV}",
        "T": f"{ENV}0",
        "M": f"-{ENV}",
        "U": f"https://{ENV}@x",
        "K": f"{ENV}\n",
    },
    "urls": {"U": f"https://x.example/?token={ENV}", "H": f"{ENV} münchen", "K": f"é{ENV}", "L": f"Py {ENV}"},
    "plausible values": {"E": "true", "T": "30", "M": "300", "L": "ruby", "U": f"http://{ENV}.example", "K": ENV},
    "nothing": {},
}

KEYS = {
    "literal": f'api_key = "{FILE}"',
    "with a comment": f'api_key = "x" # {FILE}',
    "literal string": f"api_key = '{FILE}'",
    "over lines": f'api_key = """\n{FILE}\n"""',
    "over lines, folded": f'api_key = """\\\n  {FILE}"""',
    "escaped": f'api_key = "\\u0009{FILE}"',
    "blank at its end": f'api_key = "{FILE} "',
    "not ASCII": f'api_key = "é{FILE}"',
    "default": f'api_key = "${{K:-{FILE}}}"',
    "dash": f'api_key = "${{{FILE}}}"',
    "dash default": f'api_key = "${{K-{FILE}}}"',
    "pasted between braces": f'api_key = "${{{PASTED}}}"',
    "pasted with a message": f'api_key = "${{{PASTED}:?set it}}"',
    "pasted between angles": f'api_key = "$<{PASTED}>"',
    "pasted into an unknown key": f'api_kye = "${{{PASTED}}}"',
    "pasted beside a text": f'api_key = "Bearer ${{{PASTED}}}"',
    "malformed": f'api_key = "${{ {FILE} }}"',
    "not closed": f'api_key = "${{{FILE}"',
    "beside a reference": f'api_key = "{FILE}${{K}}"',
    "escaped reference": f'api_key = "$${{{FILE}}}"',
    "unbraced": 'api_key = "$kanarienvogel7b2d"',
    "named": 'api_key = "${K}"',
    "named twice": 'api_key = "${K}${K2}"',
    "named with a message": 'api_key = "${K:?set it}"',
    "a number": "api_key = 55512345678901",
    "an array": f'api_key = ["{FILE}", ["{FILE}"]]',
    "an array over lines": f'api_key = [\n  "{FILE}", # {FILE}\n]',
    "a table": f'api_key = {{ key = "{FILE}" }}',
    "a table by header": f'[features.code_execution.mode.external.api_key]\nkey = "{FILE}" # {FILE}',
    "a dotted key": f'api_key.key = "{FILE}"',
    "a table by a key": f'api_key."{FILE}" = 1',
    "a table by a header's key": f'["features".code_execution.mode.external.api_key."{FILE}"]',
    "a table in the array of an unknown key": f'[[features.code_execution.more]]\n"{FILE}".x = "{FILE}"',
    "misspelt": f'api_kye = "{FILE}"',
    "of another case": f'API-KEY = "{FILE}"',
    "unknown": f'token = "{FILE}"\npassword = {{ x = ["{FILE}"] }}',
    "a quoted key": f'"api key" = "{FILE}"',
    "not quoted": f"api_key = {FILE}",
    "without its end": f'api_key = "{FILE}',
    "with more behind": f'api_key = "x" "{FILE}"',
    "twice": f'api_key = "{FILE}"\napi_key = "{FILE}"',
    "twice, once over lines": f'api_key = """\n{FILE}"""\n"api_key" = "{FILE}"',
    "a bad escape": f'api_key = "\\q{FILE}"',
    "typographic quotes": f"api_key = “{FILE}”",
    "unfinished lines": f'api_key = """\n{FILE}\n',
    "followed by nonsense": f'api_key = "{FILE}"\n{FILE}\n',
    "a broken array": f'api_key = [\n"{FILE}"\n"{FILE}"]',
}
URLS = (
    f"https://user:{FILE}@x.example",
    f"https://{FILE}@x.example/path",
    f"https://x.example/?token={FILE}",
    f"http://x.example/?a=b;sig={FILE}&x={FILE}",
    f"https://x.example/?{FILE}",
    f"https://user:{FILE}@x y.example/#{FILE}",
    f"ftp://user:{FILE}@x.example",
    f"user:{FILE}@x.example",
    f"https://a@b:{FILE}@x.example?{FILE}",
    f"https://${{H:-user:{FILE}@x}}.example",
    f"https://x.example/${{H:-{FILE}}}",
    f"https://${{H}}:{FILE}@x.example",
    f"https://x\\u002eexample/?token={FILE}",
    f"https://user:\\u0020{FILE}@x.example",
    "${U}",
    "https://${H}/",
)
SECTIONS = {
    "unknown": f'secrets = "{FILE}"\nport = 5551234567890123',
    "unknown table": f'timeouts = {{ key = "{FILE}" }}\nenabled = 1',
    "above the mode": f'api_key = "{FILE}"\nurl = "https://u:{FILE}@x"',
    "wrong place": f'mode = {{ sandboxed = {{ runtime = "docker", api_key = "{FILE}" }} }}',
    "unknown mode": f'mode = {{ externl = {{ url = "https://x.example", api_key = "{FILE}" }} }}',
    "two modes": f'mode = {{ external = {{ url = "https://{FILE}@x", api_key = "{FILE}" }}, sandboxed = {{}} }}',
    "a string for a mode": f'mode = {{ external = "{FILE}" }}\nmax_memory_mb = 0',
    "a string for a sandbox": f'mode.sandboxed = "{FILE}"',
    "an array of tables": f'mode = [{{ api_key = "{FILE}" }}]',
    "defaults": f'timeout_secs = "${{T:-{FILE}}}"\nenabled = "${{E-{FILE}}}"\nallowed_languages = ["${{L:-{FILE} }}"]',
    "defaults beside a slip": f'mode = "${{M:-{FILE}}}"\ntimeout_secs = "a${{T:-{FILE}}}"',
    "made": 'enabled = "${E}"\ntimeout_secs = "${T}"\nmax_memory_mb = "$<M>"\nallowed_languages = ["${L}", "x${L}"]',
    "disabled": f'enabled = false\nmode.external = {{ url = "https://${{H}}/", api_key = "{FILE}${{K}}" }}',
    "one line": f'mode = {{ external = {{ url = "https://{FILE}@x", api_key = "{FILE}", x = "{FILE}" }} }} # {FILE}',
    "wrong types": f'allowed_languages = [["{FILE}"], {{ key = "{FILE}" }}]\ntimeout_secs = ["{FILE}"]',
}
OTHERS = {
    "near miss": f'[features.code-execution]\napi_key = "{FILE}"\n',
    "near miss in a line": f'features = {{ code_exec = {{ mode = {{ external = {{ api_key = "{FILE}" }} }} }} }}\n',
    "no section": f'[database]\npassword = "{FILE}"\n',
    "no table": f'[features]\ncode_execution = "{FILE}"\n',
    "no table on the way": f'features = "{FILE}" # {FILE}\n',
    "an array of tables": f'[[features.code_execution]]\napi_key = "{FILE}"\n',
    "broken elsewhere": f"[database]\npassword = {FILE}\n{HEADER}",
    "broken above": f'password = "{FILE}\n{HEADER}',
    "a key without a value": f'"{FILE}"\n',
    "nothing but a key": f"{FILE}\n",
}
DOCUMENTS: dict[str, str] = {
    **{f"key: {name}": EXTERNAL + GOOD_URL + text + "\n" for name, text in KEYS.items()},
    **{f"url: {number}": f'{EXTERNAL}url = "{url}"\n' for number, url in enumerate(URLS)},
    **{f"url and comment: {number}": f'{EXTERNAL}url = "{url}" # {FILE}\n' for number, url in enumerate(URLS[:9])},
    **{f"url and key: {number}": f'{EXTERNAL}url = "{url}"\napi_key = "{FILE}"\n' for number, url in enumerate(URLS)},
    **{f"section: {name}": f"{HEADER}{text}\n" for name, text in SECTIONS.items()},
    **{f"other: {name}": text for name, text in OTHERS.items()},
}
SPELT_OUT = {PASTED, "55512345678901", "5551234567890123", "kanarienvogel7b2d"}


# -- everything that a report shows ------------------------------------------------------------------------------------


def views(report: Report) -> Iterator[object]:
    """Yield everything that may be shown of a report; its config is what the host asked for."""
    told = attrs.evolve(report, config=None)
    yield from (str(report), f"{report}", repr(told), repr(report.diagnostics), str(report.deferred), report.env_reads)
    for diagnostic in report.diagnostics:
        yield from (str(diagnostic), f"{diagnostic!r:>9}", diagnostic.order(), repr(copy.deepcopy(diagnostic)))
        yield json.dumps(attrs.asdict(diagnostic), default=str)
        yield from (str(ConfigWarning(diagnostic)), repr(ConfigWarning(diagnostic)))
    error = ConfigError(report.diagnostics)
    yield from (str(error), repr(error), error.args, vars(error), repr(copy.copy(error)))
    yield from (pickle.dumps(error, protocol) for protocol in (0, pickle.HIGHEST_PROTOCOL))
    yield from (render_text(report.diagnostics, ANSI), render_concise(report.diagnostics))
    yield json.dumps(file_entry("app.toml", report, valid=report.ok))
    yield cattrs.unstructure(report.diagnostics)


def shown(*checks: Callable[[], Report]) -> None:
    for check in checks:
        LOG.debug("\n".join(map(str, views(check()))))


def raised(call: Callable[[], object]) -> None:
    """Call, and let the searched exception go."""
    try:
        assert_no_leak(call, (*SECRETS, *SPELT_OUT))
    except (ConfigError, ConfigWarning, TypeError):
        return


@pytest.fixture
def app(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        path = tmp_path / "app.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def parsed(text: str) -> Any:
    """Return the section's own table, or an empty one."""
    try:
        return tomllib.loads(text)["features"]["code_execution"]
    except (ValueError, KeyError, TypeError):
        return {}


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_report_shows_a_secret(name: str) -> None:
    text = DOCUMENTS[name]
    checks = [partial(check_text, text, env=env) for env in ENVIRONMENTS.values()]
    checks += [partial(check_mapping, parsed(text), env=env) for env in ENVIRONMENTS.values()]

    assert_no_leak(partial(shown, *checks, partial(check_text, text, offline=True)), (*SECRETS, *SPELT_OUT))


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_error_carries_a_secret(name: str, app: Callable[[str], str]) -> None:
    text = DOCUMENTS[name]
    path = app(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name_of_env in ("secret values", "urls"):
            env = ENVIRONMENTS[name_of_env]
            raised(partial(load, path, env=env, strict=True))
            raised(partial(loads, text, env=env))
            raised(partial(load_mapping, parsed(text), env=env))
        raised(partial(loads, text, env=ENVIRONMENTS["plausible values"], allow_env=()))


@pytest.mark.parametrize("name", ["key: literal", "key: named", "section: made", "url: 3", "key: default"])
@pytest.mark.parametrize("env", [{"K": None}, {"K": ENV, "T": [ENV]}, {"K": ENV.encode(), "T": 1, "E": (ENV,)}])
def test_no_type_error_about_a_value_carries_it(name: str, env: Any) -> None:
    for call in (loads, check_text):
        raised(partial(call, DOCUMENTS[name], env=env))


# -- frames ------------------------------------------------------------------------------------------------------------

FRAMES_OF_LOADING = {"text", "env", "table", "report", "outcome", "request", "options"}


class Vault(dict[str, str]):
    """An environment that fails once it has given a secret away."""

    def __getitem__(self, name: str) -> str:
        if name == "K":
            return ENV
        raise RuntimeError(name)


BROKEN = f'{EXTERNAL}url = "https://${{H}}"\napi_key = "${{K}}"\nother = "{FILE}"\n'
FAILING = HEADER + 'mode = { external = { api_key = "${K}", url = "https://${H}" } }\n'
WARNING = EXTERNAL + GOOD_URL + f'api_key = "{FILE}"\n'


def frames(error: BaseException) -> list[tuple[str, dict[str, Any]]]:
    found = []
    step = error.__traceback__
    while step is not None:
        module = step.tb_frame.f_globals.get("__name__", "")
        if module.startswith("codeexec_config") and module != assert_no_leak.__module__:
            found.append((step.tb_frame.f_code.co_name, dict(step.tb_frame.f_locals)))
        step = step.tb_next
    return found


def calls(text: str, env: Any, path: str) -> dict[str, Callable[[], object]]:
    table = parsed(text)
    return {
        "load": partial(load, path, env=env),
        "loads": partial(loads, text, env=env),
        "load_mapping": partial(load_mapping, table, env=env),
        "check_file": partial(check_file, path, env=env),
        "check_text": partial(check_text, text, env=env),
        "check_mapping": partial(check_mapping, table, env=env),
    }


@pytest.mark.parametrize("call", ["load", "loads", "load_mapping"])
@pytest.mark.parametrize(
    ("kind", "text", "env"),
    [
        (ConfigError, BROKEN, {"K": ENV}),
        (ConfigWarning, WARNING, {"K": ENV}),
        (RuntimeError, FAILING, Vault()),
        (TypeError, FAILING, {"K": ENV, "H": 1}),
    ],
)
def test_an_error_of_load_passes_one_frame_of_the_package_and_leaves_nothing_in_it(
    call: str, kind: type[Exception], text: str, env: Any, app: Callable[[str], str]
) -> None:
    with pytest.raises(kind) as caught:
        calls(text, env, app(text))[call]()

    [(name, variables)] = frames(caught.value)
    assert call == name
    assert not FRAMES_OF_LOADING & variables.keys()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("call", ["check_file", "check_text", "check_mapping"])
@pytest.mark.parametrize(("kind", "env"), [(RuntimeError, Vault()), (TypeError, {"K": ENV, "H": 1})])
def test_an_error_of_check_does_neither(call: str, kind: type[Exception], env: Any, app: Callable[[str], str]) -> None:
    with pytest.raises(kind) as caught:
        calls(FAILING, env, app(FAILING))[call]()

    [(name, variables)] = frames(caught.value)
    assert call == name
    assert variables["outcome"] is caught.value
    assert not (FRAMES_OF_LOADING - {"outcome"}) & variables.keys()


@pytest.mark.parametrize("call", ["load", "loads", "load_mapping", "check_file", "check_text", "check_mapping"])
def test_an_interruption_leaves_nothing_behind_either(
    call: str, app: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("codeexec_config.pipeline.is_flawless", interrupted)
    text = EXTERNAL + GOOD_URL + 'api_key = "${K}"\n'

    with pytest.raises(KeyboardInterrupt) as caught:
        assert_no_leak(calls(text, {"K": ENV}, app(text))[call], SECRETS)

    assert [f"raised at {__file__}"] == [note.rpartition(":")[0] for note in caught.value.__notes__]


NEAR_THE_LIMIT = EXTERNAL + 'url = "https://h/${U}"\napi_key = "${K:?}"\n[features]\ncode_exec = 1\n'


@pytest.mark.parametrize("act", [loads, check_text])
@pytest.mark.filterwarnings("ignore")
def test_near_the_limit_of_recursion_no_frame_is_left(
    act: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("U", ENV)
    monkeypatch.setenv("K", ENV)

    def deep(levels: int) -> object:
        return act(NEAR_THE_LIMIT) if levels == 0 else deep(levels - 1)

    most = sys.getrecursionlimit() - sum(1 for _ in walk_stack(sys._getframe()))
    raised: list[BaseException] = []
    for room in range(5, 95):
        monkeypatch.delitem(sys.modules, "traceback", raising=False)  # importing it takes more room than is left
        try:
            deep(most - room)
        except RecursionError as error:
            raised.append(error)

    assert raised
    for link in raised:
        raised += [link.__context__] if link.__context__ else []
        for frame, _ in walk_tb(link.__traceback__):
            shown = {name: repr(value) for name, value in frame.f_locals.items() if value is not raised}
            assert ENV not in "".join(shown.values()), frame.f_code


def test_an_error_while_another_is_handled_has_the_callers_context_alone() -> None:
    first = ValueError("the caller's")
    try:
        raise first
    except ValueError:
        with pytest.raises(ConfigError) as caught:
            loads(BROKEN, env={"K": ENV})

    assert first is caught.value.__context__
    assert caught.value.__cause__ is None


def test_an_error_of_the_host_s_own_code_keeps_what_it_was_raised_in() -> None:
    class Path:
        def __fspath__(self) -> str:
            try:
                return os.environ["THEIRS"]
            except KeyError:
                raise RuntimeError("the host's") from None

    with pytest.raises(RuntimeError, match="the host's") as caught:
        load(Path())

    assert isinstance(caught.value.__context__, KeyError)
    assert [f"raised at {__file__}"] == [note.rpartition(":")[0] for note in caught.value.__notes__]


# -- warnings ----------------------------------------------------------------------------------------------------------


def test_a_warning_shows_no_secret() -> None:
    def fn() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            loads(WARNING, env={})

    config = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert_no_leak(fn, SECRETS)
        config = loads(WARNING, env={})

    assert ["literal-secret"] * 2 == [getattr(item.message, "diagnostic", None).code for item in caught]  # type: ignore[union-attr]
    assert isinstance(config.mode, External)


def test_a_warning_turned_to_an_error_carries_none() -> None:
    def fn() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            loads(WARNING, env={})

    with pytest.raises(ConfigWarning) as caught:
        assert_no_leak(fn, SECRETS)

    assert "literal-secret" == caught.value.diagnostic.code
    assert "literal-secret" == pickle.loads(pickle.dumps(caught.value)).diagnostic.code  # noqa: S301


def test_strict_raises_what_would_be_warned_of() -> None:
    with pytest.raises(ConfigError) as caught:
        assert_no_leak(partial(loads, WARNING, env={}, strict=True), SECRETS)

    assert ["literal-secret"] == [d.code for d in caught.value.diagnostics]


@pytest.mark.parametrize("kind", [RuntimeError, EmptyError])
def test_a_hook_for_warnings_that_fails_finds_no_report_behind_it(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise kind("no terminal")

    text = WARNING.replace(FILE, "x${K}")
    monkeypatch.setattr(warnings, "showwarning", refuse)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with pytest.raises(kind, match="no terminal") as caught:
            loads(text, env={"K": ENV})

    assert ["loads"] == [name for name, _ in frames(caught.value)]
    assert caught.value.__context__ is None


# -- a host's own converter --------------------------------------------------------------------------------------------


@attrs.define
class Host:
    name: str
    code_execution: CodeExecutionConfig


@pytest.mark.parametrize("detailed", [True, False])
@pytest.mark.parametrize(
    ("kind", "section", "env"),
    [
        (ConfigError, {"mode": {"external": {"url": "x", "api_key": "${K}"}}}, {"K": ENV}),
        (ConfigWarning, {"mode": {"external": {"url": "https://x.example", "api_key": "x${K}"}}}, {"K": ENV}),
        (TypeError, {"timeout_secs": "${T}"}, {"T": [ENV], "K": ENV}),
        (RuntimeError, {"mode": {"external": {"url": "https://${H}", "api_key": "${K}"}}}, Vault()),
    ],
)
def test_a_host_s_converter_carries_no_secret(
    detailed: bool,  # noqa: FBT001
    kind: type[Exception],
    section: dict[str, Any],
    env: Any,
) -> None:
    converter = cattrs.Converter(detailed_validation=detailed)
    register_hooks(converter, env=env)
    document = {"name": "host", "code_execution": section}
    wrapped: type[BaseException] = cattrs.ClassValidationError if detailed else kind

    def fn() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return converter.structure(document, Host)

    with pytest.raises(wrapped) as caught:
        assert_no_leak(fn, SECRETS)

    [error] = caught.value.exceptions if isinstance(caught.value, cattrs.ClassValidationError) else [caught.value]
    assert isinstance(error, kind)
    assert ["structure"] == [name for name, _ in frames(error)]


def test_what_a_converter_gives_out_is_a_reference() -> None:
    converter = cattrs.Converter()
    register_hooks(converter, env={"K": ENV})
    config = loads(EXTERNAL + GOOD_URL + 'api_key = "${K}"\n', env={"K": ENV})

    assert_no_leak(lambda: LOG.debug("%s", converter.unstructure(Host("x", config))), SECRETS)


# -- a config ----------------------------------------------------------------------------------------------------------

KEYED = CodeExecutionConfig(mode=External(url="https://x.example", api_key=Secret(ENV)))


@pytest.mark.parametrize(
    "view",
    [
        repr,
        str,
        attrs.asdict,
        attrs.astuple,
        copy.deepcopy,
        cattrs.unstructure,
        partial(attrs.evolve, timeout_secs=5),
        lambda config: json.dumps(attrs.asdict(config), default=str),
        lambda config: f"{config.mode}{config.mode.api_key:>40}",
    ],
)
def test_no_view_of_a_config_shows_its_key(view: Any) -> None:
    assert_no_leak(lambda: LOG.debug("%s", view(KEYED)), SECRETS)


def test_a_literal_key_is_not_written_and_not_shown_by_the_refusal() -> None:
    with pytest.raises(ValueError, match="the secret is a literal"):
        assert_no_leak(partial(to_toml, KEYED), SECRETS)


@pytest.mark.parametrize("make", [lambda: External(url="https://x", api_key=Secret(f"{ENV}\n"))])
def test_a_constructor_refuses_a_key_without_showing_it(make: Any) -> None:
    with pytest.raises(ConfigError):
        assert_no_leak(make, SECRETS)


# -- the command line --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("documents")
    for number, text in enumerate(DOCUMENTS.values()):
        (path / f"{number:03}.toml").write_text(text, encoding="utf-8")
    return path


def run(folder: Path, *options: str, **env: str) -> str:
    """Return all that a process says."""
    done = subprocess.run(
        [sys.executable, "-m", "codeexec_config", "validate", *options, *sorted(map(str, folder.glob("*.toml")))],
        capture_output=True,
        check=False,
        timeout=120,
        env={**os.environ, **env},
        encoding="utf-8",
    )
    assert 1 == done.returncode
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.mark.thorough(one_in=3)
@pytest.mark.parametrize("env", ["secret values", "plausible values"])
@pytest.mark.parametrize(
    "options",
    [
        ("--format", "text", "--color", "always"),
        ("--format", "concise", "--strict"),
        ("--format", "json"),
        ("--format", "text", "--offline"),
    ],
    ids=" ".join,
)
def test_the_command_prints_no_secret(folder: Path, options: tuple[str, ...], env: str) -> None:
    said = run(folder, *options, **ENVIRONMENTS[env])

    assert len(said) > 10_000
    assert_no_leak(partial(LOG.debug, "%s", said), (*SECRETS, *SPELT_OUT))


def test_an_env_file_is_not_printed(folder: Path) -> None:
    env_file = folder / "prod.env"
    env_file.write_text("".join(f"{name}={ENV}\n" for name in "ETMLUHK"))

    said = run(folder, "--env-file", str(env_file))

    assert_no_leak(partial(LOG.debug, "%s", said), (*SECRETS, *SPELT_OUT))


@pytest.mark.parametrize("line", [f"={ENV}", f"NAME {ENV}=x", f"{ENV} {ENV}"])
def test_a_bad_line_of_an_env_file_is_told_by_its_number(folder: Path, line: str) -> None:
    env_file = folder / "bad.env"
    env_file.write_text(f"A=1\n{line}\n")

    done = subprocess.run(
        [sys.executable, "-m", "codeexec_config", "validate", "--env-file", str(env_file), str(folder)],
        capture_output=True,
        check=False,
        timeout=60,
        encoding="utf-8",
    )

    assert 2 == done.returncode
    assert "line 2" in done.stderr
    assert ENV not in done.stdout + done.stderr


# -- generated documents -----------------------------------------------------------------------------------------------

hidden = st.sampled_from(
    [
        f'"{FILE}"',
        f"'{FILE}'",
        f'"""\n{FILE}"""',
        f'["{FILE}"]',
        f'{{ a = "{FILE}" }}',
        f'"{FILE}${{K}}"',
        f'"${{K:-{FILE}}}"',
        f'[ # {FILE}\n"{FILE}" ]',
        FILE,
    ]
)
open_values = st.sampled_from(
    ["1", "-1", "true", '"x"', '"${T}"', '["python", "${L}"]', "{}", "[]", '"${T:-5}"', "0x1"]
)
known = st.sampled_from(["enabled", "timeout_secs", "max_memory_mb", "allowed_languages", "mode.sandboxed.runtime"])
secret_keys = st.sampled_from(
    ["mode.external.api_key", "token", "mode.external.pass", "api_key", '"a b"', "mode.xx.key"]
)
lines = st.one_of(
    st.tuples(known, open_values).map(" = ".join),
    st.tuples(secret_keys, hidden).map(" = ".join),
    st.sampled_from(
        ['mode.external.url = "https://${H}"', 'mode.external.url = "${U}"', 'mode.external.api_key = "${K}"']
    ),
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Return a section, right or wrong, and perhaps with a slip that makes it no TOML."""
    text = HEADER + "\n".join(draw(st.lists(lines, max_size=6))) + "\n"
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(text) - 1))
        if text[place] not in "\n#" and draw(st.booleans()):
            text = text[:place] + text[place + 1 :]
        else:
            text = text[:place] + draw(st.sampled_from("\"'=[]{},.\\x\n")) + text[place:]
    return text


@examples(60)
@given(documents(), st.sampled_from(sorted(ENVIRONMENTS)), st.booleans())
def test_no_generated_document_leaks(text: str, env: str, offline: bool) -> None:  # noqa: FBT001
    check = partial(check_text, text, env=ENVIRONMENTS[env], offline=offline)

    assert_no_leak(partial(shown, check), SECRETS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raised(partial(loads, text, env=ENVIRONMENTS[env], strict=offline))
