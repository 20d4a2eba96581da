"""Processes that check files, and the pipes between them and the command.

Workers are forked: they have already imported everything and inherit the options and the environment, so that none of
it is in an argument. The pipes carry plain tuples, a chunk of files at a time.
"""

from __future__ import annotations

import marshal
import os
import signal
import sys
from contextlib import suppress
from itertools import islice
from mmap import mmap
from select import POLLIN, poll
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

from codeexec_config.cli.checking import UNREADABLE, Outcome
from codeexec_config.cli.files import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    Work = Callable[[Place], Outcome | None]
    Results = Generator[tuple[Place, Outcome | None], None, None]

_LARGEST_CHUNK: Final = 64
_AHEAD: Final = 8
"""Chunks per worker that may be finished before their turn; bounds the memory for waiting ones."""
_GRACE: Final = 2.0
_PAUSE: Final = 0.001
_STOP: Final = 0
"""The byte of the shared memory that asks workers to stop; later bytes give each worker's position in its chunk."""


class _Chunk:
    """Some places, the outcomes of those that are done, and which are left."""

    def __init__(self, places: list[Place]) -> None:
        self.places = places
        self.outcomes: list[Outcome | None] = [None] * len(places)
        self.left = list(range(len(places)))

    def fill(self, outcomes: list[Outcome | None]) -> None:
        for index, outcome in zip(self.left, outcomes, strict=True):
            self.outcomes[index] = outcome
        self.left = []

    def give_up(self, position: int, reason: str) -> None:
        index = self.left.pop(min(position, len(self.left) - 1))
        word = f"{self.places[index].path}: the process checking it died ({reason})"
        self.outcomes[index] = Outcome(is_valid=False, status=UNREADABLE, words=(word,))


class _Worker:
    """The parent's side of a worker."""

    def __init__(self, pid: int, slot: int, commands: int, answers: int) -> None:
        self.pid = pid
        self.slot = slot
        self.outbox = os.fdopen(commands, "wb")
        self.inbox = os.fdopen(answers, "rb")
        self.chunk: _Chunk | None = None

    def close(self) -> None:
        """Close the pipes, after which the worker ends."""
        self.inbox.close()
        try:
            self.outbox.close()
        except BrokenPipeError:  # its last chunk never arrived
            return


class Pool:
    """Processes that check files.

    Args:
        work: checks a place.
        count: how many processes.
    """

    def __init__(self, work: Work, count: int) -> None:
        self._work = work
        self._count = count
        self._shared = mmap(-1, count + 1)
        self._workers: dict[int, _Worker] = {}
        self._chunks: dict[int, _Chunk] = {}
        self._made = 0
        self._yielded = 0
        self._is_reading = False

    def run(self, first: list[Place], places: Iterator[Place]) -> Iterator[tuple[Place, Outcome | None]]:
        """Yield each place with its outcome, in order; on an interrupt, those done by then."""
        try:
            waiting = self._cut(first, places)
            while self._hand_out(waiting) or self._chunks:
                self._wait()
                yield from self._finished()
        except KeyboardInterrupt:
            self._drain()
            for _, chunk in sorted(self._chunks.items()):
                if not chunk.left:
                    yield from zip(chunk.places, chunk.outcomes, strict=True)
            raise
        finally:
            self._end()

    def _cut(self, first: list[Place], places: Iterator[Place]) -> Iterator[_Chunk]:
        """Yield chunks, small ones first, so that a few large files are distributed too."""
        at = 0
        while True:
            size = min(_LARGEST_CHUNK, 1 + self._made // self._count)
            some = first[at : at + size]
            at += len(some)
            some += islice(places, size - len(some))
            if not some:
                return
            yield _Chunk(some)

    def _hand_out(self, waiting: Iterator[_Chunk]) -> bool:
        """Hand a chunk to every idle worker; return whether there was any."""
        is_given = False
        for slot in range(self._count):
            worker = self._workers.get(slot)
            if worker is None or worker.chunk is None:
                if self._made - self._yielded >= _AHEAD * self._count:
                    break
                chunk = next(waiting, None)
                if chunk is None:
                    break
                self._chunks[self._made] = chunk
                self._made += 1
                self._give(slot, chunk)
                is_given = True
        return is_given

    def _give(self, slot: int, chunk: _Chunk) -> None:
        """Hand a chunk to a worker; if the system cannot start one, do it here."""
        try:
            worker = self._workers.get(slot) or self._start(slot)
        except OSError:
            chunk.fill([self._work(chunk.places[index]) for index in chunk.left])
            return
        self._workers[slot] = worker
        self._send(worker, chunk)

    def _send(self, worker: _Worker, chunk: _Chunk) -> None:
        worker.chunk = chunk
        self._shared[worker.slot + 1] = 0
        try:
            marshal.dump([tuple(chunk.places[index]) for index in chunk.left], worker.outbox)
            worker.outbox.flush()
        except BrokenPipeError:
            self._replace(worker, chunk)

    def _wait(self) -> None:
        for worker, chunk in self._ready(None):
            try:
                self._read(worker, chunk)
            except EOFError:
                self._replace(worker, chunk)

    def _drain(self) -> None:
        """Read what was sent before an interrupt, unless that came in the middle of an answer."""
        for worker, chunk in () if self._is_reading else self._ready(0):
            with suppress(EOFError):
                self._read(worker, chunk)

    def _ready(self, timeout: float | None) -> list[tuple[_Worker, _Chunk]]:
        busy = {worker.inbox.fileno(): (worker, worker.chunk) for worker in self._workers.values() if worker.chunk}
        poller = poll()  # select accepts no descriptor above 1023
        for number in busy:
            poller.register(number, POLLIN)
        return [busy[number] for number, _ in poller.poll(timeout)] if busy else []

    def _read(self, worker: _Worker, chunk: _Chunk) -> None:
        self._is_reading = True
        answers = marshal.load(worker.inbox)  # noqa: S302 -- the other end is this program
        chunk.fill([answer and Outcome(*answer) for answer in answers])
        worker.chunk = None
        self._is_reading = False

    def _replace(self, worker: _Worker, chunk: _Chunk) -> None:
        """Drop the file that a dead worker was at; let a new one do the rest of its chunk."""
        self._is_reading = False
        worker.close()
        code = os.waitstatus_to_exitcode(os.waitpid(worker.pid, 0)[1])
        chunk.give_up(self._shared[worker.slot + 1], f"signal {-code}" if code < 0 else f"exit status {code}")
        del self._workers[worker.slot]
        if chunk.left:
            self._give(worker.slot, chunk)

    def _finished(self) -> Iterator[tuple[Place, Outcome | None]]:
        while self._yielded in self._chunks and not self._chunks[self._yielded].left:
            chunk = self._chunks.pop(self._yielded)
            self._yielded += 1
            yield from zip(chunk.places, chunk.outcomes, strict=True)

    def _start(self, slot: int) -> _Worker:
        sys.stdout.flush()
        sys.stderr.flush()
        pipes: list[int] = []
        try:
            pipes += os.pipe()
            pipes += os.pipe()
            pid = self._fork()
        except OSError:
            for number in pipes:
                os.close(number)
            raise
        commands, outbox, inbox, answers = pipes
        if pid:
            os.close(commands)
            os.close(answers)
            return _Worker(pid, slot, outbox, inbox)
        status = 1
        try:
            # A sibling's pipe left open here would keep that sibling waiting.
            for number in (outbox, inbox):
                os.close(number)
            for worker in self._workers.values():
                os.close(worker.outbox.fileno())
                os.close(worker.inbox.fileno())
            serve(self._work, commands, answers, self._shared, slot + 1)
            status = 0
        except BaseException as error:  # noqa: BLE001 -- nothing may unwind into the parent's program
            sys.excepthook(type(error), error, error.__traceback__)
        finally:
            os._exit(status)

    def _fork(self) -> int:
        """Fork; the child ignores interrupts, since the parent gets them too and ends the work in order."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            return pid
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _end(self) -> None:
        """Stop the workers; one that is fixing a file may finish it, one that waits for input is killed later."""
        self._shared[_STOP] = 1
        for worker in self._workers.values():
            worker.close()
        deadline = monotonic() + _GRACE
        for worker in self._workers.values():
            with suppress(ChildProcessError):  # an interrupt came between its end and its replacement
                while os.waitpid(worker.pid, os.WNOHANG)[0] == 0:
                    if monotonic() > deadline:
                        os.kill(worker.pid, 9)
                    sleep(_PAUSE)


def serve(work: Work, commands: int, answers: int, shared: mmap, position: int) -> None:
    """Run a worker: check the files of a chunk and send the outcomes, until there are no more chunks."""
    with os.fdopen(commands, "rb") as inbox, os.fdopen(answers, "wb", buffering=0) as outbox:
        while True:
            try:
                chunk = marshal.load(inbox)  # noqa: S302 -- the other end is this program
            except EOFError:
                return
            found = []
            for number, place in enumerate(chunk):
                shared[position] = number
                if shared[_STOP]:
                    return
                outcome = work(Place(*place))
                found.append(outcome and tuple(outcome))
            with suppress(BrokenPipeError):  # an interrupt ended the run, and no chunk will follow
                _send_all(outbox.fileno(), marshal.dumps(found))


def _send_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
