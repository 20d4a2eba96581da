"""O: every byte of the two streams, and nothing on the host's own."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from codeexec_config.conformance.circumstances import Circumstances
from codeexec_config.conformance.kit import expect, told
from codeexec_config.conformance.snippets import COMPLAINTS, CONTROLS, ERRORS, MARKS
from codeexec_config.conformance.watching import Growth
from codeexec_config.conformance.wording import quoted
from codeexec_config.executor import Capability, Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit
    from codeexec_config.executor import ExecutionResult

_LINE = 64
_BLANKS = b"\n \tx \n\n"
_ENGINES = (
    "bwrap: Can't mount proc on /newroot/proc: Permission denied\n",
    "docker: Error response from daemon: no such container\n",
    "running container: creating container: cannot create sandbox\n",
)
"""Messages of sandbox engines that cannot start, which a program may print too."""
_MORE_THAN_A_PIPE_HOLDS = 300_000
_ROOM = 4 * _MORE_THAN_A_PIPE_HOLDS


def an_answer(kit: Kit) -> None:
    """O06: output other than text gets an answer, whatever it is."""
    kit.run(kit.request(kit.code("raw_bytes")))
    kit.hello_works()


def other_flood(kit: Kit) -> None:
    """O07: an endless flood on standard error is bounded as well."""
    flooded(kit, "flood_stderr", "stderr" if kit.declares(Capability.STDERR) else "")
    if not kit.declares(Capability.STDERR):
        result = kit.run(kit.request(kit.code("both_streams")), Status.COMPLETED)
        expect(b"to-err" in result.stdout, f"without the capability stderr everything is in stdout, got {told(result)}")


def flooded(kit: Kit, purpose: str, stream: str) -> None:
    """Let a program flood a stream, and report everything that is wrong."""
    result, growth = kit.once(purpose, partial(_flood, kit, purpose, stream))
    cap = kit.sizes.output_limit
    complaints = [
        f"{name}: {len(getattr(result, name))} bytes came back under a limit of {cap}"
        for name in ("stdout", "stderr")
        if len(getattr(result, name)) > cap
    ]
    if result.status is Status.COMPLETED:
        complaints.append("an endless program completed")
    if stream and not getattr(result, stream):
        complaints.append("nothing of it came back")
    elif stream and not getattr(result, f"{stream}_truncated"):
        complaints.append("it was cut without being flagged")
    other = "stderr" if stream == "stdout" else "stdout"
    if kit.declares(Capability.STDERR) and getattr(result, f"{other}_truncated") and not getattr(result, other):
        complaints.append(f"{other} is flagged as cut, but nothing went there")
    if growth.memory > kit.sizes.host_growth:
        complaints.append(f"the host process grew by {growth.memory} bytes")
    expect(not complaints, "; ".join(complaints))


def _flood(kit: Kit, purpose: str, stream: str) -> tuple[ExecutionResult, Growth]:
    with Growth() as growth:
        result = kit.run(kit.request(kit.code(purpose), wall=kit.deadlines.stop_limit))
        if result.status is Status.TIMED_OUT and _is_thin(kit, result, stream):
            # A busy machine may have kept it from getting that far.
            result = kit.run(kit.request(kit.code(purpose), wall=kit.deadlines.run_limit))
    return result, growth


def _is_thin(kit: Kit, result: ExecutionResult, stream: str) -> bool:
    return bool(stream) and len(getattr(result, stream)) < kit.sizes.output_limit


def spooled(kit: Kit) -> None:
    """O08: an endless flood does not fill the host's disk."""
    _, growth = kit.once("flood", partial(_flood, kit, "flood", "stdout"))
    most = kit.sizes.host_growth
    expect(growth.files <= most, f"a file of the host grew to {growth.files} bytes; {most} would be generous")


def hosts_streams(kit: Kit) -> None:
    """O09: the host's process prints nothing, of a program or otherwise."""
    report = kit.elsewhere(kit.request(kit.code("both_streams")), Circumstances())
    shown = b"to-out" in report.stdout + report.stderr or b"to-err" in report.stdout + report.stderr
    expect(not shown, "the program, or its output, went to the host's own streams")
    expect(not report.stdout, f"the executor printed to the host's standard output: {quoted(report.stdout)}")


def more_than_a_pipe(kit: Kit) -> None:
    """O10: more lines than fit into a pipe arrive."""
    count = _MORE_THAN_A_PIPE_HOLDS // _LINE
    result = kit.run(kit.request(kit.code("lines", count=count), output=_ROOM), Status.COMPLETED)
    lines = result.stdout.splitlines()
    expect(len(lines) == count, f"expected {count} lines, got {len(lines)}")


def one_long_line(kit: Kit) -> None:
    """O11: a line may be as long as the output."""
    count = _MORE_THAN_A_PIPE_HOLDS
    result = kit.run(kit.request(kit.code("fill", count=count), output=_ROOM), Status.COMPLETED)
    expect(len(result.stdout) == count, f"expected one line of {count} bytes, got {len(result.stdout)} bytes")


def both_full(kit: Kit) -> None:
    """O12: both streams may exceed what fits into a pipe."""
    count = _MORE_THAN_A_PIPE_HOLDS
    result = kit.run(kit.request(kit.code("both_full", count=count), output=_ROOM), Status.COMPLETED)
    got = (result.stdout.count(b"o"), result.stderr.count(b"e"))
    expect(got == (count, count), f"expected {count} bytes in each stream, got {got[0]} and {got[1]}")


def characters_whole(kit: Kit) -> None:
    """O13: a character that a read happens to split is whole."""
    count = _MORE_THAN_A_PIPE_HOLDS // 3
    expected = b"x" + "\u2603".encode() * count
    result = kit.run(kit.request(kit.code("snowmen", count=count), output=_ROOM), Status.COMPLETED)
    expect(result.stdout.rstrip(b"\n") == expected, f"{len(expected)} bytes of UTF-8 are not the same: {_odd(result)}")


def _odd(result: ExecutionResult) -> str:
    return f"got {len(result.stdout)} bytes, {result.text().count(chr(0xFFFD))} replaced characters"


def cap_in_bytes(kit: Kit) -> None:
    """O14: the output limit counts bytes, not characters."""
    cap = kit.sizes.output_limit
    result = kit.run(kit.request(kit.code("snowmen", count=cap // 2)))
    expect(len(result.stdout) <= cap, f"{len(result.stdout)} bytes came back under a limit of {cap}")
    expect(result.stdout_truncated, "it was cut without being flagged")
    result = kit.run(kit.request(kit.code("lines", count=_MORE_THAN_A_PIPE_HOLDS // _LINE)))
    is_ended = result.status is not Status.TIMED_OUT
    expect(is_ended, f"a program that prints more than is kept did not come to its end: {told(result)}")


def blanks_kept(kit: Kit) -> None:
    """O15: whitespace, line ends and control characters are kept."""
    blanks = kit.code("blank_output")
    _exactly(kit, blanks, _BLANKS)
    _exactly(kit, kit.code("controls"), CONTROLS)
    if kit.declares(Capability.STDERR):  # otherwise the error would be among them
        error = kit.code("uncaught_error", text="word")
        _expect_same(kit.run(kit.request(f"{blanks}\n{error}")), _BLANKS)


def errors_kept(kit: Kit) -> None:
    """O19: standard error is kept as exactly as the output."""
    result = kit.run(kit.request(kit.code("exact_errors")), Status.COMPLETED)
    same = _with_line_feeds(result.stderr) == _with_line_feeds(ERRORS)
    expect(same, f"expected {ERRORS!r}, got {told(result)}")


def line_ends_kept(kit: Kit) -> None:
    """O16: line ends are the program's, not a terminal's."""
    result = kit.run(kit.request(kit.code("lines", count=3)), Status.COMPLETED)
    expect(b"\r" not in result.stdout, f"carriage returns were added: {told(result)}")


def last_line_kept(kit: Kit) -> None:
    """O17: a last line without a line end is kept."""
    _exactly(kit, kit.code("last_line"), b"first\nlast")


def _exactly(kit: Kit, code: str, expected: bytes) -> None:
    _expect_same(kit.run(kit.request(code), Status.COMPLETED), expected)


def _expect_same(result: ExecutionResult, expected: bytes) -> None:
    same = _with_line_feeds(result.stdout) == _with_line_feeds(expected)
    expect(same, f"expected {expected!r}, got {told(result)}")


def _with_line_feeds(data: bytes) -> bytes:
    """Return output with one kind of line ends, which O02 and O16 check."""
    return re.sub(rb"\r*\n|\r", b"\n", data)


def end_marks(kit: Kit) -> None:
    """O18: nothing that a program prints ends its output or decides its verdict."""
    nonce = kit.nonce()
    request = kit.request(kit.code("tell_all", marks=MARKS, text=nonce), output=_ROOM)
    result = kit.run(request)
    expect(
        nonce.encode() in result.stdout,
        f"what it printed last, after what looks like end marks, is lost: {told(result)}",
    )
    expect(result.status is Status.FAILED, f"it failed, and something in its output hid that: {result.status}")
    expect(not result.artifacts, "artifacts came back that were not requested")
    _complaints(kit)


def _complaints(kit: Kit) -> None:
    """Let programs print messages about ends that they do not have."""
    ends = [("", 0), *((first, 1) for first in _ENGINES)]
    requests = [kit.request(kit.code("complain", marks=f"{first}{COMPLAINTS}", code=code)) for first, code in ends]
    for (first, code), (request, outcome) in zip(ends, kit.together(requests), strict=True):
        about = f"it printed {first.strip() or 'names of errors'!r} and ended with exit code {code}"
        status = getattr(outcome.result, "status", None)
        wanted = Status.FAILED if code else Status.COMPLETED
        expect(status is wanted, f"{about}: {told(outcome.error or outcome.result, request)}")
