# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authority in reports: a line for each platform, or why nothing was read."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.certificate_authorities import (
    Authorities,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.status import (
    authority_status,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.authorities import URLS, authorities
from tests.support.strategies.values import NOW, assert_sentence


@given(authorities(), st.lists(st.sampled_from(URLS)))
def test_a_report_has_a_sentence_for_each_platform(org: Authorities, urls: list[str]) -> None:
    status = authority_status(org, urls, NOW.timestamp())
    for line in status.lines:
        assert_sentence(line)
    if not org.is_read:
        assert len(status.lines) == 1 and not status.is_alarm
    result = status.as_result()
    assert result["alarm"] is any(each["alarm"] for each in result["renewals"])
    if not urls:
        static = [each for each in org.platforms if each.challenge_type == "STATIC"]
        assert len(status.renewals) <= len(static)
