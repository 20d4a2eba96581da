"""Codes of `${NAME}` references."""

from __future__ import annotations

from typing import Final

from codeexec_config.explanations.entry import Explanation

EXPLANATIONS: Final = {
    "unset-variable": Explanation(
        meaning="a reference to a variable that is not set",
        reason=(
            "An empty key or address would fail later, and further away from its cause. All unset variables of a file "
            "are reported together. A value that is not UTF-8 counts as unset."
        ),
        cure=(
            "Set the variable, or write a default: `${NAME:-text}`. On the command line, `--env-file` and "
            "`--secrets-dir` read variables from files, and `--offline` checks a file without any."
        ),
        broken="""\
[features.code_execution]
timeout_secs = "${CODE_EXEC_TIMEOUT_SECS}"
""",
        repaired="""\
[features.code_execution]
timeout_secs = "${CODE_EXEC_TIMEOUT_SECS:-60}"
""",
    ),
    "invalid-reference": Explanation(
        meaning="a text that starts like a reference but is not one",
        reason=(
            "A name has letters, digits and underscores only, at most 64 of them. The message does not repeat what "
            "is between the braces: people paste keys there."
        ),
        cure=("Write `${NAME}`, `${NAME:-default}` or `${NAME:?message}`. For a literal `${`, write `$${`."),
        broken="""\
[features.code_execution]
timeout_secs = "${ CODE_EXEC_TIMEOUT_SECS }"
""",
        repaired="""\
[features.code_execution]
timeout_secs = "${CODE_EXEC_TIMEOUT_SECS}"
""",
        env={"CODE_EXEC_TIMEOUT_SECS": "60"},
    ),
    "forbidden-variable": Explanation(
        meaning="a reference to a variable that the file may not read",
        reason=(
            "The host, or the command line by `--allow-env`, limits which variables a file may read, so that it cannot "
            "send another service's key to an address of its choice. The variable was not read."
        ),
        cure="Refer to a variable that is allowed, or let the host allow this one.",
        broken="""\
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "${DATABASE_PASSWORD}"
""",
        repaired="""\
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "${CODE_EXEC_API_KEY}"
""",
        setting="--allow-env 'CODE_EXEC_*'",
        env={"CODE_EXEC_API_KEY": "example", "DATABASE_PASSWORD": "example"},
        allow_env=("CODE_EXEC_*",),
    ),
    "reference-not-allowed": Explanation(
        meaning="a reference in a value that takes none",
        reason=(
            "The mode and the runtime decide how a program is isolated. They are in the file, where a reviewer sees "
            "them, and no environment can change them. A policy takes no references at all."
        ),
        cure="Write the value itself. To choose between files, let the host load one or the other.",
        broken="""\
[features.code_execution.mode.sandboxed]
runtime = "${CODE_EXEC_RUNTIME}"
""",
        repaired="""\
[features.code_execution.mode.sandboxed]
runtime = "gvisor"
""",
    ),
    "foreign-reference": Explanation(
        meaning="a key in the reference syntax of another tool",
        reason=(
            "Only `${NAME}` and `$<NAME>` are references. Any other text is the key itself, and is sent to the service "
            "unchanged."
        ),
        cure="Write the variable's name in braces: `${NAME}`.",
        broken="""\
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "$CODE_EXEC_API_KEY"
""",
        repaired="""\
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "${CODE_EXEC_API_KEY}"
""",
        env={"CODE_EXEC_API_KEY": "example"},
    ),
}
