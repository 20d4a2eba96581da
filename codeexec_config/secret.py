"""`Secret`: a value that a program can use and that nothing prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Secret"]

_MASK = "**********"
_HASH = hash("codeexec_config.Secret")


@final
class Secret:
    """Hold a key so that it reaches the call that needs it, and no log on the way.

    Only `reveal()` returns the value. It is not a `str` (a subclass would leak through every C function that reads the
    buffer), not an attrs class (`asdict` would open it), and has no `__dict__`.

    Args:
        value: the key itself.
        reference: `"${NAME}"` when the whole value is one reference, `"${A}${B}"` when it is several and nothing else;
            without one the value counts as a literal.

    Raises:
        TypeError: `value` or `reference` is not a str; the message does not contain it.
        ValueError: `reference` is not made of references only; the message does not contain it either.
    """

    # The value is in a closure: code that walks over slots, as some serialisers do, finds a function.
    __slots__ = ("__missing", "__reference", "__value")

    def __init__(self, value: str, *, reference: str | None = None) -> None:
        flaw = _flaw(value, reference)
        if flaw is not None:
            del value, reference  # a traceback shows this frame
            raise flaw
        self.__value = _closed_over(str.__str__(value))
        self.__reference = reference
        self.__missing: str | None = None

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError(
            "Secret cannot be subclassed: a subclass would have a __dict__, and methods that show the value"
        )

    @property
    def reference(self) -> str | None:
        """The secret as written in the file, if that consists only of references."""
        return self.__reference

    @property
    def resolved(self) -> bool:
        """Whether the value is known; in a disabled section it is not, as no environment is read."""
        return self.__missing is None

    def reveal(self) -> str:
        """Return the value.

        Raises:
            LookupError: the section is disabled, so the variable was never read; the message names it.
        """
        if self.__missing is not None:
            raise LookupError(f"{self.__missing} was not read, because code execution is disabled")
        return self.__value()

    def __repr__(self) -> str:
        # A traceback may show an instance whose constructor has refused its arguments.
        return f"Secret({getattr(self, '_Secret__reference', None) or _MASK!r})"

    __str__ = __repr__

    def __format__(self, spec: str, /) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object, /) -> bool:
        if not isinstance(other, Secret):
            return False
        from hmac import compare_digest  # here: it loads OpenSSL, and few programs compare keys

        same_kind = self.resolved == other.resolved
        mine, theirs = (text.encode("utf-8", "surrogatepass") for text in (self.__identity(), other.__identity()))
        return compare_digest(mine, theirs) and same_kind

    def __identity(self) -> str:
        if self.__missing is not None and self.__reference is not None:
            return self.__reference
        return self.__value()

    def __hash__(self) -> int:
        return _HASH

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any], /) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object, /) -> NoReturn:
        raise TypeError("a Secret cannot be pickled: pass its reference and load the config again on the other side")

    def __getstate__(self) -> NoReturn:
        # Since Python 3.11, `object.__getstate__` returns the values of all slots.
        raise TypeError("a Secret has no state to show: use reveal() where the value is needed")

    def __dir__(self) -> list[str]:
        return ["reference", "resolved", "reveal"]

    @classmethod
    def _read(cls, value: str, *, reference: str) -> Secret:
        """Create a secret from the value of one reference of a file; both are known to be valid."""
        self = cls.__new__(cls)
        self.__value = _closed_over(value)
        self.__reference = reference
        self.__missing = None
        return self

    @classmethod
    def _unread(cls, template: str, *, reference: str | None, variable: str) -> Secret:
        """Create a secret whose variable is not looked up; `template` is the file's text."""
        secret = cls(template, reference=reference)
        secret.__missing = variable
        return secret


def _flaw(value: object, reference: object) -> Exception | None:
    for name, argument in (("value", value), ("reference", "" if reference is None else reference)):
        if not isinstance(argument, str):
            return TypeError(f"the {name} of a Secret must be a str")
    if isinstance(reference, str):
        from codeexec_config.references import is_public

        return None if is_public(reference) else ValueError("the reference of a Secret is written ${NAME}")
    return None


def _closed_over(value: str) -> Callable[[], str]:
    return lambda: value
