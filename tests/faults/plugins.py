# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What flows run besides modules: the inventory plugin, and the event source of Okta's log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import runpy
import threading
import typing as t
from collections.abc import Mapping
from types import SimpleNamespace
from unittest import mock

from ansible.errors import AnsibleParserError
from ansible_collections.devicetrust.okta_kandji.plugins.inventory import macs
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.options import (
    CONNECTION as CONNECTION_OPTIONS,
)

from tools.support.environment import CHECKOUT

Json = dict[str, t.Any]
SOURCE = CHECKOUT / "extensions" / "eda" / "plugins" / "event_source" / "okta_system_log.py"
MAX_PAUSES = 8  # of an event source, after which it is stopped


# The inventory's options, and the environment variables of which they come.
CONNECTION = {
    "okta_org_url": "OKTA_CLIENT_ORGURL",
    "okta_api_token": "OKTA_CLIENT_TOKEN",
    "kandji_api_url": "IRUCTL_TENANT",
    "kandji_api_token": "IRUCTL_TOKEN",
}


def run_inventory(options: Mapping[str, t.Any], environment: Mapping[str, str]) -> Json:
    """Return the hosts that the inventory plugin reads, with their variables.

    Ansible's loader, which reads its options from a file, is left out.
    """
    defaults = {
        name: option.get("default")
        for table in (*macs.TABLES, CONNECTION_OPTIONS)
        for name, option in table.items()
    }
    asked = {name: environment[variable] for name, variable in CONNECTION.items()}
    values = {**defaults, **asked, **options}
    warnings: list[str] = []
    plugin: t.Any = macs.InventoryModule()
    display = SimpleNamespace(warning=lambda text, **_more: warnings.append(text))
    with (
        mock.patch.object(plugin, "get_option", values.get),
        mock.patch.object(plugin, "_resolved", lambda value: value),
        mock.patch.object(plugin, "display", display),
    ):
        try:
            hosts = {
                name: dict(variables)
                for name, variables in plugin._read("macs.yml", plugin._params())
            }
        except AnsibleParserError as error:
            text = str(error)
            return {"failed": True, "msg": text, "warnings": warnings, "printed": text}
    return {"hosts": hosts, "warnings": warnings, "printed": "\n".join(warnings)}


class _Stopped(Exception):
    """Raised instead of a pause, when a source has had enough of them."""


class _NoWait(threading.Event):
    """What a source waits with: time passes at once."""

    def wait(self, timeout: float | None = None) -> bool:
        return False


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def run_log_source(options: Mapping[str, t.Any], environment: Mapping[str, str]) -> Json:
    """Return the events that the event source of Okta's log hands on, until it only waits."""
    source = runpy.run_path(str(SOURCE))
    events: list[str] = []
    pauses: list[float] = []
    handler = _Lines()
    logger: logging.Logger = source["LOGGER"]
    logger.addHandler(handler)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) >= MAX_PAUSES:
            raise _Stopped

    async def hand_on(event: t.Any) -> None:
        events.append(str(event.get("uuid")))

    async def read() -> None:
        running = source["Source"](dict(options), _NoWait())
        await running.follow(running.begin(), hand_on)

    result: Json = {"events": events}
    with mock.patch.dict(os.environ, dict(environment)), mock.patch.object(asyncio, "sleep", pause):
        try:
            with contextlib.suppress(_Stopped):
                asyncio.run(read())
        except DeviceTrustError as error:
            result = {"failed": True, "msg": error.message}
    logger.removeHandler(handler)
    return {**result, "warnings": handler.lines, "printed": "\n".join(handler.lines)}
