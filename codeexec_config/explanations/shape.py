"""Codes of the section's shape: keys, types, and the tagged union of the mode."""

from __future__ import annotations

from typing import Final

from codeexec_config.explanations.entry import Explanation

EXPLANATIONS: Final = {
    "wrong-type": Explanation(
        meaning="a value of a different TOML type than the key takes",
        reason=(
            'Nothing is coerced: `"30"`, `30.0` and `true` are not 30, and a single name is not an array. What one '
            "reader would convert, another would refuse or read differently."
        ),
        cure="Write a value of the type that the message names; numbers and booleans have no quotes.",
        broken="""\
[features.code_execution]
timeout_secs = "60"
""",
        repaired="""\
[features.code_execution]
timeout_secs = 60
""",
    ),
    "unknown-key": Explanation(
        meaning="a key that this table does not have",
        reason=(
            "A misspelt key would silently leave the default in place. The nearest known key is "
            "suggested if there is one; the value is masked, since it could be a secret under a misspelt name."
        ),
        cure="Correct the key, move it to the table where it belongs, or remove it.",
        broken="""\
[features.code_execution]
timeout_sec = 60
""",
        repaired="""\
[features.code_execution]
timeout_secs = 60
""",
    ),
    "missing-key": Explanation(
        meaning="a key that this table needs is missing",
        reason=(
            "Mode sandboxed needs its `runtime` and mode external its `url`. Neither has a default: what isolates a "
            "program, or where it is sent, must be visible in the file."
        ),
        cure="Add the key to the table that is marked.",
        broken="""\
[features.code_execution.mode.sandboxed]
""",
        repaired="""\
[features.code_execution.mode.sandboxed]
runtime = "gvisor"
""",
    ),
    "unknown-mode": Explanation(
        meaning="the mode is none of wasm, sandboxed and external",
        reason=(
            'The mode decides where programs run. It is the string `"wasm"`, or a table with exactly one of `wasm`, '
            "`sandboxed` and `external`, whose own keys go below that name."
        ),
        cure="Write one of the three modes; for sandboxed and external use a table of that name.",
        broken="""\
[features.code_execution.mode.sandbox]
runtime = "gvisor"
""",
        repaired="""\
[features.code_execution.mode.sandboxed]
runtime = "gvisor"
""",
    ),
    "unknown-runtime": Explanation(
        meaning="the runtime is none of docker, firecracker and gvisor",
        reason="The runtime is what isolates a program from this server, so a name is never guessed.",
        cure="Write docker, gvisor or firecracker, the weakest isolation first.",
        broken="""\
[features.code_execution.mode.sandboxed]
runtime = "gvizor"
""",
        repaired="""\
[features.code_execution.mode.sandboxed]
runtime = "gvisor"
""",
    ),
    "empty-mode": Explanation(
        meaning="the mode's table names no mode",
        reason="The only key in the table selects the mode. An empty table selects none, not even the default.",
        cure='Add the mode, or remove the table; without it, the mode is `"wasm"`.',
        broken="""\
[features.code_execution]
mode = {}
""",
        repaired="""\
[features.code_execution]
mode = { wasm = {} }
""",
    ),
    "ambiguous-mode": Explanation(
        meaning="the mode's table names two modes",
        reason=(
            "Only one mode can apply, and the order of keys means nothing in TOML. Often one was left in when another "
            "was added. The contents of both are left unchecked."
        ),
        cure="Keep one, and remove or comment out the other.",
        broken="""\
[features.code_execution.mode.sandboxed]
runtime = "docker"

[features.code_execution.mode.external]
url = "https://code-exec.example.com"
""",
        repaired="""\
[features.code_execution.mode.sandboxed]
runtime = "docker"
""",
    ),
}
