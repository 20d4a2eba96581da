"""The server of the page: what it serves, and what it does not."""

from __future__ import annotations

import http.client
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from codeexec_config.executor import ClientSideHandoff
from examples.wasm.serve import NotForBrowsers, PageServer, read_handoff

if TYPE_CHECKING:
    from collections.abc import Iterator

HANDOFF = ClientSideHandoff(languages=("python",), wall_secs=7, memory_bytes=1 << 26)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PageServer]:
    packages = tmp_path / "node_modules"
    (packages / "pyodide/inside").mkdir(parents=True)
    (packages / "quickjs-emscripten/dist").mkdir(parents=True)
    (packages / "pyodide/a.wasm").write_bytes(b"wasm")
    (packages / "pyodide/b.mjs").write_text("b")
    (packages / "pyodide/leak").symlink_to(tmp_path / "secret")
    (packages / "secret").write_text("canary")
    (tmp_path / "secret").write_text("canary")
    with PageServer(HANDOFF, tmp_path) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=[0.01])
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


def ask(
    server: PageServer, path: str, *, method: str = "GET", host: str | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    headers = {"Connection": "close"} | ({"Host": host} if host else {})
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/page.css", "text/css; charset=utf-8"),
        ("/page.mjs", "text/javascript; charset=utf-8"),
        ("/handoff.json", "application/json"),
        ("/runtimes/pyodide/a.wasm", "application/wasm"),
        ("/runtimes/pyodide/b.mjs", "text/javascript; charset=utf-8"),
    ],
)
def test_what_the_page_needs_is_served_with_its_type_and_isolated(server: PageServer, path: str, kind: str) -> None:
    response, body = ask(server, path)

    assert (200, kind) == (response.status, response.headers["Content-Type"])
    assert body
    assert "same-origin" == response.headers["Cross-Origin-Opener-Policy"]
    assert "require-corp" == response.headers["Cross-Origin-Embedder-Policy"]
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in response.headers["Content-Security-Policy"]


def test_the_handoff_is_the_configs(server: PageServer) -> None:
    assert HANDOFF.as_dict() == json.loads(ask(server, "/handoff.json")[1])


@pytest.mark.parametrize("worker", ["/worker.mjs", "/classic.js", "/worker.mjs?again"])
def test_a_worker_has_no_network_but_the_runtimes(server: PageServer, worker: str) -> None:
    policy = ask(server, worker)[0].headers["Content-Security-Policy"]

    assert f"connect-src {server.origin}/runtimes/;" in policy


@pytest.mark.parametrize(
    "path",
    [
        "/serve.py",
        "/../host_app.py",
        "/runtimes/pyodide/../secret",
        "/runtimes/pyodide/%2e%2e/secret",
        "/runtimes/pyodide/..%2f..%2fsecret",
        "/runtimes/pyodide/leak",
        "/runtimes/pyodide/inside",
        "/runtimes/pyodide/inside/",
        "/runtimes/pyodide/",
        "/runtimes/pyodide",
        "/runtimes/pyodide/a%00.wasm",
        "/runtimes/secret",
        "/runtimes/../secret",
        "/runtimes/pyodide//etc/passwd",
    ],
)
def test_nothing_else_is_served(server: PageServer, path: str) -> None:
    response, body = ask(server, path)

    assert 404 == response.status
    assert b"canary" not in body


def test_another_hosts_name_is_refused(server: PageServer) -> None:
    assert 421 == ask(server, "/handoff.json", host="attacker.example")[0].status


def test_only_reading_is_answered(server: PageServer) -> None:
    assert 501 == ask(server, "/", method="POST")[0].status
    assert 200 == ask(server, "/", method="HEAD")[0].status


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("enabled = false", "disables code execution"),
        ('mode = { sandboxed = { runtime = "gvisor" } }', "mode sandboxed, on a server"),
    ],
)
def test_a_config_that_is_not_for_browsers_is_declined(tmp_path: Path, section: str, words: str) -> None:
    config = tmp_path / "app.toml"
    config.write_text(f"[features.code_execution]\n{section}\n")

    with pytest.raises(NotForBrowsers, match=words):
        read_handoff(config)


def test_the_example_config_is_for_browsers() -> None:
    example = Path(__file__).parents[2] / "examples/wasm.toml"

    assert ("python", "javascript") == read_handoff(example).languages
