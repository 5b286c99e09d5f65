# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be so before the first write: rings, Okta Verify and FastPass, a fleet."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings import preflight
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    RingOptions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    KandjiDevice,
)

BLUEPRINTS = [
    Blueprint("b-1", "Canary"),
    Blueprint("b-2", "Engineering"),
    Blueprint("b-3", "Sales"),
]


def ring(
    name: str = "canary",
    blueprints: t.Sequence[str] = ("Canary",),
    test_macs: t.Sequence[str] = ("C02A",),
    **more: t.Any,
) -> RingOptions:
    return RingOptions(name, tuple(blueprints), test_macs=tuple(test_macs), **more)


@pytest.mark.parametrize(
    "rings, problems",
    [
        ([ring()], []),
        ([ring(), ring("wide", ["Sales"], [])], []),
        (
            [],
            ["rings: it is empty. Name at least one ring with its blueprints and test Macs."],
        ),
        (
            [ring(test_macs=[])],
            [
                "rings: the first ring, 'canary', has no test_macs. Name the serials of one or two"
                " Macs that the gate checks first."
            ],
        ),
        ([ring(), ring("wide", [])], ["rings: 'wide' has no blueprints. Name at least one."]),
        (
            [ring(scep_profile="Other")],
            [
                "rings: 'canary' has a scep_profile, but the site playbook names each profile by"
                " scep_profile_prefix and the ring's name. Remove scep_profile."
            ],
        ),
        ([ring(), ring("wide"), ring()], ["'canary' is there twice."]),
        (
            [ring(blueprints=[], test_macs=[]), ring()],
            ["'canary' is there twice.", "'canary' has no blueprints.", "has no test_macs"],
        ),
    ],
)
def test_all_that_is_wrong_with_the_rings_is_told_at_once(
    rings: list[RingOptions], problems: list[str]
) -> None:
    found = preflight.find_option_problems(rings)
    assert len(found) == len(problems)
    assert all(problem in one for problem, one in zip(problems, found, strict=True))


def test_rings_are_resolved_to_blueprints_by_id_and_name() -> None:
    resolved, problems = preflight.resolve_rings(
        [ring(generation="2"), ring("wide", ["B-2", "Sales"], [], library_item="item-1")],
        BLUEPRINTS,
    )
    assert problems == []
    assert [each.as_result("SCEP of ") for each in resolved] == [
        {
            "name": "canary",
            "blueprints": [{"id": "b-1", "name": "Canary"}],
            "assignment_nodes": {},
            "test_macs": ["C02A"],
            "generation": "2",
            "library_item": None,
            "scep_profile": {
                "name": "SCEP of canary",
                "blueprints": ["Canary"],
                "assignment_nodes": {},
                "generation": "2",
            },
            "settings_profile": {
                "name": "Okta Verify settings - canary",
                "blueprints": ["Canary"],
                "assignment_nodes": {},
            },
            "stages": {"name": "canary", "blueprints": ["b-1"], "scep_profile": "SCEP of canary"},
        },
        {
            "name": "wide",
            "blueprints": [{"id": "b-2", "name": "Engineering"}, {"id": "b-3", "name": "Sales"}],
            "assignment_nodes": {},
            "test_macs": [],
            "generation": None,
            "library_item": "item-1",
            "scep_profile": {
                "library_item": "item-1",
                "blueprints": ["B-2", "Sales"],
                "assignment_nodes": {},
            },
            "settings_profile": {
                "name": "Okta Verify settings - wide",
                "blueprints": ["B-2", "Sales"],
                "assignment_nodes": {},
            },
            "stages": {"name": "wide", "blueprints": ["b-2", "b-3"], "library_item": "item-1"},
        },
    ]
    assert all(each.is_sound for each in resolved)


def test_a_ring_is_not_sound_if_it_shares_a_blueprint_or_has_none_that_is_known() -> None:
    resolved, problems = preflight.resolve_rings(
        [ring(), ring("again", ["b-1", "Sales"]), ring("typo", ["Slaes"]), ring("last", ["b-2"])],
        BLUEPRINTS,
    )
    assert [each.is_sound for each in resolved] == [True, False, False, True] and problems


def device(serial: str = "c02a", **more: t.Any) -> KandjiDevice:
    row = {"platform": "Mac", "blueprint_id": "b-1", "blueprint_name": "Canary", **more}
    return KandjiDevice("d-1", serial, **row)


@pytest.mark.parametrize(
    "devices, problem",
    [
        ([device()], None),
        ([device(platform=None)], None),
        ([device(blueprint_id="b-3", blueprint_name="Sales"), device()], None),
        ([], "is not in Kandji. Correct its serial, or name another Mac."),
        ([device("C02AB")], "is not in Kandji. Correct its serial, or name another Mac."),
        ([device(platform="iPad")], "is not a Mac but of the platform iPad. Name a Mac."),
        (
            [device(blueprint_id="b-3", blueprint_name="Sales")],
            "is on blueprint 'Sales', not on 'Canary', 'Engineering'. Move the Mac in Kandji, or"
            " name another.",
        ),
        (
            [device(blueprint_id="", blueprint_name="")],
            "has to be on blueprint 'Canary', 'Engineering', but Kandji does not show the id of its"
            " blueprint. Look at the Mac in Kandji, or name another.",
        ),
        (
            [device(blueprint_id="")],
            "has to be on blueprint 'Canary', 'Engineering', but Kandji does not show the id of its"
            " blueprint. Look at the Mac in Kandji, or name another.",
        ),
    ],
)
def test_a_test_mac_is_a_mac_on_a_blueprint_of_its_ring(
    devices: list[KandjiDevice], problem: str | None
) -> None:
    (resolved,), _problems = preflight.resolve_rings(
        [ring(blueprints=["Canary", "b-2"])], BLUEPRINTS
    )
    expected = [f"Ring 'canary': test Mac C02A {problem}"] if problem else []
    assert preflight.find_unprovable_test_macs(resolved, devices) == expected


def test_a_test_mac_may_be_one_whose_serial_is_not_shown() -> None:
    (resolved,), _problems = preflight.resolve_rings([ring(blueprints=["Canary"])], BLUEPRINTS)
    (problem,) = preflight.find_unprovable_test_macs(resolved, [], [device(""), device("ZZ")])
    assert problem.endswith(
        "C02A is not known in Kandji, which does not show the serial of 1 Mac. Look at the Mac in"
        " Kandji."
    )


@pytest.mark.parametrize(
    "wanted, problem",
    [
        ("rosa's macbook pro ", "is the name of a Mac. Write its serial: C02XK1ZAJG5J."),
        ("LOANER", "is the name of a Mac. Write its serial: FVFXC2ABQ05D, FVFXC2ABQ05E."),
        # The letter O in the place of a zero.
        ("FVFXC2ABQO5D", "is not in Kandji; did you mean FVFXC2ABQ05D? Correct its serial."),
        ("ZZ", "is not in Kandji. Correct its serial, or name another Mac."),
    ],
)
def test_an_unknown_test_mac_is_compared_with_names_and_similar_serials(
    wanted: str, problem: str
) -> None:
    macs = [
        device("C02XK1ZAJG5J", name="Rosa's MacBook Pro"),
        device("FVFXC2ABQ05D", name="Loaner"),
        device("FVFXC2ABQ05E", name="Loaner"),
    ]
    rings, _problems = preflight.resolve_rings([ring(test_macs=[wanted])], BLUEPRINTS)
    assert preflight.find_unknown([wanted, "c02xk1zajg5j"], macs) == [wanted]
    assert preflight.find_unprovable_test_macs(rings[0], [], macs) == [
        f"Ring 'canary': test Mac {wanted} {problem}"
    ]


@pytest.mark.parametrize(
    "times, warned",
    [
        (["2026-11-18T10:00:00Z"], True),
        (["2026-11-20T10:00:00Z"], False),
        (["2026-11-01T10:00:00Z", "2026-11-26T10:00:00Z"], False),
        ([None], False),
    ],
)
def test_a_test_mac_that_does_not_check_in_is_named(times: list[str | None], warned: bool) -> None:
    (resolved,), _problems = preflight.resolve_rings([ring()], BLUEPRINTS)
    devices = [device(last_check_in=time) for time in times]
    now = datetime(2026, 11, 26, tzinfo=timezone.utc)
    expected = [
        "Ring 'canary': test Mac C02A last checked in with Kandji on 2026-11-18. The gate waits for"
        " it: wake the Mac, or name another."
    ] * warned
    assert preflight.describe_silent_macs(resolved, devices, now) == expected


NODE = "b1b2c3d4-0000-4000-8000-00000000000a"


def test_the_nodes_of_a_ring_are_handed_through_by_blueprint_id() -> None:
    (resolved,), problems = preflight.resolve_rings(
        [ring(assignment_nodes={"Canary": NODE.upper()})], BLUEPRINTS
    )
    assert (resolved.nodes, problems) == ({"b-1": NODE}, [])


def test_every_wrong_node_of_a_ring_is_told() -> None:
    _resolved, problems = preflight.resolve_rings(
        [ring(assignment_nodes={"Sales": NODE, "Canary": "root"})], BLUEPRINTS
    )
    assert len(problems) == 2
    assert (
        problems[0].startswith("Ring 'canary': assignment_nodes: 'Sales' is not in blueprints")
        and "'root'" in problems[1]
    )


def test_a_blueprint_that_a_ring_names_by_name_and_by_id_counts_once() -> None:
    (resolved,), problems = preflight.resolve_rings(
        [ring(blueprints=["Canary", "b-1", "Canary"])], BLUEPRINTS
    )
    assert (resolved.blueprints, problems) == ((BLUEPRINTS[0],), [])


@pytest.mark.parametrize(
    "rings, problems",
    [
        (
            [ring(), ring("wide", ["Canary"])],
            ["the blueprint 'Canary' is in 'canary' and in 'wide'. Assign it to one ring."],
        ),
        ([ring(), ring("wide", ["b-1"])], ["the blueprint 'Canary' is in 'canary' and in 'wide'"]),
        (
            [ring(blueprints=["Canery"])],
            ["Ring 'canary': blueprints: Kandji has no blueprint 'Canery'; did you mean 'Canary'?"],
        ),
        (
            [ring(blueprints=["nope", "Canary"]), ring("wide", ["Canary", "nada"])],
            ["'nope'", "is in 'canary' and in 'wide'", "'nada'"],
        ),
    ],
)
def test_every_unknown_blueprint_and_every_one_in_two_rings_is_told(
    rings: list[RingOptions], problems: list[str]
) -> None:
    _resolved, found = preflight.resolve_rings(rings, BLUEPRINTS)
    assert len(found) == len(problems)
    assert all(any(problem in one for one in found) for problem in problems)


def test_a_ring_whose_name_another_has_is_left_out() -> None:
    rings, _problems = preflight.resolve_rings(
        [ring(), ring("Canary", ["Sales"]), ring("wide", ["Engineering"])], BLUEPRINTS
    )
    assert [each.options.name for each in preflight.select_unique(rings)] == ["wide"]


def test_the_test_macs_of_all_rings_are_listed() -> None:
    rings = [ring(test_macs=[" C02A "]), ring("wide", test_macs=["C02B", "C02C"])]
    assert preflight.list_test_macs(rings) == ["C02A", "C02B", "C02C"]


def test_test_macs_that_could_not_be_read_have_no_problem_of_their_own() -> None:
    (resolved,), _problems = preflight.resolve_rings([ring()], BLUEPRINTS)
    now = datetime(2026, 11, 23, tzinfo=timezone.utc)
    unread = preflight.KnownMacs(None, (), now)
    assert unread.judge(resolved) == {"test_mac_problems": [], "silent_test_macs": []}
    silent = device(last_check_in="2026-11-01T00:00:00Z")
    judged = preflight.KnownMacs([silent], (), now).judge(resolved)
    assert judged["test_mac_problems"] == []
    assert judged["silent_test_macs"] == preflight.describe_silent_macs(resolved, [silent], now)
    assert len(judged["silent_test_macs"]) == 1
    named = device("C02B", name="c02a")
    missing = preflight.KnownMacs([], [named], now).judge(resolved)
    assert missing["test_mac_problems"] == preflight.find_unprovable_test_macs(
        resolved, [], [named]
    )
    assert "is the name of a Mac" in missing["test_mac_problems"][0]
