"""Create the files to measure, each once, in a temporary folder."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
EXTERNAL = (REPOSITORY / "examples" / "external.toml").read_text("utf-8").partition("\n\n")[2]

_TABLE = """
[service.{n:04}]
host = "node-{n}.example.com"
port = {port}
"""


def host(size, section=EXTERNAL):
    """Return a host file of about `size` bytes with the section at its end."""
    tables = []
    length = len(section)
    while length < size:
        tables.append(_TABLE.format(n=len(tables), port=8000 + len(tables)))
        length += len(tables[-1])
    return "".join((*tables, "\n", section))


def tables(count, section):
    """Return a host file of `count` tables with the section at its end."""
    return "".join((*(_TABLE.format(n=n, port=8000 + n % 50_000) for n in range(count)), "\n", section))


def folder(place, count):
    """Fill a folder with valid files, no two of them the same."""
    for n in range(count):
        below = place / f"{n // 500:03}"
        below.mkdir(parents=True, exist_ok=True)
        text = EXTERNAL.replace("timeout_secs = 120", f"timeout_secs = {1 + n % 86_400}")
        text = text.replace("code-exec.example.com", f"exec-{n}.example.com")
        (below / f"app-{n}.toml").write_text(text, "utf-8")
    return place


def million_keys(count):
    """Return a host file of as many keys in another table, and one mistake in the section."""
    keys = "".join(f"key{n} = {n % 1000}\n" for n in range(count))
    return f"[elsewhere]\n{keys}\n[features.code_execution]\ntimeout_secs = 0\n"


def million_languages(count):
    """Return a section whose languages are many, one of them malformed and the others unknown."""
    names = ", ".join(f'"lang{n}"' for n in range(count))
    mode = 'mode.sandboxed.runtime = "docker"'
    return f'[features.code_execution]\n{mode}\nallowed_languages = [{names}, "BAD NAME"]\n'


def million_references(count):
    """Return a section that is full of references, and one mistake in it."""
    values = ", ".join(['"${CE_LANG}"'] * count)
    mode = 'mode.sandboxed.runtime = "docker"'
    return f"[features.code_execution]\n{mode}\ntimeout_secs = 0\nallowed_languages = [{values}]\n"


def mistakes(count, total):
    """Return a section of `total` languages of which the last `count` are malformed."""
    names = [f"lang{n}" for n in range(total - count)] + [f"BAD {n}" for n in range(count)]
    listed = ",\n".join(f'"{name}"' for name in names)
    return f'[features.code_execution]\nmode.sandboxed.runtime = "docker"\nallowed_languages = [\n{listed}\n]\n'
