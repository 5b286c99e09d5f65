# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of the Desktop platform: a host, a pin or a reset is never taken for another one."""

from __future__ import annotations

import typing as t
from datetime import datetime

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.timestamps import (
    parse_timestamp,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.device_integration import (
    RESET_EVENT,
    check_identity_engine,
    check_pin,
    describe_expiry,
    describe_shape,
    find_admin_console,
    find_host_warnings,
    find_later_reset,
    list_console_steps,
    summarize_event,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    LogEvent,
    Org,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep.client import (
    CaCertificate,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.okta import event_row, hostile_events
from tests.support.strategies.values import NOW, any_time, datetimes, outcome_of, texts

ORG = "https://acme.okta.com"
HOSTS = ("acme.okta.com", "acme.okta.com:443", "ACME.okta.com", "login.acme.com", "beta.okta.com")
urls = st.one_of(
    st.sampled_from(HOSTS).map(lambda host: f"https://{host}/pki/{'A' * 40}/scep/rac{'a' * 17}"),
    st.sampled_from(("https://[", "http://[::1", "", "https://acme.okta.com.evil.com/", "//[x]")),
    texts.map(lambda text: f"https://acme.okta.com/{text}"),
)
orgs = st.builds(
    Org, st.just("00o1"), st.sampled_from(("idx", "v1", None)), st.sampled_from(((), (ORG,)))
)


@given(urls, orgs, st.lists(st.sampled_from(HOSTS), max_size=1))
def test_a_scep_url_is_of_the_org_or_warned_of_or_refused(
    url: str, org: Org, hosts: list[str]
) -> None:
    warnings = outcome_of(lambda: find_host_warnings(url, ORG, org, hosts))
    if warnings == []:
        assert "acme.okta.com" in url.lower() or any(host.lower() in url.lower() for host in hosts)
    outcome_of(lambda: describe_shape(url))
    if "beta.okta.com" in url and not hosts:
        assert isinstance(warnings, DeviceTrustError)
    assert isinstance(outcome_of(lambda: check_identity_engine(org, ORG)), DeviceTrustError) is (
        org.pipeline != "idx"
    )


@given(urls)
def test_console_steps_are_for_any_org(url: str) -> None:
    outcome_of(lambda: find_admin_console(url))
    outcome_of(lambda: list_console_steps(url))


@given(st.lists(any_time()), any_time())
def test_a_reset_counts_if_it_came_after_the_deployment(
    resets: list[t.Any], deployed: t.Any
) -> None:
    events = [LogEvent.from_row(event_row(RESET_EVENT, published=each)) for each in resets]
    at = None if deployed is None else str(deployed)
    stale = find_later_reset(events, at)
    known = [time for time in map(parse_timestamp, resets) if time]
    since = parse_timestamp(deployed)
    expected = bool(known and since and max(known) > since)
    assert (stale is not None) is expected
    if stale is not None:
        assert parse_timestamp(stale) == max(known)


@given(hostile_events())
def test_an_event_of_any_form_is_shown(event: LogEvent) -> None:
    assert set(summarize_event(event)) == {"event_type", "published", "actor"}


def certificate(expiry: datetime) -> CaCertificate:
    return CaCertificate(
        subject="CN=Okta",
        issuer="CN=Okta",
        not_before=NOW,
        not_after=expiry,
        sha1="a",
        sha256="b",
        der=b"",
        is_ca=True,
    )


@given(st.lists(datetimes(), max_size=3), st.sampled_from((0, 1, 30, 90)))
def test_an_earlier_expiry_never_has_fewer_warnings(expiries: list[datetime], days: int) -> None:
    certificates = [certificate(each) for each in expiries]
    warned = describe_expiry(certificates, NOW, days)
    assert len(warned) >= sum(each < NOW for each in expiries)
    assert len(warned) <= len(describe_expiry(certificates, NOW, days + 1)) <= len(expiries)
    pin = outcome_of(lambda: check_pin(certificates, b"\x0c"))
    assert isinstance(pin, DeviceTrustError)
