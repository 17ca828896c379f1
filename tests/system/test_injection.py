# SPDX-License-Identifier: MIT
"""S9: whatever bytes Sentinel and Entra ID send, each event is one log line
and no control byte reaches a terminal.

Every string of an incident, alert, entity and comment, every member of an
error body and every header that is read is hostile in turn.
"""
import copy
import datetime
import json
import pathlib
import re
import subprocess
import tempfile
import unicodedata
import unittest
from collections.abc import Iterator
from typing import Any

from poll_case import incident
from simulator import BINARY, ROOT, needs_product, start_product
from test_control import DaemonCase

#: Categories of Unicode that a reader does not see or a terminal obeys.
HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")

FORGED = "\r\ntime=2026-01-01T00:00:00Z level=error event=forged\n"
#: All that is hostile, as text that JSON can carry.
MIXED = ("x" + FORGED + "\0\x01\x07\x08\x0b\x0c\x1b[2J\x1b]0;t\x07\x7f"
         + "".join(map(chr, range(0x80, 0xa0)))
         + "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028\u2029\u202a\u202e"
         "\u2060\u2066\u2069\ufeff\ufff9\U000e0041%n%s%x%99999d\"\\")
VARIANTS = {
    "mixed": MIXED,
    "mixed, at its end": "short \x1b",
    "lone surrogates": "a\ud800b\udfffc" + MIXED[:60],
    "64 KiB": (MIXED * (65536 // len(MIXED) + 1))[:65536],
}
#: In headers: no line ends, since those end the header.
HEADER = re.sub(r"[\r\n]", "", MIXED)

VALUE = r'(?:"(?:[^"\\]|\\(?:["\\nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}' \
    r'|U[0-9a-f]{8}))*"|[-._:/@+,0-9A-Za-z]*)'
LINE = re.compile(
    r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z "
    r"level=(?:error|warning|info|debug) event=[a-z_]+"
    rf"(?: [a-z0-9_]+={VALUE})*\Z")


def faults_of_text(data: bytes) -> list[str]:
    """What a terminal must not get, in lines of text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return [str(error)]
    return [f"U+{ord(c):04x} in {line[:200]!r}"
            for line in text.split("\n") for c in line
            if unicodedata.category(c) in HIDDEN]


def faults_of_log(data: bytes) -> list[str]:
    """Lines that are neither an event nor our own words on stderr."""
    lines = data.decode("utf-8", "replace").split("\n")
    faults = faults_of_text(data)
    if lines.pop() != "":
        faults.append("the last line has no end")
    for line in lines:
        if line.startswith("wf-sentinel: "):
            continue
        if LINE.match(line) is None or "event=forged" in re.sub(
                '"(?:[^"\\\\]|\\\\.)*"', "", line):
            faults.append(f"no event: {line[:200]!r}")
    return faults


def leaves(value: Any, path: tuple[Any, ...] = ()) \
        -> Iterator[tuple[Any, ...]]:
    """The path of every string and number in a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) \
        if isinstance(value, list) else None
    if pairs is None:
        yield path
    else:
        for key, inner in pairs:
            yield from leaves(inner, (*path, key))


def hostile(document: Any) -> Iterator[str]:
    """The document as JSON text, with each leaf in turn hostile."""
    for path in leaves(document):
        for text in VARIANTS.values():
            changed = copy.deepcopy(document)
            place = changed
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = text
            yield json.dumps(changed)


def vector(name: str) -> Any:
    """One of the full replies of tests/vectors."""
    path = ROOT / "tests" / "vectors" / "workunit" / f"full.{name}.json"
    return json.loads(path.read_text("utf-8"))


def run_bytes(args: list[str], state: str) -> tuple[int, bytes, bytes]:
    """A command; its output as bytes, so that nothing is made good."""
    done = subprocess.run([str(BINARY), "--state", state, *args],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


class Checker(unittest.TestCase):
    """The checker itself: what it must and must not find."""

    def test_every_raw_character_of_ours_is_found(self) -> None:
        for c in set(MIXED):
            hidden = unicodedata.category(c) in HIDDEN
            if c != "\n":
                self.assertEqual(bool(faults_of_text(c.encode())), hidden,
                                 repr(c))
        self.assertTrue(faults_of_text(b"\x9b"))
        self.assertTrue(faults_of_text(b"a\xff"))

    def test_lines_of_the_log(self) -> None:
        good = b"time=2026-03-25T07:31:57.501Z level=info event=e a=1 " \
            b'b="x\\n\\u001b\\U000e0041\\xff\\"\\\\" cut=true\n'
        self.assertEqual(faults_of_log(good), [])
        for bad in (good[:-1], b"\n", good.replace(b"\\n", b"\n"),
                    good.replace(b"\\u001b", b"\x1b"),
                    good.replace(b'\\"', b'"'), b" " + good,
                    good.replace(b"event=e", b"event=forged")):
            self.assertTrue(faults_of_log(bad), bad)


@needs_product
class Injection(DaemonCase):
    """The product against hostile content."""

    def outputs(self) -> dict[str, bytes]:
        """All that a person may look at, of a running daemon."""
        found = {}
        for command in (["status"], ["status", "--json"]):
            _, out, err = run_bytes(command, self.state)
            found[" ".join(command)] = out + err
        for target in ("/v1/status", "/v1/log?limit=60000", "/metrics"):
            code, text = self.ask(self.control, target)
            self.assertEqual(code, 200, target)
            found[target] = text.encode()
        return found

    def poll(self, incidents: list[dict[str, Any]]) -> bytes:
        """Let a daemon read and deliver them; its log."""
        self.start(incidents, {"enrichment_calls_per_5min": 100000,
                               "statuses": ["New", "Active", "Closed"]})
        path = pathlib.Path(self.enterContext(
            tempfile.TemporaryDirectory()), "log")
        with open(path, "wb") as log:
            process = start_product(["run"], self.state, stderr=log)
            try:
                self.wait_for(self.is_up)
                self.wait_for(
                    lambda: self.get_status()["connectors"]
                    and self.get_status()["connectors"][0]["last_poll"], 60)
                outputs = self.outputs()
            finally:
                process.terminate()
                process.communicate(timeout=10)
        outputs["workunits"] = b"".join(
            run_bytes(["workunits", "--limit", "10000"], self.state)[1:])
        for name, data in outputs.items():
            self.assertEqual(faults_of_text(data), [], name)
        for line in json.loads(outputs["/v1/log?limit=60000"])["log"]:
            self.assertEqual(faults_of_log(line.encode() + b"\n"), [])
        said = path.read_bytes()
        self.assertEqual(faults_of_log(said), [])
        code, lines, _ = run_bytes(
            ["workunits", "--json", "--limit", "10000"], self.state)
        self.assertEqual((code, re.findall(rb"[\0-\x09\x0b-\x1f]", lines)),
                         (0, []))
        return said

    def test_every_field_of_an_incident(self) -> None:
        document = vector("incident")
        changed = (datetime.datetime.now(datetime.timezone.utc)
                   - datetime.timedelta(hours=1)).strftime("%FT%TZ")
        document["properties"]["lastModifiedTimeUtc"] = changed
        texts = list(hostile(document))
        given = []
        for number, text in enumerate(texts, 1):
            name = f"1c000000-0000-4000-8000-{number:012d}"
            given.append({"name": name, "properties": {
                "incidentNumber": number, "lastModifiedTimeUtc": changed},
                "raw": text.replace(document["name"], name)})
        said = self.poll(given)
        records = self.records()
        # Those without a usable name or time are set aside.
        self.assertGreater(len(records), len(texts) * 3 / 4)
        self.assertIn(b"event=set_aside", said)
        for member in ("title", "description"):
            self.assertTrue([r for r in records if "%n%s" in r[member]
                             and "\u202e" in r[member]], member)

    def test_every_field_of_alerts_entities_and_comments(self) -> None:
        given: list[dict[str, Any]] = []
        for what, member in (("alerts", "value"), ("entities", "entities"),
                             ("comments", "value")):
            texts = [text for item in vector(what)[member]
                     for text in hostile(item)]
            self.assertGreater(len(texts), 25)
            for first in range(0, len(texts), 60):
                entry = incident(len(given) + 1, alerts=1)
                entry[what] = [{"raw": text}
                               for text in texts[first:first + 60]]
                given.append(entry)
        self.poll(given)
        records = self.records()
        self.assertEqual(len({r["id"] for r in records}), len(given))
        said = json.dumps([[r["alerts"], r["entities"], r["timeline"]]
                           for r in records], ensure_ascii=False)
        self.assertGreater(said.count("%n%s%x"), 50)

    def test_bytes_that_are_not_utf8(self) -> None:
        sim = self.start([incident(1, alerts=1)])
        for op, member in (("incidents", "value"), ("alerts", "value"),
                           ("entities", "entities"), ("token", "error")):
            with self.subTest(op=op):
                sim.clear_faults()
                sim.fault("list" if op == "incidents" else op, do={
                    "malformed": '{"%s":[{"name":"\udcff\udc9b[2J\r\n",'
                    '"properties":{"title":"\udce2\udc80"}}]}' % member})
                _, out, err = run_bytes(["run", "--once"], self.state)
                self.assertEqual(faults_of_log(err), [])
                self.assertEqual(faults_of_text(out), [])
                _, out, err = run_bytes(["test"], self.state)
                self.assertEqual(faults_of_text(out + err), [])
        self.records()

    def test_error_bodies_and_headers(self) -> None:
        sim = self.start([incident(1, alerts=1, comments=1)])
        events = set()
        for op in ("token", "onboarding", "list", "alerts", "entities",
                   "comments"):
            for status in (400, 401, 403, 404, 429, 500):
                for name, text in VARIANTS.items():
                    sim.reset()
                    sim.update_incident(1, properties={})
                    sim.fault(op, do=self.error(op, status, text))
                    with self.subTest(op=op, status=status, text=name):
                        events |= self.run_and_test()
        self.assertLessEqual({b"poll_failed", b"enrichment_failed",
                              b"enrichment_forbidden"}, events)
        self.records()

    def error(self, op: str, status: int, text: str) -> dict[str, Any]:
        """A refusal in which every member and header is hostile."""
        header = re.sub(r"[\r\n]", "", text)[:30000].encode(
            "utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
        body: dict[str, Any] = {"error": {
            "code": text, "message": text, "target": text,
            "details": [{"code": text, "message": text}]}}
        if op == "token":
            body = {"error": text, "error_description": text,
                    "error_codes": [7000215], "trace_id": text,
                    "correlation_id": text, "timestamp": text}
            if status != 400:
                body["error_codes"] = [text]
        return {"status": status, "body": json.dumps(body), "headers": {
            name: header for name in (
                "Retry-After", "Date", "x-ms-request-id",
                "x-ms-correlation-request-id", "Location",
                "x-ms-ratelimit-remaining-subscription-reads",
                "WWW-Authenticate", "x-ms-failure-cause")}}

    def run_and_test(self) -> set[bytes]:
        """One poll and one Test Connection; the events of the log."""
        _, out, err = run_bytes(["run", "--once"], self.state)
        self.assertEqual(faults_of_log(err) + faults_of_text(out), [])
        events = set(re.findall(rb"^time=\S+ level=\S+ event=([a-z_]+)",
                                err, re.M))
        for args in (["test"], ["test", "--json"]):
            _, out, err = run_bytes(args, self.state)
            self.assertEqual(faults_of_text(out + err), [])
        return events


if __name__ == "__main__":
    unittest.main()
