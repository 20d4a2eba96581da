"""Findings as SARIF 2.1.0, which code scanners exchange; GitHub accepts it through `upload-sarif`.

Nothing is quoted from the source: consumers have the file, and mask what they show of it themselves.
"""

from __future__ import annotations

import os
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_from_bytes

from codeexec_config._version import PROJECT_URL, VERSION
from codeexec_config.codes import CODES
from codeexec_config.diagnostics import marker_column
from codeexec_config.explanations import EXPLANATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codeexec_config.codes import Severity
    from codeexec_config.diagnostics import Diagnostic, Fix, Related, Span
    from codeexec_config.explanations.entry import Explanation

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
SOURCE_ROOT: Final = "%SRCROOT%"
"""GitHub's own name for the root of the checkout."""
FINGERPRINT: Final = "codeexecFinding/v1"
_RULES: Final = {code: index for index, code in enumerate(CODES)}


def log(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a whole log, with its results last."""
    driver = {
        "name": "codeexec-config",
        "version": VERSION,
        "semanticVersion": VERSION,
        "informationUri": PROJECT_URL,
        "rules": [_rule(code, severity, EXPLANATIONS[code]) for code, severity in CODES.items()],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": list(results)}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def results(diagnostics: Iterable[Diagnostic], root: str) -> list[dict[str, Any]]:
    """Return the results of one file.

    Args:
        diagnostics: its findings.
        root: the absolute folder that paths are relative to.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for diagnostic in diagnostics:
        artifact = artifact_location(diagnostic.file or "", root)
        identity = (artifact["uri"], *_identity(diagnostic))
        found.append(_result(diagnostic, artifact, _fingerprint((*identity, str(seen[identity]))), root))
        seen[identity] += 1
    return found


def artifact_location(path: str, root: str) -> dict[str, str]:
    """Return the URI of a file: relative to the root if the file is below it, otherwise absolute."""
    absolute = os.path.abspath(path)  # noqa: PTH100 -- a link keeps its name
    below = os.path.join(root, "")  # noqa: PTH118 -- the same
    if absolute.startswith(below):
        return {"uri": _encoded(absolute.removeprefix(below)), "uriBaseId": SOURCE_ROOT}
    return {"uri": f"file://{_encoded(absolute)}"}


def _encoded(path: str) -> str:
    return quote_from_bytes(os.fsencode(path.replace(os.sep, "/")), safe="/")


def _rule(code: str, severity: Severity, explanation: Explanation) -> dict[str, Any]:
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in code.split("-")),
        "shortDescription": {"text": f"{explanation.meaning[0].upper()}{explanation.meaning[1:]}."},
        "fullDescription": {"text": explanation.reason},
        "defaultConfiguration": {"level": str(severity)},
        "help": {"text": f"{explanation.reason} {explanation.cure}", "markdown": _markdown(explanation)},
    }


def _markdown(explanation: Explanation) -> str:
    setting = f" ({explanation.setting})" if explanation.setting else ""
    policy = f"With a policy that says\n\n{_fenced(explanation.policy)}\n\n" if explanation.policy else ""
    return (
        f"{explanation.reason}\n\n{policy}"
        f"Broken{setting}:\n\n{_fenced(explanation.broken)}\n\n"
        f"Repaired:\n\n{_fenced(explanation.repaired)}\n\n{explanation.cure}\n"
    )


def _fenced(toml: str) -> str:
    return f"```toml\n{toml}```"


def _result(diagnostic: Diagnostic, artifact: dict[str, str], fingerprint: str, root: str) -> dict[str, Any]:
    hint = f" ({diagnostic.help})" if diagnostic.help else ""
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": _RULES[diagnostic.code],
        "level": str(diagnostic.severity),
        "message": {"text": f"{diagnostic.message}{hint}"},
        "locations": [_location(artifact, diagnostic.span)],
        "partialFingerprints": {FINGERPRINT: fingerprint},
    }
    related = [other for other in diagnostic.related if other.span is not None]
    if related:
        result["relatedLocations"] = [_related(index, other, root) for index, other in enumerate(related)]
    if diagnostic.fix is not None:
        result["fixes"] = [_fix(diagnostic.fix, artifact)]
    return result


def _location(artifact: dict[str, str], span: Span | None) -> dict[str, Any]:
    # GitHub shows nothing without a region; a finding on a whole file is put at its beginning.
    region = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1} if span is None else _region(span)
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.start.line,
        "startColumn": span.start.column,
        "endLine": span.end.line,
        "endColumn": span.end.column,
    }


def _related(index: int, related: Related, root: str) -> dict[str, Any]:
    location = _location(artifact_location(related.file or "", root), related.span)
    return {"id": index, "message": {"text": related.message}, **location}


def _fix(fix: Fix, artifact: dict[str, str]) -> dict[str, Any]:
    replacements: list[dict[str, Any]] = []
    for edit in fix.edits:
        inserted = {"insertedContent": {"text": edit.text}} if edit.text else {}
        replacements.append({"deletedRegion": _region(edit.span), **inserted})
    change = {"artifactLocation": artifact, "replacements": replacements}
    return {"description": {"text": fix.title}, "artifactChanges": [change]}


def _identity(diagnostic: Diagnostic) -> tuple[str, ...]:
    """Return the parts of a finding that stay the same when lines above it, or entries before it, change."""
    keys = [part for part in diagnostic.path if isinstance(part, str)]
    return (diagnostic.code, *keys, _marked(diagnostic))


def _marked(diagnostic: Diagnostic) -> str:
    """Return the marked text as it appears in the masked line."""
    excerpt, span = diagnostic.excerpt, diagnostic.span
    if excerpt is None or span is None:
        return ""
    start = marker_column(excerpt, span.start.column) - 1
    is_one_line = span.start.line == span.end.line
    return excerpt[start : start + span.end.column - span.start.column] if is_one_line else excerpt[start:]


def _fingerprint(identity: tuple[str, ...]) -> str:
    return sha256("\0".join(identity).encode("utf-8", "surrogatepass")).hexdigest()[:32]
