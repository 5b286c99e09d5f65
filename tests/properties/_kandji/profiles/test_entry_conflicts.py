# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of profiles: none that pass name one thing twice, in whatever order they are."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.lookup import fold_name
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.entry_conflicts import (
    check_options,
    check_plans,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.plan import (
    Plan,
    ProfileOptions,
    Wanted,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import BLUEPRINTS
from tests.support.strategies.values import outcome_of, texts

NAMES = st.one_of(st.sampled_from(("Okta", "okta ", "Wi-Fi")), texts)
entries = st.lists(
    st.builds(
        ProfileOptions,
        NAMES,
        blueprints=st.lists(st.sampled_from(("Canary", "canary", "all")), max_size=2).map(tuple),
    ),
    max_size=3,
)


@given(entries, st.booleans(), st.randoms(use_true_random=False))
def test_entries_that_pass_name_each_thing_once(
    some: list[ProfileOptions], shares: bool, chance: t.Any
) -> None:
    refused = outcome_of(lambda: check_options(some, shares))
    names = [fold_name(each.name) for each in some if each.name]
    if refused is None:
        assert len(names) == len(set(names))
        blueprints = [{fold_name(name) for name in each.blueprints} for each in some]
        total = sum(map(len, blueprints))
        assert shares or total == len(set().union(*blueprints))
    chance.shuffle(some)
    again = outcome_of(lambda: check_options(some, shares))
    assert isinstance(again, BadOption) is isinstance(refused, BadOption)


@given(st.lists(st.tuples(NAMES, st.lists(st.sampled_from(BLUEPRINTS), unique=True)), max_size=3))
def test_plans_that_pass_share_no_blueprint(some: list[tuple[str, list[t.Any]]]) -> None:
    plans = [Plan(Wanted(name, None, places), name, None) for name, places in some]
    if outcome_of(lambda: check_plans(plans)) is None:
        ids = [blueprint.id for _name, places in some for blueprint in places]
        assert len(ids) == len(set(ids))
