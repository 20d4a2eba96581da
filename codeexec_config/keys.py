"""The description of each key of the section, in the metadata of its field.

Everything that depends on a key iterates over `keys_of` a class and reads the descriptions: resolution, structure,
rules, excerpts, fixes, `to_toml`, the JSON Schema, `init`, the README's tables. Behaviour depends on the kind of a key,
never on its name; only the rules across keys name keys.
"""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar, cast

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    _T = TypeVar("_T")

_METADATA: Final = "codeexec_config"
REQUIRED: Final = attrs.NOTHING
"""The default of a key that has none."""
Kind: TypeAlias = Literal["boolean", "integer", "text", "secret", "choice", "list", "union"]
"""The kind of a key's value. Not an enumeration: creating one takes longer than this module, at every start-up."""


# Neither is a named tuple or an attrs class: creating one takes longer than importing a module, at every start-up.


class Bounds:
    """The inclusive range of an integer key, its unit in the singular, and the reasons for its ends."""

    __slots__ = ("ceiling_reason", "floor_reason", "maximum", "minimum", "unit")

    def __init__(self, minimum: int, maximum: int, unit: str, floor_reason: str, ceiling_reason: str) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self.unit = unit
        self.floor_reason = floor_reason
        self.ceiling_reason = ceiling_reason


class Key:
    """The description of a key, from which everything else follows.

    Attributes:
        kind: the kind of its value.
        text: one line on its purpose.
        examples: values to start from, in the order in which they are offered.
        bounds: of an integer, its range.
        form: of a text, a choice or an entry, the name of the grammar that it follows.
        choices: of a choice, each name with a line of text.
        aliases: of a choice or a union, what other tools call one of its names.
        item: of a list, the description of its entries.
        variants: of a union, the class of each variant by its discriminator.
        name: the field's name.
        default: the field's default, or `REQUIRED`.
    """

    __slots__ = (
        "aliases",
        "bounds",
        "choices",
        "default",
        "examples",
        "form",
        "item",
        "kind",
        "name",
        "text",
        "variants",
    )

    def __init__(
        self,
        kind: Kind,
        text: str = "",
        *,
        examples: tuple[Any, ...] = (),
        bounds: Bounds | None = None,
        form: str | None = None,
        choices: Mapping[str, str] | None = None,
        aliases: Mapping[str, str] | None = None,
        item: Key | None = None,
        variants: Mapping[str, type[Any]] | None = None,
    ) -> None:
        self.kind: Kind = kind
        self.text = text
        self.examples = examples
        self.bounds = bounds
        self.form = form
        self.choices = choices
        self.aliases = dict(aliases or {})
        self.item = item
        self.variants = variants
        self.name = ""
        self.default: Any = REQUIRED

    @property
    def takes_references(self) -> bool:
        """Whether its value may come from the environment: what decides the isolation is in the file."""
        return self.kind not in {"choice", "union"}

    @property
    def is_typed(self) -> bool:
        """Whether a reference must be the whole string, and its value is read by TOML's grammar."""
        return self.kind in {"boolean", "integer"}


class ByFields:
    """Show, compare and hash an instance by its fields.

    attrs would compile these methods for every class, at every import.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        # A traceback may show an instance whose constructor has refused its arguments.
        fields = (
            f"{field.name}={self.__shown(field)}" for field in attrs.fields(cast("Any", type(self))) if field.repr
        )
        return f"{type(self).__name__}({', '.join(fields)})"

    def __shown(self, field: attrs.Attribute[Any]) -> str:
        value = getattr(self, field.name, attrs.NOTHING)
        return field.repr(value) if callable(field.repr) and value is not attrs.NOTHING else repr(value)

    def __eq__(self, other: object, /) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names = [field.name for field in attrs.fields(cast("Any", type(self))) if field.eq]
        return [getattr(self, name) for name in names] == [getattr(other, name) for name in names]

    def __hash__(self) -> int:
        fields = attrs.fields(cast("Any", type(self)))
        hashed = (field for field in fields if (field.eq if field.hash is None else field.hash))
        return hash((type(self), *(getattr(self, field.name) for field in hashed)))


def described(key: Key) -> dict[str, Key]:
    """Return the metadata that describes a field."""
    return {_METADATA: key}


def once_a_class(make: Callable[[type[Any]], _T]) -> Callable[[type[Any]], _T]:
    """Cache a function's result for each class: `functools.cache`, with a type that fits classes."""
    return cast("Callable[[type[Any]], _T]", cache(make))


@once_a_class
def keys_of(cls: type[Any]) -> tuple[Key, ...]:
    """Return the keys of a class's table, in the order of its fields."""
    return tuple(map(_key_of, attrs.fields(cls)))


def _key_of(field: attrs.Attribute[Any]) -> Key:
    if _METADATA not in field.metadata:
        raise TypeError(f"`{field.name}` is not a key of the section: a subclass adds no fields")
    key: Key = copy(field.metadata[_METADATA])
    key.name, key.default = field.name, field.default
    return key


@once_a_class
def key_table(cls: type[Any]) -> dict[str, Key]:
    """Return the keys of a class's table by name."""
    return {key.name: key for key in keys_of(cls)}


@once_a_class
def union_of(cls: type[Any]) -> Key | None:
    """Return the tagged union among the keys of a class, if it has one."""
    return next((key for key in keys_of(cls) if key.kind == "union"), None)
