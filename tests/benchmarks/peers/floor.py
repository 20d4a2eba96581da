"""The parse, with the library's three dependencies imported; nothing is checked."""

import tomllib

import attrs
import cattrs

__all__ = ["attrs", "cattrs", "load"]


def load(path):
    with open(path, "rb") as stream:
        return tomllib.load(stream)
