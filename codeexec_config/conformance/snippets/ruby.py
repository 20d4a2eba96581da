"""The kit's programs in Ruby."""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets.texts import QUOTED, UNICODE

__all__ = ["PROGRAMS"]

PROGRAMS: Final = {
    "say": 'puts "@TEXT@"',
    "comment": "#",
    "syntax_error": "def (",
    "uncaught_error": 'raise "@TEXT@"',
    "exit": "exit @CODE@",
    "kill_itself": """
Process.kill(:KILL, $$)
sleep 1
puts "survived"
""",
    "quoting": f"puts <<'KIT'\n{QUOTED}\nKIT",
    "utf8": f'puts "{UNICODE}"',
    "both_streams": """
puts "to-out"
warn "to-err"
""",
    "raw_bytes": r"""
$stdout.binmode
$stdout.write("\xff\xfe".b)
""",
    "flood": r"""
block = "x" * 1023 + "\n"
loop { $stdout.syswrite(block) }
""",
    "fill": 'print "x" * @COUNT@',
    "busy": "loop {}",
    "before_sleep": """
puts "before"
$stdout.flush
sleep 60
""",
    "deaf": """
trap("TERM", "SIG_IGN")
puts "deaf"
$stdout.flush
sleep 60
""",
    "orphan": """
spawn(["sleep", "@MARKER@"], "60", pgroup: true)
fork { Process.setsid; exec(["sleep", "@MARKER@"], "60") }
puts "started"
$stdout.flush
sleep 60
""",
    "outliving": """
spawn(["sleep", "@MARKER@"], "60")
puts "parent done"
""",
    "fail_late": """
puts "@TEXT@"
$stdout.flush
sleep @SECS@
exit 1
""",
    "pause": """
puts "@TEXT@-1"
$stdout.flush
sleep 0.5
puts "@TEXT@-2"
""",
    "touch": """
puts "begin"
$stdout.flush
blocks = Array.new(@MEBIBYTES@) { "x" * 1048576 }
puts "touched #{blocks.size}"
""",
    "child_touch": """
$stderr.reopen("/dev/null")
Process.wait(fork { blocks = Array.new(@MEBIBYTES@) { "x" * 1048576 }; exit!(blocks.size == @MEBIBYTES@ ? 0 : 1) })
puts $?.success? ? "child ended well" : "child died"
""",
    "forks": """
made = 0
@FORKS@.times do
  begin
    fork { sleep 20 }
    made += 1
  rescue SystemCallError
    break
  end
end
puts "forks #{made}"
""",
    "failing_parent": """
spawn(["sleep", "@MARKER@"], "60", pgroup: true)
puts "started"
$stdout.flush
exit 3
""",
    "killed_parent": """
spawn(["sleep", "@MARKER@"], "60", pgroup: true)
puts "started"
$stdout.flush
Process.kill("KILL", Process.pid)
""",
    "flooding_parent": r"""
spawn(["sleep", "@MARKER@"], "60", pgroup: true)
puts "started"
$stdout.flush
block = "x" * 1023 + "\n"
loop { $stdout.syswrite(block) }
""",
    "greedy_parent": """
spawn(["sleep", "@MARKER@"], "60", pgroup: true)
puts "started"
$stdout.flush
blocks = Array.new(@MEBIBYTES@) { "x" * 1048576 }
""",
    "connect": """
require "socket"
"@HOSTS@".split.each do |host|
  begin
    Socket.tcp(host, @PORT@, connect_timeout: 1) { |socket| socket.write("@NONCE@") }
  rescue SystemCallError, SocketError
  end
end
puts "tried"
""",
    "read": """
begin
  puts File.read("@PATH@")
rescue SystemCallError
end
puts "tried"
""",
    "environment": "puts ENV.to_h",
    "variables": 'print "[#{ENV["KIT_ONE"]}][#{ENV["KIT_TWO"]}]"',
    "stdin": """
$stdin.binmode
$stdout.binmode
$stdout.write($stdin.read)
""",
    "file": """
$stdout.binmode
$stdout.write(File.binread("data/in.txt"))
""",
    "artifact": """
Dir.mkdir("out") unless Dir.exist?("out")
File.binwrite("out/result.bin", [0, 255, 254, 10].pack("C*"))
""",
    "link": """
Dir.mkdir("out") unless Dir.exist?("out")
File.symlink("@PATH@", "out/link")
""",
    "leave_state": """
$kit_state = 1
begin
  File.write("kit_state", "")
rescue SystemCallError
end
puts "left"
""",
    "find_state": 'puts $kit_state || File.exist?("kit_state") ? "found" : "clean"',
    "session_set": "x = 1",
    "session_get": "puts x + 1",
    "unlike": "puts Process.clock_gettime(Process::CLOCK_REALTIME, :nanosecond), rand(2**64)",
}
