"""Find the section in a document."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.keys import union_of
from codeexec_config.limits import SWITCH

if TYPE_CHECKING:
    from codeexec_config.findings import Finding, Path

_PIECE: Final = 3


def select(data: dict[str, Any], section: Path) -> dict[str, Any] | Finding | None:
    """Return the section's table, a finding if it or a parent is not a table, or None if it is absent."""
    table: Any = data
    for depth, part in enumerate(section):
        if part not in table:
            return None
        table = table[part]
        if type(table) is not dict:
            return _no_table(section[: depth + 1], table, is_section=depth == len(section) - 1)
    return table  # type: ignore[no-any-return]


def may_have_near_misses(data: dict[str, Any], section: Path, model: type[Any]) -> bool:
    """Check cheaply whether any name beside the section or its parents could be a near miss.

    This runs on every file, so it searches all names of a level in one go; the real search is in `near_misses`.
    """
    table: Any = data
    for part in section:
        if len(table) > 1 and _may_be_near([name for name in table if name != part], section, model):
            return True
        table = table[part]
    return False


def _may_be_near(names: list[str], section: Path, model: type[Any]) -> bool:
    union = union_of(model)
    text = "\n".join([*names, ""]).lower()
    for piece in pieces_of(section, union.name if union else None):  # noqa: SIM110 -- a generator takes longer than the loop
        if piece in text:
            return True
    return False


@cache
def pieces_of(section: Path, union: str | None) -> tuple[str, ...]:
    """Return pieces of names, one of which survives two slips, and the whole of a name that allows none."""
    pieces = {piece for part in section for piece in _pieces(str(part))}
    return (*sorted(pieces), *((f"{union}\n",) if union else ()))


def _pieces(name: str) -> list[str]:
    words = name.lower().replace("-", " ").replace("_", " ").replace(".", " ").split()
    pieces = [word[at : at + _PIECE] for word in words for at in range(0, len(word), _PIECE)]
    long = [piece for piece in pieces if len(piece) == _PIECE]
    # A short piece occurs in many names, so it is searched for only at the end, and only if it is needed.
    return long[:_PIECE] if len(long) >= _PIECE else [*long, *(f"{piece}\n" for piece in pieces if piece not in long)]


def _no_table(path: Path, value: Any, *, is_section: bool) -> Finding:
    from codeexec_config.findings import Amendment, Finding, dotted

    name = dotted(path)
    finding = Finding("wrong-type", f"expected `{name}` to be a table", path, help=f"write it as a table: [{name}]")
    if is_section and type(value) is bool:
        text = f"{{ {SWITCH} = {str(value).lower()} }}"
        return finding._replace(help=f"write {text}", amendment=Amendment(f"write {text}", "replace", path, text))
    if is_section and type(value) is str:
        return finding._replace(help=f"{finding.help}; `{SWITCH} = false` below it switches it off")
    return finding
