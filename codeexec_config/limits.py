"""Facts from outside: the section's name, the limits of engines, known names.

The facts on a single key are on its field in `model`.
"""

from __future__ import annotations

from typing import Final

SECTION: Final = "features.code_execution"
SWITCH: Final = "enabled"
"""The key that is resolved first: if it is false, nothing else is looked up."""

MEBIBYTE: Final = 1_048_576
"""Bytes in one unit of `max_memory_mb`, as in the `m` of Docker's `--memory`."""

DOCKER_MEMORY_FLOOR_MB: Final = 6
"""The least that a Docker engine accepts for `--memory` (its own check refuses less than 6m)."""

WASM_MEMORY_CEILING_MB: Final = 4096
"""What a wasm module can address: 65 536 pages of 64 KiB, a 32-bit address space."""

WASM_LANGUAGES: Final = ("python", "javascript")
"""The languages that the browser runs: Pyodide for Python, QuickJS for JavaScript."""

LANGUAGES: Final = {
    "python": "Python",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "bash": "Bash, and what a POSIX shell runs",
    "ruby": "Ruby",
    "r": "R",
    "julia": "Julia",
    "sql": "SQL, in the executor's dialect",
    "go": "Go",
    "rust": "Rust",
    "java": "Java",
    "kotlin": "Kotlin",
    "scala": "Scala",
    "c": "C",
    "cpp": "C++",
    "csharp": "C#",
    "fsharp": "F#",
    "swift": "Swift",
    "dart": "Dart",
    "php": "PHP",
    "lua": "Lua",
    "perl": "Perl",
    "powershell": "PowerShell",
    "haskell": "Haskell",
    "ocaml": "OCaml",
    "elixir": "Elixir",
    "erlang": "Erlang",
    "clojure": "Clojure",
    "lisp": "Common Lisp",
    "scheme": "Scheme",
    "racket": "Racket",
    "prolog": "Prolog",
    "fortran": "Fortran",
    "octave": "GNU Octave, and most of what MATLAB runs",
    "nim": "Nim",
    "zig": "Zig",
    "d": "D",
    "pascal": "Pascal",
    "cobol": "COBOL",
    "groovy": "Groovy",
    "deno": "JavaScript and TypeScript under Deno",
}
"""Each known language, with its usual name."""

KNOWN_LANGUAGES: Final = tuple(LANGUAGES)
LANGUAGE_ALIASES: Final = {
    "py": "python",
    "python3": "python",
    "js": "javascript",
    "node": "javascript",
    "nodejs": "javascript",
    "ts": "typescript",
    "sh": "bash",
    "shell": "bash",
    "golang": "go",
    "rs": "rust",
    "rb": "ruby",
    "jl": "julia",
    "c++": "cpp",
    "c#": "csharp",
    "f#": "fsharp",
}
LANGUAGE_PATTERN: Final = "[a-z][a-z0-9_+#.-]*"
LANGUAGE_LENGTH: Final = 64

VARIABLE_PATTERN: Final = "[A-Za-z_][A-Za-z0-9_]*"
VARIABLE_LENGTH: Final = 64
PASTED_LENGTH: Final = 20
"""From this length on, a name that mixes capitals, small letters and digits is taken for a pasted key."""


def is_variable(text: str) -> bool:
    """Check whether a text is the name of a variable."""
    return len(text) <= VARIABLE_LENGTH and text.isascii() and text.isidentifier()


LABEL_LENGTH: Final = 63
"""The characters of one part of a host's name (RFC 1035, 2.3.4)."""
MAX_PORT: Final = 65_535


def is_port(digits: str) -> bool:
    """Check whether digits are the number of a port, perhaps with leading zeros."""
    significant = digits.lstrip("0")
    return 0 < len(significant) <= len(str(MAX_PORT)) and int(significant) <= MAX_PORT


MAX_FILE_BYTES: Final = 16 * MEBIBYTE
MAX_DEPTH: Final = 80
"""Arrays and inline tables inside one another: the recursion limit of the original gateway's parser."""
MAX_KEY_PARTS: Final = 80
MAX_INTEGER_DIGITS: Final = 4300
"""The most digits that CPython converts by default (`sys.int_info.default_max_str_digits`)."""

SCHEMA_KINDS: Final = ("document", "section")
SCHEMA_DRAFTS: Final = ("7", "2020-12")
