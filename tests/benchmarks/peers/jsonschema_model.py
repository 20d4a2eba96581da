"""The standard parser and jsonschema with the committed schema. It lacks the typed model and the environment."""

import json
import tomllib
from pathlib import Path

from jsonschema import Draft7Validator

_SCHEMA = Path(__file__).parents[3] / "schemas" / "document.draft-07.json"
_VALIDATOR = Draft7Validator(json.loads(_SCHEMA.read_text("utf-8")))


def load(path):
    with open(path, "rb") as stream:
        data = tomllib.load(stream)
    _VALIDATOR.validate(data)
    return data
