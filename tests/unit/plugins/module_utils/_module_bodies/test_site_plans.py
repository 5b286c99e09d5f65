# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts of the preflight take from each other, and what they keep in memory."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.options import Params
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.results import Result
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    KandjiDevice,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._module_bodies import (
    site_plans,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._module_bodies.predictions import (
    Part,
)

EARLY, LATE = "2026-11-01T10:00:00Z", "2026-11-20T10:00:00Z"


def profile(updated_at: str | None, item: str | None = "8b0d4e2c") -> Params:
    return {"library_item_id": item, "updated_at": updated_at}


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        ([], "never"),
        ([profile(None, item=None)], "never"),
        ([profile(LATE), profile(EARLY), profile(None, item=None)], EARLY),
        ([profile(LATE), profile(None)], None),
    ],
)
def test_the_challenge_is_as_old_as_the_oldest_profile(
    profiles: list[Params], expected: str | None
) -> None:
    assert site_plans.find_deployment(profiles) == expected


ASKED = dict.fromkeys(("okta_verify", "settings", "scep"), {})
DIFFS = [{"before": {}, "after": {name: {"assigned": True}}} for name in ("a", "b")]


RING: Params = {
    "scep_profile": {"name": "Okta SCEP - canary", "blueprints": ["Canary"]},
    "settings_profile": {"blueprints": ["Canary"], "assignment_nodes": {"Canary": "n"}},
    "stages": {"name": "canary", "blueprints": ["b-1"]},
}
SCEP_URL = "https://acme.okta.com/pki/1/scep/rac1"


def plans(
    results: dict[str, Params], *rings: Params, unusable: str = "", **params: object
) -> site_plans.SitePlans:
    """Return plans with these results of their parts."""
    options = {
        **ASKED,
        "mobileconfig": None,
        "challenge": "c",
        "deploys": True,
        "reads_authorities": False,
        "certificate_check_name": None,
        **params,
    }
    run = SimpleNamespace(params=options)
    made = site_plans.SitePlans(run, rings, {unusable} - {""})  # type: ignore[arg-type]  # a stub
    made.results.update(results)
    return made


SAME: Params = {"changed": False}


@pytest.mark.parametrize(
    ("results", "params", "expected"),
    [
        ({"okta_verify": SAME, "scep": SAME}, {}, True),
        ({"okta_verify": SAME, "scep": {"changed": True}}, {}, False),
        ({"okta_verify": SAME, "scep": {"changed": False, "failed": True}}, {}, False),
        ({"okta_verify": SAME}, {}, False),
        ({"okta_verify": SAME, "scep": SAME}, {"mobileconfig": "<plist/>"}, False),
        (
            {"okta_verify": SAME, "scep": SAME, "settings": SAME},
            {"mobileconfig": "<plist/>"},
            True,
        ),
        ({}, dict.fromkeys(ASKED), False),
    ],
)
def test_a_run_needs_no_gate_if_each_part_predicts_no_change(
    results: dict[str, Params], params: dict[str, object], expected: bool
) -> None:
    assert plans(results, **params).needs_no_gate is expected


def test_what_the_parts_would_change_is_said_in_check_mode_of_a_run_that_deploys() -> None:
    results: dict[str, Params] = {
        "okta_verify": {"changed": True, "changes": ["assign a"], "diff": DIFFS[0]},
        "stages": {"changed": False, "counts": {}},
        "scep": {"changed": True, "changes": ["assign b"], "diff": DIFFS[1]},
    }
    predicted = plans(results).as_result()
    assert not predicted["changed"] and predicted["changes"] == ["assign a", "assign b"]
    both = {name: {"assigned": True} for name in ("a", "b")}
    assert predicted["diff"] == {"before": {}, "after": both}
    assert predicted["scep"] == {"changed": True, "changes": ["assign b"]}
    nothing = plans(results, deploys=False).as_result()
    assert nothing["changes"] == [] and nothing["diff"] == {"before": {}, "after": {}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Params]:
    """Return the options of each part that is run, and let it return something."""
    seen: dict[str, Params] = {}
    returned: dict[str, Params] = {
        "okta_verify": {"library_item": {"id": "app"}},
        "certificate_check_name": {"id": "check"},
        "certificate_authority": {"scep_url": SCEP_URL},
        "stages": {"profiles": [profile(EARLY)]},
    }

    def predict(_ctx: object, part: Part, options: Params, **_known: object) -> Result:
        seen[part.option] = options
        return {"changed": False, **returned.get(part.option, {})}

    monkeypatch.setattr(site_plans, "predict", predict)
    return seen


EACH: dict[str, object] = {"stages": {}, "certificate_authority": {}, "mobileconfig": "<plist/>"}
NO_MACS: frozenset[str] = frozenset()


def test_each_part_gets_what_the_parts_before_it_returned(asked: dict[str, Params]) -> None:
    plans({}, RING, **EACH).predict(None, site_plans.SeenMacs(NO_MACS))
    assert asked == {
        "okta_verify": {
            "blueprints": ["Canary"],
            "assignment_nodes": {"Canary": "n"},
            "report": False,
        },
        "stages": {"rings": [RING["stages"]], "okta_verify_item_ids": ["app"]},
        "certificate_authority": {"challenge_deployed_at": EARLY},
        "settings": {"profiles": [RING["settings_profile"]], "mobileconfig": "<plist/>"},
        "scep": {"url": SCEP_URL, "challenge": "c", "profiles": [RING["scep_profile"]]},
    }


@pytest.mark.parametrize(
    ("rings", "more", "parts"),
    [
        ([], {}, {"certificate_authority"}),
        ([RING], {"deploys": False}, {"okta_verify", "stages"}),
        (
            [RING],
            {"deploys": False, "reads_authorities": True},
            {"okta_verify", "stages", "certificate_authority"},
        ),
        (
            [RING],
            {"deploys": False, "reads_authorities": True, "unusable": "okta"},
            {"okta_verify"},
        ),
        ([RING], {"unusable": "kandji"}, {"okta_verify", "certificate_authority", "scep"}),
        # Without a SCEP URL, what prevented the read is a problem already.
        ([RING], {"unusable": "okta"}, {"okta_verify"}),
        ([RING], {"unusable": "okta", "scep": {"url": SCEP_URL}}, {"okta_verify", "scep"}),
    ],
)
def test_a_part_is_left_out_where_it_could_only_repeat_a_problem(
    asked: dict[str, Params], rings: list[Params], more: dict[str, t.Any], parts: set[str]
) -> None:
    options = {**EACH, "mobileconfig": None, **more}
    plans({}, *rings, **options).predict(None, site_plans.SeenMacs(NO_MACS))
    assert set(asked) == parts


def test_the_stages_are_read_with_the_certificate_check(asked: dict[str, Params]) -> None:
    options = {**EACH, "certificate_check_name": "Check"}
    plans({}, RING, **options).predict(None, site_plans.SeenMacs(NO_MACS))
    assert asked["certificate_check_name"] == {"name": "Check", "blueprints": ["b-1"]}
    assert asked["stages"]["certificate_check_item_id"] == "check"


def test_without_the_library_the_stages_fail_as_its_read_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = {"changed": False, "failed": True, "msg": "Kandji: 403."}
    monkeypatch.setattr(site_plans, "predict", lambda *_asked, **_known: failed)
    seen = site_plans.SeenMacs(NO_MACS)
    made = plans({}, RING, stages={}, certificate_check_name="Check", deploys=False)
    made.predict(None, seen)
    assert made.results["stages"] == failed and not seen.is_complete


def test_of_all_macs_only_the_test_macs_stay_in_memory() -> None:
    seen = site_plans.SeenMacs({"c02a"})
    for serial in ("C02A", "C02B", ""):
        seen.add(KandjiDevice.from_row({"device_id": f"d-{serial}", "serial_number": serial}))
    assert [mac.serial for mac in seen.macs] == ["C02A"] and seen.count == 3


def test_lists_as_long_as_the_fleet_are_not_kept() -> None:
    kept = {operation.name for operation in site_plans.READ_ONCE}
    assert not kept & {"List Devices", "listDevices", "Certificates", "Get Library Item Statuses"}
