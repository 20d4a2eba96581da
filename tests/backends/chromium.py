"""A headless Chromium without a driver: its DevTools protocol over a pair of pipes."""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 60
FLAGS = [
    "--headless",
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",  # commands on descriptor 3, answers on 4
]
KEYS = {"Enter": "\r", "Escape": "", "Tab": ""}
CONTROL = 2


class Pipes:
    """Send commands, and wait for answers; messages end with a zero byte."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._ids = itertools.count(1)
        self._received = bytearray()
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        number = next(self._ids)
        message = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + SECONDS
        while True:
            answer = self._next(deadline)
            if answer.get("id") == number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._answers], [], [], max(0, deadline - time.monotonic()))
            assert ready, "Chromium does not answer"
            chunk = os.read(self._answers, 1 << 16)
            assert chunk, "Chromium has ended"
            self._received += chunk
        message, _, rest = bytes(self._received).partition(b"\0")
        self._received[:] = rest
        answer: dict[str, Any] = json.loads(message)
        return answer


class Page:
    """One tab: go somewhere, look, click, type."""

    def __init__(self, pipes: Pipes) -> None:
        self._pipes = pipes
        target = pipes.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = pipes.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Runtime.enable")
        self.call("Log.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._pipes.call(method, self._session, **params)

    def go(self, url: str) -> None:
        self._pipes.events.clear()
        answer = self.call("Page.navigate", url=url)
        assert "errorText" not in answer, answer
        self.wait("document.readyState === 'complete'")

    def evaluate(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not self.evaluate(expression):
            assert time.monotonic() < deadline, f"never true: {expression}"
            time.sleep(0.02)

    def text(self, selector: str) -> str:
        """Return what a person reads there: nothing of what is hidden."""
        text: str = self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")
        return text

    def click(self, selector: str) -> None:
        """Click in the middle of it, wherever it is, as a mouse does."""
        x, y = self.evaluate(
            f"""(() => {{
                const element = document.querySelector({json.dumps(selector)});
                element.scrollIntoView({{block: "center"}});
                const box = element.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"""
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str, *, control: bool = False) -> None:
        common = {"key": key, "code": key, "modifiers": CONTROL if control else 0}
        common["windowsVirtualKeyCode"] = {"Enter": 13, "Escape": 27, "Tab": 9}[key]
        self.call("Input.dispatchKeyEvent", type="keyDown", text=KEYS[key], **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def paste(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def complaints(self) -> list[str]:
        """Return what the browser has logged as errors since the page was opened: its refusals too."""
        self.evaluate("0")
        entries = [event["params"]["entry"] for event in self._pipes.events if event.get("method") == "Log.entryAdded"]
        thrown = [
            event["params"]["exceptionDetails"]["text"]
            for event in self._pipes.events
            if event.get("method") == "Runtime.exceptionThrown"
        ]
        return [entry["text"] for entry in entries if entry["level"] == "error"] + thrown

    def screenshot(self, path: Path) -> None:
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def open_page(profile: Path) -> Iterator[Page]:
    """Start a browser with an empty profile, and end it."""
    command_end, commands = os.pipe()
    answers, answer_end = os.pipe()

    # The browser knows its pipes by their numbers.
    script = f'exec 3<&{command_end} 4>&{answer_end}; exec chromium "$@"'
    process = subprocess.Popen(
        ["bash", "-c", script, "chromium", *FLAGS, f"--user-data-dir={profile}"],
        pass_fds=[command_end, answer_end],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(command_end)
    os.close(answer_end)
    try:
        pipes = Pipes(commands, answers)
        yield Page(pipes)
        pipes.call("Browser.close")
        process.wait(SECONDS)
    finally:
        process.kill()
        process.wait()
        os.close(commands)
        os.close(answers)
