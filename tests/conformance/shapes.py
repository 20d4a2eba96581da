"""Honest executors of other shapes: sessions, a restricted interpreter, and one that is slow to start."""

from __future__ import annotations

import ast
import asyncio
import base64
import io
import os
import shutil
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from codeexec_config.conformance import Sizes
from codeexec_config.executor import (
    Capability,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    LanguageSupport,
    LanguageUnsupported,
    OutputChunk,
    RequestError,
    SessionNotFound,
    SessionRequest,
    Status,
    cut_output,
    guarded_async,
)
from codeexec_config.model import CodeExecutionConfig, Runtime, Sandboxed
from tests.conformance.local import (
    MOST_PROCESSES,
    RUN_VARIABLE,
    WATCH_SECS,
    Local,
    Run,
    all_pids,
    environment_of,
    kill,
    read_all_inside,
    resident_bytes,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

C = Capability
PYTHON = r"""
import base64, contextlib, io, os, sys, traceback
answers, requests = os.fdopen(os.dup(1), "w"), os.fdopen(os.dup(0))
os.dup2(2, 1)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
variables = {"__name__": "__main__"}
for line in requests:
    code, data, *pairs = map(base64.b64decode, line.split(","))
    given = dict(os.fsdecode(pair).split("=", 1) for pair in pairs)
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    sys.stdin = io.TextIOWrapper(io.BytesIO(data), "utf-8")
    output = io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace", write_through=True)
    failed = 0
    with contextlib.redirect_stdout(output):
        try:
            exec(compile(code, "<session>", "exec"), variables)
        except BaseException:
            failed = 1
            traceback.print_exc(file=output)
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    print(failed, base64.b64encode(output.buffer.getvalue()).decode(), file=answers, flush=True)
"""
NODE = r"""
{
  const fs = require("fs"), util = require("util"), vm = require("vm");
  globalThis.require = require;
  let output = "", waiting = "", failed = 0;
  Object.defineProperty(process, "stdout", { value: { write: data => { output += data; return true; } } });
  console.log = (...values) => process.stdout.write(util.format(...values) + "\n");
  const run = line => {
    const [code, , ...pairs] = line.split(",").map(part => Buffer.from(part, "base64").toString());
    const given = Object.fromEntries(pairs.map(pair => pair.split(/=(.*)/s, 2)));
    const before = Object.fromEntries(Object.keys(given).map(name => [name, process.env[name]]));
    Object.assign(process.env, given);
    try {
      vm.runInThisContext(code);
    } catch (error) {
      failed = 1;
      output += error.stack;
    }
    for (const name in before) before[name] === undefined ? delete process.env[name] : process.env[name] = before[name];
  };
  const buffer = Buffer.alloc(1 << 16);
  for (let size; (size = fs.readSync(0, buffer)) > 0;) {
    waiting += buffer.toString("latin1", 0, size);
    for (let end; (end = waiting.indexOf("\n")) >= 0; waiting = waiting.slice(end + 1)) {
      output = "", failed = 0;
      run(waiting.slice(0, end));
      fs.writeSync(1, `${failed} ${Buffer.from(output).toString("base64")}\n`);
    }
  }
}
"""
BASH = r"""
output=/proc/$$/fd/7
file=$(mktemp)
exec 7<>"$file" 8>&1 1>/dev/null
rm "$file"
while IFS=, read -r code data pairs; do
  program=$(base64 -d <<< "$code") given=()
  for pair in ${pairs//,/ }; do
    pair=$(base64 -d <<< "$pair"; echo .)
    export "${pair%.}"
    given+=("${pair%%=*}")
  done
  eval "$program" > $output 2>&1 < <(base64 -d <<< "$data")
  failed=$?
  unset "${given[@]}"
  echo $failed $(base64 -w0 < $output) >&8
done
"""
RUBY = r"""
require "base64"
require "stringio"
def of_its_own = binding
variables = of_its_own
while (line = STDIN.gets)
  code, data, *pairs = line.chomp.split(",", -1).map { |part| Base64.decode64(part).force_encoding("UTF-8") }
  given = pairs.to_h { |pair| pair.split("=", 2) }
  before = given.to_h { |name, _| [name, ENV[name]] }
  ENV.update(given)
  $stdin, $stdout, failed = StringIO.new(data), StringIO.new, 0
  begin
    eval(code, variables)
  rescue Exception => error
    failed = 1
    puts error.full_message
  end
  ENV.update(before)
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
"""Each reads a line a program, in base64 with commas between: its source, its standard input, and its variables.

It answers by a line: whether the program failed, and what it printed. That of Node.js hands on no standard input.
"""


GENEROUS_SECS = 20.0
"""What the guard lets a run take beyond its limit, which a busy machine may make long."""


def guarded_local(*languages: str) -> Any:
    """Return a plain one behind the guard of a generous host."""
    mode = Sandboxed(runtime=Runtime.GVISOR)
    config = CodeExecutionConfig(
        mode=mode, max_memory_mb=8192, timeout_secs=60, **({"allowed_languages": languages} if languages else {})
    )
    return guarded_async(Local(*languages), config, grace_secs=GENEROUS_SECS)


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


class Streaming(Local):
    """Yields what a program writes, and tells its health."""

    async def check_health_async(self) -> None:
        """It works wherever the tests do."""

    async def execute_streaming_async(self, request: ExecutionRequest, /) -> AsyncGenerator[object]:
        running = asyncio.ensure_future(self.execute_async(request))
        given = {"stdout": 0, "stderr": 0}
        try:
            while not running.done():
                await asyncio.sleep(WATCH_SECS)
                for chunk in self.written(request, given):
                    yield chunk
            result = await running
            for name, size in given.items():
                if rest := getattr(result, name)[size:]:
                    yield OutputChunk(stream=name, data=rest)
            yield result
        finally:
            self.let_go_of(running)
            await asyncio.gather(running, return_exceptions=True)

    def written(self, request: ExecutionRequest, given: dict[str, int]) -> list[OutputChunk]:
        """Return what a program has written since the last look."""
        chunks = []
        for run in self.running:
            for name in given if run.request is request else ():
                new = bytes(run.kept[name][given[name] : request.limits.output_bytes])
                given[name] += len(new)
                chunks += [OutputChunk(stream=name, data=new)] if new else []
        return chunks

    def let_go_of(self, running: asyncio.Future[ExecutionResult]) -> None:
        running.cancel()


class Sessions(Local):
    """One interpreter process and one folder a session; a timeout ends it, and the session with it."""

    capabilities = frozenset((Local.capabilities | {C.SESSIONS}) - {C.FAULT_INJECTION})
    most_processes: float = MOST_PROCESSES

    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.sessions: dict[str, Any] = {}
        self.turns: dict[str, asyncio.Lock] = {}
        self.languages_of: dict[str, str] = {}
        self.folders: dict[int, Path] = {}
        self.marks: dict[int, bytes] = {}

    async def open_session_async(self, request: SessionRequest, /) -> str:
        if request.language not in self.languages:
            raise LanguageUnsupported(request.language)
        name = self.new_name()
        self.turns[name] = asyncio.Lock()
        self.languages_of[name] = request.language
        self.sessions[name] = await self.begin(request.language, self.new_folder())
        return name

    def new_name(self) -> str:
        return f"session-{uuid.uuid4()}"

    def new_folder(self) -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{type(self).__name__}-", dir=Run.place))

    async def begin(self, language: str, folder: Path) -> Any:
        mark = uuid.uuid4().hex
        process = await asyncio.create_subprocess_exec(
            *self.sessions_walls(),
            *self.interpreter(language),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            limit=1 << 24,
            cwd=folder,
            env={**self.sessions_environment(), RUN_VARIABLE: mark},
        )
        self.folders[process.pid] = folder
        self.marks[process.pid] = f"{RUN_VARIABLE}={mark}".encode()
        return process

    def interpreter(self, language: str) -> list[str]:
        return INTERPRETERS[language]

    def sessions_walls(self) -> list[str]:
        return ["unshare", "--net"] if self.isolated else []

    def sessions_environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}

    async def close_session_async(self, session: str, /) -> None:
        await self.drop(session)

    async def drop(self, session: str) -> None:
        process = self.sessions.pop(session, None)
        if process:
            await self.end_session(process)

    async def end_session(self, process: Any) -> None:
        await self.end_interpreter(process)
        self.remove_folder(self.folders.pop(process.pid))

    async def end_interpreter(self, process: Any) -> None:
        if process.returncode is None:
            kill(process.pid)  # whose variables cannot be seen yet when it has just been started
        await self.end_members(process)
        await process.wait()
        process._transport.close()

    async def end_members(self, process: Any) -> None:
        """End them all; new ones may be born while the others die."""
        while members := self.members(process):
            for pid in members:
                kill(pid)
            await asyncio.sleep(WATCH_SECS)

    def members(self, process: Any) -> list[int]:
        mark = self.marks[process.pid]
        return [pid for pid in all_pids() if mark in environment_of(pid)]

    def remove_folder(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)

    async def close_async(self) -> None:
        await super().close_async()
        for name in tuple(self.sessions):
            await self.drop(name)

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        if request.session is None:
            return await super().execute_async(request)
        self.found(request)
        if request.language != self.languages_of[request.session]:
            raise RequestError("the session is of another language")
        self.refuse(request)
        async with self.turns[request.session]:
            return await self.ask(request)

    def found(self, request: ExecutionRequest) -> Any:
        if request.session not in self.sessions:
            raise SessionNotFound
        return self.sessions[request.session]

    async def ask(self, request: ExecutionRequest) -> ExecutionResult:
        process = self.found(request)
        folder = self.folders[process.pid]
        self.bring_files(request, folder)
        process.stdin.write(self.line(request))
        holding = asyncio.ensure_future(self.hold(process, request))
        try:
            async with asyncio.timeout(self.session_secs(request)):
                line = await self.answer(process)
        except TimeoutError:
            artifacts = self.collected(request, folder)
            detail = await self.time_out(request)
            return ExecutionResult(status=Status.TIMED_OUT, artifacts=artifacts, detail=detail)
        except asyncio.CancelledError:
            await self.cancelled(request)
            raise
        finally:
            holding.cancel()
        artifacts = self.collected(request, folder)
        if not line:
            return attrs.evolve(await self.died(request), artifacts=artifacts)
        failed, *output = line.split()
        return ExecutionResult(
            status=Status.COMPLETED if failed == b"0" else Status.FAILED,
            artifacts=artifacts,
            **self.output(request, base64.b64decode(b"".join(output))),
        )

    async def hold(self, process: Any, request: ExecutionRequest) -> None:
        """End a session that takes more than it may."""
        while True:
            members = self.members(process)
            size = sum(map(resident_bytes, members))
            if size > self.most_memory(request) or len(members) > self.most_processes:
                await self.end_members(process)
            await asyncio.sleep(WATCH_SECS)

    def most_memory(self, request: ExecutionRequest) -> float:
        return request.limits.memory_bytes

    def bring_files(self, request: ExecutionRequest, folder: Path) -> None:
        for name, content in request.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def line(self, request: ExecutionRequest) -> bytes:
        pairs = [f"{name}={value}".encode() for name, value in request.env.items()]
        return b",".join(map(base64.b64encode, (request.code.encode(), request.stdin, *pairs))) + b"\n"

    async def answer(self, process: Any) -> bytes:
        line: bytes = await process.stdout.readline()
        return line

    def output(self, request: ExecutionRequest, stdout: bytes) -> Any:
        return cut_output(stdout, b"", request.limits)

    def collected(self, request: ExecutionRequest, folder: Path) -> dict[str, bytes]:
        if not folder.exists():  # the session was closed meanwhile
            return {}
        return read_all_inside(folder, request)

    def session_secs(self, request: ExecutionRequest) -> float:
        return request.limits.wall_secs

    async def time_out(self, request: ExecutionRequest) -> str:
        await self.drop(request.session or "")
        return "the session has ended with it"

    async def cancelled(self, request: ExecutionRequest) -> None:
        await self.drop(request.session or "")

    async def died(self, request: ExecutionRequest) -> ExecutionResult:
        await self.drop(request.session or "")
        return ExecutionResult(status=Status.KILLED, detail="the interpreter has died, and the session with it")


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
