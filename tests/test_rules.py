"""The rules on values, as the loader runs them."""

import pytest

from codeexec_config import Severity, apply_fixes, check_mapping, check_text, limits
from codeexec_config.keys import Bounds, Key
from codeexec_config.rules import across
from codeexec_config.rules.across import Facts, ModeFacts
from codeexec_config.rules.alone import doubtful, judge, sound_values
from codeexec_config.rules.units import quantity
from codeexec_config.rules.urls import parse
from tests.facts import BOUNDS, KEYS

DOCKER = {"sandboxed": {"runtime": "docker"}}
GVISOR = {"sandboxed": {"runtime": "gvisor"}}
TWICE = {"allowed_languages": ["python", "python"]}
"""A remark, with which no quick look ends the judgement."""


def codes(table, **options):
    return [d.code for d in check_mapping(table, env={"K": "k"}, **options).diagnostics]


def service(url="https://x", **keys):
    return {"external": {"url": url, **({"api_key": "${K}"} | keys)}}


@pytest.mark.parametrize("key", sorted(BOUNDS))
def test_a_number_stays_within_its_limits(key):
    bounds = BOUNDS[key]
    for value in (bounds.minimum, bounds.maximum):
        assert [] == codes({key: value, "mode": GVISOR})
    for value in (bounds.minimum - 1, bounds.maximum + 1, -(2**63), 2**64):
        [finding] = check_mapping({key: value, "mode": GVISOR}, env={}).diagnostics
        assert "out-of-range" == finding.code
        assert finding.message.startswith(f"{value} is ")
        assert f"from {bounds.minimum} to {bounds.maximum}" in finding.help


@pytest.mark.parametrize("key", sorted(BOUNDS))
def test_the_limit_that_a_number_breaks_is_named_with_its_reason(key):
    bounds = BOUNDS[key]
    low, high = (
        check_mapping({key: value, "mode": GVISOR}, env={}).errors[0].message
        for value in (bounds.minimum - 1, bounds.maximum + 1)
    )

    assert f" less than the minimum of {quantity(bounds.minimum, bounds.unit)}: {bounds.floor_reason}" in low
    assert f" more than the maximum of {quantity(bounds.maximum, bounds.unit)}: {bounds.ceiling_reason}" in high


@pytest.mark.parametrize(
    ("number", "unit", "said"), [(1, "second", "1 second"), (2, "second", "2 seconds"), (6, "MiB", "6 MiB")]
)
def test_a_quantity_agrees_with_its_unit(number, unit, said):
    assert said == quantity(number, unit)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_of_absurd_length_is_not_repeated(sign):
    longest = sign * (10**20 - 1)
    for number, is_shown in ((longest, True), (longest + sign, False), (sign * 10**400, False)):
        [finding] = check_mapping({"timeout_secs": number}, env={}).diagnostics
        assert is_shown == (str(number) in finding.message)
        assert is_shown == ("999" in finding.message)


@pytest.mark.parametrize("key", [*KEYS.values(), KEYS["allowed_languages"].item], ids=lambda key: key.name)
def test_what_is_sound_beforehand_is_what_a_rule_finds_nothing_wrong_with(key):
    assert [None] * len(sound_values(key)) == [judge(key, value, (), {}) for value in sound_values(key)]


def test_known_languages_are_sound_beforehand():
    assert set(limits.LANGUAGES) == sound_values(KEYS["allowed_languages"].item)


@pytest.mark.parametrize(
    ("entries", "left"),
    [
        (["python", "go"], []),
        (["zig2", "python", "BAD"], [2]),
        (["python", 7, "zig2", None, "BAD NAME"], [1, 3, 4]),
    ],
)
def test_only_entries_that_may_be_wrong_are_looked_at(entries, left):
    item = KEYS["allowed_languages"].item
    assert [(index, entries[index]) for index in left] == list(doubtful(item, entries))
    assert list(enumerate(entries)) == list(doubtful(Key("text"), entries))


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("Docker", 'did you mean "docker"? the runtimes are docker, firecracker, gvisor'),
        ("gvizor", 'did you mean "gvisor"? the runtimes are docker, firecracker, gvisor'),
        ("kata", "write one of docker, firecracker, gvisor"),
    ],
)
def test_a_name_of_a_choice_is_suggested_beside_the_others(written, hint):
    [finding] = check_mapping({"mode": {"sandboxed": {"runtime": written}}}, env={}).errors

    assert ("unknown-runtime", hint) == (finding.code, finding.help)


@pytest.mark.parametrize(("memory", "found"), [(5, ["out-of-range"]), (6, [])])
def test_docker_takes_six_mib_at_least(memory, found):
    assert found == codes({"mode": DOCKER, "max_memory_mb": memory})
    assert [] == codes({"mode": GVISOR, "max_memory_mb": memory})
    assert [*found, "duplicate-language"] == codes(TWICE | {"mode": DOCKER, "max_memory_mb": memory})


@pytest.mark.parametrize(("memory", "found"), [(4096, []), (4097, ["out-of-range"])])
def test_wasm_addresses_4096_mib_at_most(memory, found):
    assert found == codes({"max_memory_mb": memory})
    assert [*found, "duplicate-language"] == codes(TWICE | {"max_memory_mb": memory})


def test_a_number_beyond_the_hard_limit_is_said_once():
    assert ["out-of-range"] == codes({"max_memory_mb": 2_000_000})
    assert ["out-of-range"] == codes({"mode": DOCKER, "max_memory_mb": 0})


def test_a_number_that_the_environment_made_is_not_repeated():
    for mode in ("wasm", DOCKER):
        table = {"mode": mode, "max_memory_mb": "${M}", "timeout_secs": "${T}"}
        report = check_mapping(table, env={"M": "5" if mode is DOCKER else "4711", "T": "99999"})
        assert ["out-of-range", "out-of-range"] == [d.code for d in report.diagnostics]
        for diagnostic in report.diagnostics:
            name = "T" if "timeout_secs" in diagnostic.path else "M"
            assert diagnostic.message.startswith("the value is ")
            assert diagnostic.message.endswith(f" (it comes from {name})")
            assert diagnostic.help.startswith(f"set {name} to ")
            assert not {"4711", "99999"} & set(f"{diagnostic.message} {diagnostic.help}".split())


def test_a_number_of_the_file_comes_from_no_variable():
    for mode, memory in (("wasm", 4711), (DOCKER, 5), (GVISOR, 0)):
        [finding] = check_mapping({"mode": mode, "max_memory_mb": memory}, env={}).errors
        assert finding.message.startswith(f"{memory} is ")
        assert "comes from" not in finding.message
        assert finding.help.startswith("write ")


@pytest.mark.parametrize("name", ["a", "c++", "c#", "objective-c", "x" * 64, "a.b", "f_1"])
def test_a_language_has_a_well_formed_name(name):
    assert "invalid-language" not in codes({"mode": DOCKER, "allowed_languages": [name]})


@pytest.mark.parametrize("name", ["", "A", "1a", " a", "a ", "a\n", "x" * 65, "é", "a/b", "-a", "${"[:1]])
def test_a_language_has_no_other_name(name):
    assert ["invalid-language"] == codes({"mode": DOCKER, "allowed_languages": [name]})


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Python", 'did you mean "python"?'),
        ("C++", 'did you mean "cpp"?'),
        ("python,", 'did you mean "python"?'),
        ("elvish,", 'did you mean "elvish"?'),
        ("python, js", 'each string is one name: write "python", "javascript"'),
        ("python & js", 'each string is one name: write "python", "javascript"'),
        ("python and js", 'each string is one name: write "python", "javascript"'),
        ("python, x y", "write a lower-case name: "),
        ("x y", "write a lower-case name: "),
        ("$LANG_1", 'write "${LANG_1}"'),
        ("Node.js", 'did you mean "javascript"?'),
        ("Python 3.11", 'the usual name is "python"; its version is the executor\'s to choose'),
        ("Node.JS v20.x", 'the usual name is "javascript"; its version is '),
        ("python:3", 'the usual name is "python"; its version is '),
        ("Elvish 3", "write a lower-case name: "),
        ("c/c++", 'each string is one name: write "c", "cpp"'),
        ("js / ts, bash", 'each string is one name: write "javascript", "typescript", "bash"'),
        ("/usr/bin/python3", 'did you mean "python"?'),
        ("text/javascript", 'did you mean "javascript"?'),
        ("n/a", "write a lower-case name: "),
        ("and/or", "write a lower-case name: "),
        ("python // x", "write a lower-case name: "),
    ],
)
def test_a_malformed_name_is_told_what_it_should_be(name, hint):
    [finding] = check_mapping({"mode": DOCKER, "allowed_languages": [name]}, env={}).errors

    assert "invalid-language" == finding.code
    assert finding.help.startswith(hint)


@pytest.mark.parametrize(("alias", "name"), sorted(limits.LANGUAGE_ALIASES.items()))
def test_an_alias_is_unknown_and_its_fix_is_the_name(alias, name):
    text = f'[features.code_execution]\nmode.sandboxed.runtime = "docker"\nallowed_languages = ["{alias}"]\n'

    [finding] = check_text(text, env={}).diagnostics

    assert ("unknown-language", Severity.WARNING) == (finding.code, finding.severity)
    assert f'did you mean "{name}"?' == finding.help
    assert [f'"{name}"'] == [edit.text for edit in finding.fix.edits]


@pytest.mark.parametrize("name", ["/bin/bash", "n/a", "text/javascript", "pl/sql", "python/x"])
def test_a_slash_parts_nothing_but_known_names(name):
    text = f'[features.code_execution]\nmode.sandboxed.runtime = "docker"\nallowed_languages = ["{name}"]\n'
    [finding] = check_text(text, env={}).errors

    assert ("invalid-language", None) == (finding.code, finding.fix)


OTHERS = (
    "ash caml cc clisp cobra cool cython elisp erl fift gprolog hpp jruby jython ksql luau nio nit nix pip psql pyston "
    "rascal rebol schema sclang sml snobol spl stata swi swig swipl tsql vala yaml clang c-lang rlang "
    "bas brython camel carp cpl cyp fstar ipython jolie mruby occam opal problog proto rake rest rpython rst rush "
    "scilab sbl sol typoscript zip"
)


@pytest.mark.parametrize("name", OTHERS.split())
def test_another_language_or_tool_is_no_slip_of_a_known_one(name):
    [finding] = check_mapping({"mode": DOCKER, "allowed_languages": [name]}, env={}).diagnostics

    assert ("unknown-language", None) == (finding.code, finding.fix)
    assert finding.help.startswith("it is allowed, if the executor knows it")


@pytest.mark.parametrize("name", ["C_SHARP", "JAVA_SCRIPT"])
def test_a_language_in_capitals_is_no_variable(name):
    text = f'[features.code_execution]\nmode.sandboxed.runtime = "docker"\nallowed_languages = ["{name}"]\n'
    [finding] = check_text(text, env={}).errors

    meant = name.replace("_", "").lower()
    assert (f'did you mean "{meant}"?', f'"{meant}"') == (finding.help, finding.fix.edits[0].text)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *(("erlnag", "erlang"), ("rubyy", "ruby"), ("pyhton", "python"), ("ypthon", "python"), ("pyton", "python")),
        *(("lau", "lua"), ("luaa", "lua"), ("sqll", "sql"), ("rsut", "rust"), ("scla", "scala"), ("juila", "julia")),
        *(("kotln", "kotlin"), ("haskall", "haskell"), ("javascrpit", "javascript"), ("powersheel", "powershell")),
    ],
)
def test_a_slip_of_a_language_is_one_still(name, meant):
    [finding] = check_mapping({"mode": DOCKER, "allowed_languages": [name]}, env={}).diagnostics

    assert f'did you mean "{meant}"?' == finding.help


@pytest.mark.parametrize("name", ["node.js", "node-js", "node_js"])
def test_an_alias_is_known_whatever_parts_it(name):
    [finding] = check_mapping({"mode": DOCKER, "allowed_languages": [name]}, env={}).diagnostics

    assert 'did you mean "javascript"?' == finding.help


@pytest.mark.parametrize(
    ("name", "meant"),
    [("python2", "python"), ("python3.11", "python"), ("node20", "javascript"), ("c++17", "cpp"), ("go1.x", "go")],
)
def test_no_fix_takes_a_version_away(name, meant):
    text = f'[features.code_execution]\nmode.sandboxed.runtime = "docker"\nallowed_languages = ["{name}"]\n'

    [finding] = check_text(text, env={}).diagnostics

    assert "unknown-language" == finding.code
    assert f'the usual name is "{meant}"' in finding.help
    assert finding.fix is None


def test_wasm_knows_a_language_with_a_version():
    findings = check_mapping({"mode": "wasm", "allowed_languages": ["python3.11", "go1.22"]}, env={}).errors

    assert 'did you mean "python"?' == findings[0].help
    assert findings[1].help.startswith("mode wasm runs python and javascript only")


def test_an_alias_of_a_listed_language_is_removed():
    text = (
        '[features.code_execution]\nallowed_languages = ["javascript", "python"]\nmode.sandboxed.runtime = "gvisor"\n'
    )
    for old, new in (('"javascript"', '"py"'), ('"python"]', '"python", "py"]')):
        [finding] = check_text(text.replace(old, new), env={}).diagnostics
        mended = apply_fixes(text.replace(old, new), [finding.fix])
        assert () == check_text(mended, env={}).diagnostics


@pytest.mark.parametrize("name", limits.KNOWN_LANGUAGES)
def test_a_known_language_is_known(name):
    assert [] == codes({"mode": DOCKER, "allowed_languages": [name]})


def test_an_unknown_language_without_a_near_one_may_stay():
    [finding] = check_mapping({"mode": DOCKER, "allowed_languages": ["brainfuck"]}, env={}).diagnostics

    assert "unknown language `brainfuck`" == finding.message
    assert "it is allowed, if the executor knows it" in finding.help
    assert 4 < sum(f" {name}," in finding.help for name in limits.KNOWN_LANGUAGES) < 12
    assert finding.fix is None


def test_each_mention_after_the_first_is_a_duplicate():
    table = {"mode": DOCKER, "allowed_languages": ["r", "nope", "r", "nope", "r"]}

    report = check_mapping(table, env={})

    assert [
        ("duplicate-language", 2),
        ("duplicate-language", 3),
        ("duplicate-language", 4),
        ("unknown-language", 1),
    ] == [(d.code, d.path[-1]) for d in report.diagnostics]


def test_what_the_environment_made_is_compared_with_nothing():
    table = {"mode": DOCKER, "allowed_languages": ["r", "${A}", "${B}", "r"]}

    report = check_mapping(table, env={"A": "r", "B": "py"})

    assert [("duplicate-language", 3), ("unknown-language", 2)] == [(d.code, d.path[-1]) for d in report.diagnostics]
    assert "py" not in str(report)


def test_wasm_says_one_thing_of_a_language_that_it_does_not_run():
    table = {"allowed_languages": ["python", "js", "bash", "nope", "nope", "${L}"]}

    report = check_mapping(table, env={"L": "ruby"})

    assert [("unsupported-language", place) for place in range(1, 6)] == [
        (d.code, d.path[-1]) for d in report.diagnostics
    ]
    assert ['did you mean "javascript"?'] == [d.help for d in report.diagnostics if "did you mean" in d.help]
    assert [*(f"`{name}`" for name in ("js", "bash", "nope", "nope")), "the language from L"] == [
        d.message.removesuffix(" does not run in mode wasm") for d in report.diagnostics
    ]
    assert "ruby" not in str(report)


@pytest.mark.parametrize("mode", ["wasm", DOCKER, service()])
def test_an_empty_list_allows_nothing(mode):
    assert ["empty-languages"] == codes({"mode": mode, "allowed_languages": []})
    assert [] == codes({"enabled": False, "mode": mode, "allowed_languages": []})


@pytest.mark.parametrize(
    ("url", "keyed", "open_"),
    [
        ("https://x", [], []),
        ("http://x", ["insecure-url"], ["insecure-url"]),
        ("HTTP://x", ["insecure-url"], ["insecure-url"]),
        ("hTtP://X.example:80/", ["insecure-url"], ["insecure-url"]),
        ("http://127.0.0.2:80", [], []),
        ("http://[::1]", [], []),
        ("http://a.localhost", [], []),
    ],
)
def test_plain_http_goes_to_loopback_only(url, keyed, open_):
    with_key = check_mapping({"mode": service(url)}, env={"K": "k"})
    without = check_mapping({"mode": {"external": {"url": url}}}, env={})

    assert keyed == [d.code for d in with_key.diagnostics]
    assert with_key.ok == (not keyed)
    assert [*open_, "missing-secret"] == [d.code for d in without.diagnostics]
    assert without.ok


def test_the_message_on_plain_http_names_both_ways_out():
    for api_key, what in (("${K}", " sends the key and all code "), (None, " sends all code ")):
        keys = {"url": "http://x"} | ({"api_key": api_key} if api_key else {})
        [finding, *_] = check_mapping({"mode": {"external": keys}}, env={"K": "k"}).diagnostics

        assert "insecure-url" == finding.code
        assert what in finding.message
        assert "use https" in finding.message
        assert "insecure_hosts" in finding.message


def test_each_url_of_a_mode_is_judged():
    urls = {("mode", "external", name): parse(url) for name, url in (("a", "https://x"), ("b", "http://x"))}
    mode = ModeFacts("external", urls=urls, keyed=True)

    [finding] = across.judge(Facts(enabled=True, mode=mode, languages=[], memory=None))

    assert ("insecure-url", ("mode", "external", "b")) == (finding.code, finding.path)


def test_a_url_has_one_finding_the_first_of_its_kind():
    assert ["invalid-url"] == codes({"mode": service("http://u@169.254.169.254/#x")})
    assert ["credentials-in-url"] == codes({"mode": service("http://u@169.254.169.254/")})
    assert ["metadata-url"] == codes({"mode": service("http://169.254.169.254/")})


def test_a_disabled_section_is_warned_across_keys():
    table = {"enabled": False, "allowed_languages": ["bash"], "max_memory_mb": 9999}

    report = check_mapping(table, env={})

    assert [("out-of-range", "warning"), ("unsupported-language", "warning")] == [
        (d.code, d.severity) for d in report.diagnostics
    ]
    assert ("bash",) == report.config.allowed_languages
    assert ["out-of-range"] == codes({"enabled": False, "mode": DOCKER, "max_memory_mb": 5})
    assert ["insecure-url"] == codes({"enabled": False, "mode": service("http://x", api_key="${Q}")})


def test_a_disabled_section_is_checked_alone_as_ever():
    table = {
        "enabled": False,
        "timeout_secs": 0,
        "x": 1,
        "allowed_languages": ["${"],
        "mode": {"external": {"url": "x", "api_key": ""}},
    }

    assert {"out-of-range", "unknown-key", "invalid-reference", "invalid-url", "empty-secret"} == set(codes(table))
    assert ["literal-secret"] == codes({"enabled": False, "mode": service(api_key="sk")})
    assert ["malformed-secret"] == codes({"enabled": False, "mode": service(api_key="${K}\n")})


def test_an_enabled_that_cannot_be_read_counts_as_true():
    assert ["empty-languages", "wrong-type"] == codes({"enabled": "no", "allowed_languages": []})
    assert ["empty-languages", "unset-variable"] == codes({"enabled": "${NO}", "allowed_languages": []})


def test_an_unknown_mode_is_not_judged_across_keys():
    assert ["unknown-mode"] == codes({"mode": "vm", "allowed_languages": ["bash"], "max_memory_mb": 9999})
    assert ["unknown-runtime"] == codes({"mode": {"sandboxed": {"runtime": "vm"}}, "max_memory_mb": 1})
    assert ["invalid-url"] == codes({"mode": service("http:x")})


@pytest.mark.parametrize(
    "mode", [{"Mode": GVISOR}, {"sandboxed": {"runtime": "gvisor"}}, {"runtime": "gvisor"}, {"mode": {"Sandboxed": {}}}]
)
def test_a_mode_that_stands_elsewhere_is_not_taken_for_wasm(mode):
    found = codes(mode | {"allowed_languages": ["ruby"], "max_memory_mb": 9999})

    assert 1 == len(found)
    assert not {"unsupported-language", "out-of-range"} & set(found)


@pytest.mark.thorough(one_in=3)
@pytest.mark.parametrize("kind", ["Bad {}", "unknown-{}"])
@pytest.mark.parametrize("count", [999, 1000, 1001, 1200])
def test_as_many_findings_as_are_listed_are_found(kind, count):
    names = [kind.format(number) for number in range(count)]

    report = check_mapping({"mode": GVISOR, "allowed_languages": names}, env={})

    assert min(count, 1000) == len(report.diagnostics)
    assert (count > 1000) == ("there are more findings than are listed here" in report.diagnostics[-1].help)


def test_a_misspelt_key_of_the_service_is_a_key_all_the_same():
    misspelt = check_mapping({"mode": {"external": {"url": "http://x", "apikey": "${K}"}}}, env={"K": "k"})
    other = check_mapping({"mode": {"external": {"url": "http://x", "colour": 1}}}, env={})

    assert {"insecure-url", "unknown-key"} == {d.code for d in misspelt.errors}
    assert () == misspelt.diagnostics[2:]
    assert ["unknown-key"] == [d.code for d in other.errors]
    assert ["insecure-url", "missing-secret"] == [d.code for d in other.diagnostics if d.code != "unknown-key"]


def test_a_missing_key_is_noted_at_the_mode():
    text = '[features.code_execution.mode.external]\nurl = "https://x"\n'

    [finding] = check_text(text, env={}).diagnostics

    assert "missing-secret" == finding.code
    assert text.partition("\n")[0] == text[finding.span.start.offset : finding.span.end.offset]


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("max_memory_mb = 536870912", "; if it is in bytes, write 512"),
        ("max_memory_mb = 5368709120", "; if it is in bytes, write 5120"),
        ("max_memory_mb = 0x4000_0000", "; if it is in bytes, write 1024"),
        ("max_memory_mb = 1000000000", ""),
        ("max_memory_mb = 1099511627776000000", ""),
        ("max_memory_mb = 0", ""),
        ("max_memory_mb = -1048576", ""),
        ("timeout_secs = 300000", "; if it is in milliseconds, write 300"),
        ("timeout_secs = 86_400_000", "; if it is in milliseconds, write 86400"),
        ("timeout_secs = 86_401_000", ""),
        ("timeout_secs = 300001", ""),
        ("timeout_secs = -1", ""),
        ('timeout_secs = "${BIG}"', ""),
        ('timeout_secs = "${UNSET:-300000}"', ""),
    ],
)
def test_a_number_that_is_too_large_may_count_what_other_tools_count(line, more):
    [finding] = check_text(f"[features.code_execution]\n{line}\n", env={"BIG": "300000"}).errors

    name = "MiB from 1 to 1048576" if "memory" in line else "seconds from 1 to 86400"
    assert "out-of-range" == finding.code
    assert finding.help.endswith(f" a whole number of {name}{more}")
    assert None is finding.fix


def test_a_number_of_anything_else_is_told_its_range_alone():
    key = Key("integer", bounds=Bounds(minimum=1, maximum=8, unit="file", floor_reason="x", ceiling_reason="y"))

    finding = judge(key, 1000, ("files",), {})

    assert "write a whole number of files from 1 to 8" == finding.help
