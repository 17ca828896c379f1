# SPDX-License-Identifier: MIT
"""Secrets over the control socket, and where a stored one never goes."""
import json
import pathlib
import shutil
import time
import unittest
import urllib.parse
from typing import Any

from admin_case import AdminCase
from poll_case import incident
from simulator import Simulator, needs_product, run_product

PATH = "/v1/secrets/sentinel/client_secret"


@needs_product
class Secrets(AdminCase):
    """PUT, GET and DELETE /v1/secrets."""

    def test_secret_is_used_at_the_next_login_without_a_restart(self) -> None:
        sim = self.start([incident(1)])
        run_product(["secret", "delete", "sentinel", "client_secret"],
                    self.state)
        with self.daemon():
            self.wait_for(lambda: self.connector_state() == (
                "secret_required", "secret_required", "client_secret"))
            answer = self.put_secret(self.secret_of(sim),
                                     expires="2031-05-31")
            self.assertEqual((answer.status, answer.json),
                             (200, {"stored": True}))
            # Not after the minute that a failed poll waits.
            self.wait_for(lambda: self.records(), 5)
            [row] = self.call("GET", "/v1/secrets").json["secrets"]
            self.assertEqual(
                (row["scope"], row["field"], row["state"], row["expires"]),
                ("sentinel", "client_secret", "ok", "2031-05-31T23:59:59Z"))
            self.assertLess(row["age_seconds"], 60)
            self.wait_for(lambda: self.connector_state()[0] == "ok")
            self.assertEqual(self.get_status()["connectors"][0]
                             ["secret_expires"], "2031-05-31T23:59:59Z")
            self.put_secret(self.secret_of(sim))
            [row] = self.call("GET", "/v1/secrets").json["secrets"]
            self.assertIsNone(row["expires"])

    def test_secret_that_azure_refused_is_tried_again_at_once(self) -> None:
        sim = self.start([incident(1)])
        self.assertEqual(run_product(
            ["secret", "set", "sentinel", "client_secret"], self.state,
            stdin="wrong~secret").code, 0)
        with self.daemon():
            self.wait_for(lambda: self.connector_state()[2]
                          == "client_secret")
            self.assertEqual(self.put_secret(self.secret_of(sim)).status, 200)
            self.wait_for(lambda: self.records(), 5)

    def test_removed_secret_is_required_again(self) -> None:
        self.start([], {"enabled": False})
        with self.daemon():
            self.assertEqual(self.call("DELETE", PATH).status, 200)
            self.assertEqual(self.call("GET", "/v1/secrets").json,
                             {"secrets": []})
            answer = self.call("DELETE", PATH)
            self.assertEqual((answer.status, answer.error),
                             (404, ("no_such_secret", "client_secret")))
            done = run_product(["secret", "delete", "sentinel",
                                "client_secret"], self.state)
            self.assertEqual(done.code, 64)
            self.assertIn("no such secret", done.stderr)

    def test_what_is_no_secret_is_refused(self) -> None:
        self.start([], {"enabled": False})
        cases: tuple[tuple[Any, int, str], ...] = (
            ("", 422, "bad_body"), ("{", 422, "bad_body"),
            ("[]", 422, "bad_body"), ({}, 422, "bad_body"),
            ({"value": 5}, 422, "bad_body"),
            ({"value": "x", "more": 1}, 422, "bad_body"),
            ('{"value":"x","value":"y"}', 422, "bad_body"),
            ({"value": "x", "expires": "soon"}, 422, "bad_body"),
            ({"value": "x", "expires": 5}, 422, "bad_body"),
            ({"value": ""}, 422, "secret_malformed"),
            ({"value": "a b"}, 422, "secret_malformed"),
            ({"value": "x" * 513}, 422, "secret_malformed"),
            ({"value": "5eed0000-0000-4000-8000-000000000001"}, 422,
             "secret_malformed"))
        with self.daemon():
            before = self.call("GET", "/v1/secrets").json["secrets"][0]
            for body, status, code in cases:
                answer = self.call("PUT", PATH, body)
                self.assertEqual((answer.status, answer.error[0]),
                                 (status, code), body)
                self.assertNotIn("a b", answer.text)
            for path, status, code in (
                    ("nobody/client_secret", 404, "no_such_connector"),
                    ("sentinel/nothing", 400, "no_such_field"),
                    ("sentinel/client_certificate", 400,
                     "secret_unsupported"),
                    ("network/proxy_password", 404, "no_such_connector")):
                answer = self.call("PUT", "/v1/secrets/" + path,
                                   {"value": "s3cret~value"})
                self.assertEqual((answer.status, answer.error[0]),
                                 (status, code), path)
            self.assertEqual(self.call("GET", PATH).status, 405)
            after = self.call("GET", "/v1/secrets").json["secrets"][0]
            self.assertEqual(after["set_at"], before["set_at"])

    def test_more_secrets_than_a_piece_holds_are_all_listed(self) -> None:
        self.start([], {"enabled": False})
        folder = pathlib.Path(self.state, "secrets")
        for number in range(100):
            shutil.copy(folder / "sentinel.client_secret",
                        folder / f"other-{number}.client_secret")
        with self.daemon():
            rows = self.call("GET", "/v1/secrets").json["secrets"]
        # A copy is not the file of its name, and says so.
        self.assertEqual({r["scope"]: r["state"] for r in rows},
                         {"sentinel": "ok",
                          **{f"other-{n}": "damaged" for n in range(100)}})

    def test_commands_ask_the_daemon_or_do_it_themselves(self) -> None:
        self.start([], {"enabled": False})
        for running in (True, False):
            with self.subTest(running=running):
                if running:
                    with self.daemon():
                        self.commands("socket")
                else:
                    self.commands("command")

    def commands(self, via: str) -> None:
        """set, list, delete."""
        def secret(*args: str, stdin: str = "") -> tuple[int, str, str]:
            done = run_product(["secret", *args], self.state, stdin=stdin)
            return done.code, done.stdout, done.stderr
        name = ("sentinel", "client_secret")
        code, _, says = secret("set", *name, stdin="an0ther~secret\n")
        self.assertEqual(code, 0, says)
        self.assertIn("without --expires", says)
        code, _, says = secret("set", *name, "--expires", "2031-01-02",
                               stdin="an0ther~secret\n")
        self.assertEqual(code, 0, says)
        self.assertNotIn("without --expires", says)
        code, rows, _ = secret("list")
        self.assertEqual(code, 0)
        self.assertRegex(rows, r"^sentinel\tclient_secret\tset 20..-..-.."
                               r"\texpires 2031-01-02\n$")
        self.assertEqual(secret("set", "nobody", "client_secret",
                                stdin="x")[0], 64)
        self.assertEqual(secret("set", *name, stdin="a b")[0], 78)
        self.assertEqual(secret("delete", *name)[0], 0)
        self.assertEqual(secret("list")[:2], (0, ""))
        code, _, says = secret("delete", *name)
        self.assertEqual(code, 64)
        self.assertIn("no such secret", says)
        lines = pathlib.Path(self.state, "audit.ndjson").read_text()
        entry = [e for e in map(json.loads, lines.splitlines())
                 if e["action"] == "secret_delete"][-1]
        self.assertEqual((entry["via"], entry["outcome"]), (via, "done"))
        self.assertNotIn("an0ther", lines)


@needs_product
class Bound(AdminCase):
    """A stored secret goes where it was entered for, and nowhere else.

    The catch-all server has a certificate of the simulator's CA, says yes to
    every handshake and keeps what it is sent.  To see that this test can fail:
    where mark_binding's comparison in vault_file.c and the binding in its
    associated data are left out, each change of an origin sends the secret.
    """

    def changes(self, sim: Simulator) -> dict[str, dict[str, Any]]:
        """What to change, and what goes there."""
        port = sim.catch_all_url.rsplit(":", 1)[1]
        return {
            "authority_url": {"authority_url": sim.catch_all_url},
            "arm_url": {"arm_url": sim.catch_all_url},
            "both": {"authority_url": sim.catch_all_url,
                     "arm_url": sim.catch_all_url},
            "cloud": {"cloud": "usgov", "authority_url": None,
                      "arm_url": None},
            "tenant": {"tenant_id": "00000000-0000-4000-8000-00000000dead"},
            "client": {"client_id": "00000000-0000-4000-8000-00000000dead"},
            "proxy": {"network": {"proxy": f"http://localhost:{port}"}},
            # In the state directory, or the sandbox needs a new start.
            "ca_file": {"network": {"ca_file": shutil.copy(
                sim.other_ca_file, f"{self.state}/other.pem")}},
        }

    def changed(self, config: dict[str, Any], what: dict[str, Any]) \
            -> dict[str, Any]:
        """The configuration with that change."""
        config = json.loads(json.dumps(config))
        for key, value in what.items():
            if key == "network":
                config["network"].update(value)
            elif value is None:
                config["connectors"][0].pop(key, None)
            else:
                config["connectors"][0][key] = value
        return config

    def check_required(self, sim: Simulator, secret: str, why: str) -> None:
        """The status says what to do, and nobody got anything."""
        form = urllib.parse.quote(secret, safe="")
        self.wait_for(lambda: form in json.dumps(sim.requests())
                      or self.connector_state()[0] == "secret_required", 5)
        self.assertEqual([(r["origin"], r["path"]) for r in sim.requests()
                          if form in r["body"]], [], why)
        self.assertEqual(self.connector_state(), (
            "secret_required", "secret_destination", "client_secret"), why)
        # A connection that ends is in the log too, without a request.
        self.assertEqual([r for r in sim.requests() if r["method"]
                          or r["origin"] == "catch_all"], [], why)

    def check_back(self, sim: Simulator, config: dict[str, Any]) -> None:
        """The old destination again: the secret is still good for it."""
        sim.reset()
        self.assertEqual(self.put_config(config).status, 200)
        self.wait_polled(sim)

    def wait_polled(self, sim: Simulator) -> None:
        """A whole poll, and nothing under way behind it."""
        self.wait_for(lambda: sim.count("list"), 5)
        self.wait_for(lambda: self.connector_state()[0] == "ok"
                      and self.get_status()["connectors"][0]["last_poll"], 5)
        time.sleep(0.2)
        sim.reset()

    def test_no_change_over_the_socket_or_in_the_file_sends_it(self) -> None:
        sim = self.start([incident(1)])
        secret = self.secret_of(sim)
        path = pathlib.Path(self.state, "config.json")
        with self.daemon():
            self.wait_polled(sim)
            config, _ = self.get_config()
            for name, what in self.changes(sim).items():
                for by_hand in (False, True):
                    with self.subTest(change=name, by_hand=by_hand):
                        self.check_back(sim, config)
                        new = self.changed(config, what)
                        if by_hand:
                            path.write_text(json.dumps(new))
                        else:
                            self.assertEqual(self.put_config(new).status, 200)
                        self.check_required(sim, secret, name)
            self.check_back(sim, config)

    def test_ca_file_that_is_replaced_in_place_asks_for_the_secret(self) \
            -> None:
        sim = self.start([incident(1)])
        ca_file = pathlib.Path(self.state, "own-ca.pem")
        shutil.copy(sim.ca_file, ca_file)
        with self.daemon():
            config, _ = self.get_config()
            config["network"]["ca_file"] = str(ca_file)
            self.wait_polled(sim)
            # The same bytes elsewhere vouch for the same servers.
            self.check_back(sim, config)
            other = pathlib.Path(sim.other_ca_file).read_text()
            ca_file.write_text(ca_file.read_text() + other)
            self.check_required(sim, self.secret_of(sim), "in place")
            # What is no CA file at all stays out, and the daemon stays up.
            ca_file.write_text("nonsense")
            time.sleep(2.5)
            self.assertTrue(self.is_up())
        self.assertIn("event=ca_file_refused", self.errors)
        self.assertEqual(run_product(["test"], self.state).code, 78)

    def test_secret_entered_again_goes_to_the_new_place(self) -> None:
        """The negative control: the catch-all server does see a secret that
        was entered for it."""
        sim = self.start([incident(1)])
        with self.daemon():
            self.wait_polled(sim)
            config, _ = self.get_config()
            new = self.changed(config, self.changes(sim)["authority_url"])
            self.assertEqual(self.put_config(new).status, 200)
            self.check_required(sim, self.secret_of(sim), "authority_url")
            self.assertEqual(self.put_secret("f0r~the~catch~all").status, 200)
            self.wait_for(lambda: sim.requests(origin="catch_all"))
            self.assertIn("f0r~the~catch~all", json.dumps(
                sim.requests(origin="catch_all")))
        self.assertEqual(sim.requests(origin="entra"), [])


if __name__ == "__main__":
    unittest.main()
