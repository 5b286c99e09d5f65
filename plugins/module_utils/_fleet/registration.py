# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether people can register a Mac with Okta at all: Okta FastPass, and their enrollment policies.

The first active policy with a group of a person applies. It is read with listPolicies (MFA_ENROLL).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._core.errors import ApiError, Unreachable, Unreadable
from .._core.results import Result
from .._http.operations import optional
from .._kandji.records import KandjiDevice
from .._okta import client as okta_api
from .._okta.authenticators.fast_pass_reader import FastPass
from .._okta.client import Okta
from .._okta.group_members import read_members
from .._okta.policy_order import active_in_order, policy_of, possibly_excluded
from .._okta.records import EnrollmentPolicy
from .facts import Fleet, Obstacle, fold_person, map_logins
from .rings.preflight import ResolvedRing
from .stages import NO_OBSTACLE, classify

POLICY_USES = optional(okta_api.LIST_POLICIES, okta_api.LIST_RULES, okta_api.LIST_GROUP_USERS)
USES = (*optional(okta_api.LIST_AUTHENTICATORS, okta_api.LIST_METHODS), *POLICY_USES)
HIGH = "HIGH"
NO_POLICY = (
    "No enrollment policy allows Okta Verify with Okta FastPass, so nobody can register a Mac."
    " Allow it in Security > Authenticators > Enrollment."
)
STRONGER = (
    " If Okta refuses the account: the enrollment security level of Okta Verify is HIGH, which may"
    " ask for keys in hardware, or for a phishing-resistant sign-in."
)


@dataclass(frozen=True)
class Registration:
    """What keeps people from registering a Mac with Okta.

    ``problems`` are of the whole org, ``security_level`` the one at which Okta Verify enrolls.
    ``policies`` are the active enrollment policies in the order in
    which Okta evaluates them, ``members`` the keys of logins (facts.fold_person) by group: of each
    policy up to the last one that disables Okta Verify. ``excluded`` are those whom each rule of a
    policy excludes, by the id of the policy, None if it may be anybody. ``logins`` are those of the
    members, by the keys of login and e-mail address. ``unavailable`` says why this was not read.
    """

    problems: tuple[str, ...] = ()
    security_level: str | None = None
    policies: tuple[EnrollmentPolicy, ...] = ()
    members: t.Mapping[str, frozenset[str]] = field(default_factory=dict)
    excluded: t.Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    unavailable: str = ""
    logins: t.Mapping[str, str] = field(default_factory=dict)

    @property
    def disabling(self) -> list[EnrollmentPolicy]:
        """The policies that disable Okta Verify."""
        return [policy for policy in self.policies if policy.permits_fast_pass is False]

    def find_policy(self, login: str) -> EnrollmentPolicy | None:
        """Return the policy that disables Okta Verify for a person, or None.

        :arg login: as Okta or Kandji names the person: the login, or the e-mail address.

        A person whom Okta does not show in a group is not judged, nor one whom the policy excludes:
        whether the next policy applies then is not documented.
        """
        key = fold_person(self.logins.get(fold_person(login), login))
        if not any(key in members for members in self.members.values()):
            return None
        policy = policy_of(self.policies, lambda group: key in self.members.get(group, ()))
        if policy is None or policy.permits_fast_pass is not False:
            return None
        excluded = self.excluded.get(policy.id, frozenset())
        return None if excluded is None or key in excluded else policy

    def find_obstacle(self, login: str) -> Obstacle | None:
        """Return what keeps a person from registering a Mac, or may, or None."""
        if self.problems:
            return Obstacle(
                "It has a certificate and Okta Verify, but nobody can register it: Okta Verify is"
                " not ready in this org.",
                " ".join(self.problems),
            )
        policy = self.find_policy(login)
        if policy:
            return Obstacle(
                "It has a certificate and Okta Verify, but nobody can register it: their enrollment"
                f" policy {policy.name!r} disables Okta Verify.",
                "Allow Okta Verify in that policy: Security > Authenticators > Enrollment. Then its"
                " user opens Okta Verify and adds the account.",
            )
        if self.security_level == HIGH:
            return Obstacle(NO_OBSTACLE.reason, NO_OBSTACLE.next_step + STRONGER)
        return None

    def describe_test_macs(
        self, ring: ResolvedRing, devices: t.Sequence[KandjiDevice]
    ) -> list[str]:
        """Return a sentence for each test Mac of a ring whose person cannot register it."""
        serials = {serial.strip().lower() for serial in ring.options.test_macs}
        return [
            f"Ring {ring.options.name!r}: test Mac {device.serial} cannot be registered: enrollment"
            f" policy {policy.name!r} of {device.person} disables Okta Verify. Allow it there, or"
            " name another Mac."
            for device in devices
            for policy in [self.find_policy(device.person)]
            if device.serial_key in serials and policy
        ]

    def describe_warnings(self) -> list[str]:
        """Return a warning if policies disable Okta Verify, and one if they cannot be read."""
        names = ", ".join(repr(policy.name) for policy in self.disabling)
        warnings = []
        if names and not self.problems:
            warnings.append(
                f"Enrollment policies that disable Okta Verify: {names}. The people to whom they"
                " apply cannot register a Mac. Allow it in Security > Authenticators > Enrollment."
            )
        if self.unavailable:
            warnings.append(
                "Okta's enrollment policies cannot be read, so whether they let people register is"
                f" not known: {self.unavailable}."
            )
        return warnings

    def as_result(self) -> Result:
        """Return it as results show it."""
        return {
            "unavailable": self.unavailable or None,
            "problem": " ".join(self.problems) or None,
            "security_level": self.security_level,
            "disabling_policies": [policy.name for policy in self.disabling],
            "unreadable_policies": [
                policy.name for policy in self.policies if policy.permits_fast_pass is None
            ],
        }


def read_registration(okta: Okta, fast_pass: FastPass) -> Registration:
    """Return what keeps people from registering, or why that cannot be read.

    That takes a call for the authenticators and one for the methods of Okta Verify, if they were
    not read yet, and those of ``read_policies``.
    """
    try:
        return read_policies(okta, fast_pass)
    except (ApiError, Unreachable, Unreadable) as error:
        return Registration(unavailable=error.message.rstrip("."))


def read_policies(okta: Okta, fast_pass: FastPass) -> Registration:
    """Return what keeps people from registering. The enrollment policies may not be readable.

    Raises the errors of ``fast_pass``.

    That takes one call for each 200 enrollment policies, one for the rules of each policy that
    disables Okta Verify, and one for each 1000 members of the groups up to the last of these.
    Without such a policy, or if each disables it, neither rules nor groups are read.
    """
    problems = (str(fast_pass.problem),) if fast_pass.problem else ()
    verify = fast_pass.okta_verify
    known = Registration(problems, verify.enrollment_security_level if verify else None)
    try:
        policies = active_in_order(okta.enrollment_policies())
        listed: list[tuple[str, str]] = []
        users = {
            group: _read_users(okta, group, listed) for group in find_deciding_groups(policies)
        }
        excluded = {
            policy.id: _read_excluded(okta, policy, users)
            for policy in policies
            if users and policy.permits_fast_pass is False
        }
    except (ApiError, Unreachable, Unreadable) as error:
        return replace(known, unavailable=error.message.rstrip("."))
    if policies and all(policy.permits_fast_pass is False for policy in policies):
        known = replace(known, problems=(*problems, NO_POLICY))
    members = {group: frozenset(logins.values()) for group, logins in users.items()}
    return replace(
        known,
        policies=policies,
        members=members,
        excluded=excluded,
        logins=map_logins(listed),
    )


def _read_users(okta: Okta, group: str, listed: list[tuple[str, str]]) -> dict[str, str]:
    """Return the keys of the logins of the members of a group, by the ids of the users.

    :arg listed: gets the login and the e-mail address of each.
    """
    keys = {}
    for user in read_members(okta, group):
        if user.login:
            keys[user.id] = fold_person(user.login)
            listed.append((user.login, user.email or ""))
    return keys


def _read_excluded(
    okta: Okta, policy: EnrollmentPolicy, users: t.Mapping[str, t.Mapping[str, str]]
) -> frozenset[str] | None:
    """Return the logins of those to whom a policy may not apply, None if it may be anybody."""
    ids = possibly_excluded(policy, okta.enrollment_rules(policy.id))
    if ids is None:
        return None
    logins = {user: login for members in users.values() for user, login in members.items()}
    return frozenset(logins[user] for user in ids if user in logins)


def find_deciding_groups(policies: t.Sequence[EnrollmentPolicy]) -> list[str]:
    """Return the groups whose members tell who cannot register, by the policies in order.

    There are none if no policy disables Okta Verify, or each does.
    """
    disabling = [
        number for number, policy in enumerate(policies) if policy.permits_fast_pass is False
    ]
    if not disabling or len(disabling) == len(policies):
        return []
    deciding = policies[: disabling[-1] + 1]
    return list(dict.fromkeys(group for policy in deciding for group in policy.groups if group))


class RegistrationReader:
    """Explains why nobody registered a Mac. Reads Okta once, and only if there is such a Mac.

    :arg fast_pass: what others may have read of Okta Verify.
    :arg known: what others have read of all, if they have.
    """

    def __init__(
        self, okta: Okta, fast_pass: FastPass | None = None, known: Registration | None = None
    ) -> None:
        self._okta, self._known = okta, known
        self._fast_pass = fast_pass or FastPass(okta)
        self._registration: Registration | None = None

    def explain(self, fleet: Fleet) -> None:
        """Note at each Mac that nobody registered what keeps its person from it."""
        for mac in fleet.macs:
            if not mac.records and classify(mac, fleet.limits).stage == "NOT_REGISTERED":
                if self._registration is None:
                    self._registration = self._known or read_registration(
                        self._okta, self._fast_pass
                    )
                mac.obstacle = self._registration.find_obstacle(mac.person)

    def as_result(self) -> Result | None:
        """Return what was read as results show it, None if nothing was."""
        return self._registration.as_result() if self._registration else None
