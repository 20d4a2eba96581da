"""`Secret`: only `reveal()` returns the value."""

from __future__ import annotations

import copy
import copyreg
import inspect
import json
import logging
import pickle
import pprint
import string
import sys
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import attrs
import cattrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeexec_config import CodeExecutionConfig, External, Secret, check_mapping
from codeexec_config.testing import assert_no_leak

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = "sk-canary-7d1e0b42"
REFERENCE = "${CODE_EXEC_API_KEY}"
PASTED = "${ghp_16C7e42F292c6912E7710c838347Ae178B4a}"
"""A key between braces, where the name of a variable belongs."""
NAMED = Secret(CANARY, reference=REFERENCE)
LITERAL = Secret(CANARY)
CONFIG = CodeExecutionConfig(mode=External(url="https://code-exec.example.com", api_key=LITERAL))

any_text = st.text(st.characters(exclude_categories=()))  # lone surrogates too


def unread(template: str) -> Secret:
    """Return the secret of a disabled section."""
    external = {"url": "https://code-exec.example.com", "api_key": template}
    config = check_mapping({"enabled": False, "mode": {"external": external}}, env={}).config
    assert config is not None
    assert isinstance(config.mode, External)
    assert config.mode.api_key is not None
    return config.mode.api_key


# -- the value ---------------------------------------------------------------------------------------------------------


@given(any_text)
def test_reveal_gives_the_value(value: str) -> None:
    assert value == Secret(value).reveal()


def test_reveal_gives_a_plain_str() -> None:
    class Loud(str):
        __slots__ = ()

    assert str is type(Secret(Loud(CANARY)).reveal())


@pytest.mark.parametrize("reference", ["${A}", "${_a1}${B}", None])
def test_the_reference_is_how_the_file_spells_it(reference: str | None) -> None:
    assert reference == Secret(CANARY, reference=reference).reference


def test_a_secret_is_read_only() -> None:
    for name in ("reference", "resolved", "other"):
        with pytest.raises(AttributeError):
            setattr(NAMED, name, "x")


# -- wrong arguments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [CANARY.encode(), [CANARY], {CANARY: 1}, None, 7, NAMED])
def test_a_value_of_another_type_is_a_type_error_without_it(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^the value of a Secret must be a str$"):
        assert_no_leak(lambda: Secret(value), CANARY)


def test_a_reference_of_another_type_is_a_type_error_without_the_value() -> None:
    with pytest.raises(TypeError, match=r"^the reference of a Secret must be a str$"):
        assert_no_leak(lambda: Secret(CANARY, reference=cast("str", [CANARY])), CANARY)


@pytest.mark.parametrize(
    "reference", ["", "A", "$A", "${A} ", "${A:-b}", "${1}", "$<A>", "${A}\n", f"${{A:-{CANARY}}}", PASTED]
)
def test_a_reference_is_made_of_references_alone(reference: str) -> None:
    with pytest.raises(ValueError, match=r"^the reference of a Secret is written"):
        assert_no_leak(lambda: Secret(CANARY, reference=reference), CANARY)


# -- nothing else shows it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "reference"), [(1, None), (CANARY, 1), (CANARY, CANARY)])
def test_a_traceback_shows_the_frame_in_which_arguments_are_refused(value: Any, reference: Any) -> None:
    """With the secret that was to be: half made, it has no reference."""
    with pytest.raises((TypeError, ValueError)) as caught:
        Secret(value, reference=reference)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())

    assert "self = Secret('**********')" in shown


@pytest.mark.parametrize(
    ("expected", "secret"),
    [
        ("Secret('${CODE_EXEC_API_KEY}')", NAMED),
        ("Secret('**********')", LITERAL),
        ("Secret('${K}')", unread("${K}")),
        ("Secret('**********')", unread("sk-${K}")),
    ],
)
def test_repr_str_and_format_show_the_reference_or_stars(expected: str, secret: Secret) -> None:
    assert [expected] * 5 == [repr(secret), str(secret), f"{secret}", "%s" % secret, "%r" % secret]  # noqa: UP031
    assert f"{expected:>40}" == f"{secret:>40}"
    assert expected == ascii(secret)


def holder(secret: Secret) -> Any:
    class Holder:
        def __init__(self) -> None:
            self.secret = secret

    return Holder()


def slots_of(obj: Any) -> dict[str, Any]:
    """Return the slots of an object as serialisers read them, mangled names included."""
    names = [*type(obj).__slots__, *copyreg._slotnames(type(obj))]  # type: ignore[attr-defined]
    return {name: getattr(obj, name, None) for name in names}


VIEWS: dict[str, Callable[[Any], object]] = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "bytes of str": lambda secret: str(secret).encode(),
    "format": lambda secret: f"{secret!s} {secret!r} {secret:>50}",
    "percent": lambda secret: "%s %r %a" % (secret, secret, secret),  # noqa: UP031
    "template": lambda secret: string.Template("$k").substitute(k=secret),
    "in a container": lambda secret: repr([secret, {secret: secret}]),
    "pprint": pprint.pformat,
    "vars of a holder": lambda secret: repr(vars(holder(secret))),
    "dir": dir,
    "members": inspect.getmembers,
    "static members": inspect.getmembers_static,
    "slots": slots_of,
    "object's own state": object.__getstate__,
    "object's own dir": lambda secret: [getattr(secret, name) for name in object.__dir__(secret) if "__" not in name],
    "hash": hash,
    "size": sys.getsizeof,
    "doc": lambda secret: secret.__doc__,
    "json default": lambda secret: json.dumps(secret, default=str),
    "asdict": lambda _: attrs.asdict(CONFIG),
    "astuple": lambda _: attrs.astuple(CONFIG),
    "unstructure": lambda _: cattrs.unstructure(CONFIG),
    "unstructure as a tuple": lambda _: cattrs.Converter(
        unstruct_strat=cattrs.UnstructureStrategy.AS_TUPLE
    ).unstructure(CONFIG),
    "repr of a config": lambda _: repr(CONFIG),
    "copy": lambda secret: repr(copy.deepcopy([secret, copy.copy(secret)])),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("secret", [NAMED, LITERAL], ids=["named", "literal"])
def test_no_view_shows_the_value(view: str, secret: Secret) -> None:
    shown = VIEWS[view](secret)

    assert_no_leak(lambda: logging.getLogger(__name__).debug("%r %s", shown, shown, extra={"shown": shown}), CANARY)


@pytest.mark.parametrize(
    "attempt",
    [
        vars,
        len,
        iter,
        list,
        set,
        bytes,
        int,
        float,
        memoryview,
        json.dumps,
        json.JSONEncoder().encode,
        pickle.dumps,
        lambda secret: [pickle.dumps(secret, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)],
        lambda secret: pickle.dumps(attrs.evolve(CONFIG)),
        lambda secret: secret.__getstate__(),
        lambda secret: secret.__reduce__(),
        lambda secret: secret.__reduce_ex__(2),
        object.__reduce__,
        lambda secret: secret[0],
        lambda secret: secret + "",
        lambda secret: "a" + secret,
        lambda secret: "sk" in secret,
        lambda secret: secret < secret,  # noqa: PLR0124
        "".join,
    ],
)
def test_what_would_open_it_is_a_type_error(attempt: Any) -> None:
    for secret in (NAMED, LITERAL):
        with pytest.raises(TypeError):
            assert_no_leak(partial(attempt, secret), CANARY)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_says_what_to_do_instead(protocol: int) -> None:
    with pytest.raises(TypeError, match="pass its reference and load the config again"):
        pickle.dumps(NAMED, protocol)


def test_it_is_no_str_no_attrs_class_and_has_no_dict() -> None:
    assert not isinstance(NAMED, str)
    assert not attrs.has(Secret)
    assert not hasattr(NAMED, "__dict__")


def test_dir_lists_what_is_public() -> None:
    assert ["reference", "resolved", "reveal"] == dir(NAMED)


def test_there_is_no_subclass() -> None:
    with pytest.raises(TypeError, match="cannot be subclassed"):
        type("Loud", (Secret,), {})


def test_copies_are_the_same_object() -> None:
    assert NAMED is copy.copy(NAMED)
    assert NAMED is copy.deepcopy(NAMED)
    assert NAMED is copy.deepcopy({"a": [NAMED]})["a"][0]


def test_an_exception_that_holds_one_shows_nothing() -> None:
    shown = "".join(traceback.format_exception(ValueError(NAMED, [LITERAL])))

    assert CANARY not in shown


# -- equality ----------------------------------------------------------------------------------------------------------


@given(any_text, any_text)
def test_secrets_are_equal_when_their_values_are(one: str, two: str) -> None:
    assert (one == two) is (Secret(one) == Secret(two))
    assert Secret(one) == Secret(one, reference="${A}")
    assert hash(Secret(one)) == hash(Secret(two))


def test_halves_of_a_surrogate_pair_are_compared_like_other_text() -> None:
    assert Secret("k\ud800") == Secret("k\ud800")
    assert Secret("k\ud800") != Secret("k\ud801")


@pytest.mark.parametrize("other", [CANARY, None, CANARY.encode(), 0, object(), [NAMED]])
def test_a_secret_equals_nothing_else(other: object) -> None:
    assert (NAMED == other) is False
    assert (NAMED != other) is True
    assert (other == NAMED) is False


def test_not_even_what_equals_everything() -> None:
    class Anything:
        def __eq__(self, _: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 0

    assert (NAMED == Anything()) is False


def test_secrets_work_in_sets_and_as_keys() -> None:
    assert {NAMED} == {NAMED, LITERAL}


def test_the_comparison_takes_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, two: bytes) -> bool:
        compared.append((one, two))
        return one == two

    monkeypatch.setattr("hmac.compare_digest", compare)

    assert Secret("é") != Secret("e")
    assert [("é".encode(), b"e")] == compared


# -- unresolved --------------------------------------------------------------------------------------------------------


def test_a_secret_that_was_not_read_names_its_variable() -> None:
    secret = unread("${CODE_EXEC_API_KEY}")

    assert not secret.resolved
    assert REFERENCE == secret.reference
    with pytest.raises(LookupError, match=r"^CODE_EXEC_API_KEY was not read, because code execution is disabled$"):
        secret.reveal()


def test_a_secret_that_was_not_read_keeps_the_text_of_the_file_to_itself() -> None:
    secret = unread(CANARY + "${K}")

    assert secret.reference is None
    with pytest.raises(LookupError):
        assert_no_leak(secret.reveal, CANARY)


def test_unread_secrets_are_equal_when_their_references_are() -> None:
    assert unread("${A}") == unread("$<A>")
    assert unread("${A}") == unread("${A:?set it}")
    assert unread("${A}") != unread("${B}")
    assert unread("${A}") != unread("${A}${A}")
    assert unread("x${A}") != unread("y${A}")
    assert hash(unread("${A}")) == hash(NAMED)


def test_an_unread_secret_equals_no_read_one() -> None:
    assert unread("${A}") != Secret("${A}", reference="${A}")
    assert Secret("${A}") != unread("${A}")


@pytest.mark.parametrize(
    "reference",
    ["", "x", "${A}x", "${A:-x}", "$<A>", "${}", "${ghp_16C7e42F292c6912E7710c838347Ae178B4a}", f"${{{'A' * 65}}}"],
)
def test_a_reference_that_could_show_a_key_is_refused(reference):
    with pytest.raises(ValueError, match=r"^the reference of a Secret is written \$\{NAME\}$"):
        Secret("k", reference=reference)
