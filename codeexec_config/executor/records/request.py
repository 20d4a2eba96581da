"""What a host asks for: a program to run, or a session to open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from codeexec_config.executor import require
from codeexec_config.executor.records.limiting import ExecutionLimits
from codeexec_config.executor.records.portable import Portable, mapping_field, size
from codeexec_config.executor.records.vocabulary import Capability
from codeexec_config.keys import ByFields

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen(kw_only=True, repr=False)
class ExecutionRequest(Portable, ByFields):
    """One program to run.

    Mistakes that only a system would refuse (names that are too long, half of a surrogate pair) are left to
    `encode_request`, which the guard and executors call.

    Args:
        language: its name, as in `allowed_languages`; `canonical_language` translates an alias.
        code: the source text.
        limits: the limits of the run.
        stdin: bytes for its standard input; needs the capability `stdin` unless empty. Without any, a program that
            reads gets the end of its input.
        env: variables added to its environment; `env` unless empty.
        files: files put into its working folder, by relative POSIX path without `..`; `files` unless empty.
        collect: paths in that folder to bring back afterwards; `artifacts` unless empty.
        session: the session to run it in; `sessions` unless None.
        request_id: the host's own name for the run, for logs.
        extensions: additional input for a vendor's executor, by "vendor.name".

    Raises:
        TypeError: a field has another type; the message does not contain the value.
        ValueError: a path leads out of the folder, or the name of a variable or an extension is malformed.
    """

    language: str
    code: str = attrs.field(repr=size)
    limits: ExecutionLimits
    stdin: bytes = attrs.field(default=b"", repr=size)
    env: Mapping[str, str] = mapping_field()
    files: Mapping[str, bytes] = mapping_field()
    collect: tuple[str, ...] = attrs.field(default=(), converter=require.frozen_paths)
    session: str | None = None
    request_id: str | None = None
    extensions: Mapping[str, Any] = mapping_field()

    def __attrs_post_init__(self) -> None:
        require.text("language", self.language)
        require.instance("code", self.code, str)
        require.instance("limits", self.limits, ExecutionLimits)
        require.instance("stdin", self.stdin, bytes)
        require.variables("env", self.env)
        require.files("files", self.files)
        require.paths("collect", self.collect)
        require.instance("session", self.session, str, optional=True)
        require.instance("request_id", self.request_id, str, optional=True)
        require.extensions("extensions", self.extensions)

    @property
    def needs(self) -> tuple[Capability, ...]:
        """The capabilities that the fields in use require."""
        used = {
            Capability.STDIN: bool(self.stdin),
            Capability.ENV: bool(self.env),
            Capability.FILES: bool(self.files),
            Capability.ARTIFACTS: bool(self.collect),
            Capability.SESSIONS: self.session is not None,
        }
        return tuple(capability for capability, is_used in used.items() if is_used)


@attrs.frozen(kw_only=True, repr=False)
class SessionRequest(Portable, ByFields):
    """A session to open: programs that run in it one after the other see what the earlier ones left.

    Args:
        language: the language of all its programs.
        limits: the limits of the session's interpreter; each request has its own, which may be lower.
        extensions: additional input for a vendor's executor, by "vendor.name".

    Raises:
        TypeError: a field has another type.
        ValueError: the name of an extension is malformed.
    """

    language: str
    limits: ExecutionLimits
    extensions: Mapping[str, Any] = mapping_field()

    def __attrs_post_init__(self) -> None:
        require.text("language", self.language)
        require.instance("limits", self.limits, ExecutionLimits)
        require.extensions("extensions", self.extensions)
