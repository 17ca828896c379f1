# SPDX-License-Identifier: MIT
"""Who may change things, and what is written down of it."""
import json
import os
import pathlib
import pwd
import unittest

from admin_case import WEB_USER, AdminCase
from poll_case import incident
from simulator import needs_product, run_product, store_secrets

WEB = pwd.getpwnam(WEB_USER).pw_uid
NOBODY = pwd.getpwnam("nobody").pw_uid
SECRET = "/v1/secrets/sentinel/client_secret"


@needs_product
class Audit(AdminCase):
    """The audit log."""

    def test_every_change_is_there_with_who_and_what(self) -> None:
        self.start([], {"enabled": False})
        with self.daemon():
            config, _ = self.get_config()
            config["log_level"] = "debug"
            config.pop("network")
            put = self.put_config(config)
            self.assertEqual(put.status, 200)
            # Nobody behind a web server asks: the header means nothing.
            self.call("PUT", SECRET, {"value": "s3cret~value"},
                      {"X-Remote-User": "mallory"})
            self.call("DELETE", SECRET)
            log = self.audit()
        text = pathlib.Path(self.state, "audit.ndjson").read_text()
        self.assertNotIn("s3cret", text)
        self.assertNotIn("mallory", text)
        self.assertEqual([json.loads(line) for line in text.splitlines()],
                         log[::-1])
        uid = os.getuid()
        changes = [(e["action"], e["outcome"]) for e in log[::-1]
                   if e["via"] == "socket"]
        self.assertEqual(changes, [
            (action, outcome)
            for action in ("config_put", "secret_set", "secret_delete")
            for outcome in ("started", "done")])
        for entry in log:
            self.assertEqual(entry["uid"], uid)
            self.assertNotIn("user", entry)
        put_line = next(e for e in log if e["action"] == "config_put")
        self.assertEqual(put_line["etag"], put.etag)
        self.assertEqual(set(put_line["changed"]), {"log_level", "network"})
        secret = next(e for e in log if e["action"] == "secret_set")
        self.assertEqual((secret["scope"], secret["field"]),
                         ("sentinel", "client_secret"))
        self.assertEqual([e["at"] for e in log],
                         sorted((e["at"] for e in log), reverse=True))

    def test_file_that_was_edited_by_hand_is_noted(self) -> None:
        self.start([], {"enabled": False})
        path = pathlib.Path(self.state, "config.json")
        with self.daemon():
            right = path.read_text()
            path.write_text("{")
            self.wait_for(lambda: self.audit()[0]["outcome"] == "refused")
            path.write_text(right + "\n")
            self.wait_for(lambda: self.audit()[0]["outcome"] == "done")
            entry = self.audit()[0]
            self.assertEqual((entry["via"], entry["action"]),
                             ("file", "config_loaded"))
            self.assertEqual(entry["etag"],
                             self.call("GET", "/v1/config").etag)

    def test_start_with_the_same_file_is_not_noted_again(self) -> None:
        self.start([], {"enabled": False})
        path = pathlib.Path(self.state, "audit.ndjson")
        for _ in range(2):
            with self.daemon():
                pass
        self.assertEqual(path.read_text().count("config_loaded"), 1)
        config = pathlib.Path(self.state, "config.json")
        config.write_text(config.read_text() + "\n")
        with self.daemon():
            pass
        self.assertEqual(path.read_text().count("config_loaded"), 2)

    def test_commands_without_a_daemon_write_it_too(self) -> None:
        self.start([], {"enabled": False})
        text = pathlib.Path(self.state, "audit.ndjson").read_text()
        entry = json.loads(text.splitlines()[-1])
        self.assertEqual((entry["via"], entry["action"], entry["outcome"]),
                         ("command", "secret_set", "done"))
        log = pathlib.Path(self.state, "audit.ndjson")
        log.unlink()
        log.mkdir()
        done = run_product(["secret", "delete", "sentinel", "client_secret"],
                           self.state)
        self.assertEqual(done.code, 74)
        self.assertIn("audit log", done.stderr)
        self.assertIn("sentinel", run_product(
            ["secret", "list"], self.state).stdout)

    def test_limit_and_many_lines(self) -> None:
        self.start([], {"enabled": False})
        path = pathlib.Path(self.state, "audit.ndjson")
        line = json.dumps({"at": "2026-01-01T00:00:00Z", "n": 0, "x": "y" * 300})
        path.write_text("".join(
            line.replace('"n": 0', f'"n": {n}') + "\n" for n in range(3000)))
        with self.daemon():
            log = self.audit(10000)
            self.assertEqual(log[0]["action"], "config_loaded")
            self.assertEqual([e["n"] for e in log[1:]],
                             list(range(2999, -1, -1)))
            self.assertEqual(len(self.audit(7)), 7)
            self.assertEqual(len(self.call(
                "GET", "/v1/audit").json["audit"]), 100)
            for limit in ("0", "10001", "x", "-1", "1&limit=2"):
                answer = self.call("GET", f"/v1/audit?limit={limit}")
                self.assertEqual((answer.status, answer.error[1]),
                                 (400, "limit"), limit)

    def test_torn_line_is_repaired_at_the_next_change(self) -> None:
        self.start([], {"enabled": False})
        path = pathlib.Path(self.state, "audit.ndjson")
        with path.open("a") as log:
            log.write('{"at":"2026-01-01T00:00:0')
        store_secrets(self.state, self.sim_of())
        for entry in path.read_text().splitlines():
            json.loads(entry)

    def sim_of(self) -> "object":
        """Secrets are all that is asked of it."""
        class Sim:
            info = {"secrets": {"sentinel": str(self.note("an0ther"))}}
        return Sim()

    def note(self, text: str) -> pathlib.Path:
        """A file with that text."""
        path = pathlib.Path(self.state, "note")
        path.write_text(text)
        return path


@needs_product
@unittest.skipUnless(os.geteuid() == 0, "other users' processes need root")
class WebUser(AdminCase):
    """The web server's processes, and other users' ones."""

    def begin(self, **control: object) -> None:
        """A daemon's state that others may reach the sockets in."""
        self.start([incident(1)], {"enabled": False})
        os.chmod(self.state, 0o711)
        path = pathlib.Path(self.state, "config.json")
        config = json.loads(path.read_text())
        config["control"].update(control)
        path.write_text(json.dumps(config))

    def as_web(self, method: str, target: str, user: str | None = None,
               body: str = "") -> tuple[int, object]:
        """By a process of the web server, which is in the socket's group."""
        headers = {} if user is None else {"X-Remote-User": user}
        return self.as_user(WEB, method, target, body, headers,
                            group=os.getegid())

    def test_admins_count_while_the_network_cannot_be_used(self) -> None:
        self.begin(web_admins=["alice"])
        path = pathlib.Path(self.state, "config.json")
        config = json.loads(path.read_text())
        config["network"]["ca_file"] = "gone.pem"
        path.write_text(json.dumps(config))
        body = json.dumps({"value": "s3cret~value"})
        with self.daemon():
            self.assertEqual(self.ask(self.status, "/healthz")[0], 503)
            self.assertEqual(self.as_web("PUT", SECRET, "mallory", body)[0],
                             403)
            self.assertEqual(self.as_web("PUT", SECRET, None, body)[0], 403)
            status, answer = self.as_web("PUT", SECRET, "alice", body)
            # It would be bound to a CA file that nobody has read.
            self.assertEqual((status, answer["error"]["setting"]),
                             (409, "network.ca_file"))

    def test_web_server_has_to_name_its_user(self) -> None:
        self.begin()
        body = json.dumps({"value": "s3cret~value"})
        with self.daemon():
            for user in (None, "", "x" * 129):
                for method, target in (("GET", "/v1/status"),
                                       ("GET", "/v1/nowhere"),
                                       ("PUT", SECRET)):
                    status, answer = self.as_web(
                        method, target, user, body if method == "PUT" else "")
                    self.assertEqual(status, 403, (user, target))
                    self.assertEqual(answer["error"]["setting"],
                                     "control.web_user")
            self.assertEqual(self.as_web("GET", "/v1/status", "alice")[0],
                             200)
            self.assertEqual(self.as_web("PUT", SECRET, "al\"ice", body)[0],
                             200)
            entry = self.audit()[0]
            self.assertEqual((entry["uid"], entry["user"], entry["action"]),
                             (WEB, 'al"ice', "secret_set"))
        self.assertIn("event=control_refused", self.errors)

    def test_only_web_admins_change_things(self) -> None:
        self.begin(web_admins=["alice", "bob"])
        body = json.dumps({"value": "s3cret~value"})
        with self.daemon():
            for method, target in (("PUT", SECRET), ("DELETE", SECRET),
                                   ("PUT", "/v1/config"),
                                   ("POST", "/v1/import"),
                                   ("POST", "/v1/nowhere")):
                for user in ("carol", "Alice", "alice ", "alice,bob"):
                    if user == "alice ":
                        continue
                    status, answer = self.as_web(
                        method, target, user,
                        body if method != "DELETE" else "")
                    self.assertEqual(status, 403, (method, target, user))
                    self.assertEqual(answer["error"]["setting"],
                                     "control.web_admins")
            self.assertEqual(self.as_web("GET", "/v1/config", "carol")[0],
                             200)
            self.assertEqual(self.as_web("PUT", SECRET, "bob", body)[0], 200)
            self.assertEqual({e.get("user") for e in self.audit()
                              if e["action"] == "secret_set"
                              and e["via"] == "socket"}, {"bob"})

    def test_other_members_of_the_group_are_administrators(self) -> None:
        self.begin(web_admins=["alice"])
        body = json.dumps({"value": "s3cret~value"})
        with self.daemon():
            status, _ = self.as_user(
                NOBODY, "PUT", SECRET, body, {"X-Remote-User": "mallory"},
                group=os.getegid())
            self.assertEqual(status, 200)
            entry = self.audit()[0]
            self.assertEqual(entry["uid"], NOBODY)
            self.assertNotIn("user", entry)

    def test_who_is_no_member_is_not_let_in(self) -> None:
        self.begin()
        with self.daemon():
            self.assertEqual(self.as_user(NOBODY, "GET", "/v1/status")[0], 0)
            self.assertEqual(self.as_user(WEB, "GET", "/v1/status", "",
                                          {"X-Remote-User": "alice"})[0], 0)
            # Not even where the file's mode was widened.
            os.chmod(self.control, 0o666)
            for uid in (NOBODY, WEB):
                self.assertEqual(self.as_user(
                    uid, "GET", "/v1/status", "",
                    {"X-Remote-User": "alice"})[0], 403)

    def test_another_web_user_by_the_configuration(self) -> None:
        self.begin(web_user="nobody")
        with self.daemon():
            self.assertEqual(self.as_user(NOBODY, "GET", "/v1/status", "", {},
                                          group=os.getegid())[0], 403)
            self.assertEqual(self.as_web("GET", "/v1/status")[0], 200)


if __name__ == "__main__":
    unittest.main()
