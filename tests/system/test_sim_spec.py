# SPDX-License-Identifier: MIT
"""The simulator's replies and the product's requests against Azure's own
API description (../shared/data/specification).

The check itself is proved first: it accepts every official example and the
recorded replies of the live service, and refuses each of a list of broken
ones.
"""
import copy
import json
import pathlib
import sys
import tempfile
import unittest
import urllib.parse
from collections.abc import Callable
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from poll_case import incident
from simulator import (SHARED, Simulator, named_scenario,
                       needs_product, needs_shared, run_product, scenario,
                       store_secrets, write_config)

try:
    import openapi
except ImportError:
    openapi = None  # type: ignore[assignment]

SPECIFICATION = SHARED / "data" / "specification"
JSON_TYPE = "application/json; charset=utf-8"
GUID = "5eed0000-0000-4000-8000-00000000000f"
BASE = (f"/subscriptions/{GUID}/resourceGroups/rg/providers/Microsoft."
        "OperationalInsights/workspaces/law-test/providers/"
        "Microsoft.SecurityInsights")
V = "api-version=2025-09-01"
OLD = "2024-03-01"

#: Which example belongs to which operation.
EXAMPLES = {
    "incidents/GetIncidents.json": "Incidents_List",
    "incidents/GetIncidentById.json": "Incidents_Get",
    "incidents/CreateIncident.json": "Incidents_CreateOrUpdate",
    "incidents/GetAllIncidentAlerts.json": "Incidents_ListAlerts",
    "incidents/GetAllIncidentBookmarks.json": "Incidents_ListBookmarks",
    "incidents/GetAllIncidentEntities.json": "Incidents_ListEntities",
    "incidents/comments/GetAllIncidentComments.json":
        "IncidentComments_List",
    "incidents/comments/GetIncidentCommentById.json":
        "IncidentComments_Get",
    "onboardingStates/GetSentinelOnboardingState.json":
        "SentinelOnboardingStates_Get",
    "onboardingStates/GetAllSentinelOnboardingStates.json":
        "SentinelOnboardingStates_List",
}
#: Recorded replies.
WIRE = {
    "incidents-list-12of21.json": "Incidents_List",
    "incident-alerts.json": "Incidents_ListAlerts",
    "comments-list.json": "IncidentComments_List",
    "comment-get.json": "IncidentComments_Get",
}


class SpecificationCase(unittest.TestCase):
    """Reads the description once for all tests."""

    spec: Any = None

    @classmethod
    def setUpClass(cls) -> None:
        if openapi is None:
            raise unittest.SkipTest("python3-jsonschema is not installed")
        if not SPECIFICATION.is_dir():
            raise unittest.SkipTest(f"{SPECIFICATION} is missing")
        if SpecificationCase.spec is None:
            SpecificationCase.spec = openapi.Specification(SPECIFICATION)

    def wrong_reply(self, operation: str, document: object,
                    status: int = 200) -> list[str]:
        """What the check finds in a reply."""
        found: list[str] = self.spec.by_id(operation).check_reply(
            status, JSON_TYPE, json.dumps(document).encode())
        return found


def incident_list() -> dict[str, Any]:
    """A conforming list, to be broken."""
    return {"nextLink": "https://localhost/x", "value": [{
        "id": f"{BASE}/Incidents/{GUID}", "name": GUID, "etag": '"e"',
        "type": "Microsoft.SecurityInsights/Incidents",
        "properties": {
            "title": "t", "severity": "High", "status": "New",
            "owner": {"objectId": None, "email": None, "assignedTo": None,
                      "userPrincipalName": None, "ownerType": None},
            "labels": [{"labelName": "l", "labelType": "User"}],
            "createdTimeUtc": "2026-03-25T07:31:57.5330149Z",
            "incidentNumber": 1,
            "additionalData": {"alertsCount": 0, "tactics": ["Impact"]}}}]}


def entities() -> dict[str, Any]:
    """A conforming entities reply, to be broken."""
    return {"entities": [{
        "id": f"{BASE}/Entities/{GUID}", "name": GUID, "kind": "Ip",
        "type": "Microsoft.SecurityInsights/Entities",
        "properties": {"friendlyName": "192.0.2.1", "address": "192.0.2.1",
                       "location": {"asn": 1, "countryCode": "NL"}}}],
            "metaData": [{"entityKind": "Ip", "count": 1}]}


def _props(document: dict[str, Any]) -> dict[str, Any]:
    key = "value" if "value" in document else "entities"
    found: dict[str, Any] = document[key][0]["properties"]
    return found


#: Each breaks a conforming document in one way.
BREAK_LIST: dict[str, Callable[[dict[str, Any]], object]] = {
    "no value": lambda d: d.pop("value"),
    "value is an object": lambda d: d.update(value={}),
    "next_link instead of nextLink": lambda d: d.update(next_link="x"),
    "nextLink is a number": lambda d: d.update(nextLink=1),
    "no title": lambda d: _props(d).pop("title"),
    "no severity": lambda d: _props(d).pop("severity"),
    "no status": lambda d: _props(d).pop("status"),
    "unknown severity": lambda d: _props(d).update(severity="Severe"),
    "unknown status": lambda d: _props(d).update(status="Open"),
    "title is null": lambda d: _props(d).update(title=None),
    "description is null": lambda d: _props(d).update(description=None),
    "number is text": lambda d: _props(d).update(incidentNumber="1"),
    "number beyond int32": lambda d: _props(d).update(
        incidentNumber=2**31),
    "time without zone": lambda d: _props(d).update(
        createdTimeUtc="2026-03-25T07:31:57"),
    "time with a space": lambda d: _props(d).update(
        createdTimeUtc="2026-03-25 07:31:57Z"),
    "eight fraction digits": lambda d: _props(d).update(
        createdTimeUtc="2026-03-25T07:31:57.12345678Z"),
    "unknown member": lambda d: _props(d).update(techniques=[]),
    "misspelt member": lambda d: _props(d).update(lastModifiedTime="x"),
    "owner id is no uuid": lambda d: _props(d)["owner"].update(
        objectId="nobody"),
    "label without a name": lambda d: _props(d)["labels"][0].pop(
        "labelName"),
    "label type unknown": lambda d: _props(d)["labels"][0].update(
        labelType="Machine"),
    "labels is null": lambda d: _props(d).update(labels=None),
    "count is text": lambda d: _props(d)["additionalData"].update(
        alertsCount="2"),
    "preview member": lambda d: _props(d)["additionalData"].update(
        mergedIncidentNumber="7"),
    "unknown tactic": lambda d: _props(d)["additionalData"].update(
        tactics=["Magic"]),
    "etag is null": lambda d: d["value"][0].update(etag=None),
    "id is not an ARM id": lambda d: d["value"][0].update(id="x"),
    "envelope has kind": lambda d: d["value"][0].update(kind="Incident"),
}
BREAK_ENTITIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "member of another kind": lambda d: _props(d).update(hostName="pc"),
    "kind does not fit": lambda d: d["entities"][0].update(kind="Host"),
    "kind unknown": lambda d: d["entities"][0].update(kind="Planet"),
    "no kind": lambda d: d["entities"][0].pop("kind"),
    "address is null": lambda d: _props(d).update(address=None),
    "asn is text": lambda d: _props(d)["location"].update(asn="AS1"),
    "location has more": lambda d: _props(d)["location"].update(x=1),
    "count missing": lambda d: d["metaData"][0].pop("count"),
    "metaData kind unknown": lambda d: d["metaData"][0].update(
        entityKind="ip"),
    "value instead of entities": lambda d: d.update(
        value=d.pop("entities")),
}


class TheCheckItself(SpecificationCase):
    """It accepts what is right and refuses what is wrong."""

    def test_every_official_example_is_accepted(self) -> None:
        for name, operation in EXAMPLES.items():
            with self.subTest(name):
                path = self.spec.examples / name
                example = json.loads(path.read_text("utf-8"))
                for status, reply in example["responses"].items():
                    self.assertEqual(self.wrong_reply(
                        operation, reply["body"], int(status)), [])

    @needs_shared("data", "wire")
    def test_recorded_replies_of_the_live_service_are_accepted(self) -> None:
        for name, operation in WIRE.items():
            with self.subTest(name):
                document = json.loads((SHARED / "data" / "wire" / name)
                                      .read_text("utf-8"))
                self.assertEqual(self.wrong_reply(operation, document), [])

    def test_every_broken_incident_list_is_refused(self) -> None:
        self.assertEqual(self.wrong_reply("Incidents_List",
                                          incident_list()), [])
        for why, spoil in BREAK_LIST.items():
            with self.subTest(why):
                document = copy.deepcopy(incident_list())
                spoil(document)
                self.assertNotEqual(
                    self.wrong_reply("Incidents_List", document), [])

    def test_every_broken_entities_reply_is_refused(self) -> None:
        self.assertEqual(self.wrong_reply("Incidents_ListEntities",
                                          entities()), [])
        for why, spoil in BREAK_ENTITIES.items():
            with self.subTest(why):
                document = copy.deepcopy(entities())
                spoil(document)
                self.assertNotEqual(
                    self.wrong_reply("Incidents_ListEntities", document),
                    [])

    def test_error_replies_must_be_cloud_errors(self) -> None:
        good = {"error": {"code": "c", "message": "m"}}
        self.assertEqual(self.wrong_reply("Incidents_List", good, 403), [])
        for bad in ({"error": "c"}, {"error": {"code": 1}}, {"code": "c"},
                    {"error": {"code": "c", "message": "m", "why": "w"}}):
            self.assertNotEqual(self.wrong_reply("Incidents_List", bad,
                                                 403), [])
        html = self.spec.by_id("Incidents_List").check_reply(
            200, "text/html", b"{}")
        self.assertNotEqual(html, [])

    def test_right_requests_are_accepted(self) -> None:
        for method, target in (
                ("GET", f"{BASE}/incidents?{V}&$top=1000&$orderby=properties"
                 "/lastModifiedTimeUtc%20asc&%24filter=properties/last"
                 "ModifiedTimeUtc%20ge%202026-01-01T00:00:00Z"),
                ("GET", f"{BASE}/incidents?{V}&$skipToken=c2tpcDoy"),
                ("GET", f"{BASE}/onboardingStates/default?{V}"),
                ("POST", f"{BASE}/incidents/{GUID}/alerts?{V}"),
                ("POST", f"{BASE}/incidents/{GUID}/entities?{V}"),
                ("GET", f"{BASE}/incidents/{GUID}/comments?{V}&$top=100")):
            with self.subTest(target):
                self.assertEqual(
                    self.spec.check_request(method, target, b""), [])

    def test_every_wrong_request_is_refused(self) -> None:
        short = BASE.replace("law-test", "-x")
        no_guid = BASE.replace(GUID, "mine")
        for why, method, target, body in (
                ("no api-version", "GET", f"{BASE}/incidents", b""),
                ("empty api-version", "GET", f"{BASE}/incidents?api-version"
                 "=", b""),
                ("other api-version", "GET", f"{BASE}/incidents?api-version"
                 "=2024-03-01", b""),
                ("api-version twice", "GET", f"{BASE}/incidents?{V}&{V}",
                 b""),
                ("unknown parameter", "GET", f"{BASE}/incidents?{V}&top=1",
                 b""),
                ("$skiptoken", "GET", f"{BASE}/incidents?{V}&$skiptoken=x",
                 b""),
                ("$top too big", "GET", f"{BASE}/incidents?{V}&$top=1001",
                 b""),
                ("$top no number", "GET", f"{BASE}/incidents?{V}&$top=all",
                 b""),
                ("$filter at alerts", "POST", f"{BASE}/incidents/{GUID}/"
                 f"alerts?{V}&$filter=x", b""),
                ("GET alerts", "GET", f"{BASE}/incidents/{GUID}/alerts?{V}",
                 b""),
                ("body at alerts", "POST", f"{BASE}/incidents/{GUID}/alerts"
                 f"?{V}", b"{}"),
                ("Incidents", "GET", f"{BASE}/Incidents?{V}", b""),
                ("one slash too many", "GET", f"{BASE}//incidents?{V}", b""),
                ("subscription no uuid", "GET", f"{no_guid}/incidents?{V}",
                 b""),
                ("bad workspace", "GET", f"{short}/incidents?{V}", b""),
                ("read-only member", "PUT", f"{BASE}/incidents/{GUID}?{V}",
                 json.dumps({"properties": {
                     "title": "t", "severity": "Low", "status": "New",
                     "incidentNumber": 3}}).encode()),
                ("title missing", "PUT", f"{BASE}/incidents/{GUID}?{V}",
                 b'{"properties":{"severity":"Low","status":"New"}}')):
            with self.subTest(why):
                self.assertNotEqual(
                    self.spec.check_request(method, target, body), [])


class LogCase(SpecificationCase):
    """Checks every request and reply in a simulator's log."""

    def check_log(self, sim: Simulator) -> dict[str, int]:
        """Refuse what does not conform; how many of each operation."""
        seen: dict[str, int] = {}
        for entry in sim.requests(origin="arm"):
            where = f"{entry['method']} {entry['target']}"
            self.assertEqual(self.spec.check_logged(entry), [], where)
            operation = self.spec.find(
                entry["method"], urllib.parse.unquote(entry["path"]))
            self.assertEqual(operation.check_reply(
                entry["status"], JSON_TYPE, entry["reply"].encode()), [],
                where)
            seen[entry["op"]] = seen.get(entry["op"], 0) + 1
        return seen


class RepliesOfTheSimulator(LogCase):
    """Everything the simulator says when nothing is broken on purpose."""

    def ask_everything(self, sim: Simulator) -> None:
        """Every operation for every incident."""
        connector = sim.connectors[0]
        secret = pathlib.Path(sim.info["secrets"][connector["name"]])
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials",
            "client_id": connector["client_id"],
            "client_secret": secret.read_text("utf-8"),
            "scope": sim.arm_url + "/.default"})
        token = sim.fetch(
            "POST", f"{sim.authority_url}/{connector['tenant_id']}"
            "/oauth2/v2.0/token", form.encode(),
            {"Content-Type": "application/x-www-form-urlencoded"}
        ).json()["access_token"]
        base = sim.arm_url + BASE.replace(
            GUID, connector["subscription_id"]).replace(
            "/rg/", f"/{connector['resource_group']}/").replace(
            "law-test", connector["workspace_name"])
        head = {"Authorization": f"Bearer {token}"}

        def ask(method: str, rest: str) -> Any:
            answer = sim.fetch(method, base + rest,
                               b"" if method == "POST" else None, head)
            self.assertEqual(answer.headers["Content-Type"], JSON_TYPE)
            return answer.json()

        ask("GET", f"/onboardingStates/default?{V}")
        page = ask("GET", f"/incidents?{V}&$top=5")
        self.assertIn("nextLink", page)
        listed = ask("GET", f"/incidents?{V}&$top=100")["value"]
        for name in [i["name"] for i in listed]:
            ask("GET", f"/incidents/{name}?{V}")
            for part in ("alerts", "entities", "bookmarks"):
                ask("POST", f"/incidents/{name}/{part}?{V}")
            for part in ("comments", "relations", "tasks"):
                ask("GET", f"/incidents/{name}/{part}?{V}")
        ask("GET", f"/incidents/{GUID}?{V}")
        ask("GET", f"/incidents?{V}&$filter=nonsense")

    def test_demo_scenario_conforms(self) -> None:
        demo = named_scenario("demo")
        demo["log"] = {"replies": True}
        with Simulator(demo) as sim:
            self.ask_everything(sim)
            seen = self.check_log(sim)
        self.assertEqual(seen["alerts"], 12)
        self.assertEqual(seen["get"], 13)

    def test_generated_incidents_conform(self) -> None:
        bench = named_scenario("bench")
        bench["log"] = {"replies": True}
        bench["workspaces"][0]["generate"] |= {
            "incidents": 20, "entities": 6, "comments": 2}
        with Simulator(bench) as sim:
            sim.update_incident(3, properties={"severity": "Low"})
            sim.add_incident(alerts=[{}], comments=[{}])
            self.ask_everything(sim)
            seen = self.check_log(sim)
        self.assertEqual(seen["entities"], 21)

    def test_a_reply_broken_on_purpose_is_found(self) -> None:
        demo = named_scenario("demo")
        demo["log"] = {"replies": True}
        demo["faults"] = [{"op": "entities", "skip": 2, "count": 1,
                           "do": {"replace": ['"address"', '"adress"']}}]
        with Simulator(demo) as sim:
            self.ask_everything(sim)
            with self.assertRaisesRegex(AssertionError, "adress"):
                self.check_log(sim)


@needs_product
class TheProduct(LogCase):
    """The binary's requests, and what the simulator told it."""

    def test_requests_of_test_connection_and_a_poll_conform(self) -> None:
        demo = named_scenario("demo")
        demo["log"] = {"replies": True}
        with Simulator(demo) as sim, \
                tempfile.TemporaryDirectory() as state:
            write_config(state, sim)
            store_secrets(state, sim)
            self.assertEqual(run_product(["test"], state).code, 0)
            done = run_product(["run", "--once"], state)
            self.assertEqual(done.code, 0, done.stderr)
            seen = self.check_log(sim)
            self.assertEqual(sim.requests(origin="catch_all"), [])
        for op in ("onboarding", "list", "alerts", "entities", "comments"):
            self.assertGreater(seen.get(op, 0), 0, op)

    def poll(self, incidents: list[dict[str, Any]], *versions: str,
             **more: Any) -> str:
        """The targets of a poll's list requests, all of which conform."""
        sim = self.enterContext(Simulator(scenario(incidents, **more)))
        state = self.enterContext(tempfile.TemporaryDirectory())
        write_config(state, sim, {"initial_lookback_hours": 8760})
        store_secrets(state, sim)
        done = run_product(["run", "--once"], state)
        self.assertEqual(done.code, 0, done.stderr)
        for entry in sim.requests(origin="arm"):
            self.assertEqual(self.spec.check_logged(entry, versions), [],
                             entry["target"])
        return " ".join(r["target"] for r in sim.requests("list"))

    def test_requests_for_one_time_on_many_pages_conform(self) -> None:
        """By the service's links; without them by the largest page and by
        what is later."""
        same = [incident(n, "2026-03-25T07:00:00Z") for n in range(1000)]
        later = [incident(2000, "2026-03-25T08:00:00Z")]
        key = "lastModifiedTimeUtc%20{}%202026-03-25T0{}:00:00Z"
        for faults, parts in (
                ([], ("$top=100", "$skipToken=", key.format("ge", 7))),
                ([{"op": "list", "do": {"next_link": None}}],
                 ("$top=1000", key.format("gt", 7)))):
            targets = self.poll(same + later, faults=faults)
            for part in parts:
                with self.subTest(part):
                    self.assertIn(part, targets)

    def test_requests_of_the_older_version_conform(self) -> None:
        targets = self.poll([incident(1, alerts=1, comments=1)], OLD,
                            api_versions={"supported": [OLD]})
        self.assertIn("api-version=" + OLD, targets)


if __name__ == "__main__":
    unittest.main()
