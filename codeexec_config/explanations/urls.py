"""Codes of the URL of mode external."""

from __future__ import annotations

from typing import Final

from codeexec_config.explanations.entry import Explanation

_KEY: Final = {"CODE_EXEC_API_KEY": "example"}


def _external(url: str) -> str:
    return f"""\
[features.code_execution.mode.external]
url = "{url}"
api_key = "${{CODE_EXEC_API_KEY}}"
"""


EXPLANATIONS: Final = {
    "invalid-url": Explanation(
        meaning="a text that is not an absolute http or https URL",
        reason=(
            "Programs are sent there, so the address must mean the same to every client: a scheme of http or https, a "
            "host in ASCII, a port from 1 to 65535 if there is one, and no space, control character or fragment."
        ),
        cure="Write the whole URL, with its scheme.",
        broken=_external("code-exec.example.com"),
        repaired=_external("https://code-exec.example.com"),
        env=_KEY,
    ),
    "credentials-in-url": Explanation(
        meaning="a URL that contains a user, a password or a key",
        reason=(
            "URLs end up in logs, in error messages and in the pages of proxies. A key belongs in `api_key`, which is "
            "never printed."
        ),
        cure="Take the credentials out of the URL, and refer to the key in `api_key`.",
        broken=_external("https://code-exec.example.com/run?token=example"),
        repaired=_external("https://code-exec.example.com/run"),
        env=_KEY,
    ),
    "metadata-url": Explanation(
        meaning="a URL that leads to a cloud provider's metadata service",
        reason=(
            "That service hands out the machine's own credentials to any caller. It is recognised in any notation of "
            "its address that a resolver accepts."
        ),
        cure="Name the host of the service that runs code.",
        broken=_external("http://169.254.169.254/run"),
        repaired=_external("https://code-exec.example.com/run"),
        env=_KEY,
    ),
    "insecure-url": Explanation(
        meaning="plain http to another machine",
        reason=(
            "Anyone on the path can read the programs, their results, and the key. With a key, this is an "
            "error, without one a warning; to loopback it is neither."
        ),
        cure="Use https. To permit plain http to a host, list it in the policy's `insecure_hosts`.",
        broken=_external("http://code-exec.example.com"),
        repaired=_external("https://code-exec.example.com"),
        env=_KEY,
    ),
}
