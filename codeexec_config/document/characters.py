"""Name the characters that are invisible, or that look like ASCII but are not."""

from __future__ import annotations

import unicodedata
from typing import Final

from codeexec_config.expressions import expression

_CONTROLS: Final = (
    "NULL",
    "START OF HEADING",
    "START OF TEXT",
    "END OF TEXT",
    "END OF TRANSMISSION",
    "ENQUIRY",
    "ACKNOWLEDGE",
    "BELL",
    "BACKSPACE",
    "CHARACTER TABULATION",
    "LINE FEED",
    "LINE TABULATION",
    "FORM FEED",
    "CARRIAGE RETURN",
    "SHIFT OUT",
    "SHIFT IN",
    "DATA LINK ESCAPE",
    "DEVICE CONTROL ONE",
    "DEVICE CONTROL TWO",
    "DEVICE CONTROL THREE",
    "DEVICE CONTROL FOUR",
    "NEGATIVE ACKNOWLEDGE",
    "SYNCHRONOUS IDLE",
    "END OF TRANSMISSION BLOCK",
    "CANCEL",
    "END OF MEDIUM",
    "SUBSTITUTE",
    "ESCAPE",
    "INFORMATION SEPARATOR FOUR",
    "INFORMATION SEPARATOR THREE",
    "INFORMATION SEPARATOR TWO",
    "INFORMATION SEPARATOR ONE",
)
"""The names that Unicode lists as aliases; control characters have no names proper."""
ESCAPES: Final = {"\b": "b", "\t": "t", "\n": "n", "\f": "f", "\r": "r", "\x1b": "e"}
"""The letters that make a control character of TOML 1.1 after a backslash."""
_OTHER_CONTROLS: Final = {0x7F: "DELETE", 0x85: "NEXT LINE"}
_UNSEEN: Final = frozenset("\u115f\u1160\u180e\u2800\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}
"""Letters, marks and signs that are invisible."""
_LOOKS_LIKE: Final = {
    **dict.fromkeys(_UNSEEN, ""),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‘’‚‛′‹›", "'"),  # noqa: RUF001 -- look-alikes are the subject
    **dict.fromkeys("‐‑‒–—―−", "-"),  # noqa: RUF001
    **dict(
        zip(
            "аеорсухіјѕһԁԛԝкмтнАВЕКМНОРСТХУЅІЈαορνυικχτΑΒΕΖΗΙΚΜΝΟΡΤΥΧıʋɑɡ",
            "aeopcyxijshdqwkmthABEKMHOPCTXYSIJaopvuikxtABEZHIKMNOPTYXivag",
            strict=True,
        )
    ),
}
_CATEGORIES: Final = {"Zs": " ", "Cf": "", "Cc": "", "Zl": "", "Zp": ""}
_RAISED: Final = "No"
"""Superscript, subscript and circled digits, such as an exponent; they are never slips for plain digits."""
_ASCII_LETTER: Final = expression("[A-Za-z]")
_LAST_ASCII: Final = 0x7F


def described(character: str) -> str:
    """Return a character's code point and Unicode name, such as `U+00A0 NO-BREAK SPACE`."""
    code = ord(character)
    name = _CONTROLS[code] if code < len(_CONTROLS) else _OTHER_CONTROLS.get(code)
    return f"U+{code:04X} {name or unicodedata.name(character, 'without a name')}"


def plain(character: str) -> str | None:
    """Return the ASCII that a character looks like, the empty text for an invisible one, or None for any other."""
    if ord(character) <= _LAST_ASCII:
        return None
    if character in _LOOKS_LIKE:
        return _LOOKS_LIKE[character]
    category = unicodedata.category(character)
    if category in _CATEGORIES:
        return _CATEGORIES[category]
    if category == _RAISED:
        return None
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 and folded.isascii() else None


def is_letter(character: str) -> bool:
    """Check for a letter of any script."""
    return unicodedata.category(character).startswith("L") and character not in _UNSEEN


def strange(text: str) -> tuple[int, str] | None:
    """Return the first invisible or look-alike character of a text: its offset, and its code point and name.

    A letter of another script counts only where the text is otherwise in ASCII letters, or looks like them throughout.
    """
    if text.isascii() and text.isprintable():
        return None
    is_latin = _reads_as_ascii(text)
    for offset, character in enumerate(text):
        if ord(character) <= _LAST_ASCII:
            if not character.isprintable():
                return offset, described(character)
        elif plain(character) is not None and (is_latin or not is_letter(character)):
            return offset, described(character)
    return None


def _reads_as_ascii(text: str) -> bool:
    letters = [character for character in text if is_letter(character)]
    return bool(_ASCII_LETTER.search(text)) or all(
        character.isascii() or plain(character) is not None for character in letters
    )


def cleaned(value: str) -> str:
    """Return a text with look-alikes replaced by ASCII, and without invisible characters and quotes."""
    return "".join(in_ascii(character) for character in value).strip()


def in_ascii(character: str) -> str:
    """Return what to write for a character: the one it looks like, or nothing if it is invisible or a quote."""
    meant = plain(character)
    if meant is None:
        return character if character.isprintable() else ""
    return meant.strip("\"'")
