"""pydantic-settings: its own TOML source, a discriminating table and ranges. It lacks the rules across keys."""

import os
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict, TomlConfigSettingsSource

_REFERENCE = re.compile(r"\$\{(\w+)\}")


def _expanded(value):
    return SecretStr(_REFERENCE.sub(lambda found: os.environ[found[1]], value.get_secret_value()))


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sandboxed(Strict):
    runtime: Literal["docker", "firecracker", "gvisor"]


class External(Strict):
    url: HttpUrl
    api_key: Annotated[SecretStr, AfterValidator(_expanded)] | None = None


class ModeTable(Strict):
    wasm: dict | None = None
    sandboxed: Sandboxed | None = None
    external: External | None = None


class CodeExecution(Strict):
    enabled: bool = True
    mode: Literal["wasm"] | ModeTable = "wasm"
    allowed_languages: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_+#.-]*$")], ...], Field(min_length=1)
    ] = ("python", "javascript")
    timeout_secs: int = Field(default=30, ge=1, le=86_400, strict=True)
    max_memory_mb: int = Field(default=256, ge=1, le=1_048_576, strict=True)


class Features(BaseModel):
    code_execution: CodeExecution = CodeExecution()


class Settings(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore")
    features: Features = Features()

    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, **_others):
        return (init_settings,)


def load(path):
    return Settings(**TomlConfigSettingsSource(Settings, path)()).features.code_execution
