"""Turn plain data into the model, and report everything that is wrong with its shape.

Each key of a class has the hook of its kind. A hook checks types and shapes and raises its findings; cattrs gathers
these into a tree of errors whose notes contain the path. What values mean is left to the rules, which the constructors
run.
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cattrs import BaseValidationError, ClassValidationError, ForbiddenExtraKeysError
from cattrs.errors import AttributeValidationNote

from codeexec_config.findings import LISTED, Finding, Target, printable
from codeexec_config.keys import Key, Kind, key_table, keys_of, once_a_class, union_of
from codeexec_config.secret import Secret
from codeexec_config.section.quick import generated
from codeexec_config.section.resolution import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from codeexec_config.section.suggestions import Meaning

    Hook = Callable[[Any, Any], Any]

_LISTED: Final = LISTED + 1
"""The most findings on one array or table: one more than a report lists, to show that there are more."""
_STRINGS: Final = frozenset({str})


class Invalid(Exception):  # noqa: N818 -- it carries findings through cattrs; it is not an error
    """Carry findings up through cattrs; none means that the value is unknown and already has its finding."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__()
        self.findings = findings


def build(values: dict[str, Any], model: type[Any]) -> tuple[Any, list[Finding]]:
    """Return an instance of the model, or the findings on the shape (none if a rule on values fails)."""
    try:
        return _hook_of(model)(values, model), []
    except BaseValidationError as error:
        return None, list(_findings(error, values, model))


@once_a_class
def _hook_of(cls: type[Any]) -> Hook:
    """Return the hook for a class's table; the one of cattrs would accept any object that can be indexed."""
    return generated(cls, _hook_of_key, strict=True)


def _hook_of_key(key: Key) -> Hook:
    return _union(key) if key.kind == "union" else partial(_HOOKS[key.kind], key)


# -- one hook per kind -------------------------------------------------------------------------------------------------


def _boolean(key: Key, value: Any, _: Any) -> bool:
    if type(value) is not bool:
        raise _wrong_type(value, "a boolean, true or false", _hint(key, value))
    return value


def _integer(key: Key, value: Any, _: Any) -> int:
    if type(value) is not int:
        raise _wrong_type(value, "an integer", _hint(key, value))
    return value


def _text(key: Key, value: Any, _: Any) -> str:
    if type(value) is not str:
        raise _wrong_type(value, "a string", _example(key))
    return value


def _choice(key: Key, value: Any, __: Any) -> str:
    if type(value) is not str:
        raise _wrong_type(value, "a string", f"write one of {', '.join(key.choices or ())}")
    return value


def _secret(key: Key, value: Any, _: Any) -> Secret:
    if type(value) is not Secret:
        without = f", or leave {key.name} out for none" if value is False and key.default is None else ""
        raise _wrong_type(value, "a string", _reference_within(key, value) or _example(key) + without)
    return value


def _reference_within(key: Key, value: Any) -> str | None:
    """Return how to write a key whose variable is the only thing that an array or a table names."""
    from codeexec_config.rules.foreign import referred

    if type(value) not in {dict, list} or len(value) != 1:
        return None
    [name, text] = next(iter(value.items())) if type(value) is dict else ("", value[0])
    if type(text) is not str:
        return None
    named = referred(text) or referred(f"{name.removeprefix('from_')}:{text}")  # as in { env = "NAME" }
    return named and f'write {key.name} = "{named}"'


def _example(key: Key) -> str:
    return f'write {key.name} = "{key.examples[0]}"'


def _list(key: Key, value: Any, _: Any) -> tuple[str, ...]:
    if type(value) is not list:
        raise _wrong_type(value, "an array of strings", _hint(key, value))
    if _STRINGS.issuperset(map(type, value)):
        return tuple(value)
    findings: list[Finding] = []
    for index, entry in enumerate(value):
        if type(entry) is not str:
            hint = f'each entry is a name, such as "{key.examples[0][0]}"'
            findings += (finding.under(index) for finding in _wrong_type(entry, "a string", hint).findings)
        if len(findings) >= _LISTED:
            break
    raise Invalid(*findings)


def build_variant(key: Key, table: dict[str, Any]) -> Any:
    """Return the variant for a table without mistakes."""
    return _union(key)(table, None)


def _union(key: Key) -> Hook:
    """Return the hook of the union, which reads the bare name of the first variant, or a table with one variant."""
    variants = key.variants or {}
    made = tuple(variants.values())

    def hook(value: Any, _: Any) -> Any:
        if type(value) is dict:
            return _tagged(key, value, variants)
        if isinstance(value, made):
            return value  # made beforehand by the pipeline
        if type(value) is str:
            return _named_variant(key, value)
        raise _no_union(value, variants)

    return hook


def _tagged(key: Key, value: dict[str, Any], variants: Mapping[str, type[Any]]) -> Any:
    known = [name for name in value if name in variants]
    if len(known) != 1:
        raise Invalid(_no_variant(key, value) if not known else _ambiguous(known, value))
    name = known[0]
    findings = [_unknown_variant_key(other, name) for other in value if other != name] if len(value) > 1 else []
    try:
        variant = _variant(value[name], variants[name])
    except Invalid as error:
        findings += (finding.under(name) for finding in error.findings)
        raise Invalid(*findings) from None
    if findings:
        raise Invalid(*findings)
    return variant


def _variant(table: Any, cls: type[Any]) -> Any:
    if type(table) is not dict:
        raise _wrong_type(table, "a table")
    try:
        return _hook_of(cls)(table, cls)
    except BaseValidationError as error:
        found = list(_findings(error, table, cls))
    raise Invalid(*found)


_HOOKS: Final[dict[Kind, Callable[[Key, Any, Any], Any]]] = {
    "boolean": _boolean,
    "integer": _integer,
    "text": _text,
    "secret": _secret,
    "choice": _choice,
    "list": _list,
}


def _hint(key: Key, value: Any) -> str | None:
    """Return how to write a value of another type as one of the key's type."""
    from codeexec_config.section.habits import habit_hint

    return None if value is UNKNOWN else habit_hint(key, value)


def _wrong_type(value: Any, expected: str, hint: str | None = None) -> Invalid:
    if value is UNKNOWN:
        return Invalid()
    return Invalid(Finding("wrong-type", f"expected {expected}, found {_kind_of(value)}", help=hint))


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
    return next((name for kind, name in names if isinstance(value, kind)), "something that TOML cannot represent")


# -- the tagged union --------------------------------------------------------------------------------------------------


def _no_union(value: Any, variants: Mapping[str, type[Any]]) -> Invalid:
    from codeexec_config.rules.variants import NO_RUN, union_forms

    hint = f"{NO_RUN}; otherwise {union_forms(variants)}" if value is False else union_forms(variants)
    return _wrong_type(value, f'the string "{next(iter(variants))}" or a table', hint)


def _listed(key: Key) -> str:
    return f"the modes are {', '.join(key.variants or ())}"


def _named_variant(key: Key, name: str) -> Any:
    variants = key.variants or {}
    bare = next(iter(variants))
    if name == bare:
        return variants[bare]()
    from codeexec_config.document.characters import cleaned
    from codeexec_config.rules.variants import NO_RUN, NO_VARIANT, meant_variant, variant_form

    if name in variants:
        hint = variant_form(name, variants)
        raise Invalid(Finding("wrong-type", f"mode {name} must be a table with its keys", help=hint))
    near = meant_variant(cleaned(name), key)
    hint = _listed(key)
    if name.lower() in NO_VARIANT:
        hint = f"{hint}; {NO_RUN}"
    elif near == bare:
        hint = f'did you mean "{bare}"? {hint}'
    elif near:
        hint = f"did you mean `{near}`? {hint}; {variant_form(near, variants, name)}"
    raise Invalid(Finding("unknown-mode", f"invalid mode{_oddity(name)}", help=hint))


def _no_variant(key: Key, table: dict[str, Any]) -> Finding:
    if not table:
        from codeexec_config.rules.variants import union_forms

        return Finding("empty-mode", "the mode is an empty table", help=union_forms(key.variants or {}))
    first = next(iter(table))
    from codeexec_config.document.characters import cleaned
    from codeexec_config.rules.spelling import nearest

    near = nearest(cleaned(first), key.variants or ())
    lead = f"did you mean `{near}`?" if near else None
    return Finding(
        "unknown-mode",
        f"invalid mode `{printable(first)}`{_oddity(first)}",
        (first,),
        help=" ".join(part for part in (lead, _listed(key)) if part),
        target=Target((first,), "key"),
    )


def _oddity(name: str) -> str:
    """Return a suffix on the first invisible or look-alike character of a name, or an empty text."""
    from codeexec_config.document.characters import strange

    odd = strange(name)
    return f": it contains {odd[1]}" if odd else ""


def _ambiguous(known: list[str], table: dict[str, Any]) -> Finding:
    first, second = known[:2]
    off = [name for name in known if table[name] is False]
    is_one_on = len(known) - len(off) == 1
    hint = f"leave out `{'` and `'.join(off)}`: only the mode that is wanted is written"
    return Finding(
        "ambiguous-mode",
        f"`{second}` is a second mode beside `{first}`",
        (second,),
        help=hint if is_one_on else "keep one of them",
        target=Target((second,), "key"),
        related=(("the first mode is here", Target((first,), "key")),),
    )


def _unknown_variant_key(key: str, name: str) -> Finding:
    return Finding(
        "unknown-key",
        f"unknown key `{printable(key)}` beside `{name}`",
        (key,),
        help="a mode table has exactly one key; remove this one",
        target=Target((key,), "key"),
    )


# -- reading the tree of errors ----------------------------------------------------------------------------------------


def _findings(error: BaseException, values: dict[str, Any], cls: type[Any]) -> Iterator[Finding]:
    """Yield the findings on one class's table; broken rules on values are left to the loader."""
    missing: list[str] = []
    unknown: list[str] = []
    for inner in error.exceptions if isinstance(error, ClassValidationError) else (error,):
        name = _attribute(inner)
        if isinstance(inner, RecursionError):
            raise inner  # the caller is near the recursion limit
        if isinstance(inner, ForbiddenExtraKeysError):
            unknown = [key for key in values if key in inner.extra_fields]
        elif isinstance(inner, KeyError):
            missing.append(name)
        elif isinstance(inner, Invalid):
            yield from (finding.under(name) for finding in inner.findings)
    if unknown:
        meant = meanings(values, cls)
        yield from (_unknown_key(key, meant.get(key), values, cls) for key in unknown[:_LISTED])
        stood_for = {found.key.name for found in meant.values()}
        missing = [key for key in missing if key not in stood_for]
    yield from (_missing_key(key_table(cls)[key]) for key in missing)


def _attribute(error: BaseException) -> str:
    notes = getattr(error, "__notes__", ())
    return next((note.name for note in notes if isinstance(note, AttributeValidationNote)), "")


def _unknown_key(key: str, found: Meaning | None, values: dict[str, Any], cls: type[Any]) -> Finding:
    names = tuple(key_table(cls))
    if found is None:
        hint = _known(names)
    elif type(values[key]) is dict and found.key.kind != "union" and not found.is_exact:
        hint = f"`{found.key.name}` takes no table; {_known(names)}"
    elif found.is_same and found.key.name in values:
        is_opposite = found.sense.name == "NEGATION" and not _are_opposite(values[key], values[found.key.name])
        opposite = ", and says the opposite" if is_opposite else ""
        hint = f"`{found.key.name}` is already set here{opposite}; remove one of them"
    else:
        hint = found.help
    return Finding(
        "unknown-key",
        f"unknown key `{printable(key)}`{_oddity(key)}",
        (key,),
        help=hint,
        target=Target((key,), "key"),
    )


def _known(names: tuple[str, ...]) -> str:
    if len(names) > 1:
        return f"the keys are {', '.join(names)}"
    return f"the only key is {names[0]}" if names else "this table has no keys"


def _are_opposite(one: Any, other: Any) -> bool:
    return type(one) is type(other) is bool and one is not other


def _missing_key(key: Key) -> Finding:
    hint = f'add {key.name} = "{key.examples[0]}"'
    if key.choices is not None:
        hint = f"{hint}, or another of {', '.join(key.choices)}"
    return Finding("missing-key", f"missing key `{key.name}`", (key.name,), help=hint, target=Target(()))


def is_in_pieces(values: dict[str, Any], model: type[Any]) -> bool:
    """Check whether a section without a mode has part of one: a variant's table, or a key of it."""
    union = union_of(model)
    variants = union.variants if union and union.variants else {}
    if union is None or union.name in values:
        return False
    names = {*variants, *(key.name for cls in variants.values() for key in keys_of(cls))}
    from codeexec_config.rules.spelling import nearest

    unknown = [key for key in values if key not in key_table(model)][:_LISTED]
    return any(key in names or nearest(key, names) for key in unknown)


def is_keyed(table: dict[str, Any], cls: type[Any]) -> bool:
    """Check whether a class's table has a secret, or a misspelt key meant as one."""
    secrets = {key.name for key in keys_of(cls) if key.kind == "secret"}
    if secrets.isdisjoint(table):
        return bool(secrets) and not secrets.isdisjoint(misspelt(table, cls).values())
    return True


def misspelt(values: dict[str, Any], cls: type[Any]) -> dict[str, str]:
    """Return the unknown keys of a table that were meant as a known one that it lacks, with that one."""
    return {key: found.key.name for key, found in meanings(values, cls).items() if found.key.name not in values}


def meanings(values: Mapping[str, Any], cls: type[Any]) -> dict[str, Meaning]:
    """Return what the unknown keys of a table were meant to be, as far as that is known."""
    unknown = [key for key in values if key not in key_table(cls)][:_LISTED]
    if not unknown:
        return {}
    from codeexec_config.section.suggestions import meaning

    return {key: found for key in unknown if (found := meaning(key, cls))}
