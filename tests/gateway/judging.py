"""The data of this folder, and this library's verdict on a document in the same form."""

from __future__ import annotations

import json
import tomllib
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from codeexec_config import (
    CodeExecutionConfig,
    ConfigError,
    ConfigWarning,
    External,
    Sandboxed,
    Secret,
    check_text,
    loads,
)

FOLDER = Path(__file__).parent
DEFAULTS = {
    "enabled": True,
    "mode": "wasm",
    "allowed_languages": ["python", "javascript"],
    "timeout_secs": 30,
    "max_memory_mb": 256,
}


class Verdict(NamedTuple):
    """The codes of the errors, each once and sorted, and the config as the gateway writes it, or None."""

    errors: list[str]
    value: dict[str, Any] | None


class Group(NamedTuple):
    """One deliberate difference: its name, a sentence of reason, and what its rows get here."""

    name: str
    reason: str
    rows: dict[str, list[str] | dict[str, Any]]


class Variation(NamedTuple):
    """A document of our own; `group` names the difference that it shows, if it shows one."""

    toml: str
    env: dict[str, str]
    expected: list[str] | dict[str, Any]
    group: str | None


def rows() -> dict[str, dict[str, Any]]:
    """Return the documents that the gateway judged, by name."""
    lines = (FOLDER / "verdicts.jsonl").read_text(encoding="utf-8").split("\n")
    found = [json.loads(line) for line in lines if line]
    return {row["id"]: row for row in found}


def groups() -> list[Group]:
    """Return the deliberate differences, in the order of the README."""
    data = _read("differences.toml")["groups"]
    return [Group(group["name"], group["reason"], group.get("rows", {})) for group in data]


def variations() -> dict[str, Variation]:
    """Return the documents of our own, by name."""
    return {
        name: Variation(
            document["toml"],
            document.get("env", {}),
            document["errors"] if "errors" in document else document["value"],
            document.get("group"),
        )
        for name, document in _read("variations.toml")["documents"].items()
    }


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def expected_verdict(expected: list[str] | dict[str, Any]) -> Verdict:
    """Read what the data says: codes, or the keys of an accepted config that are not at their defaults."""
    return Verdict(expected, None) if isinstance(expected, list) else Verdict([], {**DEFAULTS, **_whole(expected)})


def _whole(value: dict[str, Any]) -> dict[str, Any]:
    """Write out the key that an external mode lacks, as the gateway does."""
    mode = value.get("mode", {})
    return {**value, "mode": {"external": {"api_key": None, **mode["external"]}}} if "external" in mode else value


def judge(text: str, env: dict[str, str]) -> Verdict:
    """Judge a document by both public functions, which must agree."""
    report = check_text(text, env=env)
    config = _loaded(text, env)
    assert report.config == config
    assert report.ok == (config is not None)
    return Verdict(sorted({finding.code for finding in report.errors}), None if config is None else value_of(config))


def _loaded(text: str, env: dict[str, str]) -> CodeExecutionConfig | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConfigWarning)
        try:
            return loads(text, env=env)
        except ConfigError:
            return None


def value_of(config: CodeExecutionConfig) -> dict[str, Any]:
    """Write a config as the gateway does."""
    return {
        "enabled": config.enabled,
        "mode": _mode_of(config),
        "allowed_languages": list(config.allowed_languages),
        "timeout_secs": config.timeout_secs,
        "max_memory_mb": config.max_memory_mb,
    }


def _mode_of(config: CodeExecutionConfig) -> str | dict[str, Any]:
    match config.mode:
        case Sandboxed(runtime=runtime):
            return {"sandboxed": {"runtime": str(runtime)}}
        case External(url=url, api_key=api_key):
            return {"external": {"url": url, "api_key": None if api_key is None else _text_of(api_key)}}
    return "wasm"


def _text_of(key: Secret) -> str | None:
    """Return a key's value, or its reference where a disabled section did not look it up."""
    return key.reveal() if key.resolved else key.reference
