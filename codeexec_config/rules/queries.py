"""Recognise credentials in the query of a URL by the names of its parameters."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_plus

from codeexec_config.expressions import expression

_LAST_WORDS: Final = frozenset(
    "apikey token secret password passwd pwd passphrase signature credential bearer".split()  # noqa: SIM905
)
_WHOLE_NAMES: Final = frozenset(
    "key apikey xapikey accesskey secretkey subscriptionkey functionkey functionskey authkey code sig auth"  # noqa: SIM905
    " authorization".split()
)
_BEFORE_A_WORD: Final = expression(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def holds_credential(query: str) -> bool:
    """Check whether a query has a parameter whose name marks its value as a credential."""
    return any(_is_secret(unquote_plus(pair.partition("=")[0])) for pair in re.split("[&;]", query))


def _is_secret(name: str) -> bool:
    words = [word.lower() for word in _BEFORE_A_WORD.split(name) if word]
    return bool(words) and (words[-1] in _LAST_WORDS or "".join(words) in _WHOLE_NAMES)
