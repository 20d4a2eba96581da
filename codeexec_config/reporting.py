"""Make the report of a check: each finding at its place, each value with its origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from codeexec_config.report import Report

if TYPE_CHECKING:
    from codeexec_config.diagnostics import Deferred, Diagnostic, Origin
    from codeexec_config.document.places import Places
    from codeexec_config.section import Options, Outcome


def report_of(outcome: Outcome, options: Options) -> Report:
    """Return the report of a check, each finding at its place."""
    places = _places(outcome, options)
    return Report(
        config=outcome.config,
        diagnostics=_placed(outcome, places),
        origins=_origins(outcome, options, places),
        deferred=_deferred(outcome),
        env_reads=options.environment.reads,
        file=outcome.file,
    )


def _deferred(outcome: Outcome) -> tuple[Deferred, ...]:
    if not outcome.deferred:
        return ()
    from codeexec_config.diagnostics import Deferred

    return tuple(Deferred(path, reference) for path, reference in outcome.deferred)


def _places(outcome: Outcome, options: Options) -> Places | None:
    if outcome.document is None or not (outcome.found or options.origins):
        return None
    from codeexec_config.document.places import Places

    return Places(outcome.document, outcome.file, options.section, options.model, outcome.found)


def _origins(outcome: Outcome, options: Options, places: Places | None) -> tuple[Origin, ...]:
    if not options.origins or outcome.section is None:
        return ()
    from codeexec_config.diagnostics import Origin
    from codeexec_config.findings import errors
    from codeexec_config.section.origins import sources

    if errors(outcome.found):
        return ()

    found = [(source, (*options.section, *source.path)) for source in sources(outcome.section, options.model)]
    return tuple(
        Origin(
            path,
            source.value,
            source.maker,
            places.span(path) if places and source.maker != "default" else None,
            source.reference,
        )
        for source, path in found
    )


def _placed(outcome: Outcome, places: Places | None) -> tuple[Diagnostic, ...]:
    if outcome.refused is not None:
        return (evolve(outcome.refused, file=outcome.file),)
    if not outcome.found:
        return ()
    if places is None:
        from codeexec_config.diagnostics import placeless

        placed = [placeless(finding, outcome.file) for finding in outcome.found]
    else:
        placed = [places.diagnostic(finding) for finding in outcome.found]
    return tuple(sorted(placed, key=lambda diagnostic: diagnostic.order()))
