"""From plain values to a judged config: what a check is asked, and what it came to."""

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
    """What a caller says of a check, once it is read.

    `model` is the class that the section is structured into. `offline`, `origins` and `found` are set on an instance;
    the last says that nobody named the file, so that a near miss may be somebody else's table.
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
    """What a check came to, before anything of it has a place.

    Attributes:
        config: the config, or None.
        found: the findings, with paths from the root of the file.
        refused: the one diagnostic of a text that is not TOML; it has its place.
        document: the text that the findings stand in, or None.
        file: the file's name as it was given, or None.
        deferred: each reference that was not looked up, with its path.
        section: the section's own table, an empty one when it is absent, or None when nobody got so far.
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


# Neither is a named tuple: to make one takes longer than to import a module, at every start-up. Both are made for every
# call, by place: by name that takes twice as long.
