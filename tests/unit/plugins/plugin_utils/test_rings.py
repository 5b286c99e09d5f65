# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin takes the rings that modules take, and no others."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.options import RING
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils._rings import validated_rings

LEAST = {"name": "canary", "blueprints": ["IT"]}


def test_a_ring_has_its_defaults_and_each_value_in_its_type() -> None:
    (ring,) = validated_rings([{**LEAST, "test_macs": "C02XK1ZAJG5J", "generation": 2}])
    assert ring == {
        **dict.fromkeys(RING),
        **LEAST,
        "test_macs": ["C02XK1ZAJG5J"],
        "generation": "2",
    }
    assert validated_rings([]) == []


def test_a_list_that_is_one_text_is_split_as_in_a_variable_of_a_playbook() -> None:
    """The name of a blueprint may hold spaces, and a serial number none."""
    texts = {"blueprints": "IT\nAll Macs, Sales", "test_macs": "C1 C2;C3\nC4, C5"}
    (ring,) = validated_rings([{**LEAST, **texts}])
    assert ring["blueprints"] == ["IT", "All Macs", "Sales"]
    assert ring["test_macs"] == ["C1", "C2", "C3", "C4", "C5"]
    with pytest.raises(BadOption, match=r"rings\[0\].blueprints: it is missing or empty"):
        validated_rings([{**LEAST, "blueprints": " ,\n"}])


@pytest.mark.parametrize(
    ("ring", "message"),
    [
        ("canary", "rings[0]: 'canary' is not a ring. Write its keys, name and blueprints."),
        ({"name": "x"}, "rings[0].blueprints: it is missing or empty. Set it."),
        ({"blueprints": ["IT"]}, "rings[0].name: it is missing or empty. Set it."),
        ({**LEAST, "blueprints": []}, "rings[0].blueprints: it is missing or empty. Set it."),
        (
            {**LEAST, "blueprints": [None]},
            "rings[0].blueprints: one of its values is empty. Remove it or its dash.",
        ),
        (
            {**LEAST, "blueprints": [{"id": 1}]},
            "rings[0].blueprints: it is not a list of texts. Correct it.",
        ),
        (
            {**LEAST, "assignment_nodes": ["q"]},
            "rings[0].assignment_nodes: it is not a mapping. Correct it.",
        ),
        ({**LEAST, "generation": ["1"]}, "rings[0].generation: it is not a text. Correct it."),
        (
            {**LEAST, "test_mac": []},
            "rings[0].test_mac: a ring has no such key; did you mean 'test_macs'?",
        ),
        (
            {**LEAST, "scep_profile": "a", "library_item": "b"},
            "rings[0]: it has scep_profile and library_item, which exclude each other. Remove one"
            " of them.",
        ),
    ],
)
def test_what_is_wrong_with_a_ring_is_one_sentence(ring: object, message: str) -> None:
    with pytest.raises(BadOption) as raised:
        validated_rings([ring])
    assert raised.value.message == message
