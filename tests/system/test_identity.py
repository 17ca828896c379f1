# SPDX-License-Identifier: MIT
"""Whose rights the program has: never those of root."""
import errno
import json
import os
import pathlib
import shutil
import stat
import subprocess
import unittest

from root_case import (APPLIANCE, PROBE, UID, RootCase, needs_probe,
                       number_of, proc_status)
from simulator import needs_product

ZERO = "0000000000000000"


@needs_product
class Service(RootCase):
    """Started as root with a state directory of somebody else."""

    def check_process(self, pid: int, user: int) -> None:
        """All that was root's is gone."""
        status = proc_status(pid)
        self.assertEqual(status["Uid"], [str(user)] * 4)
        self.assertEqual(status["Gid"], [str(user)] * 4)
        self.assertEqual(status["Groups"], [])
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(status[name], [ZERO], name)

    def test_daemon_is_the_owner_of_the_state_directory(self) -> None:
        self.start_root()
        process = self.start_daemon(extra_groups=[4, 24])
        self.wait_for(lambda: self.is_up() and self.records())
        self.check_process(process.pid, UID)
        for path in (self.control, self.status):
            about = path.stat()
            self.assertEqual((about.st_uid, about.st_gid), (UID, UID))
        self.assertEqual(self.get_status()["sandbox"]["uid"], UID)
        self.assertNotIn("root", self.run_root("status").stdout)
        self.assertEqual(self.foreign(), [])
        self.assertNotIn("runs_as_root", self.end(process))
        self.assertFalse(self.control.exists() or self.status.exists())

    def test_no_command_leaves_a_file_of_root(self) -> None:
        self.start_root()
        for args in (["test"], ["run", "--once"], ["workunits"],
                     ["secret", "list"], ["status"], ["test", "--json"],
                     ["secret", "delete", "sentinel", "client_secret"]):
            with self.subTest(args=args):
                done = self.run_root(*args)
                self.assertEqual(done.code, 75 if args == ["status"] else 0,
                                 done.stderr)
                self.assertEqual(self.foreign(), [])
                if args[0] in ("test", "workunits") or args[1:] == ["list"]:
                    self.assertIn("\n", done.stdout)
        self.assertEqual(len(self.records()), 2)

    def test_daemon_reloads_and_keeps_what_root_read(self) -> None:
        """node.json is root's alone; sockets are made anew."""
        sim = self.start_root()
        node = self.root / "witfoo/configs/node.json"
        node.write_text(json.dumps({"id": APPLIANCE, "orgId": "acme",
                                    "appliance_id": APPLIANCE,
                                    "org_id": "acme"}))
        node.chmod(0o600)
        path = pathlib.Path(self.state, "config.json")
        config = json.loads(path.read_text())
        del config["appliance_id"]
        path.write_text(json.dumps(config))
        process = self.start_daemon()
        self.wait_for(lambda: self.is_up() and len(self.records()) == 2)
        config["connectors"][0]["overlap_seconds"] = 60
        path.write_text(json.dumps(config))
        sim.add_incident(properties={"title": "later"})
        self.wait_for(lambda: len(self.records()) == 3)
        said = self.end(process)
        self.assertIn("event=config_changed", said)
        self.assertNotIn("config_refused", said)
        node.unlink()
        done = self.run_root("run", "--once")
        self.assertEqual(done.code, 78)
        self.assertIn("appliance_id", done.stderr)

    def test_default_sockets_are_in_a_folder_of_the_service(self) -> None:
        self.start_root(control={})
        folder = self.root / "run/wf-sentinel"
        self.control, self.status = (folder / "control.sock",
                                     folder / "status.sock")
        for _ in range(2):
            process = self.start_daemon()
            self.wait_for(self.is_up)
            about = folder.stat()
            self.assertEqual((about.st_uid, about.st_gid,
                              stat.S_IMODE(about.st_mode)),
                             (UID, UID, 0o755))
            self.end(process)
            self.assertEqual(list(folder.iterdir()), [])
            # As an earlier run left it; a link is not followed.
            os.chown(folder, 0, 0)
        folder.rmdir()
        folder.symlink_to("/etc")
        process = self.start_daemon()
        self.assertEqual(process.wait(10), 73)
        self.assertEqual((self.root / "etc").stat().st_uid, 0)

    def test_missing_state_directory_is_made_for_the_user(self) -> None:
        self.make_root()
        process = self.start_daemon("--state", "/var/lib/wf-sentinel")
        made = self.root / "var/lib/wf-sentinel"
        self.wait_for(lambda: (made / "lock").exists())
        self.check_process(process.pid, UID)
        about = made.stat()
        self.assertEqual((about.st_uid, about.st_gid,
                          stat.S_IMODE(about.st_mode)), (UID, UID, 0o750))
        self.assertEqual([p.name for p in made.parent.iterdir()],
                         ["wf-sentinel"])

    def test_missing_user_is_said_and_nothing_is_made(self) -> None:
        self.make_root()
        for text in ("root:x:0:0::/:/bin/sh\n", "", None):
            with self.subTest(text=text):
                path = self.root / "etc/passwd"
                path.unlink() if text is None else path.write_text(text)
                for args in (["run"], ["secret", "list"]):
                    done = self.run_root(*args, state="/var/lib/wf-sentinel")
                    self.assertEqual(done.code, 78, done.stderr)
                    self.assertIn("user 'wf-sentinel'", done.stderr)
                done = self.run_root("workunits",
                                     state="/var/lib/wf-sentinel")
                self.assertEqual(done.code, 78, done.stderr)
                self.assertIn("no state directory", done.stderr)
                self.assertEqual(list((self.root / "var/lib").iterdir()), [])

    def test_state_directory_of_the_group_of_root_is_refused(self) -> None:
        self.make_root()
        os.chown(self.state, UID, 0)
        done = self.run_root("run", "--once")
        self.assertEqual(done.code, 78)
        self.assertIn("chown USER:GROUP", done.stderr)

    def test_state_directory_of_root_is_a_warning(self) -> None:
        self.start_root(owner=0)
        process = self.start_daemon()
        self.wait_for(lambda: self.is_up() and self.records())
        self.check_process(process.pid, 0)
        shown = self.run_root("status")
        self.assertIn("works as root", shown.stdout)
        self.assertEqual(self.get_status()["sandbox"]["uid"], 0)
        self.assertIn("event=runs_as_root", self.end(process))

    def test_started_as_the_service_user(self) -> None:
        self.start_root()
        self.user = UID
        process = self.start_daemon()
        self.wait_for(lambda: self.is_up() and len(self.records()) == 2)
        status = proc_status(process.pid)
        self.assertEqual(status["Uid"], [str(UID)] * 4)
        self.assertEqual(status["CapEff"], [ZERO])
        self.assertEqual(self.get_status()["sandbox"]["state"], "on")
        self.assertEqual(self.foreign(), [])

    def test_configuration_out_of_reach_is_said(self) -> None:
        self.start_root()
        shutil.move(self.root / "state/config.json",
                    self.root / "config/config.json")
        path = self.root / "config/config.json"
        path.chmod(0o600)
        os.chown(path, 0, 0)
        done = self.run_root("--config", "/config/config.json", "run",
                             "--once")
        self.assertEqual(done.code, 78)
        self.assertIn("let the owner of the state directory read it",
                      done.stderr)
        path.chmod(0o644)
        done = self.run_root("--config", "/config/config.json", "run",
                             "--once")
        self.assertEqual(done.code, 0, done.stderr)


@needs_product
@needs_probe
class Failing(RootCase):
    """A right of root that cannot be given away stops everything."""

    def test_each_step(self) -> None:
        self.start_root()
        shutil.copy(PROBE, self.root / "probe")
        bounding_drop, ambient = 24, 47
        for name, first, says in (
                ("setgroups", -1, "CAP_SETGID"),
                ("setresgid", -1, "CAP_SETGID"),
                ("setresuid", -1, "CAP_SETUID"),
                ("prctl", bounding_drop, "CAP_SETPCAP"),
                ("prctl", ambient, "ambient"),
                ("capset", -1, "capset"),
                ("capget", -1, "still there")):
            for args in (["run", "--once"], ["secret", "list"]):
                with self.subTest(name=name, first=first, args=args):
                    done = self.run_root(*args, before=(
                        "/probe", "fail", str(number_of(name)), str(first),
                        str(errno.EPERM)))
                    self.assertEqual(done.code, 77, done.stderr)
                    self.assertIn(says, done.stderr)
                    self.assertIn("nothing is done", done.stderr)
        self.assertEqual(self.records(), [])

    def test_a_step_that_lies_is_noticed(self) -> None:
        """"Done", and nothing was: errno 0."""
        self.start_root()
        shutil.copy(PROBE, self.root / "probe")
        for name, first in (("setgroups", -1), ("setresgid", -1),
                            ("setresuid", -1), ("prctl", 24),
                            ("capset", -1)):
            with self.subTest(name=name):
                # Of root's directory too: there the kernel clears nothing.
                self.give_state(0 if name == "capset" else UID)
                done = self.run_root(
                    "run", "--once", extra_groups=[4], before=(
                        "/probe", "fail", str(number_of(name)), str(first),
                        "0"))
                self.assertEqual(done.code, 77, done.stderr)
                self.assertIn("still there", done.stderr)
        self.assertEqual(self.records(), [])


@needs_product
class Unprivileged(RootCase):
    """What the tools around may expect."""

    def test_version_needs_no_identity(self) -> None:
        self.make_root()
        (self.root / "etc/passwd").unlink()
        self.assertEqual(self.run_root("version", state="/nowhere").code, 0)

    def test_output_goes_where_root_pointed_it(self) -> None:
        self.start_root()
        self.assertEqual(self.run_root("run", "--once").code, 0)
        path = self.root / "out"
        with open(path, "wb") as out:
            os.fchmod(out.fileno(), 0o600)
            subprocess.run(["/wf-sentinel", "--state", "/state", "workunits",
                            "--json"], stdout=out, env={}, check=True,
                           timeout=20, preexec_fn=self.enter)
        self.assertEqual(len(path.read_text().splitlines()), 2)


if __name__ == "__main__":
    unittest.main()
