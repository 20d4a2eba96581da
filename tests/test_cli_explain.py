"""`explain`: each code on one page, and the list of all."""

import pytest

from codeexec_config.cli import main
from codeexec_config.codes import CODES
from codeexec_config.explanations import EXPLANATIONS


def test_a_page_has_the_meaning_the_reason_both_examples_and_the_way_out(capsys):
    assert 0 == main(["explain", "policy-violation"])
    assert (
        """\
error[policy-violation]: a value that the host's policy does not permit

A policy is the host's limit on what a file may ask for. Nothing is clamped silently, because the
file would then say one thing and the host do another. If a default breaks the policy, the header is
marked.

With a policy that says

    max_timeout_secs = 60

Broken:

    [features.code_execution]
    timeout_secs = 600

Repaired:

    [features.code_execution]
    timeout_secs = 60

Stay within the limit that the message names, or ask the policy's owner to change it.
"""
        == capsys.readouterr().out
    )


def test_what_else_makes_an_example_broken_is_said_beside_it(capsys):
    main(["explain", "invalid-encoding"])

    assert "\nBroken (saved as Latin-1):\n\n    # für alle" in capsys.readouterr().out


@pytest.mark.parametrize("code", CODES)
def test_every_page_fits_a_terminal(code, capsys):
    assert 0 == main(["explain", code])
    out = capsys.readouterr().out
    assert out.startswith(f"{CODES[code]}[{code}]: ")
    assert max(map(len, out.splitlines())) <= 120


def test_without_a_code_all_are_listed_in_the_order_of_the_catalogue(capsys):
    assert 0 == main(["explain"])
    lines = capsys.readouterr().out.splitlines()
    assert [(code, str(severity)) for code, severity in CODES.items()] == [tuple(line.split()[:2]) for line in lines]
    assert all(line.endswith(f"  {EXPLANATIONS[line.split()[0]].meaning}") for line in lines)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("unknown-kee", "; did you mean `unknown-key`?"),
        ("Unknown_Key", "; did you mean `unknown-key`?"),
        ("x\nq", "; `explain` alone lists them"),
    ],
)
def test_an_unknown_code_is_a_usage_error_with_a_suggestion(capsys, code, hint):
    assert 2 == main(["explain", code])
    out, err = capsys.readouterr()
    assert "" == out
    assert err.endswith(f"explain: error: unknown code `{code}`{hint}\n".replace("\nq", "\\u{a}q"))
