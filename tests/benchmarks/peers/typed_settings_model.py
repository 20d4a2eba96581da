"""typed-settings: attrs classes through cattrs, ranges as validators. It lacks strict types and the tagged union."""

import os
import re
from pathlib import Path

import attrs
import typed_settings as ts

_REFERENCE = re.compile(r"\$\{(\w+)\}")


@attrs.frozen
class External:
    url: str = attrs.field(default="", validator=attrs.validators.matches_re(r"https?://[^/\s]+.*"))
    api_key: ts.types.SecretStr = ts.secret(default="")


@attrs.frozen
class Mode:
    external: External | None = None


@attrs.frozen
class Config:
    enabled: bool = True
    mode: Mode = Mode()
    allowed_languages: tuple[str, ...] = ("python", "javascript")
    timeout_secs: int = attrs.field(default=30, validator=[attrs.validators.ge(1), attrs.validators.le(86_400)])
    max_memory_mb: int = attrs.field(default=256, validator=[attrs.validators.ge(1), attrs.validators.le(1_048_576)])


def load(path):
    loader = ts.FileLoader(
        formats={"*.toml": ts.TomlFormat("features.code_execution")},
        files=[Path(path)],
    )
    config = ts.load_settings(Config, loaders=[loader], converter=ts.converters.get_default_cattrs_converter())
    external = config.mode.external
    return config, external and _REFERENCE.sub(lambda found: os.environ[found[1]], external.api_key)
