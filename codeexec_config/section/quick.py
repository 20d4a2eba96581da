"""Structure a section in one pass if nothing is wrong and each reference is a whole string, as in most files.

Everything else falls back to the slow path, `resolve` and `structure`. That reads at least the variables that were
read here, so the attempt leaves no trace.
"""

from __future__ import annotations

from threading import local
from typing import TYPE_CHECKING, Any, Final, assert_never

from cattrs import global_converter
from cattrs.gen import make_dict_structure_fn, override

from codeexec_config.keys import Key, key_table, keys_of, once_a_class
from codeexec_config.model import OWN_CODE
from codeexec_config.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeexec_config.section.environment import Environment

    Hook = Callable[[Any, Any], Any]

_CALL: Final = local()
"""Its `environment` is where the hooks of one call look names up: cattrs passes them only the value.

A context variable would do, but importing its module takes as long as two of ours; attrs has already imported this one.
"""


class EnvironmentRaisedError(Exception):
    """Carry up what the host's environment raised."""

    def __init__(self, failure: BaseException) -> None:
        super().__init__()
        self.failure = failure


class _NeedsMoreError(Exception):
    """Leave a value to the slow path."""


def structured(section: dict[str, Any], environment: Environment | None, model: type[Any]) -> Any:
    """Return an instance of the model, or None if the slow path is needed.

    Args:
        section: the section; its switch is on.
        environment: where references are looked up, or None to look up none.
        model: the class.

    Raises:
        EnvironmentRaisedError: the environment raised.
        RecursionError: the caller is near the recursion limit.
    """
    outer = getattr(_CALL, "environment", None)  # a host's mapping may itself load a file
    _CALL.environment = environment
    try:
        return _table(section, model)
    except (EnvironmentRaisedError, RecursionError):
        raise
    except Exception:  # noqa: BLE001 -- the slow path reports it
        return None
    finally:
        _CALL.environment = outer


def _table(table: Any, cls: type[Any]) -> Any:
    names, hook = _reader_of(cls)
    if not table.keys() <= names:
        raise _NeedsMoreError
    return hook(table, cls)


@once_a_class
def _reader_of(cls: type[Any]) -> tuple[frozenset[str], Hook]:
    # What cattrs generates to forbid other keys copies each table's keys, which takes a tenth of the time.
    return frozenset(key_table(cls)), generated(cls, _hook_of_key, strict=False)


def generated(cls: type[Any], hook_of_key: Callable[[Key], Hook], *, strict: bool) -> Hook:
    """Have cattrs generate the hook that structures a class's table, and register its code with the class's guard.

    A strict hook refuses other keys, and goes on after the first error.
    """
    overrides: Any = {key.name: override(struct_hook=hook_of_key(key)) for key in keys_of(cls)}
    # Each key has its hook, so the converter decides nothing; creating another one takes time at every start-up.
    hook: Any = make_dict_structure_fn(
        cls,
        global_converter,
        _cattrs_forbid_extra_keys=strict,
        _cattrs_detailed_validation=strict,
        _cattrs_prefer_attrib_converters=False,
        _cattrs_use_alias=False,
        **overrides,
    )
    OWN_CODE[id(hook.__code__)] = hook.__code__
    return hook  # type: ignore[no-any-return]


# -- one hook per kind: types and ranges are left to the constructors --------------------------------------------------


def _hook_of_key(key: Key) -> Hook:
    match key.kind:
        case "boolean" | "integer":
            return _typed
        case "text":
            return _text
        case "secret":
            return _secret
        case "list":
            return _list
        case "union":
            return _union(key)
        case "choice":
            return _choice
        case _:
            assert_never(key.kind)


def _typed(value: Any, _: Any) -> Any:
    if type(value) is str:
        raise _NeedsMoreError
    return value


def _choice(value: Any, _: Any) -> Any:
    return value


def _text(value: Any, _: Any) -> Any:
    return _read(value) if "$" in value else value


def _secret(value: Any, _: Any) -> Secret:
    return Secret._read(_read(value, is_secret=True), reference=value)  # noqa: SLF001 -- made here and in `resolve`


def _list(value: Any, _: Any) -> Any:
    if type(value) is not list:
        raise _NeedsMoreError  # joining a table would read its keys
    if "$" not in "".join(value):
        return value
    made = {text: _read(text) for text in dict.fromkeys(value) if "$" in text}
    return [made.get(entry, entry) for entry in value]


def _union(key: Key) -> Hook:
    variants = key.variants or {}
    bare = next(iter(variants))

    def hook(value: Any, _: Any) -> Any:
        if value == bare:
            return variants[bare]()
        [(name, table)] = value.items()
        return _table(table, variants[name])

    return hook


def _read(text: str, *, is_secret: bool = False) -> str:
    environment: Environment | None = _CALL.environment
    value = environment.read(text, is_secret=is_secret) if environment is not None else None
    if value is None:
        raise _NeedsMoreError
    if isinstance(value, BaseException):
        raise EnvironmentRaisedError(value)
    return value
