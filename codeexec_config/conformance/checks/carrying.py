"""S and F: what goes in with a program, and what comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config.conformance.checks.isolating import host_file
from codeexec_config.conformance.checks.lasting import session
from codeexec_config.conformance.circumstances import Circumstances
from codeexec_config.conformance.kit import expect, told
from codeexec_config.conformance.snippets import ARTIFACT
from codeexec_config.conformance.watching import Growth
from codeexec_config.executor import Capability, ExecutionError, ExecutionResult, RequestError, Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit

_ANY_BYTES = b"\xef\xbb\xbf" + bytes(range(256)) + b"\r\n\nno line end"
"""They begin with a byte order mark, which must be kept too."""
_ANY_TEXT = "first\n\u00e9 \u2603 \U0001f600\nno line end".encode()
_MORE_THAN_A_PIPE_HOLDS = 200_000
_ODD_NAMES = ("two words.txt", "h\u00e9 \u2603.txt", ".hidden", "one/two/three.txt", "[x]*.txt")
_LARGE = 90_000
_ODD_ARTIFACTS = (".result", "h\u00e9.txt")
_FAILING = "out/empty.bin", "out/text.txt", "out/big.bin", "out/[b]ig.bin", "out/*.bin"
_TEXT = b"first\r\nsecond \n"


def stdin(kit: Kit) -> None:
    """S01: standard input arrives exactly, and a program need not read it."""
    data = _ANY_BYTES if kit.declares(Capability.BYTES) else _ANY_TEXT
    for times in (1, 2 * _MORE_THAN_A_PIPE_HOLDS // len(data)):
        request = kit.request(kit.code("stdin"), stdin=times * data, output=4 * _MORE_THAN_A_PIPE_HOLDS)
        result = kit.run(request, Status.COMPLETED)
        expect(result.stdout == times * data, f"not byte for byte: {told(result)}")
    kit.run(kit.request(kit.code("say", text="deaf"), stdin=b"x" * _MORE_THAN_A_PIPE_HOLDS), Status.COMPLETED)
    _inputs_apart(kit)
    _no_input_of_another(kit)
    if kit.declares(Capability.SESSIONS) and kit.has("first_line"):
        with session(kit) as name:
            for _ in range(2):
                _input_in_a_session(kit, name)


def _inputs_apart(kit: Kit) -> None:
    lines = [kit.nonce().encode() for _ in range(kit.most_at_once())]
    code = kit.code("stdin")
    for request, outcome in kit.together([kit.request(code, stdin=line) for line in lines]):
        result = kit.verdict(outcome, Status.COMPLETED, request=request)
        expect(result.stdout == request.stdin, f"beside others, expected its own {request.stdin!r}, got {told(result)}")


def _no_input_of_another(kit: Kit) -> None:
    word, code = kit.nonce().encode(), kit.code("stdin")
    kit.run(kit.request(code, stdin=word))
    expect(word not in _printed(kit, code), "a program without input read the previous one's")


def _printed(kit: Kit, code: str) -> bytes:
    """Return what a program without input prints; other checks require that it gets a verdict."""
    result = kit.outcome(kit.request(code)).result
    return result.stdout if isinstance(result, ExecutionResult) else b""


def _input_in_a_session(kit: Kit, name: str) -> None:
    line = kit.nonce()
    request = kit.request(kit.code("first_line"), session=name, stdin=f"{line}\nanother\n".encode())
    result = kit.run(request)
    expect(line in result.text(), f"its standard input did not arrive in a session: {told(result)}")


def files(kit: Kit) -> None:
    """F01: files arrive exactly; a request that would put one elsewhere cannot be created."""
    for data in (_ANY_TEXT, _LARGE // len(_ANY_TEXT) * _ANY_TEXT):
        request = kit.request(kit.code("file"), files={"data/in.txt": data}, output=2 * _LARGE)
        result = kit.run(request, Status.COMPLETED)
        expect(result.stdout == data, f"{len(data)} bytes are not the same: {told(result)}")
    expect(_ANY_TEXT not in _printed(kit, kit.code("file")), "a file of one program was there for the next")
    expect(_is_refused(kit), "a request with a file outside the working folder could be created")
    if kit.has("show_files"):
        _odd_files(kit)
    if kit.declares(Capability.SESSIONS) and kit.has("show_files"):
        with session(kit) as name:
            _files_in_a_session(kit, name)


def _files_in_a_session(kit: Kit, name: str) -> None:
    """Put a file into a session, which keeps it, and replace it."""
    code = kit.code("show_files", names=repr("data/in.txt"))
    for words in ("did not arrive in a session", "was not replaced in a session"):
        content = kit.nonce()
        result = kit.run(kit.request(code, session=name, files={"data/in.txt": content.encode()}))
        expect(content in result.text(), f"a file {words}: {told(result)}")
        result = kit.run(kit.request(code, session=name))
        expect(content in result.text(), f"a file was not kept for a session's next program: {told(result)}")


def _odd_files(kit: Kit) -> None:
    """Put files with unusual names, and an empty one; a name may be refused."""
    content = {name: kit.nonce().encode() for name in _ODD_NAMES} | {"empty.txt": b""}
    request = kit.request(kit.code("show_files", names=repr("|".join(content))), files=content)
    outcome = kit.outcome(request)
    if isinstance(outcome.error, RequestError):
        return
    result = kit.verdict(outcome, request=request)
    missing = [name for name, data in content.items() if data not in result.stdout or name not in result.text()]
    expect(not missing, f"not as they were given: {', '.join(map(repr, missing))}: {told(result)}")


def _is_refused(kit: Kit) -> bool:
    try:
        kit.request("", files={"../x": b""})
    except ValueError:
        return True
    return False


def artifacts(kit: Kit) -> None:
    """F02: collected files come back exactly; a missing one is omitted; a link leads nowhere."""
    wanted = ["out/result.bin", "out/missing.bin"]
    result = kit.run(kit.request(kit.code("artifact"), collect=wanted), Status.COMPLETED)
    expected = {"out/result.bin": ARTIFACT}
    expect(result.artifacts == expected, f"expected {expected}, got {dict(result.artifacts)}")
    result = kit.run(kit.request(kit.code("say", text="word"), collect=wanted))
    expect(not result.artifacts, "an artifact of one program came back with the next, which had left none")
    canary = kit.nonce().encode()
    with host_file(canary.decode()) as path:
        result = kit.run(kit.request(kit.code("link", path=path), collect=["out/link"]), Status.COMPLETED)
    expect(canary not in b"".join(result.artifacts.values()), "a link led to a file of the host")
    if kit.has("write"):
        _artifacts_of_odd_names(kit)
    if kit.declares(Capability.SESSIONS):
        with session(kit) as name:
            kit.run(kit.request(kit.code("artifact"), session=name), Status.COMPLETED)
            result = kit.run(kit.request(kit.code("say", text="word"), session=name, collect=wanted))
        got = dict(result.artifacts)
        expect(got == expected, f"of what an earlier program of a session wrote, expected {expected}, got {got}")
    if kit.has("artifacts"):
        _artifacts_of_a_failure(kit)


def _artifacts_of_odd_names(kit: Kit) -> None:
    nonce = kit.nonce()
    code = kit.code("write", paths=" ".join(_ODD_ARTIFACTS), nonce=nonce)
    result = kit.shown(kit.request(code, collect=list(_ODD_ARTIFACTS)), "tried")
    missing = [name for name in _ODD_ARTIFACTS if result.artifacts.get(name) != nonce.encode()]
    expect(not missing, f"not collected: {', '.join(map(repr, missing))}")


def _artifacts_of_a_failure(kit: Kit) -> None:
    """Collect what a failed program left: an empty file, one beyond the output limit, names like patterns."""
    size = 2 * kit.sizes.output_limit
    result = kit.run(kit.request(kit.code("artifacts", bytes=size), collect=_FAILING), Status.FAILED)
    expected = {"out/empty.bin": b"", "out/text.txt": _TEXT, "out/big.bin": bytes(size)}
    wrong = [name for name in _FAILING if result.artifacts.get(name) != expected.get(name)]
    sizes = {name: len(data) for name, data in result.artifacts.items()}
    expect(not wrong, f"of a program that failed, {', '.join(wrong)} came back otherwise than it was left: {sizes}")


def linked_folder(kit: Kit) -> None:
    """F03: a folder that is a link leads nowhere either."""
    canary = kit.nonce().encode()
    with host_file(canary.decode()) as path:
        code = kit.code("link_folder", path=path.parent)
        result = kit.shown(kit.request(code, collect=[f"out/{path.name}"]), "tried")
        deeper = kit.run(kit.request(kit.code("link", path=path.parent), collect=[f"out/link/{path.name}"]))
    found = b"".join((*result.artifacts.values(), *deeper.artifacts.values()))
    expect(canary not in found, "a folder that is a link led to a file of the host")


def no_files(kit: Kit) -> None:
    """F04: a collected path that is not a file, such as a pipe, a folder or a device, is omitted."""
    result = kit.shown(kit.request(kit.code("fifo"), collect=["out/fifo", "out/folder", "out/device"]), "tried")
    expect(result.status is not Status.TIMED_OUT, "it was timed out while its artifacts were collected")
    expect("out/fifo" not in result.artifacts, "a pipe came back as a file")
    expect("out/device" not in result.artifacts, "a device came back as a file")


def sparse_artifact(kit: Kit) -> None:
    """F05: a huge artifact that costs the program nothing does not cost the host its memory."""
    request = kit.request(
        kit.code("sparse", bytes=kit.sizes.sparse), collect=["out/sparse.bin"], artifact_bytes=kit.sizes.artifacts
    )
    with Growth() as growth:
        outcome = kit.outcome(request)
    size = 0
    if not isinstance(outcome.error, ExecutionError):
        size = sum(map(len, kit.verdict(outcome, request=request).artifacts.values()))
    most = kit.sizes.host_growth
    expect(size <= most, f"{size} bytes of artifacts came back under a limit of {kit.sizes.artifacts}")
    expect(growth.memory <= most, f"the host process grew by {growth.memory} bytes")
    if kit.has("artifacts"):
        half = kit.sizes.artifacts * 2 // 3
        names = ["out/big.bin", "out/second.bin"]
        request = kit.request(kit.code("artifacts", bytes=half), collect=names, artifact_bytes=kit.sizes.artifacts)
        outcome = kit.outcome(request)
        if not isinstance(outcome.error, ExecutionError):
            size = sum(map(len, kit.verdict(outcome, request=request).artifacts.values()))
        expect(size <= kit.sizes.artifacts, f"{size} bytes of two came back under a limit of {kit.sizes.artifacts}")


def binary_file(kit: Kit) -> None:
    """F06: a binary file arrives exactly."""
    result = kit.run(kit.request(kit.code("file_hex"), files={"data/in.bin": _ANY_BYTES}), Status.COMPLETED)
    expect(result.stdout.strip() == _ANY_BYTES.hex().encode(), f"not byte for byte: {told(result)}")


def input_ends(kit: Kit) -> None:
    """S02: a program that reads its input without having any comes to its end."""
    report = kit.elsewhere(kit.request(kit.code("stdin")), Circumstances())
    kit.reported(kit.request(""), report, Status.COMPLETED)


def hosts_input(kit: Kit) -> None:
    """S03: a program does not get the host's own standard input."""
    nonce = kit.nonce()
    report = kit.elsewhere(kit.request(kit.code("stdin")), Circumstances(stdin=nonce.encode()))
    got = report.result.stdout if isinstance(report.result, ExecutionResult) else b""
    expect(nonce.encode() not in got, "the program read the standard input of the host")
