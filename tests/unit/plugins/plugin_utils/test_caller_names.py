# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An option of a module is called what the user of the playbook or role called it."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils._caller_names import (
    rename_options,
    trace_options,
)

TASK = {
    "max_reissue": "{{ kandji_scep_max_reissue | default(omit) }}",
    "max_new": "{{ omit if kandji_scep_max_new | default('') | string == '' else 1 }}",
    "url": "{{ kandji_scep_url | default(omit, true) }}",
    "profiles": "{{ kandji_scep_profiles }}",
    "retries": "{{ kandji_scep_retries | default(omit) }}",
    "wait": 600,
    "tag": "{{ nothing_of_this_name }}",
}
OF_PLAYBOOK = {
    "omit": "omit",
    "kandji_scep_max_reissue": "{{ device_trust.max_reissue }}",
    "kandji_scep_max_new": "{{ '' if device_trust.max_new is none else device_trust.max_new }}",
    "kandji_scep_url": "{{ device_trust.scep_url }}",
    "kandji_scep_profiles": "{{ [_device_trust_wanted_profiles[0]] }}",
    "_device_trust_wanted_profiles": [],
    "kandji_scep_retries": 5,
}


def test_a_playbook_passes_its_variables_through_a_role() -> None:
    assert trace_options(TASK, "kandji_scep", OF_PLAYBOOK) == {
        "max_reissue": "device_trust_max_reissue",
        "max_new": "device_trust_max_new",
        "url": "device_trust_scep_url",
        "retries": "kandji_scep_retries",
    }


def test_the_connection_comes_from_the_defaults_of_the_play() -> None:
    names = trace_options({}, "", {"device_trust": {"gate_wait": 600}})
    assert names["okta_org_url"] == "device_trust_okta_org_url"
    assert names["kandji_api_token"] == "device_trust_kandji_api_token"
    assert "gate_wait" not in names


def test_a_role_is_used_without_the_playbook() -> None:
    variables = {"omit": "omit", "kandji_scep_max_reissue": 5, "kandji_scep_url": "https://x"}
    assert trace_options(TASK, "kandji_scep", variables) == {
        "max_reissue": "kandji_scep_max_reissue",
        "url": "kandji_scep_url",
    }


def test_a_module_is_used_without_a_role() -> None:
    """The author of the task knows its options."""
    arguments = {"max_reissue": "{{ my_limit }}", "url": "{{ urls.first }}"}
    assert trace_options(arguments, "", {"my_limit": 5, "urls": {}}) == {}
    assert trace_options("max_reissue=5", "", {}) == {}
    assert trace_options(None, "", {}) == {}


def test_a_value_that_is_composed_of_another_is_not_that_other() -> None:
    """The name of a clone is not the name of the policy that it is made from."""
    variables = {
        "managed_access_policy": "{{ device_trust.access_policy }}",
        "managed_access_policy_name": "{{ managed_access_policy }} (managed devices)",
    }
    task = {"name": "{{ managed_access_policy_name }}", "clone_of": "{{ managed_access_policy }}"}
    assert trace_options(task, "managed_access", variables) == {
        "name": "managed_access_policy_name",
        "clone_of": "device_trust_access_policy",
    }


RULES = [
    {
        "name": "Managed devices",
        "groups": "{{ managed_access_groups }}",
        "groups_excluded": ["{{ managed_access_break_glass_group }}"],
        "platforms": "{{ managed_access_platforms }}",
        "policy": "{{ managed_access_groups }}",
    },
    {
        "name": "Others",
        "groups": "{{ managed_access_groups }}",
        "groups_excluded": ["{{ managed_access_break_glass_group }}"],
        "platforms": [],
    },
]


def test_the_keys_of_entries_are_called_what_the_user_called_them() -> None:
    """Platforms are of several variables here, and the policy is an option of the task."""
    task = {"rules": "{{ managed_access_rules }}", "policy": "Company apps"}
    variables = {
        "managed_access_rules": RULES,
        "managed_access_groups": "{{ device_trust.access_groups }}",
        "managed_access_break_glass_group": "{{ device_trust.break_glass_group }}",
        "managed_access_platforms": ["MACOS"],
    }
    assert trace_options(task, "managed_access", variables) == {
        "rules": "managed_access_rules",
        "groups": "device_trust_access_groups",
        "groups_excluded": "device_trust_break_glass_group",
    }
    of_role = {**variables, "managed_access_groups": ["Engineering"]}
    assert trace_options(task, "managed_access", of_role)["groups"] == "managed_access_groups"
    for broken in ("no template", "{{ nothing }}", "{{ managed_access_platforms }}"):
        names = trace_options({"rules": broken}, "managed_access", variables)
        assert names.keys() <= {"rules"}


def test_a_secret_is_traced_though_the_task_that_checks_variables_does_not_return_it() -> None:
    variables = {
        "device_trust": {},
        "device_trust_scep_challenge": "{{ vault_okta_scep_challenge }}",
        "kandji_scep_challenge": "{{ device_trust_scep_challenge | default('', true) }}",
    }
    chained = {"challenge": "{{ kandji_scep_challenge }}"}
    direct = {"challenge": "{{ rotates | ternary(device_trust_scep_challenge, omit) }}"}
    for task in (chained, direct):
        assert trace_options(task, "kandji_scep", variables)["challenge"] == (
            "device_trust_scep_challenge"
        )


def test_variables_that_refer_to_each_other_end() -> None:
    variables = {"kandji_scep_url": "{{ other }}", "other": "{{ kandji_scep_url }}"}
    assert trace_options(TASK, "kandji_scep", variables) == {}


NAMES = trace_options(TASK, "kandji_scep", OF_PLAYBOOK) | {
    "name": "device_trust_okta_verify_name",
    "rings": "device_trust_rings",
    "confirm": "device_trust_reset_confirm",
    "confirm_above": "device_trust_reset_confirm_above",
}


@pytest.mark.parametrize(
    "text, renamed",
    [
        (
            "max_reissue: it would touch 24 Macs. Set max_reissue: 24.",
            "device_trust_max_reissue: it would touch 24 Macs. Set device_trust_max_reissue: 24.",
        ),
        ("url: 'x' is not a URL.", "device_trust_scep_url: 'x' is not a URL."),
        ("name: no item has this name.", "device_trust_okta_verify_name: no item has this name."),
        ("rings[1].blueprints: Wrong.", "device_trust_rings[1].blueprints: Wrong."),
        ("A name, a url and rings.", "A name, a url and rings."),
        ("my.max_reissue and max_reissued", "my.max_reissue and max_reissued"),
        ("device_trust_max_reissue", "device_trust_max_reissue"),
        (
            "confirm: it is above confirm_above (10). If intended, set confirm: RESET",
            "device_trust_reset_confirm: it is above device_trust_reset_confirm_above (10). If"
            " intended, set device_trust_reset_confirm: RESET",
        ),
        ("Raise max_new if that is intended.", "Raise device_trust_max_new if that is intended."),
    ],
)
def test_a_message_names_the_variable(text: str, renamed: str) -> None:
    result = {"msg": text, "problems": [text], "warnings": [text], "report": text, "failed": True}
    assert rename_options(result, NAMES) == {
        "msg": renamed,
        "problems": [renamed],
        "warnings": [renamed],
        "report": text,
        "failed": True,
    }


def test_without_names_nothing_changes() -> None:
    assert rename_options({"msg": "url: x", "changed": False}, {}) == {
        "msg": "url: x",
        "changed": False,
    }


def test_a_warning_is_renamed_whether_it_is_a_text_or_an_object() -> None:
    """From ansible-core 2.19 on it is an object, with the text in its event."""
    same = SimpleNamespace(event=SimpleNamespace(msg="Nothing of this name."))
    late = SimpleNamespace(event=SimpleNamespace(msg="Set max_denied: 3."))
    result = {"warnings": ["Set max_denied: 3.", late, same, 7]}
    names = {"max_denied": "device_trust_max_denied"}
    text = "Set device_trust_max_denied: 3."
    assert rename_options(result, names) == {"warnings": [text, text, same, 7]}


@dataclass(frozen=True)
class Event:
    msg: str
    chain: Chain | None = None


@dataclass(frozen=True)
class Chain:
    event: Event


@dataclass(frozen=True)
class Summary:
    event: Event
    origin: str = "url: of the task"


def test_what_ansible_displays_of_a_failure_names_the_variable() -> None:
    """From ansible-core 2.19 on it is an object, and the texts in it are displayed."""
    failure = Summary(Event("Module failed.", Chain(Event("url: 'x' is not a URL."))))
    assert rename_options({"exception": failure}, NAMES) == {
        "exception": Summary(
            Event("Module failed.", Chain(Event("device_trust_scep_url: 'x' is not a URL.")))
        ),
    }
