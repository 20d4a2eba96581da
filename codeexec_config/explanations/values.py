"""Codes of single values and of values together: numbers, languages, the host's policy."""

from __future__ import annotations

from typing import Final

from codeexec_config.explanations.entry import Explanation

EXPLANATIONS: Final = {
    "out-of-range": Explanation(
        meaning="a number outside the limits of its key",
        reason=(
            "The message names the limit and what sets it: a run may take at most a day and 1 TiB, a Docker engine "
            "accepts no less than 6 MiB, and a wasm module can address at most 4096 MiB."
        ),
        cure="Choose a number within the limits; seconds and MiB are whole numbers without a unit.",
        broken="""\
[features.code_execution]
timeout_secs = 0
""",
        repaired="""\
[features.code_execution]
timeout_secs = 1
""",
    ),
    "empty-languages": Explanation(
        meaning="no language is allowed, though code execution is on",
        reason="Every program would be refused: the feature would be on, but unable to do anything.",
        cure="Name a language, or switch the feature off with `enabled = false`.",
        broken="""\
[features.code_execution]
allowed_languages = []
""",
        repaired="""\
[features.code_execution]
enabled = false
allowed_languages = []
""",
    ),
    "invalid-language": Explanation(
        meaning="a text that cannot be a language's name",
        reason=(
            "Names are compared exactly, so there is only one way to write each: a lower-case letter, then lower-case "
            "letters, digits and any of `_+#.-`, at most 64 characters in all."
        ),
        cure="Write the name in lower case, without spaces.",
        broken="""\
[features.code_execution]
allowed_languages = ["Python"]
""",
        repaired="""\
[features.code_execution]
allowed_languages = ["python"]
""",
    ),
    "unsupported-language": Explanation(
        meaning="a language that the mode cannot run",
        reason=(
            "Mode wasm runs in the browser, which has an interpreter for python and one for javascript. Any other "
            "language would be offered to the model and then fail at every call."
        ),
        cure="Remove the language, or choose mode sandboxed or external, which run what their images contain.",
        broken="""\
[features.code_execution]
mode = "wasm"
allowed_languages = ["python", "bash"]
""",
        repaired="""\
[features.code_execution]
mode = { sandboxed = { runtime = "gvisor" } }
allowed_languages = ["python", "bash"]
""",
    ),
    "unknown-language": Explanation(
        meaning="a language that this library does not know",
        reason=(
            "An executor may know more languages than this library, so this is a warning. More often the name is "
            "misspelt, or an alias of a known language."
        ),
        cure="Write the name that is suggested, if it is what was meant.",
        broken="""\
[features.code_execution]
mode = { sandboxed = { runtime = "gvisor" } }
allowed_languages = ["python", "golang"]
""",
        repaired="""\
[features.code_execution]
mode = { sandboxed = { runtime = "gvisor" } }
allowed_languages = ["python", "go"]
""",
    ),
    "duplicate-language": Explanation(
        meaning="a language that is already listed",
        reason="The second mention has no effect. Another language may have been meant.",
        cure="Remove the second mention, or correct it.",
        broken="""\
[features.code_execution]
allowed_languages = ["python", "javascript", "python"]
""",
        repaired="""\
[features.code_execution]
allowed_languages = ["python", "javascript"]
""",
    ),
    "policy-violation": Explanation(
        meaning="a value that the host's policy does not permit",
        reason=(
            "A policy is the host's limit on what a file may ask for. Nothing is clamped silently, because the file "
            "would then say one thing and the host do another. If a default breaks the policy, the header is marked."
        ),
        cure="Stay within the limit that the message names, or ask the policy's owner to change it.",
        broken="""\
[features.code_execution]
timeout_secs = 600
""",
        repaired="""\
[features.code_execution]
timeout_secs = 60
""",
        policy="max_timeout_secs = 60\n",
    ),
}
