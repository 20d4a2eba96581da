"""A folder of secrets as a mapping."""

import os
from collections import ChainMap
from pathlib import Path
from traceback import TracebackException

import pytest

from codeexec_config import ConfigError, External, loads
from codeexec_config.secrets_directory import SecretsDirectory
from codeexec_config.testing import assert_no_leak

CANARY = "sk-canary-7f3a91"
EXTERNAL = '[features.code_execution.mode.external]\nurl = "https://x.example.com"\napi_key = "${CE_KEY}"\n'


@pytest.fixture
def kubernetes(tmp_path):
    """Lay a folder out as Kubernetes mounts a secret: links through `..data` to a dated folder."""
    dated = tmp_path / "..2026_01_01_00_00_00.123456789"
    dated.mkdir()
    (dated / "CE_KEY").write_text(f"{CANARY}\n")
    (tmp_path / "..data").symlink_to(dated.name)
    (tmp_path / "CE_KEY").symlink_to("..data/CE_KEY")
    return tmp_path


def test_a_config_reads_its_key_as_kubernetes_mounts_it(kubernetes):
    config = loads(EXTERNAL, env=ChainMap({}, SecretsDirectory(kubernetes)))

    assert isinstance(config.mode, External)
    assert CANARY == config.mode.api_key.reveal()
    assert ["CE_KEY"] == list(SecretsDirectory(kubernetes))
    assert 1 == len(SecretsDirectory(kubernetes))


def test_a_renewed_secret_is_seen(kubernetes):
    secrets = SecretsDirectory(kubernetes)
    before = secrets["CE_KEY"]
    newer = kubernetes / "..2026_02_02"
    newer.mkdir()
    (newer / "CE_KEY").write_text("newer")
    (kubernetes / "..new").symlink_to(newer.name)
    (kubernetes / "..new").rename(kubernetes / "..data")

    assert (CANARY, "newer") == (before, secrets["CE_KEY"])


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"v", "v"),
        (b"v\n", "v"),
        (b"v\r\n", "v"),
        (b"v\n\n", "v\n"),
        (b"v\r", "v\r"),
        (b"\n", ""),
        (b"", ""),
        (b" v ", " v "),
        (b"x" * 65536, "x" * 65536),
        ("é\n".encode(), "é"),
    ],
)
def test_one_final_newline_is_dropped(tmp_path, raw, value):
    (tmp_path / "NAME").write_bytes(raw)

    assert value == SecretsDirectory(tmp_path)["NAME"]


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "", ".", "a-b", "a.b", "1A", "A\n", "A" * 65, 3, "A\0"])
def test_a_name_that_is_not_a_variable_s_is_not_looked_up(tmp_path, monkeypatch, name):
    # Undone before pytest, which looks at files too, says what failed.
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", lambda *_: pytest.fail("the file system was asked"))
        with pytest.raises(KeyError):
            SecretsDirectory(str(tmp_path))[name]


def test_what_is_not_a_readable_text_counts_as_unset(tmp_path):
    (tmp_path / "LARGE").write_bytes(b"x" * 65537)
    (tmp_path / "LATIN").write_bytes(b"\xff" + CANARY.encode())
    (tmp_path / "FOLDER").mkdir()
    os.mkfifo(tmp_path / "PIPE")
    (tmp_path / "DEVICE").symlink_to("/dev/zero")
    (tmp_path / "DANGLING").symlink_to("nowhere")
    (tmp_path / "a-b").write_text("v")
    secrets = SecretsDirectory(tmp_path)

    assert [] == list(secrets)
    assert 0 == len(secrets)
    assert not any(name in secrets for name in os.listdir(tmp_path))  # noqa: PTH208


def test_a_file_that_becomes_a_pipe_is_not_waited_for(tmp_path, monkeypatch):
    (tmp_path / "FILE").write_text("v")
    os.mkfifo(tmp_path / "PIPE")
    regular = (tmp_path / "FILE").stat()

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", lambda *_: regular)
        with pytest.raises(KeyError):
            SecretsDirectory(tmp_path)["PIPE"]


@pytest.mark.parametrize("path", ["absent", "a\0b"])
def test_a_folder_that_is_not_there_is_empty(path):
    assert {} == dict(SecretsDirectory(path))
    assert "NAME" not in SecretsDirectory(path)


@pytest.mark.parametrize("path", [b"/run/secrets", None, 3])
def test_a_path_of_another_type_is_a_type_error(path):
    with pytest.raises(TypeError) as caught:
        SecretsDirectory(path)
    shown = "".join(TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "self = SecretsDirectory(None)" in shown


def test_its_repr_holds_no_value(kubernetes):
    assert f"SecretsDirectory({os.fspath(kubernetes)!r})" == repr(SecretsDirectory(kubernetes))


def test_nothing_that_was_read_stands_in_what_is_raised(tmp_path):
    (tmp_path / "CE_KEY").write_bytes(b"\xff" + CANARY.encode())
    secrets = SecretsDirectory(Path(tmp_path))

    with pytest.raises(KeyError):
        assert_no_leak(lambda: secrets["CE_KEY"], CANARY)
    with pytest.raises(ConfigError):
        assert_no_leak(lambda: loads(EXTERNAL, env=secrets), CANARY)
