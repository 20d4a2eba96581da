"""Resolve strings that are more than a plain reference: the forms that each key takes, and unread references."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from codeexec_config import references
from codeexec_config.findings import LISTED, Amendment, Finding, Path, Target, few, printable
from codeexec_config.keys import Key, Kind
from codeexec_config.limits import SWITCH
from codeexec_config.references import Literal, Malformed, Reference, Segment
from codeexec_config.secret import Secret
from codeexec_config.section.resolution import UNKNOWN, Resolution

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codeexec_config.section.environment import Environment, Patterns
    from codeexec_config.section.resolve import Site

_ENTRY: Final = Key("text")
_EXPECTED: Final[dict[Kind, tuple[str, str]]] = {
    "boolean": ("a boolean", "true or false"),
    "integer": ("an integer", "an integer as TOML writes it, such as 30"),
}
"""What to call a value that is read by TOML's grammar, and what to write."""


class Slot:
    """A string that may contain references, wherever it is.

    Attributes:
        key: the description of its key, or of a list's entry.
        text: the text in the file.
        segments: the text, parsed.
        is_secret: whether the value is a secret.
        is_whole: whether the text is one reference and nothing else.
        is_read: whether its references are looked up: the key takes them, and the type can be right.
        references: the well-formed references.
        is_ill: whether a reference in it is malformed, or not allowed here.
    """

    __slots__ = ("is_ill", "is_read", "is_secret", "is_whole", "key", "references", "segments", "text")

    def __init__(self, key: Key, text: str) -> None:
        self.key = key
        self.text = text
        self.segments = references.parse(text)
        self.is_secret = key.kind == "secret"
        self.is_whole = len(self.segments) == 1 and isinstance(self.segments[0], Reference)
        self.is_read = self.is_whole if key.is_typed else key.takes_references
        self.references = [ref for ref in references.references(self.segments) if not _is_malformed(self, ref)]
        is_misplaced = bool(self.references) and not key.takes_references
        self.is_ill = is_misplaced or any(_is_malformed(self, segment) for segment in self.segments)


def resolve_slots(
    result: Resolution, sites: Iterable[Site], environment: Environment, *, offline: bool
) -> Resolution | BaseException:
    """Resolve the strings of a section in several passes; return the result, or what the environment raised."""
    failure = _resolve_slots(result, sites, environment, switch=True, read=not offline)
    if failure is not None:
        return failure
    result.enabled = result.values.get(SWITCH) is not False or (SWITCH,) in result.unread
    read = result.enabled and not offline
    result.made_of = lru_cache(maxsize=1_000)(lambda text: _makers_of_entry(text, environment, read=read))
    failure = _resolve_slots(result, sites, environment, switch=False, read=read)
    return result if failure is None else failure


def _slots(sites: Iterable[Site], *, switch: bool) -> Iterator[tuple[Path, Slot]]:
    """Yield the slot of the switch, or of the others; a string that repeats the one before it is parsed only once."""
    slot = None
    for path, key, text in sites:
        if (path == (SWITCH,)) is not switch:
            continue
        if slot is None or slot.text != text or slot.key is not key:
            slot = Slot(key, text)
        yield path, slot


def _resolve_slots(
    result: Resolution, sites: Iterable[Site], environment: Environment, *, switch: bool, read: bool
) -> BaseException | None:
    """Resolve strings; stop looking for mistakes once there are more than a report lists."""
    ill: list[Finding] = []
    forbidden: list[Finding] = []
    for path, slot in _slots(sites, switch=switch):
        if slot.is_ill and len(ill) <= LISTED:
            ill += few(_form_findings(path, slot))
        for ref in slot.references if slot.is_read else ():
            if not environment.permits(ref.name):
                if len(forbidden) <= LISTED:
                    forbidden.append(_forbidden(path, ref, environment.allowed))
            elif read and (failure := environment.fetch(ref.name)) is not None:
                return failure
    result.findings += (*ill, *forbidden)
    for path, slot in _slots(sites, switch=switch):
        if read and len(result.findings) > LISTED:
            break
        _resolve_slot(result, path, slot, environment, read=read)
    return None


def _is_malformed(slot: Slot, segment: Segment) -> bool:
    if isinstance(segment, Malformed):
        return True
    return slot.is_secret and isinstance(segment, Reference) and segment.is_pasted


def _form_findings(path: Path, slot: Slot) -> Iterator[Finding]:
    for segment in slot.segments:
        target = Target(path, within=(segment.start, segment.end))
        if _is_malformed(slot, segment):
            yield _malformed(path, slot, segment, target)
        elif isinstance(segment, Reference) and not slot.key.takes_references:
            yield Finding(
                "reference-not-allowed",
                f"`{path[-1]}` takes no reference: what decides the isolation is in the file",
                path,
                help="write the name itself",
                target=target,
            )


def _malformed(path: Path, slot: Slot, segment: Segment, target: Target) -> Finding:
    from codeexec_config.document.characters import strange

    reason, hint = "there is a key between the braces, where the name of a variable belongs", ""
    if isinstance(segment, Malformed):
        reason, hint = segment.reason, segment.help
    odd = strange(slot.text[segment.start : segment.end])
    if odd and not slot.is_secret:
        reason = f"it contains {odd[1]}"
    form = "write ${NAME} or ${NAME:-default}; a literal ${ is written $${"
    if slot.is_secret:
        form = "write ${NAME}, and put the key itself into that variable"
    found = Finding(
        "invalid-reference",
        f"invalid reference: {reason}",
        path,
        help=f"{hint}; {form}" if hint else form,
        target=target,
    )
    return _meant(path, slot, segment, found) if slot.key.takes_references else found


def _meant(path: Path, slot: Slot, segment: Segment, finding: Finding) -> Finding:
    """Add how to write the variable that a stretch between braces names, as `${env:NAME}` does."""
    from codeexec_config.rules.foreign import unwrapped

    end = segment.end + slot.text.startswith("}", segment.end)
    variable = unwrapped(slot.text[segment.start : end])
    if variable is None:
        return finding
    written = f"${{{variable}}}"
    is_whole = (segment.start, end) == (0, len(slot.text))
    amendment = Amendment(f'write "{written}"', "reword", path, written) if is_whole else None
    return finding._replace(help=f"write {written}", amendment=amendment)


def _forbidden(path: Path, reference: Reference, allowed: Sequence[Patterns]) -> Finding:
    named = dict.fromkeys(", ".join(patterns) for patterns in allowed)
    permitted = f"the host allows {', and of these '.join(named) if all(named) else 'none'}"
    return Finding(
        "forbidden-variable",
        f"this file may not read {reference.name}",
        path,
        help=f"{permitted}: use such a variable, or have this one allowed" if all(named) else permitted,
        target=Target(path, within=(reference.start, reference.end)),
    )


def _resolve_slot(result: Resolution, path: Path, slot: Slot, environment: Environment, *, read: bool) -> None:
    if slot.key.is_typed and not slot.is_whole:
        if any(isinstance(segment, Malformed) for segment in slot.segments):
            result.put(path, UNKNOWN)
        return
    if slot.is_secret and (literal := _literal_part(slot)) is not None:
        result.literals[path] = literal
    if slot.references and type(path[-1]) is str:
        result.made[path] = _makers(slot, environment, read=read)
    refused = slot.is_ill
    forbidden = any(not environment.permits(ref.name) for ref in slot.references) and slot.key.takes_references
    if read and slot.key.takes_references:
        unset = [ref for ref in slot.references if environment.permits(ref.name) and _is_unset(slot, ref, environment)]
        result.findings += (_unset(path, ref, is_garbled=environment.is_garbled(ref.name)) for ref in unset)
        refused = refused or bool(unset)
    if refused or forbidden:
        result.put(path, UNKNOWN)
    elif read or not slot.references:
        result.put(path, _value(result, path, slot, environment))
    else:
        _defer(result, path, slot)


def _makers_of_entry(text: str, environment: Environment, *, read: bool) -> str | None:
    slot = Slot(_ENTRY, text) if "$" in text else None
    return _makers(slot, environment, read=read) if slot and slot.references else None


def _makers(slot: Slot, environment: Environment, *, read: bool) -> str:
    """Name the variables that a value comes from, or the defaults if it comes only from these."""
    named = dict.fromkeys(ref.name for ref in slot.references)
    used = {
        ref.name
        for ref in slot.references
        if _as_read(slot, ref).default is None or (read and environment.is_set(ref.name))
    }
    if used:
        return " and ".join(name for name in named if name in used)
    return f"the default of {' and '.join(named)}"


def _is_unset(slot: Slot, reference: Reference, environment: Environment) -> bool:
    return references.is_unset(_as_read(slot, reference), environment[reference.name])


def _as_read(slot: Slot, reference: Reference) -> Reference:
    """Read `${NAME:-}` as `${NAME}` in a key: an empty default would send requests without it."""
    if slot.is_secret and reference.operator == ":-" and not reference.text:
        return reference._replace(operator="")
    return reference


def _unset(path: Path, reference: Reference, *, is_garbled: bool) -> Finding:
    target = Target(path, within=(reference.start, reference.end))
    if is_garbled:
        message = f"the value of the variable {reference.name} is not UTF-8"
        return Finding("unset-variable", message, path, help=f"set {reference.name} to UTF-8 text", target=target)
    said = f": {printable(reference.text)}" if reference.operator == ":?" and reference.text else ""
    empty = " or is empty" if reference.operator == ":?" else ""
    return Finding(
        "unset-variable",
        f"the variable {reference.name} is not set{empty}{said}",
        path,
        help=f"set {reference.name} in the environment of the process",
        target=target,
    )


def _value(result: Resolution, path: Path, slot: Slot, environment: Environment) -> Any:
    text = "".join(
        segment.text
        if isinstance(segment, Literal)
        else references.expand(_as_read(slot, segment), environment[segment.name])
        for segment in slot.segments
        if not isinstance(segment, Malformed)
    )
    if slot.is_secret:
        return Secret(text, reference=_reference(slot))
    return _typed(result, path, slot, text)


def _typed(result: Resolution, path: Path, slot: Slot, text: str) -> Any:
    """Read a text as the key's type; a text that does not parse is reported at the reference, without the text."""
    if not slot.key.is_typed:
        return text
    value = references.read_typed(slot.key.kind, text)
    if value is not None:
        return value
    expected, form = _EXPECTED[slot.key.kind]
    made = result.maker(path)
    result.findings.append(
        Finding(
            "wrong-type",
            f"expected {expected} from {made}",
            path,
            help=f"set {made} to {form}, without quotes or spaces",
            target=Target(path, within=(slot.segments[0].start, slot.segments[0].end)),
        )
    )
    return UNKNOWN


def _literal_part(slot: Slot) -> str | None:
    """Return the text of a key that the file contains at least in part, or as a default; None otherwise."""
    literal = any(
        segment.text if isinstance(segment, Literal) else isinstance(segment, Reference) and segment.default
        for segment in slot.segments
    )
    return slot.text if literal else None


def _reference(slot: Slot) -> str | None:
    return None if _literal_part(slot) else references.canonical(slot.segments)


def _defer(result: Resolution, path: Path, slot: Slot) -> None:
    result.unread[path] = slot.key
    result.deferred += ((path, ref.canonical) for ref in slot.references)
    if slot.is_secret:
        value: Any = Secret._unread(  # noqa: SLF001 -- made here and nowhere else
            slot.text, reference=_reference(slot), variable=slot.references[0].name
        )
        result.put(path, value)
        return
    default = _default_text(slot)
    result.put(path, UNKNOWN if default is None else _typed(result, path, slot, default))


def _default_text(slot: Slot) -> str | None:
    """Return the text with its references replaced by their defaults, or None if one has none."""
    pieces = [
        segment.default if isinstance(segment, Reference) else segment.text
        for segment in slot.segments
        if not isinstance(segment, Malformed)
    ]
    return None if None in pieces else "".join(piece for piece in pieces if piece is not None)
