# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""References between payloads: they follow a new name, and equal payloads correspond."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.references import (
    Identities,
    canonical,
    fingerprints,
    match_payloads,
    rename_references,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import plists
from tests.support.strategies.values import UUIDS, Json, changed_rows


@given(plists(), st.sampled_from(UUIDS))
def test_references_follow_a_new_name_and_nothing_else_changes(plist: Json, new: str) -> None:
    payloads = plist["PayloadContent"]
    old = payloads[0]["PayloadUUID"]
    renamed = rename_references(payloads, {old.upper(): new})
    for before, after in zip(payloads, renamed, strict=True):
        assert after["PayloadUUID"] == before["PayloadUUID"]
        if before.get("PayloadCertificateUUID") == old:
            assert after["PayloadCertificateUUID"] == new
    assert rename_references(payloads, {}) == payloads
    back = rename_references(renamed, {new: old})
    assert back == payloads


@given(plists(), st.randoms(use_true_random=False))
def test_each_payload_corresponds_to_itself(plist: Json, chance: t.Any) -> None:
    payloads = plist["PayloadContent"]
    order = list(range(len(payloads)))
    chance.shuffle(order)
    shuffled = [copy.deepcopy(payloads[number]) for number in order]
    assert match_payloads(payloads, shuffled) == {number: order.index(number) for number in order}
    assert sorted(fingerprints(payloads)) == sorted(fingerprints(shuffled))


@given(plists(), plists(), st.data())
def test_payloads_of_any_form_are_matched_one_to_one(
    some: Json, other: Json, data: st.DataObject
) -> None:
    payloads = data.draw(changed_rows([some])).get("PayloadContent")
    payloads = (
        [each for each in payloads if isinstance(each, dict)] if isinstance(payloads, list) else []
    )
    pairs = match_payloads(payloads, other["PayloadContent"])
    assert len(set(pairs.values())) == len(pairs)
    assert canonical(payloads) == canonical(copy.deepcopy(payloads))
    assert Identities(payloads).split("ordinary words") == ("ordinary words", ())
