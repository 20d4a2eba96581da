"""A small server for the page, on this machine alone.

    python -m examples.wasm.serve CONFIG RUNTIMES [--port 8000]

CONFIG is the host's TOML file, and says what the page may run. RUNTIMES is the folder where npm has installed pyodide
and quickjs-emscripten. Exit status: 2 when the config is invalid or runs code on a server.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from codeexec_config import ConfigError, ConfigWarning, load
from codeexec_config.executor import ClientSideHandoff, ExecutionDisabled, dispatch

if TYPE_CHECKING:
    from codeexec_config import External, Sandboxed

HERE = Path(__file__).parent
WORKERS = ("worker.mjs", "classic.js")
PAGE_FILES = frozenset(
    {
        "harness.py",
        "icon.svg",
        "index.html",
        "javascript.mjs",
        "page.css",
        "page.mjs",
        "pictures.py",
        "program.mjs",
        "python.mjs",
        "streams.mjs",
        *WORKERS,
    }
)
RUNTIME_FOLDERS = {"pyodide": "node_modules/pyodide", "quickjs-emscripten": "node_modules/quickjs-emscripten/dist"}

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A worker's policy limits the network of its programs: they get the runtimes, and nothing else of the host.
WORKER_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src {origin}/runtimes/; worker-src 'none'"
)

NOT_SERVED = 2


class NotForBrowsers(Exception):  # noqa: N818 -- the config is fine
    """The config runs code on a server, or not at all."""


def read_handoff(config_path: Path) -> ClientSideHandoff:
    """Load the config, and return what the page needs of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConfigWarning)
        config = load(config_path)
    for warning in caught:
        print(warning.message, file=sys.stderr)  # noqa: T201 -- this is a command
    try:
        return dispatch(config, wasm=lambda handoff: handoff, sandboxed=_refuse, external=_refuse)
    except ExecutionDisabled:
        raise NotForBrowsers("the config disables code execution: set `enabled = true`") from None


def _refuse(mode: Sandboxed | External) -> ClientSideHandoff:
    name = type(mode).__name__.lower()
    raise NotForBrowsers(f'the config runs code in mode {name}, on a server: set `mode = "wasm"`')


class PageServer(ThreadingHTTPServer):
    """Serve the page, its hand-off and the runtimes, and no other file.

    Args:
        handoff: what the page may run.
        runtimes: the folder that has `node_modules/pyodide` and `node_modules/quickjs-emscripten`.
        port: of 127.0.0.1; 0 takes a free one.
    """

    daemon_threads = True

    def __init__(self, handoff: ClientSideHandoff, runtimes: Path, port: int = 0) -> None:
        self.handoff = json.dumps(handoff.as_dict()).encode()
        self.runtimes = {name: (runtimes / folder).resolve() for name, folder in RUNTIME_FOLDERS.items()}
        super().__init__(("127.0.0.1", port), PageHandler)

    @property
    def origin(self) -> str:
        """The URL of the page."""
        return f"http://127.0.0.1:{self.server_port}"

    def find(self, path: str) -> Path | None:
        """Return the file that a URL's path names, if it is one that is served."""
        name = unquote(path).removeprefix("/") or "index.html"
        if name in PAGE_FILES:
            return HERE / name
        match name.split("/", 2):
            case ["runtimes", package, rest] if package in self.runtimes and "\0" not in rest:
                root = self.runtimes[package]
                file = (root / rest).resolve()
                return file if file.is_relative_to(root) and file.is_file() else None
        return None


class PageHandler(SimpleHTTPRequestHandler):
    """Answer GET and HEAD."""

    server: PageServer  # pyright: ignore[reportIncompatibleVariableOverride] -- it is made by no other
    protocol_version = "HTTP/1.1"
    extensions_map = {  # noqa: RUF012 -- as in the base class
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".mjs": "text/javascript; charset=utf-8",
        ".py": "text/plain; charset=utf-8",
        ".svg": "image/svg+xml",
        ".wasm": "application/wasm",
    }

    def parse_request(self) -> bool:
        """Refuse requests for another host: a page elsewhere may have its name point here."""
        if not super().parse_request():
            return False
        port = self.server.server_port
        if self.headers.get("Host") in {f"127.0.0.1:{port}", f"localhost:{port}"}:
            return True
        self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        return False

    def do_GET(self) -> None:
        """Send a file, or the hand-off."""
        if urlsplit(self.path).path != "/handoff.json":
            super().do_GET()
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.server.handoff)))
        self.end_headers()
        self.wfile.write(self.server.handoff)

    def translate_path(self, path: str) -> str:
        """Return the file to send; an empty name is not found."""
        return str(self.server.find(urlsplit(path).path) or "")

    def end_headers(self) -> None:
        """Add the headers that isolate the page, and that confine it and its workers."""
        self.send_header("Content-Security-Policy", self._policy())
        # Together they allow memory that is shared with a worker.
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def _policy(self) -> str:
        if urlsplit(getattr(self, "path", "")).path.removeprefix("/") not in WORKERS:
            return PAGE_POLICY
        return WORKER_POLICY.format(origin=f"http://{self.headers['Host']}")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log no request; errors are still logged."""


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serve a page that runs programs as a config allows.")
    parser.add_argument("config", type=Path)
    parser.add_argument("runtimes", type=Path)
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    try:
        handoff = read_handoff(arguments.config)
    except (ConfigError, NotForBrowsers) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return NOT_SERVED
    with PageServer(handoff, arguments.runtimes, arguments.port) as server:
        print(server.origin, flush=True)  # noqa: T201
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
