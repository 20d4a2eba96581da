"""Honest executors of other shapes: sessions, a restricted interpreter, and one that is slow to start."""

from __future__ import annotations

import ast
import asyncio
import base64
import contextlib
import io
import os
import signal
import sys
import time
import uuid
from typing import Any

import attrs

from codeexec_config.conformance import Sizes
from codeexec_config.executor import (
    Capability,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    LanguageSupport,
    LanguageUnsupported,
    RequestError,
    SessionNotFound,
    SessionRequest,
    Status,
    guarded_async,
)
from codeexec_config.model import CodeExecutionConfig, Runtime, Sandboxed
from tests.conformance.local import Local, Run

C = Capability
PYTHON = r"""
import base64, contextlib, io, os, sys, traceback
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
variables = {"__name__": "__main__"}
for line in sys.stdin:
    output, failed = io.StringIO(), 0
    with contextlib.redirect_stdout(output):
        try:
            exec(compile(base64.b64decode(line), "<session>", "exec"), variables)
        except BaseException:
            failed = 1
            traceback.print_exc(file=output)
    print(failed, base64.b64encode(output.getvalue().encode()).decode(), file=answers, flush=True)
"""
NODE = r"""
const fs = require("fs"), util = require("util"), vm = require("vm");
globalThis.require = require;
let output = "", waiting = "", failed = 0;
console.log = (...values) => { output += util.format(...values) + "\n"; };
const buffer = Buffer.alloc(1 << 16);
for (let size; (size = fs.readSync(0, buffer)) > 0;) {
  waiting += buffer.toString("latin1", 0, size);
  for (let end; (end = waiting.indexOf("\n")) >= 0; waiting = waiting.slice(end + 1)) {
    output = "", failed = 0;
    try {
      vm.runInThisContext(Buffer.from(waiting.slice(0, end), "base64").toString());
    } catch (error) {
      failed = 1;
      output += error.stack;
    }
    fs.writeSync(1, `${failed} ${Buffer.from(output).toString("base64")}\n`);
  }
}
"""
BASH = r"""
output=/proc/$$/fd/7
file=$(mktemp)
exec 7<>"$file" 8>&1 1>/dev/null
rm "$file"
while read -r line; do
  program=$(base64 -d <<< "$line")
  eval "$program" > $output 2>&1 < /dev/null
  echo $? $(base64 -w0 < $output) >&8
done
"""
RUBY = r"""
require "base64"
require "stringio"
def of_its_own = binding
variables = of_its_own
while (line = STDIN.gets)
  $stdout, failed = StringIO.new, 0
  begin
    eval(Base64.decode64(line).force_encoding("UTF-8"), variables)
  rescue Exception => error
    failed = 1
    puts error.full_message
  end
  STDOUT.puts "#{failed} #{Base64.strict_encode64($stdout.string)}"
  STDOUT.flush
end
"""
INTERPRETERS = {
    "python": [sys.executable, "-ISc", PYTHON],
    "javascript": ["node", "-e", NODE],
    "bash": ["bash", "-c", BASH],
    "ruby": ["ruby", "-e", RUBY],
}
"""Each reads a program a line, in base64, and answers by a line: whether it failed, and what it printed."""


def guarded_local(*languages: str) -> Any:
    """Return a plain one behind the guard of a generous host."""
    mode = Sandboxed(runtime=Runtime.GVISOR)
    config = CodeExecutionConfig(
        mode=mode, max_memory_mb=8192, timeout_secs=60, **({"allowed_languages": languages} if languages else {})
    )
    return guarded_async(Local(*languages), config)


class Boaster(Local):
    """Declares what a plain child process cannot keep."""

    capabilities = frozenset(Capability) - {Capability.SESSIONS}


class SlowStarter(Local):
    """Takes a while before a program begins, which no limit counts."""

    startup_secs = 3.0

    async def start(self, run: Run) -> None:
        await asyncio.sleep(1.0)
        await super().start(run)


class OneAtATime(SlowStarter):
    """Says that it runs one program at once; a host's guard keeps to that."""

    startup_secs = 0.5

    def describe(self) -> ExecutorInfo:
        return attrs.evolve(super().describe(), max_concurrency=1)

    async def start(self, run: Run) -> None:
        await Local.start(self, run)


class Sessions(Local):
    """One interpreter process a session; a timeout ends it, and the session with it."""

    capabilities = frozenset((Local.capabilities | {C.SESSIONS}) - {C.FAULT_INJECTION})

    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.sessions: dict[str, Any] = {}
        self.turns: dict[str, asyncio.Lock] = {}

    async def open_session_async(self, request: SessionRequest, /) -> str:
        if request.language not in self.languages:
            raise LanguageUnsupported(request.language)
        name = f"session-{uuid.uuid4()}"
        self.turns[name] = asyncio.Lock()
        self.sessions[name] = await asyncio.create_subprocess_exec(
            *INTERPRETERS[request.language],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            limit=1 << 24,
        )
        return name

    async def close_session_async(self, session: str, /) -> None:
        process = self.sessions.pop(session, None)
        if process:
            await self.end_session(process)

    async def end_session(self, process: Any) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        process._transport.close()

    async def close_async(self) -> None:
        await super().close_async()
        for name in tuple(self.sessions):
            await self.close_session_async(name)

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        if request.session is None:
            return await super().execute_async(request)
        if request.session not in self.sessions:
            raise SessionNotFound
        self.refuse(request)
        async with self.turns[request.session]:
            return await self.ask(request)

    async def ask(self, request: ExecutionRequest) -> ExecutionResult:
        process = self.sessions[request.session or ""]
        process.stdin.write(base64.b64encode(request.code.encode()) + b"\n")
        try:
            async with asyncio.timeout(self.session_secs(request)):
                line = await self.answer(process)
        except TimeoutError:
            await self.time_out(request)
            return ExecutionResult(status=Status.TIMED_OUT)
        if not line:
            self.sessions.pop(request.session or "")
            await self.end_session(process)
            return ExecutionResult(status=Status.KILLED, detail="the interpreter has died, and the session with it")
        failed, *output = line.split()
        status = Status.COMPLETED if failed == b"0" else Status.FAILED
        return ExecutionResult(status=status, stdout=base64.b64decode(b"".join(output)))

    async def answer(self, process: Any) -> bytes:
        line: bytes = await process.stdout.readline()
        return line

    def session_secs(self, request: ExecutionRequest) -> float:
        return request.limits.wall_secs

    async def time_out(self, request: ExecutionRequest) -> None:
        await self.close_session_async(request.session or "")


class _OutOfTime(Exception):  # noqa: N818 -- an end, not an error
    """Ends a program that the restricted interpreter runs."""


class Restricted:
    """Runs a part of Python in this process: no imports, no files, no processes, output that is bounded."""

    def __init__(self, *languages: str) -> None:
        self.languages = languages or ("python",)

    def describe(self) -> ExecutorInfo:
        return ExecutorInfo(name="restricted", languages={"python": LanguageSupport(version="a part of 3")})

    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        if request.language != "python":
            raise LanguageUnsupported(request.language)
        try:
            request.code.encode()
        except UnicodeEncodeError:
            raise RequestError("text that cannot be encoded") from None
        output = io.StringIO()
        until = time.monotonic() + request.limits.wall_secs
        most = request.limits.output_bytes

        def write(*values: object, sep: str = " ", end: str = "\n", flush: bool = False) -> None:
            del flush
            if output.tell() <= most:
                output.write(sep.join(map(str, values)) + end)

        def watch(*_: object) -> Any:
            if time.monotonic() > until:
                raise _OutOfTime
            return watch

        status = self.run(request.code, {"print": write, "ValueError": ValueError, "range": range}, watch)
        data = output.getvalue().encode()
        error = f"\n{status[1]}".encode() if status[1] else b""
        return ExecutionResult(
            status=status[0], stdout=(data + error)[:most], stdout_truncated=len(data + error) > most
        )

    def run(self, code: str, names: dict[str, Any], watch: Any) -> tuple[Status, str]:
        try:
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.Import | ast.ImportFrom) or (
                    isinstance(node, ast.Attribute) and node.attr.startswith("_")
                ):
                    return Status.FAILED, f"{type(node).__name__} is forbidden"
            program = compile(code, "<restricted>", "exec")
        except (SyntaxError, ValueError) as error:  # the second for a NUL
            return Status.FAILED, str(error)
        before = sys.gettrace()
        sys.settrace(watch)
        try:
            exec(program, {"__builtins__": names})  # noqa: S102 -- what it is for
        except _OutOfTime:
            return Status.TIMED_OUT, ""
        except Exception as error:  # noqa: BLE001 -- the program's
            return Status.FAILED, f"{type(error).__name__}: {error}"
        finally:
            sys.settrace(before)
        return Status.COMPLETED, ""


class RefusesMore(Local):
    """Runs under the limits that it was made with, and under less."""

    def refuse(self, request: ExecutionRequest) -> None:
        super().refuse(request)
        limits, usual = request.limits, Sizes()
        if limits.output_bytes > usual.output_limit or limits.memory_bytes > usual.memory:
            raise RequestError("more than this executor was made with")
