# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who cannot register a Mac with Okta, and why, by the enrollment policies in their order."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    Unreachable,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    AgeLimits,
    Fleet,
    MacFacts,
    Obstacle,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.registration import (
    NO_POLICY,
    STRONGER,
    Registration,
    RegistrationReader,
    find_deciding_groups,
    read_registration,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.preflight import (
    ResolvedRing,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    RingOptions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import (
    NO_OBSTACLE,
    classify,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    KandjiDevice,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authenticators.fast_pass_reader import (
    FastPass,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Authenticator,
    AuthenticatorMethod,
    ConditionalRule,
    EnrollmentPolicy,
    OktaUser,
    People,
)

READY = (Authenticator("aut1", "okta_verify", "ACTIVE"),)


def policy(
    name: str, enroll: str | None, *groups: str, priority: int | None = 1, **more: t.Any
) -> EnrollmentPolicy:
    wanted = {"okta_password": "REQUIRED", **({"okta_verify": enroll} if enroll else {})}
    people = People(groups=groups)
    return EnrollmentPolicy(name, name, priority, "ACTIVE", people=people, enroll=wanted, **more)


STAFF = policy("Staff", "OPTIONAL", "g-staff", priority=1)
CONTRACTORS = policy("Contractors", "NOT_ALLOWED", "g-out", "g-temp", priority=2)
DEFAULT = policy("Default Policy", "REQUIRED", "g-all", priority=3, system=True)


class FakeOkta:
    """An org with these policies and members of groups, which counts its calls."""

    def __init__(
        self,
        policies: t.Sequence[EnrollmentPolicy] = (),
        authenticators: t.Sequence[Authenticator] = READY,
        error: Exception | None = None,
        **members: t.Sequence[str],
    ) -> None:
        self.policies, self.known, self.error = policies, authenticators, error
        self.members, self.calls = members, list[str]()
        self.rules: dict[str, list[ConditionalRule]] = {}

    def authenticators(self) -> t.Sequence[Authenticator]:
        self.calls.append("authenticators")
        return self.known

    def authenticator_methods(self, _id: str) -> list[AuthenticatorMethod]:
        self.calls.append("methods")
        return [AuthenticatorMethod("signed_nonce", "ACTIVE")]

    def enrollment_policies(self) -> t.Sequence[EnrollmentPolicy]:
        self.calls.append("policies")
        if self.error:
            raise self.error
        return self.policies

    def enrollment_rules(self, policy_id: str) -> list[ConditionalRule]:
        self.calls.append(f"rules of {policy_id}")
        return self.rules.get(
            policy_id, [ConditionalRule("r", "Rule", status="ACTIVE", system=True)]
        )

    def group_users(self, group: str) -> list[OktaUser]:
        self.calls.append(group)
        names = [f"{name}@acme.com" for name in self.members.get(group.replace("-", "_"), ())]
        return [OktaUser(name, name) for name in names] + [OktaUser("00u-nameless")]


def read(okta: FakeOkta) -> Registration:
    org = t.cast(t.Any, okta)
    return read_registration(org, FastPass(org))


def test_the_first_policy_with_a_group_of_the_person_decides() -> None:
    okta = FakeOkta([DEFAULT, CONTRACTORS, STAFF], g_staff=["ada", "bob"], g_out=["Bob", "eve"])
    registration = read(okta)
    assert okta.calls == [
        "authenticators",
        "methods",
        "policies",
        "g-staff",
        "g-out",
        "g-temp",
        "rules of Contractors",
    ]
    named = {
        name: getattr(registration.find_policy(f"{name}@acme.com"), "name", None)
        for name in ("ada", "bob", "eve", "EVE", "joe")
    }
    assert named == {
        "ada": None,
        "bob": None,
        "eve": "Contractors",
        "EVE": "Contractors",
        "joe": None,
    }
    assert registration.find_policy("") is None
    assert registration.as_result() == {
        "unavailable": None,
        "problem": None,
        "security_level": None,
        "disabling_policies": ["Contractors"],
        "unreadable_policies": [],
    }


def test_a_policy_that_does_not_list_okta_verify_disables_it_and_one_of_factors_is_said() -> None:
    unlisted = replace(policy("Unlisted", None, "g-out"), is_complete=True)
    factors = policy("Factors", None, "g-temp")
    okta = FakeOkta([factors, unlisted, DEFAULT], g_out=["eve"], g_temp=["joe"])
    registration = read(okta)
    assert registration.find_policy("eve@acme.com") == unlisted
    assert registration.find_policy("joe@acme.com") is None
    assert registration.as_result()["disabling_policies"] == ["Unlisted"]
    assert registration.as_result()["unreadable_policies"] == ["Factors"]


class OktaWithAddresses(FakeOkta):
    """Addresses are those of other texts: a first name, and one that two members have."""

    def group_users(self, group: str) -> list[OktaUser]:
        emails = {"eve@acme.com": " Eve.Long@acme.com", "bob@acme.com": "ada@acme.com"}
        emails |= dict.fromkeys(("cy@acme.com", "dan@acme.com"), "both@acme.com")
        users = super().group_users(group)
        return [replace(user, email=emails.get(user.id, user.login)) for user in users]


@pytest.mark.parametrize(
    "person, policy_name",
    [
        (" EVE.long@acme.com ", "Contractors"),
        ("eve@acme.com", "Contractors"),
        ("ada@acme.com", None),  # a login, and the address of somebody else
        ("both@acme.com", None),
        ("joe@acme.com", None),
    ],
)
def test_a_person_is_found_by_login_else_by_address(person: str, policy_name: str | None) -> None:
    out = ["eve", "bob", "cy", "dan"]
    okta = OktaWithAddresses([STAFF, CONTRACTORS, DEFAULT], g_staff=["ada"], g_out=out)
    assert getattr(read(okta).find_policy(person), "name", None) == policy_name


def rule(*excluded: str, status: str = "ACTIVE") -> ConditionalRule:
    people = {"people": {"users": {"exclude": [f"{name}@acme.com" for name in excluded]}}}
    return ConditionalRule("r", "Rule", status=status, conditions=people)


HIDING = ConditionalRule("h", "Hiding", unreadable=("conditions.people.users.exclude",))


@pytest.mark.parametrize(
    ("rules", "disabled"),
    [
        ([], []),
        ([rule()], ["ada", "eve"]),
        ([rule("eve", "stranger")], ["ada"]),
        ([rule("eve"), rule("eve", "ada")], ["ada"]),
        ([rule("eve"), rule("ada")], ["ada", "eve"]),
        ([rule("eve"), rule(status="INACTIVE")], ["ada"]),
        ([rule("eve", status="INACTIVE")], []),
        ([rule("eve"), HIDING], ["ada"]),
        ([HIDING], []),
    ],
)
def test_whom_each_rule_of_a_policy_excludes_is_not_judged(
    rules: list[ConditionalRule], disabled: list[str]
) -> None:
    okta = FakeOkta([DEFAULT, CONTRACTORS], g_out=["ada", "eve"])
    okta.rules = {"Contractors": rules}
    registration = read(okta)
    names = [name for name in ("ada", "eve") if registration.find_policy(f"{name}@acme.com")]
    assert names == disabled


def test_whom_the_policy_itself_excludes_is_not_judged() -> None:
    people = replace(CONTRACTORS.people, users_excluded=("eve@acme.com",))
    okta = FakeOkta([DEFAULT, replace(CONTRACTORS, people=people)], g_out=["ada", "eve"])
    registration = read(okta)
    assert registration.find_policy("ada@acme.com") and not registration.find_policy("eve@acme.com")


def test_a_policy_that_does_not_show_its_people_may_be_that_of_anybody() -> None:
    hidden = EnrollmentPolicy.from_row({"id": "hidden", "name": "Hidden", "priority": 0})
    okta = FakeOkta([DEFAULT, hidden, CONTRACTORS], g_out=["eve"])
    assert read(okta).find_policy("eve@acme.com") is None


def test_no_group_is_read_if_no_policy_disables_okta_verify() -> None:
    okta = FakeOkta([DEFAULT, STAFF])
    assert read(okta).disabling == [] and okta.calls == ["authenticators", "methods", "policies"]


def test_the_default_policy_is_last_and_takes_all_that_are_shown_in_its_group() -> None:
    closed = policy("Default Policy", "NOT_ALLOWED", "g-all", priority=0, system=True)
    okta = FakeOkta([closed, STAFF], g_staff=["ada"], g_all=["ada", "eve"])
    registration = read(okta)
    assert [each.name for each in registration.policies] == ["Staff", "Default Policy"]
    assert registration.find_policy("ada@acme.com") is None
    assert registration.find_policy("eve@acme.com") is closed
    assert registration.find_policy("Eve Adams") is None  # a name says nothing


def test_without_any_policy_that_allows_it_nobody_can_register() -> None:
    registration = read(FakeOkta([CONTRACTORS]))
    assert registration.problems == (NO_POLICY,)
    assert registration.find_obstacle("anybody") == Obstacle(
        "It has a certificate and Okta Verify, but nobody can register it: Okta Verify is not ready"
        " in this org.",
        NO_POLICY,
    )
    assert registration.as_result()["problem"] == NO_POLICY
    assert read(FakeOkta()).problems == (), "an org without a list of policies says nothing"


def test_all_problems_of_an_org_are_said() -> None:
    off = Authenticator("aut1", "okta_verify", "INACTIVE", enrollment_security_level="HIGH")
    registration = read(FakeOkta([CONTRACTORS], [off]))
    first, second = registration.problems
    obstacle = registration.find_obstacle("anybody")
    assert second == NO_POLICY and obstacle and obstacle.next_step == f"{first} {NO_POLICY}"
    result = registration.as_result()
    assert (result["problem"], result["security_level"]) == (f"{first} {NO_POLICY}", "HIGH")


def test_what_is_known_of_okta_verify_stays_where_policies_cannot_be_read() -> None:
    off = Authenticator("aut1", "okta_verify", "INACTIVE", enrollment_security_level="HIGH")
    registration = read(FakeOkta(authenticators=[off], error=Unreadable("Okta: no list.")))
    assert registration.unavailable == "Okta: no list"
    assert (len(registration.problems), registration.security_level) == (1, "HIGH")


def test_authenticators_that_cannot_be_read_are_said_and_keep_nobody_from_it() -> None:
    okta = FakeOkta([CONTRACTORS])

    def forbidden() -> t.NoReturn:
        raise ApiError("Okta refused it.", vendor="okta", status=403)

    okta.authenticators = forbidden  # type: ignore[method-assign]  # stub
    assert read(okta) == Registration(unavailable="Okta refused it")


def test_the_policy_of_a_person_and_what_to_do_about_it_are_named() -> None:
    okta = FakeOkta([CONTRACTORS, DEFAULT], g_out=["eve"])
    assert read(okta).find_obstacle("eve@acme.com") == Obstacle(
        "It has a certificate and Okta Verify, but nobody can register it: their enrollment policy"
        " 'Contractors' disables Okta Verify.",
        "Allow Okta Verify in that policy: Security > Authenticators > Enrollment. Then its user"
        " opens Okta Verify and adds the account.",
    )


def test_the_test_macs_of_a_ring_that_nobody_can_register_are_named() -> None:
    registration = read(FakeOkta([CONTRACTORS, DEFAULT], g_out=["eve", "joe"]))
    options = RingOptions("canary", test_macs=(" c02-eve", "C02-ADA "))
    devices = [
        KandjiDevice("d1", "C02-EVE", person="eve@acme.com"),
        KandjiDevice("d2", "C02-ADA", person="ada@acme.com"),
        KandjiDevice("d3", "C02-JOE", person="joe@acme.com"),
    ]
    assert registration.describe_test_macs(ResolvedRing(options, (), {}), devices) == [
        "Ring 'canary': test Mac C02-EVE cannot be registered: enrollment policy 'Contractors' of"
        " eve@acme.com disables Okta Verify. Allow it there, or name another Mac."
    ]


def test_what_okta_does_not_say_keeps_nobody_from_anything() -> None:
    unknown = policy("Factors", None, "g-old")
    assert unknown.permits_fast_pass is None
    assert find_deciding_groups([unknown, DEFAULT]) == []
    assert find_deciding_groups([unknown, CONTRACTORS, DEFAULT]) == ["g-old", "g-out", "g-temp"]


def test_the_groups_up_to_the_last_policy_that_disables_it_decide_each_once() -> None:
    late = policy("Late", "NOT_ALLOWED", "g-staff", "", "g-late")
    found = find_deciding_groups([CONTRACTORS, STAFF, late, DEFAULT])
    assert found == ["g-out", "g-temp", "g-staff", "g-late"]
    assert find_deciding_groups([CONTRACTORS, late]) == [], "nobody can register"


def test_fastpass_that_is_off_keeps_everybody_from_it() -> None:
    registration = read(FakeOkta([DEFAULT], [Authenticator("aut1", "okta_verify", "INACTIVE")]))
    obstacle = registration.find_obstacle("ada@acme.com")
    assert obstacle and "not ready in this org" in obstacle.reason
    assert "Activate it in Security > Authenticators" in obstacle.next_step


def test_a_high_security_level_is_a_hint_and_no_obstacle() -> None:
    high = Authenticator("aut1", "okta_verify", "ACTIVE", enrollment_security_level="HIGH")
    obstacle = read(FakeOkta([DEFAULT], [high])).find_obstacle("ada@acme.com")
    assert obstacle == Obstacle(NO_OBSTACLE.reason, NO_OBSTACLE.next_step + STRONGER)
    level_any = Authenticator("aut1", "okta_verify", "ACTIVE", enrollment_security_level="ANY")
    assert read(FakeOkta([DEFAULT], [level_any])).find_obstacle("ada@acme.com") is None


@pytest.mark.parametrize(
    "error",
    [
        ApiError("Okta refused it.", vendor="okta", status=403),
        Unreachable("Okta cannot be reached.", vendor="okta"),
    ],
)
def test_policies_that_cannot_be_read_are_said_and_keep_nobody_from_it(error: Exception) -> None:
    registration = read(FakeOkta(error=error))
    assert registration.find_obstacle("ada@acme.com") is None
    assert registration.as_result()["unavailable"] == str(error).rstrip(".")


def mac(person: str, **more: t.Any) -> MacFacts:
    values: dict[str, t.Any] = {
        "ring": "canary",
        "profile_state": "installed",
        "certificates": ("2026-11-01T00:00:00Z",),
        "app_present": True,
        **more,
    }
    return MacFacts(f"C02-{person}", person=f"{person}@acme.com", **values)


def test_only_macs_that_nobody_registered_are_explained_and_okta_is_read_once() -> None:
    okta = FakeOkta([CONTRACTORS, DEFAULT], g_out=["eve", "joe"])
    reader = RegistrationReader(t.cast(t.Any, okta))
    waiting = mac("eve", profile_state=None)
    reader.explain(Fleet([waiting], AgeLimits()))
    assert okta.calls == [] and waiting.obstacle is None and reader.as_result() is None
    macs = [mac("eve"), mac("joe"), mac("ada")]
    reader.explain(Fleet(macs, AgeLimits()))
    reader.explain(Fleet(macs, AgeLimits()))
    assert okta.calls.count("policies") == 1
    reasons = [classify(each).reason for each in macs]
    assert all("policy 'Contractors' disables Okta Verify" in reason for reason in reasons[:2])
    assert reasons[2] == NO_OBSTACLE.reason
    result = reader.as_result()
    assert result and result["disabling_policies"] == ["Contractors"]


def test_what_others_read_of_okta_verify_is_not_read_again() -> None:
    okta = FakeOkta([CONTRACTORS, DEFAULT], g_out=["eve"])
    org = t.cast(t.Any, okta)
    fast_pass = FastPass(org)
    assert fast_pass.problem is None
    RegistrationReader(org, fast_pass).explain(Fleet([mac("eve")], AgeLimits()))
    assert okta.calls[:3] == ["authenticators", "methods", "policies"]
    assert (okta.calls.count("authenticators"), okta.calls.count("methods")) == (1, 1)


def test_an_org_without_okta_verify_has_no_security_level() -> None:
    registration = read(FakeOkta([DEFAULT], []))
    assert registration.problems and registration.security_level is None


def test_a_policy_without_a_group_is_nobodys() -> None:
    odd = policy("Odd", "OPTIONAL", "", priority=0)
    assert read(FakeOkta([odd, CONTRACTORS, DEFAULT], g_out=["eve"])).find_policy("eve@acme.com")
    members = {"g-out": frozenset({"eve@acme.com"})}
    known = Registration(policies=(odd, CONTRACTORS), members=members)
    assert known.find_policy("eve@acme.com") is CONTRACTORS


def test_what_others_read_of_all_is_not_read_again() -> None:
    known = Registration((NO_POLICY,))
    okta = FakeOkta([CONTRACTORS, DEFAULT], g_out=["eve"])
    reader = RegistrationReader(t.cast(t.Any, okta), known=known)
    waiting = mac("ada")
    reader.explain(Fleet([waiting], AgeLimits()))
    assert okta.calls == [] and waiting.obstacle == known.find_obstacle("ada@acme.com")
    assert reader.as_result() == known.as_result()


def test_a_warning_names_the_policies_that_disable_okta_verify() -> None:
    some = Registration(policies=(STAFF, CONTRACTORS, DEFAULT))
    assert some.describe_warnings() == [
        "Enrollment policies that disable Okta Verify: 'Contractors'. The people to whom they apply"
        " cannot register a Mac. Allow it in Security > Authenticators > Enrollment."
    ]
    assert replace(some, problems=(NO_POLICY,)).describe_warnings() == []
    assert Registration(policies=(STAFF, DEFAULT)).describe_warnings() == []
    unread = Registration(unavailable="403")
    assert unread.describe_warnings() == [
        "Okta's enrollment policies cannot be read, so whether they let people register is not"
        " known: 403."
    ]
