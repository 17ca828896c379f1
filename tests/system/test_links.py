# SPDX-License-Identifier: MIT
"""S5: the token goes to the ARM origin only, the secret to the login origin.

The table of hostile links is in tests/unit/test_sentinel_link.c; here the
real binary meets some of them, and redirects on every call, with a server
that records whatever reaches it."""
import unittest
from typing import Any

from poll_case import PollCase, incident
from sim_case import BASE, V
from simulator import SECRET, needs_product, run_product

LINKS = (
    "{catch_all}{path}", "{catch_all}/x", "http://{host}{path}",
    "https://user@{host}{path}", "{arm}.evil.example{path}", "{path}",
    "//{host}{path}", "{arm}/%2e%2e/x",
    "{arm}{path}#x", "{arm}{path}\r\nX-Injected: yes", " ", "null",
    "javascript:alert(1)", "{arm}{path}?x=" + "a" * 8192)


@needs_product
class Links(PollCase):
    """Where requests with credentials go."""

    def check_catch_all(self, sim: Any) -> None:
        """Nothing ever reached another origin."""
        self.assertEqual(sim.requests(origin="catch_all"), [])

    def test_hostile_next_links_are_not_followed(self) -> None:
        for link in LINKS:
            with self.subTest(link=link[:60]):
                sim = self.start([incident(n, "2026-03-25T07:00:00Z")
                                  for n in range(120)],
                                 {"initial_lookback_hours": 8760})
                sim.fault("list", do={"next_link": link}, count=1)
                done = run_product(["run", "--once"], self.state)
                self.assertEqual(done.code, 65, done.stderr)
                self.assertIn("next_link_refused", done.stderr)
                self.assertEqual(self.records(), [])
                self.check_catch_all(sim)
                self.run_once()
                self.assertEqual(len(self.last()), 120)

    def test_next_link_of_another_type_is_no_link(self) -> None:
        for link in (None, "", 5, True, ["x"], {"href": "{catch_all}"}):
            with self.subTest(link=link):
                sim = self.start([incident(1)])
                sim.fault("list", do={"next_link": link}, count=1)
                self.run_once()
                self.assertEqual(len(self.last()), 1)
                self.check_catch_all(sim)

    def test_link_that_repeats_itself_ends(self) -> None:
        sim = self.start([incident(n, "2026-03-25T07:00:00Z")
                          for n in range(120)],
                         {"initial_lookback_hours": 8760})
        sim.fault("list", do={
            "next_link": "{arm}{path}&$skipToken=again"})
        done = run_product(["run", "--once"], self.state)
        self.assertEqual(done.code, 65, done.stderr)
        self.assertLess(sim.count("list"), 5)

    def refused_comments(self, links: list[str]) -> int:
        """Comment pages with these links; how many were asked for."""
        sim = self.start([incident(1, comments=1)])
        sim.conforms = False
        path = f"{{arm}}{BASE}/incidents/{incident(1)['name']}/comments?{V}&"
        for link in links:
            sim.fault("comments", count=1, do={"next_link": path + link})
        done = self.run_once()
        self.assertIn("code=next_link_refused", done.stderr)
        self.assertEqual(self.last()[1]["enrichment"]["comments"], "pending")
        return sim.count("comments")

    def test_links_that_go_in_a_circle_are_refused(self) -> None:
        for tail, circle in ((0, 1), (0, 2), (0, 3), (1, 2), (5, 4)):
            with self.subTest(tail=tail, circle=circle):
                links = [f"tail={i}" for i in range(tail)]
                while len(links) < 64:
                    links += [f"circle={i}" for i in range(circle)]
                self.assertLessEqual(self.refused_comments(links),
                                     2 * max(tail + 1, circle) + circle)

    def test_chain_of_links_without_an_end_is_refused(self) -> None:
        sim = self.start([incident(1, comments=1)],
                         {"enrichment_calls_per_5min": 10000})
        sim.conforms = False
        sim.fault("comments", do={"next_link": "{arm}{path}&x"})
        done = self.run_once()
        self.assertIn("code=next_link_refused", done.stderr)
        self.assertEqual(sim.count("comments"), 1001)

    def test_redirects_are_not_followed_by_any_call(self) -> None:
        for status in (301, 302, 303, 307, 308):
            for operation in ("token", "onboarding", "list", "alerts",
                              "entities", "comments"):
                with self.subTest(status=status, operation=operation):
                    sim = self.start([incident(1, alerts=1, comments=1)])
                    sim.fault(operation, do={
                        "redirect": status,
                        "location": "{catch_all}{path}"})
                    done = run_product(["run", "--once"], self.state)
                    early = operation in ("token", "onboarding", "list")
                    self.assertEqual(done.code != 0, early, done.stderr)
                    self.check_catch_all(sim)

    def test_secret_goes_to_the_login_origin_only(self) -> None:
        sim = self.start([incident(1, alerts=1, comments=1)])
        self.run_once()
        for request in sim.requests():
            carries = SECRET in str(request.get("body") or "") or \
                "client_secret" in str(request.get("body") or "")
            self.assertEqual(carries, request["op"] == "token", request)
            bearer = "authorization" in {
                h.lower() for h in request["headers"]}
            self.assertEqual(bearer, request["origin"] == "arm")


if __name__ == "__main__":
    unittest.main()
