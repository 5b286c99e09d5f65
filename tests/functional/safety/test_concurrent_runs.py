# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at once, and edits in the console during a run: nothing is doubled or lost."""

from __future__ import annotations

import plistlib
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
import requests
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import client
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import endpoint

from tools.support.playbook import SITE, PlayResult, run_playbook

SCEP = "kandji_scep_profile"
NAME = "Okta SCEP - canary"


def during_the_test_enrollment(act):
    """Act once, between the plan of a run and its first write."""
    real, acted = endpoint.ScepEndpoint.make_test_enrollment, []

    def enroll(self, *args, **options):
        if not acted:
            acted.append(True)
            act()
        return real(self, *args, **options)

    return mock.patch.object(endpoint.ScepEndpoint, "make_test_enrollment", enroll)


def profiles(watched, name=NAME):
    return [each for each in watched.world.kandji.library.profiles() if each.name == name]


def test_a_profile_that_another_run_created_is_not_created_again(watched, run_module, profile_args):
    with during_the_test_enrollment(lambda: run_module(SCEP, profile_args, lab=watched.lab)):
        late = run_module(SCEP, profile_args, lab=watched.lab)
    assert late["failed"] and "it was created in Kandji after this run read it" in late["msg"]
    watched.live()
    assert len(profiles(watched)) == 1
    assert len(watched.mac(watched.canary["test_macs"][0]).certificates) == 1


def test_two_runs_with_one_new_generation_change_the_profile_once(
    watched, run_module, profile_args
):
    run_module(SCEP, profile_args, lab=watched.lab)
    watched.live()
    wanted, mark = {**profile_args, "generation": "2027", "max_reissue": 50}, watched.mark()
    with during_the_test_enrollment(lambda: run_module(SCEP, wanted, lab=watched.lab)):
        late = run_module(SCEP, wanted, lab=watched.lab)
    assert late["failed"] and "it was changed in Kandji" in late["msg"]
    assert watched.writes(mark).count("Update Custom Profile") == 1


def test_a_payload_that_was_added_in_the_console_meanwhile_stays(watched, run_module, profile_args):
    run_module(SCEP, profile_args, lab=watched.lab)
    [item] = profiles(watched)
    announced = watched.lab.announcement

    def edit():
        plist = plistlib.loads(item.text.encode())
        plist["PayloadContent"].append(
            {
                "PayloadType": "com.apple.security.root",
                "PayloadVersion": 1,
                "PayloadIdentifier": "com.example.root",
                "PayloadUUID": "9B2B1E0C-4C7D-4B3E-9B0B-5C0F4E1B7A11",
                "PayloadContent": b"root",
            }
        )
        requests.patch(
            f"{announced['kandji_url']}/api/v1/library/custom-profiles/{item.id}",
            headers={"Authorization": f"Bearer {announced['kandji_api_token']}"},
            verify=announced["ca_file"],
            files={"file": ("x.mobileconfig", plistlib.dumps(plist))},
            timeout=30,
        ).raise_for_status()

    with during_the_test_enrollment(edit):
        late = run_module(SCEP, {**profile_args, "retries": 7}, lab=watched.lab)
    payloads = plistlib.loads(item.text.encode())["PayloadContent"]
    assert late["failed"], late
    assert "com.apple.security.root" in [each["PayloadType"] for each in payloads]


@pytest.mark.long
@pytest.mark.lab(latency=0.2)
def test_two_first_runs_of_the_site_playbook_at_once(watched):
    """Two processes, 0.2 s a request, as over the Internet: no interleaving is made by hand."""
    watched.switch(macs_act=True, people_act=True)
    quick = {"device_trust_gate_wait": 30, "device_trust_poll_interval": 1}

    def run(_number: int) -> PlayResult:
        return run_playbook(SITE, watched.lab.announcement, variables=quick)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))
    names = sorted(
        each.name
        for each in watched.world.kandji.library.profiles()
        if each.name.startswith("Okta SCEP")
    )
    assert names == ["Okta SCEP - canary", "Okta SCEP - wide"]
    assert not [mac.serial for mac in watched.world.macs if len(mac.certificates) > 1]
    assert run(3).status == 0


@pytest.mark.parametrize("other_first", [True, False])
def test_of_two_creates_at_once_the_older_profile_stays(
    watched, run_module, profile_args, other_first
):
    real = client.Kandji.create_profile

    def create(self, name, text, flags):
        if other_first:
            real(self, name, text, flags)  # what another run sends
        created = real(self, name, text, flags)
        if not other_first:
            real(self, name, text, flags)  # what another run sends
        return created

    with mock.patch.object(client.Kandji, "create_profile", create):
        run = run_module(SCEP, profile_args, lab=watched.lab)
    blueprints = watched.world.kandji.blueprints.values()
    assigned = [
        any(each.id in blueprint.item_ids for blueprint in blueprints) for each in profiles(watched)
    ]
    if other_first:
        assert "another run created it at the same time" in run["msg"] and assigned == [False]
    else:
        assert not run.get("failed") and sorted(assigned) == [False, True], run


def rings(watched, **values):
    return {
        "profiles": [
            {"name": f"Okta SCEP - {ring['name']}", "blueprints": ring["blueprints"], **values}
            for ring in watched.ring_variables
        ],
        "max_reissue": 100,
    }


def patch_profile(watched, item, **form):
    """What a person or another program sends."""
    announced = watched.lab.announcement
    requests.patch(
        f"{announced['kandji_url']}/api/v1/library/custom-profiles/{item.id}",
        headers={"Authorization": f"Bearer {announced['kandji_api_token']}"},
        verify=announced["ca_file"],
        files={name: (None, value) for name, value in form.items()},
        timeout=30,
    ).raise_for_status()


def test_no_ring_is_written_if_a_later_one_has_changed(watched, run_module):
    run_module(SCEP, rings(watched), lab=watched.lab)
    last = profiles(watched, f"Okta SCEP - {watched.ring_variables[-1]['name']}")[0]
    mark = watched.mark()
    with during_the_test_enrollment(lambda: patch_profile(watched, last, name="Renamed")):
        late = run_module(SCEP, rings(watched, generation="2027"), lab=watched.lab)
    assert (
        late["failed"]
        and f"profile {'Okta SCEP - ' + watched.ring_variables[-1]['name']!r}" in (late["msg"])
    )
    assert watched.writes(mark).count("Update Custom Profile") == 1  # the other one's
    assert "changed" not in late or not late["changed"]


def test_a_profile_that_was_assigned_to_the_ring_meanwhile_stops_the_run(
    watched, run_module, profile_args
):
    other = {**profile_args, "name": "Okta SCEP by another playbook"}
    with during_the_test_enrollment(lambda: run_module(SCEP, other, lab=watched.lab)):
        late = run_module(SCEP, profile_args, lab=watched.lab)
    assert late["failed"] and "has the same SCEP URL and is on 'Canary'" in late["msg"], late
    assert profiles(watched) == []
    watched.live()
    assert len(watched.mac(watched.canary["test_macs"][0]).certificates) == 1


def test_a_write_of_another_run_after_that_of_this_run_is_noticed(watched, run_module):
    """Both runs had read the profile again before either of them wrote to it."""
    run_module(SCEP, rings(watched), lab=watched.lab)
    real, changed = client.Kandji.update_profile, []

    def update(self, before, fields, mobileconfig):
        written = real(self, before, fields, mobileconfig)
        if not changed:
            changed.append(before.id)
            real(self, before, fields, mobileconfig)  # what the other run sends
        return written

    mark = watched.mark()
    with mock.patch.object(client.Kandji, "update_profile", update):
        early = run_module(SCEP, rings(watched, generation="2027"), lab=watched.lab)
    assert early["failed"] and early["changed"], early
    assert "another run or person wrote to it right after this run wrote to it" in early["msg"]
    assert early["library_item_id"] == changed[0]
    assert watched.writes(mark).count("Update Custom Profile") == 2  # no further ring
    again = run_module(SCEP, rings(watched, generation="2027"), lab=watched.lab)
    assert len(again["changes"]) == len(watched.ring_variables) - 1, again


def test_a_copy_that_may_not_be_deleted_is_named(watched, run_module, profile_args):
    real = client.Kandji.create_profile

    def create(self, name, text, flags):
        real(self, name, text, flags)  # what another run sends
        return real(self, name, text, flags)

    watched.forbid("Delete Custom Profile")
    with mock.patch.object(client.Kandji, "create_profile", create):
        late = run_module(SCEP, profile_args, lab=watched.lab)
    older, copy = sorted(profiles(watched), key=lambda each: each.created_at)
    assert late["failed"] and late["changed"] and late["library_item_id"] == copy.id, late
    assert f"another run created it at the same time ({older.id})" in late["msg"]
    assert (
        f"The copy of this run ({copy.id}) is assigned to nothing. Delete the copy" in late["msg"]
    )
    assert "Delete Custom Profile" in late["msg"]
    assert "Assign Library Item" not in watched.writes()
    again = run_module(SCEP, profile_args, lab=watched.lab)
    assert again["failed"] and older.id in again["msg"] and copy.id in again["msg"], again
