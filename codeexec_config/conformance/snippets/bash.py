"""The kit's programs in Bash."""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets.texts import QUOTED, UNICODE

__all__ = ["PROGRAMS"]

PROGRAMS: Final = {
    "say": "echo '@TEXT@'",
    "comment": "#",
    "syntax_error": "if then fi (",
    "uncaught_error": ': "${KIT_UNSET:?@TEXT@}"',
    "exit": "exit @CODE@",
    "kill_itself": """
kill -KILL $$
echo survived
""",
    "quoting": "printf '%s\\n' '" + QUOTED.replace("'", "'\\''") + "'",
    "utf8": f"echo '{UNICODE}'",
    "both_streams": """
echo to-out
echo to-err >&2
""",
    "raw_bytes": r"printf '\377\376'",
    "flood": r"while :; do printf '%01023d\n' 0; done",
    "fill": "printf '%@COUNT@s' ''",
    "busy": "while :; do :; done",
    "before_sleep": """
echo before
sleep 60
""",
    "deaf": """
trap '' TERM
echo deaf
sleep 60
""",
    "orphan": """
setsid bash -c 'exec -a @MARKER@ sleep 60' &
echo started
sleep 60
""",
    "outliving": """
(exec -a @MARKER@ sleep 60) &
echo 'parent done'
""",
    "fail_late": """
echo '@TEXT@'
sleep @SECS@
exit 1
""",
    "pause": """
echo '@TEXT@-1'
sleep 0.5
echo '@TEXT@-2'
""",
    "touch": r"""
echo begin
blocks=$(head -c @MEBIBYTES@M /dev/zero | tr '\0' x)
echo touched ${#blocks}
""",
    "child_touch": r"""
if bash -c 'blocks=$(head -c @MEBIBYTES@M /dev/zero | tr "\0" x); : ${#blocks}' 2>/dev/null
then echo 'child ended well'
else echo 'child died'
fi
""",
    "forks": """
for ((i = 0; i < @FORKS@; i++)); do sleep 20 & done 2>/dev/null
echoed=$(jobs -p | wc -l)
echo forks $echoed
""",
    "connect": """
for host in @HOSTS@; do
  timeout 1 bash -c "echo @NONCE@ > /dev/tcp/$host/@PORT@" 2>/dev/null
done
echo tried
""",
    "read": """
cat '@PATH@' 2>/dev/null
echo tried
""",
    "environment": "export -p",
    "variables": r'''printf '[%s][%s]' "$KIT_ONE" "$KIT_TWO"''',
    "stdin": "cat",
    "file": "cat data/in.txt",
    "artifact": r"""
mkdir -p out
printf '\000\377\376\n' > out/result.bin
""",
    "link": """
mkdir -p out
ln -s '@PATH@' out/link
""",
    "leave_state": """
kit_state=1
: 2>/dev/null > kit_state
echo left
""",
    "find_state": """
if [ -n "$kit_state" ] || [ -e kit_state ]; then echo found; else echo clean; fi
""",
    "session_set": "x=1",
    "session_get": "echo $((x + 1))",
}
