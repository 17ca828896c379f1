# SPDX-License-Identifier: MIT
"""A workspace: its incidents, how they are queried and how they change."""
from collections.abc import Callable, Mapping
from typing import Any

from .generate import GeneratedIncident, Shape, generate
from .incidents import Incident, check_identity, expand_times
from .odata import Test
from .scenario import (ScenarioError, WorkspaceSettings, one_of, require,
                       take)
from .times import Clock

AnyIncident = Incident | GeneratedIncident

_ORDER_NEWEST = [("number", True)]
_MERGED_LABEL = {"labelName": "Redirected", "labelType": "AutoAssigned"}


class Workspace:
    """Incidents by name and number, in the order a query asks for."""

    def __init__(self, settings: WorkspaceSettings, clock: Clock,
                 type_name: str) -> None:
        self.settings = settings
        self._clock = clock
        self._type = type_name
        self.base = (
            f"/subscriptions/{settings.subscription}/resourceGroups/"
            f"{settings.resource_group}/providers/Microsoft."
            f"OperationalInsights/workspaces/{settings.name}/providers/"
            "Microsoft.SecurityInsights")
        self._by_name: dict[str, AnyIncident] = {}
        self._by_number: dict[int, AnyIncident] = {}
        self._last_number = 0
        self._sorted: dict[tuple[tuple[str, bool], ...],
                           list[AnyIncident]] = {}
        start = clock.now()
        if settings.generate is not None:
            shape = take("generate", settings.generate, Shape)
            for made in generate(self.base, type_name, shape, start):
                self._put(made)
        for given in settings.incidents:
            self._put(self._new(given, start))

    def _new(self, given: Mapping[str, Any], now: int) -> Incident:
        incident = Incident(self.base, self._type, self._last_number + 1,
                            now, given)
        require(incident.name.lower() not in self._by_name
                and incident.number not in self._by_number, "incident",
                f"{incident.number} {incident.name} is there already")
        return incident

    def _put(self, incident: AnyIncident) -> None:
        self._by_name[incident.name.lower()] = incident
        self._by_number[incident.number] = incident
        self._last_number = max(self._last_number, incident.number)
        self._sorted.clear()

    def __len__(self) -> int:
        return len(self._by_name)

    def all(self) -> list[AnyIncident]:
        """Every incident, newest number first."""
        return self.query(None, [])

    def get(self, name: str) -> AnyIncident | None:
        """The incident of that resource name."""
        return self._by_name.get(name.lower())

    def find(self, identity: int | str) -> Incident:
        """The incident of that number or name, ready to be changed."""
        found = self._by_number.get(identity) if isinstance(identity, int) \
            else self._by_name.get(identity.lower())
        if found is None:
            raise ScenarioError(f"incident {identity!r} is not there")
        opened = found.opened()
        if opened is not found:
            self._put(opened)
        return opened

    def query(self, test: Test | None,
              order: list[tuple[str, bool]]) -> list[AnyIncident]:
        """The incidents that pass the test, in order.

        Without an order: newest number first, as the live service does.
        Equal keys stand in the order of their names, which says nothing
        about their age.
        """
        keys = tuple(order or _ORDER_NEWEST)
        found = self._sorted.get(keys)
        if found is None:
            found = sorted(self._by_name.values(), key=lambda i: i.name)
            for attribute, descending in reversed(keys):
                found.sort(key=_key_of(attribute), reverse=descending)
            self._sorted[keys] = found
        return found if test is None else [i for i in found if test(i)]

    # --- changes ----------------------------------------------------------

    def apply(self, change: Mapping[str, Any]) -> dict[str, object]:
        """Apply one change; says which incident it was and its new time.

        The kinds and their keys stand in README.md.
        """
        require(isinstance(change, Mapping), "change",
                "an object is expected")
        kind = change.get("do")
        one_of("change.do", kind, sorted(_CHANGES))
        action, allowed = _CHANGES[str(kind)]
        for key in change:
            require(key in ("do", "workspace", *allowed), f"change {kind}",
                    f"unknown key {key!r}, allowed: {', '.join(allowed)}")
        incident = action(self, change)
        self._sorted.clear()
        if incident is None:
            return {}
        return {"name": incident.name, "number": incident.number,
                "etag": incident.etag,
                "modified": incident.properties.get("lastModifiedTimeUtc")}

    def _target(self, change: Mapping[str, Any]) -> Incident:
        return self.find(check_identity(change.get("incident")))

    def _touch(self, incident: Incident, change: Mapping[str, Any]) -> None:
        incident.touch(self._clock.now(), change.get("etag", "new"),
                       change.get("modified", "now"))

    def _add(self, change: Mapping[str, Any]) -> Incident:
        incident = self._new(change.get("incident", {}), self._clock.now())
        self._put(incident)
        return incident

    def _update(self, change: Mapping[str, Any]) -> Incident:
        incident, now = self._target(change), self._clock.now()
        properties = expand_times(dict(change.get("properties", {})), now)
        stamped = "lastModifiedTimeUtc" in properties
        incident.properties.update(properties)
        incident.preview.update(change.get("preview", {}))
        if "absent" in change:
            incident.absent = list(change["absent"])
        if "raw" in change:
            incident.raw = change["raw"]
        for what in ("alerts", "entities", "comments"):
            if what in change:
                incident.replace(what, expand_times(change[what], now), now)
        for given in change.get("add_alerts", []):
            incident.add_alert(expand_times(given, now))
        for given in change.get("add_entities", []):
            incident.add_entity(expand_times(given, now))
        self._touch(incident, {"modified": "keep", **change} if stamped
                    else change)
        return incident

    def _comment(self, change: Mapping[str, Any]) -> Incident:
        incident, now = self._target(change), self._clock.now()
        given = {"properties": {"message": change.get("message", "")}}
        incident.add_comment(change.get("comment", given), now)
        self._touch(incident, change)
        return incident

    def _close(self, change: Mapping[str, Any]) -> Incident:
        incident = self._target(change)
        incident.properties["status"] = "Closed"
        for key, field in (("classification", "classification"),
                           ("reason", "classificationReason"),
                           ("comment", "classificationComment")):
            if key in change:
                incident.properties[field] = change[key]
        self._touch(incident, change)
        return incident

    def _reopen(self, change: Mapping[str, Any]) -> Incident:
        incident = self._target(change)
        incident.properties["status"] = change.get("status", "Active")
        for field in ("classification", "classificationReason",
                      "classificationComment"):
            incident.properties.pop(field, None)
        self._touch(incident, change)
        return incident

    def _merge(self, change: Mapping[str, Any]) -> Incident:
        """Close the source with the label, move what it has to the target.

        That the source keeps no alerts is inferred from documentation.
        """
        source = self._target(change)
        target = self.find(check_identity(change.get("into")))
        require(source is not target, "change merge", "into itself")
        labels = list(source.properties.get("labels") or [])
        source.properties.update(
            status="Closed", labels=[*labels, dict(_MERGED_LABEL)])
        target.alerts += source.alerts
        target.entities += source.entities
        source.alerts, source.entities = [], []
        source.preview.update(
            mergedIncidentNumber=str(target.number),
            mergedIncidentUrl="https://portal.azure.com/#asset/Microsoft_"
            f"Azure_Security_Insights/Incident{self.base}/{self._type}/"
            f"{target.name}")
        self._touch(target, change)
        self._touch(source, change)
        return source

    def _delete(self, change: Mapping[str, Any]) -> Incident:
        incident = self._target(change)
        del self._by_name[incident.name.lower()]
        del self._by_number[incident.number]
        return incident

    def _settings(self, change: Mapping[str, Any]) -> None:
        for key, value in change.items():
            if key not in ("do", "workspace"):
                setattr(self.settings, key, value)
        # Check the values as when the scenario was read.
        self.settings.__post_init__()


def _key_of(attribute: str) -> Callable[[AnyIncident], Any]:
    if attribute in ("severity", "status"):
        return lambda incident: str(getattr(incident, attribute))
    return lambda incident: getattr(incident, attribute)


_TIME_KEYS = ("modified", "etag")
_CHANGES: dict[str, tuple[Callable[[Workspace, Mapping[str, Any]],
                                   Incident | None], tuple[str, ...]]] = {
    "add": (Workspace._add, ("incident",)),
    "update": (Workspace._update, (
        "incident", "properties", "preview", "absent", "raw", "alerts",
        "entities", "comments", "add_alerts", "add_entities", *_TIME_KEYS)),
    "comment": (Workspace._comment,
                ("incident", "message", "comment", *_TIME_KEYS)),
    "close": (Workspace._close, ("incident", "classification", "reason",
                                 "comment", *_TIME_KEYS)),
    "reopen": (Workspace._reopen, ("incident", "status", *_TIME_KEYS)),
    "merge": (Workspace._merge, ("incident", "into", *_TIME_KEYS)),
    "delete": (Workspace._delete, ("incident",)),
    "settings": (Workspace._settings,
                 ("onboarded", "role", "role_scope", "posts")),
}
