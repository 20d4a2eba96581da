"""Files distributed to processes: the outcome is the same, whatever happens to a process."""

import errno
import io
import marshal
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from codeexec_config.cli import jobs, main
from codeexec_config.cli import pool as pools
from codeexec_config.cli.checking import Outcome
from codeexec_config.cli.files import Place

HEADER = "[features.code_execution]\n"
TEXTS = (
    HEADER,
    f"{HEADER}timeout_sec = 5\n",
    f'{HEADER}allowed_languages = ["py"]\n',
    "x = [code_execution\n",
    "[server]\n",
)
THE_TESTS = os.getpid()

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """Leave out the threads that earlier tests have left behind: executors that hang, among others."""
    count = threading.active_count
    others = count() - 1
    monkeypatch.setattr(threading, "active_count", lambda: count() - others)


@pytest.fixture
def workers(monkeypatch):
    """Note the number of each process that is started."""
    numbers = []
    fork = pools.Pool._fork

    def note(self):
        number = fork(self)
        numbers.append(number)
        return number

    monkeypatch.setattr(pools.Pool, "_fork", note)
    return numbers


def is_there(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(200):
        path = Path("d", str(number % 7), f"{number:03}.toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEXTS[number % len(TEXTS)])
    return tmp_path


def command(*arguments, **settings):
    return subprocess.Popen(
        [sys.executable, "-m", "codeexec_config", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **settings,
    )


def run(*arguments, text=""):
    with command(*arguments) as process:
        out, err = process.communicate(text, timeout=60)
    return process.returncode, out, err


@pytest.mark.thorough(one_in=7)
@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--format", "json"],
        ["--format", "sarif"],
        ["--format", "github", "--strict"],
        ["--format", "concise"],
        ["--offline", "--quiet"],
        ["--diff"],
    ],
)
def test_output_order_and_status_are_those_of_one_process(folder, options):
    paths = ("d", "absent.toml") if "--diff" in options else ("d", "-", "absent.toml")
    one, three = (run("validate", "--jobs", count, *options, *paths, text=TEXTS[1]) for count in "13")

    assert one == three
    assert 2 == one[0]


def test_files_are_fixed_in_processes(folder, capsys):
    assert 1 == main(["validate", "--fix", "--jobs", "2", "--quiet", "d"])

    texts = {path.read_text() for path in Path("d").rglob("*.toml")}
    assert TEXTS[1] not in texts
    assert f"{HEADER}timeout_secs = 5\n" in texts


def test_the_environment_reaches_the_workers_and_no_argument(folder):
    Path("secrets").mkdir()
    Path("secrets/T_SECS").write_text("5\n")
    Path("v").mkdir()
    for number in range(20):
        Path("v", f"{number}.toml").write_text(f'{HEADER}timeout_secs = "${{T_SECS}}"\n')

    assert 0 == run("validate", "--jobs", "2", "--secrets-dir", "secrets", "v")[0]
    assert 0 == run("validate", "--jobs", "2", "--env-file", "-", "v", text="T_SECS=5\n")[0]


def test_memory_does_not_grow_with_the_number_of_files(folder):
    """The same files repeatedly, under as many names."""

    def peak(count):
        script = (
            "import resource, sys\n"
            "from codeexec_config.cli import jobs\n"
            "from codeexec_config.cli.checking import Outcome\n"
            "from codeexec_config.cli.files import Place\n"
            "work = lambda place: Outcome(piece=place.path * 100)\n"
            f"for _ in jobs.check_all(work, (Place(f'{{n:06}}') for n in range({count})), 2): pass\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        return int(subprocess.check_output([sys.executable, "-c", script]))

    assert peak(20_000) < peak(2_000) + 4096


def test_no_more_is_begun_than_may_wait_for_its_turn():
    """The first file is slow; finished files after it have to wait, and take up memory."""
    begun = []

    def places():
        for number in range(10_000):
            begun.append(number)
            yield Place(str(number))

    def work(place):
        time.sleep(0.5 if place.path == "0" else 0)
        return Outcome()

    results = jobs.check_all(work, places(), 2)
    next(results)
    results.close()

    assert len(begun) < 16 * 64


# -- workers that die --------------------------------------------------------------------------------------------------


def kill(place):
    assert os.getpid() != THE_TESTS
    if "5" in place.path:
        os.kill(os.getpid(), signal.SIGKILL)
    if "7" in place.path:
        os._exit(3)
    return Outcome(piece=place.path)


def test_a_worker_that_dies_costs_one_file():
    places = [Place(f"f{number}") for number in range(10)]
    outcomes = list(jobs.check_all(kill, places, 2))

    assert places == [place for place, _ in outcomes]
    assert ["f0", "f1", "f2", "f3", "f4", "", "f6", "", "f8", "f9"] == [outcome.piece for _, outcome in outcomes]
    assert ("f5: the process checking it died (signal 9)",) == outcomes[5][1].words
    assert ("f7: the process checking it died (exit status 3)",) == outcomes[7][1].words
    assert 2 == outcomes[5][1].status


def test_a_dead_worker_is_an_error_of_the_command(folder, monkeypatch, capsys):
    from codeexec_config.cli import checking

    check = checking.Checker.check
    monkeypatch.setattr(
        checking.Checker, "check", lambda self, place: kill(place) if "105" in place.path else check(self, place)
    )

    assert 2 == main(["validate", "--jobs", "2", "d"])
    assert "105.toml: the process checking it died (signal 9)\n" in capsys.readouterr().err


def test_a_worker_that_is_dead_before_it_is_asked_is_replaced(monkeypatch):
    started = []
    start = pools.Pool._start

    def start_dead(self, slot):
        worker = start(self, slot)
        if not started:
            os.kill(worker.pid, signal.SIGKILL)
            os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
        started.append(worker)
        return worker

    monkeypatch.setattr(pools.Pool, "_start", start_dead)
    outcomes = [
        outcome
        for _, outcome in jobs.check_all(lambda place: Outcome(piece=place.path), [Place("a"), Place("b")], 1 + 1)
    ]

    assert ["", "b"] == [outcome.piece for outcome in outcomes]
    assert "signal 9" in outcomes[0].words[0]


def test_a_chunk_that_never_arrived_closes_its_pipe():
    reader, writer = os.pipe()
    other, _ = os.pipe()
    worker = pools._Worker(0, 0, writer, other)
    worker.outbox.write(b"x")
    os.close(reader)

    worker.close()

    assert worker.inbox.closed


def test_no_worker_outlives_the_command(folder, workers):
    for _ in jobs.check_all(lambda _: Outcome(), (Place(str(number)) for number in range(100)), 3):
        break

    assert 3 == len(workers)
    assert not any(map(is_there, workers))


# -- interrupts --------------------------------------------------------------------------------------------------------


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("count", ["1", "2"])
@pytest.mark.parametrize("form", ["concise", "json"])
def test_an_interrupt_prints_what_was_found_so_far(folder, count, form):
    """The last file does not fit into a pipe, so once it is written, the command is reading it.

    Whether another worker is done with the first by then cannot be seen from outside, so a slow machine gets more time.
    """
    first = Path("d/0/000.toml")
    first.write_text(TEXTS[1])
    for patience in (0.5, 4, 30):
        with command("validate", "--jobs", count, "--format", form, str(first), "-", start_new_session=True) as process:
            process.stdin.write("#" * 300_000)
            process.stdin.flush()
            time.sleep(patience)
            os.killpg(process.pid, signal.SIGINT)
            out, err = process.stdout.read(), process.stderr.read()
        assert 130 == process.returncode
        assert "Traceback" not in err
        if "before a file was checked" not in err:
            break

    assert "timeout_sec" in out
    assert "interrupted: checked 1 file: 1 error" in err


def test_what_is_done_before_its_turn_is_printed_too(monkeypatch):
    """An interrupt while the first file is still being checked."""
    pool = pools.Pool(lambda place: Outcome(piece=place.path), 2)
    done, open_ = pools._Chunk([Place("b")]), pools._Chunk([Place("a")])
    done.fill([tuple(Outcome(piece="b"))])
    pool._chunks = {0: open_, 1: done}

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(pool, "_hand_out", interrupt)
    results = pool.run([], iter(()))

    assert (Place("b"), Outcome(piece="b")) == next(results)
    with pytest.raises(KeyboardInterrupt):
        next(results)


@pytest.mark.parametrize(("is_reading", "is_dead", "expected"), [(0, 0, ["a", "b"]), (0, 1, ["a"]), (1, 0, [])])
def test_what_has_been_sent_is_printed_before_the_end(monkeypatch, is_reading, is_dead, expected):
    pool = pools.Pool(lambda place: Outcome(piece=place.path), 2)
    hand_out = pool._hand_out

    def interrupt(waiting):
        hand_out(waiting)
        for worker in pool._workers.values():
            select.select([worker.inbox], [], [], 10)
        if is_dead:
            worker = pool._workers[1]
            os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)
            worker.inbox.read()
        pool._is_reading = bool(is_reading)
        raise KeyboardInterrupt

    monkeypatch.setattr(pool, "_hand_out", interrupt)
    results = pool.run([Place("a"), Place("b")], iter(()))

    assert expected == [next(results)[0].path for _ in expected]
    with pytest.raises(KeyboardInterrupt):
        next(results)


def test_a_worker_that_does_not_end_is_ended(monkeypatch, workers):
    monkeypatch.setattr(pools, "_GRACE", 0.05)
    reader, writer = os.pipe()

    def work(place):
        if place.path == "b":
            os.write(writer, b"!")
            time.sleep(60)

    results = jobs.check_all(work, [Place("a"), Place("b")], 2)

    assert (Place("a"), None) == next(results)
    assert b"!" == os.read(reader, 1)
    results.close()

    assert 2 == len(workers)
    assert not any(map(is_there, workers))


def test_an_interrupt_of_the_command_sums_up(folder, monkeypatch, capsys):
    from codeexec_config.cli import checking

    check = checking.Checker.check

    def interrupt(self, place):
        if "077" in place.path:
            raise KeyboardInterrupt
        return check(self, place)

    monkeypatch.setattr(checking.Checker, "check", interrupt)

    assert 130 == main(["validate", "--jobs", "1", "d"])
    out, err = capsys.readouterr()
    assert "timeout_sec" in out
    assert err.startswith("interrupted: checked ")


# -- the worker's side, in this process --------------------------------------------------------------------------------


def serve(chunks, shared):
    commands, outbox = os.pipe()
    inbox, answers = os.pipe()
    with os.fdopen(outbox, "wb") as file:
        for chunk in chunks:
            marshal.dump([tuple(place) for place in chunk], file)
    pools.serve(lambda place: Outcome(piece=place.path) if place.root else None, commands, answers, shared, 1)
    with os.fdopen(inbox, "rb") as file:
        data = io.BytesIO(file.read())
    found = []
    while data.tell() < len(data.getvalue()):
        found.append(marshal.load(data))  # noqa: S302 -- written above
    return found


def test_a_worker_answers_each_chunk():
    shared = bytearray(2)

    assert [[tuple(Outcome(piece="a")), None], [None]] == serve([[Place("a", "r"), Place("b")], [Place("c")]], shared)
    assert bytearray((0, 0)) == shared


def test_a_worker_stops_when_it_is_asked_to():
    assert [] == serve([[Place("a", "r")]], bytearray((1, 9)))


@pytest.mark.parametrize(("fails", "slot"), [(False, 0), (True, 1)])
def test_a_child_never_returns_into_its_parents_program(monkeypatch, capsys, fails, slot):
    class LeftError(Exception):
        pass

    def leave(status):
        raise LeftError(status)

    def serve(*_):
        if fails:
            raise RuntimeError("a bug")

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(os, "fork", lambda: 0)
    monkeypatch.setattr(os, "close", lambda _: None)
    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(pools, "serve", serve)
    pool = pools.Pool(kill, 2)
    pipes = os.pipe()
    pool._workers[0] = pools._Worker(0, 0, os.dup(pipes[1]), os.dup(pipes[0]))

    try:
        with pytest.raises(LeftError) as left:
            pool._start(slot)
        assert signal.SIG_IGN == signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
        pool._workers[0].close()

    assert (int(fails),) == left.value.args
    assert fails == ("a bug" in capsys.readouterr().err)


# -- how many ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def started(monkeypatch):
    counts = []
    run = pools.Pool.run

    def note(self, *arguments):
        counts.append(self._count)
        return run(self, *arguments)

    monkeypatch.setattr(pools.Pool, "run", note)
    monkeypatch.setattr(jobs, "cores", lambda: 3)
    return counts


def check(places, count=None):
    return [outcome.piece for _, outcome in jobs.check_all(lambda place: Outcome(piece=place.path), places, count)]


def test_many_files_are_shared_out_to_the_cores(started):
    names = [str(number) for number in range(300)]

    assert names == check(map(Place, names))
    assert [3] == started


def test_a_few_small_files_are_not(started, folder):
    assert ["d/0/000.toml", "absent"] == check([Place("d/0/000.toml"), Place("absent")])
    assert [] == started


def test_a_few_large_files_are(started, tmp_path):
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * 1024 * 1024)

    assert [str(large), "b"] == check([Place(str(large)), Place("b")])
    assert [str(large)] == check([Place(str(large))])
    assert [3] == started


def test_one_core_one_process(started, monkeypatch):
    monkeypatch.setattr(jobs, "cores", lambda: 1)

    assert 300 == len(check(Place(str(number)) for number in range(300)))
    assert [] == started


def test_threads_are_not_forked(started):
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    names = check([Place("a"), Place("b")], 2)
    ended.set()
    thread.join()

    assert ["a", "b"] == names
    assert [] == started


def test_the_cores_are_those_that_the_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 5}, raising=False)
    assert 2 == jobs.cores()

    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert 1 == jobs.cores()


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "", "1025", "99999999999"])
def test_the_number_of_jobs_is_a_number(capsys, number):
    assert 2 == main(["validate", f"--jobs={number}", "a.toml"])
    assert "--jobs: expected a number of processes, at least 1 and at most 1024" in capsys.readouterr().err


# -- a system without room ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [0, 1, 2])
@pytest.mark.parametrize("what", ["pipe", "fork"])
def test_what_no_worker_can_be_started_for_is_done_here(monkeypatch, what, room):
    """Each kill takes a worker, too, that cannot be replaced."""
    make, made = getattr(os, what), []

    def refuse():
        if len(made) >= room * (2 if what == "pipe" else 1):
            raise BlockingIOError(errno.EAGAIN, "no room")
        made.append(make())
        return made[-1]

    descriptors = len([*Path("/dev/fd").iterdir()])
    parent = os.getpid()
    monkeypatch.setattr(os, what, refuse)

    def note(place):
        if place.path == "f7" and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return Outcome(piece=place.path)

    places = [Place(f"f{number}") for number in range(300)]
    found = list(jobs.check_all(note, places, 3))

    assert places == [place for place, _ in found]
    assert {place.path for place in places} - {"f7"} == {outcome.piece for _, outcome in found} - {"", "f7"}
    assert descriptors == len([*Path("/dev/fd").iterdir()])
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_second_pipe_that_cannot_be_made_leaves_no_first(monkeypatch):
    make, made = os.pipe, []

    def refuse():
        if made:
            raise OSError(errno.EMFILE, "too many")
        made.extend(make())
        return tuple(made)

    monkeypatch.setattr(os, "pipe", refuse)

    assert ["a", "b"] == check([Place("a"), Place("b")], 2)
    for number in made:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(number)


@pytest.mark.parametrize(("limit", "most"), [(resource.RLIM_INFINITY, 5000), (64, 8), (16, 1), (1024, 248)])
def test_no_more_workers_are_started_than_there_are_descriptors_for(started, monkeypatch, limit, most):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))

    check([Place("a"), Place("b")], 5000)

    assert [most] == started
