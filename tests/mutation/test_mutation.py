"""The mutants are what they say, and a mutant that a test notices is told from one that none does."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import mutants
from tests.mutation.runner import code_of, live

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a < b", ["a <= b"]),
        ("a in b", ["a not in b"]),
        ("a and b", ["a or b"]),
        ("not a", ["a"]),
        ("a + b", ["a - b"]),
        ("x(3)", ["pass", "x(4)"]),
        ("f(True)", ["pass", "f(False)"]),
        ("f('name')", ["pass", "f('nameX')"]),
        ("f('a sentence')", ["pass"]),
        ("a.startswith", ["a.endswith"]),
        ("any", ["all"]),
        ("a[b:c]", ["a[:c]", "a[b:]"]),
        ("a = b", ["a = None"]),
        ("a += b", ["pass"]),
        ("raise a", ["pass"]),
        ("[a for a in b if c]", ["[a for a in b]", "[a for a in b if not c]"]),
        ("a if b else c", ["a if not b else c"]),
        ("'write' if b else f'set {a} to'", ["'write' if not b else f'set {a} to'"]),
        (
            "'write' if b else 'set'",
            ["'write' if not b else 'set'", "'writeX' if b else 'set'", "'write' if b else 'setX'"],
        ),
    ],
)
def test_a_mutant_changes_one_thing(source, changed):
    assert changed == [ast.unparse(mutant.tree) for mutant in mutants(source)]


def test_what_promises_nothing_is_left_as_it_is():
    names = '"""Text."""\n__all__ = ["a"]\n_Pair = tuple[int, "Key"]\n'
    source = f'{names}if TYPE_CHECKING:\n    a = b\ndef f(a: "x" = 1) -> "y":\n    """Text."""\n'

    assert [] == list(mutants(source))


def test_a_mutant_has_the_name_of_its_function_and_a_number_where_it_needs_one():
    source = "class A:\n    def f(self):\n        def g():\n            return a < b\n        return [a < b]\n"
    found = [mutant.name for mutant in mutants(source) if "<=" in mutant.name]

    assert ["A.f: a < b -> a <= b", "A.f: a < b -> a <= b #2"] == found


def test_a_function_is_found_behind_what_wraps_it():
    source = """
import functools

class A:
    @property
    def one(self): return 1
    @classmethod
    def two(cls): return 2
    @functools.cached_property
    def three(self): return 3
    def __four(self): return 4

@functools.cache
def five(): return 5
"""
    space = {}
    code = compile(source, "module", "exec")
    exec(code, space)  # noqa: S102 -- a module of one's own

    for name in ("A.one", "A.two", "A.three", "A.__four", "five"):
        assert code_of(code, name) == live(space, name).__code__


TRIAL = """
from tests.mutation.runner import judge

verdicts = judge(
    "codeexec_config/secret.py",
    ["tests/test_secret.py::test_reveal_gives_a_plain_str"],
    lambda _: None,
    lambda mutant: mutant.name.startswith(("Secret.reveal: return", "Secret.__hash__", "_closed_over")),
)
print(*((verdict.mutant.function, verdict.killed, verdict.tests) for verdict in verdicts), sep="\\n")
"""


def test_a_trial_tells_what_is_noticed_from_what_is_not():
    done = subprocess.run([sys.executable, "-c", TRIAL], cwd=ROOT, capture_output=True, check=True, text=True)

    assert [
        ("Secret.reveal", True, 1),
        ("Secret.__hash__", False, 0),
        ("_closed_over", True, 1),
    ] == [ast.literal_eval(line) for line in done.stdout.splitlines()]
