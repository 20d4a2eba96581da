"""Find the tables that somebody may have meant as the section."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codeexec_config.findings import Finding, Path
from codeexec_config.rules.spelling import is_near, squeeze

if TYPE_CHECKING:
    from collections.abc import Iterator


def absent(data: dict[str, Any], section: Path) -> Iterator[Finding]:
    """Warn of each table whose header is a near miss; without one, note that the defaults hold."""
    name = ".".join(str(part) for part in section)
    found = False
    for path in _near_misses(data, section):
        found = True
        yield Finding(
            "misplaced-section",
            f"this looks like [{name}], but is another table, so its settings have no effect",
            path,
            help=f"write the header as [{name}]",
        )
    if not found:
        yield Finding(
            "section-not-found",
            f"there is no [{name}]; the defaults hold: client-side wasm, python and javascript",
            section,
            help=f"add [{name}] to say otherwise",
        )


def _near_misses(data: dict[str, Any], section: Path) -> Iterator[Path]:
    for path in _tables(data, len(section)):
        if path != section and _is_near(path, section):
            yield path


def _tables(data: dict[str, Any], depth: int, path: Path = ()) -> Iterator[Path]:
    for key, value in data.items():
        if type(value) is dict:
            yield (*path, key)
            if depth > 1:
                yield from _tables(value, depth - 1, (*path, key))


def _is_near(path: Path, section: Path) -> bool:
    whole, last = (squeeze("".join(map(str, parts))) for parts in (section, section[-1:]))
    found, end = (squeeze("".join(map(str, parts))) for parts in (path, path[-1:]))
    if is_near(found, whole) or (len(path) == 1 and is_near(found, last)):
        return True
    # An abbreviation: the parents are right, or left out, and the last name begins like the section's.
    parents = found.removesuffix(end)
    return (
        2 * len(end) >= len(last) > len(end)
        and last.startswith(end)
        and (not parents or is_near(parents, whole.removesuffix(last)))
    )
