"""The kit's programs in Bash."""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets.texts import CONTROLS, ERRORS, QUOTED, UNICODE, VERBATIM, octal

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
    "abort_itself": """
kill -ABRT $$
echo survived
""",
    "terminate_itself": """
kill -TERM $$
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
printf before
sleep 60
""",
    "deaf": """
trap '' TERM
for ((i = 0; i < 600; i++)); do echo deaf; sleep 0.1; done
""",
    "graceful": """
trap 'exit 0' TERM
echo ready
sleep 60 &
wait
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
LC_ALL=C
printf -v block '%1048576s' ''
for ((i = 0; i < @MEBIBYTES@; i++)); do blocks[i]=$block; done
echo touched ${#blocks[@]}
""",
    "child_touch": r"""
fill='LC_ALL=C; printf -v block %1048576s; for ((i = 0; i < @MEBIBYTES@; i++)); do blocks[i]=$block; done'
if bash -c "$fill" 2>/dev/null
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
    "first_line": """
read -r line
echo "$line"
""",
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
kit_@NONCE@=1
touch kit_@NONCE@ .kit_@NONCE@ 2>/dev/null
echo left
""",
    "find_state": """
if [ -n "$kit_@NONCE@" ] || [ -e kit_@NONCE@ ] || [ -e .kit_@NONCE@ ]; then echo found; else echo clean; fi
""",
    "session_set": "x=1",
    "session_get": "echo $((x + 1))",
    "session_put": "x=@VALUE@",
    "session_show": "echo $x",
    "session_late": """
sleep @SECS@
echo late
""",
    "session_count": """
trap '' INT TERM
x=0
while :; do x=$((x + 1)); sleep 0.01; done
""",
    "session_child": """
(exec -a @MARKER@ sleep 60) > /dev/null 2>&1 &
echo started
""",
    "verbatim": "bash --version > /dev/null\ncat <<'KIT'\n" + VERBATIM + "\nKIT",
    "line_number": "echo line $LINENO",
    "tell_all": r"""
files=(*)
for path in /proc/$$/cmdline /proc/$PPID/cmdline "$0" "${files[@]:0:20}"; do
  head -c 20000 "$path" | tr '\0' '\n'
  echo
done 2>/dev/null
echo "$BASH_EXECUTION_STRING"
env
cat <<'KIT-MARKS'
@MARKS@
KIT-MARKS
echo @TEXT@
exit 1
""",
    "lines": "for ((i = 0; i < @COUNT@; i++)); do printf '%063d\\n' $i; done",
    "both_full": """
printf '%@COUNT@s' '' | tr ' ' e >&2
printf '%@COUNT@s' '' | tr ' ' o
""",
    "snowmen": r"""
printf x
head -c @COUNT@ /dev/zero | sed 's/\x00/\xe2\x98\x83/g'
""",
    "blank_output": r"printf '\n \tx \n\n'",
    "last_line": r"printf 'first\nlast'",
    "flood_stderr": r"while :; do printf '%01023d\n' 0 >&2; done",
    "nap": """
sleep @SECS@
echo slept
""",
    "killed_late": """
echo @TEXT@
sleep @SECS@
kill -KILL $$
""",
    "failing_parent": """
setsid bash -c 'exec -a @MARKER@ sleep 60' &
echo started
sleep 0.3
exit 3
""",
    "killed_parent": """
setsid bash -c 'exec -a @MARKER@ sleep 60' &
echo started
sleep 0.3
kill -KILL $$
""",
    "flooding_parent": r"""
setsid bash -c 'exec -a @MARKER@ sleep 60' &
echo started
while :; do printf '%01023d\n' 0; done
""",
    "greedy_parent": r"""
setsid bash -c 'exec -a @MARKER@ sleep 60' &
echo started
LC_ALL=C
printf -v block '%1048576s' ''
for ((i = 0; i < @MEBIBYTES@; i++)); do blocks[i]=$block; done
""",
    "datagram": """
for host in @HOSTS@; do
  bash -c "echo @NONCE@ > /dev/udp/$host/@PORT@" 2>/dev/null
done
echo tried
""",
    "write": """
for path in @PATHS@; do
  { printf @NONCE@ >> "$path"; } 2>/dev/null
done
echo tried
""",
    "settings": """
cat /proc/sys/kernel/random/boot_id 2>/dev/null
for path in @PATHS@; do
  [ -e $path ] && { : >> "$path"; } 2>/dev/null && echo open $path
done
echo tried
""",
    "inherited": r"""
for number in 40 41 42 43; do
  { printf @NONCE@ >&$number; } 2>/dev/null
  cat /proc/$$/fd/$number 2>/dev/null
done < /dev/null
echo tried
""",
    "look_around": r"""
head=@HEAD@
for name in cmdline environ; do
  grep -als "[${head:0:1}]${head:1}@TAIL@" /proc/[0-9]*/$name | grep -v "/$$/" | sed "s/^/seen in $name of /"
done
echo tried
""",
    "signal": """
kill -USR1 @PID@ 2>/dev/null
echo tried
""",
    "signal_group": """
trap '' TERM
kill -TERM 0
echo tried
""",
    "ignored_signals": """
while read -r line; do case $line in SigIgn*) echo "$line" ;; esac; done < /proc/$$/status
echo tried
""",
    "leave_files": """
for folder in /tmp /var/tmp /dev/shm /var/cache /run /run/lock "$HOME"; do
  { : > "$folder/@NONCE@"; } 2>/dev/null
done
echo tried
""",
    "find_files": """
for folder in /tmp /var/tmp /dev/shm /var/cache /run /run/lock "$HOME"; do
  [ -e "$folder/@NONCE@" ] && echo found in $folder
done
echo tried
""",
    "own_file": """
mine=$RANDOM$RANDOM
echo $mine > kit_own
echo written
sleep @SECS@
if [ ! -e kit_own ]; then echo gone
elif [ "$(cat kit_own)" = $mine ]; then echo own
else echo of another run
fi
""",
    "link_folder": """
ln -s '@PATH@' out
echo tried
""",
    "touch_together": r"""
fill='exec 3>&1; exec tail < <(head -c @MEBIBYTES@M /dev/zero && echo full >&3 || echo gone >&3
  exec sleep 20) > /dev/null'
echo begin
for ((i = 0; i < @CHILDREN@; i++)); do
  exec {pipe}< <(exec bash -c "$fill" 2>/dev/null)
  pipes="$pipes $pipe" children="$children $!"
done
for pipe in $pipes; do read -r word <&$pipe; done
sleep 1
living=0
for child in $children; do kill -0 $child 2>/dev/null && living=$((living + 1)); done
echo full $living
kill -KILL $children 2>/dev/null
exit 0
""",
    "fifo": """
mkdir -p out/folder
mkfifo out/fifo
mknod out/device c 1 3 2>/dev/null
echo tried
""",
    "sparse": """
mkdir -p out
truncate -s @BYTES@ out/sparse.bin
echo tried
""",
    "file_hex": r"od -An -v -tx1 data/in.bin | tr -d ' \n'",
    "source_name": """
echo "${0##*/}"
ls -a
echo tried
""",
    "show_files": """
while read -r name; do echo "$name $(cat "$name")"; done < <(tr '|' '\\n' <<< @NAMES@)
echo tried
""",
    "show_variables": """
for name in @NAMES@; do echo "$name=[${!name-unset}]"; done
""",
    "big_file": """
if head -c @BYTES@ /dev/zero > kit_big; then echo size $(wc -c <kit_big); else echo cannot; fi
""",
    "find_own": """
for path in {..,../..,"$HOME",/tmp,/var/tmp}/{,*/,*/*/,*/*/*/}kit_own; do
  [ -e "$path" ] && echo "seen $(realpath "$path")"
done
echo tried
""",
    "fill_disk": """
most=0
for folder in . /var/tmp "$HOME" /tmp /dev/shm; do
  for ((i = 0; i < @MEBIBYTES@ / 16; i++)); do head -c 16M /dev/zero > "$folder/kit_big$i" || break; done 2>/dev/null
  made=$(( $(cat "$folder"/kit_big* 2>/dev/null | wc -c) / 1048576 ))
  rm -f "$folder"/kit_big*
  if [ $made -gt $most ]; then most=$made; fi
  if [ $most -ge @MEBIBYTES@ ]; then break; fi
done
echo wrote $most
""",
    "change_host": """
export KIT_CHANGED=1
umask 0
cd /
echo tried
""",
    "controls": rf"printf '{octal(CONTROLS)}'",
    "exact_errors": rf"printf '{octal(ERRORS)}' >&2",
    "complain": """
cat >&2 <<'KIT-MARKS'
@MARKS@
KIT-MARKS
exit @CODE@
""",
    "close_output": """
exec >&- 2>&-
sleep @SECS@
exit 3
""",
    "unlike": "echo $EPOCHREALTIME $RANDOM$RANDOM$RANDOM",
    "end_soon": """
(exec -a @MARKER@ sleep @SECS@)
exit @CODE@
""",
    "killed_soon": """
(exec -a @MARKER@ sleep @SECS@)
kill -KILL $$
""",
    "find_variables": r"""
head=@HEAD@
word="[${head:0:1}]${head:1}@TAIL@"
{
  grep -als "$word" /proc/[0-9]*/cmdline
  for folder in . "${HOME:-.}" /etc /run /tmp; do
    find "$folder" -maxdepth 3 \( -path /proc -o -path /sys -o -path /dev \) -prune -o \
      -type f -size -1024k -print 2>/dev/null | head -n 1000
  done | tr '\n' '\0' | xargs -r0 grep -als "$word"
} | sed 's/^/seen in /'
echo tried
""",
    "search": r"""
IFS='|' read -ra paths <<< '@PATHS@'
IFS='|' read -ra names <<< '@NAMES@'
IFS='|' read -ra folders <<< '@FOLDERS@'
for name in "${names[@]}"; do called+=(-o -name "$name"); done
while read -r folder; do paths+=("$folder/host.txt"); done < <(
  timeout 3 find / -maxdepth 4 \( -path /proc -o -path /sys -o -path /usr -o -path /dev \) -prune -o \
    -type d \( "${called[@]:1}" \) -print 2>/dev/null
)
for path in "${paths[@]}"; do
  [ -r "$path" ] && echo "$(cat "$path") $path"
done
cat /proc/sys/kernel/random/boot_id 2>/dev/null
for path in "${folders[@]}"; do
  [ -n "$(ls -A "$path" 2>/dev/null)" ] && stat -c '%d:%i %n' "$path"
done
echo tried
""",
    "artifacts": r"""
mkdir -p out
: > out/empty.bin
printf 'first\r\nsecond \n' > out/text.txt
head -c @BYTES@ /dev/zero | tee out/big.bin > out/second.bin
exit 3
""",
}
