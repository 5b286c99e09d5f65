# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies, groups and apps of an org that its administrators have hardly changed."""

from __future__ import annotations

from lab.okta.directory.groups_and_apps import (
    ACCOUNT_MANAGEMENT,
    ADMIN_CONSOLE,
    ADMINISTRATORS,
    COMPANY_APPS,
    EVERYONE,
    OWN_APPS,
    Directory,
)
from lab.okta.policies.access_policies import Policies
from lab.okta.policies.enrollment import EnrollmentPolicies
from lab.okta.policies.session_and_signal import OtherPolicies

ENROLL = {"okta_password": "REQUIRED", "okta_email": "OPTIONAL", "okta_verify": "OPTIONAL"}


def add_initial_policies(
    policies: Policies,
    directory: Directory,
    enrollment: EnrollmentPolicies,
    others: OtherPolicies,
) -> None:
    """Add Okta's own policies, groups and apps, and the policy that the company's apps share."""
    everyone = directory.add_group(
        EVERYONE, "All users in your organization", type="BUILT_IN", everyone=True
    )
    administrators = directory.add_group(
        ADMINISTRATORS,
        "Okta manages this group, which contains all administrators",
        type="BUILT_IN",
    )
    enrollment.add("Default Policy", [everyone.id], ENROLL, system=True)
    others.add_default_session_policy(everyone.id)
    policies.add("Any two factors", "Require two factors to access.", system=True)
    policies.add("Okta Account Management", None, resource=ACCOUNT_MANAGEMENT)
    for name, label in OWN_APPS:
        assigned = administrators if name == ADMIN_CONSOLE else everyone
        directory.add_app(name, label, "OPENID_CONNECT", policies.add(label).id, [assigned.id])
    company = policies.add("Company apps", "Apps of the company")
    for name, label, mode in COMPANY_APPS:
        directory.add_app(name, label, mode, company.id, [everyone.id])
