"""The report on one configuration, and its exception and warning; each can render itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from codeexec_config.codes import Severity
from codeexec_config.keys import ByFields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codeexec_config.diagnostics import Deferred, Diagnostic, Origin
    from codeexec_config.model import CodeExecutionConfig

__all__ = ["ConfigError", "ConfigWarning", "Report"]


class ConfigError(ValueError):
    """Everything that is wrong with one configuration: the only exception raised for what a file contains.

    Args:
        diagnostics: all findings, in file order.

    Raises:
        TypeError: they are not findings.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        from codeexec_config.diagnostics import Diagnostic

        self.diagnostics = tuple(diagnostics)
        if not all(isinstance(each, Diagnostic) for each in self.diagnostics):
            raise TypeError("a ConfigError takes findings, each a Diagnostic")
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from codeexec_config.rendering.text import render_plain

        return render_plain(self.diagnostics)


class ConfigWarning(UserWarning):
    """Carry a finding that is not an error through the module `warnings`, as `.diagnostic`."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic)

    def __str__(self) -> str:
        return str(self.diagnostic)


@attrs.frozen(kw_only=True, repr=False)
class Report(ByFields):
    """What a check found.

    Args:
        config: the config, or None if there are errors or if it needs what `offline` did not read.
        diagnostics: all findings, in file order.
        deferred: the references that were not looked up.
        env_reads: the names that were looked up, sorted.
        file: the file's name as given, or None.
        origins: where each value comes from, if requested and if there are no errors.
    """

    config: CodeExecutionConfig | None
    diagnostics: tuple[Diagnostic, ...] = ()
    deferred: tuple[Deferred, ...] = ()
    env_reads: tuple[str, ...] = ()
    file: str | None = None
    origins: tuple[Origin, ...] = ()

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings that fail."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The findings that fail under `strict`."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.WARNING)

    @property
    def ok(self) -> bool:
        """Whether there are no errors."""
        return not self.errors

    def raise_for_errors(self) -> None:
        """Raise if there are errors.

        Raises:
            ConfigError: there is an error; it carries all findings, the warnings too.
        """
        if not self.ok:
            raise ConfigError(self.diagnostics)

    def require(self) -> CodeExecutionConfig:
        """Return the config.

        Raises:
            ConfigError: there is an error; it carries all findings, the warnings too.
            ValueError: the config needs what `offline` did not read.
        """
        self.raise_for_errors()
        if self.config is None:
            names = ", ".join(sorted({deferred.reference for deferred in self.deferred}))
            raise ValueError(f"a config needs the environment: {names} was not read")
        return self.config

    def __str__(self) -> str:
        from codeexec_config.rendering.text import render_plain

        return render_plain(self.diagnostics)
