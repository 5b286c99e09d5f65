# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event sources say of themselves what they do, as modules must.

Ansible-test compares only modules.
"""

from __future__ import annotations

import asyncio
import re
import runpy
from importlib import import_module

import pytest
import yaml
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
)

from tools.support.environment import CHECKOUT

SOURCES = sorted(
    path.stem
    for path in (CHECKOUT / "extensions" / "eda" / "plugins" / "event_source").glob("*.py")
)
PAGE = (CHECKOUT / "docs" / "events.md").read_text(encoding="utf-8")


@pytest.fixture(params=SOURCES)
def source(request):
    return request.param, runpy.run_path(
        str(CHECKOUT / "extensions" / "eda" / "plugins" / "event_source" / f"{request.param}.py")
    )


def documented(source):
    """The options of the documentation, its fragments included."""
    text = yaml.safe_load(source["DOCUMENTATION"])
    options = dict(text["options"])
    for fragment in text.get("extends_documentation_fragment", []):
        module = import_module(
            f"ansible_collections.devicetrust.okta_kandji.plugins.doc_fragments.{fragment.rpartition('.')[2]}"
        )
        options.update(yaml.safe_load(module.ModuleDocFragment.DOCUMENTATION)["options"])
    return options


def test_every_option_is_documented_with_its_type_and_default(source):
    name, module = source
    spec = (
        module["arguments"](module["OKTA"], module["OPTIONS"])
        if name == "okta_system_log"
        else module["OPTIONS"]
    )
    options = documented(module)
    assert set(options) == set(spec)
    for option, known in spec.items():
        assert options[option]["type"] == known["type"], option
        assert bool(options[option].get("required")) == bool(known.get("required")), option
        if option != "filter":  # whose default is a sentence there
            assert options[option].get("default") == known.get("default"), option


def test_every_option_of_its_own_is_in_the_page(source):
    name, module = source
    _before, _head, after = PAGE.partition(f"| option of `{name}` |")
    rows = re.findall(r"^\| (`.*?) \|", after.partition("\n\n")[0], re.MULTILINE)
    assert {option for row in rows for option in re.findall(r"`(\w+)`", row)} == set(
        module["OPTIONS"]
    )


def test_its_example_is_a_ruleset_with_this_source(source):
    name, module = source
    (ruleset,) = yaml.safe_load(module["EXAMPLES"])
    (used,) = (
        args
        for one in ruleset["sources"]
        for key, args in one.items()
        if key == f"devicetrust.okta_kandji.{name}"
    )
    assert set(used) <= set(documented(module)) and ruleset["rules"]


# Rulebooks

RULEBOOKS = sorted((CHECKOUT / "extensions" / "eda" / "rulebooks").glob("*.yml"))


def runs(rulebook):
    """The playbooks that it runs, each with the variables that it gives them."""
    (ruleset,) = yaml.safe_load(rulebook.read_text(encoding="utf-8"))
    actions = [action["run_playbook"] for rule in ruleset["rules"] for action in rule["actions"]]
    return [
        (one["name"].removeprefix("devicetrust.okta_kandji."), one["extra_vars"]) for one in actions
    ]


@pytest.mark.parametrize("rulebook", RULEBOOKS, ids=lambda path: path.stem)
def test_a_rulebook_runs_playbooks_that_are_there_and_read_what_they_are_told(rulebook):
    assert runs(rulebook)
    for name, given in runs(rulebook):
        text = (CHECKOUT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8")
        imported = re.findall(r"import_playbook: devicetrust\.okta_kandji\.(\w+)", text)
        read = text + "".join(
            (CHECKOUT / "playbooks" / f"{one}.yml").read_text(encoding="utf-8") for one in imported
        )
        read += "".join(
            path.read_text(encoding="utf-8")
            for path in (CHECKOUT / "playbooks" / "tasks").glob("*ring*.yml")
        )
        typed = {variable: variable.replace("_trust_", "_trust.", 1) for variable in given}
        assert [variable for variable in given if typed[variable] not in read] == []


@pytest.mark.parametrize("rulebook", RULEBOOKS, ids=lambda path: path.stem)
def test_a_playbook_is_told_plain_values_of_an_event_alone(rulebook):
    told = re.findall(r"\{\{ *(event[\w.]*)", rulebook.read_text(encoding="utf-8"))
    assert told and set(told) <= {
        "event.eventType",
        "event.device_trust.serial_numbers",
        "event.device_trust.users",
    }


@pytest.mark.parametrize(
    "value", ["C02{{ x }}", "a b", "x" * 200, "{% if %}", "ann@example.com\n- debug:", 7 * "\u4f1f"]
)
def test_a_value_that_is_not_plain_is_told_to_nobody(value):
    prepared = import_module(
        "ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.sources"
    ).prepared
    event = {
        "target": [
            {"type": "Device", "id": value, "detailEntry": {"serialNumber": value}},
            {"type": "User", "alternateId": value},
        ]
    }
    assert prepared(event)["device_trust"] == {"device_ids": [], "serial_numbers": [], "users": []}
    assert "{{" not in str(prepared(event)["target"]) and "{%" not in str(prepared(event)["target"])


# Refusals of Okta


class Follower:
    """A follower whose reads end with these outcomes, the last of them for ever."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)

    def page(self, _position):
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def read_page(*outcomes):
    """Return the page that the source of the System Log reads, with no pause between its polls."""
    module = runpy.run_path(
        str(CHECKOUT / "extensions" / "eda" / "plugins" / "event_source" / "okta_system_log.py")
    )
    source = object.__new__(module["Source"])
    source._params, source._follower = {"interval": 0.0}, Follower(*outcomes)
    source.describe_error = lambda error: error.message
    return asyncio.run(source._page(None))


@pytest.mark.parametrize("status", [408, 409, 423, 429, 500, 503])
def test_a_refusal_that_may_pass_is_waited_out(status):
    refused = ApiError("Okta refused.", status=status)
    assert read_page(refused, refused, "a page") == "a page"


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_that_stays_ends_the_source(status):
    with pytest.raises(ApiError):
        read_page(ApiError("Okta refused.", status=status), "a page")
