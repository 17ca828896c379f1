# SPDX-License-Identifier: MIT
"""POST /v1/connectors/{name}/test, and the test command over it."""
import json
import os
import pathlib
import re
import threading
import time
import unittest
from typing import Any

from event_stream import Events
from poll_case import incident
from simulator import (CLIENT, SECRET, TENANT, Simulator, closed_port,
                       needs_product, run_product, start_product)
from test_control import DaemonCase, UnixConnection

TEST = "/v1/connectors/sentinel/test"
NAMES = ["authentication", "workspace_access", "incident_read"]
MEMBERS = {"check", "result", "message", "setting", "elapsed_ms", "code",
           "trace_id", "correlation_id"}
OTHER = "5eed0000-0000-4000-8000-0000000000aa"


class TestedCase(DaemonCase):
    """A daemon whose first poll is over."""

    def up(self, *args: Any, **more: Any) -> Simulator:
        sim = self.start(*args or ([incident(1, alerts=1)],), **more)
        self.process = self.enterContext(self.daemon())
        self.wait_for(lambda: self.get_status()["connectors"])
        self.wait_for(lambda: self.get_status()["connectors"][0]["last_poll"]
                      or self.get_status()["connectors"][0]["last_error"])
        return sim

    def post(self, body: Any = None, target: str = TEST) \
            -> tuple[int, dict[str, Any]]:
        code, text = self.ask(self.control, target, "POST", body)
        answer: dict[str, Any] = json.loads(text)
        return code, answer

    def result(self, body: Any = None, target: str = TEST) -> dict[str, Any]:
        """The result of a test that was begun."""
        code, answer = self.post(body, target)
        self.assertEqual(code, 200, answer)
        self.assertEqual(set(answer), {"connector", "checks", "result"})
        self.assertEqual([c["check"] for c in answer["checks"]], NAMES)
        for check in answer["checks"]:
            self.assertEqual(set(check), MEMBERS)
        return answer

    def in_background(self, sim: Simulator) \
            -> tuple[threading.Thread, list[dict[str, Any]]]:
        """A test that waits for its second check, and its result later."""
        answers: list[dict[str, Any]] = []
        before = sim.count("onboarding")
        thread = threading.Thread(
            target=lambda: answers.append(self.result()))
        thread.start()
        self.wait_for(lambda: sim.count("onboarding") > before)
        return thread, answers

    def failed(self, answer: dict[str, Any]) -> tuple[str, str, str]:
        """Check, code and setting of the one that failed."""
        self.assertEqual(answer["result"], "failed", answer)
        [check] = [c for c in answer["checks"] if c["result"] == "failed"]
        return check["check"], check["code"], check["setting"]


@needs_product
class Saved(TestedCase):
    """Tests of a connector as it is saved."""

    def test_three_checks_pass(self) -> None:
        sim = self.up()
        for body in (None, {}, {"settings": {}, "secrets": {}}):
            with self.subTest(body=body):
                answer = self.result(body)
                self.assertEqual(
                    (answer["connector"], answer["result"]),
                    ("sentinel", "passed"))
        self.assertIsNone(self.get_status()["connectors"][0]["last_error"])
        self.assertGreaterEqual(sim.count("token"), 4)

    def test_failure_names_its_setting(self) -> None:
        sim = self.up()
        sim.settings(role="none")
        self.assertEqual(self.failed(self.result()),
                         ("workspace_access", "AuthorizationFailed",
                          "role_assignment"))

    def test_what_cannot_be_tested(self) -> None:
        self.up()
        for body, code in ((None, 200), ("x", 400), ([], 400),
                           ({"settings": 1}, 400), ({"secrets": []}, 400)):
            with self.subTest(body=body):
                self.assertEqual(self.post(body)[0], code)
        code, answer = self.post(target="/v1/connectors/other/test")
        self.assertEqual((code, answer["error"]["setting"]),
                         (404, "connectors"))
        self.assertEqual(self.ask(self.control, TEST)[0], 405)
        self.assertEqual(self.ask(self.status, TEST, "POST")[0], 404)

    def test_unconfigured_daemon_says_so(self) -> None:
        self.start([])
        os.unlink(pathlib.Path(self.state, "config.json"))
        default = pathlib.Path("/run/wf-sentinel/control.sock")
        if default.exists() or os.getuid() != 0:
            self.skipTest("the usual place of the socket is not ours")
        process = start_product(["run"], self.state)
        try:
            self.wait_for(default.exists)
            self.control = default
            code, answer = self.post()
            self.assertEqual((code, answer["error"]["code"]),
                             (409, "unconfigured"))
        finally:
            process.terminate()
            process.communicate(timeout=10)

    def test_each_finished_check_is_an_event(self) -> None:
        sim = self.up()
        sim.latency(token=300, onboarding=300, list=300)
        with Events(self.control) as events:
            events.until("sink")
            answers: list[dict[str, Any]] = []
            thread = threading.Thread(
                target=lambda: answers.append(self.result()))
            began = time.monotonic()
            thread.start()
            first = events.named("check")
            self.assertLess(time.monotonic() - began, 0.8)
            checks = first + events.named("check", 2)
            [end] = events.named("test")
            thread.join(10)
        [answer] = answers
        self.assertEqual([e.data for e in checks],
                         [{"connector": "sentinel", **c}
                          for c in answer["checks"]])
        self.assertEqual(end.data, {"connector": "sentinel",
                                    "result": "passed"})

    def test_one_at_a_time_beside_polls(self) -> None:
        sim = self.up([incident(n, alerts=1) for n in range(1, 40)])
        sim.latency(onboarding=1500)
        thread, _ = self.in_background(sim)
        code, answer = self.post()
        self.assertEqual((code, answer["error"]["code"]), (503, "busy"))
        # A poll meanwhile reads and enriches as ever.
        before = len(self.records())
        sim.add_incident(**incident(50, alerts=1))
        self.ask(self.control, "/v1/connectors/sentinel/poll", "POST")
        self.wait_for(lambda: len(self.records()) == before + 1)
        self.assertTrue(thread.is_alive())
        self.assertEqual(self.records()[-1]["enrichment"],
                         {"alerts": "complete", "entities": "complete",
                          "comments": "complete"})
        thread.join(20)

    def test_polls_and_tests_side_by_side_lose_nothing(self) -> None:
        """Both slots are busy most of the time, and both get on."""
        sim = self.start([incident(n, alerts=1, comments=1)
                          for n in range(1, 61)])
        sim.latency(alerts=20, entities=20, comments=20, token=10)
        with self.daemon():
            self.wait_for(lambda: self.get_status()["connectors"])
            results = [self.result()["result"] for _ in range(10)]
            self.wait_for(lambda: len(self.records()) == 60)
            self.assertEqual(set(results), {"passed"})
            self.assertIsNone(self.get_status()["connectors"][0]["last_error"])
            self.assertEqual({json.dumps(r["enrichment"])
                              for r in self.records()},
                             {json.dumps({"alerts": "complete",
                                          "entities": "complete",
                                          "comments": "complete"})})

    def test_it_ends_with_a_result_when_the_daemon_ends(self) -> None:
        sim = self.up()
        sim.latency(onboarding=8000)
        thread, answers = self.in_background(sim)
        self.process.terminate()
        thread.join(5)
        self.assertEqual(self.failed(answers[0]),
                         ("workspace_access", "test_interrupted",
                          "connector"))

    def test_it_ends_with_a_result_when_the_configuration_changes(self) \
            -> None:
        sim = self.up()
        sim.latency(onboarding=8000)
        thread, answers = self.in_background(sim)
        path = pathlib.Path(self.state, "config.json")
        path.write_text(path.read_text() + "\n")
        thread.join(5)
        self.assertEqual(self.failed(answers[0])[1], "test_interrupted")
        sim.latency(onboarding=0)
        self.wait_for(lambda: self.post()[0] == 200)
        self.assertEqual(self.result()["result"], "passed")


@needs_product
class Unsaved(TestedCase):
    """Tests of settings and secrets that are not saved."""

    def test_settings_are_laid_over_the_stored_ones(self) -> None:
        self.up()
        answer = self.result({"settings": {"workspace_name": "law-other"}})
        self.assertEqual(self.failed(answer)[0], "workspace_access")
        self.assertEqual(self.result()["result"], "passed")

    def test_a_secret_is_used_and_not_stored(self) -> None:
        sim = self.up()
        sim.app(secrets=[{"value": "another~secret"}])
        sim.revoke_tokens()
        self.assertEqual(self.failed(self.result())[2], "client_secret")
        new = {"secrets": {"client_secret": "another~secret"}}
        self.assertEqual(self.result(new)["result"], "passed")
        self.assertEqual(self.failed(self.result())[2], "client_secret")

    def test_a_whole_connector_that_is_not_saved(self) -> None:
        sim = self.up()
        path = pathlib.Path(self.state, "config.json")
        settings = json.loads(path.read_text())["connectors"][0]
        del settings["name"]
        target = "/v1/connectors/brand-new/test"
        whole = {"settings": settings,
                 "secrets": {"client_secret": SECRET}}
        answer = self.result(whole, target)
        self.assertEqual((answer["connector"], answer["result"]),
                         ("brand-new", "passed"))
        self.assertEqual(self.failed(self.result({"settings": settings},
                                                 target)),
                         ("authentication", "secret_required",
                          "client_secret"))
        del settings["tenant_id"]
        code, answer = self.post(whole, target)
        self.assertEqual((code, answer["error"]["setting"]),
                         (422, "tenant_id"))
        self.assertEqual(sim.requests(origin="catch_all"), [])

    def test_a_stored_secret_goes_nowhere_else(self) -> None:
        sim = self.up()
        before = sim.count("token")
        for settings in ({"tenant_id": OTHER}, {"client_id": OTHER},
                         {"authority_url": sim.catch_all_url},
                         {"arm_url": sim.catch_all_url},
                         {"authority_url":
                          f"https://localhost:{closed_port()}"}):
            with self.subTest(settings=settings):
                self.assertEqual(
                    self.failed(self.result({"settings": settings})),
                    ("authentication", "secret_destination",
                     "client_secret"))
        self.assertEqual(sim.requests(origin="catch_all"), [])
        self.assertEqual(sim.count("token"), before)

    def test_settings_are_checked_as_in_the_file(self) -> None:
        self.up()
        for settings, setting in (
                ({"tenant_id": "x"}, "tenant_id"),
                ({"workspace_name": "a" * 100}, "workspace_name"),
                ({"cloud": "moon"}, "cloud"),
                ({"authority_url": "http://localhost"}, "authority_url"),
                ({"cloud": "public", "arm_url": "https://x"}, "arm_url"),
                ({"strange": 1}, "strange"),
                ({"poll_interval_seconds": 1}, "poll_interval_seconds"),
                ({"name": "another"}, "name"),
                ({"network": {"proxy": "http://x:1"}}, "network"),
                ({"exclude": [{"label": 1}]}, "exclude[0].label")):
            with self.subTest(settings=settings):
                code, answer = self.post({"settings": settings})
                self.assertEqual((code, answer["error"]["setting"]),
                                 (422, setting), answer)
        text = f'{{"settings":{{"tenant_id":"{TENANT}",' \
            f'"tenant\\u005fid":"{OTHER}"}}}}'
        self.assertEqual(self.raw(text), 422)
        self.assertEqual(self.post({"settings": {"name": "sentinel"}})[0],
                         200)

    def raw(self, text: str) -> int:
        """Status for a body as it stands here."""
        connection = UnixConnection(self.control)
        connection.request("POST", TEST, text)
        return connection.getresponse().status

    def test_secrets_that_are_none(self) -> None:
        self.up()
        for secrets in ({"client_secret": ""}, {"client_secret": 1},
                        {"client_secret": "x" * 513},
                        {"client_secret_next": "x"}, {"password": "x"}):
            with self.subTest(secrets=secrets):
                code, answer = self.post({"secrets": secrets})
                self.assertEqual((code, answer["error"]["setting"]),
                                 (422, "secrets"))

    def test_no_secret_is_in_memory_afterwards(self) -> None:
        """Of the process, when the test is over: neither given nor stored."""
        self.up()
        secret = "n0t-stored~" + "y" * 20
        self.assertEqual(self.failed(self.result(
            {"settings": {"client_id": CLIENT},
             "secrets": {"client_secret": secret}}))[2], "client_secret")
        self.assertEqual(self.copies(secret), 0)
        for body in ({"settings": {"client_secret": secret}},
                     {"secrets": {"client_secret": secret, "token": "x"}},
                     {"settings": {"tenant_id": "x"},
                      "secrets": {"client_secret": secret}}):
            with self.subTest(body=body):
                self.assertEqual(self.post(body)[0], 422)
                self.assertEqual(self.copies(secret), 0)
        # That it would be found: the path of the state directory is there.
        self.assertGreater(self.copies(self.state), 0)

    def copies(self, text: str) -> int:
        """How often it is in the memory of the daemon, a moment later."""
        time.sleep(0.2)
        found = 0
        maps = pathlib.Path(f"/proc/{self.process.pid}/maps").read_text()
        with open(f"/proc/{self.process.pid}/mem", "rb") as memory:
            for line in maps.splitlines():
                span, rights = line.split()[:2]
                if "r" not in rights or "[v" in line:
                    continue
                start, end = (int(x, 16) for x in span.split("-"))
                memory.seek(start)
                found += memory.read(end - start).count(text.encode())
        return found


@needs_product
class Command(TestedCase):
    """`test` asks the daemon, or does it itself."""

    def without_times(self, text: str) -> str:
        """Without what differs from run to run."""
        text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID",
                      text)
        return re.sub(r"\d+ ms|\"elapsed_ms\":\d+", "T", text)

    def test_same_output_with_and_without_a_daemon(self) -> None:
        sim = self.start([incident(1, alerts=1)])
        for role in ("responder", "reader", "none"):
            sim.settings(role=role)
            with self.subTest(role=role):
                alone = run_product(["test"], self.state)
                alone_json = run_product(["test", "--json"], self.state)
                with self.daemon():
                    asked = run_product(["test"], self.state)
                    named = run_product(["test", "sentinel"], self.state)
                    asked_json = run_product(["test", "--json"], self.state)
                self.assertEqual(asked.code, alone.code)
                self.assertEqual(self.without_times(asked.stdout),
                                 self.without_times(alone.stdout))
                self.assertEqual(asked.stderr, alone.stderr)
                self.assertEqual(self.without_times(named.stdout),
                                 self.without_times(asked.stdout))
                self.assertEqual(self.without_times(asked_json.stdout),
                                 self.without_times(alone_json.stdout))
                self.assertEqual(asked.code, 77 if role == "none" else 0)

    def test_daemon_is_asked(self) -> None:
        """Its requests, by its secrets: one test at a time."""
        sim = self.up()
        sim.latency(onboarding=2000)
        before = sim.count("onboarding")
        first = start_product(["test"], self.state)
        self.wait_for(lambda: sim.count("onboarding") > before)
        second = run_product(["test"], self.state)
        self.assertEqual(second.code, 75)
        self.assertIn("Another test is running", second.stderr)
        output, errors = first.communicate(timeout=20)
        self.assertEqual(first.returncode, 0, errors)
        self.assertEqual(output.count("✓"), 3)

    def test_unknown_name(self) -> None:
        self.up()
        done = run_product(["test", "nobody"], self.state)
        self.assertEqual((done.code, done.stdout), (64, ""))
        self.assertIn("No connector of this name", done.stderr)


if __name__ == "__main__":
    unittest.main()
