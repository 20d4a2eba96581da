"""The Python side of the page: one program, its error as data, its pictures."""

from __future__ import annotations

import ast
import asyncio
import inspect
import io
import json
import linecache
import sys
import traceback
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = "program.py"
TEXT_LIMIT = 64 * 1024

_send_picture: Callable[[bytes, str], None] | None = None


async def run(code: str, send_picture: Callable[[bytes, str], None]) -> str:
    """Run a program as `__main__`, and return how it ended as JSON."""
    global _send_picture  # noqa: PLW0603 -- the backend of matplotlib is a module, and has nothing else to hold it
    _send_picture = send_picture
    error = None
    try:
        await _execute(code)
        show_pictures()
    except SystemExit as ending:
        error = _describe_exit(ending)
    except BaseException as caught:  # noqa: BLE001 -- whatever ends the program is its own error
        error = _describe(caught)
    sys.stdout.flush()
    sys.stderr.flush()
    return json.dumps({"status": "failed" if error else "completed", "error": error})


async def _execute(code: str) -> None:
    linecache.cache[PROGRAM] = (len(code), None, code.splitlines(keepends=True), PROGRAM)
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    compiled = compile(code, PROGRAM, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    pending = eval(compiled, main.__dict__)  # noqa: S307 -- to run programs is what this is for
    if inspect.isawaitable(pending):
        await pending
    await _finish_tasks()


async def _finish_tasks() -> None:
    """Wait for what the program has scheduled but not awaited: in a browser, the event loop is always running."""
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.gather(*tasks)


def show_pictures() -> None:
    """Send matplotlib's open figures to the page, and close them."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or _send_picture is None:
        return
    for number in pyplot.get_fignums():
        figure = pyplot.figure(number)
        image = io.BytesIO()
        figure.savefig(image, format="png")
        _send_picture(image.getvalue(), _title(figure) or f"Figure {number}")
    pyplot.close("all")


def _title(figure: Any) -> str:
    titles = [figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)]
    return ", ".join(filter(None, titles))


def _describe_exit(ending: SystemExit) -> dict[str, Any] | None:
    if ending.code is None or ending.code == 0:
        return None
    if not isinstance(ending.code, int):
        print(ending.code, file=sys.stderr)  # noqa: T201 -- as the interpreter does
    code = ending.code if isinstance(ending.code, int) else 1
    return {"type": "SystemExit", "message": f"exit code {code}", "line": _line(ending), "traceback": ""}


def _describe(error: BaseException) -> dict[str, Any]:
    lines = traceback.format_exception(type(error), error, _program_frames(error))
    return {
        "type": type(error).__name__,
        "message": str(error)[:TEXT_LIMIT],
        "line": _line(error),
        "traceback": "".join(lines)[:TEXT_LIMIT],
    }


def _program_frames(error: BaseException) -> types.TracebackType | None:
    """Return the traceback from the program's first frame on, without this module's above it."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename != PROGRAM:
        frames = frames.tb_next
    return frames


def _line(error: BaseException) -> int | None:
    """Return the line of the program at which the error came up, or that cannot be parsed."""
    if isinstance(error, SyntaxError) and error.filename == PROGRAM:
        return error.lineno
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == PROGRAM]
    return lines[-1] if lines else None
