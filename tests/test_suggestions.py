"""A fix keeps the meaning: no name of another word is renamed; values change only by a unit or a negation."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codeexec_config import CodeExecutionConfig, External, Sandboxed, check_text
from codeexec_config.document.edits import apply_fixes
from codeexec_config.policy import Policy
from codeexec_config.rules.spelling import distance, nearest, slipped, words_of
from codeexec_config.section.suggestions import Sense, meaning

HEADER = "[features.code_execution]\n"
VALUES = {
    "enabled": "true",
    "mode": '"wasm"',
    "allowed_languages": '["python"]',
    "timeout_secs": "60",
    "max_memory_mb": "512",
    "runtime": '"docker"',
    "url": '"https://x.example.com"',
    "api_key": '"${K}"',
}
TABLES = {
    "runtime": "[features.code_execution.mode.sandboxed]\n",
    "url": "[features.code_execution.mode.external]\n",
    "api_key": '[features.code_execution.mode.external]\nurl = "https://x.example.com"\n',
}
EXTRA = (
    *("file", "env", "cmd", "path", "name", "header", "max", "min", "default", "old", "new", "my", "is", "use", "v2"),
    *(
        "limit",
        "per",
        "run",
        "total",
        "id",
        "ref",
        "docker",
        "base",
        "blocked",
        "denied",
        "forbidden",
        "service",
        "hard",
    ),
    *("remote", "var", "source", "code", "list", "count", "strict", "soft", "idle", "hard"),
)
SECONDS: dict[str, Any] = {"millis": Fraction(1, 1000), "seconds": 1, "min": 60, "minutes": 60, "hours": 3600}
MEBIBYTES: dict[str, Any] = {"bytes": Fraction(1, 2**20), "kb": Fraction(1, 1024), "MiB": 1, "gb": 1024, "tb": 2**20}


def standing(name: str, cls: type[Any]) -> tuple[str, Sense]:
    """Return the known key that a name means, and in which sense."""
    meant = meaning(name, cls)
    assert meant is not None
    return meant.key.name, meant.sense


def fixed(name: str, value: str, header: str = HEADER) -> dict[str, Any] | None:
    """Return the table with the fix of one key, or None without a fix."""
    text = f"{header}{name} = {value}\n"
    fixes = [d.fix for d in check_text(text, env={"K": "k"}).diagnostics if d.fix]
    if not fixes:
        return None
    table: Any = tomllib.loads(apply_fixes(text, fixes))
    for part in header.splitlines()[0].strip("[]").split("."):
        table = table[part]
    assert isinstance(table, dict)
    return table


def joined(words: list[str], style: int) -> str:
    if style == 0:
        return "_".join(words)
    if style == 1:
        return "-".join(words)
    return words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])


known = st.sampled_from(sorted(VALUES))
styles = st.integers(0, 2)


@given(known, st.sampled_from(EXTRA), st.integers(0, 3), styles)
def test_a_name_with_a_word_more_has_no_fix(key: str, word: str, place: int, style: int) -> None:
    words = key.split("_")
    words.insert(place, word)
    name = joined(words, style)

    assert fixed(name, VALUES[key], TABLES.get(key, HEADER)) is None, name


def spelt(words: list[str]) -> set[str]:
    """Return a name's words as people join them."""
    humped = [word.capitalize() for word in words]
    snake = "_".join(words)
    return {snake, snake.upper(), "-".join(words), "".join(words), "".join(humped), words[0] + "".join(humped[1:])}


SHORT = (
    *("an", "as", "at", "be", "by", "db", "de", "do", "ed", "er", "hi", "id", "if", "is", "it", "lo", "my", "of", "on"),
    *("or", "os", "re", "to", "tz", "ui", "up", "us", "vm", "ws", "x1", "7"),
)


@pytest.mark.thorough(one_in=24)
@pytest.mark.parametrize("key", VALUES)
@pytest.mark.parametrize("word", [*sorted({*EXTRA}), *SHORT, "no", "not", "non", "un", "dis", "anti", "without"])
def test_no_spelling_of_a_name_with_a_word_more_is_a_slip(key: str, word: str) -> None:
    words = key.split("_")
    cls = {"runtime": Sandboxed, "url": External, "api_key": External}.get(key, CodeExecutionConfig)
    names = {name for gap in range(len(words) + 1) for name in spelt([*words[:gap], word, *words[gap:]])}
    meant = {name: found.sense for name in names if (found := meaning(name, cls)) and found.is_exact}

    assert {Sense.NEGATION} >= set(meant.values()), meant
    assert not meant or key == "enabled"


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("appkey", External),
        ("AppKey", External),
        ("noAllowedLanguages", CodeExecutionConfig),
        ("noallowedlanguages", CodeExecutionConfig),
        ("unallowedlanguages", CodeExecutionConfig),
        ("timeoutMsSecs", CodeExecutionConfig),
        ("timeout2Secs", CodeExecutionConfig),
    ],
)
def test_a_glued_word_is_a_word_too(name: str, cls: type[Any]) -> None:
    meant = meaning(name, cls)

    assert not (meant and meant.is_exact)


@pytest.mark.parametrize("unit", ["GiB", "GB", "gB", "gib", "GIB", "Gb"])
def test_a_capital_of_a_unit_is_no_hump(unit: str) -> None:
    assert [{"max_memory_mb": 2048}] * 2 == [fixed(f"{lead}{unit}", "2") for lead in ("max_memory_", "maxMemory")]


@given(known, st.sampled_from(EXTRA), st.integers(0, 2), styles)
def test_a_name_with_another_word_has_no_fix(key: str, word: str, place: int, style: int) -> None:
    words = key.split("_")
    assume(words[place % len(words)] != word)
    words[place % len(words)] = word
    if key == "timeout_secs" and word == "min" and words[0] == "timeout":
        return  # that is a unit
    name = joined(words, style)

    assert fixed(name, VALUES[key], TABLES.get(key, HEADER)) is None, name


@pytest.mark.parametrize("key", [key for key in VALUES if "_" in key])
def test_a_name_with_a_word_less_is_known_and_has_no_fix(key: str) -> None:
    words = key.split("_")
    cls = {"runtime": Sandboxed, "api_key": External}.get(key, CodeExecutionConfig)
    for gap in range(len(words)):
        name = "_".join(word for place, word in enumerate(words) if place != gap)
        meant = meaning(name, cls)
        assert fixed(name, VALUES[key], TABLES.get(key, HEADER)) is None, name
        if not name.startswith(("secs", "max_mb")):
            assert meant is not None
            assert (key, Sense.PART) == (meant.key.name, meant.sense)


@given(st.sampled_from(sorted(SECONDS)), st.integers(0, 10**9) | st.floats(0, 10**6), styles)
def test_a_timeout_in_another_unit_is_converted_exactly(unit: str, value: float, style: int) -> None:
    exact = Fraction(repr(value)) * SECONDS[unit]
    result = fixed(joined(["timeout", unit], style), repr(value))

    assert ({"timeout_secs": exact} if exact.denominator == 1 and 1 <= exact <= 86400 else None) == result or (
        SECONDS[unit] == 1 and result is None and isinstance(value, float)
    )


@given(st.sampled_from(sorted(MEBIBYTES)), st.integers(0, 2**33), styles)
def test_a_memory_in_another_unit_is_converted_exactly(unit: str, value: int, style: int) -> None:
    exact = value * Fraction(MEBIBYTES[unit])
    result = fixed(joined(["max", "memory", unit], style), str(value))

    assert ({"max_memory_mb": exact} if exact.denominator == 1 and 1 <= exact <= 4096 else None) == result


@pytest.mark.parametrize(
    ("name", "turns"),
    [
        ("disabled", 1),
        ("disable", 1),
        ("DISABLED", 1),
        ("not_enabled", 1),
        ("notEnabled", 1),
        ("non-enabled", 1),
        ("unenabled", 1),
        ("no_enable", 1),
        ("inactive", 1),
        ("off", 1),
        ("not_disabled", 2),
        ("not_not_enabled", 2),
        ("enable", 0),
        ("Enabld", 0),
    ],
)
@pytest.mark.parametrize("value", [True, False])
def test_a_negation_is_turned_round(name: str, turns: int, value: bool) -> None:  # noqa: FBT001
    assert {"enabled": value ^ (turns % 2 == 1)} == fixed(name, str(value).lower())


@pytest.mark.parametrize(
    ("name", "cls", "expected"),
    [
        ("min_memory_mb", CodeExecutionConfig, "`max_memory_mb` means something else"),
        ("minTimeout", CodeExecutionConfig, "`timeout_secs` means something else"),
        ("denied_languages", CodeExecutionConfig, "`allowed_languages` means something else"),
        ("disallowedLanguages", CodeExecutionConfig, "`allowed_languages` means something else"),
        ("non_allowed_languages", CodeExecutionConfig, "`allowed_languages` means something else"),
        ("key_file", External, 'api_key = "${NAME}"'),
        ("is_disabled", CodeExecutionConfig, "`enabled` means something else"),
        ("api_key_file", External, 'api_key = "${NAME}"'),
        ("apiKeyHelper", External, 'api_key = "${NAME}"'),
        ("url_env", External, 'url = "${NAME}"'),
        ("proxy_url", External, "there is a key `url`"),
        ("port", External, "it is part of `url`, as in url = "),
        ("basePath", External, "it is part of `url`, as in url = "),
        ("service_api_route", External, "it is part of `url`, as in url = "),
        ("url_path", External, 'url = "${NAME}"'),
        ("disabled_url", External, "there is a key `url`"),
        ("timeout", CodeExecutionConfig, "did you mean `timeout_secs`? it is in seconds"),
        ("languages_allowed", CodeExecutionConfig, "did you mean `allowed_languages`?"),
        ("max_mem_mb", CodeExecutionConfig, "did you mean `max_memory_mb`? it is in MiB"),
        ("max_memory_kb", CodeExecutionConfig, "1024 KiB are 1 MiB"),
        ("timeout_hours", CodeExecutionConfig, "1 hour is 3600 seconds"),
        ("timeout_ms", CodeExecutionConfig, "1000 milliseconds are 1 second"),
        ("memory_gb", CodeExecutionConfig, "1 GiB is 1024 MiB"),
    ],
)
def test_what_the_known_key_means_is_said(name: str, cls: type[Any], expected: str) -> None:
    meant = meaning(name, cls)

    assert meant is not None
    assert expected in meant.help


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "_",
        "app_key",
        "service_api",
        "port_range",
        "ca_path",
        "container",
        "token_bucket",
        "endpoint_timeout",
        "supported_languages",
        "m" * 65,
        "日本",
    ],
)
def test_a_name_of_other_words_means_nothing_known(name: str) -> None:
    assert meaning(name, External) is None


@pytest.mark.parametrize(
    ("name", "key", "sense"),
    [
        ("secure_hosts", "insecure_hosts", Sense.OPPOSITE),
        ("secure_host", "insecure_hosts", Sense.OPPOSITE),
        ("unsecure_hosts", "insecure_hosts", Sense.SLIP),
        ("insecur_hosts", "insecure_hosts", Sense.SLIP),
        ("allow_insecure_hosts", "insecure_hosts", Sense.MORE),
        ("blocked_hosts", "url_hosts", Sense.OPPOSITE),
        ("maximum_isolation", "minimum_isolation", Sense.OPPOSITE),
        ("max_isolation", "minimum_isolation", Sense.OPPOSITE),
        ("minimum_isolaton", "minimum_isolation", Sense.SLIP),
        ("min_isolation", "minimum_isolation", Sense.PART),
        ("minimum_timeout_secs", "max_timeout_secs", Sense.OPPOSITE),
        ("maximum_timeout", "max_timeout_secs", Sense.PART),
    ],
)
def test_an_entry_of_a_policy_is_not_taken_for_its_opposite(name: str, key: str, sense: Sense) -> None:
    assert (key, sense) == standing(name, Policy)


@pytest.mark.parametrize("name", ["!enabled", "!timeout_secs", "!max_memory_mb"])
def test_a_key_that_is_left_out_means_nothing_known(name: str) -> None:
    assert meaning(name, CodeExecutionConfig) is None


@pytest.mark.parametrize("name", ["base_url", "url_file"])
def test_a_required_key_by_another_name_is_not_missing_as_well(name: str) -> None:
    [finding] = check_text(
        f'[features.code_execution.mode.external]\n{name} = "x"\napi_key = "${{K}}"\n', env={"K": "k"}
    ).errors

    assert ("unknown-key", name) == (finding.code, finding.path[-1])


@pytest.mark.parametrize(
    ("name", "key", "sense"),
    [
        ("timeout_sec", "timeout_secs", Sense.SLIP),
        ("timeout_seconds", "timeout_secs", Sense.UNIT),
        ("timeout_in_ms", "timeout_secs", Sense.UNIT),
        ("timeoutms", "timeout_secs", Sense.UNIT),
        ("maxMemoryGB", "max_memory_mb", Sense.UNIT),
        ("memory_gb", "max_memory_mb", Sense.PART),
        ("memory_max_gb", "max_memory_mb", Sense.PART),
        ("max_mem_gb", "max_memory_mb", Sense.PART),
        ("mem_max", "max_memory_mb", Sense.PART),
        ("memory_max", "max_memory_mb", Sense.PART),
        ("maximum_memory_mb", "max_memory_mb", Sense.PART),
        ("max_timeout", "timeout_secs", Sense.PART),
        ("allowed_langs", "allowed_languages", Sense.PART),
        ("memorys", "max_memory_mb", Sense.PART),
        ("timeout", "timeout_secs", Sense.PART),
        ("timeouts", "timeout_secs", Sense.PART),
        ("languages", "allowed_languages", Sense.PART),
        ("languages_allowed", "allowed_languages", Sense.PART),
        ("enabled_x", "enabled", Sense.MORE),
        ("max_memory_mb_x", "max_memory_mb", Sense.MORE),
        ("disabled", "enabled", Sense.NEGATION),
        ("not_disabled", "enabled", Sense.SLIP),
        ("never_not_enabled", "enabled", Sense.SLIP),
        ("nonenabled", "enabled", Sense.NEGATION),
        ("no_unenabled", "enabled", Sense.SLIP),
        ("feature_off", "enabled", Sense.OPPOSITE),
        ("mode_off", "enabled", Sense.OPPOSITE),
        ("disable_code", "enabled", Sense.OPPOSITE),
        ("disable_timeout", "timeout_secs", Sense.OPPOSITE),
        ("memory_disabled", "max_memory_mb", Sense.OPPOSITE),
        ("languages_off", "allowed_languages", Sense.OPPOSITE),
        ("blockedLanguages", "allowed_languages", Sense.OPPOSITE),
        ("notallowed_languages", "allowed_languages", Sense.OPPOSITE),
        ("unallowedLanguages", "allowed_languages", Sense.OPPOSITE),
        ("no_languages", "allowed_languages", Sense.OPPOSITE),
        ("min_memory", "max_memory_mb", Sense.OPPOSITE),
        ("memory_min_mb", "max_memory_mb", Sense.OPPOSITE),
        ("timeout" + "_" * 53 + "secs", "timeout_secs", Sense.SLIP),
    ],
)
def test_a_name_stands_to_a_known_one_in_one_sense(name: str, key: str, sense: Sense) -> None:
    assert (key, sense) == standing(name, CodeExecutionConfig)


NOT = "anti dis never no non not un without"
OFF = "deactivate deactivated disable disabled disables inactive off"
AGAINST = """
banned black blacklist blacklisted block blocked blocklist denied deny denylist disallow disallowed exclude excluded
forbid forbidden ignore ignored prohibited refused rejected restricted unsupported
"""
LEAST = "least lowest min mini minimal minimum"
RUN = "cmd command exec script"
POINTERS = """
cmd command env envvar environment exec file filename from header id name path ref reference script source var variable
vault
"""


def test_a_word_tells_the_sense() -> None:
    def senses(names: list[str], cls: type[Any]) -> set[tuple[str, Sense] | None]:
        return {meant and (meant.key.name, meant.sense) for meant in (meaning(name, cls) for name in names)}

    against = [f"{word}_languages" for word in f"{AGAINST} {NOT} {OFF}".split()]
    negations = [*OFF.split(), *(f"{word}_enabled" for word in NOT.split())]
    least = [f"{word}_memory_mb" for word in LEAST.split()]
    pointers = [f"api_key_{word}" for word in POINTERS.split()]
    of_a_url = [f"url_{word}" for word in POINTERS.split() if word not in RUN.split()]
    assert {("allowed_languages", Sense.OPPOSITE)} == senses(against, CodeExecutionConfig)
    assert {("enabled", Sense.NEGATION)} == senses(negations, CodeExecutionConfig)
    assert {("max_memory_mb", Sense.OPPOSITE)} == senses(least, CodeExecutionConfig)
    assert {("api_key", Sense.POINTER)} == senses(pointers, External)
    assert {("url", Sense.POINTER)} == senses(of_a_url, External)
    assert {("url", Sense.MORE)} == senses([f"url_{word}" for word in RUN.split()], External)
    assert {("timeout_secs", Sense.MORE), ("timeout_secs", Sense.OTHER)} == senses(
        [f"{word}_timeout_secs" for word in RUN.split()], CodeExecutionConfig
    )


@pytest.mark.parametrize(
    ("key", "cls", "names"),
    [
        ("url", External, "address base endpoint host hostname server api_base api_endpoint service_uri"),
        ("url", External, "base_url apiUrl SERVICE_URL endpoint_url sandbox_url executor_base_url"),
        ("api_key", External, "client_api_key secret_api_key api_key_secret runner_api_key"),
        ("runtime", Sandboxed, "runtime_type container_runtime sandbox_engine sandbox_runtime"),
        (
            "timeout_secs",
            CodeExecutionConfig,
            "deadline duration_secs time_limit max_execution_time wall_time_secs",
        ),
        ("max_memory_mb", CodeExecutionConfig, "memory_limit memory_limit_mb max_ram memory_size ram_mb memory_quota"),
        ("enabled", CodeExecutionConfig, "on active activated is_enabled is_active"),
        ("api_key", External, "auth authentication authorization bearer credential credentials passwd password pat"),
        ("api_key", External, "secret token auth_token bearer_token_env_var client_secret http_password access_key"),
        ("runtime", Sandboxed, "backend driver engine kind type"),
    ],
)
def test_what_other_tools_call_a_key_is_known(key: str, cls: type[Any], names: str) -> None:
    for name in names.split():
        meant = meaning(name, cls)

        assert meant is not None, name
        assert key == meant.key.name
        assert meant.help.startswith(f"did you mean `{key}`?")
        assert not meant.is_exact


@pytest.mark.parametrize(
    ("key", "cls", "names"),
    [
        ("api_key", External, "bearer_token_env_var auth_token_env AUTH_TOKEN_ENV env_token client_secret_env_var"),
        ("api_key", External, "token_file password_file credentials_file tokenPath token_command token_from_env"),
        ("api_key", External, "secret_name secret_id secretRef auth_header"),
        ("url", External, "base_url_env endpoint_env_var service_url_env env_host serverVariable"),
        ("timeout_secs", CodeExecutionConfig, "timeout_env execution_timeout_env_var"),
        ("max_memory_mb", CodeExecutionConfig, "memory_env memory_limit_env"),
    ],
)
def test_what_tells_where_the_value_is_is_no_name_of_the_value(key: str, cls: type[Any], names: str) -> None:
    """The value of `bearer_token_env_var` is the name of a variable, which as `api_key` would be sent as the key."""
    for name in names.split():
        meant = meaning(name, cls)
        assert meant is not None, name
        assert (key, Sense.OTHER_POINTER) == (meant.key.name, meant.sense)
        assert meant.help.startswith(f"did you mean `{key}`? ")
        assert f'{key} = "${{NAME}}"' in meant.help
        assert not meant.is_same


def test_an_address_may_have_a_name_or_a_path_of_its_own() -> None:
    names = ["host_name", "server_name", "host_file", "env", "file", "env_http_headers", "private_key_file"]

    assert [None] * len(names) == [meaning(name, External) for name in names]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("execution_timeout", "did you mean `timeout_secs`? it is in seconds"),
        ("exec_timeout_secs", "did you mean `timeout_secs`? it is in seconds"),
        ("max_run_time_in_ms", "did you mean `timeout_secs`? it is in seconds: 1000 milliseconds are 1 second"),
        ("mem_limit", "did you mean `max_memory_mb`? it is in MiB"),
        ("ram_limit_gb", "did you mean `max_memory_mb`? it is in MiB: 1 GiB is 1024 MiB"),
        ("isOn", "did you mean `enabled`?"),
    ],
)
def test_a_limit_by_another_name_is_told_its_unit(name: str, expected: str) -> None:
    meant = meaning(name, CodeExecutionConfig)

    assert meant is not None
    assert (expected, Sense.OTHER) == (meant.help, meant.sense)


@pytest.mark.parametrize(
    "name",
    [
        "cpu_time_limit",
        "compile_timeout",
        "request_timeout",
        "start_time",
        "time_zone",
        "shared_memory_mb",
        "memory_swap",
        "size_limit",
        "run",
        "max_output_size",
        "time_limit_time",
        "is_on_call",
        "turn_on",
        "is",
        "limit_mb",
    ],
)
def test_a_limit_of_something_else_is_no_key_of_ours(name: str) -> None:
    assert meaning(name, CodeExecutionConfig) is None


@pytest.mark.parametrize(
    "name", ["my_languages", "enabled_languages", "language_list", "default_language", "langauges_x"]
)
def test_a_name_that_speaks_of_a_list_is_of_the_list(name: str) -> None:
    meant = meaning(name, CodeExecutionConfig)

    assert meant is not None
    assert ("allowed_languages", Sense.MORE) == (meant.key.name, meant.sense)


@pytest.mark.parametrize(
    ("table", "name", "value"),
    [
        ("", "timeout", "60"),
        ("", "languages", '["r"]'),
        (".mode.external", "key", '"x"'),
        (".mode.external", "token", '"x"'),
        (".mode.external", "endpoint", '"https://h"'),
        (".mode.sandboxed", "engine", '"docker"'),
    ],
)
def test_another_name_of_a_key_that_is_here_is_too_much(table: str, name: str, value: str) -> None:
    sections = {
        "": 'timeout_secs = 30\nallowed_languages = ["python"]\n',
        ".mode.external": 'url = "https://h"\napi_key = "${K}"\n',
        ".mode.sandboxed": 'runtime = "docker"\n',
    }
    text = f"[features.code_execution{table}]\n{sections[table]}{name} = {value}\n"
    [finding] = check_text(text, env={"K": "k"}).diagnostics

    assert (finding.help or "").endswith("` is already set here; remove one of them")
    assert finding.fix is None


@pytest.mark.parametrize("name", ["token", "auth", "client_secret", "bearer_token_env_var"])
def test_a_service_with_a_key_of_another_name_is_not_called_without_one(name: str) -> None:
    text = f'[features.code_execution.mode.external]\nurl = "https://h"\n{name} = "${{K}}"\n'

    assert ["unknown-key"] == [found.code for found in check_text(text, env={"K": "k"}).diagnostics]


@pytest.mark.parametrize(
    "name",
    [
        "ms",
        "gb",
        "in_ms",
        "secs_ms",
        "mb_gb",
        "max_mb_gb",
        "timeout_secs_secs",
        "min",
        "file",
        "timeout_gb",
        "memory_memory_gb",
        "least_ram",
        "timeout" + "_" * 54 + "secs",
    ],
)
def test_a_name_that_could_be_anything_stands_for_nothing(name: str) -> None:
    assert meaning(name, CodeExecutionConfig) is None


@pytest.mark.parametrize(
    ("name", "key"),
    [("api_file", "api_key"), ("api_key_from_file", "api_key"), ("key_id", "api_key"), ("url_env", "url")],
)
def test_a_name_that_says_where_the_value_is_is_a_pointer(name: str, key: str) -> None:
    meant = meaning(name, External)

    assert meant is not None
    assert (key, Sense.POINTER) == (meant.key.name, meant.sense)


def test_a_name_without_such_a_word_is_no_pointer() -> None:
    assert meaning("certificate_file", External) is None
    assert [Sense.PART, Sense.PART] == [meant.sense for name in ("api", "key") if (meant := meaning(name, External))]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("timeout_sec", "did you mean `timeout_secs`?"),
        ("timeout_seconds", "did you mean `timeout_secs`? it is in seconds"),
        ("timeout_ms", "did you mean `timeout_secs`? it is in seconds: 1000 milliseconds are 1 second"),
        ("timeout_hours", "did you mean `timeout_secs`? it is in seconds: 1 hour is 3600 seconds"),
        ("timeout_d", "did you mean `timeout_secs`? it is in seconds: 1 day is 86400 seconds"),
        ("max_memory_kb", "did you mean `max_memory_mb`? it is in MiB: 1024 KiB are 1 MiB"),
        ("max_memory_bytes", "did you mean `max_memory_mb`? it is in MiB: 1048576 bytes are 1 MiB"),
        ("memory_gb", "did you mean `max_memory_mb`? it is in MiB: 1 GiB is 1024 MiB"),
    ],
)
def test_the_help_counts_one_unit_in_the_other(name: str, expected: str) -> None:
    meant = meaning(name, CodeExecutionConfig)

    assert meant is not None
    assert expected == meant.help


def test_the_help_of_a_pointer_says_where_the_value_comes_from() -> None:
    key, url = meaning("key_file", External), meaning("url_env", External)

    assert key is not None
    assert url is not None
    assert key.help.startswith('a key comes from the environment: api_key = "${NAME}"')
    assert url.help.startswith("`url` is the value itself")


def test_no_fix_leads_to_a_number_that_is_only_a_part_of_one() -> None:
    [found] = check_text('[features.code_execution]\ntimeout_sec = "1${T}"\n', env={}).diagnostics

    assert ("unknown-key", None) == (found.code, found.fix)


@pytest.mark.parametrize(
    ("name", "meant"), [("time_out_sec", "timeout_secs"), ("all_owed_langages", "allowed_languages")]
)
def test_a_word_in_pieces_is_the_word(name: str, meant: str) -> None:
    found = meaning(name, CodeExecutionConfig)

    assert found is not None
    assert (meant, Sense.SLIP) == (found.key.name, found.sense)


@pytest.mark.parametrize(("default", "is_fixed"), [("false", True), ("maybe", False)])
def test_a_key_is_renamed_where_the_default_of_its_reference_is_of_its_type(default: str, *, is_fixed: bool) -> None:
    [found] = check_text(f'[features.code_execution]\nenabld = "${{E:-{default}}}"\n', env={}).errors

    assert ("unknown-key", is_fixed) == (found.code, found.fix is not None)


@pytest.mark.parametrize(
    ("name", "meant"), [("alphc", None), ("alpha_", "alpha"), ("alphaa", "alpha"), ("gama", "gamma"), ("", None)]
)
def test_a_name_between_two_is_neither(name: str, meant: str | None) -> None:
    assert meant == nearest(name, ("alpha", "alphb", "gamma"))


@pytest.mark.parametrize(
    ("one", "other", "letters"),
    [
        ("", "", 0),
        ("", "ab", 2),
        ("ab", "", 2),
        ("abc", "abc", 0),
        ("abc", "abd", 1),
        ("xbc", "abc", 1),
        ("ab", "abc", 1),
        ("bc", "abc", 1),
        ("abc", "ac", 1),
        ("ab", "ba", 1),
        ("xaby", "xbay", 1),
        ("abcd", "badc", 2),
        ("abab", "baba", 2),
        ("abc", "cab", 2),
        ("abc", "cba", 2),
        ("abcd", "bcde", 2),
        ("aabb", "bbaa", 3),
        ("ca", "abc", 3),
        ("aaa", "a", 2),
        ("abcde", "ab", 3),
        ("ab", "abcde", 3),
        ("kitten", "sitting", 3),
    ],
)
def test_a_slip_is_a_letter_more_less_or_changed_or_two_in_the_others_place(one: str, other: str, letters: int) -> None:
    assert letters == distance(one, other) == distance(other, one)


def counted(one: str, other: str) -> int:
    """Count the slips from one text to another by trying every way."""
    if not one or not other:
        return len(one) + len(other)
    ways = [counted(one[1:], other) + 1, counted(one, other[1:]) + 1]
    ways.append(counted(one[1:], other[1:]) + (one[0] != other[0]))
    if one[:2] == other[1::-1]:
        ways.append(counted(one[2:], other[2:]) + 1)
    return min(ways)


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
def test_no_way_from_one_text_to_another_is_shorter(one: str, other: str) -> None:
    assert min(counted(one, other), 3) == min(distance(one, other), 3)


SLIPS = [
    ("", ""),
    ("alpha", "alpha"),
    ("alphx", "alpha"),
    ("alpxy", "alpha"),
    ("xlpha", "alpha"),
    ("alxypha", "alpha"),
    ("abcx", "abcd"),
    ("bacd", "abcd"),
    ("xabcd", "abcd"),
    ("bcd", "abcd"),
    ("bm", "mb"),
    ("mmb", "mb"),
    ("al pha", "alpha"),
    ("a l pha", "alpha"),
    ("al pha beta", "alpha beta"),
    ("alpha be ta", "alpha beta"),
    ("alphabeta", "alpha beta"),
    ("alphxbeta", "alpha beta"),
    ("alphbeta", "alpha beta"),
    ("alpbeta", "alpha beta"),
    ("alphaxbeta", "alpha beta"),
    ("alphabetx", "alpha beta"),
    ("alxphabeta", "alpha beta"),
    ("axlphyabeta", "alpha beta"),
    ("balpha", "b alpha"),
    ("alphxbetx", "alpha beta"),
    ("abcxbeta", "abcd beta"),
    ("abcbeta", "abcd beta"),
    ("alphabetagamma", "alpha beta gamma"),
    ("alpha betagamma", "alpha beta gamma"),
    ("alphabeta gamma", "alpha beta gamma"),
    ("alphxbeta gamna", "alpha beta gamma"),
    ("alphamodex", "alpha mode"),
    ("alpha v2", "alpha v2"),
    ("abx", "abc"),
    ("alph v2", "alpha v2"),
]
NO_SLIPS = [
    ("", "alpha"),
    ("alpha", ""),
    ("alxyz", "alpha"),
    ("abxy", "abcd"),
    ("xbcd", "abcd"),
    ("m", "mb"),
    ("mx", "mb"),
    ("mbx", "mb"),
    ("modem", "mode"),
    ("app", "api"),
    ("internal", "external"),
    ("map", "max"),
    ("mask", "max"),
    ("min", "max"),
    ("models", "mode"),
    ("unable", "enabled"),
    ("wasi", "wasm"),
    ("al phx", "alpha"),
    ("al phabeta", "alpha beta"),
    ("alpxybetx", "alpha beta"),
    ("alpxy betx", "alpha beta"),
    ("abxybeta", "abcd beta"),
    ("alpha x", "alpha"),
    ("x alpha", "alpha"),
    ("alpha", "alpha beta"),
    ("alpha", "alpha b"),
    ("alpha v3", "alpha v2"),
    ("alpha2", "alpha"),
    ("alphaisbeta", "alpha beta"),
    ("isalphabeta", "alpha beta"),
    ("alphabetais", "alpha beta"),
    ("isalpha", "alpha"),
    ("alphais", "alpha"),
    ("modelbeta", "mode beta"),
    ("alphamodel", "alpha mode"),
    ("alphamodelbeta", "alpha mode beta"),
    ("alphaapp", "alpha pps"),
    ("appbetx", "api beta"),
]


@pytest.mark.parametrize(("words", "known"), SLIPS)
def test_one_or_two_letters_within_the_words_are_a_slip(words: str, known: str) -> None:
    assert slipped(tuple(words.split()), tuple(known.split()))


@pytest.mark.parametrize(("words", "known"), NO_SLIPS)
def test_more_letters_or_another_word_are_no_slip(words: str, known: str) -> None:
    assert not slipped(tuple(words.split()), tuple(known.split()))


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("x" * 63 + "y", "x" * 64, "x" * 64),
        ("x" * 64 + "y", "x" * 64, None),
        ("X" * 70, "x" * 70, "x" * 70),
        ("alphaxy", "alpha", None),
        ("axlphay", "alpha", "alpha"),
        ("alphaxyz", "alpha", None),
        ("alp", "alpha", "alpha"),
        ("al", "alpha", None),
        ("alpha1", "alpha", None),
        ("älpha", "alpha", None),
        ("ÄLPHA", "älpha", "älpha"),
        ("alpha_b", "alpha", None),
        ("a_alpha", "alpha", None),
        ("alpha_b_beta", "alpha_beta", None),
        ("alphaB", "alpha", None),
        ("bAlpha", "alpha", None),
        ("alphaBBeta", "alpha_beta", None),
        ("a_lpha", "alpha", "alpha"),
        ("a_lphx", "alpha", None),
        ("alPhx", "alpha", "alpha"),
        ("alphxBeta", "alpha_beta", "alpha_beta"),
        ("ALPHX_BETA", "alpha_beta", "alpha_beta"),
        ("alphx-betx", "alpha_beta", "alpha_beta"),
    ],
)
def test_a_name_stands_for_the_known_one_that_it_is_but_for_a_slip(name: str, known: str, meant: str | None) -> None:
    assert meant == nearest(name, [known, "something_else"])


@pytest.mark.parametrize(
    ("name", "whole", "in_humps"),
    [
        ("timeout_secs", ("timeout", "secs"), ("timeout", "secs")),
        ("_timeOut -.secs_", ("timeout", "secs"), ("time", "out", "secs")),
        ("maxMEMORYMb", ("maxmemorymb",), ("max", "memory", "mb")),
        ("v2Secs", ("v2secs",), ("v2", "secs")),
        ("", (), ()),
    ],
)
def test_the_words_of_a_name_are_parted_by_separators_and_humps(
    name: str, whole: tuple[str, ...], in_humps: tuple[str, ...]
) -> None:
    assert (whole, in_humps) == (words_of(name, humps=False), words_of(name))
