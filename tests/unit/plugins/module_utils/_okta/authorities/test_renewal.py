# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the renewal of the certificate authority stands, and what a person has to do by when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.certificate_authorities import (
    Authorities,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.records import (
    AuthorityCertificate,
    CertificateAuthority,
    RegistrationAuthority,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.renewal import (
    AuthorityRenewal,
    authority_renewal,
    authority_renewals,
    renewal_warnings,
)
from hypothesis import given
from hypothesis import strategies as st

OLD, NEW = "1699E426" * 5, "53D22A61" * 5
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
        (BOTH, OLD, OLD_END, "broken"),
        (BOTH, "", RENEWED, "unknown"),
        # Without its key identifier, a certificate may be any.
        ((certificate(""),), OLD, RENEWED, "unknown"),
        ((certificate(""), certificate(OLD, "RETIRING")), OLD, RENEWED, "unknown"),
        ((certificate(NEW), certificate("", "RETIRING")), OLD, RENEWED, "unknown"),
        ((certificate(NEW), certificate("", "RETIRING")), NEW, RENEWED, "rolled_over"),
        ((), OLD, RENEWED, "unknown"),
        ((certificate(OLD, None),), OLD, RENEWED, "unknown"),
        ((certificate(OLD, "PAUSED"),), OLD, RENEWED, "unknown"),
        # A newer one in a state that nobody knows may be the replacement.
        ((certificate(NEW, "PENDING"), certificate(OLD)), OLD, RENEWED, "unknown"),
        ((certificate(NEW, "PENDING"), certificate(OLD)), OLD, OLD_END, "broken"),
        ((certificate(NEW, "PENDING"),), OLD, RENEWED, "broken"),
        (
            (certificate(NEW, "PENDING"), certificate(OLD)),
            OLD,
            OLD_END - timedelta(days=300),
            "overdue",
        ),
        ((certificate(OLD, "RETIRING"), certificate(NEW)), OLD, RENEWED, "waiting"),
        ((replace(certificate(NEW), expires=OLD_END), BOTH[1]), OLD, RENEWED, "unknown"),
        # Two are active, and the first one is not the newest.
        ((certificate(OLD), certificate(NEW)), OLD, RENEWED, "unknown"),
        ((replace(certificate(NEW), expires=None), BOTH[1]), OLD, RENEWED, "waiting"),
        ((replace(certificate(NEW), expires=None),), NEW, RENEWED, "unknown"),
    ],
)
def test_every_state(
    certificates: tuple[AuthorityCertificate, ...], bound_to: str, now: datetime, state: str
) -> None:
    assert renewal(certificates, bound_to, now).state == state


PLATFORM = "platform 'Endpoint management' (rac1)"
LOOK = "Look in the Admin Console (Security > Device integrations > Certificate authority)."
MOVE = (
    f"Move {PLATFORM} to the renewed certificate in the Admin Console (playbook"
    " renew_certificate_authority.yml)."
)


def waiting(due: str, expiry: str = "2028-03-18") -> str:
    return (
        f"Okta renewed its certificate authority, and {PLATFORM} still issues with the old"
        f" certificate, which expires on {expiry}. The move {due}. {MOVE}"
    )


def overdue(remedy: str) -> str:
    return (
        f"The CA certificate that {PLATFORM} issues with expires on 2028-03-18, before new"
        f" certificates of Macs do. {remedy}"
    )


def rolled_over(expiry: str) -> str:
    return (
        f"Okta's certificate authority was renewed, and {PLATFORM} issues with the renewed"
        f" certificate. Certificates of the old one count until {expiry}. The playbook"
        " renew_certificate_authority.yml re-issues the rings that are left; with --check, its"
        " plan shows whether any is."
    )


@pytest.mark.parametrize(
    ("result", "message", "is_alarm"),
    [
        (renewal(BOTH), waiting("is due by 2027-01-18"), False),
        # The alarm comes a year and 60 days before the expiry.
        (
            renewal(BOTH, now=DEADLINE - timedelta(seconds=1)),
            waiting("is due by 2027-01-18"),
            False,
        ),
        (renewal(BOTH, now=DEADLINE), waiting("was due by 2027-01-18"), True),
        (renewal(BOTH, now=OLD_END - timedelta(days=9)), overdue(MOVE), True),
        (
            renewal(ONE, now=OLD_END - timedelta(days=9)),
            overdue("Ask Okta why the authority was not renewed."),
            True,
        ),
        (
            renewal((certificate(NEW),), OLD, OLD_END),
            f"The CA certificate that {PLATFORM} issues with is not valid any more. No new"
            f" certificate makes a Mac managed. {MOVE}",
            True,
        ),
    ],
)
def test_a_platform_that_has_to_be_moved_is_warned_of(
    result: AuthorityRenewal, message: str, is_alarm: bool
) -> None:
    assert (result.message, result.is_alarm) == (message, is_alarm)
    assert renewal_warnings(result) == (message,) and result.summary == message
    assert result.is_to_be_moved is ("Ask Okta" not in message)


def test_after_the_move_nothing_is_warned_of_and_the_message_names_the_last_expiry() -> None:
    """It does not ask for a re-issue, which may be complete: the state stays for years."""
    oldest = replace(certificate("00AA", "RETIRING"), expires=RENEWED)
    for certificates in (BOTH, (*BOTH, oldest), (BOTH[0], oldest, BOTH[1])):
        done = renewal(certificates, NEW)
        assert done.message == done.summary == rolled_over("2028-03-18")
        assert (renewal_warnings(done), done.is_alarm, done.is_to_be_moved) == ((), False, False)


MOVED = (
    "Platform 'Endpoint management' (rac1) issues with a renewed CA certificate, which expires on"
    " 2031-09-24. Macs with a certificate of an earlier one need a new one: the playbook"
    " renew_certificate_authority.yml re-issues what is left, and changes nothing else."
)


def test_a_move_is_known_when_the_old_certificate_is_not_listed_any_more() -> None:
    """Its certificates count no longer, so they are due most of all. It was "nothing is due"."""
    done = replace(renewal((certificate(NEW),), NEW, OLD_END), expires=certificate(NEW).expires)
    assert (done.state, done.is_moved, done.message, done.summary) == ("none", True, MOVED, MOVED)
    assert (done.warnings, done.is_alarm, done.is_to_be_moved) == ((), False, False)
    assert done.as_result()["moved"] is True


@pytest.mark.parametrize(
    ("certificates", "bound_to", "now", "is_moved"),
    [
        (ONE, OLD, RENEWED, False),
        (BOTH, OLD, RENEWED, False),
        (BOTH, NEW, RENEWED, True),
        (BOTH, NEW, OLD_END + timedelta(days=4 * 365), False),  # it has to be moved once more
        ((certificate(NEW),), OLD, OLD_END, False),
        ((), NEW, RENEWED, False),
    ],
)
def test_whether_the_platform_was_moved(
    certificates: tuple[AuthorityCertificate, ...], bound_to: str, now: datetime, is_moved: bool
) -> None:
    assert renewal(certificates, bound_to, now).is_moved is is_moved


def test_an_id_of_an_authority_that_is_no_key_identifier_shows_no_move() -> None:
    result = renewal((certificate(NEW),), NEW, OLD_END)
    assert result.is_moved
    other = replace(result.platform, authority_id="1699E426")
    assert not replace(result, platform=other).is_moved


def test_a_replacement_that_expired_is_not_one_to_move_to() -> None:
    expired = replace(certificate(NEW), expires=OLD_END + timedelta(days=1))
    result = renewal((expired, BOTH[1]), OLD, OLD_END + timedelta(days=2))
    assert (result.state, result.is_alarm, result.is_to_be_moved) == ("broken", True, False)
    assert result.message.endswith("Ask Okta why the authority was not renewed.")


def test_an_expiry_that_okta_does_not_show_is_not_invented() -> None:
    new, old = BOTH[0], replace(BOTH[1], expires=None)
    moved, not_moved = (replace(renewal((new, old), key), expires=None) for key in (NEW, OLD))
    assert moved.message == rolled_over("an unknown day")
    assert not_moved.message == waiting("is due by an unknown day", "an unknown day")
    assert not not_moved.is_alarm


def test_the_platform_shows_the_expiry_of_a_certificate_that_does_not() -> None:
    assert renewal((replace(certificate(OLD), expires=None),)).expires == OLD_END
    assert renewal((replace(certificate(OLD), expires=RENEWED),)).expires == RENEWED


def test_where_nothing_is_due_there_is_only_a_summary() -> None:
    result = renewal(ONE)
    assert (result.message, result.warnings, result.is_alarm) == ("", (), False)
    assert result.summary == (
        f"The CA certificate of {PLATFORM} expires on 2028-03-18; nothing is due."
    )


def test_what_okta_does_not_show_is_warned_of() -> None:
    result = renewal((), OLD)
    assert result.message == (
        f"Okta does not show the state of the renewal of {PLATFORM}'s CA certificate. {LOOK}"
    )
    assert (result.warnings, result.summary) == ((result.message,), result.message)
    assert not result.is_alarm


def test_the_state_as_results_show_it() -> None:
    assert renewal(BOTH).as_result() == {
        "state": "waiting",
        "alarm": False,
        "message": renewal(BOTH).message,
        "moved": False,
        "platform": "rac1",
        "key_id": OLD,
        "expires": "2028-03-18T00:00:00Z",
        "deadline": "2027-01-18T00:00:00Z",
        "replacement_key_id": NEW,
        "replacement_expires": "2031-09-24T00:00:00Z",
    }


def test_without_a_replacement_results_show_none() -> None:
    result = renewal(ONE, "").as_result()
    assert (result["state"], result["key_id"], result["expires"]) == ("unknown", None, None)
    assert (result["replacement_key_id"], result["replacement_expires"]) == (None, None)


def test_a_replacement_without_its_key_identifier_is_not_one() -> None:
    result = renewal((certificate(""),)).as_result()
    assert (result["replacement_key_id"], result["replacement_expires"]) == (None, None)
    assert (result["alarm"], result["state"]) == (False, "unknown")


def test_a_deadline_that_has_passed_is_an_alarm_whatever_the_state() -> None:
    unknown = renewal((), OLD, DEADLINE)
    assert (unknown.state, unknown.is_alarm) == ("unknown", True)
    assert unknown.message == (
        f"Okta does not show the state of the renewal of {PLATFORM}'s CA certificate. By its"
        f" date of expiry, 2028-03-18, a move to a renewed one was due by 2027-01-18. {LOOK}"
    )
    not_renewed = renewal(ONE, OLD, DEADLINE)
    assert (not_renewed.state, not_renewed.is_alarm) == ("none", True)
    assert not_renewed.message == (
        f"The CA certificate that {PLATFORM} issues with expires on 2028-03-18, and the renewed one"
        " was due by 2027-01-18. Ask Okta why the authority was not renewed."
    )
    for result in (unknown, not_renewed):
        assert result.warnings == (result.message,) and result.summary == result.message
    assert not renewal((), OLD, DEADLINE - timedelta(seconds=1)).is_alarm


def test_without_a_platform_nothing_is_known() -> None:
    assert authority_renewal(Authorities(unavailable="not there"), None, RENEWED) is None
    assert renewal_warnings(None) == ()


def test_a_platform_of_an_authority_that_is_not_listed_is_unknown() -> None:
    platform = RegistrationAuthority("rac1", authority_id="00AA", authority_key_id=OLD)
    result = authority_renewal(Authorities(platforms=(platform,)), platform, RENEWED)
    assert result is not None and result.state == "unknown"


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
