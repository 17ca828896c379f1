# SPDX-License-Identifier: MIT
"""GET /v1/events."""
import json
import pathlib
import time
import unittest

from event_stream import Events
from poll_case import incident
from simulator import needs_product
from test_control import DaemonCase

#: As many streams as there may be at a time.
STREAMS = 4


@needs_product
class Streams(DaemonCase):
    """What a stream says, and when."""

    def poll(self) -> None:
        """Poll now."""
        code, text = self.ask(self.control,
                              "/v1/connectors/sentinel/poll", "POST")
        self.assertEqual(code, 202, text)

    def polled(self) -> None:
        """Until the first poll is over."""
        self.wait_for(lambda: self.get_status()["connectors"]
                      and self.get_status()["connectors"][0]["last_poll"])

    def test_a_new_stream_gets_each_row_once(self) -> None:
        self.start([incident(1)])
        with self.daemon():
            self.polled()
            with Events(self.control) as events:
                first = [events.next() for _ in range(3)]
                self.assertEqual(events.answer.status, 200)
                self.assertEqual(events.answer.headers["Content-Type"],
                                 "text/event-stream")
            status = self.get_status()
        self.assertEqual([e.name for e in first],
                         ["daemon", "connector", "sink"])
        self.assertEqual(first[0].data, {"version": status["version"],
                                         "connectors": 1, "sinks": 1})
        self.assertEqual(first[1].data, status["connectors"][0]
                         | {"next_poll": first[1].data["next_poll"]})
        self.assertEqual(first[2].data, status["sinks"][0])

    def test_a_finished_poll_and_new_records(self) -> None:
        sim = self.start([incident(1)])
        with self.daemon():
            self.polled()
            with Events(self.control) as events:
                events.until("sink")
                sim.add_incident(**incident(2, title="Two"))
                self.poll()
                found = events.until("connector") + events.until("record")
        [connector] = [e for e in found if e.name == "connector"]
        [record] = [e for e in found if e.name == "record"]
        delivered = self.records()[1]
        self.assertEqual(connector.data["state"], "ok")
        self.assertEqual(record.id, "2")
        self.assertEqual(record.data, {key: delivered[key] for key in (
            "id", "version", "event", "title", "severity", "status",
            "updated_at")})

    def test_state_that_changes_is_said_with_its_error(self) -> None:
        sim = self.start([incident(1)])
        with self.daemon():
            self.polled()
            with Events(self.control) as events:
                events.until("sink")
                sim.settings(role="none")
                self.poll()
                [failed] = events.named("connector")
                sim.settings(role="responder")
                self.poll()
                [right] = events.named("connector")
        self.assertEqual((failed.data["state"],
                          failed.data["last_error"]["setting"]),
                         ("error", "role_assignment"))
        self.assertEqual((right.data["state"], right.data["last_error"]),
                         ("ok", None))

    def test_records_go_on_behind_an_id_without_a_gap(self) -> None:
        self.start([incident(n) for n in range(1, 101)])
        with self.daemon():
            self.wait_for(lambda: len(self.records()) == 100)
            for query, first in (("?last=100", 1), ("?after=0", 1),
                                 ("?after=97", 98), ("?last=1", 100),
                                 ("?last=5000", 1)):
                with self.subTest(query=query), \
                        Events(self.control, query) as events:
                    found = events.named("record", 101 - first)
                    self.assertEqual([int(e.id) for e in found],
                                     list(range(first, 101)))
                    self.assertEqual(
                        [(e.data["id"], e.data["version"]) for e in found],
                        [(r["id"], r["version"])
                         for r in self.records()[first - 1:]])
            for query in ("?last=x", "?last=10001", "?after=-1"):
                self.assertEqual(
                    self.ask(self.control, "/v1/events" + query)[0], 400)

    def test_at_most_four_and_the_place_is_free_again(self) -> None:
        self.start([incident(1)])
        with self.daemon():
            self.polled()
            streams = [Events(self.control) for _ in range(STREAMS)]
            for events in streams:
                events.until("sink")
            code, text = self.ask(self.control, "/v1/events")
            self.assertEqual((code, json.loads(text)["error"]["code"]),
                             (503, "busy"))
            self.assertEqual(self.ask(self.control, "/v1/status")[0], 200)
            streams.pop().close()
            self.wait_for(self.has_room)
            for events in streams:
                events.close()

    def has_room(self) -> bool:
        """One more stream is possible."""
        events = Events(self.control)
        code = events.answer.status
        events.close()
        return code == 200

    def test_a_reader_that_sleeps_gets_what_is_current(self) -> None:
        """Nothing older comes behind what is newer; the last is current."""
        sim = self.start([incident(1)])
        with self.daemon():
            self.polled()
            with Events(self.control) as events:
                events.until("sink")
                for number in range(20):
                    sim.settings(role="none" if number % 2 else "responder")
                    before = self.get_status()["connectors"][0]
                    self.poll()
                    self.wait_for(lambda: self.changed(before))
                sim.settings(role="responder")
                self.poll()
                self.wait_for(lambda: self.get_status()["connectors"][0]
                              ["state"] == "ok")
                last = events.named("connector")
                while last[-1].data["state"] != "ok":
                    last += events.named("connector")
        times = [e.data["last_poll"] for e in last]
        self.assertEqual(times, sorted(times))

    def changed(self, before: dict[str, object]) -> bool:
        """Its last poll or failure is another one."""
        now = self.get_status()["connectors"][0]
        return any(now[key] != before[key]
                   for key in ("last_poll", "next_poll", "state"))

    def test_silence_is_filled_with_comments(self) -> None:
        self.start([incident(1)])
        with self.daemon():
            self.polled()
            with Events(self.control, seconds=20) as events:
                events.until("sink")
                began = time.monotonic()
                line = events.answer.readline()
                took = time.monotonic() - began
        self.assertEqual(line, b": still here\n")
        self.assertTrue(14 < took < 18, took)

    def test_a_changed_configuration_is_said(self) -> None:
        self.start([incident(1)])
        with self.daemon():
            self.polled()
            with Events(self.control) as events:
                events.until("sink")
                path = pathlib.Path(self.state, "config.json")
                config = json.loads(path.read_text())
                config["connectors"][0]["name"] = "renamed"
                path.write_text(json.dumps(config))
                [said] = events.named("daemon")
                [row] = events.named("connector")
        self.assertEqual(said.data["connectors"], 1)
        self.assertEqual(row.data["name"], "renamed")

    def test_not_at_the_status_socket(self) -> None:
        self.start([incident(1)])
        with self.daemon():
            self.assertEqual(self.ask(self.status, "/v1/events")[0], 404)


if __name__ == "__main__":
    unittest.main()
