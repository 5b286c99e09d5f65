# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration profiles: what is written is read again, and any text is read or refused."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    mobileconfig,
)
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.strategies.kandji import plists, to_text
from tests.support.strategies.values import ODD_TEXTS, Json, changed_rows, outcome_of


@given(plists())
def test_a_profile_is_read_as_it_was_written(plist: Json) -> None:
    text = mobileconfig.to_xml(plist).decode()
    assert mobileconfig.parse(text) == plist == mobileconfig.read(text)
    mobileconfig.check_rewritable(text, "The profile")
    mobileconfig.check(plist)
    assert len(mobileconfig.payloads_of(plist)) >= len(mobileconfig.scep_payloads(plist))
    assert mobileconfig.enrolls(plist) is bool(mobileconfig.scep_payloads(plist))
    assert mobileconfig.read_mark(plist) == (None, None)


@given(plists(), st.data())
def test_a_profile_of_any_form_is_written_and_read_or_refused(
    plist: Json, data: st.DataObject
) -> None:
    changed = data.draw(changed_rows([plist]))
    outcome_of(lambda: mobileconfig.check(changed))
    mobileconfig.exclusive_resources(changed)
    mobileconfig.configures_okta_verify(changed)
    xml = outcome_of(lambda: mobileconfig.to_xml(changed))
    if not isinstance(xml, DeviceTrustError):
        assert mobileconfig.parse(xml) is not None


@given(st.one_of(st.text(), st.sampled_from(ODD_TEXTS)), plists(), st.integers(0, 2000))
@example("bplist00" + "\xff" * 40, {}, 0)
def test_a_text_of_any_form_is_read_or_refused(text: str, plist: Json, cut: int) -> None:
    for each in (text, to_text(plist)[:cut] + text):
        parsed = mobileconfig.parse(each)
        assert parsed is None or isinstance(parsed, dict)
        outcome_of(lambda each=each: mobileconfig.read(each))
        outcome_of(lambda each=each: mobileconfig.check_rewritable(each, "The profile"))
