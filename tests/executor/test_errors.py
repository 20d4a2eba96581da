"""The errors: a closed family, grouped by who can act on them, and safe to log."""

from __future__ import annotations

import pickle
import traceback

import pytest

from codeexec_config import executor
from codeexec_config.executor import (
    CapabilityUnsupported,
    ClientSideOnly,
    DeadlineOverrun,
    ExecutionDisabled,
    ExecutionError,
    ExecutorAuthError,
    ExecutorFault,
    ExecutorOverloaded,
    ExecutorUnavailable,
    InfrastructureError,
    LanguageNotAllowed,
    LanguageUnsupported,
    PolicyError,
    RequestError,
    RequestTooLarge,
    SessionNotFound,
)

CANARY = "https://user:sk-canary@host/?key=print(1)"

FAMILIES: dict[type[ExecutionError], set[type[ExecutionError]]] = {
    PolicyError: {ExecutionDisabled, LanguageNotAllowed, ClientSideOnly},
    RequestError: {LanguageUnsupported, CapabilityUnsupported, RequestTooLarge, SessionNotFound},
    InfrastructureError: {
        ExecutorUnavailable,
        ExecutorOverloaded,
        ExecutorAuthError,
        ExecutorFault,
        DeadlineOverrun,
    },
}
KINDS: list[type[ExecutionError]] = sorted(
    {ExecutionError, *FAMILIES, *set().union(*FAMILIES.values())}, key=lambda kind: kind.__name__
)


def test_the_families_are_those_of_the_protocol() -> None:
    exported = {kind for kind in vars(executor).values() if isinstance(kind, type) and issubclass(kind, ExecutionError)}

    assert set(KINDS) == exported
    for family, kinds in FAMILIES.items():
        assert kinds == {kind for kind in exported if issubclass(kind, family)} - {family}


def test_each_kind_has_a_code_and_a_sentence_of_its_own() -> None:
    assert len(KINDS) == len({kind.code for kind in KINDS}) == len({str(kind()) for kind in KINDS})


def test_a_retry_helps_when_the_back_end_is_away_or_busy() -> None:
    assert {ExecutorUnavailable, ExecutorOverloaded} == {kind for kind in KINDS if kind().retryable}


@pytest.mark.parametrize("kind", KINDS)
def test_an_instance_may_know_better_about_a_retry(kind: type[ExecutionError]) -> None:
    assert kind(retryable=True).retryable
    assert not kind(retryable=False).retryable


@pytest.mark.parametrize("kind", KINDS)
def test_no_words_of_the_raiser_are_shown(kind: type[ExecutionError]) -> None:
    error = kind(detail=CANARY)

    assert error.detail == CANARY
    assert CANARY not in f"{error}{error!r}{error.args}" + "".join(traceback.format_exception(error))


@pytest.mark.parametrize("kind", [LanguageNotAllowed, LanguageUnsupported, CapabilityUnsupported])
def test_a_name_is_shown_when_it_is_one(kind: type[LanguageUnsupported | CapabilityUnsupported]) -> None:
    assert str(kind("ruby")).endswith(": ruby")
    assert str(kind(CANARY)) == str(kind())
    assert str(kind("Traceback")) == str(kind())


def test_a_deadline_is_shown() -> None:
    assert str(DeadlineOverrun(7.5)).endswith(" of 7.5 s")


def test_a_fault_names_the_type_of_its_cause() -> None:
    fault = ExecutorFault()
    fault.__cause__ = ValueError(CANARY)

    assert str(fault).endswith(" (ValueError)")


def test_an_overload_may_say_when_to_come_back() -> None:
    assert ExecutorOverloaded(retry_after_secs=3).retry_after_secs == 3
    assert ExecutorOverloaded().retry_after_secs is None


INFRASTRUCTURE = [kind for kind in KINDS if issubclass(kind, InfrastructureError)]


@pytest.mark.parametrize("kind", INFRASTRUCTURE)
def test_what_has_begun_is_run_again_only_when_twice_is_fine(kind: type[InfrastructureError]) -> None:
    assert kind().started is None
    assert not kind(started=True).retryable
    assert kind(started=True, retryable=True).retryable


@pytest.mark.parametrize("kind", INFRASTRUCTURE)
def test_what_has_not_begun_is_retryable_as_its_kind_says(kind: type[InfrastructureError]) -> None:
    assert kind(started=False).started is False
    assert kind.retryable is kind(started=False).retryable


@pytest.mark.parametrize("kind", KINDS)
def test_it_pickles(kind: type[ExecutionError]) -> None:
    error = pickle.loads(pickle.dumps(kind(detail="d", retryable=True)))  # noqa: S301 -- our own

    assert (kind, "d", True, str(kind())) == (type(error), error.detail, error.retryable, str(error))
