# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter grammar of device search and System Log.

What it keeps, what it refuses, how long it takes.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone

import pytest

from lab.okta.devices.records import Record
from lab.okta.devices.search import compile_search
from lab.okta.filters import BadFilter, Unsupported
from lab.okta.system_log.events import Event, SystemLog, compile_log_filter

MONDAY = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
MAC = Record(
    "guoAbc",
    MONDAY,
    MONDAY,
    sequence=1,
    status="ACTIVE",
    profile={
        "displayName": 'Ana\'s "Mac"',
        "platform": "MACOS",
        "serialNumber": "C02XK1ZAJG5J",
        "osVersion": "26.1",
        "registered": True,
    },
)
USER = {
    "id": "00u1",
    "type": "User",
    "alternateId": "ana@example.com",
    "displayName": "Ana Silva",
    "detailEntry": None,
}
DEVICE = {
    "id": "guo1",
    "type": "Device",
    "alternateId": "unknown",
    "displayName": "Mac",
    "detailEntry": {"serialNumber": "C02XK1ZAJG5J"},
}
SIGNED_IN = Event(
    MONDAY,
    1,
    "user.authentication.auth_via_mfa",
    "Authentication of user via MFA",
    actor=USER,
    target=(USER, DEVICE),
    debug_data={"factor": "SIGNED_NONCE"},
)


@pytest.mark.parametrize(
    "search",
    [
        'profile.serialNumber eq "c02xk1zajg5j"',  # values are not case-sensitive
        'profile.serialNumber EQ "C02XK1ZAJG5J"',
        'profile.serialNumber sw "C02"',
        'profile.serialNumber co "ZAJG"',
        "profile.serialNumber pr",
        'profile.displayName eq "Ana\'s \\"Mac\\""',
        "profile.registered eq true",
        'status eq "ACTIVE" and profile.platform eq "MACOS"',
        'id eq "guoAbc"',
        'lastUpdated ge "2026-11-23T10:00:00.000Z"',
        'lastUpdated gt "2026-11-23T09:59:59.999Z" and lastUpdated lt "2026-11-23T12:00:00+01:00"',
        'status eq "DEACTIVATED" or status eq "ACTIVE"',
        (
            'status eq "DEACTIVATED" or profile.platform eq "WINDOWS" or profile.serialNumber eq'
            ' "C02XK1ZAJG5J"'
        ),
        # and binds first
        'status eq "ACTIVE" or status eq "DEACTIVATED" and profile.platform eq "WINDOWS"',
        'not (status eq "DEACTIVATED")',
        'not profile.sid pr and (((status eq "ACTIVE")))',
    ],
)
def test_a_search_that_finds_the_mac(search):
    assert compile_search(search)(MAC)


@pytest.mark.parametrize(
    "search",
    [
        'profile.serialNumber eq "C02XK1ZAJG5"',
        "profile.imei pr",
        "profile.registered eq false",
        'lastUpdated gt "2026-11-23T10:00:00.000Z"',
        '(status eq "ACTIVE" or status eq "DEACTIVATED") and profile.platform eq "WINDOWS"',
        'not (profile.platform eq "MACOS" and status eq "ACTIVE")',
    ],
)
def test_a_search_that_does_not_find_it(search):
    assert not compile_search(search)(MAC)


@pytest.mark.parametrize(
    "search",
    [
        'profile.osVersion co "26"',  # only some attributes can be searched for a part
        'profile.SerialNumber eq "C02XK1ZAJG5J"',  # attribute names are case-sensitive
        'managementStatus eq "MANAGED"',
        'created gt "2026-01-01T00:00:00Z"',
        'status ne "ACTIVE"',
        'lastUpdated gt "yesterday"',
        "profile.serialNumber eq 5",
    ],
)
def test_a_search_that_okta_does_not_support(search):
    with pytest.raises(Unsupported):
        compile_search(search)


@pytest.mark.parametrize(
    "search",
    [
        "status",
        "status eq",
        'status eq "ACTIVE',
        "status eq ACTIVE",
        'status is "ACTIVE"',
        '(status eq "ACTIVE"',
        'status eq "ACTIVE")',
        'status eq "ACTIVE" status eq "ACTIVE"',
        'status eq "ACTIVE" and',
        'members[status eq "ACTIVE"]',
        '"status" eq "ACTIVE"',
        " ",
    ],
)
def test_a_search_that_is_no_filter(search):
    with pytest.raises(BadFilter):
        compile_search(search)


@pytest.mark.parametrize(
    "log_filter",
    [
        (
            'eventType eq "user.authentication.auth_via_mfa" and debugContext.debugData.factor eq'
            ' "SIGNED_NONCE"'
        ),
        'eventType sw "user." and not (eventType ew ".start")',
        'outcome.result ne "FAILURE"',
        'target.type eq "Device" and target.id eq "guo1"',
        'target.detailEntry.serialNumber co "ZAJG"',
        'actor.alternateId eq "ana@example.com"',
        "outcome.reason eq null",
    ],
)
def test_a_log_filter_that_keeps_the_event(log_filter):
    assert compile_log_filter(log_filter)(SIGNED_IN)


@pytest.mark.parametrize(
    "log_filter",
    [
        'eventType sw "pki.cert."',
        'target.type eq "Certificate"',
        "debugContext.debugData.nothing pr",
        "device.id pr",
    ],
)
def test_a_log_filter_that_drops_it(log_filter):
    assert not compile_log_filter(log_filter)(SIGNED_IN)


@pytest.mark.parametrize(
    "log_filter",
    ['published gt "2026-11-23T10:00:00Z"', "target.changeDetails.from pr", "nothing pr"],
)
def test_a_log_filter_on_what_cannot_be_filtered(log_filter):
    with pytest.raises(Unsupported):
        compile_log_filter(log_filter)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["c02xk1zajg5j"], True),
        (["C02XK1ZAJG5J", "authentication"], True),
        (["ana@example.com"], True),
        (["via-mfa"], True),  # punctuation splits words
        (["C02XK1ZAJG5"], False),  # whole words only
        (["C02XK1ZAJG5J", "bob"], False),
        (["info"], True),  # also what every event says
    ],
)
def test_words_are_sought_in_all_texts_of_an_event(words, found):
    log = SystemLog()
    log.add(SIGNED_IN)
    assert log.holding(words)(SIGNED_IN) is found


def test_forty_serial_numbers_cost_no_more_than_one():
    one = compile_search('profile.serialNumber eq "none"')
    forty = compile_search(
        " or ".join(f'profile.serialNumber eq "C{number:03d}"' for number in range(40))
    )
    assert _seconds(forty) < 5 * _seconds(one)


def _seconds(matches):
    """The best of some rounds: a busy machine slows down some, not all."""
    rounds = []
    for _round in range(5):
        start = time.perf_counter()
        for _record in range(2000):
            matches(MAC)
        rounds.append(time.perf_counter() - start)
    return min(rounds)
