"""Sessions on a real kernel: what one keeps, what it must not, and what is left when it or its host ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from codeexec_config.conformance import processes_with
from codeexec_config.executor import (
    CapabilityUnsupported,
    ExecutionLimits,
    ExecutionRequest,
    ExecutorFault,
    ExecutorOverloaded,
    ExecutorUnavailable,
    LanguageUnsupported,
    RequestError,
    RequestTooLarge,
    SessionNotFound,
    SessionRequest,
    Status,
    check_executor,
)
from examples.executors import _sessions_sandbox
from examples.executors._cgroup import Cgroup
from examples.executors._owner import Owner
from tests.backends.conftest import CHECKOUT
from tests.backends.starts import WITH_A_CHILD, cancelled_at_its_start

pytest.importorskip("jupyter_client", reason="sessions need jupyter_client (dependency group examples)")

from examples.executors._sessions_channels import PREFIX
from examples.executors.sessions import Installation, SessionExecutor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from codeexec_config.executor import ExecutionResult

T = TypeVar("T")
MEBIBYTE = 1 << 20
LIMITS = ExecutionLimits(wall_secs=20, memory_bytes=256 * MEBIBYTE)
SECONDS = 60


@pytest.fixture(scope="module")
def installation(bubblewrap: Path, kernel: Path) -> Installation:
    return Installation(bubblewrap, kernel)


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look after each test for descriptors, cgroups, folders, children and zombies of this process."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert [] == [path.name for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}{Owner.current()}*")]
    assert [] == groups_of(Owner.current())
    assert [] == children()
    assert before >= len(list(Path("/proc/self/fd").iterdir()))


def groups_of(owner: Owner) -> list[str]:
    root = Path("/sys/fs/cgroup")
    return [path.name for part in (".", "memory", "pids") for path in (root / part).glob(f"codeexec-sessions-{owner}*")]


def children() -> list[str]:
    """Return the children of this process, zombies too, but those of the test session's fixtures."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == os.getpid() and b"bwrap" in (folder / "cmdline").read_bytes() + b"bwrap" * (
                fields[0] == "Z"
            ):
                found.append(folder.name)
    return found


class Host:
    """An executor and short ways to use it."""

    def __init__(self, executor: SessionExecutor) -> None:
        self.executor = executor

    async def open(self, **limits: Any) -> str:
        return await self.executor.open_session_async(SessionRequest(language="python", limits=limited(**limits)))

    async def run(self, code: str, session: str | None, **limits: Any) -> ExecutionResult:
        request = ExecutionRequest(language="python", code=code, limits=limited(**limits), session=session)
        return await self.executor.execute_async(request)


def limited(**limits: Any) -> ExecutionLimits:
    return ExecutionLimits(**{"wall_secs": LIMITS.wall_secs, "memory_bytes": LIMITS.memory_bytes} | limits)


@pytest.fixture
def using(installation: Installation) -> Callable[..., Any]:
    def use(work: Callable[[Host], Awaitable[T]], **settings: Any) -> T:
        async def whole() -> T:
            executor = SessionExecutor(installation, **settings)
            try:
                async with asyncio.timeout(SECONDS):
                    return await work(Host(executor))
            finally:
                await executor.close_async()

        return asyncio.run(whole())

    return use


@pytest.fixture
def in_session(using: Callable[..., Any]) -> Callable[..., list[ExecutionResult]]:
    """Run programs one after the other in one session."""

    def run(*programs: str, **limits: Any) -> list[ExecutionResult]:
        async def work(host: Host) -> list[ExecutionResult]:
            session = await host.open()
            return [await host.run(program, session, **limits) for program in programs]

        return using(work)

    return run


async def until(holds: Callable[[], object]) -> None:
    """Wait for what only shows when it is looked for; the test's deadline is around it."""
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0.05)


# What a session keeps


def test_it_has_the_shape_of_an_executor(installation: Installation) -> None:
    assert [] == check_executor(SessionExecutor(installation))


def test_the_value_of_the_last_expression_is_the_runs(in_session: Callable[..., list[ExecutionResult]]) -> None:
    values = [each.value for each in in_session("x = 6", "x * 7", "x;", "'é'", "print(x)", "_", "await f()\n7")]

    assert [None, "42", None, "'é'", None, "'é'"] == values[:-1]


def test_one_session_serves_several_event_loops(installation: Installation) -> None:
    executor = SessionExecutor(installation)
    host = Host(executor)

    session = asyncio.run(host.open())
    asyncio.run(host.run("x = 41", session))

    assert "42" == asyncio.run(host.run("x + 1", session)).value
    asyncio.run(executor.close_async())
    asyncio.run(executor.close_async())
    asyncio.run(executor.close_session_async(session))
    with pytest.raises(ExecutorUnavailable):
        asyncio.run(host.run("x", session))


def test_files_and_children_are_state_too(in_session: Callable[..., list[ExecutionResult]]) -> None:
    _, read, alive = in_session(
        "import subprocess\nopen('note', 'w').write('kept')\nchild = subprocess.Popen(['sleep', '60'])",
        "open('note').read()",
        "child.poll()",
    )

    assert "'kept'" == read.value
    assert alive.ok
    assert alive.value is None


def test_a_request_without_a_session_leaves_nothing_to_the_next(using: Callable[..., Any]) -> None:
    async def work(host: Host) -> list[str]:
        session = await host.open()
        await host.run("kept = 1; open('/tmp/kept', 'w')", session)
        looking = "import os\nprint('kept' in globals(), os.path.exists('/tmp/kept'), os.listdir('.'))"
        return [(await host.run(looking, None)).text() for _ in range(2)]

    assert ["False False []\n"] * 2 == using(work)


@pytest.mark.parametrize("call", ["asyncio.run(f())", "asyncio.get_event_loop().run_until_complete(f())", "await f()"])
def test_programs_run_their_own_event_loop(in_session: Callable[..., list[ExecutionResult]], call: str) -> None:
    code = f"import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    return 7\n{call}"

    assert ["7", "7"] == [each.value for each in in_session(code, code)]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_programs_use_processes(in_session: Callable[..., list[ExecutionResult]], method: str) -> None:
    code = (
        f"import multiprocessing as m\nwith m.get_context('{method}').Pool(2) as pool: print(pool.map(abs, [-1, -2]))"
    )

    assert ["[1, 2]\n"] * 2 == [each.text() for each in in_session(code, code)]


# How runs end


@pytest.mark.parametrize(
    ("program", "status", "code"),
    [
        ("import sys; sys.exit()", Status.COMPLETED, 0),
        ("import sys; sys.exit(3)", Status.FAILED, 3),
        ("import sys; sys.exit(256)", Status.COMPLETED, 0),
        ("exit(137)", Status.FAILED, 137),
        ("raise SystemExit('so long')", Status.FAILED, 1),
        ("1/0", Status.FAILED, 1),
    ],
)
def test_a_program_that_ends_leaves_the_session_usable(
    in_session: Callable[..., list[ExecutionResult]], program: str, status: Status, code: int
) -> None:
    _, ended, after = in_session("x = 1", program, "x")

    assert (status, code, "1") == (ended.status, ended.exit_code, after.value)
    assert ("so long\n" if "so long" in program else "") == ended.text("stderr")


def test_an_error_is_told_with_its_place(in_session: Callable[..., list[ExecutionResult]]) -> None:
    [result] = in_session("\n\nraise KeyError('ключ')")

    assert result.error is not None
    assert ("KeyError", "'ключ'") == (result.error.type, result.error.message)
    assert result.error.traceback.startswith('Traceback (most recent call last):\n  File "<program 1>", line 3, in ')
    assert "raise KeyError" in result.error.traceback


@pytest.mark.parametrize("method", ["__str__(self): raise ValueError", "__len__(self): return 0"])
def test_an_error_that_cannot_be_told_or_is_false_is_an_error(
    method: str, in_session: Callable[..., list[ExecutionResult]]
) -> None:
    code = f"class E(Exception):\n    def {method}\nraise E"

    untold, after = in_session(code, "1")

    assert Status.FAILED == untold.status
    assert untold.error is not None
    assert "E" == untold.error.type
    assert after.ok


def test_a_large_value_and_a_large_error_are_cut(in_session: Callable[..., list[ExecutionResult]]) -> None:
    value, error = in_session("'v' * 20_000_000", "raise ValueError('e' * 20_000_000)")

    assert value.ok
    assert 1 << 16 >= len(value.value) > 1000
    assert error.error is not None
    assert 1 << 16 >= len(error.error.message) > 1000
    assert 1 << 16 >= len(error.error.traceback)


def test_nobody_answers_input(in_session: Callable[..., list[ExecutionResult]]) -> None:
    asked, read = in_session("input('name? ')", "import sys; sys.stdin.read()")

    assert asked.error is not None
    assert "StdinNotImplementedError" == asked.error.type
    assert "''" == read.value


@pytest.mark.parametrize("code", ["%who", "!ls", "x = 1\nx?", "ls", ">>> 1"])
def test_the_language_is_python(in_session: Callable[..., list[ExecutionResult]], code: str) -> None:
    [result] = in_session(code)

    assert result.error is not None
    assert result.error.type in ("SyntaxError", "NameError")


def test_source_and_output_keep_every_character(in_session: Callable[..., list[ExecutionResult]]) -> None:
    text = "  \n\t>>> a\n%b\n!c\r\n'\"\\`$é☃😀\x0c\x1b[0m  "
    program = f"import sys\nsys.stdout.write({text!a})\nsys.stdout.buffer.write(b'\\xff\\xfe\\r\\n')"

    result, literal = in_session(program, f'print(r"""{"a  b	%c"}""", end="")')

    assert text.encode() + b"\xff\xfe\r\n" == result.stdout
    assert "a  b	%c" == literal.text()


# What is stopped


@pytest.mark.parametrize(
    "endless",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "import subprocess; subprocess.run(['sleep', '60'])",
        "import asyncio; asyncio.run(asyncio.sleep(60))",
        "import asyncio; await asyncio.sleep(60)",
        "import asyncio\nawait asyncio.sleep(0)\nwhile True: pass",
    ],
)
def test_the_limit_interrupts_and_the_state_stays(
    in_session: Callable[..., list[ExecutionResult]], endless: str
) -> None:
    _, stopped, after = in_session("x = 1", f"print('before', end='')\n{endless}", "x", wall_secs=0.5)

    assert (Status.TIMED_OUT, "before") == (stopped.status, stopped.text())
    assert "the session goes on" in stopped.detail
    assert "1" == after.value


@pytest.mark.parametrize(
    "deaf",
    [
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
        "import time\nwhile True:\n    try: time.sleep(60)\n    except KeyboardInterrupt: pass",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\ntime.sleep(60)",
        "import asyncio, time\nkeep = asyncio.create_task(asyncio.sleep(60))\nawait asyncio.sleep(0)\ntime.sleep(60)",
    ],
    ids=["ignores", "swallows", "thread", "task"],
)
def test_a_program_that_goes_on_ends_its_session(using: Callable[..., Any], deaf: str) -> None:
    async def work(host: Host) -> tuple[ExecutionResult, float]:
        session = await host.open()
        began = time.monotonic()
        result = await host.run(deaf, session, wall_secs=1)
        took = time.monotonic() - began
        with pytest.raises(SessionNotFound):
            await host.run("1", session)
        return result, took

    result, took = using(work)

    assert Status.TIMED_OUT == result.status
    assert "the session has ended" in result.detail
    assert took < 20


def test_the_limit_ends_the_runs_children_and_no_earlier_ones(using: Callable[..., Any]) -> None:
    start = "import subprocess\nsubprocess.Popen(['sleep', '61.{}'], start_new_session=True)\nprint('up', flush=True)"

    async def work(host: Host) -> tuple[Status, list[str], list[str]]:
        session = await host.open()
        await host.run(start.format("5177"), session)
        status = (await host.run(f"{start.format('6288')}\nwhile True: pass", session, wall_secs=1)).status
        return status, processes_with("61.5177"), processes_with("61.6288")

    status, earlier, own = using(work)

    assert Status.TIMED_OUT == status
    assert 1 == len(earlier)
    assert [] == own
    assert [] == processes_with("61.5177")


@pytest.mark.parametrize("loop", ["while True:", "for _ in range(1):"])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_is_cut_on_either_stream_and_ends_its_session(
    using: Callable[..., Any], stream: str, loop: str
) -> None:
    before = resident_bytes()

    async def work(host: Host) -> ExecutionResult:
        session = await host.open()
        result = await host.run(f"import sys\n{loop} print('y' * 9999, file=sys.{stream})", session, output_bytes=4096)
        with pytest.raises(SessionNotFound):
            await host.run("1", session)
        return result

    flood = using(work)

    assert Status.OUTPUT_EXCEEDED == flood.status
    assert 4096 == len(getattr(flood, stream))
    assert (stream == "stdout", stream == "stderr") == (flood.stdout_truncated, flood.stderr_truncated)
    assert "the session has ended: the program wrote more" in flood.detail
    assert resident_bytes() - before < 64 * MEBIBYTE


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_cancelled_run_is_stopped_and_the_state_stays(using: Callable[..., Any]) -> None:
    async def work(host: Host) -> tuple[str, list[str]]:
        session = await host.open()
        await host.run("x = 1", session)
        code = "import subprocess, time\nsubprocess.Popen(['sleep', '62.4411'])\ntime.sleep(60)"
        running = asyncio.create_task(host.run(code, session))
        await until(lambda: processes_with("62.4411"))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return (await host.run("x", session)).value, processes_with("62.4411")

    assert ("1", []) == using(work)


def test_a_session_that_is_cancelled_while_it_opens_leaves_nothing(
    using: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sessions_sandbox, "_command", lambda *_, **__: WITH_A_CHILD)

    async def work(host: Host) -> bool:
        return await cancelled_at_its_start(host.open(), monkeypatch)

    assert using(work)
    assert processes_with(WITH_A_CHILD[2]) == []


def test_memory_that_runs_out_ends_the_session(using: Callable[..., Any]) -> None:
    async def work(host: Host) -> tuple[ExecutionResult, ExecutionResult]:
        session, other = await host.open(), await host.open()
        result = await host.run("blocks = [b'x' * 1048576 for _ in range(1024)]", session)
        with pytest.raises(SessionNotFound):
            await host.run("1", session)
        return result, await host.run("1", other)

    result, other = using(work)

    assert Status.MEMORY_EXCEEDED == result.status
    assert "the session has ended" in result.detail
    assert other.ok


def test_a_childs_death_of_memory_is_no_verdict_on_a_later_kill(
    in_session: Callable[..., list[ExecutionResult]],
) -> None:
    child = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'b\"x\" * (1 << 30)']).returncode"

    died, killed = in_session(child, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")

    assert (Status.COMPLETED, "-9") == (died.status, died.value)
    assert (Status.KILLED, signal.SIGKILL) == (killed.status, killed.signal)


def test_a_request_may_set_less_memory(in_session: Callable[..., list[ExecutionResult]]) -> None:
    [result] = in_session("blocks = b'x' * (128 << 20)", memory_bytes=96 * MEBIBYTE)

    assert Status.MEMORY_EXCEEDED == result.status


def test_memory_below_what_an_interpreter_needs_is_the_callers_mistake(using: Callable[..., Any]) -> None:
    async def work(host: Host) -> ExecutionResult:
        with pytest.raises(RequestError):
            await host.open(memory_bytes=8 * MEBIBYTE)
        return await host.run("1", None, memory_bytes=8 * MEBIBYTE)

    assert Status.MEMORY_EXCEEDED == using(work).status


@pytest.mark.parametrize(
    ("program", "status", "code"),
    [("import os; os._exit(0)", Status.COMPLETED, 0), ("import os; os._exit(4)", Status.FAILED, 4)],
)
def test_an_interpreter_that_leaves_is_told(using: Callable[..., Any], program: str, status: Status, code: int) -> None:
    async def work(host: Host) -> ExecutionResult:
        session = await host.open()
        return await host.run(program, session)

    result = using(work)

    assert (status, code) == (result.status, result.exit_code)
    assert "the session has ended" in result.detail


# What reaches a later run, or another session


def test_what_comes_late_reaches_no_later_run(in_session: Callable[..., list[ExecutionResult]]) -> None:
    late = """
import asyncio, subprocess, threading
from concurrent.futures import ThreadPoolExecutor
subprocess.Popen(["sh", "-c", "sleep 0.5; echo late-child; echo late-child >&2; exec sleep 60"])
threading.Timer(0.5, print, ["late-thread"]).start()
async def task():
    await asyncio.sleep(0.3)
    print("late-task")
keep = asyncio.create_task(task())
pool = ThreadPoolExecutor()
pool.submit(int).result()
await asyncio.sleep(0)
"""
    first, second, pooled = in_session(
        late,
        "import time\ntime.sleep(1)\nawait asyncio.sleep(0.2)\nprint('own')",
        "pool.submit(print, 'in time').result()",
    )

    assert b"" == first.stdout + first.stderr
    assert ("own\n", "") == (second.text(), second.text("stderr"))
    assert "in time\n" == pooled.text()


def test_an_interrupt_that_is_swallowed_is_answered_once(in_session: Callable[..., list[ExecutionResult]]) -> None:
    first, second = in_session(
        "import time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: print('caught')\n'first'", "'second'", wall_secs=1
    )

    assert (Status.TIMED_OUT, None, "caught\n") == (first.status, first.value, first.text())
    assert ("'second'", "") == (second.value, second.text())


def test_streams_that_a_program_breaks_are_mended(in_session: Callable[..., list[ExecutionResult]]) -> None:
    breaking = "import os, sys\nsys.stdout.close()\nsys.stderr = None\nos.close(2)"

    _, result = in_session(breaking, "import sys\nprint('out')\nprint('err', file=sys.stderr)")

    assert ("out\n", "err\n") == (result.text(), result.text("stderr"))


def test_a_forged_answer_is_the_programs_own(in_session: Callable[..., list[ExecutionResult]]) -> None:
    """Nothing that a program sends in its kernel's name is believed to have a type, and no flood of it is taken."""
    forging = """
kernel = get_ipython().kernel
async def forge(self, *a, **k):
    return {"status": "ok", "exit": "0", "value": {"a": []}, "traceback": 7, "ename": 3, "running": None}
type(kernel).do_execute = forge
"""
    _, forged = in_session(forging, "1")

    assert Status.FAILED == forged.status


@pytest.mark.parametrize(("messages", "parts"), [(500, 1), (1, 500)])
def test_a_kernel_that_sends_without_end_is_cut_off(using: Callable[..., Any], messages: int, parts: int) -> None:
    sending = f"""
import time
from ipykernel.kernelapp import IPKernelApp
app = IPKernelApp.instance()
identity = list(app.kernel._parent_ident["shell"])
block = b"x" * (1 << 20)
def send():
    for _ in range({messages}):
        app.shell_socket.send_multipart([*identity, *[block] * {parts}], copy=False)
app.shell_channel_thread.io_loop.add_callback(send)
time.sleep(60)
"""

    async def work(host: Host) -> ExecutionResult:
        return await host.run(sending, await host.open())

    before = resident_bytes()
    result = using(work)

    assert Status.KILLED == result.status
    assert resident_bytes() - before < 64 * MEBIBYTE


def test_sessions_see_nothing_of_each_other(using: Callable[..., Any]) -> None:
    leaving = "import os\nx = 1\nopen('/tmp/x', 'w')\nopen('/dev/shm/x', 'w')\nos.environ['X'] = '1'"
    looking = "import os\n(os.path.exists('/tmp/x'), os.path.exists('/dev/shm/x'), 'X' in os.environ, 'x' in globals())"

    async def work(host: Host) -> str:
        one, other = await host.open(), await host.open()
        await host.run(leaving, one)
        return (await host.run(looking, other)).value

    assert "(False, False, False, False)" == using(work)


def test_sessions_run_at_the_same_time(using: Callable[..., Any]) -> None:
    meeting = "import time\nprint({})\ntime.sleep(1)\nprint({})"

    async def work(host: Host) -> tuple[list[str], float]:
        sessions = [await host.open() for _ in range(3)]
        began = time.monotonic()
        results = await asyncio.gather(*(host.run(meeting.format(n, n), each) for n, each in enumerate(sessions)))
        return [each.text() for each in results], time.monotonic() - began

    outputs, _ = using(work)

    assert ["0\n0\n", "1\n1\n", "2\n2\n"] == outputs


# What the program sees of the host


def test_neither_the_hosts_variables_nor_its_processes_nor_the_key_can_be_seen(
    in_session: Callable[..., list[ExecutionResult]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEEXEC_CANARY", "canary-of-the-host")
    looking = """
import glob
kernel_key = get_ipython().kernel.session.key
seen = b""
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        seen += open(path, "rb").read()
    except OSError:
        pass
print(b"canary-of-the-host" in seen, kernel_key in seen, len(kernel_key) >= 32, len(glob.glob("/proc/[0-9]*")) < 5)
"""
    [result] = in_session(looking)

    assert "False False True True\n" == result.text()


def test_a_program_is_nobody_and_has_no_descriptor_of_the_hosts(using: Callable[..., Any]) -> None:
    code = """
import os, time
for number in os.listdir("/proc/self/fd"):
    if os.path.exists(f"/proc/self/fd/{number}"):
        print(os.readlink(f"/proc/self/fd/{number}"))
time.sleep(1)
"""

    async def work(host: Host) -> tuple[ExecutionResult, set[int]]:
        running = asyncio.create_task(host.run(code, await host.open()))
        await asyncio.sleep(0.5)
        return await running, {os.stat(f"/proc/{pid}").st_uid for pid in kernels()}  # noqa: PTH116

    with Path("/etc/passwd").open("rb") as inherited:
        os.set_inheritable(inherited.fileno(), True)  # noqa: FBT003
        result, uids = using(work)

    assert "/dev/null" in result.text()
    assert "passwd" not in result.text()
    assert {65534 if os.geteuid() == 0 else os.geteuid()} == uids


def kernels() -> list[str]:
    return [line.split()[1].rstrip(":") for line in processes_with("/run/session")]


# The host's own end

HOST = """
import asyncio, signal, sys
from pathlib import Path
from codeexec_config.executor import ExecutionLimits, ExecutionRequest, SessionRequest
from examples.executors.sessions import Installation, SessionExecutor

LIMITS = ExecutionLimits(wall_secs=50, memory_bytes=256 << 20)

async def main(code, close=True):
    executor = SessionExecutor(Installation(*map(Path, sys.argv[1:])))
    session = await executor.open_session_async(SessionRequest(language="python", limits=LIMITS))
    print("open", flush=True)
    request = ExecutionRequest(language="python", code=code, limits=LIMITS, session=session)
    result = await executor.execute_async(request)
    print(result.status, result.text(), flush=True)
    if close:
        await executor.close_async()

"""


@pytest.fixture
def start_host(installation: Installation) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start another process that is a host, by what it does."""
    with contextlib.ExitStack() as stack:

        def start(script: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-c", HOST + script, str(installation.rootfs), str(installation.kernel)]
            process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start


def wait_until(holds: Callable[[], object], secs: float = 60.0) -> None:
    until = time.monotonic() + secs
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_host_that_ignores_signals_runs_good_programs(
    start_host: Callable[[str], subprocess.Popen[str]],
) -> None:
    host = start_host("""
for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
code = "import signal, subprocess; print(subprocess.run(['true']).returncode, signal.getsignal(1) == signal.SIG_DFL)"
asyncio.run(main(code))
""")

    output, errors = host.communicate(timeout=SECONDS)

    assert "completed 0 True" in output, errors


def test_a_host_that_ends_without_a_word_leaves_no_program(
    start_host: Callable[[str], subprocess.Popen[str]],
) -> None:
    code = "import subprocess; subprocess.Popen(['sleep', '63.' + '1907'], start_new_session=True)"
    host = start_host(f"asyncio.run(main({code!r}, close=False))")

    output, errors = host.communicate(timeout=SECONDS)

    assert "completed" in output, errors
    wait_until(lambda: not processes_with("63.1907"))
    asyncio.run(SessionExecutor(Installation(Path(), Path())).sweep_async())


def test_a_killed_host_leaves_what_a_sweep_removes(
    start_host: Callable[[str], subprocess.Popen[str]], using: Callable[..., Any]
) -> None:
    # Not as one word, which the host's own arguments would hold.
    code = "import subprocess; subprocess.run(['sleep', '64.' + '2718'], start_new_session=True)"
    host = start_host(f"asyncio.run(main({code!r}))")
    wait_until(lambda: processes_with("64.2718"))
    [left, *_] = [name for name in groups_of_any() if f".{host.pid}." in name]
    folder = Path(tempfile.gettempdir()) / f"{PREFIX}{Owner.found_in(left)}-left"
    folder.mkdir()  # as of one that was killed while a kernel was starting

    host.kill()
    host.wait(60)

    wait_until(lambda: not processes_with("64.2718"))

    async def sweep(living: Host) -> bool:
        session = await living.open()
        await living.executor.sweep_async()
        await living.executor.sweep_async()
        return (await living.run("1", session)).ok

    assert using(sweep)
    assert left not in groups_of_any()
    assert not folder.exists()


def groups_of_any() -> list[str]:
    root = Path("/sys/fs/cgroup")
    return [path.name for part in (".", "memory", "pids") for path in (root / part).glob("codeexec-sessions-*")]


# How sessions end, and how many there may be


def test_a_closed_session_is_gone_with_what_ran_in_it(using: Callable[..., Any]) -> None:
    code = "import subprocess; subprocess.run(['sleep', '65.3141'], start_new_session=True)"

    async def work(host: Host) -> ExecutionResult:
        session = await host.open()
        running = asyncio.create_task(host.run(code, session))
        await until(lambda: processes_with("65.3141"))
        await host.executor.close_session_async(session)
        assert [] == processes_with("65.3141")
        with pytest.raises(SessionNotFound):
            await host.run("1", session)
        await host.executor.close_session_async(session)
        return await running

    result = using(work)

    assert Status.KILLED == result.status
    assert "the session has ended" in result.detail


def test_a_session_expires_when_nobody_uses_it(using: Callable[..., Any]) -> None:
    async def work(host: Host) -> bool:
        session = await host.open()
        await host.run("import time; time.sleep(2)", session)
        in_use = (await host.run("1", session)).ok
        await until(lambda: not groups_of(Owner.current()))
        with pytest.raises(SessionNotFound):
            await host.run("1", session)
        return in_use

    assert using(work, idle_secs=1.0)


def test_a_name_that_was_never_given_is_not_found(using: Callable[..., Any]) -> None:
    async def work(host: Host) -> None:
        with pytest.raises(SessionNotFound):
            await host.run("1", "0" * 32)

    using(work)


def test_a_busy_session_takes_no_second_program(using: Callable[..., Any]) -> None:
    async def work(host: Host) -> Status:
        session = await host.open()
        running = asyncio.create_task(host.run("import time; time.sleep(1)", session))
        await asyncio.sleep(0.3)
        with pytest.raises(ExecutorOverloaded) as caught:
            await host.run("1", session)
        assert caught.value.retryable
        assert caught.value.started is False
        return (await running).status

    assert Status.COMPLETED == using(work)


def test_there_are_no_more_sessions_and_runs_than_agreed(using: Callable[..., Any]) -> None:
    async def work(host: Host) -> None:
        session = await host.open()
        with pytest.raises(ExecutorOverloaded):
            await host.open()
        running = asyncio.create_task(host.run("import time; time.sleep(1)", session))
        await asyncio.sleep(0.3)
        with pytest.raises(ExecutorOverloaded):
            await host.run("1", None)
        await running
        await host.executor.close_session_async(session)
        await host.open()

    using(work, max_sessions=1, max_concurrency=1)


def test_closing_ends_what_still_runs_and_starts(using: Callable[..., Any]) -> None:
    async def work(host: Host) -> list[object]:
        session = await host.open()
        code = "import subprocess; subprocess.run(['sleep', '66.5127'])"
        tasks = [asyncio.create_task(host.run(code, each)) for each in (session, None)]
        await until(lambda: len(processes_with("66.5127")) == len(tasks))
        tasks.append(asyncio.create_task(host.open()))
        await asyncio.sleep(0.05)
        await host.executor.close_async()
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    in_session, alone, opening = using(work)

    assert [Status.KILLED] * 2 == [in_session.status, alone.status]
    assert isinstance(opening, ExecutorUnavailable)


# A caller's mistakes, and a machine's


def test_what_cannot_run_is_refused_before_anything_starts(using: Callable[..., Any]) -> None:
    async def work(host: Host) -> None:
        run = host.executor.execute_async
        with pytest.raises(LanguageUnsupported):
            await run(ExecutionRequest(language="cobol", code="", limits=LIMITS))
        with pytest.raises(LanguageUnsupported):
            await host.executor.open_session_async(SessionRequest(language="cobol", limits=LIMITS))
        with pytest.raises(CapabilityUnsupported):
            await run(ExecutionRequest(language="python", code="", limits=LIMITS, stdin=b"x"))
        with pytest.raises(RequestError):
            await host.run("print('\ud83d')", None)
        with pytest.raises(RequestTooLarge):
            await host.run("#" * (5 * MEBIBYTE), None)

    using(work)


def test_a_kernel_that_does_not_start_is_no_verdict(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "ipykernel").mkdir()
    tmp_path.chmod(0o755)
    executor = SessionExecutor(Installation(installation.rootfs, tmp_path))

    with pytest.raises(ExecutorFault) as caught:
        asyncio.run(Host(executor).open())
    asyncio.run(executor.close_async())

    assert "the kernel did not start" in caught.value.detail
    assert caught.value.started is False


def test_a_missing_installation_is_unavailable(installation: Installation, tmp_path: Path) -> None:
    for lacking in (Installation(tmp_path, installation.kernel), Installation(installation.rootfs, tmp_path)):
        with pytest.raises(ExecutorUnavailable) as caught:
            asyncio.run(SessionExecutor(lacking).check_health_async())
        assert not caught.value.retryable


def test_a_clean_up_that_fails_is_told_and_tried_again(
    using: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stuck(self: Cgroup) -> None:
        raise ExecutorUnavailable("a process is stuck")

    async def work(host: Host) -> ExecutionResult:
        with monkeypatch.context() as patch:
            patch.setattr(Cgroup, "close", stuck)
            result = await host.run("print(1)", None)
            with pytest.raises(ExecutorUnavailable):
                await host.executor.sweep_async()
        assert groups_of(Owner.current())
        await host.executor.sweep_async()
        return result

    result = using(work)

    assert ("1\n", Status.COMPLETED) == (result.text(), result.status)
    assert "a process is stuck" in result.detail
