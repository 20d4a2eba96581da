"""The example host with each example configuration, as a person would start it."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from examples import host_app
from examples.executors._microvm_launchers import Host
from tests.backends.conftest import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.backends.conftest import Engine, Service

EXAMPLES = CHECKOUT / "examples"
HELLO = {
    "python": "print(6 * 7)",
    "javascript": "console.log(6 * 7)",
    "bash": "echo $((6 * 7))",
    "ruby": "puts 6 * 7",
    "r": "cat(6 * 7, '\\n')",
    "sql": "select 6 * 7;",
}
SECONDS = 120


def host(config: Path, language: str, program: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "examples.host_app", config, "--language", language],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **env},
        input=program,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def local(example: str, url: str, folder: Path) -> Path:
    """Point an external example to a service on this machine; everything else stays as it is."""
    text, count = re.subn(r'url = "https://[^"]*"', f'url = "{url}"', (EXAMPLES / example).read_text())
    assert count == 1
    path = folder / example
    path.write_text(text)
    return path


def runtime_config(runtime: str, folder: Path) -> Path:
    path = folder / f"{runtime}.toml"
    path.write_text((EXAMPLES / "complete-docker.toml").read_text().replace('"docker"', f'"{runtime}"'))
    return path


def gvisor_config(folder: Path) -> Path:
    return runtime_config("gvisor", folder)


@pytest.mark.parametrize("example", ["wasm.toml", "main-settings.toml", "complete-client-side.toml"])
def test_in_mode_wasm_it_prints_what_the_page_needs(example: str) -> None:
    done = host(EXAMPLES / example, "python", HELLO["python"])

    assert ("", 0) == (done.stderr, done.returncode)
    expected = {"languages": ["python", "javascript"], "wall_secs": 30, "memory_bytes": 256 * 1024 * 1024}
    assert expected == json.loads(done.stdout)


@pytest.mark.parametrize("language", ["python", "javascript", "bash"])
@pytest.mark.parametrize("example", ["sandboxed.toml", "complete-docker.toml"])
def test_docker_runs_the_languages_of_its_examples(docker: Engine, example: str, language: str) -> None:
    address = {} if docker.host is None else {"DOCKER_HOST": docker.host}

    done = host(EXAMPLES / example, language, HELLO[language], CODEEXEC_IMAGE=docker.image, **address)

    assert ("42\n", 0) == (done.stdout, done.returncode)
    assert "completed, exit code 0" in done.stderr


@pytest.mark.parametrize("language", ["python", "ruby"])
def test_gvisor_runs_its_languages(gvisor: Path, tmp_path: Path, language: str) -> None:
    done = host(gvisor_config(tmp_path), language, HELLO[language], CODEEXEC_ROOTFS=str(gvisor))

    assert ("42\n", 0) == (done.stdout, done.returncode)


@pytest.mark.parametrize(
    ("example", "language"),
    [("external.toml", "r"), ("complete-external.toml", "sql"), ("host.toml", "javascript")],
)
def test_a_service_runs_the_languages_of_its_examples(
    service: Service, tmp_path: Path, example: str, language: str
) -> None:
    pytest.importorskip("httpx", reason="the external example needs httpx (dependency group examples)")
    config = local(example, service.url, tmp_path)

    done = host(config, language, HELLO[language], CODE_EXEC_API_KEY=service.key)

    assert ("42", 0) == (done.stdout.strip(), done.returncode)
    assert service.key not in done.stderr


def test_a_language_may_go_by_another_name(gvisor: Path, tmp_path: Path) -> None:
    done = host(gvisor_config(tmp_path), "Py", HELLO["python"], CODEEXEC_ROOTFS=str(gvisor))

    assert ("42\n", 0) == (done.stdout, done.returncode)


def test_a_refused_key_is_told_and_not_shown(service: Service, tmp_path: Path) -> None:
    pytest.importorskip("httpx", reason="the external example needs httpx (dependency group examples)")

    done = host(local("external.toml", service.url, tmp_path), "python", "1", CODE_EXEC_API_KEY="wrong-canary")

    assert ("", 2) == (done.stdout, done.returncode)
    assert "executor-auth-error" in done.stderr
    assert "wrong-canary" not in done.stderr


def test_a_program_that_fails_is_no_failure_of_the_host(gvisor: Path, tmp_path: Path) -> None:
    done = host(gvisor_config(tmp_path), "python", "print('so far')\n1/0", CODEEXEC_ROOTFS=str(gvisor))

    assert ("so far\n", 1) == (done.stdout, done.returncode)
    assert "ZeroDivisionError" in done.stderr
    assert "failed, exit code 1" in done.stderr


def test_a_language_that_is_not_allowed_is_not_run(tmp_path: Path) -> None:
    done = host(gvisor_config(tmp_path), "perl", "print 1", CODEEXEC_ROOTFS="/")

    assert 2 == done.returncode
    assert "language-not-allowed" in done.stderr


def test_virtual_machines_run_a_program(guest: Path, tmp_path: Path) -> None:
    done = host(runtime_config("firecracker", tmp_path), "python", HELLO["python"], CODEEXEC_GUEST=str(guest))

    assert ("42\n", 0) == (done.stdout, done.returncode)
    assert "virtual machines are started by" in done.stderr


@pytest.mark.usefixtures("guest")
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "this host cannot offer firecracker: CODEEXEC_GUEST holds no guest (.ci/microvm makes one)"),
        ({"CODEEXEC_LAUNCHER": "xen"}, "CODEEXEC_LAUNCHER: unknown launcher `xen`, expected `firecracker` or `qemu`"),
    ],
)
def test_virtual_machines_are_declined_in_plain_words(tmp_path: Path, settings: dict[str, str], words: str) -> None:
    done = host(runtime_config("firecracker", tmp_path), "python", "1", **settings)

    assert ("", 2) == (done.stdout, done.returncode)
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_launcher_the_host_says_at_once_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    config = runtime_config("firecracker", tmp_path)
    monkeypatch.setattr(Host, "look", lambda: Host(kvm_trouble="there is no KVM", firecracker=None, qemu=None))
    monkeypatch.setattr(sys, "argv", ["host_app", str(config)])
    monkeypatch.setattr(sys, "stdin", io.StringIO("print(1)"))

    assert host_app.NOT_RUN == host_app.main()

    [line] = caplog.messages
    assert line.startswith("this host cannot offer firecracker: ")
    assert "firecracker is not installed" in line
    assert "qemu-system-x86_64 is not installed" in line


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_a_program_is_utf_8_whatever_the_hosts_encoding(encoding: str) -> None:
    show = "from examples.host_app import read_program; print(ascii(read_program()))"
    done = subprocess.run(
        [sys.executable, "-c", show],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": encoding},
        input="print('h\u00e9')".encode(),
        capture_output=True,
        check=True,
        timeout=SECONDS,
    )

    assert ascii("print('h\u00e9')").encode() == done.stdout.strip()


def test_a_program_in_another_encoding_is_declined_in_plain_words() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "examples.host_app", EXAMPLES / "wasm.toml"],
        cwd=CHECKOUT,
        input=b"print('h\xe9')",
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )

    assert (b"", 2) == (done.stdout, done.returncode)
    assert b"ERROR the program is not UTF-8" == done.stderr.strip()


def test_a_root_file_system_without_an_interpreter_is_the_hosts_mistake(tmp_path: Path) -> None:
    done = host(runtime_config("gvisor", tmp_path), "python", "1", CODEEXEC_ROOTFS=str(tmp_path))

    assert ("", 2) == (done.stdout, done.returncode)
    assert "CODEEXEC_ROOTFS: no interpreter of any language is there" in done.stderr


def test_an_engine_that_is_missing_is_named_and_no_reason_not_to_start(tmp_path: Path) -> None:
    done = host(
        EXAMPLES / "sandboxed.toml", "python", "1", CODEEXEC_IMAGE="image", DOCKER_HOST="unix:///nowhere/socket"
    )

    assert ("", 2) == (done.stdout, done.returncode)
    assert "not everything is swept: executor-unavailable: " in done.stderr
    assert "/nowhere/socket" in done.stderr.splitlines()[-1]


def test_a_missing_setting_of_the_host_is_named() -> None:
    done = host(EXAMPLES / "sandboxed.toml", "python", "1")

    assert 2 == done.returncode
    assert "CODEEXEC_IMAGE" in done.stderr


def test_a_disabled_section_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "disabled.toml"
    path.write_text("[features.code_execution]\nenabled = false\n")

    done = host(path, "python", "print(1)")

    assert ("", 2) == (done.stdout, done.returncode)
    assert "execution-disabled" in done.stderr


def test_a_broken_config_is_reported_whole(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("[features.code_execution]\ntimeout = 3\nmax_memory_mb = 0\n")

    done = host(path, "python", "print(1)")

    assert ("", 2) == (done.stdout, done.returncode)
    assert "unknown-key" in done.stderr
    assert "out-of-range" in done.stderr


def test_what_is_doubtful_is_logged(tmp_path: Path) -> None:
    path = tmp_path / "doubtful.toml"
    path.write_text('[features.code_execution]\nallowed_languages = ["python", "python"]\n')

    done = host(path, "python", "print(1)")

    assert 0 == done.returncode
    assert done.stderr.startswith("WARNING ")
    assert "duplicate-language" in done.stderr
