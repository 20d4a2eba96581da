"""R, E, F and M: a caller's mistakes, and what is unusual but not a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config.conformance.kit import cannot_tell, expect, told
from codeexec_config.executor import ExecutionResult, RequestError, Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit
    from codeexec_config.executor import ExecutionRequest

_HALF_AN_EMOJI = "\ud83d"
_LONG = 200_000
_HOME = "/kit-home"
_ODD = {
    "KIT_EMPTY": "",
    "kit_lower": "x",
    "KIT_UNICODE": "h\u00e9 \u2603 \U0001f600",
    "KIT_BLANK": " two  words ",
}
_USUAL = {
    "python": ("main.py", "program.py", "script.py", "code.py", "solution.py", "program", "code"),
    "javascript": ("main.js", "index.js", "program.js", "script.js", "solution.js", "program", "code"),
    "bash": ("main.sh", "script.sh", "program.sh", "run.sh", "program", "code"),
}
_LIBRARIES = {"python": ("json.py", "base64.py", "tempfile.py", "subprocess.py", "traceback.py", "pickle.py", "ast.py")}
_BOTH = ("stdin", "stdout", "stderr", "input.txt", "output.txt")


def _refused_or_run(kit: Kit, request: ExecutionRequest) -> ExecutionResult | None:
    """Return the verdict, or None if the request was refused as the caller's mistake."""
    outcome = kit.outcome(request)
    if isinstance(outcome.error, RequestError):
        return None
    told_why = told(outcome.error or outcome.result, request)
    expect(isinstance(outcome.result, ExecutionResult), f"expected a RequestError or a verdict, got {told_why}")
    result: ExecutionResult = outcome.result
    return result


def half_a_character(kit: Kit) -> None:
    """R13: source that cannot be encoded, or cannot be in an argument, is refused, or gets a verdict."""
    for odd in (_HALF_AN_EMOJI, "\0"):
        _refused_or_run(kit, kit.request(f"{kit.code('comment')} {odd}\n{kit.code('say', text='word')}"))
    kit.hello_works()


def half_a_variable(kit: Kit) -> None:
    """E04: a variable that cannot be encoded is refused, or gets a verdict."""
    _refused_or_run(kit, kit.request(kit.code("say", text="word"), env={"KIT_HALF": _HALF_AN_EMOJI}))


def odd_variables(kit: Kit) -> None:
    """E02: no variable is dropped: empty, in lower case, with spaces, not ASCII, or one that sandboxes set."""
    code = kit.code("show_variables", names=" ".join(_ODD))
    result = kit.run(kit.request(code, env=_ODD), Status.COMPLETED)
    missing = [name for name, value in _ODD.items() if f"{name}=[{value}]" not in result.text()]
    expect(not missing, f"not as they were given: {', '.join(missing)}: {told(result)}")
    home = _refused_or_run(kit, kit.request(kit.code("show_variables", names="HOME"), env={"HOME": _HOME}))
    kept = home is None or f"HOME=[{_HOME}]" in home.text()
    expect(kept, f"HOME was neither as given nor refused: {told(home)}")


def long_variable(kit: Kit) -> None:
    """E03: a variable of 200 kB arrives, or is refused as the caller's mistake."""
    code = kit.code("show_variables", names="KIT_LONG")
    result = _refused_or_run(kit, kit.request(code, env={"KIT_LONG": "v" * _LONG}, output=2 * _LONG))
    arrived = result is None or result.stdout.count(b"v") >= _LONG
    expect(arrived, f"it neither arrived nor was refused: {told(result)}")


def conflicting_paths(kit: Kit) -> None:
    """F07: a file below a file is the caller's mistake."""
    result = _refused_or_run(kit, kit.request(kit.code("say", text="word"), files={"a": b"", "a/b": b""}))
    expect(result is None, f"expected a RequestError, got {told(result)}")


def long_name(kit: Kit) -> None:
    """F08: a name of 300 characters is the caller's mistake, or works."""
    _refused_or_run(kit, kit.request(kit.code("say", text="word"), files={"n" * 300: b"x"}))


def small_memory(kit: Kit) -> None:
    """M06: a memory limit under which nothing can run is the caller's mistake, or the program's end."""
    _refused_or_run(kit, kit.request(kit.code("say", text="word"), memory=1 << 20))
    kit.hello_works()


def users_files(kit: Kit) -> None:
    """F09: no file of the user is overwritten, whatever its name."""
    first = kit.shown(kit.request(kit.code("source_name")), "tried").text().split("\n")
    names = {name.strip() for name in first} | {*_USUAL.get(kit.language, ()), *_BOTH}
    usable = sorted(name for name in names if name not in ("", ".", "..", "-c", "tried") and name.isprintable())
    content = {name: f"{kit.code('comment')} {kit.nonce()}".encode() for name in usable if "/" not in name}
    code = kit.code("show_files", names=repr("|".join(content)))
    request = kit.request(code, files=content)
    outcome = kit.outcome(request)
    if isinstance(outcome.error, RequestError):
        return
    result = kit.verdict(outcome, request=request)
    is_silent = result.status is Status.FAILED and not result.stdout
    if is_silent and not any(name in result.text("stderr") for name in content):
        cannot_tell(f"the program did not get that far: {told(result)}")
    changed = [name for name, data in content.items() if data not in result.stdout]
    expect(not changed, f"not as they were given: {', '.join(changed)}")
    modules = dict.fromkeys(_LIBRARIES.get(kit.language, ()), kit.code("syntax_error").encode())
    nonce = kit.nonce()
    result = kit.run(kit.request(kit.code("say", text=nonce), files=modules))
    expect(nonce in result.text(), f"files named like libraries that it does not load broke it: {told(result)}")
