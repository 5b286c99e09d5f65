# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves of apps: exactly those that Okta would refuse, or that lead to unknown rules, are stopped."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.moves import (
    Move,
    explain_staying_apps,
    find_staying_apps,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Policy,
)
from hypothesis import given
from hypothesis import strategies as st

POLICIES = [
    Policy("rst1", "Company apps", status="ACTIVE"),
    Policy("rst2", "Clone", status="ACTIVE"),
    Policy("rst3", "Old", status="INACTIVE"),
    Policy("", "A clone that does not exist yet"),
]
places = st.sampled_from(["rst1", "rst2", "rst9"])
apps = st.builds(
    lambda console, *others: [
        App("a0", "Okta Admin Console", "saasure", console),
        *(App(f"a{number}", "Slack", "slack", place) for number, place in enumerate(others, 1)),
    ],
    *(places, places, places),
)


@st.composite
def orgs(draw: st.DrawFn) -> tuple[list[App], list[Move]]:
    """Return the apps of an org, and a move of some of them in any order."""
    org = draw(apps)
    moving = draw(st.lists(st.sampled_from(org), unique_by=lambda app: app.id))
    targets = [draw(st.sampled_from(POLICIES)) for _app in moving]
    moves = [
        Move(app, target, str(app.policy_id), target.id) for app, target in zip(moving, targets)
    ]
    return org, moves


@given(orgs())
def test_a_move_is_stopped_only_where_okta_would_refuse_it(
    org: tuple[list[App], list[Move]],
) -> None:
    known, moves = org
    stopped = [each.app.id for each in find_staying_apps(moves, known)]
    of_console, refused = known[0].policy_id, []
    for move in moves:
        target = move.target.id or move.target.name
        if move.target.is_inactive or (move.app.id != "a0" and target == of_console):
            refused.append(move.app.id)
        elif move.app.id == "a0":
            of_console = target
    assert stopped == refused


@given(orgs())
def test_each_app_that_cannot_move_is_explained_once(org: tuple[list[App], list[Move]]) -> None:
    known, moves = org
    staying = find_staying_apps(moves, known)
    text = explain_staying_apps(staying)
    assert text.count("'Slack'") + text.count("'Okta Admin Console'") == len(staying)
