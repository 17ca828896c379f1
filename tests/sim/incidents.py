# SPDX-License-Identifier: MIT
"""One incident with its alerts, entities and comments, as ARM writes it.

What the scenario gives is laid over what the live service would send, so a
scenario says only what matters to it.  Key order, capitals and compact JSON
are those of recorded replies.
"""
import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .scenario import ScenarioError, require
from .times import expand_time, format_time, parse_time

NAMESPACE = "Microsoft.SecurityInsights"
_OWNER_NOBODY = {"objectId": None, "email": None, "assignedTo": None,
                 "userPrincipalName": None, "ownerType": None}
_INCIDENT_KEYS = ("name", "etag", "properties", "preview", "absent", "raw",
                  "alerts", "entities", "comments", "late")
_ITEM_KEYS = ("name", "kind", "etag", "properties", "absent", "raw")


def guid(*parts: object) -> str:
    """A GUID that depends on nothing but the parts."""
    text = "/".join(map(str, parts)).encode()
    return str(uuid.UUID(bytes=hashlib.md5(text).digest(), version=4))


def dump(value: object) -> bytes:
    """Compact JSON in UTF-8; a lone surrogate stays an escape."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def expand_times(value: Any, start: int) -> Any:
    """Write out every "@-2h" in a scenario value."""
    if isinstance(value, str):
        return expand_time(value, start) if value[:1] == "@" else value
    if isinstance(value, list):
        return [expand_times(v, start) for v in value]
    if isinstance(value, dict):
        return {k: expand_times(v, start) for k, v in value.items()}
    return value


def leave_out(value: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Remove the named members; "a.b" is the member b of a."""
    for name in names:
        where, _, last = name.rpartition(".")
        inner = value.get(where) if where else value
        if isinstance(inner, dict):
            inner.pop(last, None)
    return value


class Incident:
    """An incident whose content is known."""

    __slots__ = ("name", "number", "etag", "created", "modified", "severity",
                 "status", "properties", "preview", "absent", "raw",
                 "alerts", "entities", "comments", "late", "_base", "_type",
                 "_cache")

    def __init__(self, base: str, type_name: str, number: int, now: int,
                 given: Mapping[str, Any]) -> None:
        """Lay the scenario's incident over the defaults.

        base       the workspace's path below which ids stand
        type_name  "Incidents" or "incidents"
        now        for times that the scenario does not give
        """
        require(isinstance(given, Mapping), "incident", "an object is "
                "expected")
        for key in given:
            require(key in _INCIDENT_KEYS, "incident",
                    f"unknown key {key!r}, allowed: "
                    f"{', '.join(_INCIDENT_KEYS)}")
        given = expand_times(dict(given), now)
        self._base, self._type = base, type_name
        self._cache: dict[str, bytes] = {}
        self.properties: dict[str, Any] = given.get("properties", {})
        self.number: int = self.properties.get("incidentNumber", number)
        self.name: str = given.get("name") or guid(base, self.number)
        self.etag: str | None = given.get("etag", self._new_etag(now))
        self.preview: dict[str, Any] = given.get("preview", {})
        self.absent: list[str] = given.get("absent", [])
        self.raw: str | None = given.get("raw")
        self.late: dict[str, int] = dict(given.get("late", {}))
        self.alerts = [self._alert(a, i) for i, a in
                       enumerate(given.get("alerts", []))]
        self.entities = [self._entity(e, i) for i, e in
                         enumerate(given.get("entities", []))]
        self.comments: list[bytes] = []
        self.read_keys(now)
        for comment in given.get("comments", []):
            self.comments.append(self._comment(comment, self.created))

    def read_keys(self, now: int) -> None:
        """Take over what filters and orders look at; forget old JSON."""
        self._cache.clear()
        props = self.properties
        created = parse_time(props.get("createdTimeUtc"))
        modified = parse_time(props.get("lastModifiedTimeUtc"))
        if modified is None:
            modified = created if created is not None else now
        self.modified: int = modified
        self.created: int = created if created is not None else modified
        self.severity = props.get("severity", "Medium")
        self.status = props.get("status", "New")

    def _new_etag(self, now: int) -> str:
        mark = int(guid(self._base, now, id(self))[:4], 16)
        seconds = (now // 10_000_000) & 0xFFFFFFFF
        return f'"2f00{mark:04x}-0000-0100-0000-{seconds:08x}0000"'

    def touch(self, now: int, etag: str = "new",
              modified: str = "now") -> None:
        """Give it a new time and etag; "keep" leaves one as it is."""
        if etag != "keep":
            self.etag = self._new_etag(now) if etag == "new" else etag
        if modified != "keep":
            stamp = format_time(now) if modified == "now" \
                else expand_time(modified, now)
            self.properties["lastModifiedTimeUtc"] = stamp
        self.read_keys(now)

    # --- the parts of an incident -----------------------------------------

    def _item(self, given: Mapping[str, Any], what: str) -> str | None:
        """Check an alert, entity or comment; its raw text if it has one."""
        require(isinstance(given, Mapping), what, "an object is expected")
        for key in given:
            require(key in _ITEM_KEYS, what, f"unknown key {key!r}, "
                    f"allowed: {', '.join(_ITEM_KEYS)}")
        raw = given.get("raw")
        return raw if raw is None else str(raw)

    def _alert(self, given: Mapping[str, Any], index: int) -> Any:
        if (raw := self._item(given, "alert")) is not None:
            return raw.encode()
        name = given.get("name") or guid(self.name, "alert", index)
        mine = given.get("properties", {})
        title = mine.get("alertDisplayName", f"Alert {index + 1}")
        stamp = self.properties.get("createdTimeUtc",
                                    "2026-03-25T07:23:56.0064631Z")
        properties = {
            "systemAlertId": name, "tactics": [], "alertDisplayName": title,
            "description": "", "confidenceLevel": "Unknown",
            "severity": self.properties.get("severity", "Medium"),
            "vendorName": "Microsoft", "productName": "Azure Sentinel",
            "productComponentName": "Scheduled Alerts",
            "alertType": guid("rule", title), "processingEndTime": stamp,
            "status": "New", "endTimeUtc": stamp, "startTimeUtc": stamp,
            "timeGenerated": stamp, "providerAlertId": guid(name, "p"),
            "resourceIdentifiers": [], "additionalData": {},
            "friendlyName": title, **mine}
        return {"id": f"{self._base}/Entities/{name}", "name": name,
                "type": f"{NAMESPACE}/Entities", "kind": "SecurityAlert",
                "properties": leave_out(properties,
                                        given.get("absent", []))}

    def _entity(self, given: Mapping[str, Any], index: int) -> Any:
        if (raw := self._item(given, "entity")) is not None:
            return raw.encode()
        name = given.get("name") or guid(self.name, "entity", index)
        return {"id": f"{self._base}/Entities/{name}", "name": name,
                "type": f"{NAMESPACE}/Entities",
                "kind": given.get("kind", "Ip"),
                "properties": given.get("properties", {})}

    def _comment(self, given: Mapping[str, Any], now: int) -> bytes:
        if (raw := self._item(given, "comment")) is not None:
            return raw.encode()
        index = len(self.comments)
        name = given.get("name") or guid(self.name, "comment", index)
        stamp = format_time(now)
        properties = {
            "message": "", "createdTimeUtc": stamp,
            "lastModifiedTimeUtc": stamp,
            "author": {"objectId": guid("analyst"),
                       "email": "jane@contoso.com", "name": "Jane Analyst",
                       "userPrincipalName": "jane@contoso.com"},
            **given.get("properties", {})}
        item: dict[str, Any] = {
            "id": f"{self._id()}/Comments/{name}", "name": name,
            "etag": given.get("etag", self._new_etag(now)),
            "type": f"{NAMESPACE}/{self._type}/Comments",
            "properties": leave_out(properties, given.get("absent", []))}
        if item["etag"] is None:
            del item["etag"]
        return dump(item)

    def add_alert(self, given: Mapping[str, Any]) -> None:
        """One more alert."""
        self.alerts.append(self._alert(given, len(self.alerts)))

    def add_entity(self, given: Mapping[str, Any]) -> None:
        """One more entity."""
        self.entities.append(self._entity(given, len(self.entities)))

    def add_comment(self, given: Mapping[str, Any], now: int) -> None:
        """One more comment."""
        self.comments.append(self._comment(given, now))

    def replace(self, what: str, items: Iterable[Mapping[str, Any]],
                now: int) -> None:
        """Put other alerts, entities or comments in place of all."""
        setattr(self, what, [])
        for item in items:
            if what == "comments":
                self.add_comment(item, now)
            elif what == "alerts":
                self.add_alert(item)
            else:
                self.add_entity(item)

    # --- what ARM sends ---------------------------------------------------

    def _id(self) -> str:
        return f"{self._base}/{self._type}/{self.name}"

    def _additional_data(self, preview: bool) -> dict[str, Any]:
        alerts = [a["properties"] for a in self.alerts
                  if isinstance(a, dict)]
        products = [str(a.get("productName", "")) for a in alerts]
        tactics = [t for a in alerts for t in a.get("tactics") or []]
        data = {"alertsCount": len(self.alerts), "bookmarksCount": 0,
                "commentsCount": len(self.comments),
                "alertProductNames": list(dict.fromkeys(products)),
                "tactics": list(dict.fromkeys(tactics))}
        given = self.properties.get("additionalData") or {}
        return {**data, **given, **(self.preview if preview else {})}

    def _document(self, preview: bool) -> dict[str, Any]:
        props, number = self.properties, self.number
        url = "https://portal.azure.com/#asset/Microsoft_Azure_Security" \
            f"_Insights/Incident{self._id()}"
        merged: dict[str, Any] = {
            "title": f"Incident {number}",
            "description": None, "severity": "Medium", "status": "New",
            "classification": None, "classificationReason": None,
            "classificationComment": None, "owner": _OWNER_NOBODY,
            "labels": [], "firstActivityTimeUtc": None,
            "lastActivityTimeUtc": None,
            "lastModifiedTimeUtc": format_time(self.modified),
            "createdTimeUtc": format_time(self.created),
            "incidentNumber": number, "additionalData": None,
            "relatedAnalyticRuleIds": [], "incidentUrl": url,
            "providerName": "Azure Sentinel",
            "providerIncidentId": str(number)}
        # A member that is only a place in the key order stays away unless
        # the scenario gives it, if only as null.
        merged = {k: props.get(k, v) for k, v in merged.items()
                  if v is not None or k in props or k == "additionalData"}
        merged.update({k: v for k, v in props.items() if k not in merged})
        if "additionalData" not in props or isinstance(
                props["additionalData"], dict):
            merged["additionalData"] = self._additional_data(preview)
        document: dict[str, Any] = {
            "id": self._id(), "name": self.name, "etag": self.etag,
            "type": f"{NAMESPACE}/{self._type}",
            "properties": leave_out(merged, self.absent)}
        if self.etag is None:
            del document["etag"]
        return document

    def _cached(self, key: str, make: Callable[[], bytes]) -> bytes:
        body = self._cache.get(key)
        if body is None:
            body = self._cache[key] = make()
        return body

    def body(self, preview: bool) -> bytes:
        """The incident; `preview` adds what only preview versions have."""
        if self.raw is not None:
            return self.raw.encode()
        return self._cached(f"body{preview}",
                            lambda: dump(self._document(preview)))

    def alerts_body(self) -> bytes:
        """The reply to POST alerts."""
        return self._cached("alerts", lambda: b'{"value":[' + b",".join(
            a if isinstance(a, bytes) else dump(a)
            for a in self.alerts) + b"]}")

    def entities_body(self) -> bytes:
        """The reply to POST entities, with its count by kind."""
        return self._cached("entities",
                            lambda: _entities_reply(self.entities))

    def comment_items(self) -> list[bytes]:
        """The comments, one JSON text each."""
        return self.comments

    def held_back(self, what: str) -> bool:
        """Whether this request still comes too early ("late")."""
        left = self.late.get(what, 0)
        if left > 0:
            self.late[what] = left - 1
        return left > 0

    def opened(self) -> "Incident":
        """Itself: its content can be changed."""
        return self


def _entities_reply(entities: list[Any]) -> bytes:
    kinds: dict[str, int] = {}
    for entity in entities:
        if isinstance(entity, dict):
            kind = str(entity["kind"])
            kinds[kind] = kinds.get(kind, 0) + 1
    metadata = [{"entityKind": k, "count": n} for k, n in kinds.items()]
    return (b'{"entities":[' + b",".join(
        e if isinstance(e, bytes) else dump(e) for e in entities)
        + b'],"metaData":' + dump(metadata) + b"}")


def check_identity(value: object) -> int | str:
    """An incident is named by its number or its GUID."""
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        return value
    raise ScenarioError(f"incident {value!r}: a number or a name is expected")
