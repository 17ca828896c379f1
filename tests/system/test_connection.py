# SPDX-License-Identifier: MIT
"""Test Connection: each fault leads to its setting and one clear sentence."""
import json
import tempfile
import unittest
from typing import Any

from simulator import (SHARED, Done, Silent, Simulator, closed_port,
                       config_for, needs_product, needs_shared, run_product,
                       scenario, store_secrets, write_config)

INCIDENT = {"properties": {"incidentNumber": 1, "title": "One",
                           "additionalData": {"alertsCount": 1}}}
ERRORS = SHARED / "data" / "errors"

# Where a recorded body is given back: Entra's at the token, ARM's where the
# service gives it.
ARM_OPERATION = {"400-OData.json": "list", "409-Conflict.json": "list"}
# What the operator reads; the setting itself is the data's own.
CLEAR = {
    "client_secret": "secret", "client_certificate": "certificate",
    "client_id": "app", "tenant_id": "tenant", "cloud": "cloud",
    "conditional_access": "Conditional Access",
    "role_assignment": "Sentinel Reader", "subscription_id": "subscription",
    "resource_group": "resource group", "workspace_name": "workspace",
    "sentinel_onboarding": "not enabled", "clock": "clock",
    "api_version": "version", "azure": ""}


@needs_product
class Connection(unittest.TestCase):
    """The `test` command against a simulated Azure."""

    def start(self, *incidents: Any, **more: Any) -> Simulator:
        """A simulator with one incident unless others are given."""
        sim = Simulator(scenario(incidents or [INCIDENT], **more))
        return self.enterContext(sim)

    def state(self, sim: Simulator, connector: dict[str, Any] | None = None,
              **whole: Any) -> str:
        """A state directory with configuration and secret."""
        state = self.enterContext(tempfile.TemporaryDirectory())
        write_config(state, sim, connector or {}, **whole)
        store_secrets(state, sim)
        return state

    def check(self, state: str) -> tuple[Done, dict[str, Any]]:
        """Run it; the result as JSON."""
        done = run_product(["test", "--json"], state)
        return done, json.loads(done.stdout)

    def failed(self, state: str, check: str, setting: str,
               says: str = "") -> dict[str, Any]:
        """It must fail in this check with this setting."""
        done, result = self.check(state)
        self.assertEqual(result["result"], "failed", done)
        found = [c for c in result["checks"] if c["result"] == "failed"]
        self.assertEqual(len(found), 1, result)
        self.assertEqual((found[0]["check"], found[0]["setting"]),
                         (check, setting), found)
        self.assertIn(says.lower(), found[0]["message"].lower())
        self.assertIn(done.code, (65, 75, 77, 78))
        last = done.stderr.splitlines()[-1]
        self.assertIn(setting, last)
        skipped = [c["check"] for c in result["checks"]
                   if c["result"] == "skipped"]
        names = [c["check"] for c in result["checks"]]
        self.assertEqual(skipped, names[names.index(check) + 1:])
        return found[0]

    def test_a_right_connector_passes_all_three(self) -> None:
        sim = self.start()
        done, result = self.check(self.state(sim))
        self.assertEqual((done.code, result["result"]), (0, "passed"), done)
        self.assertEqual([c["check"] for c in result["checks"]],
                         ["authentication", "workspace_access",
                          "incident_read"])
        self.assertEqual({c["result"] for c in result["checks"]}, {"passed"})
        self.assertEqual((sim.count("alerts"), sim.count("entities")), (1, 1))

    def test_for_people_it_marks_each_check(self) -> None:
        sim = self.start()
        done = run_product(["test"], self.state(sim))
        self.assertEqual(done.stdout.count("✓"), 3, done.stdout)
        sim.settings(role="none")
        done = run_product(["test"], self.state(sim))
        self.assertEqual((done.stdout.count("✓"), done.stdout.count("✗")),
                         (1, 1), done.stdout)
        self.assertIn("Sentinel Reader", done.stdout)

    def test_an_empty_workspace_passes(self) -> None:
        sim = self.enterContext(Simulator(scenario([])))
        self.assertEqual(self.check(self.state(sim))[1]["result"], "passed")

    def test_refused_alerts_are_a_warning_that_names_the_role(self) -> None:
        sim = self.start(workspace={"posts": "forbidden"})
        done, result = self.check(self.state(sim))
        self.assertEqual((done.code, result["result"]), (0, "warning"), done)
        last = result["checks"][2]
        self.assertEqual((last["result"], last["setting"]),
                         ("warning", "role_assignment"))
        self.assertIn("incidents/*/action", last["message"])

    def test_a_missing_secret_says_how_to_enter_it(self) -> None:
        sim = self.start()
        state = self.enterContext(tempfile.TemporaryDirectory())
        write_config(state, sim)
        found = self.failed(state, "authentication", "client_secret")
        self.assertIn("secret set", found["message"])
        self.assertEqual(sim.count("token"), 0)

    def test_a_changed_destination_asks_for_the_secret_again(self) -> None:
        sim = self.start()
        state = self.state(sim)
        for change in ({"tenant_id": "5eed0000-0000-4000-8000-0000000000aa"},
                       {"client_id": "5eed0000-0000-4000-8000-0000000000aa"},
                       {"authority_url": sim.catch_all_url}):
            with self.subTest(change=change):
                write_config(state, sim, change)
                self.failed(state, "authentication", "client_secret",
                            "enter it again")
        self.assertEqual(sim.requests(origin="catch_all"), [])
        self.assertEqual(sim.count("token"), 0)

    @needs_shared("data", "errors", "INDEX.json")
    def test_every_recorded_error_leads_to_its_setting(self) -> None:
        sim = self.start()
        state = self.state(sim)
        index = json.loads((ERRORS / "INDEX.json").read_text())["files"]
        self.assertGreater(len(index), 25)
        for entry in index:
            with self.subTest(entry["file"]):
                folder, name = entry["file"].split("/")
                body = (ERRORS / entry["file"]).read_text("utf-8")
                if folder == "entra":
                    operation, check = "token", "authentication"
                else:
                    operation = ARM_OPERATION.get(name, "onboarding")
                    check = "incident_read" if operation == "list" \
                        else "workspace_access"
                sim.clear_faults()
                sim.fault(operation, do={
                    "status": entry["http_status"], "body": body,
                    "headers": entry["headers"]})
                self.failed(state, check, entry["setting"],
                            CLEAR[entry["setting"]])

    def test_not_onboarded_role_and_names_are_told_apart(self) -> None:
        cases = (({"onboarded": False}, {}, "sentinel_onboarding"),
                 ({"onboarded": "double_encoded"}, {}, "sentinel_onboarding"),
                 ({"role": "none"}, {}, "role_assignment"),
                 ({}, {"subscription_id":
                       "5eed0000-0000-4000-8000-0000000000aa"},
                  "subscription_id"),
                 ({}, {"resource_group": "rg-other"}, "resource_group"),
                 ({}, {"workspace_name": "law-other"}, "workspace_name"))
        for workspace, connector, setting in cases:
            with self.subTest(setting=setting, workspace=workspace):
                sim = self.start(workspace=workspace)
                self.failed(self.state(sim, connector), "workspace_access",
                            setting)

    def test_wrong_and_expired_secrets_are_told_apart(self) -> None:
        sim = self.start(app={"secrets": [{"value": "old~secret",
                                           "state": "expired"}]})
        state = self.enterContext(tempfile.TemporaryDirectory())
        write_config(state, sim)
        for value, says in (("old~secret", "expired"),
                            ("wr0ng~secret", "Value")):
            done = run_product(["secret", "set", "sentinel", "client_secret"],
                               state, stdin=value)
            self.assertEqual(done.code, 0, done)
            self.failed(state, "authentication", "client_secret", says)

    def test_ids_for_support_are_shown_and_logged(self) -> None:
        trace, other = (f"8c95acf1-0000-4000-8000-00000000000{n}"
                        for n in (1, 2))
        entra = {"status": 401, "body": json.dumps({
            "error": "invalid_client", "error_codes": [7000222],
            "error_description": "AADSTS7000222: expired.\r\nTrace ID: x",
            "trace_id": trace + "\x1b[2J", "correlation_id": other})}
        arm = {"error": "OData", "headers": {
            "x-ms-request-id": trace,
            "x-ms-correlation-request-id": other}}
        for operation, do, event in (
                ("token", entra, "poll_failed"), ("onboarding", arm, None),
                ("list", arm, "poll_failed"),
                ("entities", arm, "enrichment_failed")):
            with self.subTest(operation=operation):
                sim = self.start()
                state = self.state(sim)
                sim.fault(operation, do=do)
                shown = run_product(["test"], state).stdout
                self.assertIn("\n    trace id: " + trace, shown)
                self.assertIn("\n    correlation id: " + other, shown)
                self.assertNotIn("\x1b", shown)
                if event is None:
                    continue
                done = run_product(["run", "--once"], state)
                line = next(line for line in done.stderr.splitlines()
                            if f"event={event}" in line)
                self.assertRegex(line, f'trace_id="?{trace}')
                self.assertIn("correlation_id=" + other, line)
                self.assertIn("message=", line)

    # --- the network ------------------------------------------------------

    def broken(self, sim: Simulator, setting: str, says: str,
               connector: dict[str, Any] | None = None, **whole: Any) -> None:
        """A network fault: no certificate was believed, no secret sent."""
        state = self.enterContext(tempfile.TemporaryDirectory())
        write_config(state, sim, connector or {}, **whole)
        done = run_product(["secret", "set", "sentinel", "client_secret"],
                           state, stdin="s3cret~value")
        self.assertEqual(done.code, 0, done)
        self.failed(state, "authentication", setting, says)

    def test_a_name_that_cannot_be_resolved(self) -> None:
        sim = self.start()
        self.broken(sim, "network", "cannot be resolved",
                    {"authority_url": "https://login.invalid"})

    def test_a_refused_connection(self) -> None:
        sim = self.start()
        self.broken(sim, "network", "refused", {
            "authority_url": f"https://localhost:{closed_port()}"})

    def test_a_server_that_never_answers(self) -> None:
        sim = self.start()
        with Silent() as url:
            self.broken(sim, "network", "no answer", {"authority_url": url},
                        network={"connect_timeout_seconds": 1,
                                 "request_timeout_seconds": 5})

    def test_a_ca_that_signed_nothing(self) -> None:
        sim = self.start()
        self.broken(sim, "ca_file", "network.ca_file",
                    network={"ca_file": sim.other_ca_file})
        self.assertEqual(sim.count("token"), 0)

    def test_certificates_outside_their_time_point_to_the_clock(self) -> None:
        for kind in ("expired", "not_yet"):
            with self.subTest(kind):
                sim = self.start(tls={"certificate": kind})
                self.broken(sim, "clock", "clock")
                self.assertEqual(sim.count("token"), 0)

    def test_a_certificate_for_another_host(self) -> None:
        sim = self.start(tls={"certificate": "wrong_host"})
        self.broken(sim, "network", "another host")
        self.assertEqual(sim.count("token"), 0)

    def test_a_captive_portal_is_not_taken_for_azure(self) -> None:
        sim = self.start()
        state = self.state(sim)
        for operation, check in (("token", "authentication"),
                                 ("onboarding", "workspace_access"),
                                 ("list", "incident_read")):
            for do in ({"html": True}, {"redirect": 302,
                                        "location": "{catch_all}{path}"}):
                with self.subTest(operation=operation, do=do):
                    sim.clear_faults()
                    sim.fault(operation, do=do)
                    self.failed(state, check, "network", "captive portal")
        self.assertEqual(sim.requests(origin="catch_all"), [])

    def test_a_clock_that_is_off_is_said(self) -> None:
        for offset, says in ((-1200, "(1199|1200|1201) s ahead"),
                             (1200, "(1199|1200|1201) s behind")):
            with self.subTest(offset=offset):
                sim = self.start(clock_offset_seconds=offset)
                done, result = self.check(self.state(sim))
                self.assertEqual((done.code, result["result"]),
                                 (0, "warning"), done)
                first = result["checks"][0]
                self.assertEqual((first["result"], first["setting"]),
                                 ("warning", "clock"))
                self.assertRegex(first["message"], says)
                self.assertEqual([c["result"] for c in result["checks"][1:]],
                                 ["passed", "passed"])

    def test_a_clock_off_by_less_than_five_minutes_passes(self) -> None:
        for offset in (-280, 280):
            sim = self.start(clock_offset_seconds=offset)
            self.assertEqual(self.check(self.state(sim))[1]["result"],
                             "passed")

    def test_the_older_version_is_used_where_the_new_is_unknown(self) -> None:
        for error in ("NoRegisteredProviderFound", "UnsupportedApiVersion"):
            with self.subTest(error):
                sim = self.start(api_versions={"supported": ["2024-03-01"],
                                               "error": error})
                state = self.state(sim)
                self.assertEqual(self.check(state)[1]["result"], "passed")
                state = self.state(sim, {"api_version": "2025-06-01"})
                self.failed(state, "workspace_access", "api_version")

    def test_a_connector_that_is_not_there(self) -> None:
        sim = self.start()
        done = run_product(["test", "nobody"], self.state(sim))
        self.assertEqual(done.code, 64, done)
        self.assertIn("no such connector", done.stderr)

    def test_several_connectors_are_all_tested(self) -> None:
        sim = self.start()
        config = config_for(sim)
        other = {**config["connectors"][0], "name": "other",
                 "workspace_name": "law-other"}
        state = self.state(sim, connectors=[*config["connectors"], other])
        done = run_product(["test", "--json"], state)
        results = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([r["connector"] for r in results],
                         ["sentinel", "other"])
        self.assertEqual([r["result"] for r in results],
                         ["passed", "failed"])


if __name__ == "__main__":
    unittest.main()
