# SPDX-License-Identifier: MIT
"""The product's configuration for a scenario: one connector a workspace."""
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from .scenario import Scenario

APPLIANCE_ID = "5eed0000-0000-4000-8000-000000000001"


def config(scenario: Scenario, info: Mapping[str, Any],
           connector: Mapping[str, Any] = {},
           extra: Mapping[str, Any] = {}) -> dict[str, Any]:
    """A config.json for the simulator that `info` (sim.json) describes.

    connector  members laid over each connector
    extra      members laid over the whole; "network" is merged
    """
    apps = {t.id.lower(): t.apps[0].client_id if t.apps else ""
            for t in scenario.tenants}
    connectors = [{
        "name": w.connector, "tenant_id": w.tenant,
        "client_id": apps[w.tenant.lower()], "subscription_id":
        w.subscription, "resource_group": w.resource_group,
        "workspace_name": w.name, "cloud": "custom",
        "authority_url": info["authority_url"], "arm_url": info["arm_url"],
        **connector} for w in scenario.workspaces]
    whole: dict[str, Any] = {
        "version": 1, "appliance_id": APPLIANCE_ID, "org_id": "witfoo",
        "connectors": connectors,
        **{k: v for k, v in extra.items() if k != "network"}}
    whole["network"] = {"ca_file": info["ca_file"],
                        **extra.get("network", {})}
    return whole


def secrets(scenario: Scenario) -> dict[str, str]:
    """The client secret of each connector that has one."""
    values = {}
    for workspace in scenario.workspaces:
        for tenant in scenario.tenants:
            if tenant.id.lower() == workspace.tenant.lower() \
                    and tenant.apps and tenant.apps[0].secrets:
                values[workspace.connector] = \
                    tenant.apps[0].secrets[0].value
    return values


def write_atomically(path: pathlib.Path, text: str,
                     mode: int = 0o644) -> None:
    """A reader sees the old file or the whole new one."""
    new = path.with_name(path.name + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode),
              "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(new, path)


def write(folder: pathlib.Path, scenario: Scenario,
          info: Mapping[str, Any]) -> dict[str, Any]:
    """Write config.json and secrets/NAME; returns what sim.json says."""
    write_atomically(folder / "config.json",
                     json.dumps(config(scenario, info), indent=1) + "\n")
    (folder / "secrets").mkdir(exist_ok=True, mode=0o700)
    files = {}
    for name, value in secrets(scenario).items():
        path = folder / "secrets" / name
        write_atomically(path, value, 0o600)
        files[name] = str(path)
    return {"config_file": str(folder / "config.json"), "secrets": files}
