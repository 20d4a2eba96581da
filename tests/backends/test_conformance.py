"""The example executors, each held to the whole conformance kit.

With python by default; with other languages when CODEEXEC_KIT_LANGUAGES names them (all of them when it is `all`, and
none when it is empty: the kit waits for many limits to be met, which takes a minute a language). Sessions have python
only. So have virtual machines, which take seconds each where there is no KVM, with a part of the checks, unless it is
`all`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.backends.conftest import kit_languages
from tests.backends.judging import BACKENDS

if TYPE_CHECKING:
    from tests.backends.conftest import Kits

pytestmark = pytest.mark.skipif(not kit_languages("bubblewrap"), reason="CODEEXEC_KIT_LANGUAGES names no language")
MUST_PASS = {name: backend.only or frozenset() for name, backend in BACKENDS.items()}
MUST_PASS["sessions"] = frozenset(
    ["Z01", "Z02", "Z03", "Z04", "Z05", "Z06", "Z07", "Z08", "Z09", "Z10", "Z11", "H01", "L01", "L04"]
)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_executor_passes_the_kit(backend: str, kits: Kits) -> None:
    """Look at what has run beside the other tests."""
    reports = kits.reports(backend)

    for report in reports:
        assert report["ok"], report["rendered"]
        assert [] == _skipped_for_another_reason(report, BACKENDS[backend].blind), report["rendered"]
        assert MUST_PASS[backend] <= _passed(report), report["rendered"]
    assert [] == kits.left(backend)
    assert "codeexec" not in Path("/proc/self/mounts").read_text()


def _skipped_for_another_reason(report: dict[str, Any], blind: frozenset[str]) -> list[str]:
    return [
        f"{each['id']}: {each['detail']}"
        for each in report["results"]
        if each["verdict"] == "skip" and "not declared" not in each["detail"] and each["id"] not in blind
    ]


def _passed(report: dict[str, Any]) -> set[str]:
    return {each["id"] for each in report["results"] if each["verdict"] == "pass"}
