# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each option that is a number has a range, and each module refuses what is out of it at once."""

from __future__ import annotations

import runpy
import typing as t
from importlib import import_module
from unittest import mock

import pytest
from ansible.module_utils import basic
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core import options
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.option_values import (
    RANGES,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.constants import (
    LOG_RETENTION,
)
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils import _variables

from tests.support.module_runs import MODULES
from tools.generate import permissions
from tools.support.environment import CHECKOUT

SOURCES = CHECKOUT / "extensions" / "eda" / "plugins" / "event_source"
HOSTILE = (2**31, 2**63, -1, float("nan"), float("inf"))
# Values of options that a module cannot do without, where its argument spec does not say so.
NEEDED = {
    "name": "Example",
    "state_dir": "/tmp",
    "blueprints": ["Example"],
    "serials": ["Example"],
}
# Variables of playbooks whose option has another name.
RENAMED = {"okta_verify_licenses": "licenses", "gate_wait": "wait", "wait_for_people": "wait"}


class Asked(Exception):
    """Raised instead of building a module: its argument spec is all that is wanted."""


def spec_of(module: str) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {}

    def take(_module: t.Any, **more: t.Any) -> None:
        found.update(more["argument_spec"])
        raise Asked

    main = import_module(f"{MODULES}.{module}").main
    with mock.patch.object(basic.AnsibleModule, "__init__", take), pytest.raises(Asked):
        main()
    return found


def numbers_of(spec: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for name, option in spec.items():
        if option.get("type") in ("int", "float"):
            yield name
        yield from numbers_of(option.get("options") or {})


@pytest.mark.parametrize("module", permissions.names())
def test_each_number_of_a_module_has_a_range_and_a_default_in_it(module):
    spec = spec_of(module)
    assert set(numbers_of(spec)) <= set(RANGES)
    for name in numbers_of(spec):
        default = spec[name].get("default")
        assert default is None or RANGES[name].low <= default <= RANGES[name].high, name


@pytest.mark.parametrize("source", ["okta_system_log", "okta_event_hook"])
def test_each_number_of_an_event_source_has_a_range(source):
    spec = runpy.run_path(str(SOURCES / f"{source}.py"))["OPTIONS"]
    assert set(numbers_of(spec)) <= set(RANGES)


def test_each_range_is_of_an_option():
    used = {name for module in permissions.names() for name in numbers_of(spec_of(module))}
    used |= set(numbers_of(options.CONNECTION)) | {"interval", "limit", "backlog", "port"}
    assert set(RANGES) <= used


def test_ages_of_events_end_where_okta_deletes_them():
    """The clean-up keeps a week for its own runs, next to the least grace."""
    days = LOG_RETENTION.days
    assert RANGES["active_days"].high == RANGES["log_days"].high == days
    assert RANGES["unused_days"].high == RANGES["grace_days"].high == days - 7 - 1


def test_a_playbooks_variable_has_no_wider_range_than_its_option():
    for variables in _variables.read_declaration().groups.values():
        for variable in variables:
            name = variable.name.removeprefix("device_trust_").removeprefix("reset_")
            limits = RANGES.get(RENAMED.get(name, name))
            if variable.type == "int" and limits is not None:
                assert limits.low <= variable.minimum <= variable.maximum <= limits.high, name


@pytest.mark.parametrize("module", permissions.names())
def test_a_module_refuses_a_number_out_of_range_before_any_request(module, run_module):
    spec = spec_of(module)
    needed = {name: value for name, value in NEEDED.items() if name in spec}
    for name, option in spec.items():
        if option.get("required") and name not in needed:
            needed[name] = [] if option["type"] == "list" else (option.get("choices") or ["Ex"])[0]
    for name in numbers_of(spec):
        for value in HOSTILE:
            if spec[name].get("choices") or RANGES[name].high >= value >= RANGES[name].low:
                continue
            if spec[name]["type"] == "int" and value != value // 1:
                continue
            result = run_module(module, {**needed, name: value})
            assert result["failed"] and result["msg"].startswith(f"{name}: "), (name, value, result)
            assert result["api_calls"] == [], (name, value)
