"""A mode in another form is one mistake: one finding has the right form, and a fix if it is certain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeexec_config import Report, apply_fixes, check_mapping, check_text

H = "[features.code_execution]\n"
M = "[features.code_execution.mode]\n"
E = "[features.code_execution.mode.external]\n"
S = "[features.code_execution.mode.sandboxed]\n"
URL = 'url = "https://h.example.com"\n'
KEY = 'api_key = "${K}"\n'
ENV = {"K": "k"}

FIXED = {
    "name-before-the-keys": (
        H + 'mode = "external"\nexternal_' + URL + "external_" + KEY,
        "wrong-type",
        H + "mode.external." + URL + "mode.external." + KEY,
    ),
    "name-before-a-key": (
        H + 'sandboxed_runtime = "docker"\n',
        "unknown-key",
        H + 'mode.sandboxed.runtime = "docker"\n',
    ),
    "name": (H + 'mode = "external"\n' + URL + KEY, "wrong-type", H + "mode.external." + URL + "mode.external." + KEY),
    "name-last": (
        H + 'runtime = "gvisor"\nmode = "sandboxed"',
        "wrong-type",
        H + 'mode.sandboxed.runtime = "gvisor"\n',
    ),
    "name-in-capitals": (
        H + 'mode = "SANDBOX"\nruntime = "Docker"\n',
        "unknown-mode",
        H + 'mode.sandboxed.runtime = "docker"\n',
    ),
    "name-with-a-comment": (
        H + '  mode = "external" # remote\n' + URL,
        "wrong-type",
        H + "   # remote\nmode.external." + URL,
    ),
    "name-at-the-root": (
        'features.code_execution.mode = "external"\nfeatures.code_execution.' + URL,
        "wrong-type",
        "features.code_execution.mode.external." + URL,
    ),
    "name-below-a-blank-line": (
        '\nfeatures.code_execution.mode = "external"\nfeatures.code_execution.' + URL,
        "wrong-type",
        "\nfeatures.code_execution.mode.external." + URL,
    ),
    "name-inline": (
        "[features]\ncode_execution = { mode = 'external', url = 'https://h' }\n",
        "wrong-type",
        "[features]\ncode_execution = { mode.external.url = 'https://h' }\n",
    ),
    "name-inline-last": (
        "[features]\ncode_execution = { url = 'https://h', mode = 'external' }\n",
        "wrong-type",
        "[features]\ncode_execution = { mode.external.url = 'https://h' }\n",
    ),
    "name-with-crlf": (
        (H + 'mode = "external"\n' + URL).replace("\n", "\r\n"),
        "wrong-type",
        (H + "mode.external." + URL).replace("\n", "\r\n"),
    ),
    "name-and-table": (
        H + 'mode = "sandboxed"\n[features.code_execution.sandboxed]\nruntime = "docker"\n',
        "wrong-type",
        H + '[features.code_execution.mode.sandboxed]\nruntime = "docker"\n',
    ),
    "name-and-a-misspelt-key": (
        H + 'mode = "sandboxed"\nruntme = "docker"\n',
        "wrong-type",
        H + 'mode.sandboxed.runtime = "docker"\n',
    ),
    "misspelt-keys-in-the-mode": (
        M + "apikey = '${K}'\nURL = 'https://h'\n",
        "unknown-mode",
        M + "external.api_key = '${K}'\nexternal.url = 'https://h'\n",
    ),
    "runtime-as-mode": (H + 'mode = "docker"\n', "unknown-mode", H + 'mode.sandboxed.runtime = "docker"\n'),
    "url-as-mode": (H + 'mode = "https://h"\n', "unknown-mode", H + 'mode.external.url = "https://h"\n'),
    **{
        f"tag-{name}": (
            M + f'{name} = "sandboxed"\nruntime = "gvisor"\n',
            "unknown-mode",
            M + 'sandboxed.runtime = "gvisor"\n',
        )
        for name in ("backend", "kind", "tag", "type", "variant")
    },
    "tag-called-mode": (M + 'mode = "external"\n' + URL, "unknown-mode", M + "external." + URL),
    "tag-called-name": (
        H + "mode = { " + 'url = "https://h", name = "external" }\n',
        "unknown-mode",
        H + 'mode = { external.url = "https://h" }\n',
    ),
    "tag-for-wasm": (M + 'kind = "wasm"\n', "unknown-mode", M + "wasm = {}\n"),
    "tag-called-runtime": (M + 'runtime = "wasm"\n', "unknown-mode", M + "wasm = {}\n"),
    "runtime-that-is-a-mode": (H + "runtime = 'external'\n" + URL, "unknown-key", H + "mode.external." + URL),
    "tag-in-the-section": (
        H + 'mode_type = "external"\n' + URL + KEY,
        "unknown-key",
        H + "mode.external." + URL + "mode.external." + KEY,
    ),
    "tag-beside-its-table": (M + 'type = "sandboxed"\n' + S + 'runtime = "docker"\n', "unknown-key", None),
    "tag-names-the-runtime": (M + 'type = "docker"\n', "unknown-mode", M + 'sandboxed.runtime = "docker"\n'),
    "keys-in-the-mode": (M + URL + KEY, "unknown-mode", M + "external." + URL + "external." + KEY),
    "dotted-key-in-the-mode": (
        H + 'mode.runtime = "docker"\n',
        "unknown-mode",
        H + 'mode.sandboxed.runtime = "docker"\n',
    ),
    "runtime-for-its-table": (
        M + 'sandboxed = "docker"\n',
        "wrong-type",
        M + 'sandboxed.runtime = "docker"\n',
    ),
    "url-for-its-table": (
        M + 'external = "https://h"\n' + KEY,
        "wrong-type",
        M + 'external.url = "https://h"\nexternal.' + KEY,
    ),
    "switch-for-its-table": (M + "external = true\n" + URL, "wrong-type", M + "external." + URL),
    "switch-for-wasm": (M + "wasm = true\n", "wrong-type", M + "wasm = {}\n"),
    "table-beside-the-section": (
        "[features.code_execution.External]\n" + URL + KEY,
        "unknown-key",
        E + URL + KEY,
    ),
    "dotted-table": (
        H + "external." + URL + "external." + KEY,
        "unknown-key",
        H + "mode.external." + URL + "mode.external." + KEY,
    ),
    "mode-in-one-word": (
        "[features.code_execution.mode_external]\n" + URL + KEY,
        "unknown-key",
        E + URL + KEY,
    ),
    "mode-in-one-word-with-its-key": (
        H + 'allowed_languages = ["bash"]\nmodeExternal = "https://h"\n',
        "unknown-key",
        H + 'allowed_languages = ["bash"]\nmode.external.url = "https://h"\n',
    ),
    "value-beside-the-section": (
        H + "sandboxed = 'docker'\n",
        "unknown-key",
        H + "mode.sandboxed.runtime = 'docker'\n",
    ),
    "keys-in-the-section": (
        H + 'allowed_languages = ["r"]\n' + URL + KEY,
        "unknown-key",
        H + 'allowed_languages = ["r"]\nmode.external.' + URL + "mode.external." + KEY,
    ),
    "key-above-its-header": (
        H + 'runtime = "docker"\n' + S + "\n",
        "unknown-key",
        H + S + 'runtime = "docker"\n\n',
    ),
    "key-above-its-header-at-the-end": (
        H + URL + S.replace("sandboxed", "external").strip(),
        "unknown-key",
        H + E + URL.strip(),
    ),
    "reference-above-its-header": (H + KEY + E + URL, "unknown-key", H + E + KEY + URL),
}


@pytest.mark.parametrize(("text", "code", "fixed"), FIXED.values(), ids=FIXED)
def test_one_finding_has_the_form_and_the_fix(text: str, code: str, fixed: str | None) -> None:
    [finding] = check_text(text, env=ENV).errors

    assert code == finding.code
    assert finding.help
    assert finding.fix
    after = apply_fixes(text, [finding.fix])
    assert check_text(after, env=ENV).ok
    assert fixed in {None, after}


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (H + 'mode = "external"\n' + URL + KEY, "write `mode.external.url` and `mode.external.api_key`"),
        (H + 'mode = "docker"\n', "write `mode.sandboxed.runtime`"),
        (M + 'sandboxed = "docker"\n', "write `sandboxed.runtime`"),
        (M + 'kind = "wasm"\n', "write `wasm = {}`"),
        ("[features.code_execution.External]\n" + URL, "write `mode.external`"),
        (M + 'type = "sandboxed"\n' + S + 'runtime = "docker"\n', "remove `type`"),
        (H + 'runtime = "docker"\n' + S, f"move `runtime` below {S.strip()}"),
        (
            H + 'mode_type = "sandboxed"\nruntime = "docker"\n' + S,
            f"move `runtime` below {S.strip()} and remove `mode_type`",
        ),
    ],
)
def test_a_fix_is_called_after_all_that_it_does(text: str, title: str) -> None:
    [finding] = check_text(text, env=ENV).errors

    assert finding.fix
    assert title == finding.fix.title
    assert check_text(apply_fixes(text, [finding.fix]), env=ENV).ok


UNFIXED = {
    "table-around-a-key": (
        "[features.code_execution.config]\nenabled = true\n",
        "`enabled` belongs below [features.code_execution] itself",
    ),
    "table-around-keys": (
        H + "settings = { timeout_secs = 3, max_memory_mb = 64 }\n",
        "`timeout_secs` and `max_memory_mb` belong below [features.code_execution] itself",
    ),
    "table-around-more": (H + "settings = { timeout_secs = 3, x = 1 }\n", "the keys are enabled, mode"),
    "table-around-nothing": (H + "settings = {}\n", "the keys are enabled, mode"),
    "array-of-keys": (H + "settings = ['enabled']\n", "the keys are enabled, mode"),
    "nothing-known": (H + 'mode = "sandboxed"\n', "write mode = { sandboxed = { runtime"),
    "insecure": (H + 'mode = "external"\nurl = "http://h"\napi_key = "${K}"\n', "with `url` and `api_key` below"),
    "credentials": (H + 'mode = "external"\nurl = "https://u:p@h"\n', "with `url` below"),
    "secret-would-move": (H + "api_key = 'sk-1'\n" + E + URL, "`api_key` belongs below [features.code_exec"),
    "url-would-show": (H + "url = 'https://h?x=1'\n" + E + KEY, "`url` belongs below"),
    "number-for-a-url": (H + "url = 1\n" + E + KEY, "`url` belongs below"),
    "number-for-a-key": (H + "api_key = 1\n" + E + URL, "`api_key` belongs below"),
    "table-without-header": (H + "runtime = 'docker'\nmode.sandboxed = {}\n", "`runtime` belongs below"),
    "with-a-comment": (H + "runtime = 'docker' # why\n" + S, "`runtime` belongs below"),
    "dotted-table": (H + KEY + "mode.external." + URL, "`api_key` belongs below"),
    "both-places": (H + "runtime = 'docker'\n" + S + "runtime = 'gvisor'\n", "sandboxed] has `runtime` already"),
    "choice-beside-the-key": (H + "docker = true\n" + S + "runtime = 'gvisor'\n", "sandboxed] has `runtime` already"),
    "runtime-twice": (H + 'mode = "docker"\nruntime = "gvisor"\n', "sandboxed], with `runtime` below it"),
    "little-memory": (H + 'mode = "docker"\nmax_memory_mb = 5\n', 'with runtime = "docker" below'),
    "mode-and-runtime": (H + 'mode = "sandbox:gvisor"\n', 'with runtime = "gvisor" below'),
    "other-word-and-runtime": (H + 'mode = "kvm:gvisor"\n', "the modes are wasm"),
    "mode-and-runtime-and-more": (H + 'mode = "sandbox:gvisor:x"\n', "the modes are wasm"),
    "empty-mode": (H + URL + M, "with `url` below"),
    "no-such-runtime": (M + "sandboxed = 'kata'\n", "with `runtime` below"),
    "off": (M + "wasm = false\n", "leave it out, and write mode = { sandboxed = { runtime"),
    "off-inline": (H + "mode = { external = false }\n", 'and write mode = "wasm" or mode = { sandboxed = { runtime'),
    "off-beside-a-table": (M + "wasm = false\n[features.code_execution.docker]\n", 'with runtime = "docker" below it'),
    "off-before-the-mode": (M + "wasm = false\nsandboxed = { runtime = 'docker' }\n", "leave out `wasm`: only the"),
    "off-behind-the-mode": (M + "wasm = {}\nexternal = false\n", "leave out `external`: only the mode that is wanted"),
    "two-off": (
        H + "mode = { wasm = false, sandboxed = { runtime = 'docker' }, external = false }\n",
        "leave out `wasm` and `external`: only the mode that is wanted is written",
    ),
    "one-off-of-three": (M + "wasm = false\nsandboxed = {}\nexternal = {}\n", "keep one of them"),
    "all-off": (M + "wasm = false\nsandboxed = false\n", "keep one of them"),
    "runtime-off": (S + "docker = false\n", "leave it out"),
    "mode-off": (H + "sandbox = false\n", "leave it out"),
    "table-called-auth": (
        E + URL + '[features.code_execution.mode.external.auth]\napi_key = "${K}"\n',
        "`api_key` takes no table; the keys are url, api_key",
    ),
    "no-name": (H + '"" = "wasm"\n', "the keys are"),
    "modes-off": (H + "sandboxed = false\nwasm = false\n", "leave it out"),
    "mode-off-beside-a-mode": (H + "mode = 'wasm'\nexternal = false\n", "leave it out"),
    "one-mode-on": (H + "sandboxed = false\nwasm = true\nexternal = false\n", 'write mode = "wasm"'),
    "keys-of-another-tool": (
        H + 'mode = "external"\nendpoint = "https://h"\ntoken = "${K}"\n',
        "write [features.code_execution.mode.external], with `url` and `api_key` below it",
    ),
    "key-of-another-tool-and-a-choice": (
        H + 'mode = "Sandbox"\nengine = "Gvisor"\n',
        'write [features.code_execution.mode.sandboxed], with runtime = "gvisor" below it',
    ),
    "key-of-another-tool-beside-the-key": (H + 'mode = "external"\nhost = 1\n' + URL, "external], with `url` below it"),
    "key-of-another-tool-above-its-header": (
        H + 'token = "${K}"\n' + E + URL,
        "did you mean `api_key`? it belongs below [features.code_execution.mode.external]",
    ),
    "key-of-another-tool-without-its-mode": (H + 'endpoint = "https://h"\n', "the keys are enabled, mode, allowed"),
    "key-of-another-tool-beside-another-mode": (H + 'mode = "wasm"\nhost = "h"\n', "the keys are enabled, mode"),
    "mode-of-another-tool": (H + "mode = 'remote'\n" + URL + KEY, "with `url` and `api_key` below it"),
    "runtime-of-another-mode": (H + "mode = 'remote'\nruntime = 'docker'\n", 'with runtime = "docker" below it'),
    "runtime-off-in-the-section": (H + "docker = false\n", "leave it out"),
    "mode-off-in-its-table": (H + "mode.docker = false\n", "leave it out"),
    "array-beside-its-home": (H + "external = [1]\n" + E + URL, "the name of the table already selects the mode"),
    "tables-beside-its-home": (
        "[[features.code_execution.external]]\nx = 1\n" + E + URL,
        "the name of the table already selects",
    ),
    "number-beside-its-home": (
        H + "sandboxed = 3\n" + S + "runtime = 'docker'\n",
        "the name of the table already selects",
    ),
    "text-beside-its-home": (H + "wasm = 'python'\nmode.wasm = {}\n", 'write mode = "wasm"'),
    "runtime-that-is-wasm": (H + "runtime = 'wasm'\n", 'write mode = "wasm"'),
    "runtime-called-as-its-mode": (H + "runtime = 'sandbox'\n", "sandboxed], with `runtime` below it"),
    "runtime-of-another-name": (H + "runtime = 'kata'\n", "sandboxed], with `runtime` below it"),
    "runtime-that-is-wasm-below-a-mode": (H + "mode = 'sandboxed'\nruntime = 'wasm'\n", "with `runtime` below it"),
    "runtime-that-is-wasm-beside-a-table": (H + "runtime = 'wasm'\n" + S, "`runtime` belongs below"),
    "mode-in-one-word": (H + "mode_wasm = true\n", 'write mode = "wasm"'),
    "path-again": (H + "features.code_execution.timeout_secs = 3\n", "only what follows `features.code_execution.`"),
    "end-of-the-path-again": (H + "code_execution.timeout_secs = 3\n", "only what follows `code_execution.`"),
    "end-of-the-path-with-a-value": (H + "code_execution = 3\n", "the keys are"),
    "other-text-for-wasm": (M + "wasm = 'python'\n", 'write mode = "wasm"'),
    "array": (M + "sandboxed = ['docker']\n", 'with runtime = "docker" below'),
    "runtime-as-table": ("[features.code_execution.docker]\n", 'with runtime = "docker" below'),
    "runtime-as-mode-table": (M.replace("mode", "mode.gvisor") + "x = 1\n", 'with runtime = "gvisor" below'),
    "runtime-within": ("[features.code_execution.mode.sandboxed.docker]\n", 'write runtime = "docker" in its place'),
    "runtime-within-and-a-tag": (
        H + 'mode_type = "sandboxed"\n[features.code_execution.mode.sandboxed.docker]\n',
        'write runtime = "docker" in its place',
    ),
    "runtime-of-a-table": (S + "runtime = { docker = {} }\n", "write one of docker, firecracker, gvisor"),
    "wasm-is-set": (
        H + 'mode = "wasm"\nsandboxed.runtime = "docker"\n',
        'with runtime = "docker" below it, in place of the mode that is set',
    ),
    "wasm-is-set-twice": (H + 'mode = "wasm"\n[features.code_execution.wasm]\n', "the mode is already set"),
    "key-of-another-mode": (
        H + "mode = 'wasm'\nruntime = 'docker'\n",
        "`runtime` is a key of mode sandboxed, but the mode is wasm",
    ),
    "table-beside-another-mode": (
        S + "runtime = 'docker'\n[features.code_execution.external]\n" + URL,
        "it is written [features.code_execution.mode.external], but the mode is sandboxed",
    ),
    "table-beside-a-bare-table": (
        H + "mode.wasm = {}\n[features.code_execution.external]\n" + URL,
        "it is written [features.code_execution.mode.external], but the mode is wasm",
    ),
    "key-of-another-variant": (
        S + "runtime = 'docker'\n" + URL,
        "`url` is a key of mode external, but the mode is sandboxed",
    ),
    "key-of-another-variant-alone": (
        S + URL,
        "write [features.code_execution.mode.external] in place of [features.code_execution.mode.sandboxed]",
    ),
    "keys-of-two": (M + "runtime = 'docker'\n" + URL, "`runtime` is a key of mode sandboxed"),
    "table-and-key": (
        H + URL + "[features.code_execution.external]\n" + KEY,
        "with `url` and `api_key` below",
    ),
    "key-of-the-section": (
        E + URL + KEY + "timeout_secs = 60\n",
        "move it above [features.code_execution.mode.external], below a header [features.code_execution]",
    ),
    "misspelt-key-of-the-section": (S + "runtime = 'docker'\nmaxMemoryMb = 60\n", "did you mean `max_memory_mb`? it"),
    "unit-of-the-section": (
        E + URL + KEY + "timeout_ms = 3000\n",
        "is in seconds: 1000 milliseconds are 1 second; it belongs to [features.code_execution] itself",
    ),
    "part-of-a-key-of-the-section": (S + "runtime = 'docker'\nmemory = '2g'\n", "is in MiB; it belongs to [features"),
    "list-of-the-section": (
        E + URL + KEY + "languages = ['python']\n",
        "did you mean `allowed_languages`? it belongs to [features.code_execution] itself",
    ),
    "part-in-the-mode": (M + "timeout = 60\n", "is in seconds; it belongs to [features.code_execution] itself"),
    "opposite-of-the-switch": (
        S + "runtime = 'docker'\ndisabled = true\n",
        "write `enabled` with the opposite value; it belongs to [features.code_execution] itself",
    ),
    "other-side-of-a-limit": (S + "runtime = 'docker'\nmin_memory_mb = 6\n", "the only key is runtime"),
    "more-than-a-key": (E + URL + KEY + "timeout_secs_of_the_pool = 6\n", "the keys are url, api_key"),
    "name-of-another-tool": (E + URL + "token = '${K}'\n", "did you mean `api_key`?"),
    "key-of-the-section-in-the-mode": (
        M + "timeout_secs = 60\n",
        "move it above [features.code_execution.mode]",
    ),
    "pointer": (H + "api_key_file = '/run/secrets/k'\n", 'api_key = "${NAME}"'),
    "runtime-within-beside-the-key": (S + "runtime = 'gvisor'\ndocker = true\n", "the only key is runtime"),
    "table-beside-its-home": (E + URL + "[features.code_execution.external]\n" + KEY, "`api_key` belongs below"),
    "more-in-the-mode": (M + URL + "timeout_secs = 3\n", "with `url` below"),
    "tag-of-nothing-known": (M + "type = 'kubernetes'\n", "the modes are wasm, sandboxed, external"),
}


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        (
            H + "runtime = 'gvisor'\n[features.code_execution.mode.External]\n" + URL,
            ("mode is external", "`external`?"),
        ),
        (H + "runtime = 'gvisor'\nmode.externel." + URL, ("mode is external", "`external`?")),
        (H + URL + "[features.code_execution.mode.sandboxd]\nruntime = 'docker'\n", ("is sandboxed", "`sandboxed`?")),
        (H + URL + "[features.code_execution.mode.externel]\n" + KEY, ("it belongs below", "`external`?")),
        (H + 'mode = "Wasm"\n' + URL, ('did you mean "wasm"?', "the mode is wasm; a config has one")),
    ],
)
def test_a_misspelt_mode_is_the_mode_that_is_meant(text: str, hints: tuple[str, ...]) -> None:
    found = check_text(text, env=ENV).errors

    assert len(hints) == len(found)
    for finding, hint in zip(found, hints, strict=True):
        assert hint in str(finding.help)
    apply_fixes(text, [finding.fix for finding in found if finding.fix])


@pytest.mark.parametrize(("text", "expected"), UNFIXED.values(), ids=UNFIXED)
def test_one_finding_has_the_form_alone(text: str, expected: str) -> None:
    [finding] = check_text(text, env=ENV).errors

    assert expected in str(finding.help)
    assert finding.fix is None


@pytest.mark.parametrize(
    "text",
    [
        H + 'sandboxed = { runtime = "docker" }\n' + S,
        H + 'external = { url = "https://h" }\n' + E + KEY,
        "[features.code_execution.wasm]\n" + H + "mode.wasm = {}\n",
        "[features.code_execution.wasm]\n[features.code_execution.mode]\nwasm = {}\n",
        M + 'runtime = "docker"\nother = 1\n',
        M + 'runtime = "docker"\ntype = { runtime = "docker" }\n',
    ],
)
def test_what_would_lose_a_value_or_bring_another_mistake_has_no_fix(text: str) -> None:
    findings = check_text(text, env=ENV).errors

    assert findings
    assert [None] * len(findings) == [finding.fix for finding in findings]


def test_the_section_is_named_as_the_host_names_it() -> None:
    [finding] = check_text('[tools.code]\nmode = "external"\n' + URL, env={}, section="tools.code").errors

    assert "write [tools.code.mode.external], with `url` below it" == finding.help


@pytest.mark.parametrize(
    "table",
    [
        {"mode": "external", "url": "https://h"},
        {"mode": {"type": "sandboxed", "runtime": "docker"}},
        {"external": {"url": "https://h"}},
        {"mode": {"sandboxed": "docker"}},
        {"mode": {"sandboxed": {}}, "runtime": "docker"},
    ],
)
def test_a_mapping_has_one_finding_too(table: object) -> None:
    [finding] = check_mapping(table, env={}).errors  # type: ignore[arg-type]

    assert "[features.code_execution.mode." in str(finding.help)
    assert finding.fix is None


def test_what_else_is_wrong_is_still_said() -> None:
    text = H + 'mode = "external"\ntimeout_secs = 0\nruntime = "docker"\nstray = 1\n' + URL

    assert ["wrong-type", "out-of-range", "unknown-key", "unknown-key"] == [
        finding.code for finding in check_text(text, env={}).errors
    ]


def test_two_modes_are_two_modes_whatever_stands_beside_them() -> None:
    text = M + 'wasm = {}\nsandboxed = "docker"\n'

    assert ["ambiguous-mode"] == [finding.code for finding in check_text(text, env={}).errors]


def test_a_reference_in_place_of_the_mode_is_said_beside_the_keys() -> None:
    text = H + 'mode = "${M}"\n' + URL

    assert ["reference-not-allowed", "unknown-key"] == [finding.code for finding in check_text(text, env={}).errors]


# -- a law over what people write together -----------------------------------------------------------------------------

PAIRS = (
    *('mode = "external"', 'mode = "sandboxed"', 'mode = "docker"', 'mode = "wasm"', 'mode = "https://h"', "mode = 1"),
    *('url = "https://h"', 'api_key = "${K}"', 'api_key = "sk-1"', 'runtime = "docker"', 'type = "external"'),
    *('mode.runtime = "docker"', 'mode.url = "https://h"', 'mode.type = "external"', 'mode.sandboxed = "docker"'),
    *(
        'external.url = "https://h"',
        'external.api_key = "${K}"',
        'sandboxed = "docker"',
        'sandboxed.runtime = "gvisor"',
    ),
    *('mode.external.url = "https://h"', 'mode = { type = "external", url = "https://h" }', "mode = { external = {} }"),
    *("timeout_secs = 5", "max_memory_mb = 5", 'allowed_languages = ["python, r"]', "enabled = false", "stray = 1"),
)
TABLES = {
    M: ('type = "external"', 'url = "https://h"', 'runtime = "docker"', 'sandboxed = "docker"', "wasm = true", "x = 1"),
    E: ('url = "https://h"', 'api_key = "${K}"', "timeout_secs = 3", 'runtime = "docker"'),
    S: ('runtime = "docker"', 'url = "https://h"', "docker = true"),
    "[features.code_execution.external]\n": ('url = "https://h"', 'api_key = "${K}"'),
    "[features.code_execution.sandboxed]\n": ('runtime = "docker"',),
}
tables = st.sampled_from(sorted(TABLES)).flatmap(
    lambda header: st.lists(st.sampled_from(TABLES[header]), unique=True, max_size=3).map(
        lambda lines: header + "".join(f"{line}\n" for line in lines)
    )
)


def weight(report: Report) -> tuple[int, int]:
    """Return what a fix must lower."""
    return len(report.errors), len(report.warnings)


@given(st.lists(st.sampled_from(PAIRS), unique=True, max_size=4), st.lists(tables, max_size=2), st.sampled_from("\n #"))
def test_a_fix_of_a_mode_in_pieces_lowers_the_findings(pairs: list[str], below: list[str], end: str) -> None:
    tail = " # why\n" if end == "#" else "\n"
    text = H + "".join(f"{pair}{tail}" for pair in pairs) + "".join(below)
    report = check_text(text, env=ENV)
    for finding in report.diagnostics:
        if finding.fix and finding.code != "invalid-toml":
            after = apply_fixes(text, [finding.fix])
            assert weight(check_text(after, env=ENV)) < weight(report), after
            assert "sk-1" not in "".join(edit.text for edit in finding.fix.edits)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "header", ["[features.code_execution.mode.sandboxed]", "[ features.code_execution.mode . 'sandboxed'\t]"]
)
@pytest.mark.parametrize("tail", ["", "{}", " # why{}", "{}[other]{}", "{}{}"])
def test_a_key_is_moved_to_the_line_below_the_header(line_end, header, tail):
    tail = tail.replace("{}", line_end)
    first = f"[features.code_execution]{line_end}"
    text = f'{first}runtime = "docker"{line_end}{header}{tail}'

    [finding] = [found for found in check_text(text).diagnostics if found.fix]

    line, end, rest = tail.partition(line_end)
    assert f'{first}{header}{line}{line_end}runtime = "docker"{end}{rest}' == apply_fixes(text, [finding.fix])


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_keys_are_moved_in_their_order_with_the_line_ends_of_the_file(line_end):
    text = f"{H}{URL}{KEY}{E}".replace("\n", line_end)

    [finding] = check_text(text, env=ENV).errors

    assert finding.fix
    below = "".join(edit.text for edit in finding.fix.edits)
    assert f"{line_end}{URL.strip()}{line_end}{KEY.strip()}" == below
    assert f"{H}{E}".replace("\n", line_end).removesuffix(line_end) + below == apply_fixes(text, [finding.fix]).rstrip()


@pytest.mark.parametrize(
    "table", ["mode = { sandboxed = {} }", "mode.sandboxed = {}", "[features.code_execution.mode]\nsandboxed = {}"]
)
def test_a_key_is_moved_below_no_header_that_is_not_there(table):
    text = f'[features.code_execution]\nruntime = "docker"\n{table}\n'

    assert [] == [found.fix for found in check_text(text).diagnostics if found.fix]


@pytest.mark.parametrize("mode", ['mode = "external"', "[features.code_execution.mode.external]"])
@pytest.mark.parametrize("name", ["bearer_token_env_var", "token_file"])
def test_where_a_key_is_kept_is_said_by_other_names_too_beside_the_mode(name, mode):
    text = f'[features.code_execution]\n{name} = "CE_KEY"\n{mode}\nurl = "https://ce.example.com"\n'
    [finding] = [each for each in check_text(text, env={}).errors if each.code == "unknown-key"]

    assert name == finding.path[-1]
    assert finding.help.startswith("did you mean `api_key`? a key comes from the environment: ")
    assert None is finding.fix


def test_without_the_mode_nobody_knows_whose_key_is_kept():
    [finding] = check_text('[features.code_execution]\ntoken_file = "x"\n', env={}).errors

    assert finding.help.startswith("the keys are ")


@pytest.mark.parametrize(
    ("table", "runtime"),
    [
        ('[features.code_execution.sandbox]\nmode = "gvisor"\n', "gvisor"),
        ('[features.code_execution.sandbox]\ntype = "runsc"\n', "gvisor"),
        ('[features.code_execution.sandboxed]\nimage = "python:3"\nbackend = "Firecracker"\n', "firecracker"),
        ('sandbox = { engine = "gvisor", workers = 3 }\n', "gvisor"),
        ('[features.code_execution.sandbox]\nimage = "python:3"\n', "docker"),
        ('[features.code_execution.sandbox]\nbackend = "gvisor"\nfallback = "firecracker"\n', "docker"),
        ('[features.code_execution.gvisor]\nimage = "python:3"\n', "gvisor"),
        ('[[features.code_execution.mode.sandboxed]]\nruntime = "gvisor"\n', "gvisor"),
        ('[[features.code_execution.sandboxed]]\nruntime = "gvisor"\n', "gvisor"),
        ('mode.sandboxed = ["gvisor"]\n', "gvisor"),
        ('mode = { type = "sandboxed", value = { runtime = "gvisor" } }\n', "gvisor"),
        ('mode = { kind = "sandboxed", options = { engine = "runsc" } }\n', "gvisor"),
        ('mode.type = "sandboxed"\nmode.config.a.b.c.d.runtime = "gvisor"\n', "docker"),
        ('mode.type = "sandboxed"\nmode.image = "docker.io/python"\nmode.options.backend = "gvisor"\n', "gvisor"),
    ],
)
def test_a_sandbox_is_shown_with_the_runtime_that_its_table_names(table, runtime):
    """The example of the form must not weaken the isolation that the file asks for."""
    [finding, *_] = check_text("[features.code_execution]\n" + table, env={}).errors

    expected = f'write [features.code_execution.mode.sandboxed], with runtime = "{runtime}" below it'
    assert expected == finding.help


MODES = "[features.code_execution.mode."


@pytest.mark.parametrize(
    ("text", "code", "help_"),
    [
        (
            f'{MODES}http]\nurl = "https://h.example.com"\napi_key = "${{K}}"\n',
            "unknown-mode",
            f"write {MODES}external], with `url` and `api_key` below it",
        ),
        (
            'mode = { service = { url = "https://h.example.com" } }\n',
            "unknown-mode",
            f"write {MODES}external], with `url` below it",
        ),
        (
            f'{MODES}isolation]\nruntime = "gvisor"\n',
            "unknown-mode",
            f'write {MODES}sandboxed], with runtime = "gvisor" below it',
        ),
        (
            'mode = "sandboxed"\n[features.code_execution.options]\nruntime = "gvisor"\n',
            "wrong-type",
            f'write {MODES}sandboxed], with runtime = "gvisor" below it',
        ),
        (
            'mode = "external"\n[features.code_execution.remote]\nurl = "https://h.example.com"\napi_key = "sk-live"\n',
            "wrong-type",
            f"write {MODES}external], with `url` and `api_key` below it",
        ),
        (
            '[features.code_execution.remote]\nurl = "https://h.example.com"\n',
            "unknown-key",
            f"`url` belongs below {MODES}external]",
        ),
        (
            'service = { url = "https://h.example.com", api_key = "${K}" }\n',
            "unknown-key",
            f"`url` and `api_key` belong below {MODES}external]",
        ),
    ],
)
def test_a_table_with_the_keys_of_one_mode_is_that_mode_by_another_name(text, code, help_):
    [finding] = check_text("[features.code_execution]\n" + text, env={"K": "k"}).errors

    assert (code, help_) == (finding.code, finding.help)
    assert None is finding.fix


@pytest.mark.parametrize(
    "text",
    [
        'mode = "wasm"\n[features.code_execution.proxy]\nurl = "https://h.example.com"\n',
        "[features.code_execution.proxy]\n",
        '[features.code_execution.proxy]\nurl = "https://h.example.com"\nruntime = "gvisor"\n',
        '[features.code_execution.proxy]\nurl = "https://h.example.com"\nheaders = {}\n',
        f'{MODES}http]\nurl = "https://h.example.com"\nheaders = {{}}\n',
        f"{MODES}http]\n",
    ],
)
def test_a_table_that_may_be_something_else_is_not_read_as_a_mode(text):
    [finding] = check_text("[features.code_execution]\n" + text, env={}).errors

    assert finding.help.startswith(("the keys are ", "the modes are "))
    assert None is finding.fix
