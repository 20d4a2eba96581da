"""The shape of the section: types, keys, and the tagged union."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeexec_config import External, Sandboxed, Wasm, check_mapping, check_text, load_mapping, loads

HEADER = "[features.code_execution]\n"
SECTION = ("features", "code_execution")


def findings(table):
    """Return code and path below the section."""
    report = check_mapping(table, env={})
    assert all(d.path[:2] == SECTION for d in report.diagnostics)
    return [(d.code, *d.path[2:]) for d in report.diagnostics]


def helps(table):
    return [d.help for d in check_mapping(table, env={}).diagnostics]


DOCKER = Sandboxed(runtime="docker")
SPELLINGS = {
    "wasm": [
        'mode = "wasm"',
        "mode = 'wasm'",
        'mode = """wasm"""',
        'mode = "w\\u0061sm"',
        "mode = { wasm = {} }",
        "mode.wasm = {}",
        "[features.code_execution.mode]\nwasm = {}",
        "[features.code_execution.mode.wasm]",
        "mode = { wasm = { }, }",
        "",
    ],
    "sandboxed": [
        'mode = { sandboxed = { runtime = "docker" } }',
        'mode = { sandboxed.runtime = "docker" }',
        'mode.sandboxed = { runtime = "docker" }',
        'mode.sandboxed.runtime = "docker"',
        '"mode".\'sandboxed\' . runtime = "docker"',
        '[features.code_execution.mode]\nsandboxed = { runtime = "docker" }',
        '[features.code_execution.mode]\nsandboxed.runtime = "docker"',
        '[features.code_execution.mode.sandboxed]\nruntime = "docker"',
        '[ features . "code_execution".mode.\'sandboxed\' ]\n"runtime" = "docker"',
        'mode = {\n  sandboxed = {\n    runtime = "docker",\n  }, # the one we run\n}',
        '"mod\\x65" = { sandboxed = { runtime = "\\x64ocker" } }',
    ],
}


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "bom"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(
    ("mode", "spelling"), [(mode, spelling) for mode, spellings in SPELLINGS.items() for spelling in spellings]
)
def test_every_spelling_of_the_union_is_the_same_config(mode, spelling, line_end, mark):
    text = mark + f"# a\tb\n{HEADER}\ttimeout_secs\t=\t7 # seconds\n{spelling}\n".replace("\n", line_end)

    config = loads(text)

    assert (DOCKER if mode == "sandboxed" else Wasm()) == config.mode
    assert 7 == config.timeout_secs


@pytest.mark.parametrize(
    "text",
    [
        '[features.code_execution.mode.sandboxed]\nruntime = "docker"\n[server]\n[features.code_execution]\n',
        'features.code_execution.mode.sandboxed.runtime = "docker"\n',
        'features = { code_execution = { mode = { sandboxed = { runtime = "docker" } } } }\n',
        '[features]\ncode_execution.mode.sandboxed.runtime = "docker"\n',
        'features.code_execution.enabled = true\n[features.code_execution.mode]\nsandboxed = { runtime = "docker" }\n',
    ],
)
def test_the_section_may_stand_anywhere_in_the_file(text):
    assert loads(text).mode == DOCKER


WRONG = st.sampled_from(
    [0, 1, True, False, 1.5, 30.0, "", "x", "30", "true", [], ["a"], [1], {}, {"v": 1}, {"value": "docker"}]
) | st.sampled_from([dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.date(2026, 1, 1), dt.time(7, 32)])
TYPES = {"enabled": bool, "timeout_secs": int, "max_memory_mb": int, "allowed_languages": list}


@given(field=st.sampled_from(sorted(TYPES)), value=WRONG)
def test_nothing_is_coerced(field, value):
    found = findings({field: value})

    assert (("wrong-type", field) in found) == (type(value) is not TYPES[field])


@given(value=WRONG)
def test_no_string_key_takes_anything_else(value):
    for path in (("sandboxed", "runtime"), ("external", "url"), ("external", "api_key")):
        table = {"url": "https://x", path[1]: value} if path[0] == "external" else {path[1]: value}
        found = findings({"mode": {path[0]: table}})

        assert (("wrong-type", "mode", *path) in found) == (type(value) is not str)


@given(value=WRONG)
def test_a_mode_is_a_string_or_a_table(value):
    assert (("wrong-type", "mode") in findings({"mode": value})) == (type(value) not in {str, dict})


@given(value=WRONG)
def test_a_variant_is_a_table(value):
    for name in ("wasm", "sandboxed", "external"):
        found = findings({"mode": {name: value}})

        assert (("wrong-type", "mode", name) in found) == (type(value) is not dict)


@pytest.mark.parametrize("table", [[], 3, "x", None, b"x"])
def test_a_section_that_is_no_table_is_said_so(table):
    assert [("wrong-type",)] == findings(table)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("timeout", "timeout_secs"),
        ("timeout_seconds", "timeout_secs"),
        ("TIMEOUT-SECS", "timeout_secs"),
        ("enable", "enabled"),
        ("languages", "allowed_languages"),
        ("max_memory", "max_memory_mb"),
        ("memory_mb", "max_memory_mb"),
        ("mdoe", "mode"),
    ],
)
def test_an_unknown_key_names_the_nearest(key, meant):
    assert [("unknown-key", key)] == findings({key: 1})
    [help_line] = helps({key: 1})
    assert help_line.startswith(f"did you mean `{meant}`?")


def test_an_unknown_key_without_a_near_one_lists_all():
    assert ["the keys are enabled, mode, allowed_languages, timeout_secs, max_memory_mb"] == helps({"image": 1})
    assert ["this table has no keys"] == helps({"mode": {"wasm": {"x": 1}}})


@pytest.mark.parametrize("value", [True, "${OFF}"])
def test_the_opposite_of_a_key_that_is_there_already_is_named_as_such(value):
    assert ["`enabled` is already set here, and says the opposite; remove one of them"] == helps(
        {"enabled": True, "disabled": value}
    )


@pytest.mark.parametrize("value", [True, False])
def test_a_negation_with_the_opposite_value_says_the_same(value):
    assert ["`enabled` is already set here; remove one of them"] == helps({"enabled": value, "disabled": not value})


def test_a_key_that_is_there_already_is_not_suggested():
    assert ["`timeout_secs` is already set here; remove one of them"] == helps({"timeout_secs": 3, "timeout_sec": 3})


def test_a_key_that_a_header_swallowed_is_sent_home():
    [hint] = helps({"mode": {"wasm": {}, "timeout_secs": 3}})
    assert hint.startswith("`timeout_secs` belongs to [features.code_execution] itself: move it above ")
    assert hint.endswith("above [features.code_execution.mode], below a header [features.code_execution]")
    assert [("unknown-mode", "mode", "timeout_secs")] == findings({"mode": {"timeout_secs": 3}})


@pytest.mark.parametrize("name", ["disable", "disabled", "False", "no", "None", "off"])
def test_no_mode_is_said_by_the_switch(name):
    assert ["the modes are wasm, sandboxed, external; to run no code, write enabled = false"] == helps({"mode": name})


def test_a_mode_that_is_false_is_said_by_the_switch_too():
    [hint] = helps({"mode": False})
    assert hint.startswith('to run no code, write enabled = false; otherwise write mode = "wasm" or mode = { sandboxed')
    [hint] = helps({"mode": True})
    assert hint.startswith('write mode = "wasm" or mode = { sandboxed')


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("browser", 'did you mean "wasm"? the modes are wasm, sandboxed, external'),
        ("Pyodide (WebAssembly)", 'did you mean "wasm"? the modes are wasm, sandboxed, external'),
        ("container", 'external; write mode = { sandboxed = { runtime = "docker" } }'),
        ("sandboxed(gvisor)", 'external; write mode = { sandboxed = { runtime = "gvisor" } }'),
        ("runsc", 'external; write mode = { sandboxed = { runtime = "gvisor" } }'),
        ("vm", 'external; write mode = { sandboxed = { runtime = "firecracker" } }'),
        ("remote", 'external; write mode = { external = { url = "https://code-exec.example.com" } }'),
        (
            "rest_api",
            "did you mean `external`? the modes are wasm, sandboxed, external; write mode = { external = { url",
        ),
        *((name, "the modes are wasm, sandboxed, external") for name in ("local", "not wasm", "non-docker", "!api")),
        *((name, "the modes are wasm, sandboxed, external") for name in ("wasm or docker", "vm, api", "docker " * 10)),
    ],
)
def test_a_mode_by_the_name_of_another_tool_is_a_question(name, hint):
    [report] = check_text(f'{HEADER}mode = "{name}"\n', env={}).diagnostics
    assert "unknown-mode" == report.code
    assert hint in report.help
    assert (hint == report.help) == hint.endswith(", external")
    assert report.fix is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *((name, "gvisor") for name in ("runsc", "gVisor (runsc)", "google/gvisor", "runsc-kvm")),
        *((name, "firecracker") for name in ("microVM", "fc", "firecracker-containerd")),
        *((name, "docker") for name in ("docker-compose", "docker:27", "rootless docker")),
        *(
            (name, None)
            for name in (
                "kata",
                "podman",
                "",
                "not docker",
                "no docker",
                "without docker",
                "docker or gvisor",
                "dockerish",
            )
        ),
    ],
)
def test_a_sandbox_by_the_name_of_another_tool_is_a_question(name, meant):
    [report] = check_text(f'{HEADER}mode.sandboxed.runtime = "{name}"\n', env={}).diagnostics
    asked = f'did you mean "{meant}"? the runtimes are docker, firecracker, gvisor'
    assert (asked if meant else "write one of docker, firecracker, gvisor") == report.help
    assert report.fix is None


@pytest.mark.parametrize(
    ("table", "hint"),
    [
        (
            {"mode": {"external": {"url": "https://h", "api_key": {"env": "K"}}}},
            'write api_key = "${CODE_EXEC_API_KEY}"',
        ),
        ({"mode": {"external": {"url": ["https://h"]}}}, 'write url = "https://code-exec.example.com"'),
        ({"allowed_languages": [{"name": "python"}]}, 'each entry is a name, such as "python"'),
    ],
)
def test_a_value_of_another_type_is_told_its_own(table, hint):
    assert hint in helps(table)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('{ env = "K" }', "K"),
        ('{ from_env = "K" }', "K"),
        ('{ var = "CE_KEY" }', "CE_KEY"),
        ('["CE_KEY"]', "CE_KEY"),
        *((value, "CODE_EXEC_API_KEY") for value in ('{ value = "K" }', '["K"]', '{ env = "sk-live-1" }')),
        *((value, "CODE_EXEC_API_KEY") for value in ("{ env = 3 }", "{}", "[]", '{ env = "K", name = "L" }')),
        *((value, "CODE_EXEC_API_KEY") for value in ("3", '["A_B", "C_D"]', '[["A_B"]]')),
    ],
)
def test_a_variable_that_a_table_names_is_written_as_a_reference(value, name):
    [finding] = check_text(f'{HEADER}mode.external = {{ url = "https://h", api_key = {value} }}\n', env={}).errors
    assert f'write api_key = "${{{name}}}"' == finding.help


@pytest.mark.parametrize(("value", "more"), [("false", ", or leave api_key out for none"), ("true", ""), ("0", "")])
def test_a_key_that_is_switched_off_is_left_out(value, more):
    [finding] = check_text(f'{HEADER}mode.external = {{ url = "https://h", api_key = {value} }}\n', env={}).errors

    assert f'write api_key = "${{CODE_EXEC_API_KEY}}"{more}' == finding.help


def test_a_misspelt_required_key_is_not_also_missing():
    assert [("unknown-key", "mode", "sandboxed", "runtme")] == findings({"mode": {"sandboxed": {"runtme": "docker"}}})
    assert {("unknown-key", "mode", "sandboxed", "image"), ("missing-key", "mode", "sandboxed", "runtime")} == set(
        findings({"mode": {"sandboxed": {"image": "x"}}})
    )


def test_a_misspelt_mode_is_not_judged_as_the_default():
    assert [("unknown-key", "mod")] == findings({"mod": "x", "allowed_languages": ["bash"], "max_memory_mb": 9999})


def test_a_misspelt_key_of_a_service_is_not_also_left_out():
    assert [("unknown-key", "mode", "external", "apikey")] == findings(
        {"mode": {"external": {"url": "https://x", "apikey": "k"}}}
    )


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        ({}, [("empty-mode", "mode")]),
        ({"k8s": 1, "vm": 2}, [("unknown-mode", "mode", "k8s")]),
        ({"wasm": 3, "sandboxed": 4, "x": 5}, [("ambiguous-mode", "mode", "sandboxed")]),
        ("", [("unknown-mode", "mode")]),
        ("external", [("wrong-type", "mode")]),
    ],
)
def test_a_mode_is_exactly_one_variant(mode, found):
    assert found == findings({"mode": mode})


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("WASM", 'did you mean "wasm"?'),
        ("sandbox", "did you mean `sandboxed`?"),
        ("External", "did you mean `external`?"),
        ("browser", "the modes are wasm, sandboxed, external"),
        ("sandboxed", 'mode = { sandboxed = { runtime = "docker" } }'),
        ("external", "mode = { external = { url ="),
        ({"Sandboxed": {}}, "did you mean `sandboxed`?"),
        ({"kubernetes": {}}, "the modes are wasm, sandboxed, external"),
        ({"sandboxed": {"runtime": "Dokcer"}}, 'did you mean "docker"?'),
        ({"sandboxed": {"runtime": "kvm"}}, "write one of docker, firecracker, gvisor"),
    ],
)
def test_the_help_names_the_nearest_or_lists_what_is_allowed(mode, said):
    [text] = helps({"mode": mode})

    assert said in text


def test_a_mistake_in_each_place_comes_back_at_once():
    text = (
        f"{HEADER}enabled = 1\nfoo = 2\nallowed_languages = [3, 'C']\ntimeout_secs = 0\n"
        "[features.code_execution.mode]\nx = 1\n[features.code_execution.mode.external]\nurl = 4\napi_key = ''\ny = 5\n"
    )

    report = check_text(text, env={})

    assert [
        ("wrong-type", 2),
        ("unknown-key", 3),
        ("wrong-type", 4),
        ("invalid-language", 4),
        ("out-of-range", 5),
        ("unknown-key", 7),
        ("wrong-type", 9),
        ("empty-secret", 10),
        ("unknown-key", 11),
    ] == [(d.code, d.span.start.line) for d in report.diagnostics]


def test_an_array_full_of_mistakes_is_listed_up_to_a_bound():
    report = check_mapping({"mode": {"sandboxed": {"runtime": "gvisor"}}, "allowed_languages": [1] * 5000}, env={})

    assert 1000 == len(report.diagnostics)
    assert report.config is None


def test_a_file_full_of_unknown_keys_is_listed_up_to_a_bound():
    report = check_mapping({f"k{number}": 1 for number in range(5000)} | {"timeout_secs": 0}, env={})

    assert 1000 == len(report.diagnostics)
    assert "more findings than are listed" in report.diagnostics[-1].help or any(
        "more findings than are listed" in (d.help or "") for d in report.diagnostics
    )


def test_a_mapping_says_what_a_file_says():
    table = {"mode": {"external": {"url": "https://x", "api_key": "${K}"}}, "timeout_secs": "${T:-5}"}

    config = load_mapping(table, env={"K": "k"})

    assert External(url="https://x", api_key=config.mode.api_key) == config.mode
    assert 5 == config.timeout_secs
    assert "${K}" == table["mode"]["external"]["api_key"]
