"""Teach a host's own cattrs converter the types of the model, each as strict as `load_mapping`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from cattrs import BaseConverter

from codeexec_config import limits
from codeexec_config.loading import mapping_reader, patterns
from codeexec_config.model import VARIANTS, CodeExecutionConfig, Mode, Runtime
from codeexec_config.policy import Policy
from codeexec_config.secret import Secret
from codeexec_config.writing import secret_to_plain, to_plain, union_to_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cattrs import Converter

    Read = Callable[[Any], CodeExecutionConfig | BaseException]

__all__ = ["register_hooks"]

_ANY_URL = "https://code-exec.example.com"


def register_hooks(
    converter: Converter,
    *,
    env: Mapping[str, str] | None = None,
    policy: Policy | None = None,
    allow_env: Iterable[str] | str | None = None,
    section: str = limits.SECTION,
) -> None:
    """Teach a host's own cattrs converter the types of the model.

    It then structures `CodeExecutionConfig` as `load_mapping` does, and unstructures it to what its TOML would parse
    to; likewise `Mode`, `Wasm`, `Sandboxed`, `External`, `Runtime` and `Secret` alone.

    Args:
        converter: the host's converter.
        env: where references are looked up; `os.environ` at the time of each call by default.
        policy: the host's limits on what a table may ask for.
        allow_env: glob patterns of the variables that a table may read; all by default.
        section: the dotted path that findings name as the table's.

    Raises:
        TypeError: an argument is of another type.
        ValueError: `section` is not a dotted path.
    """
    if not isinstance(converter, BaseConverter):
        raise TypeError("converter must be a cattrs.Converter")
    allowed = None if allow_env is None else patterns(allow_env)
    read = mapping_reader(env, policy, section, allowed)
    read_mode = mapping_reader(env, _of_modes(policy), section, allowed)
    read_value = mapping_reader(env, _of_values(policy), section, allowed)

    converter.register_structure_hook(CodeExecutionConfig, _hook(read))
    converter.register_structure_hook(Mode, _hook(read_mode, lambda value: {"mode": value}, _mode))
    converter.register_structure_hook(
        Mode | None, _hook(read_mode, lambda value: {"mode": value}, _mode, takes_none=True)
    )
    for name, variant in VARIANTS.items():
        converter.register_structure_hook(variant, _hook(read_mode, _below("mode", name), _mode))
    converter.register_structure_hook(
        Runtime, _hook(read_value, _below("mode", "sandboxed", "runtime"), lambda config: _mode(config).runtime)
    )
    converter.register_structure_hook(
        Secret,
        _hook(
            read_value,
            lambda value: {"mode": {"external": {"url": _ANY_URL, "api_key": value}}},
            lambda config: _mode(config).api_key,
        ),
    )
    for cls in (CodeExecutionConfig, *VARIANTS.values()):
        converter.register_unstructure_hook(cls, to_plain)
    converter.register_unstructure_hook(Mode, union_to_plain)
    converter.register_unstructure_hook(Mode | None, lambda mode: None if mode is None else union_to_plain(mode))
    converter.register_unstructure_hook(Runtime, str)
    converter.register_unstructure_hook(Secret, secret_to_plain)


def _hook(
    read: Read,
    wrap: Callable[[Any], Any] = lambda value: value,
    pick: Callable[[Any], Any] = lambda config: config,
    *,
    takes_none: bool = False,
) -> Callable[[Any, Any], Any]:
    """Return a hook that reads a value as part of the section, and picks that part from the config."""

    def structure(value: Any, _: Any) -> Any:
        # A traceback shows this frame: it must refer to neither the environment nor the value.
        if value is None and takes_none:
            return None
        verdict = read(wrap(value))
        del value
        if isinstance(verdict, BaseException):
            raise verdict
        return pick(verdict)

    return structure


def _below(*path: str) -> Callable[[Any], Any]:
    def wrap(value: Any) -> Any:
        for part in reversed(path):
            value = {part: value}
        return value

    return wrap


def _mode(config: CodeExecutionConfig) -> Any:
    return config.mode


def _of_modes(policy: Policy | None) -> Policy | None:
    """Return the part of a policy that applies to a mode alone; the other keys only have their defaults."""
    return _without(policy, "max_timeout_secs", "max_memory_mb", "languages")


def _of_values(policy: Policy | None) -> Policy | None:
    """Return the part of a policy that applies to a runtime or a key alone."""
    return _without(_of_modes(policy), "modes", "url_hosts")


def _without(policy: Policy | None, *entries: str) -> Policy | None:
    # Anything but a policy is refused later, with the other arguments.
    changes: dict[str, Any] = dict.fromkeys(entries)
    return attrs.evolve(policy, **changes) if isinstance(policy, Policy) else policy
