"""`show`: the effective config of a file, with the origin of each value."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.cli import inputs
from codeexec_config.cli.files import STANDARD_INPUT
from codeexec_config.cli.parsing import Formatter, usage_error
from codeexec_config.rendering.origins import Value, render, structure

if TYPE_CHECKING:
    import argparse

    from codeexec_config.findings import Path
    from codeexec_config.policy import Policy
    from codeexec_config.report import Report

_UNREADABLE: Final = 2
_CEILINGS: Final[dict[Path, tuple[str, ...]]] = {
    ("mode",): ("modes",),
    ("mode", "sandboxed", "runtime"): ("runtimes", "minimum_isolation"),
    ("mode", "external", "url"): ("url_hosts", "insecure_hosts"),
    ("mode", "external", "api_key"): ("allow_literal_secrets",),
    ("allowed_languages",): ("languages",),
}
"""The policy entries that apply to a value, besides the maximum of a number."""
_EPILOG: Final = """\
exit status:
  0  the values are printed
  1  the file has errors, which are printed instead
  2  a usage error, or a file that cannot be read

examples:
  %(prog)s app.toml
  %(prog)s --offline --policy policy.toml --format json app.toml
"""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "show",
        help="print the effective config and where each value comes from",
        description="Print the effective config of a file: defaults, the file's own values, and references.",
        epilog=_EPILOG,
        formatter_class=Formatter,
    )
    parser.add_argument("file", metavar="FILE", help="a file, or - for standard input")
    inputs.add_scope(parser.add_argument_group("what is shown"))
    inputs.add_environment(parser.add_argument_group("the environment"))
    output = parser.add_argument_group("output")
    output.add_argument(
        "--format", choices=("text", "json"), default="text", help="how it is printed (default: %(default)s)"
    )
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Print the config, or the errors of the file; return the exit status."""
    try:
        inputs.refuse_contradictions(options, (options.file,))
        section = inputs.section(options)
        environment = inputs.environment(options, "show")
    except inputs.UsageError as error:
        return usage_error("show", str(error))
    found = inputs.policy(options)
    if found is not None and found.policy is None:
        from codeexec_config.report import Report

        return _refuse(options, Report(config=None, diagnostics=found.diagnostics, file=found.file))
    policy = None if found is None else found.policy
    report = _check(options, environment, policy)
    if not report.ok:
        return _refuse(options, report)
    _print(options, report, [Value(origin, ceilings(policy, origin.path[len(section) :])) for origin in report.origins])
    return 0


def _check(options: argparse.Namespace, environment: Any, policy: Policy | None) -> Report:
    from codeexec_config.cli.checking import check_standard_input
    from codeexec_config.loading import check_file

    arguments: dict[str, Any] = {
        "env": environment,
        "section": options.section,
        "allow_env": options.allow_env,
        "policy": policy,
        "offline": options.offline,
        "origins": True,
    }
    if options.file == STANDARD_INPUT:
        return check_standard_input(arguments)[1]
    return check_file(options.file, **arguments)


def ceilings(policy: Policy | None, path: Path) -> dict[str, object]:
    """Return the policy entries that apply to the value at a path of the section."""
    if policy is None:
        return {}
    name = str(path[-1])
    entries = [name if name.startswith("max_") else f"max_{name}"] if len(path) == 1 else []
    entries += (entry for key, names in _CEILINGS.items() if path[: len(key)] == key for entry in names)
    found = {entry: getattr(policy, entry, None) for entry in entries}
    return {
        entry: list(value) if isinstance(value, tuple) else value for entry, value in found.items() if value is not None
    }


def _refuse(options: argparse.Namespace, report: Report) -> int:
    if options.format == "json":
        import json

        from codeexec_config.rendering.structured import document, file_entry

        entry = file_entry(report.file or options.file, report, valid=False)
        sys.stdout.write(json.dumps(document([entry]), ensure_ascii=False, indent=2) + "\n")
    else:
        from codeexec_config.cli.streams import colours
        from codeexec_config.rendering.text import ANSI, PLAIN, render_text

        sys.stdout.write(render_text(report.diagnostics, ANSI if colours("auto", sys.stdout) else PLAIN))
    return _UNREADABLE if any(found.code == "unreadable-file" for found in report.errors) else 1


def _print(options: argparse.Namespace, report: Report, values: list[Value]) -> None:
    if options.format == "json":
        import json

        sys.stdout.write(json.dumps(structure(options.file, values), ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(render(options.file, values))
    for diagnostic in report.diagnostics:
        print(diagnostic, file=sys.stderr)
