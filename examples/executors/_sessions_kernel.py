"""The half of a session that runs inside the sandbox: an IPython kernel whose runs a host can control.

It is started as a script, with its Unix socket to the host as standard input. The first message on it contains the key
of the Jupyter channels and, as descriptors, the two sockets that they listen on; before each run, another one brings
the pipes for that run's streams. What differs from a plain `ipykernel`, and why:

* Standard output and error are the run's own pipes, not `stream` messages: a pipe holds the writer back, carries any
  byte, also from child processes, and is closed when its run is over.
* The source is Python, with `await` at the top level, and not IPython's language: a program means the same in a session
  as anywhere else. A run that ends by `sys.exit` has that exit code, and the interpreter stays.
* The value of the last expression comes in the reply; `display` prints.
* What a thread or task of an earlier run prints is dropped.

The program runs in this process and can change all of it, so the host believes nothing that it says about anything but
the program.
"""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import json
import os
import signal
import socket
import sys
import tempfile
import traceback
import warnings
from typing import TYPE_CHECKING, Any, Final

import zmq
from ipykernel.compiler import XCachingCompiler
from ipykernel.displayhook import ZMQShellDisplayHook
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQDisplayPublisher, ZMQInteractiveShell

from examples.executors._sessions_output import Streams, inherit_context, threads_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_TEXT: Final = 32 * 1024
"""Characters of a value, of an error's message, and of a traceback."""
FAILURE: Final = 1
"""What the interpreter exits with after an uncaught error."""

_PROGRAM: Final = "<program "


class _Value(ZMQShellDisplayHook):
    """Keeps the last expression's value, as text, for the reply."""

    text: str | None = None

    def write_format_data(self, format_dict: dict[str, str], md_dict: object = None) -> None:  # noqa: ARG002 -- IPython's signature
        self.text = _cut(format_dict.get("text/plain", ""))

    def finish_displayhook(self) -> None:
        pass


class _Prints(ZMQDisplayPublisher):
    """Prints what is displayed: the host takes text, and no pictures."""

    def publish(self, data: dict[str, str], *_: object, update: bool = False, **__: object) -> None:
        if not update and "text/plain" in data:
            print(data["text/plain"])  # noqa: T201 -- to the program's own output

    def clear_output(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002 -- IPython's signature
        pass


class _Compiler(XCachingCompiler):
    """Names each program after its number, for tracebacks."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:  # noqa: ARG002 -- IPython's signature
        return f"{_PROGRAM}{number}>"


class _Shell(ZMQInteractiveShell):
    """An IPython shell that remembers how a run ended, and leaves it to the kernel to tell."""

    displayhook_class = _Value
    display_pub_class = _Prints
    outcome: Any = None
    own_loop: asyncio.AbstractEventLoop | None = None

    def init_user_ns(self) -> None:
        super().init_user_ns()  # type: ignore[no-untyped-call]
        # IPython's own `exit` ends the kernel.
        self.user_ns["exit"] = self.user_ns["quit"] = _leave

    def run_cell(self, *args: Any, **kwargs: Any) -> Any:
        """Run a program without `await` as if there were no event loop in the kernel, so that `asyncio.run` works."""
        loop = asyncio.get_running_loop()
        if self.own_loop is None or self.own_loop.is_closed():
            self.own_loop = asyncio.new_event_loop()
        asyncio._set_running_loop(None)  # noqa: SLF001 -- public in all but its name
        asyncio.set_event_loop(self.own_loop)
        try:
            return super().run_cell(*args, **kwargs)  # type: ignore[no-untyped-call]
        finally:
            asyncio.set_event_loop(loop)
            asyncio._set_running_loop(loop)  # noqa: SLF001

    async def run_cell_async(self, *args: Any, **kwargs: Any) -> Any:
        self.outcome = None
        self.outcome = await super().run_cell_async(*args, **kwargs)
        return self.outcome

    def showtraceback(self, *_: object, **__: object) -> None:
        """Show nothing: the answer has the error, and IPython's way of showing it may raise, or take all memory."""

    showsyntaxerror = showindentationerror = showtraceback

    def _format_exception_for_storage(self, *_: object, **__: object) -> dict[str, Any]:
        return {}


def _leave(code: object = None) -> None:
    raise SystemExit(code)


class Kernel(IPythonKernel):
    """A kernel whose reply says all that the host asks for."""

    shell_class = _Shell
    compiler_class = _Compiler
    streams: Streams

    async def do_execute(self, code: str, silent: bool, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: FBT001
        self.streams.begin()
        shell: Any = self.shell
        shell.displayhook.text = None
        before = asyncio.all_tasks()
        error: BaseException | None = None
        try:
            reply: dict[str, Any] = await super().do_execute(code, silent, *args, **kwargs)  # type: ignore[no-untyped-call]
        except BaseException as raised:  # noqa: BLE001 -- it must answer whatever interrupts it
            reply, error = {"status": "error", "traceback": []}, raised
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt that comes now would take the answer with it
        outcome = shell.outcome
        errors = (getattr(outcome, "error_before_exec", None), getattr(outcome, "error_in_exec", None), error)
        answer = self._answer(reply, next((each for each in errors if each is not None), None))  # one may be false
        answer["running"] = len(asyncio.all_tasks() - before) + threads_of(self.streams.run)
        self.streams.rest()
        return {**answer, "execution_count": self.execution_count, "payload": [], "user_expressions": {}}

    @contextlib.contextmanager
    def _cancel_on_sigint(self, future: asyncio.Future[Any]) -> Iterator[None]:
        """Interrupt a program with `await` where it is; `ipykernel` waits until it awaits."""
        loop = asyncio.get_running_loop()

        def interrupt(*_: object) -> None:
            if asyncio.current_task() is future:
                raise KeyboardInterrupt
            loop.call_soon_threadsafe(future.cancel)  # which wakes a loop that waits

        saved = signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, saved)

    def _answer(self, reply: dict[str, Any], error: BaseException | None) -> dict[str, Any]:
        shell: Any = self.shell
        if reply["status"] == "ok":
            return {"status": "ok", "exit": 0, "value": shell.displayhook.text}
        if isinstance(error, SystemExit):
            return {"status": "ok", "exit": _exit_code(error)}
        message = _message(error)
        return {
            "status": "error",
            "ename": "" if error is None else type(error).__name__,
            "evalue": _cut(message),
            "traceback": [_cut(_traceback(error, message), end=True)],
        }


def _exit_code(error: SystemExit) -> int:
    """Do what the interpreter does with the argument of `sys.exit`."""
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    print(error.code, file=sys.stderr)  # noqa: T201
    return FAILURE


def _message(error: BaseException | None) -> str:
    try:
        return str(error or "")
    except BaseException:  # noqa: BLE001 -- the text of an error is a program too
        return ""


def _traceback(error: BaseException | None, message: str) -> str:
    """Return what the interpreter would print, from the program's own frame on."""
    if error is None:
        return ""
    frames = error.__traceback__
    while frames and not frames.tb_frame.f_code.co_filename.startswith(_PROGRAM):
        frames = frames.tb_next
    if len(message) > MOST_TEXT:  # formatted with the rest it would be copied many times
        return "".join((*traceback.format_tb(frames), f"{type(error).__name__}: {message[:MOST_TEXT]}"))
    try:
        return "".join(traceback.format_exception(error.with_traceback(frames)))
    except BaseException:  # noqa: BLE001 -- the same
        return ""


def _cut(text: str, *, end: bool = False) -> str:
    kept = text[-MOST_TEXT:] if end else text[:MOST_TEXT]
    return kept.encode("utf-8", "replace").decode()


class App(IPKernelApp):
    """A kernel on two sockets that the host has created, and on no other."""

    listening: dict[str, int]

    def init_connection_file(self) -> None:
        pass

    def write_connection_file(self, **_: Any) -> None:
        pass

    def init_heartbeat(self) -> None:
        pass

    def _bind_socket(self, s: Any, port: int) -> int:
        fd = {self.shell_socket: "shell", self.control_socket: "control"}.get(s)
        if fd is not None:  # the others have no peer, and what is sent to them goes nowhere
            s.setsockopt(zmq.USE_FD, self.listening[fd])
            s.bind("ipc://host")
        return port


def main() -> None:
    """Serve the host until it ends this process."""
    host = socket.socket(fileno=os.dup(0))
    settings, (shell, control), _, _ = socket.recv_fds(host, 4096, 2)
    for fd in (shell, control):
        os.set_inheritable(fd, False)  # noqa: FBT003
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    app = App.instance(
        kernel_class=Kernel,
        outstream_class=None,
        log_level="CRITICAL",
    )
    app.listening = {"shell": shell, "control": control}
    app.session.key = json.loads(settings)["key"].encode()
    for name, value in _CONFIG.items():
        section, _, option = name.partition(".")
        app.config[section][option] = value
    warnings.filterwarnings("ignore", message="To exit: use")
    os.environ["IPYTHONDIR"] = tempfile.mkdtemp(prefix=".ipython-")  # else in the program's home
    app.initialize([])  # type: ignore[no-untyped-call]
    del os.environ["IPYTHONDIR"]
    app.debug_shell_socket.close(linger=0)  # it would look for its peer ten times a second
    shell_of: Any = app.kernel.shell
    manager = shell_of.input_transformer_manager
    manager.cleanup_transforms = manager.line_transforms = manager.token_transformers = []
    shell_of.system = shell_of.system_raw
    builtins.exit = builtins.quit = _leave  # type: ignore[assignment]
    inherit_context()
    app.kernel.streams = Streams(host)
    app.start()  # type: ignore[no-untyped-call]


_CONFIG: Final = {
    "HistoryManager.enabled": False,
    "InteractiveShell.automagic": False,
    "DisplayFormatter.active_types": ["text/plain"],
}


if __name__ == "__main__":
    try:
        main()
    except Exception:  # noqa: BLE001 -- the host shows only a debugger why the kernel does not start
        traceback.print_exc()
        os._exit(1)
