"""The worker's side of many processes, at the end of a run that is interrupted."""

import marshal
import os

from codeexec_config.cli import pool
from codeexec_config.cli.checking import Outcome
from codeexec_config.cli.files import Place


def test_a_worker_whose_answer_nobody_waits_for_ends_in_silence():
    """The command has closed its end of the pipe, as it does on an interrupt, while a file was being checked."""
    commands, outbox = os.pipe()
    inbox, answers = os.pipe()
    os.write(outbox, marshal.dumps([("a.toml", None, None)]))
    os.close(outbox)
    checked = []

    def check_as_the_command_ends(place):
        checked.append(place)
        os.close(inbox)
        return Outcome()

    pool.serve(check_as_the_command_ends, commands, answers, bytearray(2), 1)

    assert [Place("a.toml")] == checked
