"""Decide whether the file or the environment is at fault for a wrong value, and find the character at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from codeexec_config.document.characters import ESCAPES, described, in_ascii, is_letter, plain, strange
from codeexec_config.findings import Amendment, Finding, Target
from codeexec_config.references import Literal, Reference, canonical, parse
from codeexec_config.rules.alone import judge
from codeexec_config.rules.foreign import mended, unpadded
from codeexec_config.rules.url_flaws import place_of

if TYPE_CHECKING:
    from codeexec_config.findings import Path
    from codeexec_config.keys import Key
    from codeexec_config.rules.urls import Url

_MARKED: Final = frozenset({"invalid-url", "invalid-language", "unknown-runtime"})
_STAND_INS: Final = ("1", "x", "https", "https://x", "https://1")
"""Values that make a text right, if any does: a number, part of a name, a scheme, a whole URL."""
_NEVER_IN_URLS: Final = frozenset(" \\#")
_PADDED: Final = "the key begins or ends with a space, which no HTTP header can carry"


def of_literal(finding: Finding, value: str) -> Finding:
    """Return the finding on a text of the file, at the invisible or look-alike character at fault, if there is one."""
    found = strange(value)
    if found is None or finding.code not in _MARKED:
        return finding
    offset, name = found
    if finding.code == "invalid-url" and is_letter(value[offset]) and "://" in value[:offset]:
        return finding  # a host in another script has a spelling in ASCII, which the finding names
    stands_for = in_ascii(value[offset]).strip()
    remedy = f"write `{stands_for}` in its place" if stands_for else "remove this character"
    is_within = value[:offset].strip() and value[offset:].strip()
    if finding.code == "invalid-url" and is_within and (letter := ESCAPES.get(value[offset])):
        remedy = f"an escape such as \\{letter} makes one; write / for a backslash, or remove this character"
    return finding._replace(
        message=f"{finding.message.partition(':')[0]}: it contains {name}",
        help=remedy,
        target=Target(finding.path, within=(offset, offset + 1)),
    )


def of_template(finding: Finding, key: Key, template: str, made: str) -> Finding:
    """Return the finding on the file's part of a value, if the text around its references is wrong with any values."""
    path = finding.path
    tried = [judge(key, _filled(template, stand_in), path, {}) for stand_in in _STAND_INS]
    ill = [found for found in tried if found is not None and found.code == finding.code]
    if None in tried or not ill:
        return finding if canonical(parse(template)) else finding._replace(help=f"check the value of {made}")
    return _of_file(ill[0], key, template)


def of_unread(key: Key, template: str, path: Path, urls: dict[Path, Url]) -> Finding | None:
    """Return what is wrong with a text whatever its unread references are, or None if that depends on them.

    A URL whose host is in the file is added to `urls`, as for a text without references.
    """
    if key.form == "url" and not _is_settled(template):
        return None
    found = judge(key, _filled(template, "1" if key.form == "url" else "x"), path, urls)
    is_wrong = found is not None and judge(key, _filled(template, ""), path, {}) is not None
    return _of_file(found, key, template) if found is not None and is_wrong else None


def _is_settled(template: str) -> bool:
    """Check whether the literal parts of a URL settle it: by a character, the scheme, a user, or the whole host."""
    segments = parse(template)
    literals = [segment.text for segment in segments if isinstance(segment, Literal)]
    start = literals[0].lower() if isinstance(segments[0], Literal) else ""
    if not all(text.isprintable() and _NEVER_IN_URLS.isdisjoint(text) for text in literals):
        return True
    if not any(start.startswith(scheme) or scheme.startswith(start) for scheme in ("https://", "http://")):
        return True
    is_host_known = not {"/", "?"}.isdisjoint(start.partition("://")[2])
    return is_host_known or ("://" in start and "@" in place_of(_filled(template, "x")))


def _of_file(finding: Finding, key: Key, template: str) -> Finding:
    """Turn a finding on a text with references into one on the text around them."""
    if finding.code == "credentials-in-url":
        return finding
    written = mended(template)
    if written is None or (canonical(parse(written)) is None and not may_be_right(key, written, finding.path)):
        return finding._replace(help="this is in the file, next to the reference")
    amendment = Amendment("write the reference in braces, alone between the quotes", "reword", finding.path, written)
    return finding._replace(help=f'write "{written}"', amendment=amendment)


def may_be_right(key: Key, template: str, path: Path) -> bool:
    """Check that a text with references is right for some value that they may all have."""
    return any(judge(key, _filled(template, stand_in), path, {}) is None for stand_in in _STAND_INS)


def _filled(template: str, stand_in: str) -> str:
    return "".join(
        segment.text if isinstance(segment, Literal) else stand_in if isinstance(segment, Reference) else ""
        for segment in parse(template)
    )


def of_secret(finding: Finding, text: str) -> Finding:
    """Return the finding at the character of the file that no header can carry, or unchanged if there is none."""
    if (written := unpadded(text)) is not None:
        amendment = Amendment(f'write "{written}"', "reword", finding.path, written)
        return finding._replace(message=_PADDED, help=f'write "{written}"', amendment=amendment)
    for segment in parse(text):
        if not isinstance(segment, Literal):
            continue
        for offset in range(segment.start, segment.end):
            if not " " <= text[offset] <= "~":
                is_seen = text[offset].isprintable() and plain(text[offset]) is None
                return finding._replace(
                    message=f"the key contains {described(text[offset])}, which no HTTP header can carry",
                    help="write the key without this character",
                    target=None if is_seen else Target(finding.path, within=(offset, offset + 1)),
                )
    if text == text.strip():
        return finding
    return finding._replace(message=_PADDED, help="remove the space")
