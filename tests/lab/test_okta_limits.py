# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's limits by the minute: which operations share one, and the limits of tests."""

from __future__ import annotations

import pytest

from lab.okta.app import OktaApp
from lab.okta.org import Org
from lab.okta.rate_limits import HIGH, PER_MINUTE, bucket_of
from lab.state import Options, World


@pytest.mark.parametrize(
    ("operation", "bucket"),
    [
        ("listDevices", "devices"),
        ("getDevice", "devices"),
        ("deactivateDevice", "devices"),
        ("listDeviceUsers", "device_users"),
        ("getUser", "users"),
        ("listUserDevices", "other"),
        ("listUserGroups", "other"),
        ("listGroupUsers", "groups"),
        ("listApplications", "apps"),
        ("assignApplicationPolicy", "apps"),
        ("listAuthenticatorMethods", "authenticators"),
        ("clonePolicy", "policies"),
        ("createPolicyRule", "policies"),
        ("createPolicySimulation", "simulate"),
        ("listLogEvents", "logs"),
        ("getWellknownOrgMetadata", "other"),
    ],
)
def test_operations_count_against_the_bucket_of_their_path(okta_world, operation, bucket):
    paths = {each.name: each.path for each in OktaApp(okta_world).operations()}
    assert bucket_of(paths[operation]) == bucket


def test_a_bucket_is_used_up_alone():
    world = World(Options(macs=0))
    limits = Org(world, "https://localhost").limits
    assert limits.per_minute == PER_MINUTE
    limits.use("devices", 50)
    assert not limits.take("devices") and limits.take("device_users")


def test_tests_have_limits_that_they_do_not_reach():
    limits = Org(World(Options(macs=0, limits="high")), "https://localhost").limits
    assert {limit for limit in limits.per_minute.values() if limit} == {HIGH}
    assert limits.per_minute["scep"] is None
