"""Run a check from beginning to end.

The order of evaluation, each step working on the result of the one before:

1. Read the file, check its limits, parse it. If it is not TOML, that is the only finding.
2. Select the section. An absent one means the defaults; near misses of its header are reported.
3. Structure it into the model in one pass: the hooks read references, the constructors run the rules. If nothing fails
   and nothing can be remarked on, the check ends here, as for most files.
4. Otherwise resolve `enabled`, then the other references: none if the section is off or `offline` is set. Structure
   the values again, now collecting every error of a table.
5. Collect every finding: those on the shape from the tree of errors, those of the rules from a second run over the
   known values.
6. Offer fixes and add places, only if there is something to place. Up to here there are only paths.
7. Report. Nothing above raises for what a file contains. An exception of the environment is returned as a value and
   raised by the public function, whose frame no longer refers to any text of the file or of the environment.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

from codeexec_config.document import Document, parse
from codeexec_config.document.select import may_have_near_misses, select
from codeexec_config.limits import SWITCH
from codeexec_config.model import is_flawless
from codeexec_config.section import Outcome
from codeexec_config.section.quick import EnvironmentRaisedError, structured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codeexec_config.findings import Finding
    from codeexec_config.section import Options


def run_file(path: str | os.PathLike[str], _: str, options: Options) -> Outcome | BaseException:
    """Check a file."""
    name = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError("path must be a str or a path that yields one, not bytes")
    raw = parse.read(name)
    if not isinstance(raw, bytes):
        from codeexec_config.document.unreadable import name_shown

        return Outcome(None, [raw], file=name_shown(name))
    text = parse.decode(raw)
    if not isinstance(text, str):
        return Outcome(None, refused=text, file=name)
    return _run_decoded(text, name, options)


def run_text(text: str, filename: str, options: Options) -> Outcome | BaseException:
    """Check a text."""
    if not isinstance(text, str) or not isinstance(filename, str):
        raise TypeError("text and filename must be str")
    flaw = parse.check_text(text)
    if flaw is None:
        return _run_decoded(text, filename, options)
    from codeexec_config.findings import Finding

    if isinstance(flaw, Finding):
        return Outcome(None, [flaw], file=filename)
    return Outcome(None, refused=flaw, file=filename)


def run_mapping(table: object, _: str, options: Options) -> Outcome | BaseException:
    """Check a section's own table."""
    from codeexec_config.section.plain import Plain, astray

    wrong = astray(table, options.section, options.model)
    if wrong is not None:
        return Outcome(None, [wrong.under(*options.section)])
    plain = Plain(table, options.model)
    if type(plain.value) is not dict:
        return Outcome(None, [finding.under(*options.section) for finding in plain.findings])
    return _run_section(plain.value, options, plain.findings)


def _run_decoded(text: str, name: str, options: Options) -> Outcome | BaseException:
    document = parse.parse(text, name, options.section, options.model)
    if not isinstance(document, Document):
        return Outcome(None, refused=document, file=name)
    selected = select(document.data, options.section)
    if selected is None:
        return _run_absent(document, name, options)
    if not isinstance(selected, dict):
        return Outcome(None, [selected], document=document, file=name)
    judged = _run_section(selected, options)
    if not isinstance(judged, Outcome):
        return judged
    judged.document, judged.file = document, name
    if not may_have_near_misses(document.data, options.section, options.model):
        return judged
    from codeexec_config.document.near_misses import beside

    misses = list(beside(document.data, options.section, options.model, found=options.found))
    return _with_misses(judged, misses) if misses else judged


def _run_absent(document: Document, name: str, options: Options) -> Outcome:
    """Check an absent section: it means the defaults, which a policy may refuse."""
    from codeexec_config.document.near_misses import absent
    from codeexec_config.findings import errors

    # Nothing is looked up for an empty table, so no environment can raise.
    judged = cast("Outcome", _run_section({}, options))
    judged.document, judged.file = document, name
    misses = list(absent(document.data, options.section, options.model, found=options.found))
    if errors(misses):
        judged.found = ()  # a file with a near miss does not mean the defaults
    return _with_misses(judged, misses)


def _with_misses(judged: Outcome, misses: list[Finding]) -> Outcome:
    from codeexec_config.findings import errors

    if errors(misses):
        judged.config = None
    judged.found = [*misses, *judged.found]
    return judged


def _run_section(section: dict[str, Any], options: Options, found: Sequence[Finding] = ()) -> Outcome | BaseException:
    if options.policy is None and not found and section.get(SWITCH, True) is True:
        try:
            config = structured(section, None if options.offline else options.environment, options.model)
        except EnvironmentRaisedError as error:
            return error.failure
        if config is not None and is_flawless(config):
            return Outcome(config, (), section)
    from codeexec_config.section.thorough import check

    return check(section, options, found)
