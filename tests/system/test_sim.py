# SPDX-License-Identifier: MIT
"""Does the simulated Azure answer as the live service does?"""
import email.utils
import http.client
import json
import pathlib
import socket
import ssl
import sys
import time
import unittest
import urllib.parse
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from sim_case import ASCENDING, BASE, FORM, TEN, V, SimCase, incident
from simulator import (CLIENT, ROOT, SECRET, SHARED, SUBSCRIPTION, TENANT,
                       Answer, Simulator, needs_shared, scenario)

sys.path.insert(0, str(ROOT / "tests"))
from sim import times
from sim.errors import ARM_ERRORS, ENTRA_ERRORS, arm_body, entra_error


class EntraId(SimCase):
    """The token endpoint."""

    def test_a_right_form_gets_a_token_of_the_wanted_form(self) -> None:
        cases: list[tuple[dict[str, Any], int, type]] = [
            ({}, 1800, int),
            ({"length": 4096, "expires_in_as": "string"}, 4096, str)]
        for shape, length, kind in cases:
            with self.subTest(shape):
                sim = self.start(scenario(token=shape))
                answer = self.ask_token(sim)
                self.assertEqual(answer.status, 200, answer.body)
                body = answer.json()
                self.assertEqual(body["token_type"], "Bearer")
                self.assertEqual(len(body["access_token"]), length)
                self.assertIsInstance(body["expires_in"], kind)
                self.assertEqual(body["access_token"].count("."), 2)

    def test_each_wrong_form_gets_its_code(self) -> None:
        sim = self.start(scenario())
        guid = "00000000-1111-4222-8333-444444444444"
        cases: list[tuple[int, int, dict[str, Any]]] = [
            (401, 7000215, {"client_secret": "wrong"}),
            (401, 7000216, {"client_secret": None}),
            (401, 7000216, {"client_secret": ""}),
            (401, 700027, {"client_assertion": "e.y.j"}),
            (400, 700016, {"client_id": guid}),
            (400, 90002, {"tenant": guid}),
            (400, 900023, {"tenant": "contoso"}),
            (400, 50194, {"tenant": "common"}),
            (400, 70003, {"grant_type": "password"}),
            (400, 70011, {"scope": sim.arm_url + "/.defaul"}),
            (400, 500011, {"scope": "https://management.azure.co/.default"}),
            (400, 900144, {"scope": None}),
            (400, 900144, {"client_id": None})]
        for status, code, form in cases:
            with self.subTest(form):
                answer = self.ask_token(sim, **form)
                self.assertEqual((answer.status,
                                  answer.json()["error_codes"]),
                                 (status, [code]))

    def test_each_state_of_the_app_gets_its_code(self) -> None:
        sim = self.start(scenario())
        cases: list[tuple[dict[str, Any], int]] = [
            ({"state": "disabled"}, 7000112),
            ({"state": "conditional_access"}, 53003),
            ({"state": "security_defaults"}, 530035),
            ({"state": "ok", "secrets": [
                {"value": SECRET, "state": "expired"}]}, 7000222)]
        for app, code in cases:
            with self.subTest(app):
                sim.app(**app)
                self.assertEqual(
                    self.ask_token(sim).json()["error_codes"], [code])

    def test_a_secret_that_is_not_encoded_is_another_secret(self) -> None:
        sim = self.start(scenario())
        raw = self.form(sim).replace(
            urllib.parse.quote_plus(SECRET).encode(), SECRET.encode())
        url = f"{sim.authority_url}/{TENANT}/oauth2/v2.0/token"
        self.assertEqual(sim.fetch("POST", url, raw, FORM).status, 400)
        no_type = sim.fetch("POST", url, self.form(sim),
                            {"Content-Type": "application/json"})
        self.assertEqual(no_type.json()["error_codes"], [900144])

    def test_errors_come_with_spaces_or_crlf(self) -> None:
        for style, mark in (("space", ". Trace ID: "),
                            ("crlf", ".\r\nTrace ID: ")):
            with self.subTest(style):
                sim = self.start(scenario(wire={"aadsts_newline": style}))
                answer = self.ask_token(sim, client_secret="wrong")
                text = answer.json()["error_description"]
                self.assertTrue(text.startswith("AADSTS7000215: "))
                self.assertIn(mark, text.replace("'.", "."))

    def test_the_form_is_logged_and_nothing_else_is(self) -> None:
        sim = self.start(scenario(TEN))
        self.arm(sim, f"/incidents?{V}")
        entra, arm = sim.requests()
        self.assertEqual(entra["origin"], "entra")
        self.assertIn("client_secret=te5t", entra["body"])
        self.assertEqual((arm["origin"], arm["body"]), ("arm", ""))


@needs_shared("data", "errors", "INDEX.json")
class ErrorBodies(SimCase):
    """The simulator's errors have the shape of the collected ones."""

    def files(self, kind: str) -> list[tuple[str, int, Any]]:
        """(file, HTTP status, document) of one kind."""
        folder = SHARED / "data" / "errors"
        index = json.loads((folder / "INDEX.json").read_text())["files"]
        return [(f["file"], f["http_status"],
                 json.loads((folder / f["file"]).read_text()))
                for f in index if f["file"].startswith(kind)]

    def test_each_entra_error_has_its_twin(self) -> None:
        clock, seen = times.Clock(), 0
        for name, status, theirs in self.files("entra/"):
            if status == 200:
                continue
            with self.subTest(name):
                code = theirs["error_codes"][0]
                ours = entra_error(code, clock)
                body = json.loads(ours.body)
                self.assertEqual(ours.status, status)
                self.assertEqual(set(body), set(theirs))
                self.assertEqual(body["error"], theirs["error"])
                self.assertEqual(
                    body["error_description"].partition(":")[0],
                    theirs["error_description"].partition(":")[0])
                seen += 1
        self.assertGreaterEqual(seen, 12)

    def test_each_arm_error_has_its_twin(self) -> None:
        known = {(e.status, e.code): name for name, e in ARM_ERRORS.items()}
        for name, status, theirs in self.files("arm/"):
            with self.subTest(name):
                code = theirs["error"]["code"]
                self.assertIn((status, code), known)
                body = json.loads(arm_body(known[status, code]))
                self.assertEqual(set(body), set(theirs))
                self.assertEqual(set(body["error"]), set(theirs["error"]))

    def test_messages_start_alike(self) -> None:
        """Up to the first name in them, where a client might look."""
        ours = [e.message for e in ARM_ERRORS.values()] \
            + [e.text for e in ENTRA_ERRORS.values()]
        for name, _, theirs in self.files("arm/"):
            if "double" in name:
                continue
            with self.subTest(name):
                start = theirs["error"]["message"].partition("'")[0]
                self.assertTrue(any(m.startswith(start) for m in ours),
                                start)


class Rights(SimCase):
    """Who may ask ARM, and what it says to the others."""

    def refused(self, sim: Simulator, status: int, code: str,
                rest: str = f"/onboardingStates/default?{V}",
                **how: Any) -> Answer:
        """Expect an error."""
        answer = self.arm(sim, rest, **how)
        self.assertEqual((answer.status, self.code(answer)), (status, code))
        return answer

    def test_a_token_is_needed_and_must_be_one_of_ours(self) -> None:
        sim = self.start(scenario())
        bare = sim.fetch("GET", f"{sim.arm_url}{BASE}/incidents?{V}")
        self.assertEqual((bare.status, self.code(bare)),
                         (401, "AuthenticationFailed"))
        answer = self.refused(sim, 401, "InvalidAuthenticationToken",
                              token="abc")
        self.assertIn("Bearer", answer.headers["WWW-Authenticate"])

    def test_tokens_expire_by_the_simulated_clock(self) -> None:
        sim = self.start(scenario())
        token = self.token(sim)
        self.assertEqual(self.arm(sim, f"/incidents?{V}",
                                  token=token).status, 200)
        sim.advance_clock(3601)
        self.refused(sim, 401, "ExpiredAuthenticationToken", token=token)
        self.assertEqual(self.arm(sim, f"/incidents?{V}").status, 200)
        token = self.token(sim)
        sim.expire_tokens()
        self.refused(sim, 401, "ExpiredAuthenticationToken", token=token)
        sim.revoke_tokens()
        self.refused(sim, 401, "InvalidAuthenticationToken", token=token)

    def test_a_token_of_another_kind_is_refused(self) -> None:
        sim = self.start(scenario())
        sim.app(state="no_service_principal")
        self.assertIn(b"'oid'", self.refused(
            sim, 401, "InvalidAuthenticationToken").body)
        sim.app(state="ok", audience="api://other")
        self.refused(sim, 401, "InvalidAuthenticationTokenAudience")

    def test_another_tenants_token_is_refused(self) -> None:
        other = "5eed0000-0000-4000-8000-0000000000e1"
        both = scenario()
        both["tenants"].append({
            "id": other, "domain": "other.example", "apps": [{
                "client_id": CLIENT, "secrets": [{"value": SECRET}]}]})
        sim = self.start(both)
        token = self.ask_token(sim, tenant=other).json()["access_token"]
        answer = self.refused(sim, 401, "InvalidAuthenticationTokenTenant",
                              token=token)
        self.assertIn(other.encode(), answer.body)

    def test_names_that_do_not_exist(self) -> None:
        sim = self.start(scenario())
        for old, new, code in (
                (SUBSCRIPTION, TENANT, "SubscriptionNotFound"),
                ("rg-test", "rg-none", "ResourceGroupNotFound"),
                ("law-test", "law-none", "ResourceNotFound")):
            with self.subTest(code):
                self.refused(sim, 404, code, base=BASE.replace(old, new))

    def test_without_a_role_everything_is_403(self) -> None:
        sim = self.start(scenario(workspace={"role": "none"}))
        answer = self.refused(sim, 403, "AuthorizationFailed")
        self.assertEqual(answer.headers["x-ms-failure-cause"], "gateway")
        self.refused(sim, 403, "AuthorizationFailed",
                     base=BASE.replace("law-test", "law-none"))
        sim.settings(role="reader", role_scope="workspace")
        self.refused(sim, 403, "AuthorizationFailed",
                     base=BASE.replace("rg-test", "rg-none"))
        self.assertEqual(self.arm(sim, f"/incidents?{V}").status, 200)

    def test_a_reader_may_be_forbidden_to_post(self) -> None:
        sim = self.start(scenario(TEN, workspace={
            "role": "reader", "posts": "forbidden"}))
        name = sim.incidents()[0]["name"]
        answer = self.refused(sim, 403, "AuthorizationFailed",
                              f"/incidents/{name}/alerts?{V}", method="POST")
        self.assertIn(b"incidents/alerts/action", answer.body)
        self.assertEqual(self.arm(sim, f"/incidents/{name}?{V}").status, 200)

    def test_a_workspace_without_sentinel(self) -> None:
        sim = self.start(scenario(workspace={"onboarded": False}))
        plain = self.refused(sim, 400, "BadRequest")
        self.assertIn("Workspace 'law-test' is not onboarded to Microsoft "
                      "Sentinel", plain.json()["error"]["message"])
        sim.settings(onboarded="double_encoded")
        twice = self.refused(sim, 400, "BadRequest")
        inner = json.loads(twice.json()["error"]["message"])
        self.assertEqual(inner, plain.json())

    def test_api_versions(self) -> None:
        sim = self.start(scenario(api_versions={
            "supported": ["2024-03-01"]}))
        answer = self.refused(sim, 400, "NoRegisteredProviderFound")
        self.assertIn("'2024-03-01'", answer.json()["error"]["message"])
        self.refused(sim, 400, "MissingApiVersionParameter",
                     "/onboardingStates/default")
        old = self.arm(sim, "/onboardingStates/default?"
                       "api-version=2024-03-01")
        self.assertEqual(old.status, 200)
        sim = self.start(scenario(api_versions={
            "supported": [], "error": "UnsupportedApiVersion"}))
        self.refused(sim, 400, "UnsupportedApiVersion")

    def test_what_is_not_there_or_not_allowed(self) -> None:
        sim = self.start(scenario(TEN))
        name = sim.incidents()[0]["name"]
        self.refused(sim, 404, "NotFound", f"/incidents/{TENANT}?{V}")
        self.refused(sim, 404, "InvalidResourceType", f"/planets?{V}")
        self.refused(sim, 405, "MethodNotAllowed",
                     f"/incidents/{name}/alerts?{V}")
        self.refused(sim, 405, "MethodNotAllowed", f"/incidents?{V}",
                     method="DELETE")

    def test_paths_compare_without_case(self) -> None:
        sim = self.start(scenario(TEN))
        name = sim.incidents()[0]["name"].upper()
        answer = self.arm(sim, f"/INCIDENTS/{name}/Alerts?{V}",
                          method="POST", base=BASE.lower())
        self.assertEqual(answer.status, 200)


class Lists(SimCase):
    """Queries, order, pages."""

    def test_newest_number_first_without_an_order(self) -> None:
        sim = self.start(scenario(TEN))
        self.assertEqual(self.numbers(sim, "$top=3"), [9, 8, 7])
        self.assertEqual(self.numbers(sim, ""), list(range(9, -1, -1)))

    def test_filter_and_order_of_a_poller(self) -> None:
        sim = self.start(scenario(TEN))
        query = "$filter=properties/lastModifiedTimeUtc%20ge%202026-03-25" \
            f"T07:00:07Z&{ASCENDING}"
        self.assertEqual(self.numbers(sim, query), [7, 8, 9])
        self.assertEqual(self.numbers(
            sim, query.replace("$", "%24").replace("%20ge", "+gt")), [8, 9])

    def test_the_default_page_size(self) -> None:
        sim = self.start(scenario(workspace={
            "generate": {"incidents": 60}}))
        page = self.arm(sim, f"/incidents?{V}").json()
        self.assertEqual(len(page["value"]), 50)
        self.assertIn("nextLink", page)

    def test_next_link_has_raw_spaces_and_is_absolute(self) -> None:
        sim = self.start(scenario(TEN))
        page = self.arm(sim, f"/incidents?{V}&$top=4&{ASCENDING}").json()
        link = page["nextLink"]
        self.assertTrue(link.startswith(f"{sim.arm_url}{BASE}/incidents?"))
        self.assertIn("$orderby=properties/lastModifiedTimeUtc asc&", link)
        self.assertIn("$skipToken=", link)
        raw = self.arm(sim, link.removeprefix(sim.arm_url + BASE)
                       .replace(" ", "%20"))
        self.assertEqual([i["properties"]["incidentNumber"]
                          for i in raw.json()["value"]], [4, 5, 6, 7])

    def test_the_last_page_has_no_next_link(self) -> None:
        sim = self.start(scenario(TEN))
        self.assertNotIn("nextLink", self.arm(
            sim, f"/incidents?{V}&$top=10").json())

    def test_a_skip_token_shifts_when_incidents_change(self) -> None:
        sim = self.start(scenario(TEN))
        first = self.arm(sim, f"/incidents?{V}&$top=4&{ASCENDING}").json()
        # 0 moves to the end: 4 slips into the page that was read already.
        sim.update_incident(0, properties={"status": "Active"})
        rest = first["nextLink"].removeprefix(sim.arm_url + BASE)
        second = self.arm(sim, rest.replace(" ", "%20")).json()
        self.assertEqual([i["properties"]["incidentNumber"]
                          for i in second["value"]], [5, 6, 7, 8])

    def test_bad_queries(self) -> None:
        sim = self.start(scenario(TEN))
        for query in ("$filter=nonsense", "$orderby=properties/title",
                      "$top=0", "$top=1001", "$top=x", "$top=1&$top=2",
                      "$skipToken=zzz", "$skipToken=",
                      "$filter=properties/lastModifiedTimeUtc%20ge%202026-"
                      "03-25T07:00:00+00:00"):
            with self.subTest(query):
                answer = self.arm(sim, f"/incidents?{V}&{query}")
                self.assertEqual(answer.status, 400)
                self.assertEqual(answer.json()["error"], {
                    "code": "BadRequest",
                    "message": "OData query syntax error"})

    def test_incidents_or_Incidents(self) -> None:
        for spelling in ("Incidents", "incidents"):
            sim = self.start(scenario(TEN, wire={"types": spelling}))
            item = self.arm(sim, f"/incidents?{V}").json()["value"][0]
            self.assertIn(f"/{spelling}/", item["id"])
            self.assertEqual(item["type"],
                             f"Microsoft.SecurityInsights/{spelling}")

    def test_comments_have_pages(self) -> None:
        sim = self.start(scenario([incident(
            1, "2026-03-25T07:00:00Z", comments=[
                {"properties": {"message": f"m{i}"}} for i in range(5)])]))
        name = sim.incidents()[0]["name"]
        page = self.arm(sim, f"/incidents/{name}/comments?{V}&$top=3").json()
        rest = page["nextLink"].removeprefix(sim.arm_url + BASE)
        more = self.arm(sim, rest.replace(" ", "%20")).json()
        self.assertEqual([c["properties"]["message"] for c in
                          page["value"] + more["value"]],
                         ["m0", "m1", "m2", "m3", "m4"])
        self.assertNotIn("nextLink", more)

    def test_entities_are_counted_by_kind(self) -> None:
        sim = self.start(scenario([incident(
            1, "2026-03-25T07:00:00Z", entities=[
                {"kind": "Ip"}, {"kind": "Host"}, {"kind": "Ip"}],
            late={"entities": 1})]))
        name = sim.incidents()[0]["name"]
        rest = f"/incidents/{name}/entities?{V}"
        late = self.arm(sim, rest, method="POST").json()
        self.assertEqual(late, {"entities": [], "metaData": []})
        reply = self.arm(sim, rest, method="POST").json()
        self.assertEqual(reply["metaData"], [
            {"entityKind": "Ip", "count": 2},
            {"entityKind": "Host", "count": 1}])

    def test_the_quirks_come_over_the_wire(self) -> None:
        sim = self.start("quirks")
        connector = sim.connectors[0]
        secret = pathlib.Path(sim.info["secrets"]["sentinel"]).read_text()
        answer = self.ask_token(sim, tenant=connector["tenant_id"],
                                client_id=connector["client_id"],
                                client_secret=secret)
        reply = self.arm(
            sim, f"/incidents?{V}&{ASCENDING}&$top=100",
            token=answer.json()["access_token"], base=BASE.replace(
                SUBSCRIPTION, connector["subscription_id"]).replace(
                "rg-test", "rg-Quirks").replace("law-test", "law-quirks"))
        self.assertEqual(reply.headers["Transfer-Encoding"], "chunked")
        self.assertIn(b"\\ud83d here", reply.body)
        items = {i["name"][-1]: i for i in reply.json()["value"]}
        self.assertEqual(list(items["2"]["properties"]),
                         ["lastModifiedTimeUtc"])
        self.assertIsNone(items["3"]["properties"]["owner"])
        self.assertEqual(items["1"]["properties"]["owner"]["email"], "null")
        digits = {len(i["properties"]["lastModifiedTimeUtc"])
                  for i in items.values()}
        # 0, 1, 3, 5 and 7 fraction digits behind their point.
        self.assertLessEqual({20, 22, 24, 26, 28}, digits)


class Wire(SimCase):
    """Headers and the strictness of the front end."""

    def test_headers_that_arm_sends(self) -> None:
        sim = self.start(scenario(TEN))
        name = sim.incidents()[0]["name"]
        get = self.arm(sim, f"/incidents?{V}").headers
        prefix = "x-ms-ratelimit-remaining-subscription-"
        self.assertEqual(get["Content-Type"],
                         "application/json; charset=utf-8")
        self.assertEqual(get[prefix + "reads"], "1099")
        self.assertEqual(get[prefix + "global-reads"], "16499")
        self.assertEqual(get["x-ms-request-id"],
                         get["x-ms-correlation-request-id"])
        self.assertIn("Date", get)
        post = self.arm(sim, f"/incidents/{name}/alerts?{V}", method="POST",
                        headers={"x-ms-correlation-request-id": "mine"})
        self.assertEqual(post.headers[prefix + "resource-requests"], "1099")
        self.assertEqual(post.headers["x-ms-correlation-request-id"], "mine")

    def test_the_clock_can_be_moved(self) -> None:
        sim = self.start(scenario(clock_offset_seconds=-7200))
        date = self.arm(sim, f"/incidents?{V}").headers["Date"]
        age = time.time() - email.utils.parsedate_to_datetime(
            date).timestamp()
        self.assertAlmostEqual(age, 7200, delta=30)

    def send(self, url: str, text: bytes) -> bytes:
        """Send raw bytes over TLS; what comes back."""
        port = urllib.parse.urlsplit(url).port or 0
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", port), 10) as raw, \
                context.wrap_socket(raw) as sock:
            sock.sendall(text)
            return sock.recv(65536)

    def test_a_post_without_a_length_gets_411(self) -> None:
        sim = self.start(scenario(TEN))
        host = sim.arm_url.removeprefix("https://").encode()
        path = f"{BASE}/incidents/{TENANT}/alerts?{V}".encode()
        reply = self.send(sim.arm_url, b"POST " + path + b" HTTP/1.1\r\n"
                          b"Host: " + host + b"\r\n\r\n")
        self.assertTrue(reply.startswith(b"HTTP/1.1 411 "), reply)

    def test_requests_that_a_front_end_refuses(self) -> None:
        sim = self.start(scenario(TEN))
        host = b"Host: " + sim.arm_url.removeprefix("https://").encode()
        good = b"GET /x?a=b%20c HTTP/1.1\r\n" + host + b"\r\n\r\n"
        self.assertTrue(self.send(sim.arm_url, good)
                        .startswith(b"HTTP/1.1 401 "))
        for why, text in (
                ("raw space", good.replace(b"%20", b" ")),
                ("raw quote", good.replace(b"%20", b'"')),
                ("bad percent", good.replace(b"%20", b"%2z")),
                ("other host", good.replace(b"localhost", b"127.0.0.1")),
                ("no host", good.replace(b"Host", b"Hose")),
                ("absolute", good.replace(b"/x", b"https://localhost/x")),
                ("header twice", good.replace(host, host + b"\r\n" + host)),
                ("no request", b"hello\r\n\r\n")):
            with self.subTest(why):
                self.assertTrue(self.send(sim.arm_url, text)
                                .startswith(b"HTTP/1.1 400 "))
        self.assertEqual(len(sim.requests(op="refused")), 8)

    def test_tls_1_2_with_an_aead_suite_and_our_ca_only(self) -> None:
        sim = self.start(scenario())
        port = urllib.parse.urlsplit(sim.arm_url).port or 0
        context = ssl.create_default_context(cafile=sim.ca_file)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE+AESGCM")
        with socket.create_connection(("localhost", port), 10) as raw, \
                context.wrap_socket(raw, server_hostname="localhost") as s:
            self.assertEqual(s.version(), "TLSv1.2")
        other = ssl.create_default_context(cafile=sim.other_ca_file)
        with socket.create_connection(("localhost", port), 10) as raw, \
                self.assertRaises(ssl.SSLCertVerificationError):
            other.wrap_socket(raw, server_hostname="localhost")

    def test_certificates_that_a_client_must_refuse(self) -> None:
        for kind, why in (("expired", "expired"),
                          ("not_yet", "not yet valid"),
                          ("wrong_host", "Hostname mismatch")):
            with self.subTest(kind):
                sim = self.start(scenario(tls={"certificate": kind}))
                with self.assertRaisesRegex(ssl.SSLError, why):
                    sim.fetch("GET", sim.arm_url + "/")
        sim = self.start(scenario(tls={"key": "rsa2048"}))
        self.assertEqual(sim.fetch("GET", sim.arm_url + "/").status, 401)

    def test_whatever_reaches_the_catch_all_is_seen(self) -> None:
        sim = self.start(scenario())
        answer = sim.fetch("GET", sim.catch_all_url + "/any where".replace(
            " ", "%20"), headers={"Authorization": "Bearer abc"})
        self.assertEqual(answer.status, 200)
        seen = sim.requests(origin="catch_all")[0]
        self.assertEqual(seen["headers"]["authorization"], "Bearer abc")
        # Plain HTTP to a TLS port is seen as well.
        port = urllib.parse.urlsplit(sim.catch_all_url).port or 0
        plain = http.client.HTTPConnection("localhost", port, timeout=10)
        plain.request("POST", "/steal", b"client_secret=x")
        plain.getresponse().read()
        plain.close()
        self.assertEqual(sim.requests(origin="catch_all")[1]["body"],
                         "client_secret=x")
        arm = urllib.parse.urlsplit(sim.arm_url).port or 0
        with socket.create_connection(("localhost", arm), 10) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            self.assertEqual(sock.recv(10), b"")
        self.assertEqual([r["op"] for r in sim.requests(origin="arm")],
                         ["plain"])


if __name__ == "__main__":
    unittest.main()
