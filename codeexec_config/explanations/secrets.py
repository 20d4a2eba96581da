"""Codes of the key of mode external."""

from __future__ import annotations

from typing import Final

from codeexec_config.explanations.entry import Explanation

_REPAIRED: Final = """\
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "${CODE_EXEC_API_KEY}"
"""
_VARIABLE: Final = {"CODE_EXEC_API_KEY": "example"}

EXPLANATIONS: Final = {
    "empty-secret": Explanation(
        meaning="a key that is empty",
        reason="A service rejects an empty key, or treats the caller as anonymous.",
        cure="Refer to a variable that contains the key. If the service needs none, remove `api_key`.",
        broken="""\
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = ""
""",
        repaired=_REPAIRED,
        env=_VARIABLE,
    ),
    "malformed-secret": Explanation(
        meaning="a key that no HTTP header can carry",
        reason=(
            "HTTP clients reject, or silently drop, a space at either end, a line feed, any other control character "
            "and anything outside ASCII. Often it is the final line feed of a file with the key."
        ),
        cure="Set the variable to the key and nothing else; `--secrets-dir` drops one final line feed.",
        broken="""\
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "example\\n"
""",
        repaired=_REPAIRED,
        env=_VARIABLE,
    ),
    "literal-secret": Explanation(
        meaning="a key that is written into the file",
        reason="Files are committed, copied and attached to tickets, and anyone who reads one has the key.",
        cure="Put the key in the environment and refer to it. Replace a key that was already committed.",
        broken="""\
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "example"
""",
        repaired=_REPAIRED,
        env=_VARIABLE,
    ),
    "missing-secret": Explanation(
        meaning="mode external without a key",
        reason="Some services need no key, such as one inside a cluster. All others refuse every call.",
        cure="Nothing, if the service needs no key. Otherwise add `api_key` with a reference.",
        broken="""\
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
""",
        repaired=_REPAIRED,
        env=_VARIABLE,
    ),
}
