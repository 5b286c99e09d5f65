# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the renewal of the certificate authority stands, and what a person has to do by when."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authority_renewal import (
    AuthorityRenewal,
    authority_renewal,
    authority_renewals,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.certificate_authorities import (
    Authorities,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.certificate_authority_records import (
    AuthorityCertificate,
    CertificateAuthority,
    RegistrationAuthority,
)
from hypothesis import given
from hypothesis import strategies as st

OLD, NEW = "1699E426", "53D22A61"
START = datetime(2023, 3, 18, tzinfo=timezone.utc)
OLD_END = datetime(2028, 3, 18, tzinfo=timezone.utc)
RENEWED = datetime(2026, 9, 25, tzinfo=timezone.utc)
DEADLINE = OLD_END - timedelta(days=365 + 60)


def certificate(key_id: str, rotation_state: str | None = "ACTIVE") -> AuthorityCertificate:
    created = START if key_id == OLD else RENEWED
    expires = OLD_END if key_id == OLD else RENEWED + timedelta(days=5 * 365)
    return AuthorityCertificate(key_id, rotation_state, "VALID", None, created, expires)


ONE = (certificate(OLD),)
BOTH = (certificate(NEW), certificate(OLD, "RETIRING"))


def renewal(
    certificates: tuple[AuthorityCertificate, ...],
    bound_to: str = OLD,
    now: datetime = RENEWED,
) -> AuthorityRenewal:
    url = f"https://acme.okta.com/pki/{OLD}/scep/rac1"
    platform = RegistrationAuthority(
        "rac1",
        "Endpoint management",
        "STATIC",
        "ACTIVE",
        OLD,
        bound_to,
        url,
        ca_expires=OLD_END if bound_to == OLD else None,
    )
    authority = CertificateAuthority(OLD, "OKTA_AS_CA", certificates=certificates)
    authorities = Authorities((authority,), (platform,))
    result = authority_renewal(authorities, platform, now)
    assert result is not None
    assert authority_renewals(authorities, [url, url, "https://a.b/"], now) == [result]
    return result


@pytest.mark.parametrize(
    ("certificates", "bound_to", "now", "state"),
    [
        (ONE, OLD, RENEWED, "none"),
        (BOTH, OLD, RENEWED, "waiting"),
        ((certificate(NEW), certificate(OLD, None)), OLD, RENEWED, "waiting"),
        (BOTH, NEW, RENEWED, "rolled_over"),
        (BOTH, OLD, OLD_END - timedelta(days=365), "overdue"),
        (ONE, OLD, OLD_END - timedelta(days=300), "overdue"),
        ((certificate(NEW),), OLD, OLD_END, "broken"),
        ((certificate(NEW),), NEW, OLD_END, "none"),
        (BOTH, "", RENEWED, "unknown"),
        ((), OLD, RENEWED, "unknown"),
        ((certificate(OLD, None),), OLD, RENEWED, "unknown"),
        ((certificate(OLD, "PAUSED"),), OLD, RENEWED, "unknown"),
    ],
)
def test_every_state(
    certificates: tuple[AuthorityCertificate, ...], bound_to: str, now: datetime, state: str
) -> None:
    assert renewal(certificates, bound_to, now).state == state


def test_a_replacement_is_warned_of_at_once_and_alarms_a_year_and_60_days_before_the_end() -> None:
    early = renewal(BOTH)
    assert (early.deadline, early.is_alarm) == (DEADLINE, False)
    assert early.warnings == (early.message,)
    assert "expires on 2028-03-18. The move is due by 2027-01-18. Move platform" in early.message
    late = renewal(BOTH, now=DEADLINE)
    assert late.is_alarm and "The move was due by 2027-01-18" in late.message
    assert not renewal(BOTH, now=DEADLINE - timedelta(seconds=1)).is_alarm


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (
            renewal(BOTH, OLD, OLD_END - timedelta(days=9)),
            "before new certificates of Macs do. Move",
        ),
        (renewal(ONE, OLD, OLD_END - timedelta(days=9)), "Ask Okta why the authority was not"),
        (renewal((certificate(NEW),), OLD, OLD_END), "is not valid any more"),
    ],
)
def test_what_is_too_late_is_an_alarm(result: AuthorityRenewal, says: str) -> None:
    assert result.is_alarm and says in result.message and result.warnings == (result.message,)


def test_after_the_move_nothing_is_warned_of_and_the_message_names_the_end_of_the_old_one() -> None:
    done = renewal(BOTH, NEW)
    assert "count until 2028-03-18" in done.message
    assert (done.warnings, done.is_alarm) == ((), False)
    assert renewal(ONE).message == renewal((), OLD).message == ""


def test_the_state_as_results_show_it() -> None:
    assert renewal(BOTH).as_result() == {
        "state": "waiting",
        "alarm": False,
        "message": renewal(BOTH).message,
        "platform": "rac1",
        "key_id": OLD,
        "expires": "2028-03-18T00:00:00Z",
        "deadline": "2027-01-18T00:00:00Z",
        "replacement_key_id": NEW,
        "replacement_expires": "2031-09-24T00:00:00Z",
    }


def test_without_a_platform_nothing_is_known() -> None:
    assert authority_renewal(Authorities(unavailable="not there"), None, RENEWED) is None


@given(
    st.sampled_from([ONE, BOTH, (certificate(NEW),), ()]),
    st.sampled_from([OLD, NEW, ""]),
    st.integers(0, 3000),
)
def test_an_alarm_never_ends_by_waiting(
    certificates: tuple[AuthorityCertificate, ...], bound_to: str, days: int
) -> None:
    now = START + timedelta(days=days)
    before = renewal(certificates, bound_to, now)
    after = renewal(certificates, bound_to, now + timedelta(days=1))
    assert after.is_alarm or not before.is_alarm
    assert not before.is_alarm or before.message
