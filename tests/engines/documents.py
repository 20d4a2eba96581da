"""Documents that an editor shows, right ones and broken ones, each with the place that a person would look at.

In a broken one `# !` ends the line of the slip. `# ?` ends each header of the table that it stands in: Taplo marks
these for a key that is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tests.engines.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.engines.language_server import Finding

CANARY = "sk-live-canary"
MOST_MESSAGES = 2
LONGEST_MESSAGE = 400


class Broken(NamedTuple):
    """A document with one slip."""

    text: str

    @property
    def lines(self) -> set[int]:
        """The lines that a finding may mark; they count from 1."""
        return {number for number, line in enumerate(self.text.split("\n"), 1) if line.endswith(("# !", "# ?"))}


EXAMPLES = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "examples").glob("*.toml"))}

RIGHT = {
    "nothing of it": '[server]\nport = 8080\n\n[[providers]]\nname = "x"\n',
    "an empty section": "[features.code_execution]\n",
    "a neighbour": "[features]\nother = 1\n\n[features.code_execution]\ntimeout_secs = 60\n",
    "wasm as a table": "[features.code_execution.mode.wasm]\n",
    "wasm inline": "[features.code_execution]\nmode = { wasm = {} }\nmax_memory_mb = 4096\n",
    "dotted keys": """\
features.code_execution.mode.sandboxed.runtime = "gvisor"
features.code_execution.max_memory_mb = 5
""",
    "references": """\
[features.code_execution]
enabled = "${ON:-true}"
timeout_secs = "${T:-0x1e}"
max_memory_mb = "$<M>"
allowed_languages = ["${FIRST}", "python"]
mode.external = { url = "https://${HOST}/v1", api_key = "${K:?ask for a key}" }
""",
    "a disabled section": """\
[features.code_execution]
enabled = false
allowed_languages = []
max_memory_mb = 3
mode.sandboxed.runtime = "docker"
""",
    "a language that only the executor knows": """\
[features.code_execution]
allowed_languages = ["brainfuck", "c++"]
mode.sandboxed.runtime = "firecracker"
""",
    "what is only a warning": f"""\
[features.code_execution]
allowed_languages = ["py", "python", "python"]

[features.code_execution.mode.external]
url = "http://code-exec.example.com"

[features.code_execution_ui]
api_key = "{CANARY}"
""",
}

_EXTERNAL = f"""
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "{CANARY}"
"""

BROKEN = {
    name: Broken(text)
    for name, text in {
        "a misspelt key": f"""\
[features.code_execution] # ?
timeout_sec = 60 # !

[features.code_execution.mode.external] # ?
url = "https://code-exec.example.com"
api_key = "{CANARY}"
""",
        "a misspelt key of a variant": f"""\
[features.code_execution.mode.external] # ?
url = "https://code-exec.example.com"
api_key = "{CANARY}"
apikey = "x" # !
""",
        "a missing url": f'[features.code_execution.mode.external] # !\napi_key = "{CANARY}"\n',
        "a missing runtime": "[features.code_execution]\nmode = { sandboxed = {} } # !\n",
        "no boolean": f'[features.code_execution]\nenabled = "yes" # !\n{_EXTERNAL}',
        "a quoted number": f'[features.code_execution]\ntimeout_secs = "30" # !\n{_EXTERNAL}',
        "another type": f"[features.code_execution]\ntimeout_secs = [30] # !\n{_EXTERNAL}",
        "too long": f"[features.code_execution]\ntimeout_secs = 86_401 # !\n{_EXTERNAL}",
        "a default that is no number": f'[features.code_execution]\ntimeout_secs = "${{T:-soon}}" # !\n{_EXTERNAL}',
        "a name for an array": f'[features.code_execution]\nallowed_languages = "python" # !\n{_EXTERNAL}',
        "an empty list": f"[features.code_execution]\nallowed_languages = [] # !\n{_EXTERNAL}",
        "a name in upper case": f"""\
[features.code_execution]
allowed_languages = [
  "r",
  "Ruby" # !
]
{_EXTERNAL}""",
        "a language that wasm does not run": '[features.code_execution]\nallowed_languages = ["python", "ruby"] # !\n',
        "more than wasm can address": "[features.code_execution]\nmax_memory_mb = 4097 # !\nmode.wasm = {}\n",
        "less than docker takes": """\
[features.code_execution]
max_memory_mb = 5 # !

[features.code_execution.mode]
sandboxed = { runtime = "docker" }
""",
        "a mode without its table": '[features.code_execution]\nmode = "sandboxed" # !\n',
        "an unknown mode": "[features.code_execution.mode] # ?\nsandbox = {} # !\n",
        "an unknown runtime": '[features.code_execution]\nmode.sandboxed.runtime = "podman" # !\n',
        "a reference for a runtime": '[features.code_execution]\nmode.sandboxed.runtime = "${RUNTIME}" # !\n',
        "no mode": "[features.code_execution]\nmode = {} # !\n",
        "two modes": f"""\
[features.code_execution.mode.sandboxed] # !
runtime = "docker"

[features.code_execution.mode.external] # !
url = "https://code-exec.example.com"
api_key = "{CANARY}"
""",
        "a text for the table of a mode": '[features.code_execution]\nmode.external = "https://h" # !\n',
        "a URL without a scheme": f"""\
[features.code_execution.mode.external]
url = "code-exec.example.com" # !
api_key = "{CANARY}"
""",
        "a key with a blank at its end": """\
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "${K} " # !
""",
        "a reference without its brace": f"""\
[features.code_execution.mode.external]
url = "https://${{HOST" # !
api_key = "{CANARY}"
""",
    }.items()
}


def assert_points_at(broken: Broken, findings: Sequence[Finding]) -> None:
    """Check that findings are what a person needs of one slip: its place, in one or two short messages."""
    assert findings
    assert {finding.line for finding in findings} <= broken.lines
    assert len({finding.message for finding in findings}) <= MOST_MESSAGES
    for finding in findings:
        assert len(finding.message) <= LONGEST_MESSAGE
        assert CANARY not in finding.message
