"""Fixes: a law over sections with slips in any place.

Each fix alone lowers (errors, warnings), compared in that order, and leaves every byte outside its edits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import example, given
from hypothesis import strategies as st

from codeexec_config import Fix, Policy, Report, check_text
from codeexec_config.document import Document
from codeexec_config.document.parse import parse
from codeexec_config.document.places import Places
from codeexec_config.pipeline import run_text
from codeexec_config.section import Options, Outcome
from codeexec_config.section.environment import Environment
from codeexec_config.section.withholding import amended
from tests.counts import examples
from tests.toml_writer import Writer

if TYPE_CHECKING:
    from random import Random

SECTION = ("features", "code_execution")
ENV = {"NUMBER": "512", "FLAG": "true", "LANGUAGE": "python", "HOST": "x.example.com", "KEY": "k"}

KEYS = {
    "enabled": ("Enabled", "enable", "enabld", "ENABLED"),
    "mode": ("Mode", "moed", "modes"),
    "allowed_languages": ("languages", "allowed-languages", "allowedLanguages", "alowed_languages"),
    "timeout_secs": ("timeout", "timeout_sec", "timeoutSecs", "tiemout_secs"),
    "max_memory_mb": ("max_memory", "memory_mb", "max-memory-mb"),
    "wasm": ("WASM", "wsm", "wasn"),
    "sandboxed": ("sandbox", "Sandboxed", "sanboxed"),
    "external": ("extern", "External", "exteral"),
    "runtime": ("run-time", "runtim", "Runtime"),
    "url": ("URL", "uri", "url_"),
    "api_key": ("apikey", "api-key", "API_KEY", "api_kye"),
}
VALUES = {
    "enabled": ("true", "false", "'true'", '"false"', '"${FLAG}"', "1", '"True"'),
    "timeout_secs": ("30", "0", '"30"', "'0x1e'", '"0"', '"${NUMBER:-30}"', "1.5", '"3 0"', '"+1_000"', '"99999999"'),
    "max_memory_mb": ("256", "4", '"4"', '"8192"', "8192", "'0b1000000000'", '"${NUMBER}"', "9999999"),
    "runtime": ("'docker'", '"Docker"', '"dokcer"', "'''gVisor'''", '"podman"', '"${NUMBER}"', '"\\u0064ocke"', "1"),
    "url": (
        "'https://x.example.com'",
        "'http://x.example.com'",
        '"https://${HOST}/"',
        '"https://u:p@${HOST}/"',
        '"https://h.example.com/${KEY}?token=x"',
        '"https://h.example.com/${KEY} x"',
        '"https://${HOST}.]"',
        '"https:/${HOST}"',
        "'x'",
        "'https://u:p@x'",
        "'http://169.254.169.254'",
        "''",
        "1",
        '"http://localhost:1"',
    ),
    "api_key": ("'${KEY}'", '"sk-literal"', "''", "' '", "'$KEY'", "'${K-x}'", "1", "'${KEY:-d}'"),
    "mode": ("'wasm'", '"WASM"', "'''wsm'''", "'sandboxed'", "'exteral'", "'x'", "'${MODE}'"),
}
LANGUAGES = (
    "'python'",
    '"python"',
    '"javascript"',
    "'Python'",
    "'pyhton'",
    "'py'",
    "'js'",
    "'bash'",
    "'sh'",
    '"BASH"',
    "'forth'",
    "'ruby'",
    "'rb'",
    "''",
    "'é'",
    "1",
    '"${LANGUAGE}"',
    '"${LANGUAGE} x"',
    "'C++'",
    "'java script'",
    '"""\nrust"""',
)
VARIANTS = {"wasm": (), "sandboxed": ("runtime",), "external": ("url", "api_key")}


class Slips(Writer):
    """Write sections that are nearly right."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._seen: set[str] = set()

    def section(self) -> str:
        """Write a section."""
        keys = [key for key in ("enabled", "allowed_languages", "timeout_secs", "max_memory_mb") if self._maybe(0.5)]
        pairs = [(self._named(key), self._spelt(key)) for key in keys]
        mode, after = self._mode()
        pairs += mode
        if self._maybe(0.2):
            pairs.append(("stray", "1"))
        self.random.shuffle(pairs)
        header = f"{self._blank()}[{self.dotted(('features', 'code_execution'))}]"
        lines = (f"{self.dotted((name,))}={self._blank()}{value}" for name, value in pairs)
        return "".join(line + self._line_tail() for line in (*([header] if pairs or not after else []), *lines, *after))

    def _named(self, key: str) -> str:
        return self.random.choice(KEYS[key]) if self._maybe(0.25) else key

    def _spelt(self, key: str) -> str:
        if key == "allowed_languages":
            names = [self.random.choice(LANGUAGES) for _ in range(self.random.randint(0, 5))]
            entries = ",".join(f"{self._space()}{name}{self._space()}" for name in names)
            return f"[{entries}{self._trailing_comma(names)}{self._space()}]"
        right = VALUES[key][0]
        return right if self._maybe(0.4) else self.random.choice(VALUES[key])

    def _mode(self) -> tuple[list[tuple[str, str]], list[str]]:
        """Return the mode as a pair of the section, or as lines after it."""
        variant = self.random.choice(tuple(VARIANTS))
        mode, name = self._named("mode"), self._named(variant)
        inner = [(self._named(key), self._spelt(key)) for key in VARIANTS[variant] if self._maybe(0.85)]
        if self._maybe(0.2):
            inner.append((self.random.choice(("timeout", "runtime", "url", "x")), "1"))
        inner = list({key: (key, value) for key, value in inner}.values())
        table = "{" + ",".join(f"{self.dotted((key,))}={value}" for key, value in inner) + "}"
        path = ("features", "code_execution", mode, name)
        spellings = [
            ([(mode, "{" + f"{self.dotted((name,))}={table}" + "}")], []),
            ([], [f"[{self.dotted(path[:-1])}]", f"{self.dotted((name,))}={table}"]),
            ([], [f"[{self.dotted(path)}]", *(f"{self.dotted((key,))}={value}" for key, value in inner)]),
            ([(mode, self._spelt("mode"))], []),
            ([], []),
            ([(mode, "{" + f"{self.dotted((name,))}={table},wasm={{}}" + "}")], []) if variant != name else ([], []),
        ]
        return self.random.choice(spellings)


def weigh(report: Report) -> tuple[int, int]:
    return len(report.errors), len(report.warnings)


def applied(text: str, fix: Fix) -> str:
    """Apply the edits from the back; what they do not touch stays."""
    end = len(text)
    for edit in sorted(fix.edits, key=lambda edit: -edit.span.start.offset):
        assert edit.span.start.offset <= edit.span.end.offset <= end
        end = edit.span.start.offset
        text = text[:end] + edit.text + text[edit.span.end.offset :]
    return text


@examples(150)
@given(st.randoms(use_true_random=False).map(lambda random: Slips(random).section()))
@example("[features.code_execution]\nmode.extern = { url = 'https://h/${HOST}?token=x', api_key = 'sk' }\n")
@example("[features.code_execution]\nmode.extern = { url = 'https://u:p@${HOST}', api_key = 'sk' }\n")
@example("[features.code_execution]\nLanguages = ['${LANGUAGE}x y', 'é']\n")
def test_a_fix_alone_lowers_errors_and_then_warnings(text: str) -> None:
    report = check_text(text, env=ENV)
    for finding in report.diagnostics:
        if finding.fix is not None:
            mended = applied(text, finding.fix)
            assert weigh(check_text(mended, env=ENV)) < weigh(report), (text, mended)


POLICIES = st.builds(
    Policy,
    max_timeout_secs=st.sampled_from([None, 10, 600]),
    max_memory_mb=st.sampled_from([None, 100, 4096]),
    languages=st.sampled_from([None, ["javascript"], ["python", "ruby"], ["py"]]),
    modes=st.sampled_from([None, ["wasm"], ["sandboxed"], ["external", "wasm"]]),
    runtimes=st.sampled_from([None, ["gvisor"]]),
    minimum_isolation=st.sampled_from([None, "gvisor"]),
    url_hosts=st.sampled_from([None, ["*.example.org"], ["*.example.com"]]),
    allow_literal_secrets=st.booleans(),
    allow_env=st.sampled_from([None, ["NUMBER"], ["KEY", "HOST"]]),
)


@examples(150)
@given(st.randoms(use_true_random=False).map(lambda random: Slips(random).section()), POLICIES)
@example(
    "[features.code_execution]\nallowed_languages = ['BASH']\nMode = { Sandboxed = {} }\n", Policy(languages=["r"])
)
def test_so_does_one_under_a_policy(text: str, policy: Policy) -> None:
    report = check_text(text, policy=policy, offline=True)
    for finding in report.diagnostics:
        if finding.fix is not None:
            mended = applied(text, finding.fix)
            assert weigh(check_text(mended, policy=policy, offline=True)) < weigh(report), (text, mended)


H = "[features.code_execution]\n"
E = "[features.code_execution.mode.external]\n"


@examples(150)
@given(st.randoms(use_true_random=False).map(lambda random: Slips(random).section()))
@example(f"{H}url = 'https://h'\napi_key = '${{K}}'\n{E}")
@example(f"{H}mode = 'external'\nurl = 'https://h'\n")
@example(f"{H}type = 'sandboxed'\n[features.code_execution.mode.sandboxed]\nruntime = 'docker'\n")
@example(f"{H}external.url = 'https://h'\n")
@example(f"{H}allowed_languages = ['r', 'Python, ruby', 'R', 'RB']\nmode.sandboxed.runtime = 'docker'\n")
@example(f"{H}timeout_minutes = 5\n")
def test_a_fix_is_judged_as_it_will_be_written(text: str) -> None:
    options = Options(Environment({}), SECTION)
    options.offline = True
    outcome = run_text(text, "", options)
    assert isinstance(outcome, Outcome)
    assert outcome.document
    places = Places(outcome.document, None, SECTION, options.model, outcome.found)
    for finding in outcome.found:
        fix = places.diagnostic(finding).fix
        if fix and finding.amendment:
            assert data(applied(text, fix)) == amended(data(text), finding.amendment), text


def data(text: str) -> dict[str, Any]:
    document = parse(text, None)
    assert isinstance(document, Document)
    return document.data
