"""What is generated from the model: the schemas and the tables of the README.

`python -m tests.generated` writes them, `python -m tests.generated --check` says whether they are up to date.
"""

import json
import re
import sys
from itertools import zip_longest
from pathlib import Path

from codeexec_config import limits
from codeexec_config.codes import CODES, Severity
from codeexec_config.explanations import EXPLANATIONS
from codeexec_config.keys import REQUIRED, keys_of
from codeexec_config.model import VARIANTS, CodeExecutionConfig
from codeexec_config.policy import Policy
from codeexec_config.schema import file_name, schema_text
from tests.gateway import judging

ROOT = Path(__file__).parent.parent


def keys_table():
    rows = [_row(key.name, key) for key in keys_of(CodeExecutionConfig)]
    for name, cls in VARIANTS.items():
        rows += [_row(f"mode.{name}.{key.name}", key) for key in keys_of(cls)]
    return ["| key | default | meaning |", "|---|---|---|", *rows]


def _row(name, key):
    return f"| `{name}` | {_default(key)} | {key.text} |"


def _default(key):
    if key.default is REQUIRED:
        return "required"
    if key.default is None:
        return "none"
    if key.kind == "union":
        return f'`"{next(iter(key.variants))}"`'
    return f"`{_toml(list(key.default) if key.kind == 'list' else key.default)}`"


def _toml(value):
    return json.dumps(value, ensure_ascii=False)  # which writes these values as TOML does


def modes_table():
    mode = next(key for key in keys_of(CodeExecutionConfig) if key.kind == "union")
    runtime = next(key for key in keys_of(VARIANTS["sandboxed"]) if key.kind == "choice")
    texts = {**mode.choices, **runtime.choices}
    return ["| mode or runtime | code |", "|---|---|", *(f"| `{name}` | {text} |" for name, text in texts.items())]


def codes_table():
    cells = [f"`{code}`{_unless_error(severity)} | {EXPLANATIONS[code].meaning}" for code, severity in CODES.items()]
    half = (len(cells) + 1) // 2
    rows = (f"| {left} | {right} |" for left, right in zip_longest(cells[:half], cells[half:], fillvalue=" | "))
    return ["| code | meaning | code | meaning |", "|---|---|---|---|", *rows]


def _unless_error(severity):
    return "" if severity is Severity.ERROR else f" ({severity})"


def policy_file():
    lines = (f"{key.name} = {_toml(key.examples[0])} # {key.text}" for key in keys_of(Policy))
    return ["```toml policy", *lines, "```"]


def differences_table():
    rows = (f"| {group.name} | {group.reason} |" for group in judging.groups())
    return ["| difference | what it means |", "|---|---|", *rows]


def unsayable_list():
    from tests.test_schema_verdict import UNSAYABLE

    return [f"* {name}: {rule.reason}." for name, rule in UNSAYABLE.items()]


TABLES = {
    "codes": codes_table,
    "differences": differences_table,
    "keys": keys_table,
    "modes": modes_table,
    "policy": policy_file,
    "unsayable": unsayable_list,
}


def readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, table in TABLES.items():
        between = rf"(<!-- begin: {name} -->\n).*?(<!-- end: {name} -->)"
        body = "\n".join(table()) + "\n"
        text, count = re.subn(between, lambda found, body=body: found[1] + body + found[2], text, flags=re.DOTALL)
        assert count == 1, name
    return text


def files():
    """Return the text of every generated file by its path."""
    schemas = {
        ROOT / "schemas" / file_name(kind, draft): schema_text(kind, draft)
        for kind in limits.SCHEMA_KINDS
        for draft in limits.SCHEMA_DRAFTS
    }
    return {**schemas, ROOT / "README.md": readme()}


def stale():
    """Return the generated files that are not what the model makes."""
    wanted = files()
    return [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main(arguments):
    if arguments not in ([], ["--check"]):
        print(__doc__)
        return 2
    outdated = stale()
    if not arguments:
        for path in outdated:
            path.write_text(files()[path], encoding="utf-8", newline="\n")
    for path in outdated:
        print(f"{path.relative_to(ROOT)}: {'out of date; run python -m tests.generated' if arguments else 'written'}")
    return int(bool(arguments and outdated))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
