# SPDX-License-Identifier: MIT
"""Many incidents that cost nothing until they are asked for.

Content follows from the seed and the number alone.  Only what filters and
orders look at is kept for each; the JSON is written when it is sent, from
templates of the size that live replies have (incident 1.2 KB, alert 1.8 KB,
entity 0.4 KB).
"""
import dataclasses
import functools
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from .incidents import NAMESPACE, Incident
from .scenario import require
from .times import TICKS_PER_SECOND, expand_time, format_time, parse_time

_SEVERITIES = ("High", "Medium", "Low", "Informational")
_TITLES = (
    "Sign-ins from IPs that attempt sign-ins to disabled accounts",
    "Suspicious PowerShell command line on %(host)s",
    "Mass download by %(user)s",
    "Malicious URL was clicked on %(host)s",
    "Possible credential dumping on %(host)s")


@dataclasses.dataclass
class Shape:
    """What is generated.

    span_hours  the incidents' modification times lie evenly in this time
    end         timestamp of the last one, "@-5m" or absolute
    """
    incidents: int
    alerts: int = 2
    entities: int = 4
    comments: int = 0
    seed: int = 1
    first_number: int = 1
    span_hours: float = 20
    end: str = "@-5m.1234567"
    description_bytes: int = 300

    def __post_init__(self) -> None:
        require(0 <= self.incidents <= 1_000_000, "generate.incidents",
                "0 to 1,000,000")


def _escape(value: object) -> str:
    """JSON of a template: a text's own % is doubled, %(name)s stays."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("%", "%%").replace("%%(", "%(")


_INCIDENT = _escape({
    "id": "%(base)s/%(type)s/%(name)s", "name": "%(name)s",
    "etag": "\"%(mark)s-0000-0100-0000-%(etime)s0000\"",
    "type": NAMESPACE + "/%(type)s",
    "properties": {
        "title": "%(title)s", "description": "%(text)s",
        "severity": "%(severity)s", "status": "%(status)s",
        "owner": {"objectId": None, "email": None, "assignedTo": None,
                  "userPrincipalName": None, "ownerType": None},
        "labels": [],
        "firstActivityTimeUtc": "%(created)s",
        "lastActivityTimeUtc": "%(modified)s",
        "lastModifiedTimeUtc": "%(modified)s",
        "createdTimeUtc": "%(created)s",
        "incidentNumber": "%(number)s",
        "additionalData": {
            "alertsCount": "%(alerts)s", "bookmarksCount": 0,
            "commentsCount": "%(comments)s",
            "alertProductNames": ["Azure Sentinel"],
            "tactics": ["InitialAccess", "Persistence"]},
        "relatedAnalyticRuleIds": [
            "%(base)s/alertRules/5fa8a509-b73d-4f80-a32c-c6ff8dbbfb07"],
        "incidentUrl": "https://portal.azure.com/#asset/Microsoft_Azure_"
        "Security_Insights/Incident%(base)s/%(type)s/%(name)s",
        "providerName": "Azure Sentinel", "providerIncidentId": "%(id)s"}})
for _key in ("number", "alerts", "comments"):
    _INCIDENT = _INCIDENT.replace(f'"%({_key})s"', f"%({_key})s")

_ALERT = _escape({
    "id": "%(base)s/Entities/%(alert)s", "name": "%(alert)s",
    "type": NAMESPACE + "/Entities", "kind": "SecurityAlert",
    "properties": {
        "systemAlertId": "%(alert)s",
        "tactics": ["InitialAccess", "Persistence"],
        "alertDisplayName": "%(title)s", "description": "%(text)s",
        "confidenceLevel": "Unknown", "severity": "%(severity)s",
        "vendorName": "Microsoft", "productName": "Azure Sentinel",
        "productComponentName": "Scheduled Alerts",
        "alertType": "514a628c-e691-4346-bfaf-4995f84165c7_5fa8a509-b73d-"
        "4f80-a32c-c6ff8dbbfb07",
        "processingEndTime": "%(created)s", "status": "New",
        "endTimeUtc": "%(created)s", "startTimeUtc": "%(created)s",
        "timeGenerated": "%(created)s", "providerAlertId": "%(alert)s",
        "resourceIdentifiers": [{
            "type": "LogAnalytics",
            "workspaceId": "514a628c-e691-4346-bfaf-4995f84165c7",
            "subscriptionId": "419581d6-4853-49bd-83b6-d94bb8a77887",
            "resourceGroup": "bench"}],
        "additionalData": {
            "AlertMessageEnqueueTime": "%(created)s",
            "Search Query Results Overall Count": "1",
            "OriginalProductName": "Azure Sentinel",
            "OriginalProductComponentName": "Scheduled Alerts"},
        "friendlyName": "%(title)s"}})


def _entity(kind: str, **properties: object) -> str:
    return _escape({"id": "%(base)s/Entities/%(entity)s",
                    "name": "%(entity)s", "type": NAMESPACE + "/Entities",
                    "kind": kind, "properties": properties})


_ENTITIES = (
    ("Account", _entity(
        "Account", friendlyName="%(user)s", accountName="%(user)s",
        upnSuffix="contoso.com", isDomainJoined=True,
        aadUserId="%(entity)s")),
    ("Ip", _entity(
        "Ip", friendlyName="%(ip)s", address="%(ip)s",
        location={"countryCode": "NL", "countryName": "netherlands",
                  "city": "amsterdam", "asn": 64500})),
    ("Host", _entity(
        "Host", friendlyName="%(host)s", hostName="%(host)s",
        dnsDomain="corp.contoso.com", osFamily="Windows",
        isDomainJoined=True)),
    ("Url", _entity(
        "Url", friendlyName="https://%(host)s.example/p?q=%(id)s",
        url="https://%(host)s.example/p?q=%(id)s")),
)


class GeneratedIncident:
    """Looks like Incident to queries and replies; `opened` makes it one."""

    __slots__ = ("name", "number", "created", "modified", "severity",
                 "status", "_base", "_type", "_shape")

    def __init__(self, base: str, type_name: str, shape: Shape, number: int,
                 modified: int) -> None:
        key = f"{shape.seed}/{number}".encode()
        name = hashlib.md5(key).hexdigest()
        self.name = f"{name[:8]}-{name[8:12]}-4{name[13:16]}-8{name[17:20]}" \
            f"-{name[20:]}"
        self.number, self.modified = number, modified
        self.created = modified - 30 * TICKS_PER_SECOND - number % 9973
        self.severity = _SEVERITIES[number % 4]
        self.status = "Active" if number % 5 == 0 else "New"
        self._base, self._type, self._shape = base, type_name, shape

    def _values(self) -> dict[str, Any]:
        number = self.number
        names = {"user": f"user{number % 997}", "host": f"pc{number % 1999}"}
        return {
            **names, "base": self._base, "type": self._type,
            "name": self.name, "mark": self.name[:8],
            "etime": f"{self.modified // TICKS_PER_SECOND:08x}",
            "title": _TITLES[number % len(_TITLES)] % names,
            "text": "x" * self._shape.description_bytes,
            "severity": self.severity, "status": self.status,
            "created": format_time(self.created),
            "modified": format_time(self.modified), "number": number,
            "alerts": self._shape.alerts, "comments": self._shape.comments,
            "id": number,
            "ip": f"10.{number >> 16 & 255}.{number >> 8 & 255}."
                  f"{number & 255}"}

    def body(self, preview: bool) -> bytes:
        """The incident; previews have nothing more to say about it."""
        del preview
        return (_INCIDENT % self._values()).encode()

    def _alert_texts(self) -> Iterator[str]:
        values = self._values()
        for index in range(self._shape.alerts):
            values["alert"] = f"{index:08x}{self.name[8:]}"
            yield _ALERT % values

    def alerts_body(self) -> bytes:
        """The reply to POST alerts."""
        return ('{"value":[' + ",".join(self._alert_texts())
                + "]}").encode()

    def _entity_texts(self) -> Iterator[str]:
        values = self._values()
        for index in range(self._shape.entities):
            values["entity"] = f"{index + 0x1000:08x}{self.name[8:]}"
            if index >= len(_ENTITIES):
                values["ip"] = f"2001:db8::{self.number:x}:{index:x}" \
                    if self.number < 65536 else f"2001:db8::{index:x}"
                yield _ENTITIES[1][1] % values
            else:
                yield _ENTITIES[index][1] % values

    def entities_body(self) -> bytes:
        """The reply to POST entities."""
        return ('{"entities":[' + ",".join(self._entity_texts())
                + '],"metaData":' + _metadata(self._shape.entities)
                + "}").encode()

    def _comments(self) -> list[dict[str, Any]]:
        return [{"properties": {"message": f"Comment {i + 1}"}}
                for i in range(self._shape.comments)]

    def comment_items(self) -> list[bytes]:
        """The comments; only a full incident writes them."""
        return self.opened().comment_items()

    def held_back(self, what: str) -> bool:
        """Generated incidents are never late."""
        del what
        return False

    def opened(self) -> Incident:
        """The same incident with content that can be changed."""
        document = json.loads(self.body(False))
        additional = document["properties"]["additionalData"]
        for computed in ("alertsCount", "commentsCount"):
            del additional[computed]
        given = {
            "name": self.name, "etag": document["etag"],
            "properties": document["properties"],
            "alerts": _items(self._alert_texts(), "name", "properties"),
            "entities": _items(self._entity_texts(), "name", "kind",
                               "properties"),
            "comments": self._comments()}
        return Incident(self._base, self._type, self.number, self.modified,
                        given)


def _items(texts: Iterator[str], *keys: str) -> list[dict[str, Any]]:
    """What Incident wants to know of an item."""
    documents = [json.loads(text) for text in texts]
    return [{key: d[key] for key in keys} for d in documents]


@functools.lru_cache(maxsize=16)
def _metadata(entities: int) -> str:
    kinds: dict[str, int] = {}
    for index in range(entities):
        kind = _ENTITIES[index if index < len(_ENTITIES) else 1][0]
        kinds[kind] = kinds.get(kind, 0) + 1
    return json.dumps([{"entityKind": k, "count": n}
                       for k, n in kinds.items()], separators=(",", ":"))


def generate(base: str, type_name: str, shape: Shape,
             start: int) -> Iterator[GeneratedIncident]:
    """The incidents, oldest first; times do not repeat."""
    end = parse_time(expand_time(shape.end, start))
    require(end is not None, "generate.end", "a timestamp is expected")
    assert end is not None
    span = int(shape.span_hours * 3600 * TICKS_PER_SECOND)
    step = max(span // max(shape.incidents, 1), 1)
    first = end - step * max(shape.incidents - 1, 0)
    for index in range(shape.incidents):
        yield GeneratedIncident(base, type_name, shape,
                                shape.first_number + index,
                                first + index * step)
