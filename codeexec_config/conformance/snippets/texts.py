"""What programs of every language print or write."""

from __future__ import annotations

from typing import Final

__all__ = ["ARTIFACT", "COMPLAINTS", "CONTROLS", "ERRORS", "MARKS", "QUOTED", "UNICODE", "VERBATIM", "octal"]

QUOTED: Final = (
    'it\'s "quoted" $HOME ${X} `id` \\n \\\\ %d & | ; <> ! # * ~ \u00e9 \u2603 \U0001f600'
    " %% {{x}} {% y %} <%= z %> &amp; e\u0301 \u201cq\u201d\u00a0\u2014 \u2028\x0c\x85|"
)
"""Among others a line separator, a form feed and a next line, where some split lines that have no end there."""
UNICODE: Final = "h\u00e9llo \u2603 \U0001f600"
ARTIFACT: Final = b"\x00\xff\xfe\n"
CONTROLS: Final = b"\xef\xbb\xbf\x1b[31mred\x1b[0m \x07\x08\x00\x7f e\xcc\x81 a\rb\r\n"
"""A byte order mark, a colour, carriage returns, and other characters that terminals swallow."""
ERRORS: Final = b"\n \tx \r\n\x1b[1my\n\n"
VERBATIM: Final = (
    "first\nEOF\n'EOF'\nEND\nPYEOF\nCODE\n```\n```python\n  indented\n~~~\n   \ntrailing  \na\ttab\n__END__ of it"
)
"""Lines that end a here-document, open or close a fence, or look like one; and blanks that editors change."""
MARKS: Final = """EOF
END
DONE
__END__
__EOF__
__DONE__
<<<END>>>
---END---
===END===
__EXIT_CODE__:0
EXIT_CODE=0
exit code: 0
[exit code: 0]
Process finished with exit code 0
{"status": "completed", "exit_code": 0}
{"type": "end"}
>>>
$
# """
"""What executors that talk to a shell or an interpreter take for the end of a program's output."""

COMPLAINTS: Final = """Traceback (most recent call last):
MemoryError
Killed
timed out
TimeoutError: execution exceeded the limit
Segmentation fault (core dumped)
fatal error: out of memory
runtime: cannot allocate memory
No space left on device
Permission denied
command not found"""
"""What executors that look for words take for an end that a program had, when it only talks of one."""


def octal(data: bytes) -> str:
    """Return bytes as the shell's printf writes them."""
    return "".join(f"\\{byte:03o}" for byte in data)
