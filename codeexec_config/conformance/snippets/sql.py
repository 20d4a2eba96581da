"""The kit's programs in SQL, as SQLite runs it."""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets.texts import QUOTED, UNICODE

__all__ = ["PROGRAMS"]

PROGRAMS: Final = {
    "say": "SELECT '@TEXT@';",
    "comment": "--",
    "syntax_error": "SELEC 1 FRM;",
    "uncaught_error": "SELECT @TEXT@ FROM kit_no_such_table_@TEXT@;",
    "quoting": "SELECT '" + QUOTED.replace("'", "''") + "';",
    "utf8": f"SELECT '{UNICODE}';",
    "flood": """
WITH RECURSIVE rows(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM rows) SELECT n, 'xxxxxxxxxxxxxxxx' FROM rows;
""",
    "busy": """
WITH RECURSIVE rows(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM rows) SELECT count(*) FROM rows;
""",
    "leave_state": """
CREATE TABLE kit_@NONCE@ (n INTEGER);
SELECT 'left';
""",
    "find_state": """
SELECT CASE WHEN EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'kit_@NONCE@') THEN 'found' ELSE 'clean' END;
""",
    "session_set": """
CREATE TABLE x (n INTEGER);
INSERT INTO x VALUES (1);
""",
    "session_get": "SELECT n + 1 FROM x;",
    "unlike": "SELECT hex(randomblob(8));",
}
