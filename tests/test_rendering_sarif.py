"""Findings as SARIF: what consumers rely on. The rest of the standard is for its own validator, in tests/engines."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from codeexec_config import apply_fixes, check_file, check_text, load_policy
from codeexec_config._version import PROJECT_URL, VERSION
from codeexec_config.codes import CODES
from codeexec_config.diagnostics import Edit, Fix, Position, Span
from codeexec_config.rendering.sarif import FINGERPRINT, artifact_location, log, results

HEAD = "[features.code_execution]\n"
MANY = HEAD + "timeout_sec = 5\nallowed_languages = ['bash', 'python', 'ruby', 'python', 'python']\n"


def sarif(text: str, **options: Any) -> list[dict[str, Any]]:
    found = check_text(text, **({"env": {}, "filename": "app.toml"} | options)).diagnostics
    made = results(found, str(Path.cwd()))
    assert made == json.loads(json.dumps(made))
    return made


def fingerprints(text: str, **options: Any) -> dict[str, str]:
    return {
        f"{result['message']['text']} {index}": result["partialFingerprints"][FINGERPRINT]
        for index, result in enumerate(sarif(text, **options))
    }


def test_a_log_names_the_tool_its_version_and_how_columns_are_counted() -> None:
    [run] = log([])["runs"]

    driver = run["tool"]["driver"]
    assert ("codeexec-config", VERSION, PROJECT_URL) == (driver["name"], driver["version"], driver["informationUri"])
    assert "unicodeCodePoints" == run["columnKind"]
    assert "2.1.0" == log([])["version"]


def test_every_code_is_a_rule_with_its_help() -> None:
    rules = log([])["runs"][0]["tool"]["driver"]["rules"]

    assert list(CODES) == [rule["id"] for rule in rules]
    assert [str(severity) for severity in CODES.values()] == [rule["defaultConfiguration"]["level"] for rule in rules]
    assert len(rules) == len({rule["name"] for rule in rules})
    assert all("```toml\n" in rule["help"]["markdown"] for rule in rules)
    breach = next(rule for rule in rules if rule["id"] == "policy-violation")
    assert "With a policy that says\n\n```toml\nmax_timeout_secs = 60\n```" in breach["help"]["markdown"]


def test_a_result_has_its_rule_its_level_its_place_and_its_text() -> None:
    [result] = sarif(HEAD + "timeout_sec = 5\n")
    fingerprint = result.pop("partialFingerprints")
    artifact = {"uri": "app.toml", "uriBaseId": "%SRCROOT%"}
    region = {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 12}

    assert {
        "ruleId": "unknown-key",
        "ruleIndex": list(CODES).index("unknown-key"),
        "level": "error",
        "message": {"text": "unknown key `timeout_sec` (did you mean `timeout_secs`?)"},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
        "fixes": [
            {
                "description": {"text": result["fixes"][0]["description"]["text"]},
                "artifactChanges": [
                    {
                        "artifactLocation": artifact,
                        "replacements": [{"deletedRegion": region, "insertedContent": {"text": "timeout_secs"}}],
                    }
                ],
            }
        ],
    } == result
    assert 32 == len(fingerprint[FINGERPRINT])


def test_columns_count_code_points_and_no_byte_order_mark() -> None:
    text = "\ufefffeatures.code_execution = { '\U0001f600' = 1, '\u00e9' = 2 }\n"

    regions = [result["locations"][0]["physicalLocation"]["region"] for result in sarif(text)]

    assert [text[1:].index("'\U0001f600") + 1, text[1:].index("'\u00e9") + 1] == [
        region["startColumn"] for region in regions
    ]


def test_what_is_said_of_a_whole_file_stands_at_its_beginning() -> None:
    found = check_file("absent.toml").diagnostics
    [result] = results(found, str(Path.cwd()))

    place = result["locations"][0]["physicalLocation"]
    assert "absent.toml" == place["artifactLocation"]["uri"]
    assert {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1} == place["region"]


def test_other_places_are_related_locations_in_their_own_files(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("# ours\nmax_timeout_secs = 5\n")

    [result] = sarif(HEAD + "timeout_secs = 9\n", policy=load_policy(policy))

    [related] = result["relatedLocations"]
    assert "the policy's limit" == related["message"]["text"]
    assert policy.as_uri() == related["physicalLocation"]["artifactLocation"]["uri"]
    assert 2 == related["physicalLocation"]["region"]["startLine"]


def test_a_place_that_is_none_is_not_related() -> None:
    from codeexec_config import check_mapping

    found = check_mapping({"allowed_languages": ["r", "r"], "mode": {"sandboxed": {"runtime": "docker"}}}).diagnostics

    assert found[0].related
    assert "relatedLocations" not in results(found, "/")[0]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "timeout_sec = 5\r\n",
        HEAD + "allowed_languages = ['python', 'python']\n",
        HEAD + "allowed_languages = [\n  'python', # first\n  'python', # second\n]\n",
        "features.code_execution.timeout_sec = 5\nfeatures.code_execution.max_memory_m = 64\n",
    ],
)
def test_a_fix_in_sarif_does_what_the_fix_does(text: str) -> None:
    found = check_text(text, env={}).diagnostics

    for result, diagnostic in zip(sarif(text), found, strict=True):
        [fix] = result["fixes"]
        [change] = fix["artifactChanges"]
        edits = [_edit(text, replacement) for replacement in change["replacements"]]
        assert diagnostic.fix is not None
        assert apply_fixes(text, [diagnostic.fix]) == apply_fixes(text, [Fix("", tuple(edits))])


def _edit(text: str, replacement: dict[str, Any]) -> Edit:
    region = replacement["deletedRegion"]
    ends = [(region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"])]
    starts = [sum(map(len, text.split("\n")[: line - 1])) + line - 1 for line, _ in ends]
    start, end = (Position(line, column, at + column - 1) for (line, column), at in zip(ends, starts, strict=True))
    return Edit(Span(start, end), replacement.get("insertedContent", {}).get("text", ""))


def test_fingerprints_are_all_different() -> None:
    found = fingerprints(MANY)

    assert 5 == len(found) == len(set(found.values()))


@pytest.mark.parametrize(
    "changed",
    [
        "# a line\n\n" + MANY,
        MANY.replace("timeout", "enabled = true\ntimeout"),
        MANY.replace("'bash', 'python'", "'bash', # why\n 'python'"),
        MANY.replace("features.code_execution", " features . code_execution "),
    ],
)
def test_fingerprints_hold_when_lines_move(changed: str) -> None:
    assert fingerprints(MANY) == fingerprints(changed)


def test_the_fingerprint_of_an_entry_holds_when_one_before_it_goes() -> None:
    def of_ruby(text: str) -> str:
        [found] = [print_ for name, print_ in fingerprints(text).items() if "`ruby`" in name]
        return found

    assert of_ruby(MANY) == of_ruby(MANY.replace("'bash', ", ""))


def test_fingerprints_differ_by_file_and_by_what_is_marked() -> None:
    one, other = HEAD + "timeout_sec = 5\n", HEAD + "timeout_scs = 5\n"

    assert set(fingerprints(one).values()).isdisjoint(fingerprints(other).values())
    assert set(fingerprints(one).values()).isdisjoint(fingerprints(one, filename="b.toml").values())


def test_the_fingerprint_of_a_value_over_several_lines_is_that_of_its_first() -> None:
    text = HEAD + 'timeout_secs = """\n5"""\n'

    assert list(fingerprints(text).values()) == list(fingerprints("\n" + text).values())


@pytest.mark.parametrize("name", ["a%0A,b::c.toml", "dir/é ü.toml", "a:b.toml", "?#[x].toml", "-", "\udcff.toml"])
def test_a_name_becomes_a_relative_uri_and_back(name: str) -> None:
    root = str(Path.cwd())
    location = artifact_location(name, root)

    assert {"uri", "uriBaseId"} == location.keys()
    assert location["uri"].isascii()
    assert not set(location["uri"]) & set(" :?#[],\\")
    assert os.fsencode(name) == unquote(location["uri"], errors="surrogateescape").encode("utf-8", "surrogateescape")
    assert location == artifact_location(str(Path(root, "x")) + f"/../{name}", root)


def test_a_file_elsewhere_has_an_absolute_uri() -> None:
    assert {"uri": "file:///etc/a%20b.toml"} == artifact_location("/etc/a b.toml", "/srv/app")
    assert {"uri": "file:///srv/app.toml"} == artifact_location("/srv/app.toml", "/srv/app")
    assert {"uri": "srv/app.toml", "uriBaseId": "%SRCROOT%"} == artifact_location("/srv/app.toml", "/")
