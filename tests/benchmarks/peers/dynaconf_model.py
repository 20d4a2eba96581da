"""dynaconf: validators on dotted keys. It has no typed model, no union and no error for an unknown key."""

import os
import re

from dynaconf import Dynaconf, Validator

_REFERENCE = re.compile(r"\$\{(\w+)\}")
_SECTION = "features.code_execution"


def load(path):
    settings = Dynaconf(
        settings_files=[str(path)],
        validators=[
            Validator(f"{_SECTION}.enabled", is_type_of=bool, default=True),
            Validator(f"{_SECTION}.allowed_languages", is_type_of=list, len_min=1),
            Validator(f"{_SECTION}.timeout_secs", is_type_of=int, gte=1, lte=86_400, default=30),
            Validator(f"{_SECTION}.max_memory_mb", is_type_of=int, gte=1, lte=1_048_576, default=256),
        ],
    )
    settings.validators.validate()
    section = settings.features.code_execution
    key = section.get("mode", {}).get("external", {}).get("api_key", "")
    return section, _REFERENCE.sub(lambda found: os.environ[found[1]], key)
