"""Where each value of the effective config comes from."""

from __future__ import annotations

import pytest

from codeexec_config import ConfigError, check_mapping, check_text

TEXT = """\
[features.code_execution]
timeout_secs = "${T:-5}"
allowed_languages = ["python", "${L:-x}"]
[features.code_execution.mode.external]
url = "https://${H:-h}/x"
api_key = "${K:?no key}"
"""
ENV = {"K": "sk-canary", "T": "9", "L": "r", "H": "canary.example"}


def origins(text, **options):
    report = check_text(text, **({"env": {}} | options), origins=True)
    return {
        ".".join(map(str, origin.path[2:])): (
            origin.kind,
            origin.value,
            origin.span and (origin.span.start.line, origin.span.start.column),
            origin.reference,
        )
        for origin in report.origins
    }


def test_each_leaf_names_what_made_it():
    assert {
        "enabled": ("default", True, None, None),
        "mode.external.url": ("environment", "https://${H}/x", (5, 7), "${H}"),
        "mode.external.api_key": ("environment", "${K}", (6, 11), "${K}"),
        "allowed_languages": ("environment", ["python", "${L}"], (3, 21), "${L}"),
        "timeout_secs": ("environment", "${T}", (2, 16), "${T}"),
        "max_memory_mb": ("default", 256, None, None),
    } == origins(TEXT, env=ENV)


def test_a_report_with_them_can_be_hashed():
    report, again = (check_text("[features.code_execution]\n", env={}, origins=True) for _ in range(2))

    assert hash(report) == hash(again)
    assert report == again


def test_nothing_of_the_environment_is_in_them():
    assert "canary" not in repr(check_text(TEXT, env=ENV, origins=True).origins)


def test_offline_shows_the_same_without_a_variable():
    assert origins(TEXT, env=ENV) == origins(TEXT, offline=True)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("", {"mode": ("default", "wasm", None, None)}),
        ('mode = "wasm"', {"mode": ("file", "wasm", (2, 8), None)}),
        ("mode.wasm = {}", {"mode": ("file", "wasm", (2, 1), None)}),
        ('mode.sandboxed.runtime = "gvisor"', {"mode.sandboxed.runtime": ("file", "gvisor", (2, 26), None)}),
        ('mode.external.url = "https://h/$${y}"', {"mode.external.url": ("file", "https://h/${y}", (2, 21), None)}),
        ('mode.external = { url = "https://h" }', {"mode.external.url": ("file", "https://h", (2, 25), None)}),
        (
            'mode.external = { url = "https://h", api_key = "lit" }',
            {
                "mode.external.url": ("file", "https://h", (2, 25), None),
                "mode.external.api_key": ("file", "**********", (2, 48), None),
            },
        ),
        (
            'mode.external = { url = "https://h", api_key = "lit${K}" }',
            {
                "mode.external.url": ("file", "https://h", (2, 25), None),
                "mode.external.api_key": ("environment", "**********", (2, 48), "${K}"),
            },
        ),
    ],
)
def test_a_mode_is_told_by_its_leaves(mode, expected):
    found = origins(f"[features.code_execution]\n{mode}\n", env=ENV)

    assert expected == {key: origin for key, origin in found.items() if key.startswith("mode")}


def test_a_disabled_section_shows_the_text_of_the_file():
    text = TEXT.replace("timeout", "enabled = false\ntimeout")

    assert origins(text) == origins(text, env=ENV)
    assert "https://${H}/x" == origins(text)["mode.external.url"][1]


def test_an_absent_section_is_all_defaults():
    assert {"default"} == {origin[0] for origin in origins("").values()}


def test_a_mapping_has_no_places():
    found = check_mapping({"timeout_secs": 5}, env={}, origins=True).origins

    assert {None} == {origin.span for origin in found}
    assert ["file"] == [origin.kind for origin in found if origin.path[-1] == "timeout_secs"]


def test_a_file_with_errors_has_none_and_nobody_who_did_not_ask():
    assert {} == origins("[features.code_execution]\ntimeout_secs = 0\n")
    assert () == check_text("x =", origins=True).origins
    assert () == check_text(TEXT, env=ENV).origins


def test_a_report_yields_its_config_or_the_reason_why_not():
    assert 9 == check_text(TEXT, env=ENV).require().timeout_secs
    with pytest.raises(ConfigError):
        check_text("x =").require()
    with pytest.raises(ValueError, match=r"\$\{H\}, \$\{K\}, \$\{L\}, \$\{T\} was not read"):
        check_text(TEXT, offline=True).require()
