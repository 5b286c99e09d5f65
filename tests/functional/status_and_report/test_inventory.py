# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin as ansible-inventory runs it against the lab."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tools.support.environment import SCRIPTS, child_environment, run_and_read
from tools.support.playbook import lab_environment

PLUGIN = "devicetrust.okta_kandji.macs"


@pytest.fixture
def inventory(watched, tmp_path, printed):
    """Write macs.yml with these options and ask ansible-inventory for it."""

    def ask(*arguments, name="macs.yml", environment=None, **options):
        source = tmp_path / name
        content = {"plugin": PLUGIN, "rings": watched.ring_variables, **options}
        set_options = {name: value for name, value in content.items() if value is not None}
        source.write_text(json.dumps(set_options))  # JSON is YAML
        command = [str(SCRIPTS / "ansible-inventory"), "--inventory", str(source), *arguments]
        more = {
            "ANSIBLE_INVENTORY_ENABLED": PLUGIN,
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            **lab_environment(watched.lab.announcement),
        }
        status, output = run_and_read(
            command, child_environment(**{**more, **(environment or {})}), show=False
        )
        printed.append(output)
        return status, output

    return ask


def listed(answer):
    """What --list says.

    Texts of vendors are marked there as unsafe, which is taken off once it was seen.
    """
    status, output = answer
    assert status == 0, output
    return json.loads(
        output[output.index("{") :], object_hook=lambda found: found.get("__ansible_unsafe", found)
    )


def test_a_host_for_each_mac_in_its_groups(watched, inventory):
    found = listed(inventory("--list"))
    hosts = found["_meta"]["hostvars"]
    assert set(hosts) == {mac.serial for mac in watched.world.macs}
    one = next(iter(hosts.values()))
    assert (
        one["device_trust_stage"]
        and one["device_trust_blueprint"]
        and one["device_trust_os_version"]
    )
    for serial, values in hosts.items():
        assert serial in found[f"stage_{values['device_trust_stage'].lower()}"]["hosts"]
    assert any(name.startswith("ring_canary") for name in found) and any(
        name.startswith("os_") for name in found
    )
    assert watched.writes() == []


def test_it_asks_for_no_more_than_the_report_does(watched, inventory, run_module, tmp_path):
    listed(inventory("--list"))
    asked = Counter(one.operation for one in watched.asked())
    report = run_module(
        "device_trust_report",
        {"rings": watched.ring_variables, "dest": str(tmp_path)},
        lab=watched.lab,
    )
    reported = {one["operation"]: one["count"] for one in report["api_calls"]}
    # The report shows the renewal of the certificate authority, too.
    authorities = {"listCertificateAuthorities", "listRegistrationAuthorities"}
    assert asked == {name: count for name, count in reported.items() if name not in authorities}
    assert set(asked.values()) == {1}


def test_only_a_text_with_braces_is_marked_as_no_template(watched, inventory):
    """AWX imports a marked value as a mapping: no host would be enabled by its stage."""
    mac = watched.world.macs[0]
    watched.world.kandji.devices[mac.device_id].name = "{{ 7 * 7 }}"
    composed = {"ansible_host": "device_trust_serial_number ~ '.example.com'"}
    status, output = inventory("--list", "--export", compose=composed)
    assert status == 0, output
    found = json.loads(output[output.index("{") :])
    for serial, values in found["_meta"]["hostvars"].items():
        marked = {name for name, value in values.items() if "__ansible_unsafe" in str(value)}
        assert marked <= ({"device_trust_device_name"} if serial == mac.serial else set())
        assert isinstance(values["device_trust_stage"], str)


def test_awx_gives_the_rings_by_the_environment_and_the_file_has_precedence(watched, inventory):
    rings = [{**ring, "name": f"awx {ring['name']}"} for ring in watched.ring_variables]
    environment = {"DEVICE_TRUST_FLEET_OPTIONS": json.dumps({"rings": rings})}
    found = listed(inventory("--list", environment=environment, rings=None))
    assert any(name.startswith("ring_awx_canary") for name in found)
    own = listed(inventory("--list", environment=environment))
    assert not any(name.startswith("ring_awx") for name in own)
    assert any(name.startswith("ring_canary") for name in own)


@pytest.mark.parametrize("in_file", [True, False])
def test_lists_that_are_one_text_are_split_as_in_a_playbook(watched, inventory, in_file):
    serials = ["GONEMAC00001", "GONEMAC00002", "GONEMAC00003"]
    for serial in serials:
        watched.control("POST", "/okta/records", {"serial": serial})
    options = {"other_serials": "GONEMAC00001 gonemac00002\nGONEMAC00003"}
    environment = {} if in_file else {"DEVICE_TRUST_FLEET_OPTIONS": json.dumps(options)}
    found = listed(inventory("--list", environment=environment, **(options if in_file else {})))
    stages = [found["_meta"]["hostvars"][each]["device_trust_stage"] for each in serials]
    assert stages == ["OTHER_TENANT"] * 3


@pytest.mark.parametrize(
    "options, said",
    [
        ("[]", "fleet_options: it is not a JSON object."),
        ("{", "fleet_options: it is not a JSON object."),
        ('{"ring": []}', "fleet_options.ring: this option does not exist; did you mean 'rings'?"),
        ('{"okta_api_token": "x"}', "fleet_options.okta_api_token: this option does not exist"),
        ('{"rings": {}}', "fleet_options.rings: it is not a list."),
        ('{"rings": [{"name": "x"}]}', "rings[0].blueprints: it is missing or empty. Set it."),
        ('{"other_serials": {"a": 1}}', "fleet_options: "),
    ],
)
def test_a_mistake_in_the_options_of_the_environment_is_one_sentence(
    watched, inventory, options, said
):
    status, output = inventory(
        "--list", environment={"DEVICE_TRUST_FLEET_OPTIONS": options}, rings=None
    )
    assert status != 0 and said in output, output
    assert watched.asked() == []


def test_the_graph_names_the_groups(inventory):
    status, output = inventory("--graph")
    assert status == 0 and "@ring_canary:" in output and "@blueprint_" in output, output


def test_from_the_cache_it_asks_nobody(watched, inventory, tmp_path):
    cached = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_timeout": 3600,
        "cache_connection": str(tmp_path / "cache"),
        "api_retries": 0,
    }
    first, mark = listed(inventory("--list", **cached)), watched.mark()
    assert listed(inventory("--list", **cached)) == first
    assert watched.asked(mark) == []
    # Another tenant's, or with other options, these are not the same Macs.
    rings = json.dumps({"rings": []})
    options = {**cached, "rings": None}
    listed(inventory("--list", environment={"DEVICE_TRUST_FLEET_OPTIONS": rings}, **options))
    assert watched.asked(mark) != []
    other = {"KANDJI_API_URL": "https://localhost:1", "IRUCTL_TENANT": "https://localhost:1"}
    status, output = inventory("--list", environment=other, **cached)
    assert status != 0 and "https://localhost:1" in output, output


def test_a_name_that_looks_like_a_template_stays_a_text(watched, inventory):
    mac = watched.world.macs[0]
    watched.world.kandji.devices[mac.device_id].name = "{{ lookup('pipe', 'id') }}"
    watched.world.kandji.devices[mac.device_id].tags = ["{{ 7 * 7 }}"]
    found = listed(
        inventory(
            "--list",
            compose={"shown": "device_trust_device_name"},
            keyed_groups=[{"key": "device_trust_tags", "prefix": "mine"}],
        )
    )
    values = found["_meta"]["hostvars"][mac.serial]
    assert values["device_trust_device_name"] == values["shown"] == "{{ lookup('pipe', 'id') }}"
    assert not any("49" in name or "uid=" in name for name in found)


def test_constructed_groups_and_variables(watched, inventory):
    found = listed(
        inventory(
            "--list",
            compose={"ansible_host": "device_trust_serial_number ~ '.example.com'"},
            groups={"everyone_waiting": "device_trust_stage != 'MANAGED'"},
            keyed_groups=[{"key": "device_trust_model", "prefix": "model"}],
        )
    )
    serial, values = next(iter(found["_meta"]["hostvars"].items()))
    assert values["ansible_host"] == f"{serial}.example.com"
    assert serial in found["everyone_waiting"]["hosts"] and any(
        name.startswith("model_") for name in found
    )


@pytest.mark.parametrize(
    "options, said",
    [
        ({"rings": [{"name": "x"}]}, "rings[0].blueprints: it is missing or empty. Set it."),
        (
            {"rings": [{"name": "x", "blueprints": ["IT"], "test_mac": ["C02XK1ZAJG5J"]}]},
            "rings[0].test_mac: a ring has no such key; did you mean 'test_macs'?",
        ),
        (
            {"rings": [{"name": "x", "blueprints": ["IT"], "xyzzy": 1}]},
            "rings[0].xyzzy: a ring has no such key. Remove it.",
        ),
        (
            {
                "rings": [
                    {"name": "x", "blueprints": ["IT"], "scep_profile": "a", "library_item": "b"}
                ]
            },
            "rings[0]: it has scep_profile and library_item, which exclude each other.",
        ),
        (
            {"rings": [{"name": "x", "blueprints": ["No such"]}]},
            "Kandji has no blueprint 'No such'",
        ),
        ({"capacity_percent": 0}, "capacity_percent"),
        ({"ring": []}, "ring: this option does not exist; did you mean 'rings'?"),
        ({"xyzzy": 1}, "xyzzy: this option does not exist. Remove it."),
    ],
)
def test_what_is_wrong_is_one_sentence(inventory, options, said):
    status, output = inventory("--list", **options)
    assert status != 0 and said in output and "Traceback" not in output, output


def test_a_token_that_is_wrong_is_told_and_not_shown(inventory):
    status, output = inventory("--list", environment={"IRUCTL_TOKEN": "wrong-token-of-nobody"})
    assert status != 0 and "wrong-token-of-nobody" not in output and "not accepted" in output, (
        output
    )


def test_only_files_of_its_name_are_taken(inventory):
    assert inventory("--list", name="hosts.yml")[0] != 0
