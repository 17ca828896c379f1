# SPDX-License-Identifier: MIT
"""A strict check of requests and replies against Azure's API description.

The description is OpenAPI 2.0 with Azure's extensions.  Each schema is
turned into JSON Schema: references followed through files, allOf flattened
so that unknown members can be refused, the discriminator resolved by
x-ms-discriminator-value, members that are readOnly refused in requests.
Stricter than the description in two ways: an object with properties has no
others, and a text that is an enum has one of its values although Azure
calls most of them open.

What the live service was seen to do otherwise is in DEVIATIONS, and nothing
else is forgiven.
"""
import json
import pathlib
import re
import urllib.parse
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema

_VERSION_DIR = (
    "securityinsights/resource-manager/Microsoft.SecurityInsights/"
    "SecurityInsights/stable/2025-09-01")
_FILES = ("Incidents.json", "OnboardingStates.json")

#: (definition, member): null is sent although the description has no null.
DEVIATIONS = frozenset({
    # An incident that nobody owns; recorded in incidents-list-12of21.json.
    ("IncidentOwnerInfo", "email"), ("IncidentOwnerInfo", "assignedTo"),
    ("IncidentOwnerInfo", "objectId"), ("IncidentOwnerInfo", "ownerType"),
    ("IncidentOwnerInfo", "userPrincipalName"),
    # A comment by a service principal; sentinel.md 1.4.
    ("ClientInfo", "email"), ("ClientInfo", "userPrincipalName"),
})

_DATE_TIME = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:"
    r"[0-5]\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
_COPIED = ("minLength", "maxLength", "pattern", "minimum", "maximum")
_CHECKER = jsonschema.FormatChecker(formats=())


@_CHECKER.checks("date-time")
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or bool(_DATE_TIME.match(value))


@_CHECKER.checks("uuid")
def _is_uuid(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


@_CHECKER.checks("arm-id")
def _is_arm_id(value: object) -> bool:
    return not isinstance(value, str) or value.startswith("/subscriptions/")


@_CHECKER.checks("int32")
def _is_int32(value: object) -> bool:
    return not isinstance(value, int) or -2**31 <= value < 2**31


class Definition:
    """A schema and the file in which its references start."""

    def __init__(self, files: "Files", file: pathlib.Path,
                 schema: Mapping[str, Any], name: str = "") -> None:
        self.files, self.file = files, file
        self.schema, self.name = schema, name
        self.read_only = bool(schema.get("readOnly"))

    def target(self) -> "Definition":
        """Itself, or what it refers to; a readOnly on the way counts."""
        found = self
        for _ in range(32):
            ref = found.schema.get("$ref")
            if ref is None:
                return found
            outer, found = found, self.files.find(found.file, ref)
            found.read_only = found.read_only or outer.read_only
        raise ValueError(f"endless reference in {self.file}")

    def below(self, schema: Mapping[str, Any]) -> "Definition":
        """A schema that stands inside this one."""
        return Definition(self.files, self.file, schema)


class Files:
    """The files of the description, read once."""

    def __init__(self) -> None:
        self._files: dict[pathlib.Path, Any] = {}

    def read(self, path: pathlib.Path) -> Any:
        """The document."""
        if path not in self._files:
            self._files[path] = json.loads(path.read_text("utf-8"))
        return self._files[path]

    def find(self, base: pathlib.Path, ref: str) -> Definition:
        """What a $ref in that file leads to."""
        relative, _, pointer = ref.partition("#")
        path = (base.parent / relative).resolve() if relative else base
        found = self.read(path)
        for part in pointer.strip("/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        return Definition(self, path, found, pointer.rpartition("/")[2])


class Translator:
    """JSON Schema from the description's schemas, for one direction."""

    def __init__(self, files: Files, request: bool) -> None:
        self._files, self._request = files, request
        self.definitions: dict[str, Any] = {}

    def translate(self, definition: Definition) -> dict[str, Any]:
        """A schema, or a reference to one in `definitions`."""
        found = definition.target()
        if not found.name:
            return self._write(found)
        key = f"{found.file.stem}.{found.name}"
        if key not in self.definitions:
            self.definitions[key] = {}
            self.definitions[key] = self._write(found)
        return {"$ref": f"#/definitions/{key}"}

    def _write(self, found: Definition) -> dict[str, Any]:
        schema = found.schema
        if "properties" in schema or "allOf" in schema:
            if "discriminator" in schema:
                return self._by_kind(found)
            return self._object(found)
        kind = schema.get("type", "object")
        out: dict[str, Any] = {"type": kind}
        out.update({k: schema[k] for k in _COPIED if k in schema})
        if "enum" in schema:
            out["enum"] = list(schema["enum"])
        if "format" in schema:
            out["format"] = schema["format"]
        if kind == "array":
            out["items"] = self.translate(found.below(schema["items"]))
        more = schema.get("additionalProperties")
        if isinstance(more, Mapping):
            out["additionalProperties"] = self.translate(found.below(more))
        return out

    def _members(self, found: Definition) -> Iterator[
            tuple[str, str, Definition]]:
        """(owner, member, schema), parents first."""
        for parent in found.schema.get("allOf", []):
            yield from self._members(found.below(parent).target())
        for name, schema in found.schema.get("properties", {}).items():
            yield found.name, name, found.below(schema)

    def _required(self, found: Definition) -> set[str]:
        names = set(found.schema.get("required", []))
        for parent in found.schema.get("allOf", []):
            names |= self._required(found.below(parent).target())
        return names

    def _object(self, found: Definition) -> dict[str, Any]:
        members: dict[str, Any] = {}
        left_out = set()
        for owner, name, schema in self._members(found):
            if self._request and (schema.read_only
                                  or schema.target().read_only):
                left_out.add(name)
                continue
            written = self.translate(schema)
            if schema.schema.get("x-nullable") \
                    or (owner, name) in DEVIATIONS:
                written = {"anyOf": [{"type": "null"}, written]}
            members[name] = written
        return {"type": "object", "properties": members,
                "additionalProperties": False,
                "required": sorted(self._required(found) - left_out)}

    def _by_kind(self, base: Definition) -> dict[str, Any]:
        """The sub-schema that the discriminator's value names."""
        member = base.schema["discriminator"]
        cases = []
        document = self._files.read(base.file)
        for name, schema in document["definitions"].items():
            value = schema.get("x-ms-discriminator-value")
            if value is None:
                continue
            cases.append({
                "if": {"properties": {member: {"const": value}}},
                "then": self.translate(
                    Definition(self._files, base.file, schema, name))})
        known = [c["if"]["properties"][member]["const"] for c in cases]
        return {"type": "object", "required": [member],
                "properties": {member: {"enum": known}}, "allOf": cases}


class Operation:
    """One method of one path."""

    def __init__(self, files: Files, file: pathlib.Path, method: str,
                 template: str, body: Mapping[str, Any],
                 version: str) -> None:
        self.method, self.template = method.upper(), template
        self.id, self.version = str(body["operationId"]), version
        self._file, self._files, self._body = file, files, body
        names = re.findall(r"\{(\w+)\}", template)
        pattern = re.escape(template)
        for name in names:
            pattern = pattern.replace(re.escape("{" + name + "}"),
                                      f"(?P<{name}>[^/]+)")
        self.pattern = re.compile(pattern + r"\Z")
        self.parameters = [
            Definition(files, file, p).target().schema
            for p in body.get("parameters", [])]
        self._validators: dict[str, Any] = {}

    def body_parameter(self) -> Mapping[str, Any] | None:
        """The parameter that is the body, if there is one."""
        return next((p for p in self.parameters if p["in"] == "body"), None)

    def _validator(self, key: str, schema: Mapping[str, Any],
                   request: bool) -> Any:
        if key not in self._validators:
            translator = Translator(self._files, request)
            top = translator.translate(
                Definition(self._files, self._file, schema))
            whole = {**top, "definitions": translator.definitions}
            jsonschema.Draft7Validator.check_schema(whole)
            self._validators[key] = jsonschema.Draft7Validator(
                whole, format_checker=_CHECKER)
        return self._validators[key]

    def check_reply(self, status: int, content_type: str,
                    body: bytes) -> list[str]:
        """What is wrong with a reply; nothing: it conforms."""
        responses = self._body["responses"]
        response = responses.get(str(status), responses.get("default"))
        if "schema" not in response:
            return ["a body where there is none"] if body else []
        if content_type.partition(";")[0].strip() != "application/json":
            return [f"Content-Type is {content_type!r}"]
        return self._check(str(status), response["schema"], body, False)

    def check_request_body(self, body: bytes) -> list[str]:
        """What is wrong with a request's body."""
        parameter = self.body_parameter()
        if parameter is None:
            return [f"{self.id} has no body"] if body else []
        return self._check("request", parameter["schema"], body, True)

    def _check(self, key: str, schema: Mapping[str, Any], body: bytes,
               request: bool) -> list[str]:
        try:
            document = json.loads(body)
        except ValueError as error:
            return [f"not JSON: {error}"]
        faults = self._validator(key, schema, request).iter_errors(document)
        return [f"{self.id}: /{'/'.join(map(str, f.absolute_path))}: "
                f"{f.message[:300]}" for f in faults]


class Specification:
    """The operations that the files describe."""

    def __init__(self, root: pathlib.Path) -> None:
        files, self.operations = Files(), list[Operation]()
        for name in _FILES:
            path = (root / _VERSION_DIR / name).resolve()
            document = files.read(path)
            for template, item in document["paths"].items():
                for method, body in item.items():
                    self.operations.append(Operation(
                        files, path, method, template, body,
                        document["info"]["version"]))
        self.examples = (root / _VERSION_DIR / "examples").resolve()

    def find(self, method: str, path: str) -> Operation | None:
        """The operation; paths compare exactly."""
        for operation in self.operations:
            if operation.method == method and operation.pattern.match(path):
                return operation
        return None

    def by_id(self, identity: str) -> Operation:
        """The operation of that operationId."""
        return next(o for o in self.operations if o.id == identity)

    def check_request(self, method: str, target: str, body: bytes,
                      versions: Sequence[str] = ()) -> list[str]:
        """What is wrong with a request.

        target    as it was sent, still percent-encoded
        versions  other API versions that are right too
        """
        raw_path, _, raw_query = target.partition("?")
        operation = self.find(method, urllib.parse.unquote(raw_path))
        if operation is None:
            return [f"no such operation: {method} {raw_path}"]
        wrong = list(operation.check_request_body(body))
        match = operation.pattern.match(urllib.parse.unquote(raw_path))
        assert match is not None
        values: list[tuple[str, str, str]] = [
            ("path", name, value) for name, value in
            match.groupdict().items()]
        try:
            pairs = urllib.parse.parse_qsl(
                raw_query, keep_blank_values=True, strict_parsing=True,
                errors="strict")
        except ValueError as error:
            return [*wrong, f"bad query: {error}"]
        names = [name for name, _ in pairs]
        for name in {n for n in names if names.count(n) > 1}:
            wrong.append(f"{operation.id}: {name} came twice")
        values += [("query", name, value) for name, value in pairs]
        for place, name, value in values:
            wrong += _check_parameter(operation, place, name, value)
        for parameter in operation.parameters:
            if parameter["in"] == "query" and parameter.get("required") \
                    and parameter["name"] not in names:
                wrong.append(f"{operation.id}: {parameter['name']} is "
                             "missing")
        version = dict(pairs).get("api-version")
        if version is not None and version != operation.version \
                and version not in versions:
            wrong.append(f"{operation.id}: api-version {version}")
        return wrong

    def check_logged(self, entry: Mapping[str, Any],
                     versions: Sequence[str] = ()) -> list[str]:
        """What is wrong with a request in the simulator's log, which keeps
        no body."""
        empty = entry["headers"].get("content-length", "0") == "0"
        return self.check_request(entry["method"], entry["target"],
                                  b"" if empty else b"?", versions)


def _check_parameter(operation: Operation, place: str, name: str,
                     text: str) -> list[str]:
    parameter = next((p for p in operation.parameters
                      if p["in"] == place and p["name"] == name), None)
    if parameter is None:
        return [f"{operation.id}: unknown {place} parameter {name!r}"]
    value: object = text
    if parameter["type"] == "integer":
        if not re.fullmatch(r"-?\d+", text, re.ASCII):
            return [f"{operation.id}: {name} is not a number: {text!r}"]
        value = int(text)
    schema = {k: parameter[k] for k in (*_COPIED, "type", "format", "enum")
              if k in parameter}
    validator = jsonschema.Draft7Validator(schema, format_checker=_CHECKER)
    return [f"{operation.id}: {name}: {f.message[:300]}"
            for f in validator.iter_errors(value)]
