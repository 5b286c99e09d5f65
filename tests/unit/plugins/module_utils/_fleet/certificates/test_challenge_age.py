# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the rings have an older secret than the one that Okta has."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.challenge_age import (
    SecretAges,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.renewal import (
    RingFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.device_integration import (
    RESET_EVENT,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import LogEvent

WRITTEN = datetime(2026, 11, 20, tzinfo=timezone.utc)
SEEN = "2026-11-22T00:00:00Z"
RAC = "rac1a2B3c4D5e6F7g8h9"
SCEP_URL = f"https://acme.okta.com/pki/{'AB' * 20}/scep/{RAC}"


def check_challenge(
    *rings: RingFacts, target: str = RAC, possible_reset: str | None = None
) -> list[str]:
    """Return the warnings of the check, of an org that reset the secret key of target at SEEN."""
    row = {"eventType": RESET_EVENT, "published": SEEN, "target": [{"id": target}]}
    ages = SecretAges.of_rings(rings)
    reset, warning = ages.find_possible_reset([LogEvent.from_row(row)], SCEP_URL)
    assert reset == possible_reset
    return [each for each in (ages.warn_undated(), warning) if each]


def test_a_reset_of_another_platform_does_not_make_the_secret_old() -> None:
    ring = RingFacts("fleet", True, WRITTEN)
    assert check_challenge(ring, target="racZZZZZZZZZZZZZZZZZ") == []
    (warning,) = check_challenge(ring, target="dmp1", possible_reset=SEEN)
    assert warning == (
        "challenge: it may be the old one. The profile of fleet holds it since"
        " 2026-11-20T00:00:00Z, Okta reset a challenge on 2026-11-22T00:00:00Z, and the event does"
        " not show of which platform. A test enrollment decides."
    )


@pytest.mark.parametrize("dated", [(), (RingFacts("fleet", True, WRITTEN + timedelta(days=5)),)])
def test_a_profile_without_a_time_leaves_open_whether_its_secret_is_old(
    dated: tuple[RingFacts, ...],
) -> None:
    undated = [RingFacts("canary", True), RingFacts("pilot", True)]
    assert check_challenge(*undated, *dated) == [
        "challenge: whether Okta reset it since the profiles were written cannot be read for"
        " canary, pilot. Kandji does not list when their profiles were written. Make sure that it"
        " is the one of the last reset."
    ]


def test_no_warning_of_a_ring_that_has_no_profile_or_is_to_get_the_secret() -> None:
    rings = [RingFacts("canary", False), RingFacts("pilot", True, has_stale_secret=True)]
    assert check_challenge(*rings) == []


def test_an_old_secret_of_one_ring_is_found_next_to_one_without_a_time() -> None:
    with pytest.raises(BadOption) as refused:
        check_challenge(RingFacts("canary", True), RingFacts("fleet", True, WRITTEN))
    assert refused.value.message == (
        "challenge: it is the old one. The profile of fleet holds it since 2026-11-20T00:00:00Z,"
        " and Okta reset it on 2026-11-22T00:00:00Z. Set the new one, which Okta displayed after the"
        " reset, then run the playbook rotate_scep_challenge again."
    )
