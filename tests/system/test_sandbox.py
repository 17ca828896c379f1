# SPDX-License-Identifier: MIT
"""S11: what the process can still do when it talks to others."""
import errno
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import termios
import unittest

from poll_case import incident
from root_case import (PROBE, UID, RootCase, needs_probe, number_of,
                       proc_status, system_calls)
from simulator import (BINARY, closed_port, needs_product, run_product,
                       start_product)
from test_control import DaemonCase
from test_identity import ZERO

#: What src/platform/sandbox_filter.c lets through, written out again.
ALLOWED = set("""
    read write readv writev pread64 pwrite64 lseek close fcntl fstat
    flock fsync fdatasync ftruncate fchmod fchown umask getdents64 getcwd
    openat newfstatat open stat lstat access readlink rename unlink mkdir rmdir
    socket connect bind listen accept4 sendto recvfrom shutdown
    getsockopt setsockopt getsockname getpeername
    eventfd2 ppoll pselect6 poll select nanosleep clock_nanosleep
    restart_syscall clock_gettime gettimeofday getrandom madvise mlock
    getpid getuid geteuid getgid getegid uname
    rt_sigaction rt_sigprocmask rt_sigreturn exit exit_group
    """.split())
NO_MEMORY = {"brk", "mmap", "mremap"}
#: The newest number of 2026 is below; the kernel answers larger ones ENOSYS.
LAST_CALL = 479
#: uretprobe and uprobe: newer kernels handle them before any filter, and kill
#: or refuse who calls them from anywhere but a probe of the kernel.
UNFILTERED = {335, 336}

FIONBIO, SIOCGIFINDEX, TIOCSTI = 0x5421, 0x8933, 0x5412

SENSITIVE = """/etc/group /etc/shadow /etc/gshadow /etc/fstab
    /etc/ssh /etc/ssl /root /home /boot /proc /proc/self/maps /proc/self/mem
    /proc/1/environ /sys /dev /dev/null /dev/mem /dev/kmsg /var /var/log
    /usr/bin /usr/bin/env /tmp / /run /etc""".split()


@needs_probe
class Calls(unittest.TestCase):
    """Each system call, from a process with the product's sandbox."""

    def setUp(self) -> None:
        self.state = self.enterContext(tempfile.TemporaryDirectory())

    def probe(self, *args: object) -> list[list[str]]:
        """What it answers, a list of words a line."""
        done = subprocess.run([str(PROBE), *map(str, args)], text=True,
                              capture_output=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line.split() for line in done.stdout.splitlines()]

    def call(self, number: int, second: int = 0) -> tuple[str, int]:
        [[_, how, what]] = self.probe("call", self.state, number, number,
                                      second)
        return how, int(what)

    def test_every_number(self) -> None:
        answers = {int(n): (how, int(what)) for n, how, what in
                   self.probe("call", self.state, 0, LAST_CALL, 0)}
        self.assertEqual(set(answers), set(range(LAST_CALL + 1)))
        allowed = {number_of(name) for name in ALLOWED}
        no_memory = {number_of(name) for name in NO_MEMORY}
        killed = ("signal", int(signal.SIGSYS))
        names = {number: name for name, number in system_calls().items()}
        for number, answer in answers.items():
            name = f"{names.get(number)} ({number})"
            if number in no_memory:
                self.assertEqual(answer, ("exit", errno.ENOMEM), name)
            elif number in allowed:
                self.assertNotEqual(answer, killed, name)
            elif number not in UNFILTERED:
                self.assertEqual(answer, killed, name)
        self.assertGreater(len(answers) - len(allowed), 380)

    def test_numbers_of_other_worlds(self) -> None:
        killed = ("signal", int(signal.SIGSYS))
        for number in (number_of("getpid") | 0x40000000, 0x40000000,
                       0x7fffffff, 100000):
            self.assertEqual(self.call(number), killed, number)
        [[_, how, what]] = self.probe("i386", self.state)
        # A kernel without the entry of 32-bit programs: SIGSEGV.
        self.assertEqual(how, "signal")
        self.assertIn(int(what), (signal.SIGSYS, signal.SIGSEGV))

    def test_ioctl_is_three_commands(self) -> None:
        number = number_of("ioctl")
        for command in (FIONBIO, SIOCGIFINDEX, termios.TIOCGWINSZ):
            self.assertEqual(self.call(number, command)[0], "exit")
        for command in (0, TIOCSTI, FIONBIO + 1, FIONBIO << 32):
            self.assertEqual(self.call(number, command),
                             ("signal", int(signal.SIGSYS)))

    def test_files_of_others_cannot_be_opened(self) -> None:
        """As root with all capabilities: nothing else would stop it."""
        there = [path for path in SENSITIVE if pathlib.Path(path).exists()]
        self.assertGreaterEqual(len(there), 20)
        answers = {path: int(what) for what, path in
                   self.probe("open", self.state, *there)}
        self.assertEqual(answers, {path: errno.EACCES for path in there})
        mine = pathlib.Path(self.state, "file")
        mine.write_text("")
        expected = [str(mine), self.state, "/dev/urandom", "/etc/hosts"]
        answers = {path: int(what) for what, path in
                   self.probe("open", self.state, *expected)}
        self.assertEqual(answers, {path: 0 for path in expected})


@needs_product
class Process(DaemonCase):
    """The daemon, seen from outside."""

    def test_what_the_kernel_says_of_it(self) -> None:
        self.start([incident(1)])
        with self.daemon() as process:
            self.wait_for(lambda: self.records())
            status = proc_status(process.pid)
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"],
                              status["CapEff"]), (["1"], ["2"], [ZERO]))
            for limit, most in ((resource.RLIMIT_CORE, 0),
                                (resource.RLIMIT_NPROC, 0),
                                (resource.RLIMIT_NOFILE, 128)):
                self.assertEqual(resource.prlimit(process.pid, limit),
                                 (most, most))
            sandbox = self.get_status()["sandbox"]
            shown = run_product(["status"], self.state).stdout
        self.assertEqual((sandbox["state"], sandbox["seccomp"]), ("on", True))
        self.assertGreaterEqual(sandbox["landlock_abi"], 1)
        self.assertNotIn("sandbox", shown)

    def test_healthy_is_inside(self) -> None:
        """/healthz is 200 only inside of the sandbox."""
        self.start([incident(1)])
        with self.daemon() as process:
            self.wait_for(lambda: self.ask(self.status, "/healthz")[0] == 200)
            self.assertEqual(proc_status(process.pid)["Seccomp"], ["2"])

    def test_new_places_want_a_new_start(self) -> None:
        """A CA file, a sink: 75 between two writes, then it works."""
        sim = self.start([incident(1)])
        path = pathlib.Path(self.state, "config.json")
        right = json.loads(path.read_text("utf-8"))
        other = self.enterContext(tempfile.TemporaryDirectory())
        shutil.copy(sim.ca_file, f"{other}/ca.pem")
        sink = {"type": "file", "name": "file", "path": f"{other}/w.ndjson"}
        for change in ({"network": {**right["network"],
                                    "ca_file": f"{other}/ca.pem"}},
                       {"sinks": [sink]}):
            with self.subTest(change=change):
                path.write_text(json.dumps(right))
                with self.daemon() as process:
                    self.wait_for(lambda: self.get_status()["connectors"])
                    path.write_text(json.dumps({**right, **change}))
                    self.assertEqual(process.wait(10), 75)
                self.assertIn("a new start is needed", self.errors)
                with self.daemon():
                    self.wait_for(lambda: self.ask(
                        self.status, "/healthz")[0] == 200)
                    self.wait_for(lambda: self.get_status()["connectors"][0]
                                  ["last_poll"])
                    self.assertEqual(self.get_status()["sinks"][0]["state"],
                                     "ok")
        self.assertTrue(pathlib.Path(other, "w.ndjson").exists())

    def test_first_configuration_may_want_a_new_start(self) -> None:
        self.start([incident(1)])
        path = pathlib.Path(self.state, "config.json")
        right = path.read_text("utf-8")
        path.write_text("{")
        process = start_product(["run"], self.state)
        with self.subTest("the CA file of the simulator"):
            self.wait_for(lambda: proc_status(process.pid)["Seccomp"]
                          == ["2"])
            path.write_text(right)
            self.assertEqual(process.wait(10), 75)
        _, errors = process.communicate()
        self.assertIn("a new start is needed", errors)
        with self.daemon():
            self.wait_for(lambda: self.records())

    def test_names_are_asked_for_inside(self) -> None:
        """c-ares with its files and sockets: an answer, not SIGSYS."""
        self.start([incident(1)], {
            "authority_url": f"https://no-such-host.invalid:{closed_port()}"})
        done = run_product(["run", "--once"], self.state)
        self.assertNotIn(done.code, (0, -signal.SIGSYS), done.stderr)
        self.assertIn("Setting: ", done.stderr)

    def test_stopped_process_goes_on(self) -> None:
        """SIGSTOP and SIGCONT make the kernel restart a wait."""
        self.start([incident(1)])
        with self.daemon() as process:
            self.wait_for(lambda: self.records())
            for _ in range(3):
                process.send_signal(signal.SIGSTOP)
                self.wait_for(lambda: proc_status(process.pid)["State"][0]
                              == "T")
                process.send_signal(signal.SIGCONT)
                self.assertEqual(self.ask(self.status, "/healthz")[0], 200)


@needs_product
@needs_probe
class Failing(DaemonCase):
    """A step that fails stops the start; only Landlock may be missing."""

    def run_failing(self, name: str, first: int, error: int,
                    *args: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(PROBE), "fail", str(number_of(name)), str(first),
             str(error), str(BINARY), "--state", self.state, *args],
            capture_output=True, text=True, check=False, timeout=30)

    def test_each_step(self) -> None:
        sim = self.start([incident(1)])
        sim.reset()
        dumpable, no_new_privs, seccomp = 4, 38, 22
        for name, first, says in (
                ("prlimit64", -1, "RLIMIT_CORE"),
                ("prctl", no_new_privs, "PR_SET_NO_NEW_PRIVS"),
                ("prctl", dumpable, "PR_SET_DUMPABLE"),
                ("landlock_create_ruleset", -1, "Landlock"),
                ("landlock_add_rule", -1, "Landlock"),
                ("landlock_restrict_self", -1, "Landlock"),
                ("prctl", seccomp, "seccomp")):
            for args in (["run"], ["run", "--once"], ["test"]):
                with self.subTest(name=name, first=first, args=args):
                    done = self.run_failing(name, first, errno.EPERM, *args)
                    self.assertEqual(done.returncode, 77, done.stderr)
                    self.assertIn(says, done.stderr)
                    self.assertIn("without the sandbox", done.stderr)
        self.assertEqual(sim.requests(), [])
        self.assertFalse(self.control.exists() or self.status.exists())

    def test_kernel_without_landlock(self) -> None:
        self.start([incident(1)])
        for error in (errno.ENOSYS, errno.EOPNOTSUPP):
            process = subprocess.Popen(
                [str(PROBE), "fail",
                 str(number_of("landlock_create_ruleset")), "-1", str(error),
                 str(BINARY), "--state", self.state, "run"],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            self.addCleanup(process.kill)
            self.wait_for(lambda: self.is_up() and self.records())
            self.wait_for(lambda: self.ask(self.status, "/healthz")[0] == 200)
            sandbox = self.get_status()["sandbox"]
            shown = run_product(["status"], self.state).stdout
            process.terminate()
            _, errors = process.communicate(timeout=10)
            self.assertEqual((sandbox["state"], sandbox["landlock_abi"],
                              sandbox["seccomp"]), ("partial", 0, True))
            self.assertIn("The sandbox is partial", shown)
            self.assertIn("no Landlock", errors)


@needs_product
class Names(RootCase):
    """/etc/resolv.conf and /etc/hosts change while the daemon runs."""

    def running(self) -> "subprocess.Popen[str]":
        process = self.start_daemon()
        self.wait_for(lambda: self.is_up() and self.get_status()["connectors"]
                      and self.get_status()["connectors"][0]["last_poll"])
        return process

    def test_written_in_place_is_a_reload(self) -> None:
        self.start_root()
        process = self.running()
        for name in ("hosts", "resolv.conf"):
            with open(self.root / "etc" / name, "a", encoding="utf-8") as f:
                f.write("# changed\n")
            before = self.get_status()["connectors"][0]["last_poll"]
            self.wait_for(lambda: self.get_status()["connectors"] and
                          (self.get_status()["connectors"][0]["last_poll"]
                           or before) > before)
        said = self.end(process)
        self.assertEqual(process.returncode, 0, said)
        self.assertEqual(said.count("event=names_changed"), 2, said)

    def test_another_file_is_a_new_start(self) -> None:
        self.start_root()
        for name in ("hosts", "resolv.conf"):
            for change in ("replace", "remove"):
                with self.subTest(name=name, change=change):
                    process = self.running()
                    path = self.root / "etc" / name
                    if change == "replace":
                        fresh = path.with_suffix(".new")
                        shutil.copy(path, fresh)
                        fresh.replace(path)
                    else:
                        path.unlink()
                    self.assertEqual(process.wait(10), 75)
                    self.assertIn("event=names_replaced", self.end(process))

    def test_another_file_before_there_is_a_configuration(self) -> None:
        self.start_root()
        path = pathlib.Path(self.state, "config.json")
        path.write_text("{")
        process = self.start_daemon()
        self.wait_for(lambda: proc_status(process.pid)["Seccomp"] == ["2"])
        (self.root / "etc/hosts").unlink()
        self.assertEqual(process.wait(10), 75)

    def test_nobody_of_the_same_user_may_look_into_it(self) -> None:
        """Not dumpable: its files in /proc belong to root.

        It is started as its user: a change of the user has that effect too.
        """
        self.start_root()
        self.user = UID
        process = self.running()
        for name in ("mem", "maps", "environ", "fd", "cwd"):
            about = os.lstat(f"/proc/{process.pid}/{name}")
            self.assertEqual((about.st_uid, about.st_gid), (0, 0), name)
        done = subprocess.run(["cat", f"/proc/{process.pid}/maps"],
                              capture_output=True, check=False, user=UID,
                              group=UID, extra_groups=[])
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, b"")


if __name__ == "__main__":
    unittest.main()
