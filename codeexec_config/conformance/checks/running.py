"""R: how programs end, and how their source arrives."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from codeexec_config.conformance.circumstances import Circumstances
from codeexec_config.conformance.kit import Failed, NotApplicable, cannot_tell, expect, told
from codeexec_config.conformance.snippets import QUOTED, VERBATIM
from codeexec_config.executor import Capability, RequestError, RequestTooLarge, Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit
    from codeexec_config.executor import ExecutionResult

_OWN_CODES = (1, 2, 125, 126, 127, 130, 139, 143, 255)
"""Exit codes with a meaning for shells, engines or ssh, such as 128 plus the number of a signal."""
_SIGABRT, _SIGKILL, _SIGTERM = 6, 9, 15
_CLOSED_SECS = 1.0
_NAP_SECS = 1.0
_NO_FILES = (b"cannot 13", b"cannot 28", b"cannot 30", b"EACCES", b"ENOSPC", b"EROFS")
"""The output of a program that may not write where it is, or has no room there."""


def hello(kit: Kit) -> None:
    """R01: a program that prints completes, and its exit code is 0 or unknown."""
    nonce = kit.nonce()
    result = kit.run(kit.request(kit.code("say", text=nonce)), Status.COMPLETED)
    expect(result.stdout.strip() == nonce.encode(), f"expected {nonce!r} alone, got {told(result)}")


def empty_code(kit: Kit) -> None:
    """R02: an empty program gets a verdict."""
    kit.run(kit.request(""), Status.COMPLETED, Status.FAILED)


def syntax_error(kit: Kit) -> None:
    """R03: text that is not a program is a failure."""
    kit.run(kit.request(kit.code("syntax_error")), Status.FAILED)


def uncaught_error(kit: Kit) -> None:
    """R04: a program that ends with an error failed, and the error's text is reported."""
    _fails_with_a_text(kit, "uncaught_error")
    with suppress(NotApplicable):
        _fails_with_a_text(kit, "exit_text")


def _fails_with_a_text(kit: Kit, purpose: str) -> None:
    nonce = kit.nonce()
    result = kit.run(kit.request(kit.code(purpose, text=nonce)), Status.FAILED)
    expect(nonce in _said(result), f"the error's text is nowhere: {told(result)}")


def _said(result: ExecutionResult) -> str:
    error = result.error
    return result.text() + result.text("stderr") + (f"{error.message}\n{error.traceback}" if error else "")


def exit_code(kit: Kit, code: int) -> None:
    """R05-R07: a program's own exit code is its own, whatever shells and engines mean by the number."""
    result = kit.run(kit.request(kit.code("exit", code=code)), Status.FAILED)
    expect(result.exit_code == code, f"expected exit code {code}, got {told(result)}")


def own_signal(kit: Kit) -> None:
    """R08: a program that kills itself was killed or failed, with the right signal if any."""
    _ended_by_itself(kit, "kill_itself", _SIGKILL, _SIGABRT)
    for purpose, number in (("abort_itself", _SIGABRT), ("terminate_itself", _SIGTERM)):
        if kit.has(purpose):
            _ended_by_itself(kit, purpose, number)


def _ended_by_itself(kit: Kit, purpose: str, *signals: int) -> None:
    result = kit.run(kit.request(kit.code(purpose)), Status.KILLED, Status.FAILED)
    expect(b"survived" not in result.stdout, "it survived its own signal: is it process 1?")
    expect(result.signal in {None, *signals}, f"it sent itself signal {signals[0]}, but the result has {result.signal}")


def long_source(kit: Kit) -> None:
    """R09: a long program runs to its last line, or is refused as too large."""
    nonce = kit.nonce()
    line = kit.code("comment") + "x" * 98 + "\n"
    request = kit.request(line * (kit.sizes.source // len(line) + 1) + kit.code("say", text=nonce))
    outcome = kit.outcome(request)
    if isinstance(outcome.error, RequestTooLarge):
        return
    result = kit.verdict(outcome, Status.COMPLETED)
    expect(nonce.encode() in result.stdout, f"its last line did not run: {told(result)}")


def quoting(kit: Kit) -> None:
    """R10: quotes, dollars, backticks, backslashes and Unicode in the source arrive as they are."""
    result = kit.run(kit.request(kit.code("quoting")), Status.COMPLETED)
    expect(result.stdout.rstrip(b"\r\n") == QUOTED.encode(), f"not byte for byte: {told(result)}")


def verbatim(kit: Kit) -> None:
    """R11: lines that end a here-document or a fence, and a first word that names the language, are source."""
    result = kit.run(kit.request(kit.code("verbatim")), Status.COMPLETED)
    expect(result.stdout.strip() == VERBATIM.encode(), f"not as it was written: {told(result)}")


def blanks_around(kit: Kit) -> None:
    """R12: blank lines before a program are kept."""
    if kit.declares(Capability.SESSIONS):
        raise NotApplicable("notebooks drop them by design")
    code = kit.code("line_number")
    numbers = [_line_number(kit, "\n" * blanks + code) for blanks in (0, 3)]
    expect(numbers[1] - numbers[0] == 3, f"3 blank lines moved the program by {numbers[1] - numbers[0]} lines")  # noqa: PLR2004


def _line_number(kit: Kit, code: str) -> int:
    return int(kit.shown(kit.request(code), "line").stdout.split()[1])


def any_end(kit: Kit) -> None:
    """R19: an interpreter that dies gets an answer."""
    kit.run(kit.request(kit.code("kill_itself")))
    kit.hello_works()


def semaphore(kit: Kit) -> None:
    """R16: shared objects of processes, as `multiprocessing` uses them, work."""
    result = kit.run(kit.request(kit.code("semaphore")))
    expect(b"works" in result.stdout, f"its locks need a writable /dev/shm: {told(result)}")


def big_file(kit: Kit) -> None:
    """R17: a file may be larger than the output limit."""
    size = 8 * kit.sizes.output_limit
    result = kit.run(kit.request(kit.code("big_file", bytes=size)))
    if any(reason in result.stdout for reason in _NO_FILES):
        cannot_tell("the program may not write files")
    expect(f"size {size}".encode() in result.stdout, f"a file of {size} bytes was not written: {told(result)}")


def named_source(kit: Kit) -> None:
    """R18: neither a first line nor the request's name decides where the source goes."""
    comment = kit.code("comment")
    with tempfile.TemporaryDirectory(prefix="codeexec-kit-") as folder:
        targets = [f"{folder}/one", f"{'../' * 12}{folder.lstrip('/')}/two"]
        for target in targets:
            for key in ("filename:", "file:"):
                code = f"{comment} {key} {target}\n{kit.code('say', text='word')}"
                outcome = kit.outcome(kit.request(code))
                if not isinstance(outcome.error, RequestError):
                    kit.verdict(outcome, Status.COMPLETED, request=kit.request(code))
        named = sorted(path.name for path in Path(folder).iterdir())
        request = kit.request(kit.code("say", text="word"), request_id=f"{targets[1]}/id")
        outcome = kit.outcome(request)
        if not isinstance(outcome.error, RequestError):
            kit.verdict(outcome, Status.COMPLETED, request=request)
        written = sorted(path.name for path in Path(folder).iterdir())
    expect(not named, "the source was written where its first line said")
    expect(not written, "something was written where the request's name led")


def every_exit_code(kit: Kit) -> None:
    """R20: exit codes with a meaning for engines are the program's if it ends with one."""
    requests = [kit.request(kit.code("exit", code=code)) for code in _OWN_CODES]
    wrong = []
    for code, (request, outcome) in zip(_OWN_CODES, kit.together(requests), strict=True):
        end = getattr(outcome.result, "status", None), getattr(outcome.result, "exit_code", None)
        if end != (Status.FAILED, code):
            wrong.append(f"exit code {code}: {told(outcome.error or outcome.result, request)}")
    expect(not wrong, f"not reported as the program's own: {'; '.join(wrong)}")


def runs_again(kit: Kit) -> None:
    """R21: a repeated program is run again; a cached answer does not count."""
    request = kit.request(kit.code("unlike"))
    first, second = (kit.run(request, Status.COMPLETED).stdout for _ in range(2))
    if first == second and not _takes_its_time_again(kit):
        raise Failed(f"an identical request got the same answer again: {second!r}")
    words = [kit.nonce(), kit.nonce()]
    requests = [kit.request(kit.code("say", text=word), request_id=words[0]) for word in words]
    answers = [kit.run(each, Status.COMPLETED).stdout for each in requests]
    expect(words[1].encode() in answers[1], "a request with the name of another one got that one's answer")


def _takes_its_time_again(kit: Kit) -> bool:
    """Check whether a program that sleeps does so each time; with clocks and randomness fixed, nothing else differs."""
    request = kit.request(kit.code("nap", secs=_NAP_SECS))
    return all(kit.outcome(request).secs > 0.9 * _NAP_SECS for _ in range(2))


def closed_output(kit: Kit) -> None:
    """R22: a program that closes its output runs on to its own end."""
    request = kit.request(kit.code("close_output", secs=_CLOSED_SECS))
    result = kit.reported(request, kit.elsewhere(request, Circumstances()))
    expect(result.status is Status.FAILED, f"it failed 1 s after it had closed its output: {told(result)}")
