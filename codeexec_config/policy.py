"""`Policy`: a host's limits on what a file may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import attrs
from attrs.converters import optional

from codeexec_config.keys import Bounds, ByFields, Key, described
from codeexec_config.model import MODE_TEXTS, RUNTIME_TEXTS, Runtime, as_runtime, as_tuple
from codeexec_config.rules.alone import judge_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codeexec_config.diagnostics import Related

__all__ = ["Policy"]

_HOST: Final = Key("text", form="host pattern")


class _Sourced:
    """A slot for the places of a policy's entries in its file."""

    __slots__ = ("_places",)


@attrs.frozen(kw_only=True, repr=False)
class Policy(_Sourced, ByFields):
    """What a host permits; `Policy()` forbids nothing.

    Args:
        max_timeout_secs: the most seconds that a file may give one run.
        max_memory_mb: the most MiB that a file may give one run.
        languages: the languages that may be allowed.
        modes: the modes that may be chosen.
        runtimes: the sandboxes that may be named.
        minimum_isolation: the weakest sandbox; docker is weaker than gvisor, gvisor than firecracker. It applies only
            to mode sandboxed: the other modes run nothing on this host.
        url_hosts: globs of the hosts that code may be sent to, in lower case, without port and brackets.
        insecure_hosts: globs of the hosts that plain http may lead to, even with a key.
        allow_literal_secrets: whether a key may be written into the file.
        allow_env: globs of the variables that a file may read.

    Raises:
        TypeError: an entry is of another type.
        ValueError: an entry is out of range, or names something that does not exist.
    """

    max_timeout_secs: int | None = attrs.field(
        default=None,
        metadata=described(
            Key(
                "integer",
                "the most seconds that a file may give one run",
                examples=(60,),
                bounds=Bounds(1, 86_400, "second", "a program needs some time to run", "one run is limited to a day"),
            )
        ),
    )
    max_memory_mb: int | None = attrs.field(
        default=None,
        metadata=described(
            Key(
                "integer",
                "the most MiB that a file may give one run",
                examples=(1024,),
                bounds=Bounds(1, 1_048_576, "MiB", "a program needs some memory to run", "one run is limited to 1 TiB"),
            )
        ),
    )
    languages: tuple[str, ...] | None = attrs.field(
        default=None,
        converter=optional(as_tuple),
        metadata=described(
            Key(
                "list",
                "the languages that a file may allow",
                examples=(["python", "javascript"],),
                item=Key("text", form="language"),
            )
        ),
    )
    modes: tuple[str, ...] | None = attrs.field(
        default=None,
        converter=optional(as_tuple),
        metadata=described(
            Key(
                "list",
                "the modes that a file may choose",
                examples=(["wasm", "sandboxed"],),
                item=Key("choice", form="mode", choices=MODE_TEXTS),
            )
        ),
    )
    runtimes: tuple[str, ...] | None = attrs.field(
        default=None,
        converter=optional(as_tuple),
        metadata=described(
            Key(
                "list",
                "the sandboxes that a file may name",
                examples=(["gvisor", "firecracker"],),
                item=Key("choice", form="runtime", choices=RUNTIME_TEXTS),
            )
        ),
    )
    minimum_isolation: Runtime | None = attrs.field(
        default=None,
        converter=optional(as_runtime),
        metadata=described(
            Key(
                "choice",
                "the weakest sandbox that a file may name: docker, then gvisor, then firecracker",
                examples=("gvisor",),
                form="runtime",
                choices=RUNTIME_TEXTS,
            )
        ),
    )
    url_hosts: tuple[str, ...] | None = attrs.field(
        default=None,
        converter=optional(as_tuple),
        metadata=described(
            Key(
                "list",
                "globs of the hosts that code may be sent to, without port and brackets",
                examples=(["*.example.com"],),
                item=_HOST,
            )
        ),
    )
    insecure_hosts: tuple[str, ...] | None = attrs.field(
        default=None,
        converter=optional(as_tuple),
        metadata=described(
            Key(
                "list",
                "globs of the hosts that plain http may lead to, even with a key",
                examples=(["code-exec"],),
                item=_HOST,
            )
        ),
    )
    allow_literal_secrets: bool = attrs.field(
        default=True,
        metadata=described(Key("boolean", "whether a key may be written into the file itself", examples=(False,))),
    )
    allow_env: tuple[str, ...] | None = attrs.field(
        default=None,
        converter=optional(as_tuple),
        metadata=described(
            Key(
                "list",
                "globs of the environment variables that a file may read",
                examples=(["CODE_EXEC_*"],),
                item=Key("text", form="variable pattern"),
            )
        ),
    )

    def __attrs_post_init__(self) -> None:
        for finding in judge_fields(self, {}):
            name = "".join(f"[{part}]" if isinstance(part, int) else part for part in finding.path)
            kind = TypeError if finding.code == "wrong-type" else ValueError
            raise kind(": ".join(filter(None, (name, finding.message, finding.help))))

    def place_of(self, entry: str) -> Related | None:
        """Return the place of an entry in the file that the policy was read from, or None."""
        return cast("Mapping[str, Related]", getattr(self, "_places", {})).get(entry)


def at_places(policy: Policy, places: Mapping[str, Related]) -> Policy:
    """Set the places of a policy's entries in its file."""
    object.__setattr__(cast("Any", policy), "_places", places)
    return policy
