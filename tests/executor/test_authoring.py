"""Code that authors of executors need not write again."""

from __future__ import annotations

import attrs
import pytest

from codeexec_config.executor import (
    Capability,
    CapabilityUnsupported,
    ExecutionResult,
    LanguageUnsupported,
    Status,
    cut_output,
    require_support,
)
from tests.executor.fakes import LIMITS, info, request

SMALL = attrs.evolve(LIMITS, output_bytes=4)


class TestSupport:
    def test_what_is_declared_is_returned(self) -> None:
        described = info(Capability.STDIN)

        assert described.languages["python"] is require_support(request(stdin=b"x"), described)

    def test_another_language_is_refused(self) -> None:
        with pytest.raises(LanguageUnsupported) as caught:
            require_support(request("ruby"), info())

        assert caught.value.language == "ruby"

    def test_a_field_that_is_not_declared_is_refused(self) -> None:
        with pytest.raises(CapabilityUnsupported) as caught:
            require_support(request(stdin=b"x", env={"A": "b"}), info(Capability.STDIN))

        assert caught.value.capability == "env"


class TestOutput:
    def test_a_stream_that_just_fits_is_whole(self) -> None:
        result = ExecutionResult(status=Status.COMPLETED, **cut_output(b"four", b"", SMALL))

        assert (result.stdout, result.stdout_truncated) == (b"four", False)

    def test_each_stream_is_cut_for_itself(self) -> None:
        result = ExecutionResult(status=Status.COMPLETED, **cut_output(b"fives", b"four", SMALL))

        assert (result.stdout, result.stdout_truncated) == (b"five", True)
        assert (result.stderr, result.stderr_truncated) == (b"four", False)

    def test_text_is_cut_by_its_bytes(self) -> None:
        cut = cut_output("aéé", "ééé", SMALL)

        assert (cut["stdout"], cut["stdout_truncated"]) == ("aé".encode() + b"\xc3", True)
        assert (cut["stderr"], cut["stderr_truncated"]) == ("éé".encode(), True)

    def test_bytes_that_a_framework_decoded_come_back(self) -> None:
        assert cut_output(b"\xff!".decode("utf-8", "surrogateescape"), "", SMALL)["stdout"] == b"\xff!"

    def test_text_that_cannot_be_encoded_is_no_error(self) -> None:
        assert cut_output("\ud83d!", "", SMALL)["stdout"] == b"\xed\xa0\xbd!"
