# SPDX-License-Identifier: MIT
"""What the tests of the simulator share: names, a small scenario, and a
client that speaks to Entra ID and ARM."""
import unittest
import urllib.parse
from collections.abc import Mapping
from typing import Any

from simulator import (CLIENT, SECRET, SUBSCRIPTION, TENANT, Answer,
                       Simulator)

V = "api-version=2025-09-01"
BASE = (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-test/providers/"
        "Microsoft.OperationalInsights/workspaces/law-test/providers/"
        "Microsoft.SecurityInsights")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ASCENDING = "$orderby=properties/lastModifiedTimeUtc%20asc"


def incident(number: int, modified: str, **more: Any) -> dict[str, Any]:
    """A small incident with its modification time."""
    return {"properties": {"incidentNumber": number,
                           "createdTimeUtc": "2026-03-01T00:00:00Z",
                           "lastModifiedTimeUtc": modified,
                           **more.pop("properties", {})}, **more}


TEN = [incident(n, f"2026-03-25T07:00:0{n}Z") for n in range(10)]


class SimCase(unittest.TestCase):
    """Starts a simulator for a test and talks to it."""

    def start(self, *args: Any, **kwargs: Any) -> Simulator:
        """A simulator that ends with the test."""
        sim = Simulator(*args, **kwargs)
        self.enterContext(sim)
        return sim

    def form(self, sim: Simulator, **more: str | None) -> bytes:
        """The token form; None leaves a field out."""
        fields: dict[str, str | None] = {
            "grant_type": "client_credentials", "client_id": CLIENT,
            "client_secret": SECRET, "scope": sim.arm_url + "/.default",
            **more}
        return urllib.parse.urlencode(
            {k: v for k, v in fields.items() if v is not None}).encode()

    def ask_token(self, sim: Simulator, tenant: str = TENANT,
                  **more: str | None) -> Answer:
        """A token request."""
        return sim.fetch("POST", f"{sim.authority_url}/{tenant}/oauth2/v2.0"
                         "/token", self.form(sim, **more), FORM)

    def token(self, sim: Simulator) -> str:
        """A good token."""
        return str(self.ask_token(sim).json()["access_token"])

    def arm(self, sim: Simulator, rest: str, method: str = "GET",
            token: str | None = None, base: str = BASE,
            headers: Mapping[str, str] = {}) -> Answer:
        """A request to ARM."""
        bearer = token if token is not None else self.token(sim)
        return sim.fetch(method, sim.arm_url + base + rest,
                         b"" if method == "POST" else None,
                         {"Authorization": f"Bearer {bearer}", **headers})

    def numbers(self, sim: Simulator, query: str) -> list[int]:
        """The incident numbers that a list query gives."""
        answer = self.arm(sim, f"/incidents?{V}&{query}")
        self.assertEqual(answer.status, 200, answer.body)
        return [i["properties"]["incidentNumber"]
                for i in answer.json()["value"]]

    def code(self, answer: Answer) -> str:
        """The error code of an ARM reply."""
        return str(answer.json()["error"]["code"])
