"""Check a section against a host's policy."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config import limits
from codeexec_config.codes import Severity
from codeexec_config.findings import Finding, Path, Target
from codeexec_config.keys import keys_of
from codeexec_config.model import RUNTIME_TEXTS, Runtime
from codeexec_config.rules.alone import short_number
from codeexec_config.rules.foreign import referred
from codeexec_config.rules.units import quantity
from codeexec_config.rules.urls import UrlError, listening_hint, normalize_host
from codeexec_config.section.structure import meanings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from codeexec_config.policy import Policy
    from codeexec_config.rules.across import Language
    from codeexec_config.rules.urls import Url
    from codeexec_config.section.resolution import Resolution

_RUNTIME: Final = ("mode", "sandboxed", "runtime")


class Sound(NamedTuple):
    """The parts of a section that are known and have no error, for a policy to judge.

    Attributes:
        mode: the discriminator of its mode, or None.
        languages: the well-formed entries of its list, or of the default one.
        urls: the URLs by path.
        ill: the paths that already have an error.
    """

    mode: str | None
    languages: Iterable[Language]
    urls: Mapping[Path, Url]
    ill: Collection[Path]


def violations(policy: Policy, resolution: Resolution, model: type[Any], sound: Sound) -> Iterator[Finding]:
    """Yield each breach of a policy; in a disabled section each is a warning."""
    police = _Police(policy, resolution, sound)
    found = chain(
        police.numbers(model),
        police.modes(),
        police.runtimes(),
        police.languages(),
        police.hosts(),
        police.literals(),
    )
    # The default of a key that the section has under another name is not what the section means.
    renamed = {meant.key.name for meant in meanings(resolution.values, model).values() if meant.is_same}
    for finding in found:
        if finding.path[0] in resolution.values or finding.path[0] not in renamed:
            yield finding if resolution.enabled else finding._replace(severity=Severity.WARNING)


def permits_cleartext(policy: Policy | None, url: Url) -> bool:
    """Check whether a policy permits plain http to the host of a URL."""
    return policy is not None and _matches(url.host, policy.insecure_hosts or ())


def without_useless_help(policy: Policy, finding: Finding, urls: Mapping[Path, Url]) -> Finding:
    """Return a finding without a help that permits plain http, if the policy does not permit the host anyway."""
    url = urls.get(finding.path) if finding.code == "insecure-url" else None
    permitted = policy.url_hosts
    if url is None or permitted is None or _matches(url.host, permitted) or listening_hint(url.host):
        return finding
    return finding._replace(help=f"{_refused_host(url)} either way: it permits {_listed(permitted)}")


def _refused_host(url: Url) -> str:
    return f"the policy does not permit {f'the host from {url.made}' if url.made else 'this host'}"


def _matches(host: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(host.lower(), _normalized(glob)) for glob in globs)


def _normalized(glob: str) -> str:
    """Return a glob in the spelling of a normalised host."""
    try:
        return normalize_host(f"[{glob}]" if ":" in glob else glob)
    except UrlError:
        return glob.lower().removesuffix(".")  # a pattern


class _Police:
    def __init__(self, policy: Policy, resolution: Resolution, sound: Sound) -> None:
        self._policy = policy
        self._resolution = resolution
        self._values = resolution.values
        self._sound = sound

    def numbers(self, model: type[Any]) -> Iterator[Finding]:
        """Yield a breach for each number over its ceiling."""
        for key in keys_of(model):
            entry = key.name if key.name.startswith("max_") else f"max_{key.name}"
            ceiling = getattr(self._policy, entry, None)
            value = self._values.get(key.name, key.default)
            if key.kind != "integer" or key.bounds is None or ceiling is None or type(value) is not int:
                continue
            path = (key.name,)
            if value > ceiling and path not in self._sound.ill:
                made = self._resolution.made.get(path)
                shown = f"the value from {made}" if made else short_number(value)
                limit = quantity(ceiling, key.bounds.unit)
                yield self._breach(
                    path,
                    entry,
                    f"{shown} is more than the policy's maximum of {limit}",
                    f"{f'set {made} to' if made else f'write {key.name} ='} {ceiling} or less",
                )

    def modes(self) -> Iterator[Finding]:
        """Yield a breach if the mode is not permitted."""
        permitted = self._policy.modes
        mode = self._sound.mode
        if permitted is None or mode is None or mode in permitted:
            return
        yield self._breach(
            ("mode",), "modes", f"the policy does not permit mode {mode}", f"the policy permits {_listed(permitted)}"
        )

    def runtimes(self) -> Iterator[Finding]:
        """Yield a breach if the runtime is not permitted, or isolates too little."""
        runtime = _runtime(self._values)
        if runtime is None:
            return
        permitted = self._policy.runtimes
        weakest = self._policy.minimum_isolation
        every = map(Runtime, RUNTIME_TEXTS)
        strong = [other for other in every if weakest is None or other.isolation >= weakest.isolation]
        hint = f"the policy permits {_listed([other for other in strong if permitted is None or other in permitted])}"
        if permitted is not None and runtime not in permitted:
            yield self._breach(_RUNTIME, "runtimes", f"the policy does not permit runtime {runtime}", hint)
        elif runtime not in strong:
            message = f"{runtime} isolates less than the policy's minimum, {weakest}"
            yield self._breach(_RUNTIME, "minimum_isolation", message, hint)

    def languages(self) -> Iterator[Finding]:
        """Yield a breach for each language that is not permitted, or one for the default list."""
        permitted = self._policy.languages
        if permitted is None:
            return
        refused = (entry for entry in self._sound.languages if self._is_refused(entry, permitted))
        hint = self._languages_hint(permitted)
        if "allowed_languages" in self._values:
            for entry in refused:
                name = f"the language from {entry.made}" if entry.made else f"`{entry.name}`"
                yield self._breach(entry.path, "languages", f"the policy does not permit {name}", hint)
        elif names := ", ".join(f"`{entry.name}`" for entry in refused):
            yield self._breach(("allowed_languages",), "languages", f"the policy does not permit {names}", hint)

    def _languages_hint(self, permitted: Sequence[str]) -> str:
        """Return the help with the permitted languages: those that the mode runs, if it runs any."""
        running = list(filter(self._runs, permitted))
        if running or not permitted:
            return f"the policy permits {_listed(running)}"
        return f"the policy permits {_listed(permitted)}, which mode {self._sound.mode} does not run"

    def _is_refused(self, entry: Language, permitted: Sequence[str]) -> bool:
        # A language that the mode does not run already has a finding.
        return self._runs(entry.name) and entry.name not in permitted

    def _runs(self, language: str) -> bool:
        return self._sound.mode != "wasm" or language in limits.WASM_LANGUAGES

    def hosts(self) -> Iterator[Finding]:
        """Yield a breach for each URL whose host is not permitted."""
        permitted = self._policy.url_hosts
        for path, url in self._sound.urls.items() if permitted is not None else ():
            if permitted is not None and not _matches(url.host, permitted):
                yield self._breach(path, "url_hosts", _refused_host(url), f"the policy permits {_listed(permitted)}")

    def literals(self) -> Iterator[Finding]:
        """Yield a breach for each key written into the file."""
        if self._policy.allow_literal_secrets:
            return
        from codeexec_config.section.literals import literal_secret

        for path, text in self._resolution.literals.items():
            if path not in self._sound.ill:
                # A variable named in another syntax, or among other text, gets the same help as without a policy.
                known = literal_secret(text if self._may_read(referred(text)) else "", path, example="${NAME}")
                message = "the policy does not permit a key that is written into the file"
                breach = self._breach(path, "allow_literal_secrets", message, known.help or "")
                yield breach._replace(amendment=known.amendment)

    def _may_read(self, reference: str | None) -> bool:
        """Check that the policy permits a reference's variable; True without a reference."""
        allowed = self._policy.allow_env
        return reference is None or allowed is None or any(fnmatchcase(reference[2:-1], glob) for glob in allowed)

    def _breach(self, path: Path, entry: str, message: str, hint: str) -> Finding:
        related = self._policy.place_of(entry)
        is_default = path[0] not in self._values
        return Finding(
            "policy-violation",
            f"{message} (`{entry}`)",
            path,
            help=f"the default breaks it: set `{path[0]}`; {hint}" if is_default else hint,
            target=Target(()) if is_default else None,
            elsewhere=() if related is None else (related,),
        )


def _runtime(values: Mapping[str, Any]) -> Runtime | None:
    value: Any = values
    for part in _RUNTIME:
        value = value.get(part) if type(value) is dict else None
    return Runtime(value) if type(value) is str and value in RUNTIME_TEXTS else None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"
