"""A client of a language server, as an editor is one: enough of it to open a file and ask about a place in it."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
import time
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PATIENCE_SECS = 30.0
"""How long a server may take over one answer, on a machine that is busy with other things."""

_SETTINGS = "workspace/configuration"


class Finding(NamedTuple):
    """A diagnostic as an editor gets it: the line counts from 1, as people do."""

    line: int
    message: str


class LanguageServer:
    """Run a server for the time of a `with` block, and speak to it over its standard streams.

    Args:
        command: the program and its arguments.
        folder: the workspace, and the program's own folder.
        stages: how often it reports on a file that is right; it stops after the first report that finds something.
        settings: what it is told when it asks for the editor's settings.
        env: variables of the program, in place of this process's own.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        *,
        stages: int = 1,
        settings: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._command = command
        self._folder = folder
        self._stages = stages
        self._settings = dict(settings or {})
        self._env = env
        self._last_id = 0
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._published: queue.Queue[dict[str, Any]] = queue.Queue()
        self._writing = threading.Lock()
        self._configured = threading.Event()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to_server = self._process.stdin
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        try:
            self._introduce()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.request("shutdown", None)
                self.notify("exit", None)
        finally:
            self._stop()

    def _introduce(self) -> None:
        root = self._folder.as_uri()
        self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": root,
                "workspaceFolders": [{"uri": root, "name": self._folder.name}],
                "capabilities": {
                    "workspace": {"configuration": True, "workspaceFolders": True},
                    "textDocument": {
                        "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
                        "hover": {"contentFormat": ["markdown"]},
                        "publishDiagnostics": {},
                    },
                },
                "initializationOptions": {"configurationSection": "evenBetterToml"},
            },
        )
        self.notify("initialized", {})
        if self._settings:
            self.notify("workspace/didChangeConfiguration", {"settings": self._settings})
            assert self._configured.wait(PATIENCE_SECS), "the server asked for no settings"

    def _stop(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._to_server.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def open(self, file: Path) -> str:
        """Show the server a file, and return its URI."""
        uri = file.as_uri()
        document = {"uri": uri, "languageId": "toml", "version": 1, "text": file.read_text("utf-8")}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def findings(self, uri: str) -> list[Finding]:
        """Wait for what the server marks in an open file."""
        deadline = time.monotonic() + PATIENCE_SECS
        stage = 0
        while stage < self._stages:
            message = self._published.get(timeout=max(0.0, deadline - time.monotonic()))
            if message["uri"] == uri:
                stage = self._stages if message["diagnostics"] else stage + 1
        return [Finding(item["range"]["start"]["line"] + 1, item["message"]) for item in message["diagnostics"]]

    def complete(self, uri: str, line: int, column: int) -> list[str]:
        """Return the labels that are offered at a place (both count from 0), in the server's order."""
        answer = self._ask("textDocument/completion", uri, line, column) or []
        items = answer["items"] if isinstance(answer, dict) else answer
        return [item["label"] for item in sorted(items, key=lambda item: item.get("sortText") or item["label"])]

    def hover(self, uri: str, line: int, column: int) -> str:
        """Return the text shown over a place (both count from 0)."""
        answer = self._ask("textDocument/hover", uri, line, column)
        return "" if answer is None else _plain(answer["contents"])

    def _ask(self, method: str, uri: str, line: int, column: int) -> Any:
        return self.request(method, {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}})

    def request(self, method: str, params: Any) -> Any:
        """Send a request and wait for its answer."""
        self._last_id += 1
        self._send({"id": self._last_id, "method": method, "params": params})
        answer = self._answers.get(timeout=PATIENCE_SECS)
        if answer["id"] != self._last_id or answer.get("error"):
            raise AssertionError(f"{method}: {answer}")
        return answer.get("result")

    def notify(self, method: str, params: Any) -> None:
        """Send a notification, which has no answer."""
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with self._writing:
            self._to_server.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            self._to_server.flush()

    def _read(self, stream: IO[bytes]) -> None:
        while True:
            message = _receive(stream)
            if message is None:
                self._answers.put({"id": None, "error": "the server has ended"})
                return
            self._sort_out(message)

    def _sort_out(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            self._answers.put(message)
        elif method == "textDocument/publishDiagnostics":
            self._published.put(message["params"])
        elif "id" in message:
            with contextlib.suppress(OSError, ValueError):  # asked while this side was leaving
                self._send({"id": message["id"], "result": self._reply(method, message.get("params"))})
            if method == _SETTINGS:
                self._configured.set()

    def _reply(self, method: str, params: Any) -> Any:
        if method == _SETTINGS:
            return [self._settings for _ in params["items"]]
        return None


def _receive(stream: IO[bytes]) -> dict[str, Any] | None:
    length = 0
    while line := stream.readline().strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    if not length:
        return None
    message: dict[str, Any] = json.loads(stream.read(length))
    return message


def _plain(contents: Any) -> str:
    if isinstance(contents, list):
        return "\n".join(_plain(part) for part in contents)
    return str(contents["value"] if isinstance(contents, dict) else contents)
