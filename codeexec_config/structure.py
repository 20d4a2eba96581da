"""Turn plain data into the model: the one place that knows cattrs.

The hooks look at types and shapes and raise what they find with the keys they know; cattrs gathers it into a tree of
errors whose notes hold the way there. What values mean is left to the rules of `checks`.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

import attrs
from cattrs import BaseValidationError, ClassValidationError, Converter, ForbiddenExtraKeysError
from cattrs.errors import AttributeValidationNote
from cattrs.gen import make_dict_structure_fn

from codeexec_config import limits
from codeexec_config.diagnostics import Finding, Path, Target, printable
from codeexec_config.model import CodeExecutionConfig, External, Mode, Runtime, Sandboxed, Wasm
from codeexec_config.resolution import UNKNOWN
from codeexec_config.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_VARIANTS: Final = MappingProxyType({"wasm": Wasm, "sandboxed": Sandboxed, "external": External})
_LISTED_MODES: Final = f"the modes are {', '.join(limits.MODES)}"
_LISTED: Final = 1001
"""Findings that one array or table may have, one more than a report lists: so it knows that there are more."""


class Invalid(Exception):  # noqa: N818 -- findings travelling through cattrs, not an error of ours
    """Carry findings up through cattrs; none means that the value is not known and its finding is made already."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__()
        self.findings = findings


def build(values: dict[str, Any]) -> tuple[CodeExecutionConfig | None, list[Finding]]:
    """Make a config, or say what of its shape is wrong (nothing, when only a rule on values fails)."""
    try:
        return _converter().structure(values, CodeExecutionConfig), []
    except BaseValidationError as error:
        return None, list(_findings(error, values, CodeExecutionConfig))


@cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=True)
    register(converter)
    converter.register_structure_hook(CodeExecutionConfig, _class_hook(converter, CodeExecutionConfig))
    return converter


def register(converter: Converter) -> None:
    """Teach a converter the strict types of the section; nothing is coerced."""
    hooks: Iterable[tuple[Any, Callable[[Any, Any], Any]]] = (
        (bool, _boolean),
        (int, _integer),
        (str, _text),
        (Runtime, _runtime),
    )
    for cls, hook in hooks:
        converter.register_structure_hook(cls, hook)
    for kind, hook in ((tuple[str, ...], _languages), (Secret | None, _secret)):
        converter.register_structure_hook_func(_is(kind), hook)
    variants = {cls: _class_hook(converter, cls) for cls in _VARIANTS.values()}
    converter.register_structure_hook_func(_is(Mode), lambda value, _: _mode(value, variants))


def _is(kind: Any) -> Callable[[Any], bool]:
    return lambda other: bool(other == kind)


def _class_hook(converter: Converter, cls: type[Any]) -> Callable[[Any, Any], Any]:
    inner = make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True)

    def hook(value: Any, kind: Any) -> Any:
        # cattrs' own function would take any object that can be indexed.
        if type(value) is not dict:
            raise _wrong_type(value, "a table")
        return inner(value, kind)

    return hook


# -- leaves: a type each -----------------------------------------------------------------------------------------------


def _boolean(value: Any, _: Any) -> bool:
    return cast("bool", _exactly(value, bool, "a boolean, true or false"))


def _integer(value: Any, _: Any) -> int:
    return cast("int", _exactly(value, int, "an integer"))


def _text(value: Any, _: Any) -> str:
    return cast("str", _exactly(value, str, "a string"))


def _secret(value: Any, _: Any) -> Secret:
    return cast("Secret", _exactly(value, Secret, "a string"))


def _exactly(value: Any, kind: type, expected: str) -> Any:
    if type(value) is not kind:
        raise _wrong_type(value, expected)
    return value


def _wrong_type(value: Any, expected: str, hint: str | None = None) -> Invalid:
    if value is UNKNOWN:
        return Invalid()
    return Invalid(Finding("wrong-type", f"this must be {expected}, not {_kind_of(value)}", help=hint))


def _kind_of(value: Any) -> str:
    names: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a float"),
        ((str, Secret), "a string"),
        (list, "an array"),
        (dict, "a table"),
        ((dt.date, dt.time), "a date or time"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "what TOML cannot hold")


def _languages(value: Any, _: Any) -> tuple[str, ...]:
    if type(value) is not list:
        raise _wrong_type(value, "an array of strings", 'write it in brackets, such as ["python"]')
    findings: list[Finding] = []
    wrong = False
    for index, item in enumerate(value):
        if type(item) is str:
            continue
        wrong = True
        findings += (finding.under(index) for finding in _wrong_type(item, "a string").findings)
        if len(findings) >= _LISTED:
            break
    if wrong:
        raise Invalid(*findings)
    return tuple(value)


def _runtime(value: Any, _: Any) -> Runtime:
    if type(value) is not str:
        raise _wrong_type(value, "a string")
    if value in limits.RUNTIMES:
        return Runtime(value)
    from codeexec_config.suggest import nearest_name

    near = nearest_name(value, limits.RUNTIMES)
    listed = ", ".join(limits.RUNTIMES)
    hint = f'did you mean "{near}"? the runtimes are {listed}' if near else f"write one of {listed}"
    raise Invalid(Finding("unknown-runtime", "this is no runtime", help=hint))


# -- the tagged union --------------------------------------------------------------------------------------------------


def _mode(value: Any, variants: dict[type, Callable[[Any, Any], Any]]) -> Mode:
    """Read the union: the string "wasm", or a table whose one key is the discriminator."""
    if type(value) is str:
        return _mode_name(value)
    if type(value) is not dict:
        raise _wrong_type(value, 'the string "wasm" or a table', _forms())
    known = [name for name in value if name in _VARIANTS]
    if len(known) != 1:
        raise Invalid(_no_variant(value) if not known else _ambiguous(known))
    name = known[0]
    findings = [_unknown_variant_key(key, name) for key in value if key != name]
    try:
        mode = variants[_VARIANTS[name]](value[name], _VARIANTS[name])
    except Invalid as error:
        findings += (finding.under(name) for finding in error.findings)
        raise Invalid(*findings) from None
    except BaseValidationError as error:
        findings += (finding.under(name) for finding in _findings(error, value[name], _VARIANTS[name]))
        raise Invalid(*findings) from None
    if findings:
        raise Invalid(*findings)
    return cast("Mode", mode)


def _forms() -> str:
    tables = (_table_form("sandboxed"), _table_form("external"))
    return " or ".join(('write mode = "wasm"', *(table.removeprefix("write ") for table in tables)))


def _mode_name(name: str) -> Mode:
    if name == "wasm":
        return Wasm()
    if name in _VARIANTS:
        raise Invalid(Finding("wrong-type", f"mode {name} is a table, with what it needs", help=_table_form(name)))
    from codeexec_config.suggest import nearest_name

    near = nearest_name(name, limits.MODES)
    hint = _LISTED_MODES
    if near == "wasm":
        hint = f'did you mean "wasm"? {hint}'
    elif near:
        hint = f"did you mean `{near}`? {hint}; {_table_form(near)}"
    raise Invalid(Finding("unknown-mode", "this is no mode", help=hint))


def _table_form(name: str) -> str:
    inner = 'runtime = "docker"' if name == "sandboxed" else 'url = "https://code-exec.example.com"'
    return f"write mode = {{ {name} = {{ {inner} }} }}"


def _no_variant(value: dict[str, Any]) -> Finding:
    if not value:
        return Finding("empty-mode", "this mode is an empty table", help=_forms())
    first = next(iter(value))
    from codeexec_config.suggest import nearest_name

    near = nearest_name(first, limits.MODES)
    stray = _stray_key(first)
    lead = f"{stray};" if stray else f"did you mean `{near}`?" if near else None
    return Finding(
        "unknown-mode",
        f"`{printable(first)}` is no mode",
        (first,),
        help=" ".join(part for part in (lead, _LISTED_MODES) if part),
        target=Target((first,), "key"),
    )


def _ambiguous(known: list[str]) -> Finding:
    first, second = known[:2]
    return Finding(
        "ambiguous-mode",
        f"`{second}` is a second mode beside `{first}`",
        (second,),
        help="keep one of them",
        target=Target((second,), "key"),
        related=(("the first mode is here", Target((first,), "key")),),
    )


def _unknown_variant_key(key: str, name: str) -> Finding:
    return Finding(
        "unknown-key",
        f"`{printable(key)}` is no key beside `{name}`",
        (key,),
        help=_stray_key(key) or "a mode table holds one key; remove this one",
        target=Target((key,), "key"),
    )


def _stray_key(key: str) -> str | None:
    """Say where a key of the section belongs that a header of the mode has swallowed."""
    if key not in limits.SECTION_KEYS:
        return None
    return f"`{key}` belongs to the section itself: move it above the header of the mode"


# -- reading the tree of errors ----------------------------------------------------------------------------------------


def _findings(error: BaseException, values: dict[str, Any], cls: type[Any]) -> Iterator[Finding]:
    """Give the findings of one class's table; rules on values that its constructor broke are left to the loader."""
    missing: list[str] = []
    unknown: list[str] = []
    for inner in error.exceptions if isinstance(error, ClassValidationError) else (error,):
        name = _attribute(inner)
        if isinstance(inner, ForbiddenExtraKeysError):
            unknown = [key for key in values if key in inner.extra_fields]
        elif isinstance(inner, KeyError):
            missing.append(name)
        elif isinstance(inner, Invalid):
            yield from (finding.under(name) for finding in inner.findings)
    meant = {key: meant_key(key, values, cls) for key in unknown[:_LISTED]}
    yield from (_unknown_key(key, near, cls) for key, near in meant.items())
    yield from (_missing_key(key) for key in missing if key not in meant.values())


def _attribute(error: BaseException) -> str:
    notes = getattr(error, "__notes__", ())
    return next((note.name for note in notes if isinstance(note, AttributeValidationNote)), "")


def key_names(cls: type[Any]) -> tuple[str, ...]:
    """Give the keys of a class's table."""
    return tuple(field.name for field in attrs.fields(cls))


def meant_key(key: str, values: dict[str, Any], cls: type[Any]) -> str | None:
    """Give the key that an unknown one stands for, among those that the table lacks."""
    from codeexec_config.suggest import nearest_key

    return nearest_key(key, (name for name in key_names(cls) if name not in values))


def _unknown_key(key: str, near: str | None, cls: type[Any]) -> Finding:
    names = key_names(cls)
    hint = f"the keys are {', '.join(names)}" if names else "this table has no keys"
    if near:
        hint = f"did you mean `{near}`?"
    elif present := _nearest_of_all(key, names):
        hint = f"`{present}` is here already; remove this one"
    return Finding(
        "unknown-key",
        f"`{printable(key)}` is no key of this table",
        (key,),
        help=hint,
        target=Target((key,), "key"),
    )


def _nearest_of_all(key: str, names: tuple[str, ...]) -> str | None:
    from codeexec_config.suggest import nearest_key

    return nearest_key(key, names)


def _missing_key(key: str) -> Finding:
    wanted = {
        "runtime": f'add runtime = "docker", or another of {", ".join(limits.RUNTIMES)}',
        "url": 'add url = "https://...", the address of the service',
    }
    return Finding("missing-key", f"`{key}` is missing", (key,), help=wanted[key], target=Target(()))


def misspelt(values: dict[str, Any]) -> dict[str, str]:
    """Give the unknown keys of the section that stand for a known one."""
    unknown = [key for key in values if key not in limits.SECTION_KEYS][:_LISTED]
    meant = ((key, meant_key(key, values, CodeExecutionConfig)) for key in unknown)
    return {key: near for key, near in meant if near}


def leaf(values: dict[str, Any], path: Path, kind: type) -> Any:
    """Give the value at a path when it is of exactly this type, else None."""
    value: Any = values
    for part in path:
        value = value.get(part) if type(value) is dict else None
    return value if type(value) is kind else None
