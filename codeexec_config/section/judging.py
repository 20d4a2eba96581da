"""Run the rules on a section as far as it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config.codes import Severity
from codeexec_config.findings import Finding, Path, Target, few
from codeexec_config.keys import Key, key_table, keys_of, union_of
from codeexec_config.references import canonical, filled, parse
from codeexec_config.rules import across
from codeexec_config.rules.across import Facts, Languages, ModeFacts
from codeexec_config.rules.alone import doubtful, has_type, judge, judge_header
from codeexec_config.section.resolution import UNKNOWN, value_at, variant_of
from codeexec_config.section.structure import is_in_pieces, is_keyed, misspelt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.policy import Policy
    from codeexec_config.rules.urls import Url
    from codeexec_config.secret import Secret
    from codeexec_config.section.policing import Sound
    from codeexec_config.section.resolution import Resolution

_GIVES_WAY: Final = frozenset({"literal-secret", "foreign-reference"})
"""Codes that are not reported on a value that breaks the policy."""


class Leaf(NamedTuple):
    """A value of the right type, with its key's description."""

    path: Path
    key: Key
    value: Any


def findings(resolution: Resolution, model: type[Any], policy: Policy | None = None) -> Iterator[Finding]:
    """Yield every finding on values: each alone, the rules across keys, the policy, then warnings and notes.

    Each stage stops at as many findings as a report lists. A report is cut short at its end, so errors come first:
    remarks alone may fill it.
    """
    urls: dict[Path, Url] = {}
    alone = list(few(_judged_alone(resolution, model, urls)))
    facts = _facts(resolution, model, _cleartext(urls, policy), {finding.path for finding in alone})
    if policy is not None and facts.mode is not None and policy.modes is not None:
        facts = facts._replace(elsewhere=not {facts.mode.name}.issuperset(policy.modes))
    found = [*alone, *few(across.judge(facts))]
    breaches: list[Finding] = []
    if policy is not None:
        from codeexec_config.section.policing import violations, without_useless_help

        found = [without_useless_help(policy, finding, urls) for finding in found]
        ill = {finding.path for finding in found if not _gives_way(finding)}
        breaches = list(few(violations(policy, resolution, model, _sound(resolution, model, facts, urls, ill))))
    refused = {finding.path for finding in breaches}
    yield from (finding for finding in found if finding.path not in refused or not _gives_way(finding))
    yield from breaches
    yield from (finding for finding in across.remarks(facts) if finding.path not in refused)
    yield from _missing_secrets(resolution.values, model)


def _judged_alone(resolution: Resolution, model: type[Any], urls: dict[Path, Url]) -> Iterator[Finding]:
    for leaf in _leaves(resolution.values, keys_of(model)):
        yield from _judged(leaf, resolution, urls)
    if resolution.unread:
        yield from _judged_unread(resolution, urls)


def _judged_unread(resolution: Resolution, urls: dict[Path, Url]) -> Iterator[Finding]:
    """Judge texts whose references are unread by the file alone."""
    right: tuple[Key, str] | None = None
    for path, key in resolution.unread.items():
        text = resolution.text(path)
        if key.kind != "text" or (key, text) == right or value_at(resolution.values, path) is not UNKNOWN:
            continue
        if canonical(parse(text)) is None:  # references alone may yield anything
            from codeexec_config.section.blame import of_unread

            if found := of_unread(key, text, path, urls):
                yield found
                continue
        right = key, text  # a list may repeat one a million times


def _gives_way(finding: Finding) -> bool:
    """Check whether a finding is not reported on a value that breaks the policy."""
    return finding.code in _GIVES_WAY or (finding.code == "insecure-url" and finding.weight is Severity.WARNING)


def _cleartext(urls: dict[Path, Url], policy: Policy | None) -> dict[Path, Url]:
    """Return the URLs without those whose host the policy permits plain http to."""
    if policy is None or not policy.insecure_hosts:
        return urls
    from codeexec_config.section.policing import permits_cleartext

    return {path: url for path, url in urls.items() if not permits_cleartext(policy, url)}


def _sound(resolution: Resolution, model: type[Any], facts: Facts, urls: dict[Path, Url], ill: set[Path]) -> Sound:
    from codeexec_config.section.policing import Sound

    languages = facts.languages
    if "allowed_languages" not in resolution.values:
        default = key_table(model)["allowed_languages"].default
        languages = Languages(default)
    mode = facts.mode.name if facts.mode else None
    return Sound(mode, languages, {path: url for path, url in urls.items() if path not in ill}, ill)


def is_wasm(values: dict[str, Any], model: type[Any]) -> bool:
    """Check whether a section is known to run in the browser."""
    return _mode_name(values, model) == "wasm"


def _leaves(table: dict[str, Any], keys: tuple[Key, ...], path: Path = ()) -> Iterator[Leaf]:
    for key in keys:
        value = table.get(key.name)
        way = (*path, key.name)
        if key.item is not None and type(value) is list:
            for index, entry in doubtful(key.item, value):
                if has_type(key.item, entry):
                    yield Leaf((*way, index), key.item, entry)
        elif key.variants is not None and type(value) is dict:
            name = variant_of(key, value)
            if name is not None and type(value[name]) is dict:
                yield from _leaves(value[name], keys_of(key.variants[name]), (*way, name))
        elif has_type(key, value):
            yield Leaf(way, key, value)


def _judged(leaf: Leaf, resolution: Resolution, urls: dict[Path, Url]) -> Iterator[Finding]:
    if leaf.key.kind == "secret":
        yield from _judged_secret(leaf.path, leaf.value, resolution)
    elif found := judge(leaf.key, leaf.value, leaf.path, urls, made=resolution.maker(leaf.path)):
        yield _blamed(found, leaf, resolution)


def _blamed(finding: Finding, leaf: Leaf, resolution: Resolution) -> Finding:
    """Separate the file's part in a wrong text from the environment's."""
    if type(leaf.value) is not str:
        return finding
    from codeexec_config.section import blame

    made = resolution.maker(leaf.path)
    if made is None:
        return blame.of_literal(finding, leaf.value)
    return blame.of_template(finding, leaf.key, resolution.text(leaf.path), made)


def _judged_secret(path: Path, secret: Secret, resolution: Resolution) -> Iterator[Finding]:
    literal = resolution.literals.get(path)
    text = secret.reveal() if secret.resolved else filled(secret.reference or literal or "", "x")
    if found := judge_header(text, path, made=resolution.made.get(path)):
        yield found if literal is None else _blamed_secret(found, literal)
    elif literal is not None:
        from codeexec_config.section.literals import literal_secret

        yield literal_secret(literal, path)


def _blamed_secret(finding: Finding, literal: str) -> Finding:
    from codeexec_config.section.blame import of_secret

    return of_secret(finding, literal)


def _facts(resolution: Resolution, model: type[Any], urls: dict[Path, Url], ill: set[Path]) -> Facts:
    values = resolution.values
    names = values.get("allowed_languages")
    memory = values.get("max_memory_mb")
    is_known = type(memory) is int and ("max_memory_mb",) not in ill
    return Facts(
        enabled=resolution.enabled,
        mode=_mode_facts(values, model, urls),
        languages=Languages(names if type(names) is list else (), ill, resolution.maker),
        memory=memory if is_known else None,
        memory_made=resolution.made.get(("max_memory_mb",)),
        allows_nothing=names == [],
    )


def _mode_name(values: dict[str, Any], model: type[Any]) -> str | None:
    """Return the one mode that a section names, or None if it is unknown."""
    union = union_of(model)
    if union is None or union.variants is None:
        return None
    bare = next(iter(union.variants))
    if union.name not in values:
        is_elsewhere = is_in_pieces(values, model) or union.name in misspelt(values, model).values()
        return None if is_elsewhere else bare
    mode = values[union.name]
    if type(mode) is dict:
        return variant_of(union, mode)
    return bare if mode == bare else None


def _mode_facts(values: dict[str, Any], model: type[Any], urls: dict[Path, Url]) -> ModeFacts | None:
    name = _mode_name(values, model)
    if name is None:
        return None
    table = _variant_table(values, name)
    runtime = table.get("runtime")
    keyed = is_keyed(table, _variant_class(model, name))
    return ModeFacts(name, runtime if type(runtime) is str else None, urls, keyed=keyed)


def _variant_table(values: dict[str, Any], name: str) -> dict[str, Any]:
    mode = values.get("mode")
    table = mode.get(name) if type(mode) is dict else None
    return table if type(table) is dict else {}


def _variant_class(model: type[Any], name: str) -> type[Any]:
    union = union_of(model)
    variants = union.variants if union and union.variants else {}
    return variants[name]


def _missing_secrets(values: dict[str, Any], model: type[Any]) -> Iterator[Finding]:
    """Note a service that is called without a key."""
    name = _mode_name(values, model)
    mode = values.get("mode")
    if name is None or type(mode) is not dict or type(mode.get(name)) is not dict:
        return
    if is_keyed(mode[name], _variant_class(model, name)):
        return
    for key in keys_of(_variant_class(model, name)):
        if key.kind == "secret" and key.name not in values and key.name not in mode:
            yield across.missing_secret(("mode", name, key.name))._replace(target=Target(("mode", name)))
            return
