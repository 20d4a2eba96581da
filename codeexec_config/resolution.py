"""Put the environment into a section: which keys take references, in which form, and what stands in for unread ones."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config import limits, references
from codeexec_config.diagnostics import Finding, Path, Target, printable
from codeexec_config.references import Literal, Malformed, Reference, Segment
from codeexec_config.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.environment import Environment


class Unknown(Enum):
    """The value of a key that is there, but that nobody can know; no rule judges it."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


class Kind(Enum):
    """What a key makes of a text with references."""

    BOOLEAN = "a boolean"
    INTEGER = "an integer"
    TEXT = "a text"
    SECRET = "a key"  # noqa: S105 -- a word, not a password
    CLOSED = "no reference"


class Slot(NamedTuple):
    """A string of the section that may hold references."""

    path: Path
    kind: Kind
    text: str
    segments: tuple[Segment, ...]

    @property
    def references(self) -> list[Reference]:
        """The references to look up, when the key takes any."""
        return [ref for ref in references.references(self.segments) if not _is_malformed(self, ref)]

    @property
    def is_whole(self) -> bool:
        """Whether the text is one reference and nothing else."""
        return len(self.segments) == 1 and isinstance(self.segments[0], Reference)


class Resolution:
    """A section on its way from a file's text to values.

    Attributes:
        values: the section with its references read; what nobody can know is `UNKNOWN`.
        findings: what is wrong with references, with paths from the section.
        made: the paths whose value is not the file's text alone.
        unread: the paths whose text holds a reference that was not looked up.
        deferred: each such reference with its path.
        literal: the text of a key that stands in the file, or None.
        enabled: whether the section is on.
    """

    def __init__(self, section: dict[str, Any]) -> None:
        self.values = _copy(section)
        self.findings: list[Finding] = []
        self.made: set[Path] = set()
        self.unread: set[Path] = set()
        self.deferred: list[tuple[Path, str]] = []
        self.literal: str | None = None
        self.enabled = True


def resolve(section: dict[str, Any], environment: Environment, *, offline: bool = False) -> Resolution | BaseException:
    """Read the references of a section; give back what the environment raised, if it did."""
    result = Resolution(section)
    slots = list(_slots(section))
    switch = [slot for slot in slots if slot.kind is Kind.BOOLEAN]
    rest = [slot for slot in slots if slot.kind is not Kind.BOOLEAN]
    failure = _resolve_slots(result, switch, environment, read=not offline)
    if failure is not None:
        return failure
    result.enabled = result.values.get("enabled") is not False or ("enabled",) in result.unread
    failure = _resolve_slots(result, rest, environment, read=result.enabled and not offline)
    return result if failure is None else failure


def _slots(section: dict[str, Any]) -> Iterator[Slot]:
    """Give the strings of known keys that hold a dollar sign, except where the shape is wrong anyway."""
    found: list[tuple[Path, Kind, Any]] = [
        (("enabled",), Kind.BOOLEAN, section.get("enabled")),
        (("timeout_secs",), Kind.INTEGER, section.get("timeout_secs")),
        (("max_memory_mb",), Kind.INTEGER, section.get("max_memory_mb")),
    ]
    languages = section.get("allowed_languages")
    if type(languages) is list:
        found += ((("allowed_languages", index), Kind.TEXT, item) for index, item in enumerate(languages))
    found += _mode_strings(section.get("mode"))
    for path, kind, text in found:
        if type(text) is str and ("$" in text or kind is Kind.SECRET):
            yield Slot(path, kind, text, references.parse(text))


def _mode_strings(mode: Any) -> Iterator[tuple[Path, Kind, Any]]:
    if type(mode) is not dict:
        yield ("mode",), Kind.CLOSED, mode
        return
    known = [name for name in mode if name in limits.VARIANT_KEYS]
    if len(known) != 1 or type(mode[known[0]]) is not dict:
        return
    variant = mode[known[0]]
    kinds = {"runtime": Kind.CLOSED, "url": Kind.TEXT, "api_key": Kind.SECRET}
    for key in limits.VARIANT_KEYS[known[0]]:
        yield ("mode", known[0], key), kinds[key], variant.get(key)


def _copy(section: dict[str, Any]) -> dict[str, Any]:
    """Copy as deep as references are written, so that the caller's data stays as it is."""
    values = dict(section)
    languages, mode = values.get("allowed_languages"), values.get("mode")
    if type(languages) is list:
        values["allowed_languages"] = list(languages)
    if type(mode) is dict:
        values["mode"] = {key: dict(item) if type(item) is dict else item for key, item in mode.items()}
    return values


def _put(values: Any, path: Path, value: Any) -> None:
    for part in path[:-1]:
        values = values[part]
    values[path[-1]] = value


def _resolve_slots(
    result: Resolution, slots: list[Slot], environment: Environment, *, read: bool
) -> BaseException | None:
    live = [slot for slot in slots if _is_read(slot)]
    for slot in slots:
        result.findings += _form_findings(slot)
    for slot in live:
        result.findings += (_forbidden(slot, ref) for ref in slot.references if not environment.permits(ref.name))
    if read:
        names = [ref.name for slot in live for ref in slot.references if environment.permits(ref.name)]
        failure = environment.fetch(names)
        if failure is not None:
            return failure
    for slot in slots:
        _resolve_slot(result, slot, environment, read=read)
    return None


def _is_read(slot: Slot) -> bool:
    """Say whether the references of a text are looked up: not where none may stand, or the type is wrong anyway."""
    if slot.kind in {Kind.BOOLEAN, Kind.INTEGER}:
        return slot.is_whole
    return slot.kind is not Kind.CLOSED


def _is_malformed(slot: Slot, segment: Segment) -> bool:
    if isinstance(segment, Malformed):
        return True
    return slot.kind is Kind.SECRET and isinstance(segment, Reference) and segment.operator == "-"


def _form_findings(slot: Slot) -> Iterator[Finding]:
    for segment in slot.segments:
        target = Target(slot.path, within=(segment.start, segment.end))
        if _is_malformed(slot, segment):
            reason = segment.reason if isinstance(segment, Malformed) else "in a key the part behind - could be the key"
            yield Finding(
                "invalid-reference",
                f"this is no reference: {reason}",
                slot.path,
                help=_form_hint(slot),
                target=target,
            )
        elif isinstance(segment, Reference) and slot.kind is Kind.CLOSED:
            yield Finding(
                "reference-not-allowed",
                f"`{slot.path[-1]}` takes no reference: what decides the isolation stands in the file",
                slot.path,
                help="write the name itself",
                target=target,
            )


def _form_hint(slot: Slot) -> str:
    if slot.kind is Kind.SECRET:
        return "write ${NAME}, and put the key itself into that variable"
    return "write ${NAME} or ${NAME:-default}; a literal ${ is written $${"


def _forbidden(slot: Slot, reference: Reference) -> Finding:
    return Finding(
        "forbidden-variable",
        f"this file may not read {reference.name}",
        slot.path,
        help="use a variable that the host allows, or have it allowed",
        target=Target(slot.path, within=(reference.start, reference.end)),
    )


def _resolve_slot(result: Resolution, slot: Slot, environment: Environment, *, read: bool) -> None:
    if slot.kind in {Kind.BOOLEAN, Kind.INTEGER} and not slot.is_whole:
        if any(isinstance(segment, Malformed) for segment in slot.segments):
            _put(result.values, slot.path, UNKNOWN)
        return
    if slot.kind is Kind.SECRET:
        result.literal = _literal_part(slot)
    if slot.references:
        result.made.add(slot.path)
    refused = any(_is_malformed(slot, segment) for segment in slot.segments) or (
        slot.kind is Kind.CLOSED and bool(slot.references)
    )
    forbidden = any(not environment.permits(ref.name) for ref in slot.references) and slot.kind is not Kind.CLOSED
    if read and slot.kind is not Kind.CLOSED:
        unset = [ref for ref in slot.references if environment.permits(ref.name) and _is_unset(slot, ref, environment)]
        result.findings += (_unset(slot, ref) for ref in unset)
        refused = refused or bool(unset)
    if refused or forbidden:
        _put(result.values, slot.path, UNKNOWN)
    elif read or not slot.references:
        _put(result.values, slot.path, _value(result, slot, environment))
    else:
        _defer(result, slot)


def _is_unset(slot: Slot, reference: Reference, environment: Environment) -> bool:
    return references.is_unset(_as_read(slot, reference), environment[reference.name])


def _as_read(slot: Slot, reference: Reference) -> Reference:
    """Read `${NAME:-}` as `${NAME}` in a key: an empty default would send requests without it."""
    if slot.kind is Kind.SECRET and reference.operator == ":-" and not reference.text:
        return reference._replace(operator="")
    return reference


def _unset(slot: Slot, reference: Reference) -> Finding:
    said = f": {printable(reference.text)}" if reference.operator in {":?", "?"} and reference.text else ""
    empty = " or is empty" if reference.operator == ":?" else ""
    return Finding(
        "unset-variable",
        f"the variable {reference.name} is not set{empty}{said}",
        slot.path,
        help=f"set {reference.name} in the environment of the process",
        target=Target(slot.path, within=(reference.start, reference.end)),
    )


def _value(result: Resolution, slot: Slot, environment: Environment) -> Any:
    text = "".join(
        segment.text
        if isinstance(segment, Literal)
        else references.expand(_as_read(slot, segment), environment[segment.name])
        for segment in slot.segments
        if not isinstance(segment, Malformed)
    )
    if slot.kind is Kind.SECRET:
        return Secret(text, reference=_reference(slot))
    return _typed(result, slot, text)


def _typed(result: Resolution, slot: Slot, text: str) -> Any:
    """Read a text as what the key takes; one that does not parse is said at the reference, without the text."""
    if slot.kind not in {Kind.BOOLEAN, Kind.INTEGER}:
        return text
    value = references.read_boolean(text) if slot.kind is Kind.BOOLEAN else references.read_integer(text)
    if value is not None:
        return value
    form = "true or false" if slot.kind is Kind.BOOLEAN else "an integer as TOML writes it, such as 30"
    result.findings.append(
        Finding(
            "wrong-type",
            f"the reference must yield {slot.kind.value}",
            slot.path,
            help=f"set the variable, or the default, to {form}",
            target=Target(slot.path, within=(slot.segments[0].start, slot.segments[0].end)),
        )
    )
    return UNKNOWN


def _literal_part(slot: Slot) -> str | None:
    """Give the text of a key that the file itself holds, in part or by a default, or None."""
    literal = any(
        segment.text if isinstance(segment, Literal) else isinstance(segment, Reference) and segment.default
        for segment in slot.segments
    )
    return slot.text if literal else None


def _reference(slot: Slot) -> str | None:
    return None if _literal_part(slot) else references.canonical(slot.segments)


def _defer(result: Resolution, slot: Slot) -> None:
    result.unread.add(slot.path)
    result.deferred += ((slot.path, ref.canonical) for ref in slot.references)
    if slot.kind is Kind.SECRET:
        value: Any = Secret._unread(  # noqa: SLF001 -- made here and nowhere else
            slot.text, reference=_reference(slot), variable=slot.references[0].name
        )
        result.literal = _literal_part(slot)
        _put(result.values, slot.path, value)
        return
    default = _default_text(slot)
    _put(result.values, slot.path, UNKNOWN if default is None else _typed(result, slot, default))


def _default_text(slot: Slot) -> str | None:
    """Give what the file alone makes of a text, or None when that needs a variable."""
    pieces = [
        segment.default if isinstance(segment, Reference) else segment.text
        for segment in slot.segments
        if not isinstance(segment, Malformed)
    ]
    return None if None in pieces else "".join(piece for piece in pieces if piece is not None)


def taken_as_set(secret_text: str) -> str:
    """Give the text of a key with each reference as some value, to look at what the file itself writes."""
    return "".join(
        segment.text if isinstance(segment, Literal) else (isinstance(segment, Reference) and segment.default) or "x"
        for segment in references.parse(secret_text)
    )
