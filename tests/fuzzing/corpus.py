"""The inputs: kept texts, one per line as JSON, and the TOML files of the repository."""

import json
from pathlib import Path

HERE = Path(__file__).parent
TARGETS = ("check_text", "apply_fixes", "references")
WORDS = (
    "[features.code_execution]\\x0a",
    "[features.code_execution.mode.external]\\x0a",
    "features.code_execution.",
    "enabled = ",
    "mode = ",
    "allowed_languages = [",
    "timeout_secs = ",
    "max_memory_mb = ",
    "sandboxed = { runtime = ",
    "external = { url = ",
    "api_key = ",
    "\\x22https://",
    "\\x22docker\\x22",
    "\\x22python\\x22",
    "\\x22\\x22\\x22",
    "'''",
    "${",
    "$<",
    "$$",
    ":-",
    ":?",
    "\\x0d\\x0a",
    "\\xef\\xbb\\xbf",
    "\\xc2\\xa0",
    "\\xe2\\x80\\x9c",
    "\\\\u0020",
    "169.254.169.254",
    "0x",
    "True",
    "30s",
)
"""What the fuzzer puts together, in libFuzzer's escapes."""


def decode(data):
    """Return bytes as a text; what is not UTF-8 becomes halves of surrogate pairs, which a text may hold too."""
    return data.decode("utf-8", "surrogateescape")


def encode(text):
    return text.encode("utf-8", "surrogateescape")


def kept(target):
    """Return the texts that are kept for a target."""
    return [json.loads(line) for line in (HERE / f"{target}.jsonl").read_text("ascii").splitlines()]


def add(target, texts):
    """Add texts to those that are kept, in an order that does not depend on the run."""
    lines = sorted({json.dumps(text) for text in (*kept(target), *texts)}, key=lambda line: (len(line), line))
    (HERE / f"{target}.jsonl").write_text("".join(line + "\n" for line in lines), "ascii")


def seeds(target):
    """Return what a run starts from."""
    root = HERE.parents[1]
    files = sorted((*root.glob("tests/findings/*/*.toml"), *root.glob("examples/*.toml")))
    return [*kept(target), *(path.read_text("utf-8", "surrogateescape") for path in files)]
