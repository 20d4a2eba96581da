"""Look up variables: each at most once, only permitted ones, and keeping no value if a lookup fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config import limits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Patterns = tuple[str, ...]


class Environment:
    """The variables of one check.

    Args:
        mapping: the source of their values.
        allowed: groups of glob patterns; a name must match each group to be read.
    """

    __slots__ = ("_allowed", "_garbled", "_mapping", "_values")

    def __init__(self, mapping: Mapping[str, str], allowed: Sequence[Patterns] = ()) -> None:
        self._mapping = mapping
        self._allowed = allowed
        self._values: dict[str, str | None] = {}
        self._garbled: tuple[str, ...] = ()

    @property
    def is_limited(self) -> bool:
        """Whether a file may read only some variables."""
        return bool(self._allowed)

    def permits(self, name: str) -> bool:
        """Check whether a file may read a variable."""
        if not self._allowed:
            return True
        from fnmatch import fnmatchcase

        return all(any(fnmatchcase(name, pattern) for pattern in group) for group in self._allowed)

    @property
    def allowed(self) -> Sequence[Patterns]:
        """The patterns of the argument and of the policy; a variable must match one of each."""
        return self._allowed

    def fetch(self, name: str) -> BaseException | None:
        """Look a name up once; return what the mapping raised, without our frames, and keep no value then.

        A traceback gives access to the variables of the frames that an exception passed through; so it is returned as
        a value, and raised where no frame refers to a secret.
        """
        if name in self._values:
            return None
        try:
            value = self._mapping[name]
        except KeyError:
            self._values[name] = None
            return None
        except BaseException as error:  # noqa: BLE001 -- handed to the caller, who raises it
            self._values.clear()
            inner = error.__traceback__
            return error.with_traceback(inner and inner.tb_next)
        if not issubclass(type(value), str):  # isinstance would accept a mock with the spec of one
            self._values.clear()
            return TypeError(f"the environment's value of {name} is not a str")
        text = str.__str__(value)
        if text.isascii() or _is_utf8(text):
            self._values[name] = text
        else:
            self._values[name] = None
            self._garbled += (name,)
        return None

    def read(self, text: str, *, is_secret: bool) -> str | BaseException | None:
        """Return the value of a text that is one `${NAME}` and nothing else, or the exception that the mapping raised.

        Return None if the text needs a closer look: it is anything else, its variable is not permitted or has no
        value, or a secret's reference may be a pasted key.
        """
        name = text[2:-1]
        if text[:2] != "${" or text[-1] != "}" or not limits.is_variable(name):
            return None
        if is_secret and len(name) >= limits.PASTED_LENGTH and not name.isupper():
            return None
        if self._allowed and not self.permits(name):
            return None
        failure = self.fetch(name)
        return self._values[name] or None if failure is None else failure

    def __getitem__(self, name: str) -> str | None:
        return self._values[name]

    def is_garbled(self, name: str) -> bool:
        """Check whether a variable counts as not set because its bytes are not UTF-8."""
        return name in self._garbled

    def is_set(self, name: str) -> bool:
        """Check whether a variable was looked up and is not empty."""
        return bool(self._values.get(name))

    @property
    def reads(self) -> tuple[str, ...]:
        """The names that were looked up, sorted."""
        return tuple(sorted(self._values))


def _is_utf8(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
