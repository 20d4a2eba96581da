"""Recognise a mode that is written in another form, and keys in the wrong table.

People write the mode as in other tools: its name as a value with its keys beside it, its keys in the mode's own table,
its table directly in the section. Each of these is one mistake: one finding gives the right form, and the rest is not
reported.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config import references
from codeexec_config.expressions import expression
from codeexec_config.findings import Amendment, Finding, Path, dotted
from codeexec_config.keys import REQUIRED, Key, key_table, keys_of, union_of
from codeexec_config.rules.spelling import nearest, words_of
from codeexec_config.rules.variants import union_forms
from codeexec_config.section.resolution import UNKNOWN, value_at
from codeexec_config.section.soundness import conflicts, is_sound, is_sound_table
from codeexec_config.section.suggestions import Meaning, Sense, meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TAGS: Final = frozenset({"backend", "kind", "mode", "name", "tag", "type", "variant"})
"""What other tools call the key that names a variant."""
_SEPARATORS: Final = expression(r"[\s:/.+_-]+")
_MOST_WORDS: Final = 6
_MOST: Final = 100
"""The most unknown keys of a table, and texts within one, that are looked at."""


class _Part(NamedTuple):
    """A part of a mode in the wrong place.

    Attributes:
        path: where it is.
        variant: the variant that it belongs to.
        key: the key of the variant that its value is for, or None if it only names the variant.
        value: the value.
        is_table: whether it is the variant's whole table.
        is_named: whether the value is not written literally, but as the name of a table or as part of a text.
    """

    path: Path
    variant: str
    key: str | None = None
    value: Any = UNKNOWN
    is_table: bool = False
    is_named: bool = False

    @property
    def is_off(self) -> bool:
        """Whether it switches the variant off."""
        return self.key is None and self.value is False

    @property
    def keys(self) -> dict[str, Any]:
        """The keys of the variant that it gives, with their values."""
        if self.is_table:
            return self.value if type(self.value) is dict else {}
        return {self.key: self.value} if self.key else {}


def gathered(found: list[Finding], section: dict[str, Any], model: type[Any], path: Path) -> list[Finding]:
    """Return the findings on the shape, with those of one mistake joined into one.

    Args:
        found: the findings on the shape, with paths from the section.
        section: the section as in the file.
        model: the class that it is structured into.
        path: the path of the section.
    """
    union = union_of(model)
    return _Forms(section, model, union, path).joined(found) if union else found


class _Forms:
    def __init__(self, section: dict[str, Any], model: type[Any], union: Key, path: Path) -> None:
        self._section = section
        self._model = model
        self._union = union.name
        self._variants = dict(union.variants or {})
        self._path = path
        self._owners = {key.name: name for name, cls in self._variants.items() for key in keys_of(cls)}
        mode = section.get(union.name)
        self._mode: dict[str, Any] = mode if type(mode) is dict else {}
        self._homes = [name for name in self._variants if type(self._mode.get(name)) is dict]
        self._misspelt = [near for name in list(self._mode)[:_MOST] if (near := self._misspelt_home(name))]

    def _misspelt_home(self, name: str) -> str | None:
        """Return the variant whose table in the mode's this is, with its name misspelt."""
        is_table = name not in self._variants and type(self._mode[name]) is dict
        return nearest(name, self._variants) if is_table else None

    # -- one mistake, one finding --------------------------------------------------------------------------------------

    def joined(self, found: list[Finding]) -> list[Finding]:
        """Return the findings, with those on the parts of one mode joined into one."""
        parts = self._parts_of_one_mode()
        paths = {part.path for part in parts}
        ours = [finding for finding in found if parts and (finding.path in paths or self._is_of_shape(finding))]
        if not ours:
            return [self._placed(each) for each in found if not self._is_missing_elsewhere(each)]
        missing = {(self._union, part.variant, name) for part in parts for name in part.keys}
        rest = [
            self._placed(finding)
            for finding in found
            if finding not in ours and not (finding.code == "missing-key" and finding.path in missing)
        ]
        lead = next((finding for finding in ours if finding.code != "unknown-key"), ours[0])
        return [lead._replace(help=self._help(parts), amendment=self._cure(parts)), *rest]

    def _is_missing_elsewhere(self, finding: Finding) -> bool:
        """Check for a key that a table lacks because it should have another variant's name."""
        return finding.code == "missing-key" and self._is_of_another(finding.path[:-1], None)

    def _is_of_shape(self, finding: Finding) -> bool:
        """Check for the one finding on a mode's table that names no variant."""
        return finding.code in {"unknown-mode", "empty-mode"} and finding.path[:1] == (self._union,)

    def _parts_of_one_mode(self) -> list[_Part]:
        """Return the parts of a mode that is scattered over the section; none if it is whole or ambiguous."""
        if sum(name in self._mode for name in self._variants) > 1 or self._misspelt:
            return []
        parts = [*self._within(), *self._beside()]
        off = [part for part in parts if part.is_off]
        on = [part for part in parts if not part.is_off]
        if not on:
            return off
        names = [part for part in on if part.key is None or part.path[0] == self._union]
        variants = self._homes or list(dict.fromkeys(part.variant for part in (names or on)))
        mode = self._section.get(self._union)
        is_named_otherwise = not names and type(mode) is str
        if len(variants) != 1 or (is_named_otherwise and mode == next(iter(self._variants))):
            return []
        parts = [part for part in on if part.variant == variants[0]]
        if is_named_otherwise:
            parts.append(_Part((self._union,), variants[0], None, mode))
        parts += off
        is_name_alone = [(part.path, part.key) for part in parts] == [((self._union,), None)]
        return [] if is_name_alone else parts

    def _beside(self) -> Iterator[_Part]:
        """Yield the parts of a mode in the section itself."""
        known = key_table(self._model)
        for name in [name for name in self._section if name not in known][:_MOST]:
            yield from self._stray((name,), self._section[name])
        mode = self._section.get(self._union)
        if type(mode) is str and mode != next(iter(self._variants)):
            yield from self._named((self._union,), mode)

    def _within(self) -> Iterator[_Part]:
        """Yield the parts in the mode's own table that are not a variant's table."""
        for name in list(self._mode)[:_MOST]:
            value = self._mode[name]
            path = (self._union, name)
            if name not in self._variants:
                yield from self._stray(path, value)
            elif type(value) is not dict:
                yield from self._scalar(path, name, value)
            else:
                yield from self._choices_within(path, name, value)

    def _choices_within(self, path: Path, variant: str, table: dict[str, Any]) -> Iterator[_Part]:
        """Yield the names of choices that are keys of a variant's table, which lacks the key itself."""
        for name in list(table)[:_MOST]:
            for part in self._choice((*path, name), name):
                if part.variant == variant and part.key not in table:
                    yield part

    def _choice(self, path: Path, text: str) -> Iterator[_Part]:
        for variant, cls in self._variants.items():
            for key in keys_of(cls):
                if key.choices is not None and (near := nearest(text, key.choices)):
                    yield _Part(path, variant, key.name, near, is_named=True)

    def _stray(self, path: Path, value: Any) -> Iterator[_Part]:
        name = str(path[-1])
        if name != self._union and _is_slip(name, self._model):
            return
        if key := self._key_of_variant(name) or self._key_behind_variant(name):
            yield self._given(path, key, value)
        elif len(path) == 1 and (variant := nearest(self._without_union(name), self._variants)):
            if type(value) is dict or value is UNKNOWN:
                yield _Part(path, variant, None, value, is_table=True)
            else:
                yield from self._scalar(path, variant, value)
        elif type(value) is str and not _TAGS.isdisjoint(words_of(name)):
            yield from self._named(path, value)
        elif not self._mode and (meant := self._meant_in_mode(name)):
            yield _Part(path, self._named_mode()[0], meant.key.name, value, is_named=True)
        elif type(value) is not str:
            choices = list(self._choice(path, name))
            yield from choices
            owner = None if choices else self._owner_of(value)
            if owner is not None and (len(path) > 1 or owner in self._named_mode()):
                yield _Part(path, owner, None, value, is_table=True)

    def _owner_of(self, table: Any) -> str | None:
        """Return the variant that has all keys of a table under another name, such as `mode.http`."""
        owners = {self._owners.get(key) for key in table} if type(table) is dict else set()
        return owners.pop() if len(owners) == 1 else None

    def _given(self, path: Path, key: str, value: Any) -> _Part:
        """Return a key of a variant with its value, or another variant if the value names one."""
        owner = self._owners[key]
        choices = key_table(self._variants[owner])[key].choices
        is_open = not self._homes and type(self._section.get(self._union)) is not str
        if is_open and choices is not None and type(value) is str and nearest(value, choices) is None:
            variant = nearest(value, self._variants) or owner
            if variant != owner:
                return _Part(path, variant, None, value)
        return _Part(path, owner, key, value)

    def _without_union(self, name: str) -> str:
        """Return what follows the union's own name in a key such as `mode_external`."""
        first, *rest = words_of(name)[:3] or ("",)
        return "_".join(rest) if rest and first == self._union else name

    def _key_of_variant(self, name: str) -> str | None:
        """Return the key of a variant that a name is, or is a slip of."""
        if name in self._owners:
            return name
        return next(filter(None, (_is_slip(name, cls) for cls in self._variants.values())), None)

    def _meant_in_mode(self, name: str) -> Meaning | None:
        """Return the key of the named mode that a key was meant to be, under another name."""
        found = (meaning(name, self._variants[variant]) for variant in self._named_mode()[:1])
        return next((meant for meant in found if meant and meant.is_same), None)

    def _key_behind_variant(self, name: str) -> str | None:
        """Return the key that follows its variant's name, as in `external_url`."""
        first, *rest = words_of(name)[:_MOST_WORDS] or ("",)
        key = self._key_of_variant("_".join(rest)) if rest else None
        return key if key is not None and self._owners[key] == first else None

    def _named(self, path: Path, text: str) -> Iterator[_Part]:
        """Read the text of a tag: the name of a variant, or the value of the key that a variant needs."""
        if variant := nearest(text, self._variants):
            yield _Part(path, variant, None, text)
            return
        for name, cls in self._variants.items():
            for key in keys_of(cls):
                if _is_for(key, text):
                    yield _Part(path, name, key.name, text)
                    return
        words = _SEPARATORS.split(text, maxsplit=2)
        if len(words) == 2 and nearest(words[0], self._variants):  # noqa: PLR2004 -- a mode and what it needs
            yield from self._choice(path, words[1])

    def _scalar(self, path: Path, variant: str, value: Any) -> Iterator[_Part]:
        """Read a variant's value that is not a table: the value of its first required key, or a switch."""
        needed = [key for key in keys_of(self._variants[variant]) if key.default is REQUIRED]
        if needed and type(value) is str:
            yield _Part(path, variant, needed[0].name, value)
        else:
            yield _Part(path, variant, None, value)

    # -- what to write instead -----------------------------------------------------------------------------------------

    def _header(self, variant: str) -> str:
        return f"[{dotted((*self._path, self._union, variant))}]"

    def _help(self, parts: list[_Part]) -> str:
        variant = parts[0].variant
        cls = self._variants[variant]
        if all(value_at(self._section, part.path) is False for part in parts):
            return self._help_on_none({part.path for part in parts})
        is_left = self._union in self._section and all(part.path[0] != self._union for part in parts)
        if not keys_of(cls):
            is_said = self._section.get(self._union) == variant
            return _SAID if is_said else f'write {self._union} = "{variant}"'
        given: dict[str, Any] = {}
        for part in parts:
            given |= {name: _EITHER if name in given else value for name, value in part.keys.items()}
        if variant in self._homes:
            if given.keys() & self._mode[variant].keys():
                return f"{self._header(variant)} has {_listed(list(given))} already: keep one of them, there"
            if any(part.is_named for part in parts):
                return f"write {_and([_example(key_table(cls)[name], given[name]) for name in given])} in its place"
            verb = "belongs" if len(given) == 1 else "belong"
            return f"{_listed(list(given))} {verb} below {self._header(variant)}" if given else _ONE_NAME
        within = [self._mode, *(part.value for part in parts if part.key is None)]
        given = {**_chosen(cls, list(islice(_texts(within), _MOST))), **given}
        below = [_example(key, given.get(key.name)) for key in keys_of(cls) if key.name in given or _is_needed(key)]
        place = f", in place of the {self._union} that is set" if is_left else ""
        return f"write {self._header(variant)}, with {_and(below)} below it{place}"

    def _help_on_none(self, off: set[Path]) -> str:
        """Return what to write for a mode that only switches off modes that are not wanted."""
        if self._mode and all((self._union, name) in off for name in self._mode):
            return f"leave it out, and {union_forms(self._variants, self._mode)}"
        return "leave it out: only the mode that is wanted is written"

    def _cure(self, parts: list[_Part]) -> Amendment | None:
        """Return the fix: it renames keys in place, and moves only what cannot be a secret."""
        variant = parts[0].variant
        home = self._mode.get(variant) if variant in self._homes else None
        table = None if self._is_in_the_way(parts, home) or self._hides_others(parts) else self._table(parts, home)
        if table is None or not is_sound_table(self._variants[variant], table) or self._brings_conflicts(parts, table):
            return None
        if home is not None:
            return self._moved(parts)
        if any(part.is_table and not self._is_variant(part) for part in parts):
            return None
        if any(part.is_table for part in parts):
            return self._renamed_table(parts)
        return self._renamed(parts) if any(part.key for part in parts) else self._bare(parts)

    def _is_variant(self, part: _Part) -> bool:
        """Check that the name of a variant's table is the variant's, except for a slip."""
        return nearest(self._without_union(str(part.path[-1])), self._variants) is not None

    def _is_in_the_way(self, parts: list[_Part], home: dict[str, Any] | None) -> bool:
        """Check for a mode that stays, so that no key of the section can be moved into it."""
        is_set = self._union in self._section and not any(part.path == (self._union,) for part in parts)
        return home is None and is_set and any(len(part.path) == 1 for part in parts)

    def _hides_others(self, parts: list[_Part]) -> bool:
        """Check for other keys in the mode, which are reported only once it has a name."""
        ours = {part.path[1] for part in parts if len(part.path) > 1}
        return self._variants.keys().isdisjoint(self._mode) and not self._mode.keys() <= ours

    def _table(self, parts: list[_Part], home: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return the variant's table as it should be, or None if that is uncertain."""
        table = dict(home or {})
        for part in parts:
            if part.value is UNKNOWN or part.is_named or not (part.key or part.is_table or self._is_tag(part)):
                return None
            more = {part.key: self._meant(part)} if part.key else part.keys
            if table.keys() & more.keys():
                return None
            table.update(more)
        return table

    def _is_tag(self, part: _Part) -> bool:
        """Check that a value only tells which variant is meant."""
        is_name = type(part.value) is str and nearest(part.value, self._variants) == part.variant
        return part.value is True or is_name

    def _meant(self, part: _Part) -> Any:
        """Return the value that a part gives its key, with a misspelt choice corrected."""
        key = key_table(self._variants[part.variant])[str(part.key)]
        near = nearest(part.value, key.choices) if key.choices and type(part.value) is str else None
        return near or part.value

    def _brings_conflicts(self, parts: list[_Part], table: dict[str, Any]) -> bool:
        paths = {part.path for part in parts}
        kept = {name: value for name, value in self._section.items() if (name,) not in paths}
        cured = {**kept, self._union: {parts[0].variant: table}}
        return not conflicts(cured, self._model) <= conflicts(self._section, self._model)

    def _renamed(self, parts: list[_Part]) -> Amendment:
        edits = [edit for part in parts for edit in self._edits(part)]
        return _joined(f"write {_listed([edit.text for edit in edits if edit.action == 'rename'])}", edits)

    def _edits(self, part: _Part) -> Iterator[Amendment]:
        if part.key is None:
            yield Amendment("", "drop", part.path)
            return
        lead = (self._union, part.variant) if len(part.path) == 1 else (part.variant,)
        yield Amendment("", "rename", part.path, ".".join((*lead, part.key)))
        meant = self._meant(part)
        if meant != part.value:
            yield Amendment("", "reword", part.path, meant)

    def _renamed_table(self, parts: list[_Part]) -> Amendment | None:
        [table, *tags] = sorted(parts, key=lambda part: not part.is_table)
        if any(part.key or part.is_table for part in tags):
            return None
        edits = [Amendment("", "rename", table.path, f"{self._union}.{table.variant}")]
        edits += (Amendment("", "drop", part.path) for part in tags)
        return _joined(f"write `{edits[0].text}`", edits)

    def _bare(self, parts: list[_Part]) -> Amendment | None:
        """Write a variant without keys as an empty table, where only its name is written."""
        [part, *more] = parts
        if more or len(part.path) == 1 or (part.value is not True and part.value != part.variant):
            return None
        edits = [Amendment("", "replace", part.path, "{}")]
        if part.path[-1] != part.variant:
            edits.append(Amendment("", "rename", part.path, part.variant))
        return _joined(f"write `{part.variant} = {{}}`", edits)

    def _moved(self, parts: list[_Part]) -> Amendment | None:
        variant = parts[0].variant
        cls = self._variants[variant]
        edits: list[Amendment] = []
        for part in parts:
            if part.is_table:
                return None
            if part.key is None:
                edits.append(Amendment("", "drop", part.path))
            elif _may_be_moved(key_table(cls)[part.key], part.value):
                edits.append(Amendment("", "move", part.path, part.key, onto=(self._union, variant)))
            else:
                return None
        moved = _listed([str(part.path[-1]) for part in parts if part.key])
        dropped = _listed([str(part.path[-1]) for part in parts if not part.key])
        deeds = [f"move {moved} below {self._header(variant)}"] if moved else []
        deeds += [f"remove {dropped}"] if dropped else []
        return _joined(" and ".join(deeds), edits)

    # -- keys of a neighbour -------------------------------------------------------------------------------------------

    def _placed(self, finding: Finding) -> Finding:
        """Add where an unknown key belongs if another table has it."""
        if finding.code not in {"unknown-key", "unknown-mode"} or not finding.path:
            return finding
        where = self._where(*map(str, finding.path))
        return finding._replace(help=where) if where else finding

    def _where(self, *path: str) -> str | None:
        *around, name = path
        if name == self._union:
            return None
        if not around and name in self._path and type(self._section[name]) is dict:
            lead = dotted(self._path[self._path.index(name) :])
            return f"the header already has that path; write only what follows `{lead}.`"
        owner = self._owners.get(name)
        if owner is not None:
            return self._at_home(name, owner, around)
        if not around:
            return (
                self._table_beside(name)
                or self._table_around(name)
                or self._table_of_variant(name)
                or self._pointer(name)
                or self._at_home_by_another_name(name)
            )
        meant = meaning(name, self._model)
        if meant is None or not meant.is_same:
            return None
        lead = f"`{name}`" if meant.key.name == name else _and_it(meant.help)
        above = dotted((*self._path, *around))
        header = dotted(self._path)
        return f"{lead} belongs to [{header}] itself: move it above [{above}], below a header [{header}]"

    def _at_home(self, name: str, owner: str, around: list[str]) -> str:
        """Return where a key of a variant belongs: below its header, unless the config has another mode."""
        lead, home = f"`{name}` is a key of mode {owner}", self._header(owner)
        named = self._named_mode()
        if not named or owner in named:
            return f"{lead}: it belongs below {home}"
        if self._is_of_another(around, owner):
            return f"{lead}: write {home} in place of [{dotted((*self._path, *around))}]"
        return f"{lead}, but the mode is {named[0]}; {_ONE_MODE}"

    def _at_home_by_another_name(self, name: str) -> str | None:
        meant = self._meant_in_mode(name)
        return meant and f"{_and_it(meant.help)} belongs below {self._header(self._named_mode()[0])}"

    def _named_mode(self) -> list[str]:
        """Return the variants that the union's own key names, misspelt or not."""
        mode = self._section.get(self._union)
        if type(mode) is str:
            return [near] if (near := nearest(mode, self._variants)) else []
        bare = [name for name in self._mode if name in self._variants and name not in self._homes]
        return [*self._homes, *self._misspelt, *bare]

    def _table_beside(self, name: str) -> str | None:
        """Return the help for a variant's table in a section with another mode."""
        variant = nearest(self._without_union(name), self._variants) if type(self._section[name]) is dict else None
        named = self._named_mode()
        if variant is None or not named or variant in named:
            return None
        return f"it is written {self._header(variant)}, but the mode is {named[0]}; {_ONE_MODE}"

    def _table_around(self, name: str) -> str | None:
        """Return the help for a table that contains only keys of the section."""
        table = self._section[name]
        if type(table) is not dict or not table or not key_table(self._model).keys() >= table.keys():
            return None
        verb = "belongs" if len(table) == 1 else "belong"
        return f"{_listed(list(table))} {verb} below [{dotted(self._path)}] itself"

    def _table_of_variant(self, name: str) -> str | None:
        """Return the help for a table that has keys of one variant alone, beside no mode at all."""
        owner = self._owner_of(self._section[name])
        if owner is None or self._union in self._section:
            return None
        table = list(self._section[name])
        return f"{_listed(table)} {'belongs' if len(table) == 1 else 'belong'} below {self._header(owner)}"

    def _is_of_another(self, path: Sequence[str | int], owner: str | None) -> bool:
        """Check for a variant's table that has only keys of one other variant."""
        if len(path) != 2 or path[0] != self._union or path[1] not in self._homes:  # noqa: PLR2004 -- the union, a variant
            return False
        owners = {self._owners.get(key) for key in self._mode[path[1]]}
        return len(owners) == 1 and owners.isdisjoint({None, path[1]}) and (owner is None or owner in owners)

    def _pointer(self, name: str) -> str | None:
        """Return the help for a key of the section that tells where a value of a variant is."""
        named = self._named_mode()
        for variant, cls in self._variants.items():
            meant = meaning(name, cls)
            if meant and (meant.sense is Sense.POINTER or (meant.sense is Sense.OTHER_POINTER and variant in named)):
                return meant.help
        return None


_EITHER: Final = object()
"""The value of a key that is given twice; the help names neither."""
_ONE_MODE: Final = "a config has one mode, so remove one of them"
_SAID: Final = "the mode is already set; remove this one"
_ONE_NAME: Final = "the name of the table already selects the mode; remove this one"


def _is_for(key: Key, text: str) -> bool:
    """Check that a text in place of a mode is certainly the value of a key: a choice, or a URL."""
    if key.choices is not None:
        return nearest(text, key.choices) is not None
    return key.form == "url" and text.startswith(("http://", "https://"))


def _may_be_moved(key: Key, value: Any) -> bool:
    """Check that the text of a value contains nothing that could be a secret."""
    if key.kind == "secret":
        return type(value) is str and references.is_public(value)
    if key.form == "url":
        from codeexec_config.rules.url_flaws import may_be_shown

        return type(value) is str and may_be_shown(value)
    return is_sound(key, value)


def _and_it(said: str) -> str:
    """Return a help on a key, to be followed by where it belongs."""
    return f"{said} it" if said.endswith("?") else f"{said}; it"


def _is_slip(name: str, cls: type[Any]) -> str | None:
    """Return the key of a class's table that a name is a slip of."""
    meant = meaning(name, cls)
    return meant.key.name if meant and meant.sense is Sense.SLIP else None


def _chosen(cls: type[Any], texts: list[str]) -> dict[str, str]:
    """Return the choices that are named where a key is none of ours, as in `type = "gvisor"`."""
    chosen = {}
    for key in keys_of(cls):
        names = {name: name for name in key.choices or ()} | key.aliases
        found = {names[near] for text in texts if (near := nearest(text, names))}
        if len(found) == 1:
            chosen[key.name] = found.pop()
    return chosen


def _texts(value: Any, depth: int = 4) -> Iterator[str]:
    """Yield the texts within tables and arrays."""
    if type(value) is str:
        yield value
    elif type(value) in {dict, list} and depth:
        for inner in list(value.values() if type(value) is dict else value)[:_MOST]:
            yield from _texts(inner, depth - 1)


def _is_needed(key: Key) -> bool:
    return key.default is REQUIRED


def _example(key: Key, value: Any) -> str:
    """Return a key with a value that may be shown, or only its name if its value may not."""
    near = nearest(value, key.choices) if key.choices and type(value) is str else None
    if near is None and value is not None:
        return f"`{key.name}`"
    return f'{key.name} = "{near or key.examples[0]}"'


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _listed(names: list[str]) -> str:
    return _and([f"`{name}`" for name in names]) if names else ""


def _joined(title: str, edits: list[Amendment]) -> Amendment:
    return edits[0]._replace(title=title, also=tuple(edits[1:]))
