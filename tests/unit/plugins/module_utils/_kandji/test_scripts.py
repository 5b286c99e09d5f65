# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Custom Script: what of it is compared, and what is said when Kandji keeps something else."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    NotAsWritten,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    scripts as custom_script,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomScript,
)

KEPT = {
    "id": "a",
    "name": "Look",
    "script": "echo",
    "remediation_script": "",
    "execution_frequency": "every_day",
    "active": True,
    "restart": False,
}


@pytest.mark.parametrize(
    ("desired", "paths"),
    [
        ({"script": "echo\n"}, []),
        ({"script": "echo\n\n"}, []),
        ({"script": "\necho"}, ["script"]),
        ({"show_in_self_service": False}, []),  # older answers leave it out
        ({"show_in_self_service": True}, ["show_in_self_service"]),
        ({"remediation_script": ""}, []),
        ({"active": 1}, ["active"]),
    ],
)
def test_what_differs(desired, paths):
    assert [
        one.path for one in custom_script.compare(desired, CustomScript.from_row(KEPT))
    ] == paths


def test_what_is_to_be_written_is_the_text_as_it_was_given():
    assert [
        one.after
        for one in custom_script.compare({"script": "echo again\n"}, CustomScript.from_row(KEPT))
    ] == ["echo again\n"]


def test_what_kandji_keeps_otherwise_is_named():
    plan = custom_script.Plan(
        "Look",
        None,
        {"name": "Look", "script": "echo\n", "restart": True, "self_service_category_id": "x"},
    )
    with pytest.raises(NotAsWritten, match="another restart than") as caught:
        custom_script.check_written(plan, CustomScript.from_row(KEPT))
    assert caught.value.details["keys"] == ["restart"]
