"""Warn of a key in the file itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config.findings import Amendment, Finding
from codeexec_config.references import Literal, parse
from codeexec_config.rules.foreign import recognised, referred

if TYPE_CHECKING:
    from codeexec_config.findings import Path
    from codeexec_config.rules.foreign import Foreign


def literal_secret(text: str, path: Path, example: str = "${CODE_EXEC_API_KEY}") -> Finding:
    """Return the warning on a key, or part of one, that is written into the file."""
    if foreign := recognised(text):
        return _foreign(foreign, path)
    return Finding(
        "literal-secret",
        "the key, or a part of it, is written into the file",
        path,
        help=_misread(text) or _hint(text, str(path[-1]), example),
    )


def _hint(text: str, name: str, example: str) -> str:
    """Return what to write, with the variable that the file already names."""
    named = referred(text)
    if named is not None and any(isinstance(segment, Literal) for segment in parse(text)):
        return f'write the reference alone: {name} = "{named}"'
    return f'put it into the environment and write {name} = "{named or example}"'


def _misread(text: str) -> str | None:
    """Return what to write for a reference that is sent literally, or together with quotes around it."""
    if text.startswith("$${"):
        return "two dollar signs stand for a literal one; write ${NAME} for the variable"
    if text[:1] in {"'", '"'} and text[-1:] == text[:1] and "${" in text:
        return "the quotes within the string are part of the key; remove them"
    return None


def _foreign(foreign: Foreign, path: Path) -> Finding:
    message = "this looks like a reference of another tool, but it would be sent literally as the key"
    if foreign.variable is None:
        hint = f'a key comes from the environment: write {path[-1]} = "${{NAME}}", with the name of the variable'
        return Finding("foreign-reference", message, path, help=hint)
    written = f"${{{foreign.variable}}}"
    return Finding(
        "foreign-reference",
        message,
        path,
        help=f'write {path[-1]} = "{written}"',
        amendment=Amendment(f'write "{written}"', "reword", path, written),
    )
