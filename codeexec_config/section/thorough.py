"""Check a section that may have findings: look at every value, and collect every finding."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from codeexec_config.findings import LISTED, errors, few, listed
from codeexec_config.keys import union_of
from codeexec_config.model import is_flawless, permitted, stand_in
from codeexec_config.section import Outcome
from codeexec_config.section.resolution import UNKNOWN
from codeexec_config.section.resolve import resolve
from codeexec_config.section.structure import build, build_variant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codeexec_config.findings import Finding
    from codeexec_config.section import Options
    from codeexec_config.section.resolution import Resolution


def check(section: dict[str, Any], options: Options, found: Sequence[Finding]) -> Outcome | BaseException:
    """Check a section; `found` contains earlier findings on its table."""
    resolution = resolve(section, options.environment, options.model, offline=options.offline)
    if isinstance(resolution, BaseException):
        return resolution
    # With more findings than a report lists, nothing else is looked at.
    config, shape = build(resolution.values, options.model) if len(resolution.findings) <= LISTED else (None, [])
    if config is not None and options.policy is None and not found and _says_nothing(config, resolution):
        return Outcome(config, (), section)
    if shape:
        from codeexec_config.section.forms import gathered

        shape = gathered(shape, section, options.model, options.section)
    every = _every_finding(resolution, options, chain(found, resolution.findings, shape))
    if errors(every) or (resolution.unread and resolution.enabled):
        config = None
    elif config is None or resolution.unread:
        config = _settled(resolution, options)
    if every:
        every = [finding.under(*options.section) for finding in _amended(every, section, options)]
    deferred = tuple(((*options.section, *path), reference) for path, reference in resolution.deferred)
    return Outcome(config, every, section, deferred=deferred)


def _says_nothing(config: Any, resolution: Resolution) -> bool:
    """Check whether there is nothing to report on a section whose config could be built."""
    if resolution.findings or resolution.unread or resolution.literals or not resolution.enabled:
        return False
    return is_flawless(config)


def _every_finding(resolution: Resolution, options: Options, found: Iterable[Finding]) -> list[Finding]:
    from codeexec_config.section.judging import findings

    return list(few(chain(found, findings(resolution, options.model, options.policy))))


def _amended(found: list[Finding], section: dict[str, Any], options: Options) -> list[Finding]:
    from codeexec_config.section.fixes import amend

    amended = amend(listed(found), section, options.model)
    if options.policy is None and not options.environment.is_limited:
        return amended
    from codeexec_config.section.withholding import withhold

    return withhold(amended, section, options)


def _settled(resolution: Resolution, options: Options) -> Any:
    """Build the config that the constructors alone would not build from these values.

    In a disabled section, a key whose text was not read gets its default; a policy may permit plain http with a key.
    """
    texts = [path for path, key in resolution.unread.items() if key.kind == "text"]
    values = _known(resolution.values)
    for path in texts:
        values.pop(str(path[0]), None)
    union = union_of(options.model)
    if union is not None and any(path[0] == union.name for path in texts):
        values[union.name] = stand_in()
    elif union is not None and options.policy is not None and type(values.get(union.name)) is dict:
        values[union.name] = permitted(build_variant(union, values[union.name]))
    config, _ = build(values, options.model)
    if config is None:
        raise AssertionError("the rules of the loader and of the constructors disagree")
    return config


def _known(table: dict[str, Any]) -> dict[str, Any]:
    known = {key: value for key, value in table.items() if value is not UNKNOWN}
    return {key: _known(value) if type(value) is dict else value for key, value in known.items()}
