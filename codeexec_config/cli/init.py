"""`init`: a commented file to start from, generated from the descriptions of the keys."""

from __future__ import annotations

import json
import os
import sys
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.cli.parsing import STANDARD_STREAM, Formatter, usage_error
from codeexec_config.keys import REQUIRED, keys_of
from codeexec_config.limits import SECTION
from codeexec_config.model import VARIANTS, CodeExecutionConfig

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import BinaryIO

    from codeexec_config.keys import Key

_DEFAULT_MODE: Final = next(iter(VARIANTS))
_WIDTH: Final = 88
_EPILOG: Final = """\
exit status:
  0  done
  2  a usage error, or FILE already exists or cannot be written

examples:
  %(prog)s --mode external --output app.toml
  %(prog)s --policy > policy.toml
"""
_POLICY: Final = (
    "The host's policy: what the section of a file may ask for. Every entry is optional, and an absent one forbids "
    "nothing."
)


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "init",
        help="print a commented file to start from",
        description="Print a commented file to start from, valid as it stands once its variables are set.",
        epilog=_EPILOG,
        formatter_class=Formatter,
    )
    what = parser.add_argument_group("what is printed").add_mutually_exclusive_group()
    # With a default, argparse could not tell that --mode was given along with --policy.
    what.add_argument("--mode", choices=tuple(VARIANTS), help=f"where code runs (default: {_DEFAULT_MODE})")
    what.add_argument("--policy", action="store_true", help="a host's policy instead")
    target = parser.add_argument_group("where it goes")
    target.add_argument(
        "--output", metavar="FILE", help="write it to FILE, which must not exist; - for standard output"
    )
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Print or write the file; return the exit status."""
    text = policy_text() if options.policy else section_text(options.mode or _DEFAULT_MODE)
    if options.output in {None, STANDARD_STREAM}:
        sys.stdout.write(text)
        return 0
    try:
        # The file must not exist: an editor could have it open, a link could lead anywhere.
        with open(options.output, "xb") as file:  # noqa: PTH123 -- costs start-up time
            _fill(file, options.output, text.encode())
    except FileExistsError:
        return usage_error("init", f"{options.output} already exists; nothing was overwritten")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can have such a name"
        return usage_error("init", f"{options.output}: {reason.lower()}")
    return 0


def _fill(file: BinaryIO, path: str, data: bytes) -> None:
    """Write a new file; remove it if it cannot be written completely."""
    try:
        file.write(data)
        file.flush()
    except OSError:
        os.unlink(path)  # noqa: PTH108 -- costs start-up time
        raise


def section_text(mode: str) -> str:
    """Return a file with the section in a mode, each key under its description."""
    from codeexec_config.schema import json_schema

    lines = [f"#:schema {json_schema('document', '7')['$id']}", "", f"[{SECTION}]"]
    tables: list[str] = []
    for key in keys_of(CodeExecutionConfig):
        if key.kind == "union" and keys_of(VARIANTS[mode]):
            tables += ("", *_mode_comment(key, mode), f"[{SECTION}.{key.name}.{mode}]", *_keys(VARIANTS[mode]))
        elif key.kind == "union":
            lines += (*_mode_comment(key, mode), f"{key.name} = {_toml(mode)}", "")
        else:
            lines += (*_described(key), "")
    return "\n".join((*lines[:-1], *tables)) + "\n"


def _keys(cls: type[Any]) -> Iterator[str]:
    for index, key in enumerate(keys_of(cls)):
        if index:
            yield ""
        yield from _described(key)


def policy_text() -> str:
    """Return a policy file with each entry as a comment."""
    from codeexec_config.policy import Policy

    lines = [*_comment(_POLICY)]
    for key in keys_of(Policy):
        lines += ("", *_comment(_sentence(key.text)), f"# {key.name} = {_toml(key.examples[0])}")
    return "\n".join(lines) + "\n"


def _mode_comment(key: Key, mode: str) -> Iterator[str]:
    yield from _comment(_sentence(key.text))
    yield from _comment(f"{mode}: {(key.choices or {})[mode]}.")


def _described(key: Key) -> Iterator[str]:
    """Yield a key's description, and the key with its default or, without one, an example."""
    yield from _comment(_sentence(key.text))
    for name, text in (key.choices or {}).items():
        yield from _comment(f"{name}: {text}.")
    value = key.examples[0] if key.default is REQUIRED or key.default is None else key.default
    yield f"{key.name} = {_toml(value)}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _comment(text: str) -> Iterator[str]:
    for line in wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False):
        yield f"# {line}"


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
