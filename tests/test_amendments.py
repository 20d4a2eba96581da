"""A fix is offered if the value that it yields has no error."""

import pytest

from codeexec_config import check_text

HEADER = "[features.code_execution]\n"


def fixed(text, env=None):
    """Apply each fix that is offered to the text, alone."""
    fixes = [d.fix for d in check_text(text, env=env or {}).diagnostics if d.fix]
    results = []
    for fix in fixes:
        mended = text
        assert all(edit.text.strip("\"'") in fix.title for edit in fix.edits)
        assert fix.title.startswith(("write ", "remove "))
        for edit in sorted(fix.edits, key=lambda edit: -edit.span.start.offset):
            mended = mended[: edit.span.start.offset] + edit.text + mended[edit.span.end.offset :]
        results.append(mended.removeprefix(HEADER))
    return results


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("timeout_sec = 5 # s\n", "timeout_secs = 5 # s\n"),
        ("'Enabled' = false\n", "enabled = false\n"),
        ('mode = "Wasm"\n', 'mode = "wasm"\n'),
        ("mode = 'WASM'\n", "mode = 'wasm'\n"),
        ('mode = { sandbox = { runtime = "docker" } }\n', 'mode = { sandboxed = { runtime = "docker" } }\n'),
        ('mode.sandboxed.runtime = "Docker"\n', 'mode.sandboxed.runtime = "docker"\n'),
        ('mode.sandboxed.runtime = """Docker"""\n', 'mode.sandboxed.runtime = "docker"\n'),
        ('timeout_secs = "30"\n', "timeout_secs = 30\n"),
        ("timeout_secs = '0x1e'\n", "timeout_secs = 0x1e\n"),
        ('enabled = "false"\n', "enabled = false\n"),
        ('allowed_languages = ["Python"]\n', 'allowed_languages = ["python"]\n'),
        ('allowed_languages = ["pyhton"]\n', 'allowed_languages = ["python"]\n'),
        ('allowed_languages = ["python", "python"]\n', 'allowed_languages = ["python"]\n'),
        ('allowed_languages = ["python", "python" ]\n', 'allowed_languages = ["python" ]\n'),
        ('allowed_languages = ["js", "javascript", "python"]\n', 'allowed_languages = ["javascript", "python"]\n'),
        ('allowed_languages = [ "js" , "javascript"]\n', 'allowed_languages = [ "javascript"]\n'),
        ('allowed_languages = ["ruby"]\ntimeout_sec = 5\n', 'allowed_languages = ["ruby"]\ntimeout_secs = 5\n'),
        ('allowed_languages = ["python", "python",]\n', 'allowed_languages = ["python", ]\n'),
        (
            'allowed_languages = ["python", # one\n  "python" # two\n]\n',
            'allowed_languages = ["python" # one\n   # two\n]\n',
        ),
        (
            'allowed_languages = ["python", "python" # two\n, "javascript"]\n',
            'allowed_languages = ["python",  # two\n "javascript"]\n',
        ),
        ('maxmemory_mb = "${M:-512}"\n', 'max_memory_mb = "${M:-512}"\n'),
        ("disabled = true\n", "enabled = false\n"),
        ("not_enabled = false # off\n", "enabled = true # off\n"),
        ("timeout_ms = 30_000\n", "timeout_secs = 30\n"),
        ("timeoutMinutes = 0.5\n", "timeout_secs = 30\n"),
        ("timeout_seconds = 0x1e\n", "timeout_secs = 0x1e\n"),
        ("max_memory_gb = 2\n", "max_memory_mb = 2048\n"),
        ('"max-memory-bytes" = 268435456\n', "max_memory_mb = 256\n"),
    ],
)
def test_a_fix_changes_the_mistake_and_nothing_else(before, after):
    assert [after] == fixed(HEADER + before)


@pytest.mark.parametrize(
    ("line", "hint", "title"),
    [
        ("timeout_ms = 30_000", "write `timeout_secs = 30`", "write `timeout_secs = 30`"),
        ("disabled = true", "write `enabled = false`", "write `enabled = false`"),
        ("timeout_sec = 5", "did you mean `timeout_secs`?", "write `timeout_secs`"),
        ('allowed_languages = ["Python"]', 'did you mean "python"?', 'write "python"'),
        ('allowed_languages = ["python", "py"]', 'did you mean "python"?', "remove it: `python` is already listed"),
    ],
)
def test_a_help_says_what_its_fix_does_where_it_has_nothing_better_to_say(line, hint, title):
    [finding] = check_text(f"{HEADER}{line}\n", env={}).errors

    assert (hint, title) == (finding.help, finding.fix.title)


def test_every_mention_of_a_misspelt_key_is_renamed():
    before = 'mod.external.url = "https://x"\nmod.external.api_key = "${K}"\n'

    assert [before.replace("mod.", "mode.")] == fixed(HEADER + before)


def test_two_misspelt_keys_of_one_table_are_fixed_apart():
    before = '[features.code_execution.mode.external]\nur = "https://x"\napikey = "${K}"\n'

    assert [before.replace("ur =", "url ="), before.replace("apikey", "api_key")] == fixed(HEADER + before, {"K": "k"})


def test_a_misspelt_key_counts_as_a_key_beside_a_misspelt_url():
    before = '[features.code_execution.mode.external]\nURL = "http://x"\napi-key = "${K}"\n'

    assert [before.replace("api-key", "api_key")] == fixed(HEADER + before, {"K": "k"})


@pytest.mark.parametrize(
    "text",
    [
        'allowed_languages = ["ruby"]\nMode = "wasm"\n',
        'allowed_languages = ["ruby"]\n[features.code_execution.Mode.wasm]\n',
        'max_memory_mb = 5\nMode = { sandboxed = { runtime = "docker" } }\n',
        "max_memory_mb = 5000\nMode.wasm = {}\n",
        "timeout_sec = 0\n",
        "timeout_sec = 5\ntimeout_secs = 6\n",
        'timeout_sec = "5"\n',
        'timeout_sec = "${"\n',
        "image = 1\n",
        "timeout = 30\n",
        "max_memory = 512\n",
        'languages = ["python"]\n',
        "disabled = 1\n",
        'disabled = "${D}"\n',
        "is_disabled = true\n",
        "disabled = true\nenabled = true\n",
        "timeout_ms = 1500\n",
        "timeout_days = 2\n",
        'timeout_ms = "${T:-30000}"\n',
        "max_memory_gb = nan\n",
        "max_memory_gb = 8\n",
        "max_memory_kb = true\n",
        "min_memory_mb = 5\n",
        'blocked_languages = ["python"]\n',
        'mode = "internal"\n',
        'mode.external = { url = "https://x", api_key_file = "/run/secrets/key" }\n',
        'mod = "x"\n',
        'mode = { wasm = {}, sandbox = { runtime = "docker" } }\n',
        'mode = { wasm = { runtme = "docker" } }\n',
        'mode = "sandbox"\n',
        'mode = "browser"\n',
        "mode = { sandbox = {} }\n",
        "mode = { kubernetes = {} }\n",
        'mode.sandboxed.runtime = "kvm"\n',
        'timeout_secs = "0"\n',
        'timeout_secs = "thirty"\n',
        'timeout_secs = "${T}"\n',
        'allowed_languages = ["日本"]\n',
        'allowed_languages = ["Bash"]\n',
        'allowed_languages = ["bash"]\n',
        'allowed_languages = ["elvish"]\nmode.sandboxed.runtime = "docker"\n',
        'allowed_languages = ["Py${X}"]\n',
        'allowed_languages = ["Pyth${X}on"]\nmode.sandboxed.runtime = "docker"\n',
        'allowed_languages = ["${X}Python"]\n',
        'allowed_languages = ["ruby"]\nmode = "WASM"\n',
        'allowed_languages = ["ruby"]\nmode.Wasm = {}\n',
        'mode = { external = { uri = "ftp://x" } }\n',
        'mode = { external = { url = "https://x", apikey = "" } }\n',
        'mode = { external = { url = "https://x", apikey = "${1X}" } }\n',
        'mode = { external = { url = "https://x", apikey = "${X-x}" } }\n',
        'mode = "wasm"\nmax_memory = 9999\n',
        'mode.sandboxed.runtime = "Docker"\nmax_memory_mb = 5\n',
        'mode = "Wasm"\nallowed_languages = ["bash"]\n',
        'mod = { sandboxed = { runtime = "docker" } }\nmax_memory_mb = 5\n',
        'mode.sandboxed.runtime = "docker"\nmax_memory_mb = "5"\n',
    ],
)
def test_no_fix_where_it_would_not_help(text):
    assert [] == fixed(HEADER + text, {"X": "x", "T": "x"})


def test_only_so_many_findings_are_tried_for_a_fix():
    names = ", ".join(['"Python"'] * 300)
    report = check_text(f"{HEADER}allowed_languages = [{names}]\n", env={})

    assert 300 == len(report.errors)
    assert [True] * 200 + [False] * 100 == [d.fix is not None for d in report.diagnostics]


@pytest.mark.parametrize("url", ['"h.x.example/\\"a"', '"h.x.example/\\\\a"', "'h.x.example/\"a'"])
def test_no_fix_writes_a_text_that_needs_escapes(url: str) -> None:
    text = f'[features.code_execution.mode.external]\nurl = {url}\napi_key = "${{K}}"\n'
    [found] = check_text(text, env={"K": "k"}).errors

    assert ("invalid-url", None) == (found.code, found.fix)
