# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of apps, rules and users: each policy and each group once."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.report_access_reader import (
    UserReader,
    read_judged_apps,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.session_policies import (
    SessionPolicy,
    Sessions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.signal_policies import (
    SignalPolicy,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
    Forbidden,
    NotFound,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    OktaDevice,
    OktaUser,
    People,
    Policy,
    PolicyRule,
    RankedPolicy,
)

APPS = [
    App("0oa1", "Salesforce", policy_id="p1"),
    App("0oa2", "Slack", policy_id="p1"),
    App("0oa3", "Wiki", policy_id="p2"),
]
STAFF = PolicyRule(name="Staff", priority=1, conditions={"people": {"groups": {"include": ["g1"]}}})
LAST = PolicyRule(name="Catch-all Rule", priority=99, system=True)


class Others(t.NamedTuple):
    """Policies of other kinds, of which one concerns the policy p2."""

    sessions: Sessions = Sessions()
    signals: tuple[SignalPolicy, ...] = (SignalPolicy("s1", "S", (), frozenset({"p2"})),)


OTHERS: t.Any = Others()


@dataclass
class FakeOrg:
    """An org that notes what is read."""

    reads: list[str] = field(default_factory=list)
    status: str | None = "ACTIVE"  # of the policy p1; p2 is not listed

    def access_policies(self) -> list[Policy]:
        self.reads.append("policies")
        return [Policy("p1", "Staff", status=self.status)]

    def apps(self) -> list[App]:
        self.reads.append("apps")
        return APPS

    def policy_rules(self, policy_id: str) -> list[PolicyRule]:
        self.reads.append(policy_id)
        return [LAST, STAFF]

    def group_users(self, group_id: str) -> list[OktaUser]:
        self.reads.append(group_id)
        row = {"id": "u1", "type": {"id": "t1"}, "profile": {"login": "Ada@acme.com"}}
        return [
            OktaUser.from_row(row),
            OktaUser.from_row({"id": "u2"}),
            OktaUser.from_row({"id": "u3", "status": "SUSPENDED"}),
        ]


def device(status: str = "ACTIVE", device_id: str = "guo1") -> OktaDevice:
    user = {"id": "u1", "profile": {"login": "Ada@acme.com"}}
    users = [{"managementStatus": "MANAGED", "user": user}]
    profile = {"platform": "MACOS"}
    return OktaDevice.from_row(
        {"id": device_id, "status": status, "profile": profile, "_embedded": {"users": users}}
    )


def test_without_apps_nothing_is_read() -> None:
    org: t.Any = FakeOrg()
    assert read_judged_apps(org, [], OTHERS) == [] and org.reads == []


def test_each_policy_is_read_once_and_its_rules_are_in_order() -> None:
    org: t.Any = FakeOrg()
    judged = read_judged_apps(org, ["Slack", "0oa1", "Wiki"], OTHERS)
    assert [each.app.label for each in judged] == ["Slack", "Salesforce", "Wiki"]
    assert all(list(each.rules) == [STAFF, LAST] for each in judged)
    assert org.reads == ["apps", "policies", "p1", "p2"]
    assert [each.signals for each in judged] == [(), (), OTHERS.signals]


@pytest.mark.parametrize(
    "status, is_evaluated", [("ACTIVE", True), (None, True), ("INACTIVE", False), ("NEW", False)]
)
def test_rules_of_a_policy_that_is_not_active_cannot_be_evaluated(
    status: str | None, is_evaluated: bool
) -> None:
    org: t.Any = FakeOrg(status=status)
    judged = read_judged_apps(org, ["Slack", "Wiki"], OTHERS)
    problem = (
        f"Policy 'Staff': it is {status}, so which rules apply to its apps is unknown. Activate the"
        " policy in the Admin Console."
    )
    assert [each.problem for each in judged] == ["" if is_evaluated else problem, ""]


def test_an_app_that_is_not_active_admits_nobody_for_sure(monkeypatch: t.Any) -> None:
    org: t.Any = FakeOrg()
    off = App("0oa4", "Old", policy_id="p1", status="INACTIVE")
    on = App("0oa5", "New", policy_id="p1", status="ACTIVE")
    new = App("0oa6", "Newer", policy_id="p1", status="SOMETHING_NEW")
    monkeypatch.setattr(org, "apps", lambda: [off, on, new])
    judged = read_judged_apps(org, ["Old", "New", "Newer"], OTHERS)
    assert [each.problem for each in judged] == [
        "App 'Old': it is INACTIVE, so nobody signs in to it. Activate it in the Admin Console, or"
        " leave it out.",
        "",
        "App 'Newer': it is SOMETHING_NEW, so whom it admits is unknown. Activate it in the Admin"
        " Console, or leave it out.",
    ]
    assert [each.verdict and each.verdict.state for each in judged] == ["no", None, "unknown"]


def test_an_app_that_is_not_there_is_an_error() -> None:
    org: t.Any = FakeOrg()
    with pytest.raises(BadOption, match="apps: "):
        read_judged_apps(org, ["Slak"], OTHERS)


def test_users_come_from_records_that_work_and_from_groups_that_rules_name() -> None:
    org: t.Any = FakeOrg()
    reader, judged = UserReader(), read_judged_apps(org, ["Slack", "Wiki"], OTHERS)
    for each in (device(), device("SUSPENDED", "guo2"), device("UNSUSPENDED", "guo3")):
        reader.add(each)
    users = reader.read(org, judged, OTHERS.sessions)
    assert org.reads == ["apps", "policies", "p1", "p2", "g1"]
    assert users.ids["ada@acme.com"] == "u1"
    assert [each.device_id for each in users.devices["u1"]] == ["guo1", "guo3"]
    assert users.members == {"g1": frozenset({"u1", "u2", "u3"})}
    assert users.types == {"u1": "t1"} and users.statuses == {"u3": "SUSPENDED"}


def test_a_record_shows_the_status_of_its_users_where_okta_does() -> None:
    reader, org = UserReader(), FakeOrg()
    user = {"id": "u1", "status": "LOCKED_OUT", "profile": {"login": "Ada@acme.com"}}
    row = {"id": "guo1", "status": "ACTIVE", "_embedded": {"users": [{"user": user}]}}
    reader.add(OktaDevice.from_row(row))
    okta: t.Any = org
    read = reader.read(okta, [], OTHERS.sessions)
    assert read.statuses == {"u1": "LOCKED_OUT"} and read.unsure_passwords == {"u1"}


@pytest.mark.parametrize("status", ["SUSPENDED", "DEACTIVATED", None])
def test_a_record_that_does_not_work_shows_its_users_all_the_same(status: str | None) -> None:
    profile = {"login": "Ada@acme.com", "email": "Ada.Long@acme.com"}
    user = {"id": "u1", "status": "SUSPENDED", "type": {"id": "t7"}, "profile": profile}
    users = [{"user": user}, {"user": {"profile": {"login": "nobody"}}}]
    reader = UserReader()
    row = {"id": "guo1", "status": status, "_embedded": {"users": users}}
    reader.add(OktaDevice.from_row(row))
    okta: t.Any = FakeOrg()
    known = reader.read(okta, [], OTHERS.sessions)
    assert known.statuses == {"u1": "SUSPENDED"} and known.types == {"u1": "t7"}
    assert known.devices == {}
    for name in ("ADA@acme.com", " ada.long@acme.com"):
        identity = known.find_identity(name)
        assert identity and identity.id == "u1"


def test_an_address_finds_the_one_user_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the member of a group and the user of a record are others."""
    org: t.Any = FakeOrg()
    rows = [("u1", "ada", "ada@x"), ("u2", "ben", "both@x"), ("u3", "cy", "ben"), ("u4", "dot", "")]
    members = [OktaUser(id, login=login, email=email) for id, login, email in rows]
    monkeypatch.setattr(org, "group_users", lambda _group: members)
    reader, judged = UserReader(), read_judged_apps(org, ["Slack"], OTHERS)
    user = {"id": "u9", "profile": {"login": "eve", "email": "Both@x"}}
    row = {"id": "guo1", "status": "ACTIVE", "_embedded": {"users": [{"user": user}]}}
    reader.add(OktaDevice.from_row(row))
    known = reader.read(org, judged, OTHERS.sessions)
    names = ("Ada@X", "ada", "ben", "both@x", "EVE", "dot", "")
    identities = [known.find_identity(name) for name in names]
    assert [each.id if each else None for each in identities] == [
        *("u1", "u1", "u2", None, "u9", "u4", None)
    ]


def test_the_members_of_a_group_that_was_deleted_are_unknown() -> None:
    class Org(FakeOrg):
        def group_users(self, group_id: str) -> list[OktaUser]:
            raise NotFound(f"Okta: no group {group_id}.")

    org: t.Any = Org()
    reader, judged = UserReader(), read_judged_apps(org, ["Slack"], OTHERS)
    reader.add(device())
    users = reader.read(org, judged, OTHERS.sessions)
    assert users.unread_groups == {"g1"} and users.members == {}
    identity = users.find_identity("ada@acme.com")
    assert identity and identity.unread_groups == {"g1"}
    (note,) = reader.notes
    assert note.startswith("Okta has no group g1, which a policy or a rule names")


def test_the_members_of_a_group_that_may_not_be_viewed_are_unknown() -> None:
    class Org(FakeOrg):
        def group_users(self, group_id: str) -> list[OktaUser]:
            raise Forbidden("No permission.", status=403)

    org: t.Any = Org()
    reader, judged = UserReader(), read_judged_apps(org, ["Slack"], OTHERS)
    assert reader.read(org, judged, OTHERS.sessions).unread_groups == {"g1"}
    assert reader.notes == [
        "The credentials may not read the members of group g1, which a policy or a rule names, so"
        " whom it concerns is unknown. Grant okta.groups.read, and let their role view it."
    ]


@pytest.mark.parametrize("error", [Forbidden("No.", status=403), NotFound("None.", status=404)])
def test_an_app_whose_rules_okta_does_not_show_admits_nobody_surely(error: ApiError) -> None:
    class Org(FakeOrg):
        def policy_rules(self, policy_id: str) -> list[PolicyRule]:
            if policy_id == "p1":
                raise error
            return super().policy_rules(policy_id)

    org: t.Any = Org()
    slack, wiki = read_judged_apps(org, ["Slack", "Wiki"], OTHERS)
    assert slack.rules == () and slack.problem == (
        "App 'Slack': Okta does not show the rules of its sign-in policy, so whom it admits is"
        " unknown. Let the role of the credentials view all policies."
    )
    assert slack.verdict and slack.verdict.state == "unknown"
    assert wiki.verdict is None and len(wiki.rules) == 2


def test_an_app_without_a_policy_keeps_no_other_app_from_the_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    org: t.Any = FakeOrg()
    monkeypatch.setattr(org, "apps", lambda: [App("0oa1", "Service"), APPS[1]])
    service, other = read_judged_apps(org, ["Service", APPS[1].id], OTHERS)
    assert service.problem == (
        "App 'Service': Okta does not show its sign-in policy, so whom it admits is unknown. Check"
        " the app in the Admin Console."
    )
    assert service.verdict and service.verdict.state == "unknown" and other.verdict is None


def test_apps_of_one_label_are_told_apart(monkeypatch: t.Any) -> None:
    org: t.Any = FakeOrg()
    apps = [App("0oa1", "Wiki", policy_id="p1"), App("0oa2", "Wiki", policy_id="p2"), APPS[1]]
    monkeypatch.setattr(org, "apps", lambda: apps)
    judged = read_judged_apps(org, ["0oa1", "0oa2"], OTHERS)
    assert [each.app.label for each in judged] == ["Wiki (0oa1)", "Wiki (0oa2)"]
    assert [each.app.label for each in read_judged_apps(org, ["0oa1"], OTHERS)] == ["Wiki"]


def test_a_record_shows_the_user_type_of_its_users_where_okta_does() -> None:
    reader, org = UserReader(), FakeOrg()
    user = {"id": "u1", "type": {"id": "t7"}, "profile": {"login": "Ada@acme.com"}}
    row = {"id": "guo1", "status": "ACTIVE", "_embedded": {"users": [{"user": user}]}}
    reader.add(OktaDevice.from_row(row))
    okta: t.Any = org
    assert reader.read(okta, [], OTHERS.sessions).types == {"u1": "t7"}


def everybody(*groups: str) -> Sessions:
    policies = [
        RankedPolicy("p9", status="ACTIVE", system=True, people=People(groups=groups)),
        RankedPolicy("p8", status="ACTIVE", people=People(groups=("g8",))),
    ]
    return Sessions(tuple(SessionPolicy(each) for each in policies))


class LargeOrg(FakeOrg):
    """Everybody is in the group g9, of whom most have no Mac."""

    def group_users(self, group_id: str) -> list[OktaUser]:
        users = super().group_users(group_id)
        if group_id != "g9":
            return users
        rows = [("u4", "Cy@acme.com", "cy.long@acme.com"), ("u5", "dot@acme.com", "both@acme.com")]
        rows += [("u6", "eve@acme.com", "both@acme.com"), ("u7", "flo@acme.com", "")]
        return users + [OktaUser(id, login=login, email=email) for id, login, email in rows]


@pytest.mark.parametrize(
    "people, reads, found",
    [
        ([" Cy.Long@acme.com", "Ada@acme.com"], ["g1", "g9"], {"cy.long@acme.com": "u4"}),
        (["both@acme.com"], ["g1", "g9"], {"both@acme.com": None, "dot@acme.com": "u5"}),
        (["nobody@acme.com"], ["g1", "g9"], {"nobody@acme.com": None, "flo@acme.com": None}),
        (["ADA@acme.com", "Cy Long", ""], ["g1"], {"cy.long@acme.com": None}),
    ],
)
def test_everybody_is_read_for_people_whom_okta_shows_nowhere_else(
    people: list[str], reads: list[str], found: dict[str, str | None]
) -> None:
    org: t.Any = LargeOrg()
    judged = read_judged_apps(org, ["Slack"], OTHERS)
    users = UserReader().read(org, judged, everybody("g9"), people)
    assert org.reads[3:] == reads
    identities = {name: users.find_identity(name) for name in found}
    assert {name: each.id if each else None for name, each in identities.items()} == found


@pytest.mark.parametrize("status", [403, 404, 500])
def test_everybody_may_be_hidden(status: int) -> None:
    class Org(LargeOrg):
        def group_users(self, group_id: str) -> list[OktaUser]:
            if group_id == "g9":
                raise ApiError("Okta refused it.", vendor="okta", status=status)
            return super().group_users(group_id)

    org: t.Any = Org()
    reader, judged = UserReader(), read_judged_apps(org, ["Slack"], OTHERS)
    if status == 500:
        with pytest.raises(ApiError):
            reader.read(org, judged, everybody("g9"), ["cy@acme.com"])
        return
    assert (
        reader.read(org, judged, everybody("g9"), ["cy@acme.com"]).find_identity("cy@acme.com")
        is None
    )
    (note,) = reader.notes
    assert note.startswith("The credentials may not read the members of group g9")


def test_a_group_of_everybody_that_rules_name_is_read_once() -> None:
    org: t.Any = LargeOrg()
    UserReader().read(org, read_judged_apps(org, ["Slack"], OTHERS), everybody("g1"), ["x@y"])
    assert org.reads[3:] == ["g1"]
