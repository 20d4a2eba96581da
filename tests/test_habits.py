"""Values in the forms of other tools: named for what they are, and fixed if that is certain."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from codeexec_config import CodeExecutionConfig, apply_fixes, check_text
from codeexec_config.keys import key_table
from codeexec_config.rules.units import converted, finest, is_amount, read_amount, read_number, units_of

HEADER = "[features.code_execution]\n"
SANDBOXED = f'{HEADER}mode.sandboxed.runtime = "gvisor"\n'
KEYS = key_table(CodeExecutionConfig)


def mended(text: str) -> str | None:
    """Return what follows the first line of a text with its one finding's fix, or None without a fix."""
    [finding] = check_text(text, env={}).errors
    assert finding.help
    return apply_fixes(text, [finding.fix]).rpartition(" = ")[2].strip() if finding.fix else None


@pytest.mark.parametrize(
    ("key", "value", "number"),
    [
        ("timeout_secs", '"30s"', 30),
        ("timeout_secs", "'2m'", 120),
        ("timeout_secs", '"1h 30m"', 5400),
        ("timeout_secs", '"90 seconds"', 90),
        ("timeout_secs", '"2_000 ms"', None),
        ("timeout_secs", '"2000ms"', 2),
        ("timeout_secs", '"500ms"', None),
        ("timeout_secs", "30.0", 30),
        ("timeout_secs", '"30.0"', 30),
        ("timeout_secs", "1e3", 1000),
        ("timeout_secs", "30.5", None),
        ("timeout_secs", "30.000", None),
        ("timeout_secs", "30.0000", 30),
        ("timeout_secs", '"30.000"', None),
        ("timeout_secs", '"1.000.000"', None),
        ("timeout_secs", '"30.00"', 30),
        ("timeout_secs", "inf", None),
        ("timeout_secs", '" 30"', 30),
        ("timeout_secs", '"30\\t"', 30),
        ("timeout_secs", '"030"', 30),
        ("timeout_secs", '"01_000"', 1000),
        ("timeout_secs", '"1,000"', 1000),
        ("timeout_secs", '"1,00"', None),
        ("timeout_secs", '"１２"', 12),  # noqa: RUF001 -- look-alikes are the subject
        ("timeout_secs", '"3\u200b0"', 30),
        ("timeout_secs", '"-5"', None),
        ("timeout_secs", '"0s"', None),
        ("timeout_secs", '"0.0"', None),
        ("timeout_secs", '"2d"', None),
        ("timeout_secs", '""', None),
        ("timeout_secs", '"thirty"', None),
        ("timeout_secs", '"512MB"', None),
        ("timeout_secs", f'"{"9" * 50}s"', None),
        ("timeout_secs", "[30]", None),
        ("timeout_secs", '"PT30S"', 30),
        ("timeout_secs", '"pt1h30m"', 5400),
        ("timeout_secs", '"P1D"', 86_400),
        ("timeout_secs", '"P0DT5M1S"', 301),
        *(("timeout_secs", f'"{text}"', None) for text in ("P", "PT", "P1M", "P1W", "T30S", "PT0.5S", "P1DT", "P2D")),
        ("timeout_secs", '"00:05:00"', 300),
        ("timeout_secs", "00:05:00", 300),
        ("timeout_secs", "23:59:59", 86_399),
        *(
            ("timeout_secs", text, None)
            for text in ('"05:00"', "05:00", '"00:60:00"', "00:05:00.5", '"1:2:3"', "1979-05-27")
        ),
        *(("max_memory_mb", text, None) for text in ('"PT5M"', "00:05:00", '"00:05:00"')),
        ("max_memory_mb", '"512MB"', 512),
        ("max_memory_mb", '"512Mi"', 512),
        ("max_memory_mb", '"2g"', 2048),
        ("max_memory_mb", '"0.5 GiB"', 512),
        ("max_memory_mb", '"1048576 bytes"', 1),
        ("max_memory_mb", '"1KB"', None),
        ("max_memory_mb", '"536870912"', None),
        ("max_memory_mb", '"8192MB"', None),
    ],
)
def test_a_number_is_read_as_it_was_meant(key: str, value: str, number: int | None) -> None:
    assert (None if number is None else str(number)) == mended(f"{HEADER}{key} = {value}\n")


def test_the_help_names_the_number_and_its_limits() -> None:
    def helped(value: str) -> str | None:
        [finding] = check_text(f"{HEADER}timeout_secs = {value}\n", env={}).errors
        return finding.help

    assert "`timeout_secs` takes a whole number of seconds, without quotes or a unit: 120" == helped('"2m"')
    assert str(helped('"500ms"')).endswith("without quotes or a unit: 1000 milliseconds are 1 second")
    assert str(helped('"1h 1500 MS"')).endswith("without quotes or a unit: 1000 milliseconds are 1 second")
    assert str(helped('"0.5s"')).endswith("without quotes or a unit")
    assert str(helped('"0"')).endswith("without quotes or a unit, from 1 to 86400")
    assert str(helped('"2:00:00 "')).endswith("without quotes or a unit: 7200")
    assert str(helped("00:30:00")).endswith("without quotes or a unit: 1800")
    assert str(helped("00:30")).endswith("without quotes or a unit")
    assert str(helped("30.000")).endswith("without quotes or a unit")
    assert str(helped('"No limit"')).endswith("a unit; there is always a limit, at most 86400")
    assert str(helped("inf")).endswith("a unit; there is always a limit, at most 86400")
    assert str(helped("-inf")).endswith("without quotes or a unit")
    assert str(helped('"auto"')).endswith("a unit; leave the key out for its default")
    assert str(helped("['auto']")).endswith("without quotes or a unit")
    assert str(helped('"３0"')).startswith("it contains U+FF13 FULLWIDTH DIGIT THREE; ")  # noqa: RUF001


def test_a_number_that_is_spelt_doubtfully_is_not_converted_either() -> None:
    [finding] = check_text(f"{HEADER}timeout_minutes = 1.000\n", env={}).errors
    assert (None, "did you mean `timeout_secs`?") == (finding.fix, finding.help)

    assert "60" == mended(f"{HEADER}timeout_minutes = 1.00\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100B", "bytes"),
        ("1KB", "KiB"),
        ("1g 1KB 3b", "bytes"),
        ("1.5m", None),
        ("1024KB", None),
        ("0.5s", None),
        ("5ms", None),
        ("x", None),
    ],
)
def test_the_unit_is_named_that_makes_an_amount_no_whole_number(text: str, expected: str | None) -> None:
    unit = finest(text, KEYS["max_memory_mb"])

    assert expected == (unit and unit.name)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ('"True"', "true"),
        ('"FALSE"', "false"),
        ('"yes"', "true"),
        ('"On"', "true"),
        ("'off'", "false"),
        ('"no"', "false"),
        ('"false "', "false"),
        ('"1"', None),
        ('"disabled"', None),
    ],
)
def test_a_boolean_is_read_as_it_was_meant(value: str, meant: str | None) -> None:
    assert meant == mended(f"{HEADER}enabled = {value}\n")


def test_a_unit_of_time_is_as_long_as_its_name_says() -> None:
    units = {unit.name: unit.factor for unit in units_of(KEYS["timeout_secs"]).values()}
    second = Fraction(1)

    assert second / 10**9 == units.pop("nanoseconds")
    assert ["microseconds", "milliseconds", "seconds", "minutes", "hours", "days", "weeks"] == list(units)
    for name, factor in units.items():
        microseconds = timedelta(**{name: 1}) // timedelta(microseconds=1)
        assert second * microseconds / 10**6 == factor


def test_a_unit_of_memory_is_1024_of_the_one_below() -> None:
    units = {unit.name: unit.factor for unit in units_of(KEYS["max_memory_mb"]).values()}

    assert ["bytes", "KiB", "MiB", "GiB", "TiB"] == list(units)
    assert [Fraction(1024) ** power for power in (-2, -1, 0, 1, 2)] == list(units.values())


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ('["python, javascript"]', '["python", "javascript"]'),
        ("['python;R']", '["python", "r"]'),
        ('["python", "sql | go"]', '["python", "sql", "go"]'),
        ('["python and js"]', '["python", "javascript"]'),
        ('["c/c++"]', '["c", "cpp"]'),
        ('["python elixir"]', '["python", "elixir"]'),
        ('["python, elvish"]', '["python", "elvish"]'),
        ('["python, python"]', '["python"]'),
        ('["python,"]', '["python"]'),
        ('["java script"]', '["javascript"]'),
        ('["python, 日本"]', None),
        ('["python elvish"]', None),
        ('"python"', '["python"]'),
        ('"py"', '["python"]'),
        ('"python, r"', '["python", "r"]'),
        ('"elvish"', None),
        ("""'["python", "R"]'""", '["python", "r"]'),
        ('''" [ 'python', 'r' ] "''', '["python", "r"]'),
        ('"[python]"', '["python"]'),
        ('["[python, r]"]', '["python", "r"]'),
        ('"[]"', None),
        ('["[]"]', None),
        ('[", "]', None),
        ('"[python, 3]"', None),
        ('"$L"', None),
        ("1", None),
    ],
)
def test_a_list_in_one_string_is_split_and_no_name_is_dropped(entries: str, expected: str | None) -> None:
    assert expected == mended(f"{SANDBOXED}allowed_languages = {entries}\n")


EXCLUDES = "the list names what is allowed and cannot exclude anything; leave out what is not allowed"


@pytest.mark.parametrize("mark", "!#-^~")
@pytest.mark.parametrize("name", ["bash", "js", "x", "Python"])
def test_a_name_that_is_left_out_is_never_made_an_allowed_one(mark: str, name: str) -> None:
    for entry in (f"{mark}{name}", f" {mark} {name}", f"python, {mark}{name}", f"[python, '{mark}{name}']"):
        [finding] = check_text(f'{SANDBOXED}allowed_languages = ["python", "{entry}"]\n', env={}).errors

        assert finding.help == EXCLUDES
        assert finding.fix is None
        [whole] = check_text(f'{SANDBOXED}allowed_languages = "{entry}"\n', env={}).errors
        assert whole.help == f'write it in brackets, such as ["python"]; {EXCLUDES}'
        assert whole.fix is None


@pytest.mark.parametrize("mark", "!#-^~")
@pytest.mark.parametrize("line", ['mode = "{}wasm"', 'mode = "{}sandboxed"', 'mode.sandboxed.runtime = "{}docker"'])
def test_a_mode_that_is_left_out_is_never_chosen(mark: str, line: str) -> None:
    [finding] = check_text(HEADER + line.format(mark), env={}).errors

    assert "did you mean" not in (finding.help or "")
    assert finding.fix is None


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        *[(name, "each language must be listed by name") for name in ("*", "all", "any", "every", "ALL")],
        *[(name, "to run no code, write enabled = false") for name in ("none", "nothing", "null", "None")],
    ],
)
def test_there_is_no_word_for_all_languages_or_none(name: str, hint: str) -> None:
    for mode, entries, before in [
        (SANDBOXED, f'["{name}"]', ""),
        (SANDBOXED, f'"{name}"', 'write it in brackets, such as ["python"]; '),
        (HEADER, f'["{name}"]', "mode wasm runs python and javascript only; " if name.islower() else ""),
        (f"{HEADER}enabled = false\n", f'["python", "{name}"]', None),
    ]:
        [finding] = check_text(f"{mode}allowed_languages = {entries}\n", env={}).diagnostics

        assert (None, True) == (finding.fix, str(finding.help).endswith(hint))
        assert before is None or f"{before}{hint}" == finding.help


def test_a_language_of_the_environment_is_not_taken_for_a_word() -> None:
    [finding] = check_text(f'{HEADER}allowed_languages = ["${{L}}"]\n', env={"L": "all"}).errors

    assert "no word" not in str(finding.help)


@pytest.mark.parametrize("text", ["python, r", "r, python", "r; sql"])
@pytest.mark.parametrize("beside", ["", '"ruby", ', '"python", '])
def test_a_split_that_the_mode_cannot_run_is_said_and_not_offered(text: str, beside: str) -> None:
    found = check_text(f'{HEADER}allowed_languages = [{beside}"{text}"]\n', env={}).errors
    finding = next(finding for finding in found if finding.code == "invalid-language")

    assert str(finding.help).startswith("each string is one name: write ")
    assert finding.fix is None


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ('["python, js", "ruby"]', '["python", "javascript", "ruby"]'),
        ('["ruby", "python, js"]', '["ruby", "python", "javascript"]'),
        ('["ruby", "python, js", "Elixir"]', '["ruby", "python", "javascript", "Elixir"]'),
    ],
)
def test_a_split_is_offered_whatever_stands_beside_it(entries: str, expected: str) -> None:
    text = f"{HEADER}allowed_languages = {entries}\n"
    [fix] = [finding.fix for finding in check_text(text, env={}).errors if finding.fix]

    assert f"{HEADER}allowed_languages = {expected}\n" == apply_fixes(text, [fix])


def test_a_section_that_is_off_may_be_given_languages_that_its_mode_does_not_run() -> None:
    assert '["r", "python"]' == mended(f'{HEADER}enabled = false\nallowed_languages = ["r, python"]\n')


def test_a_list_beside_a_reference_is_not_split() -> None:
    [finding] = check_text(f'{SANDBOXED}allowed_languages = ["python, ${{L}}"]\n', env={"L": "r"}).errors

    assert finding.fix is None


INSIDE = "the comment is inside the quotes; "
NO_UNIT = "`timeout_secs` takes a whole number of seconds, without quotes or a unit"
QUOTED = "close them before the #"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ('mode = "wasm # canary"', QUOTED),
        ('mode = "sandboxed\t#canary"', QUOTED),
        ('mode = { sandboxed = { runtime = "docker # canary" } }', QUOTED),
        ('mode = { external = { url = "https://h.example.com # canary" } }', QUOTED),
        ('mode = { external = { url = "https://${H}/ # canary" } }', QUOTED),
        ('allowed_languages = ["python # canary"]', QUOTED),
        ('allowed_languages = ["python", "python, js # canary"]', QUOTED),
        ('allowed_languages = "python # canary"', 'write it in brackets, such as ["python"]'),
        ('timeout_secs = "30 # canary"', NO_UNIT),
        ('timeout_secs = "2m # canary"', NO_UNIT),
        ('timeout_secs = "${T} # canary"', "a reference is written alone between the quotes, as in ${NAME}"),
        ('enabled = "true # canary"', "write true or false, in lower case and without quotes"),
    ],
)
def test_a_comment_inside_the_quotes_is_said_to_be_there_and_not_repeated(line: str, hint: str) -> None:
    report = check_text(f"{HEADER}{line}\n", env={"T": "3", "H": "h.example.com"})
    [finding] = report.errors

    assert (f"{INSIDE}{hint}", None) == (finding.help, finding.fix)
    assert "canary" not in f"{finding.message}{finding.help}"


@pytest.mark.parametrize(
    "line",
    [
        'allowed_languages = ["c #"]',
        'allowed_languages = ["# canary"]',
        'mode = { external = { url = "https://h.example.com/#x" } }',
        'mode = { external = { url = "https://h.example.com", key = "a # b" } }',
        'mode = { "wasm # x" = {} }',
        'timeout_secs = "${T:-30 # x}"',
        'timeout_secs = "30#x"',
        'timeout_secs = ["30 # x"]',
    ],
)
def test_what_only_looks_like_a_comment_is_not_called_one(line: str) -> None:
    [finding] = check_text(f"{HEADER}{line}\n", env={}).errors

    assert INSIDE not in str(finding.help)


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [("2m", "timeout_secs", 120), ("2m", "max_memory_mb", 2), ("1 GB", "max_memory_mb", 1024)]
    + [(text, "timeout_secs", None) for text in ("1.5s", "x", "", "2", "2m x", "1h30", "5" * 41)],
)
def test_an_amount_has_a_unit_and_is_whole(text: str, key: str, expected: int | None) -> None:
    assert expected == read_amount(text, KEYS[key])


def test_an_amount_is_of_time_or_memory() -> None:
    assert is_amount("5GiB")
    assert is_amount("5µs")
    assert not is_amount("5 apples")
    assert not is_amount("5")


def test_a_number_of_absurd_length_is_not_read() -> None:
    assert int("1" * 40) == read_number("1" * 40, KEYS["timeout_secs"])
    assert read_number("1" * 41, KEYS["timeout_secs"]) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(2, 120), (0.5, 30), (0.0, 0), (1e300, 60 * 10**300), (0.01, None), (True, None), ("2", None)]
    + [(value, None) for value in map(float, ("inf", "-inf", "nan"))],
)
def test_a_number_is_converted_where_it_stays_whole(value: object, expected: int | None) -> None:
    assert expected == converted(value, units_of(KEYS["timeout_secs"])["min"])


@pytest.mark.parametrize(
    ("key", "text", "meant"),
    [
        ("timeout_secs", "1000m", 60_000),
        ("timeout_secs", "2000m", None),
        ("timeout_secs", "1h30", None),
        ("timeout_secs", "1h30m", 5400),
        ("timeout_secs", "2.000s", None),
        ("timeout_secs", "1.500m", None),
        ("timeout_secs", "0.500m", 30),
        ("timeout_secs", "10\u00b2", None),
        ("timeout_secs", "2\u00b9\u2070", None),
        ("timeout_secs", "5\u2032", None),
        ("timeout_secs", "30\\n40", None),
        ("timeout_secs", "30\\n", 30),
        ("timeout_secs", "\uff13\uff10", 30),
        ("timeout_secs", "0,500", None),
        ("timeout_secs", "1,000", 1000),
        ("max_memory_mb", "2.000 MB", None),
        ("max_memory_mb", "1.5GB", 1536),
    ],
)
def test_a_number_is_read_only_where_it_can_be_no_other(key: str, text: str, meant: int | None) -> None:
    report = check_text(f'[features.code_execution]\nmode.sandboxed.runtime = "docker"\n{key} = "{text}"\n', env={})
    [found] = report.errors

    assert (None if meant is None else str(meant)) == (found.fix and found.fix.edits[0].text)
    assert (found.help or "").endswith((f": {meant}", "from 1 to 86400") if meant or text == "2000m" else "a unit")


@pytest.mark.parametrize("run", [" ", "\t", ",", ", ", ";", "a ", "and ", "-", ".", "0", "é"])
@pytest.mark.parametrize("before", ["", "a", "https://h"])
@pytest.mark.parametrize(
    "line",
    [
        'mode = "{}"',
        'allowed_languages = ["{}"]',
        'allowed_languages = "{}"',
        'timeout_secs = "{}"',
        'mode = {{ external = {{ url = "{}" }} }}',
        'mode = {{ external = {{ url = "https://h.example.com", api_key = "{}" }} }}',
    ],
)
def test_a_long_run_in_a_string_is_read_once(line, before, run):
    """What reads it once for each of its characters takes hours."""
    text = f"{before}{run * (100_000 // len(run))}x"

    assert check_text(f"[features.code_execution]\n{line.format(text)}\n", env={}).diagnostics
