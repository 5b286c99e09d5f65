# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a script: once written it is done, and its text is never shown."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.results import (
    build_result,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomScript,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.scripts import (
    COMPARED,
    Places,
    check_options,
    check_written,
    plan_script,
    summarize,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import (
    BLUEPRINTS,
    ITEM_IDS,
    items,
    scripts,
)
from tests.support.strategies.values import Json, outcome_of

optional = st.sampled_from((True, False, None))
params: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "name": st.sampled_from(("check", "new")),
        "library_item_id": st.sampled_from((None, ITEM_IDS[0])),
        "script": st.sampled_from(("#!/bin/sh\necho canary-text\n", "#!/bin/sh", " ", "a\r\n")),
        "remediation_script": st.sampled_from((None, "", "exit 1\n")),
        "execution_frequency": st.sampled_from(("once", "every_day", "no_enforcement")),
        "active": optional,
        "restart": optional,
        "show_in_self_service": optional,
        "self_service_category_id": st.sampled_from((None, "c1")),
        "self_service_recommended": optional,
        "blueprints_mode": st.sampled_from(("add", "exact")),
    }
)
wanted = st.lists(st.sampled_from(BLUEPRINTS), unique=True)


@given(params, st.lists(scripts(), max_size=1), wanted, items())
def test_a_script_that_was_written_needs_no_further_write(
    options: Json, listed: list[CustomScript], blueprints: list[t.Any], on: dict[str, list[t.Any]]
) -> None:
    outcome_of(lambda: check_options(options))
    ids = {blueprint: {item.id for item in each} for blueprint, each in on.items()}
    plan = outcome_of(lambda: plan_script(options, listed, Places(blueprints, BLUEPRINTS, ids)))
    if isinstance(plan, DeviceTrustError):
        return
    assert "canary-text" not in repr(build_result(plan.changes))
    assert bool(plan.changes) is bool(
        plan.fields or plan.assignment.assign or plan.assignment.remove
    )
    written = replace(
        plan.current or CustomScript("new-id", plan.name),
        **{key: value for key, value in plan.fields.items() if key in COMPARED},
    )
    check_written(plan, written)
    summarize(written, plan)
    for blueprint in plan.assignment.assign:
        ids.setdefault(blueprint.id, set()).add(written.id)
    for blueprint in plan.assignment.remove:
        ids[blueprint.id].discard(written.id)
    again = plan_script(options, [written], Places(blueprints, BLUEPRINTS, ids))
    assert again.changes == [] and not again.fields
