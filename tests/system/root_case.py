# SPDX-License-Identifier: MIT
"""A root directory of its own for the product: users, ids, name servers.

What the product finds at fixed places (/etc/passwd, /etc/resolv.conf,
/witfoo/configs/node.json, /run) is made for a test below a temporary directory
that becomes the root of the product's process.
"""
import functools
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import unittest
from typing import Any

from poll_case import incident
from simulator import (BINARY, PRODUCT_SECONDS, ROOT, Done, Simulator,
                       scenario, write_config)
from test_control import DaemonCase

#: Nobody's number on the machine that runs the tests.
UID = 12345
USER = "wf-sentinel"
PROBE = ROOT / "build" / "x86_64" / "sandbox-probe"
UNISTD = pathlib.Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
APPLIANCE = "5eed0000-0000-4000-8000-0000000000aa"


needs_probe = unittest.skipUnless(
    PROBE.is_file() and UNISTD.is_file(), f"{PROBE} or {UNISTD} is missing")


@functools.cache
def system_calls() -> dict[str, int]:
    """Names and numbers, from the kernel's header."""
    found = re.findall(r"^#define __NR_(\w+)\s+(\d+)$",
                       UNISTD.read_text("utf-8"), re.M)
    return {name: int(number) for name, number in found}


def number_of(name: str) -> int:
    """A system call's number."""
    return system_calls()[name]


class RootCase(DaemonCase):
    """Runs the product in self.root; its state directory is /state there."""

    #: The user that starts it.
    user = 0

    def setUp(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("only root can give the product a root of its own")

    def make_root(self, owner: int = UID) -> None:
        """An empty machine with a state directory of this user."""
        self.root = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        self.root.chmod(0o755)
        for name in ("etc", "dev", "run", "var/lib", "witfoo/configs",
                     "state", "config"):
            (self.root / name).mkdir(parents=True)
        os.mknod(self.root / "dev/urandom", 0o666 | stat.S_IFCHR,
                 os.makedev(1, 9))
        os.chmod(self.root / "dev/urandom", 0o666)
        shutil.copy(BINARY, self.root / "wf-sentinel")
        (self.root / "etc/passwd").write_text(
            "root:x:0:0::/:/bin/sh\n"
            f"{USER}x:x:1:1::/:/bin/sh\n"
            f"{USER}:x:{UID}:{UID}::/:/usr/sbin/nologin\n", "utf-8")
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        (self.root / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
        self.state = str(self.root / "state")
        self.control = self.root / "state/control.sock"
        self.status = self.root / "state/status.sock"
        self.give_state(owner)

    def give_state(self, owner: int) -> None:
        """The state directory and what is in it to this user and group."""
        for path in (pathlib.Path(self.state),
                     *pathlib.Path(self.state).rglob("*")):
            os.chown(path, owner, owner)

    def start_root(self, owner: int = UID, **config: Any) -> Simulator:
        """A simulator, and a machine that is configured for it."""
        self.make_root(owner)
        sim = self.enterContext(Simulator(self.scenario()))
        shutil.copy(sim.ca_file, self.root / "state/ca.pem")
        config = {"network": {"ca_file": "ca.pem"}, "control": {
            "socket": "/state/control.sock",
            "status_socket": "/state/status.sock"}, **config}
        write_config(self.state, sim, **config)
        self.give_state(owner)
        self.secret = pathlib.Path(
            sim.info["secrets"]["sentinel"]).read_text("utf-8")
        done = self.run_root("secret", "set", "sentinel", "client_secret",
                             stdin=self.secret)
        self.assertEqual(done.code, 0, done.stderr)
        return sim

    def scenario(self) -> dict[str, Any]:
        """Of the simulator."""
        return scenario([incident(1, alerts=1), incident(2)])

    def enter(self) -> None:
        """In the child, before it becomes the product."""
        os.chroot(self.root)
        os.chdir("/")
        if self.user != 0:
            os.setgroups([])
            os.setresgid(self.user, self.user, self.user)
            os.setresuid(self.user, self.user, self.user)

    def run_root(self, *args: str, stdin: str = "", state: str = "/state",
                 before: tuple[str, ...] = (), **more: Any) -> Done:
        """The product, to its end."""
        done = subprocess.run(
            [*before, "/wf-sentinel", "--state", state, *args], input=stdin,
            capture_output=True, text=True, check=False, env={},
            timeout=PRODUCT_SECONDS, preexec_fn=self.enter, **more)
        return Done(done.returncode, done.stdout, done.stderr)

    def start_daemon(self, *args: str, **more: Any) \
            -> "subprocess.Popen[str]":
        """`run`, killed at the end of the test at the latest."""
        process = subprocess.Popen(
            ["/wf-sentinel", *(args or ("--state", "/state")), "run"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, env={},
            preexec_fn=self.enter, **more)
        self.addCleanup(self.end, process)
        return process

    def end(self, process: "subprocess.Popen[str]") -> str:
        """Terminate; what it said."""
        if process.stderr is None or process.stderr.closed:
            return ""
        process.terminate()
        return process.communicate(timeout=10)[1]

    def foreign(self, owner: int = UID) -> list[str]:
        """What in the state directory is of another user."""
        found = subprocess.run(
            ["find", self.state, "!", "-user", str(owner), "-o", "!",
             "-group", str(owner)],
            capture_output=True, text=True, check=True)
        return found.stdout.split()


def proc_status(pid: int) -> dict[str, list[str]]:
    """/proc/PID/status, each line's words."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text("utf-8")
    return {name: words.split() for name, _, words in
            (line.partition(":") for line in text.splitlines())}
