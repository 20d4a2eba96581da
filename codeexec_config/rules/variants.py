"""How a tagged union is written, and what a text in place of it, or of a choice, was meant to name.

Other tools' names for a sandbox or a mode lead to a question, never to a fix: the user decides where code runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from codeexec_config.expressions import expression
from codeexec_config.keys import REQUIRED, Key, keys_of
from codeexec_config.limits import SWITCH
from codeexec_config.rules.spelling import is_excluded, nearest

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

NO_RUN: Final = f"to run no code, write {SWITCH} = false"
NO_VARIANT: Final = frozenset({"disable", "disabled", "false", "no", "none", "off"})
"""What people write in place of a mode to switch it off."""
_WORD: Final = expression(r"[A-Za-z0-9]+")
_NEGATIONS: Final = frozenset({"no", "non", "not", "without"})
_LONGEST: Final = 64


def union_forms(variants: Mapping[str, type[Any]], without: Container[str] = ()) -> str:
    """Return how to write each variant, except some."""
    forms = (_form(name, variants) for name in variants if name not in without)
    return f"write {' or '.join(forms)}"


def variant_form(name: str, variants: Mapping[str, type[Any]], text: str = "") -> str:
    """Return how to write a variant with its required keys, using a choice that the text names."""
    return f"write {_form(name, variants, text)}"


def _form(name: str, variants: Mapping[str, type[Any]], text: str = "") -> str:
    if name == next(iter(variants)):
        return f'mode = "{name}"'
    needed = (key for key in keys_of(variants[name]) if key.default is REQUIRED)
    inner = ", ".join(f'{key.name} = "{meant_choice(text, key) or key.examples[0]}"' for key in needed)
    return f"mode = {{ {name} = {{ {inner} }} }}"


def meant_choice(text: str, key: Key) -> str | None:
    """Return the one choice of a key that a text names, perhaps misspelt, or that one of its words names; or None."""
    choices = key.choices or {}
    return nearest(text, choices) or _named(text, {name: name for name in choices} | key.aliases)


def meant_variant(text: str, union: Key) -> str | None:
    """Return the one variant of a union that a text names, directly or by one of the variant's choices."""
    variants = union.variants or {}
    if near := nearest(text, variants):
        return near
    names = {name: name for name in variants} | union.aliases
    for name, cls in variants.items():
        for key in keys_of(cls):
            names |= dict.fromkeys((*(key.choices or ()), *key.aliases), name)
    return _named(text, names)


def _named(text: str, names: Mapping[str, str]) -> str | None:
    if len(text) > _LONGEST or is_excluded(text):
        return None
    words = [word.lower() for word in _WORD.findall(text)]
    found = {names[word] for word in words if word in names}
    return found.pop() if len(found) == 1 and _NEGATIONS.isdisjoint(words) else None
