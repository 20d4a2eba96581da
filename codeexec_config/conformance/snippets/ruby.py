"""The kit's programs in Ruby."""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets.texts import CONTROLS, ERRORS, QUOTED, UNICODE, VERBATIM

__all__ = ["PROGRAMS"]

_CONNECT: Final = """
require "socket"
"@HOSTS@".split.each do |host|
  begin
    Socket.tcp(host, @PORT@, connect_timeout: 1) { |socket| socket.write("@NONCE@") }
  rescue SystemCallError, SocketError
  end
end
""".strip()

_FORK: Final = """
made = 0
@FORKS@.times do
  begin
    fork { sleep 20 }
    made += 1
  rescue SystemCallError
    break
  end
end
""".strip()

PROGRAMS: Final = {
    "say": 'puts "@TEXT@"',
    "comment": "#",
    "syntax_error": "def (",
    "uncaught_error": 'raise "@TEXT@"',
    "exit": "exit @CODE@",
    "exit_text": 'abort "@TEXT@"',
    "kill_itself": """
Process.kill(:KILL, $$)
sleep 1
puts "survived"
""",
    "abort_itself": """
Process.kill(:ABRT, $$)
sleep 1
puts "survived"
""",
    "terminate_itself": """
trap("TERM", "SYSTEM_DEFAULT")
Process.kill(:TERM, $$)
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
print "before"
$stdout.flush
sleep 60
""",
    "deaf": """
trap("TERM", "SIG_IGN")
puts "deaf"
$stdout.flush
sleep 60
""",
    "graceful": """
trap("TERM") { exit!(0) }
puts "ready"
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
    "forks": f"""
{_FORK}
puts "forks #{{made}}"
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
    "connect": f"""
{_CONNECT}
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
    "first_line": "puts $stdin.gets",
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
$kit_@NONCE@ = 1
begin
  File.write("kit_@NONCE@", "")
rescue SystemCallError
end
puts "left"
""",
    "find_state": 'puts $kit_@NONCE@ || File.exist?("kit_@NONCE@") ? "found" : "clean"',
    "session_set": "x = 1",
    "session_get": "puts x + 1",
    "unlike": "puts Process.clock_gettime(Process::CLOCK_REALTIME, :nanosecond), rand(2**64)",
    "imports": """
require "socket"
puts "works"
""",
    "processes": """
puts Process.wait2(spawn("true"))[1].success? ? "works" : "refused"
""",
    "verbatim": f"ruby = 3\nputs <<'KIT'\n{VERBATIM}\nKIT",
    "line_number": 'puts "line #{__LINE__}"',
    "tell_all": r"""
def show(path)
  puts File.binread(path, 20000).tr("\0", "\n")
rescue SystemCallError
end
["/proc/self/cmdline", "/proc/#{Process.ppid}/cmdline", $0, *Dir.children(".").first(20)].each { |path| show(path) }
ENV.each_value { |value| puts value }
puts <<'KIT-MARKS'
@MARKS@
KIT-MARKS
puts "@TEXT@"
$stdout.flush
exit 1
""",
    "lines": '@COUNT@.times { |i| puts i.to_s.rjust(63, "0") }',
    "both_full": """
$stderr.write("e" * @COUNT@)
$stdout.write("o" * @COUNT@)
""",
    "snowmen": r'print "x" + "\u2603" * @COUNT@',
    "blank_output": r'print "\n \tx \n\n"',
    "last_line": r'print "first\nlast"',
    "flood_stderr": r"""
block = "x" * 1023 + "\n"
loop { $stderr.syswrite(block) }
""",
    "nap": """
sleep @SECS@
puts "slept"
""",
    "killed_late": """
puts "@TEXT@"
$stdout.flush
sleep @SECS@
Process.kill("KILL", Process.pid)
""",
    "touch_together": """
puts "begin"
$stdout.flush
children = Array.new(@CHILDREN@) do
  reader, writer = IO.pipe
  pid = fork { block = "x" * (@MEBIBYTES@ << 20); writer.puts("full"); writer.flush; sleep 20; block }
  writer.close
  [pid, reader]
end
children.each { |_, reader| reader.gets }
sleep 1
living = children.map(&:first).select { |pid| Process.wait(pid, Process::WNOHANG).nil? }
puts "full #{living.size}"
$stdout.flush
living.each { |pid| Process.kill("KILL", pid) }
""",
    "forks_held": f"""
{_FORK}
sleep @SECS@
puts "held #{{made}}"
""",
    "datagram": """
require "socket"
"@HOSTS@".split.each do |host|
  begin
    UDPSocket.new.send("@NONCE@", 0, host, @PORT@)
  rescue SystemCallError, SocketError
  end
end
puts "tried"
""",
    "abstract": r"""
require "socket"
begin
  socket = Socket.new(:UNIX, :STREAM)
  socket.connect(Socket.sockaddr_un("\0@NAME@"))
  socket.write("@NONCE@")
  socket.close
rescue SystemCallError
end
puts "tried"
""",
    "write": """
"@PATHS@".split.each do |path|
  begin
    File.write(path, "@NONCE@", mode: "a")
  rescue SystemCallError
  end
end
puts "tried"
""",
    "settings": """
begin
  puts File.read("/proc/sys/kernel/random/boot_id")
rescue SystemCallError
end
"@PATHS@".split.each do |path|
  begin
    File.open(path, File::WRONLY).close
    puts "open #{path}"
  rescue SystemCallError
  end
end
puts "tried"
""",
    "inherited": """
[40, 41, 42, 43].each do |number|
  begin
    IO.for_fd(number, "w", autoclose: false).syswrite("@NONCE@")
  rescue SystemCallError, IOError
  end
  begin
    puts IO.for_fd(number, "r", autoclose: false).pread(200, 0)
  rescue SystemCallError, IOError
  end
end
puts "tried"
""",
    "look_around": """
Dir.glob("/proc/[0-9]*").each do |folder|
  next if File.basename(folder).to_i == Process.pid
  ["cmdline", "environ"].each do |name|
    begin
      found = File.binread("#{folder}/#{name}").include?("@HEAD@" + "@TAIL@")
      puts "seen in #{name} of #{File.basename(folder)}" if found
    rescue SystemCallError
    end
  end
end
puts "tried"
""",
    "signal": """
begin
  Process.kill("USR1", @PID@)
rescue SystemCallError
end
puts "tried"
""",
    "signal_group": """
trap("TERM", "SIG_IGN")
Process.kill("TERM", 0)
puts "tried"
""",
    "ignored_signals": """
puts File.foreach("/proc/self/status").grep(/SigIgn/)
puts "tried"
""",
    "leave_files": """
["/tmp", "/var/tmp", "/dev/shm", "/var/cache", "/run", "/run/lock", ENV["HOME"] || "."].each do |folder|
  begin
    File.write("#{folder}/@NONCE@", "")
  rescue SystemCallError
  end
end
puts "tried"
""",
    "find_files": """
["/tmp", "/var/tmp", "/dev/shm", "/var/cache", "/run", "/run/lock", ENV["HOME"] || "."].each do |folder|
  puts "found in #{folder}" if File.exist?("#{folder}/@NONCE@")
end
puts "tried"
""",
    "patch_module": """
class String
  def kit_state = 1
end
puts "tried"
""",
    "find_patch": """
puts "".respond_to?(:kit_state) ? "found" : "clean"
puts "tried"
""",
    "own_file": """
mine = rand(2**64).to_s
File.write("kit_own", mine)
puts "written"
$stdout.flush
sleep @SECS@
begin
  puts File.read("kit_own") == mine ? "own" : "of another run"
rescue SystemCallError
  puts "gone"
end
""",
    "link_folder": """
File.symlink("@PATH@", "out")
puts "tried"
""",
    "fifo": """
Dir.mkdir("out") unless Dir.exist?("out")
Dir.mkdir("out/folder")
File.mkfifo("out/fifo")
Process.wait(spawn("mknod out/device c 1 3", err: File::NULL))
puts "tried"
""",
    "sparse": """
Dir.mkdir("out") unless Dir.exist?("out")
File.open("out/sparse.bin", "w") { |file| file.truncate(@BYTES@) }
puts "tried"
""",
    "file_hex": 'puts File.binread("data/in.bin").unpack1("H*")',
    "source_name": """
puts File.basename($0), Dir.children(".")
puts "tried"
""",
    "show_files": """
@NAMES@.split("|").each { |name| puts "#{name} #{File.read(name).strip}" }
puts "tried"
""",
    "show_variables": """
"@NAMES@".split.each { |name| puts "#{name}=[#{ENV.fetch(name, "unset")}]" }
""",
    "big_file": """
begin
  File.binwrite("kit_big", "x" * @BYTES@)
  puts "size #{File.size("kit_big")}"
rescue SystemCallError => error
  puts "cannot #{error.errno}"
end
""",
    "find_own": """
["..", "../..", ENV["HOME"] || ".", "/tmp", "/var/tmp"].each do |folder|
  ["", "*/", "*/*/", "*/*/*/"].each do |between|
    Dir.glob("#{folder}/#{between}kit_own").each { |path| puts "seen #{File.expand_path(path)}" }
  end
end
puts "tried"
""",
    "fill_disk": """
block = "x" * 1048576
most = 0
[".", "/var/tmp", ENV["HOME"] || ".", "/tmp", "/dev/shm"].each do |folder|
  made, names = 0, []
  begin
    while made < @MEBIBYTES@
      names << "#{folder}/kit_big#{names.size}"
      File.open(names.last, "wb") do |file|
        [16, @MEBIBYTES@ - made].min.times { file.syswrite(block); made += 1 }
      end
    end
  rescue SystemCallError
  end
  names.each { |name| File.delete(name) if File.exist?(name) }
  most = [most, made].max
  break if most == @MEBIBYTES@
end
puts "wrote #{most}"
""",
    "change_host": """
ENV["KIT_CHANGED"] = "1"
File.umask(0)
Dir.chdir("/")
puts "tried"
""",
    "session_put": "x = @VALUE@",
    "session_show": "puts x",
    "session_late": """
sleep @SECS@
puts "late"
""",
    "session_count": """
trap("INT", "SIG_IGN")
x = 0
loop { x += 1; sleep 0.01 }
""",
    "session_child": """
spawn(["sleep", "@MARKER@"], "60", out: File::NULL, err: File::NULL)
puts "started"
$stdout.flush
""",
    "controls": f'$stdout.write({list(CONTROLS)}.pack("C*"))',
    "exact_errors": f'$stderr.write({list(ERRORS)}.pack("C*"))',
    "complain": """
warn <<'KIT-MARKS'
@MARKS@
KIT-MARKS
exit @CODE@
""",
    "close_output": """
[$stdout, $stderr].each { |stream| stream.reopen(File::NULL) }
sleep @SECS@
exit 3
""",
    "end_soon": """
Process.wait(spawn(["sleep", "@MARKER@"], "@SECS@"))
exit @CODE@
""",
    "killed_soon": """
Process.wait(spawn(["sleep", "@MARKER@"], "@SECS@"))
Process.kill(:KILL, $$)
""",
    "find_variables": r"""
word = "@HEAD@" + "@TAIL@"
look = lambda do |path|
  begin
    puts "seen in #{path}" if File.file?(path) && (File.binread(path, 200000) || "").include?(word)
  rescue SystemCallError
  end
end
Dir.glob("/proc/[0-9]*/cmdline").each(&look)
[".", ENV["HOME"] || ".", "/etc", "/run", "/tmp"].each do |folder|
  folders, seen = [folder], 0
  while seen < 1000 && (within = folders.shift)
    entries = begin Dir.children(within).first(500); rescue SystemCallError; []; end
    entries.map { |name| "#{within}/#{name}" }.each do |path|
      seen += 1
      if File.symlink?(path) || !File.directory?(path) then look.call(path)
      elsif path !~ %r{\A/+(proc|sys|dev)\z} then folders << path
      end
    end
  end
end
puts "tried"
""",
    "search": r"""
found = "@PATHS@".split("|")
wanted = "@NAMES@".split("|")
folders, seen = [""], 0
while seen < 20000 && (within = folders.shift)
  entries = begin Dir.children("#{within}/"); rescue SystemCallError; []; end
  seen += entries.size
  entries.each do |name|
    path = "#{within}/#{name}"
    next if ["/proc", "/sys", "/usr", "/dev"].include?(path) || File.symlink?(path) || !File.directory?(path)
    if wanted.include?(name) then found << "#{path}/host.txt"
    elsif path.count("/") < 4 then folders << path
    end
  end
end
[*found, "/proc/sys/kernel/random/boot_id"].each do |path|
  begin
    puts "#{File.read(path).chomp} #{path unless path.end_with?("boot_id")}".rstrip
  rescue SystemCallError
  end
end
"@FOLDERS@".split("|").each do |path|
  begin
    status = File.stat(path)
    puts "#{status.dev}:#{status.ino} #{path}" unless Dir.empty?(path)
  rescue SystemCallError
  end
end
puts "tried"
""",
    "connect_child": f"""
Process.wait(fork {{
{_CONNECT}
}})
puts "tried"
""",
    "artifacts": r"""
Dir.mkdir("out") unless Dir.exist?("out")
File.binwrite("out/empty.bin", "")
File.binwrite("out/text.txt", "first\r\nsecond \n")
["big", "second"].each { |name| File.binwrite("out/#{name}.bin", "\0" * @BYTES@) }
exit 3
""",
}
