"""From plain values to a judged config: the options of a check, and its outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codeexec_config.model import CodeExecutionConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codeexec_config.diagnostics import Diagnostic
    from codeexec_config.document import Document
    from codeexec_config.findings import Finding, Path
    from codeexec_config.policy import Policy
    from codeexec_config.section.environment import Environment


class Options:
    """The options of a check, parsed.

    `model` is the class that the section is structured into. `offline`, `origins` and `found` are set on an instance;
    the last means that the file was found, not named, so that a near miss may be a table with another owner.
    """

    __slots__ = ("environment", "found", "model", "offline", "origins", "policy", "section")

    def __init__(
        self,
        environment: Environment,
        section: Path,
        policy: Policy | None = None,
        *,
        model: type[Any] = CodeExecutionConfig,
    ) -> None:
        self.environment = environment
        self.section = section
        self.policy = policy
        self.model = model
        self.offline = self.origins = self.found = False


class Outcome:
    """The outcome of a check, before its findings have places.

    Attributes:
        config: the config, or None.
        found: the findings, with paths from the root of the file.
        refused: the one diagnostic of a text that is not TOML; it has its place.
        document: the text that the findings are in, or None.
        file: the file's name as given, or None.
        deferred: each reference that was not looked up, with its path.
        section: the section's own table, an empty one if it is absent, or None if it was not reached.
    """

    __slots__ = ("config", "deferred", "document", "file", "found", "refused", "section")

    def __init__(
        self,
        config: Any,
        found: Sequence[Finding] = (),
        section: dict[str, Any] | None = None,
        *,
        refused: Diagnostic | None = None,
        document: Document | None = None,
        file: str | None = None,
        deferred: tuple[tuple[Path, str], ...] = (),
    ) -> None:
        self.config = config
        self.found = found
        self.refused = refused
        self.document = document
        self.file = file
        self.deferred = deferred
        self.section = section


# Neither is a named tuple: creating one takes longer than importing a module, at every start-up. Both are instantiated
# for every call, with positional arguments: keywords take twice as long.
