"""What programs of every language print or write."""

from __future__ import annotations

from typing import Final

__all__ = ["ARTIFACT", "MARKS", "QUOTED", "UNICODE", "VERBATIM"]

QUOTED: Final = 'it\'s "quoted" $HOME ${X} `id` \\n \\\\ %d & | ; <> ! # * ~ \u00e9 \u2603 \U0001f600'
UNICODE: Final = "h\u00e9llo \u2603 \U0001f600"
ARTIFACT: Final = b"\x00\xff\xfe\n"
VERBATIM: Final = "first\nEOF\n'EOF'\nEND\nPYEOF\nCODE\n```\n```python\n  indented\n~~~\n__END__ of it"
"""Lines that end a here-document, open or close a fence, or look like one."""
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
