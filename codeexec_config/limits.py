"""The table: bounds, defaults, known names, and a line of text for each.

Validator, JSON Schema, `explain` and the README read these literals; none of them has numbers of its own.
"""

from __future__ import annotations

from typing import Final, NamedTuple

SECTION: Final = "features.code_execution"


class Bounds(NamedTuple):
    """The inclusive range of an integer key, its unit, and why it ends where it does."""

    minimum: int
    maximum: int
    unit: str
    floor_reason: str
    ceiling_reason: str


TIMEOUT_SECS: Final = Bounds(
    minimum=1,
    maximum=86_400,
    unit="seconds",
    floor_reason="a program needs some time to run",
    ceiling_reason="a run is bounded to one day",
)
MAX_MEMORY_MB: Final = Bounds(
    minimum=1,
    maximum=1_048_576,
    unit="MiB",
    floor_reason="a program needs some memory to run",
    ceiling_reason="a run is bounded to one TiB",
)
BOUNDS: Final = {"timeout_secs": TIMEOUT_SECS, "max_memory_mb": MAX_MEMORY_MB}

MEBIBYTE: Final = 1_048_576
"""Bytes in one unit of `max_memory_mb`, as in the `m` of Docker's `--memory`."""

DOCKER_MEMORY_FLOOR_MB: Final = 6
"""The least that a Docker engine takes for `--memory` (its own check refuses less than 6m)."""

WASM_MEMORY_CEILING_MB: Final = 4096
"""What a wasm module can address: 65 536 pages of 64 KiB, a 32-bit address space."""

DEFAULT_ENABLED: Final = True
DEFAULT_LANGUAGES: Final = ("python", "javascript")
DEFAULT_TIMEOUT_SECS: Final = 30
DEFAULT_MAX_MEMORY_MB: Final = 256

SECTION_KEYS: Final = ("enabled", "mode", "allowed_languages", "timeout_secs", "max_memory_mb")
VARIANT_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "wasm": (),
    "sandboxed": ("runtime",),
    "external": ("url", "api_key"),
}
REQUIRED_KEYS: Final[dict[str, tuple[str, ...]]] = {"wasm": (), "sandboxed": ("runtime",), "external": ("url",)}
MODES: Final = tuple(VARIANT_KEYS)
RUNTIMES: Final = ("docker", "firecracker", "gvisor")

WASM_LANGUAGES: Final = ("python", "javascript")
"""What the browser runs: Pyodide for Python, QuickJS for JavaScript."""

KNOWN_LANGUAGES: Final = (
    "python",
    "javascript",
    "typescript",
    "bash",
    "ruby",
    "r",
    "julia",
    "sql",
    "go",
    "rust",
    "java",
    "kotlin",
    "scala",
    "c",
    "cpp",
    "csharp",
    "fsharp",
    "swift",
    "dart",
    "php",
    "lua",
    "perl",
    "powershell",
    "haskell",
    "ocaml",
    "elixir",
    "erlang",
    "clojure",
    "lisp",
    "scheme",
    "racket",
    "prolog",
    "fortran",
    "octave",
    "nim",
    "zig",
    "d",
    "pascal",
    "cobol",
    "groovy",
    "deno",
)
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

MAX_FILE_BYTES: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 80
"""Arrays and inline tables inside one another: the recursion limit of the original gateway's parser."""
MAX_KEY_PARTS: Final = 80
MAX_INTEGER_DIGITS: Final = 4300
"""The digits that CPython converts by default (`sys.int_info.default_max_str_digits`)."""
INTEGER_64: Final = (-(2**63), 2**63 - 1)

SECRET_QUERY_NAMES: Final = frozenset(
    {
        "key",
        "api_key",
        "apikey",
        "token",
        "access_token",
        "secret",
        "password",
        "sig",
        "signature",
        "auth",
    }
)

MODE_TEXTS: Final = {
    "wasm": "runs in the user's browser, Pyodide for Python and QuickJS for JavaScript; the server runs nothing",
    "sandboxed": "runs on this server, in a sandbox of the runtime named",
    "external": "sends the code to an HTTP service, with the key if there is one",
}
RUNTIME_TEXTS: Final = {
    "docker": "Docker containers: the host's kernel is shared",
    "gvisor": "gVisor containers: a kernel of its own in user space",
    "firecracker": "Firecracker microVMs: a virtual machine for each run, needs KVM",
}
KEY_TEXTS: Final = {
    "enabled": "whether code execution is on; a disabled section is still checked, but needs no environment",
    "mode": 'where code runs: "wasm" in the browser, `sandboxed` on this server, `external` at a service',
    "allowed_languages": (
        "the languages a program may be written in, by name, lower case; mode wasm runs python and javascript only"
    ),
    "timeout_secs": "how long one run may take, in seconds, 1 to 86400 (one day)",
    "max_memory_mb": (
        "how much memory one run may use, in MiB (1048576 bytes), 1 to 1048576; docker needs at least 6, "
        "wasm can address at most 4096"
    ),
    "runtime": "the sandbox: docker, firecracker or gvisor",
    "url": "the service's absolute http or https URL; plain http only to loopback when there is a key",
    "api_key": "the service's key, as a reference such as ${CODE_EXEC_API_KEY}; a key in the file earns a warning",
}

EXAMPLES: Final[dict[str, tuple[object, ...]]] = {
    "enabled": (True, False, "${CODE_EXEC_ENABLED:-true}"),
    "mode": (
        "wasm",
        {"sandboxed": {"runtime": "gvisor"}},
        {"external": {"url": "https://code-exec.example.com", "api_key": "${CODE_EXEC_API_KEY}"}},
    ),
    "allowed_languages": (["python", "javascript"], ["python", "javascript", "bash"]),
    "timeout_secs": (30, 120, "${CODE_EXEC_TIMEOUT_SECS:-30}"),
    "max_memory_mb": (256, 2048, "${CODE_EXEC_MAX_MEMORY_MB:-256}"),
    "wasm": ({},),
    "sandboxed": ({"runtime": "docker"}, {"runtime": "gvisor"}),
    "external": ({"url": "https://code-exec.example.com", "api_key": "${CODE_EXEC_API_KEY}"},),
    "runtime": RUNTIMES,
    "url": ("https://code-exec.example.com", "http://localhost:2000/api/v2", "${CODE_EXEC_URL}"),
    "api_key": ("${CODE_EXEC_API_KEY}", "${CODE_EXEC_API_KEY:?ask the platform team for a key}"),
}
"""Values that people start from, in the order in which they are offered."""

LANGUAGE_TITLES: Final = {
    "python": "Python",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "bash": "Bash, and what a POSIX shell runs",
    "ruby": "Ruby",
    "r": "R",
    "julia": "Julia",
    "sql": "SQL; which dialect is the executor's to say",
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
"""What each known language is called by those who write in it."""

SCHEMA_KINDS: Final = ("document", "section")
SCHEMA_DRAFTS: Final = ("7", "2020-12")
