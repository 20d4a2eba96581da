"""The inputs of commands other than their files: variables, the policy, the path of the section."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from codeexec_config.cli.files import STANDARD_INPUT
from codeexec_config.cli.parsing import program
from codeexec_config.findings import printable_line
from codeexec_config.limits import SECTION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codeexec_config.findings import Path
    from codeexec_config.policy_file import PolicyFile


class UsageError(Exception):
    """What is wrong with how a command was called."""


class _Once(argparse.Action):
    """Refuse an option that is given twice: one of the two policies would be lost."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_: object) -> None:
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{self.option_strings[0]}: given twice, but a check takes only one policy")
        setattr(namespace, self.dest, values)


def add_scope(group: Any) -> None:
    """Add the options for what is checked, and against which policy."""
    group.add_argument(
        "--section", default=SECTION, metavar="PATH", help="the section's dotted path (default: %(default)s)"
    )
    group.add_argument(
        "--policy", action=_Once, metavar="FILE", help="the host's policy, a TOML file; `init --policy` prints one"
    )


def add_environment(group: Any) -> None:
    """Add the options for where references are looked up."""
    group.add_argument(
        "--offline", action="store_true", help="read no environment: take references as set, and list them"
    )
    group.add_argument(
        "--env-file",
        action="append",
        metavar="FILE",
        help="variables as in `docker run --env-file`; - for standard input; may be repeated",
    )
    group.add_argument(
        "--secrets-dir",
        action="append",
        metavar="DIR",
        help="a folder with a file for each variable that is not set otherwise; may be repeated",
    )
    group.add_argument(
        "--allow-env", action="append", metavar="GLOB", help="a variable that files may read; may be repeated"
    )


def refuse_contradictions(options: argparse.Namespace, paths: Sequence[str]) -> None:
    """Raise UsageError for options that contradict each other."""
    for name in ("env_file", "secrets_dir"):
        if options.offline and getattr(options, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"--offline reads no environment, so it cannot be used with {option}")
    if STANDARD_INPUT in (options.env_file or ()) and STANDARD_INPUT in paths:
        raise UsageError("standard input cannot be both the --env-file and a file to check")


def section(options: argparse.Namespace) -> Path:
    """Return the parts of the section's path; raise UsageError if it is invalid."""
    from codeexec_config.loading import section_path

    try:
        return section_path(options.section)
    except ValueError as error:
        raise UsageError(f"--section: {error}") from None


def policy(options: argparse.Namespace) -> PolicyFile | None:
    """Read the policy file, if one is named; its warnings are printed to standard error, and fail nothing."""
    if options.policy is None:
        return None
    from codeexec_config.policy_file import read_policy

    found = read_policy(options.policy)
    if found.policy is not None and not getattr(options, "quiet", False):
        for diagnostic in found.diagnostics:
            print(diagnostic, file=sys.stderr)
    return found


def environment(options: argparse.Namespace, command: str, *, quiet: bool = False) -> Mapping[str, str]:
    """Return where references are looked up; raise UsageError if a source of variables cannot be read."""
    if options.env_file is None and options.secrets_dir is None:
        return os.environ
    from collections import ChainMap

    files = [_env_file(path, command, quiet=quiet) for path in options.env_file or ()]
    folders = [_secrets(path) for path in options.secrets_dir or ()]
    # The last of two wins, as in `docker run`.
    sources: list[Any] = [*reversed(files), os.environ, *reversed(folders)]
    return ChainMap(*sources)


def _secrets(folder: str) -> Mapping[str, str]:
    from codeexec_config.secrets_directory import SecretsDirectory

    try:
        os.stat(os.path.join(folder, "."))  # noqa: PTH116, PTH118 -- pathlib costs start-up time
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        reason = "it is not a folder" if isinstance(error, NotADirectoryError) else "no such folder"
        raise UsageError(f"--secrets-dir: {reason}") from None
    except OSError as error:
        raise UsageError(f"--secrets-dir: {(error.strerror or 'it cannot be read').lower()}") from None
    return SecretsDirectory(folder)


def _env_file(path: str, command: str, *, quiet: bool) -> dict[str, str]:
    from codeexec_config.cli.env_file import EnvFileError, read_env_file

    try:
        found = read_env_file(path)
    except EnvFileError as error:
        raise UsageError(f"--env-file: {error}") from None
    for line, remark in () if quiet else found.remarks:
        where = printable_line(f"{path}:{line}")
        print(f"{program()} {command}: warning: {where}: {remark}", file=sys.stderr)
    return found.values
