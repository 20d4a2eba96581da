"""Codes of a whole file: it cannot be read, is not TOML, or has no section in its place."""

from __future__ import annotations

from typing import Final

from codeexec_config.explanations.entry import Explanation

_PLAIN: Final = """\
[features.code_execution]
timeout_secs = 60
"""

EXPLANATIONS: Final = {
    "unreadable-file": Explanation(
        meaning="the file cannot be opened, or is not a regular file",
        reason=(
            "The file does not exist, this user may not read it, or it is a folder, a pipe or a device. It is not "
            "treated as an empty file, since the defaults would then apply unnoticed."
        ),
        cure="Correct the path or the permissions. If it is not a regular file, pipe it in, and write - for its path.",
        broken=_PLAIN,
        repaired=_PLAIN,
        setting="saved as app.toml and given as ap.toml",
    ),
    "invalid-encoding": Explanation(
        meaning="the file is not UTF-8",
        reason=(
            "TOML files are UTF-8. In another encoding, some characters would turn into others. The first byte that is "
            "not UTF-8 is marked. UTF-16, as some editors and shells write it, is not UTF-8 either."
        ),
        cure="Save the file as UTF-8; a byte order mark at its start does no harm.",
        broken=f"# für alle Mandanten\n{_PLAIN}",
        repaired=f"# für alle Mandanten\n{_PLAIN}",
        setting="saved as Latin-1",
    ),
    "file-too-large": Explanation(
        meaning="the file is over 16 MiB",
        reason=(
            "A configuration is a few kilobytes. A file of this size is something else, often a log or a dump that was "
            "given by mistake, and reading it would cost memory for nothing."
        ),
        cure="Name the configuration file instead, or move the data out of it.",
        broken=_PLAIN,
        repaired=_PLAIN,
        setting="below 16 MiB of comments",
    ),
    "invalid-toml": Explanation(
        meaning="the file is not TOML",
        reason=(
            "The first character that cannot be parsed is marked. What follows is unknown, so this is the only finding "
            "in the file. Common causes are a text without quotes, a reference without quotes, a key given twice, and "
            "`True` for `true`."
        ),
        cure="Correct the place that is marked and check the file again.",
        broken="""\
[features.code_execution]
timeout_secs = ${CODE_EXEC_TIMEOUT_SECS}
""",
        repaired="""\
[features.code_execution]
timeout_secs = "${CODE_EXEC_TIMEOUT_SECS}"
""",
        env={"CODE_EXEC_TIMEOUT_SECS": "60"},
    ),
    "misplaced-section": Explanation(
        meaning="a table that looks like the section, under another name or at another place",
        reason=(
            "Such a table is not read, so its settings have no effect and the defaults apply instead. It is an error "
            "if the table can hardly be meant for anything else, and a warning if it may be."
        ),
        cure=(
            "Write the header that is suggested. If the section really lives elsewhere, pass `--section`, or "
            "`section=` in code."
        ),
        broken="""\
[feature.code_execution]
timeout_secs = 60
""",
        repaired=_PLAIN,
    ),
    "section-not-found": Explanation(
        meaning="the file has no section, so the defaults apply",
        reason=(
            "An absent section means code execution in the user's browser, with the default limits. That is valid, but "
            "worth knowing if a setting elsewhere has no effect."
        ),
        cure="Nothing, if the defaults are wanted. Otherwise add the section.",
        broken="""\
[server]
port = 8080
""",
        repaired="""\
[server]
port = 8080

[features.code_execution]
enabled = false
""",
    ),
}
