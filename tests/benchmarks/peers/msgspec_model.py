"""msgspec: typed structs with ranges. It lacks unknown-key errors across the union, URL and language rules."""

import os
import re
import tomllib
from typing import Annotated, Literal

import msgspec


class Sandboxed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    runtime: Literal["docker", "firecracker", "gvisor"]


class External(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    url: Annotated[str, msgspec.Meta(pattern=r"^https?://[^/\s]+")]
    api_key: str | None = None


class ModeTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    wasm: dict | None = None
    sandboxed: Sandboxed | None = None
    external: External | None = None


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enabled: bool = True
    mode: Literal["wasm"] | ModeTable = "wasm"
    allowed_languages: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_+#.-]*$")], ...], msgspec.Meta(min_length=1)
    ] = ("python", "javascript")
    timeout_secs: Annotated[int, msgspec.Meta(ge=1, le=86_400)] = 30
    max_memory_mb: Annotated[int, msgspec.Meta(ge=1, le=1_048_576)] = 256


_REFERENCE = re.compile(r"\$\{(\w+)\}")


def load(path):
    with open(path, "rb") as stream:
        section = tomllib.load(stream)["features"]["code_execution"]
    external = section["mode"].get("external") if isinstance(section.get("mode"), dict) else None
    if external and "api_key" in external:
        external["api_key"] = _REFERENCE.sub(lambda found: os.environ[found[1]], external["api_key"])
    return msgspec.convert(section, Config)
