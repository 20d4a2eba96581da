"""Run the rules of `checks` over a section as far as it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codeexec_config import checks, limits
from codeexec_config.checks import Choice, Language
from codeexec_config.diagnostics import Finding, Path, Severity, Target
from codeexec_config.model import External
from codeexec_config.resolution import taken_as_set
from codeexec_config.secret import Secret
from codeexec_config.structure import leaf, meant_key, misspelt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.resolution import Resolution


def findings(resolution: Resolution) -> Iterator[Finding]:
    """Give every finding on values: each key alone, then the rules across keys, then the warnings and notes."""
    values = resolution.values
    numbers = {key: leaf(values, (key,), int) for key in limits.BOUNDS}
    beyond = [
        found
        for key, value in numbers.items()
        if value is not None and (found := checks.bounded(key, value, made=(key,) in resolution.made))
    ]
    yield from beyond
    entries = list(_entries(resolution))
    bad = [found for entry in entries if (found := checks.language(entry))]
    yield from bad
    if values.get("allowed_languages") == []:
        yield from _some(checks.empty_languages(enabled=resolution.enabled))
    yield from _variant(resolution)
    ill_formed = {found.path[-1] for found in bad}
    known = [entry for entry in entries if entry.place not in ill_formed]
    memory = numbers["max_memory_mb"]
    choice = choose(resolution)
    yield from checks.across(
        enabled=resolution.enabled,
        choice=choice,
        languages=known,
        memory=None if any(found.path == ("max_memory_mb",) for found in beyond) else memory,
        memory_made=("max_memory_mb",) in resolution.made,
    )
    yield from checks.remarks(known, choice=choice)


def _some(finding: Finding | None) -> Iterator[Finding]:
    if finding is not None:
        yield finding


def _entries(resolution: Resolution) -> Iterator[Language]:
    names = leaf(resolution.values, ("allowed_languages",), list) or ()
    for index, name in enumerate(names):
        if type(name) is str:
            yield Language(index, name, ("allowed_languages", index) in resolution.made)


def _mode_name(values: dict[str, Any]) -> str | None:
    """Give the one mode that a section names, or None when that is not known."""
    mode = values.get("mode", "wasm")
    if mode == "wasm":
        return "wasm" if "mode" in values or "mode" not in misspelt(values).values() else None
    known = [name for name in mode if name in limits.VARIANT_KEYS] if type(mode) is dict else []
    return known[0] if len(known) == 1 else None


def is_wasm(values: dict[str, Any]) -> bool:
    """Say whether a section is known to run in the browser."""
    return _mode_name(values) == "wasm"


def choose(resolution: Resolution) -> Choice | None:
    """Give what the rules across keys need of the mode, or None when it is not known."""
    values = resolution.values
    name = _mode_name(values)
    if name == "sandboxed":
        runtime = leaf(values, ("mode", name, "runtime"), str)
        return Choice(name, runtime=runtime) if runtime in limits.RUNTIMES else Choice(name)
    if name != "external":
        return checks.WASM if name else None
    url = leaf(values, ("mode", name, "url"), str)
    if url is None or checks.url(url):
        return Choice(name)
    external = values["mode"]["external"]
    return checks.choice_of_url(url, keyed="api_key" in external or _misspelt_key(external))


def _misspelt_key(external: dict[str, Any]) -> bool:
    unknown = [key for key in external if key not in limits.VARIANT_KEYS["external"]]
    return any(meant_key(key, external, External) == "api_key" for key in unknown[:100])


def _variant(resolution: Resolution) -> Iterator[Finding]:
    """Look at the keys of an external mode, and note a missing key."""
    values = resolution.values
    if _mode_name(values) != "external":
        return
    path: Path = ("mode", "external")
    url = leaf(values, (*path, "url"), str)
    if url is not None:
        found = checks.url(url, made=(*path, "url") in resolution.made)
        yield from (finding.under(*path) for finding in _some(found))
    external = leaf(values, path, dict)
    if external is None:
        return
    if "api_key" not in external:
        if not _misspelt_key(external):
            yield checks.missing_secret()._replace(target=Target(path))
        return
    yield from (finding.under(*path) for finding in _secret(resolution, external["api_key"]))


def _secret(resolution: Resolution, secret: Any) -> Iterator[Finding]:
    if not isinstance(secret, Secret):
        return
    text = secret.reveal() if secret.resolved else taken_as_set(secret.reference or resolution.literal or "")
    found = checks.secret(text)
    if found is not None:
        yield found
    elif resolution.literal is not None:
        yield checks.literal_secret(resolution.literal)


def errors(found: list[Finding]) -> list[Finding]:
    """Give the findings that fail."""
    return [finding for finding in found if finding.weight is Severity.ERROR]
