# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of a profile: none is shown, wherever it is, and switches and keys are."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.secrets import (
    SECRET_KEYS,
    Mask,
    is_secret,
    secret_texts,
    unknown_variables,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import payload, plists, profile
from tests.support.strategies.values import UUIDS, Json, changed_rows

KEYS = [(kind, key) for kind, keys in SECRET_KEYS.items() for key in keys]
depths = st.integers(0, 3)


def nested(value: t.Any, key: str, depth: int) -> t.Any:
    inner: t.Any = {key: value}
    for number in range(depth):
        inner = [{f"Level{number}": inner}] if number % 2 else {f"Level{number}": inner}
    return inner


@given(st.sampled_from(KEYS), depths, st.sampled_from(("canary-secret", ["canary-secret"])))
def test_a_secret_of_a_table_is_masked_at_any_depth(
    place: tuple[str, str], depth: int, value: t.Any
) -> None:
    kind, key = place
    content = nested(value, key, depth)
    content = content if isinstance(content, dict) else {"List": content}
    assert is_secret(f"a.{key}.b", kind)
    assert "canary-secret" not in repr(Mask(kind).value(content))
    assert "canary-secret" not in repr(Mask(kind).old_value(content, {}))
    assert Mask(kind).value({key: True}) == {key: True}
    plist = profile(payload(kind, UUIDS[0], **content))
    assert "canary-secret" in secret_texts(plist, ())


@given(plists(), st.data(), st.sampled_from(("SSID_STR", "Retries")))
def test_a_profile_of_any_form_is_shown_without_its_secrets(
    plist: Json, data: st.DataObject, key: str
) -> None:
    other = data.draw(changed_rows([plist]))
    for each in plist["PayloadContent"]:
        kind = each["PayloadType"]
        shown = repr((Mask(kind).value(each), Mask(kind).old_value(each, other)))
        assert "canary-" not in shown
        assert key not in each or key in shown
    assert "canary-challenge" in secret_texts(plist, ()) or "canary-password" in secret_texts(
        plist, ()
    )
    secret_texts(other, ())
    unknown_variables(other, ())
