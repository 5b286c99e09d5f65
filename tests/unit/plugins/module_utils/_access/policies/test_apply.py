# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""App sign-in policies: what is written to Okta, and what another client does meanwhile."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies import (
    apply as policy_apply,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies import (
    plan as policy_plan,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies import (
    recheck,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.moves import (
    Move,
    StayingApp,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules import (
    plan as rule_plan,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    Place,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
    DeviceTrustError,
    Forbidden,
    NotAsWritten,
    NotFound,
    RateLimited,
    Refused,
    RunEnded,
    Unauthorized,
    Uncertain,
    Unreachable,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Policy,
    PolicyRule,
)

# An org


class FakeOkta:
    """An org that keeps policies, their rules and apps, and notes each write.

    ``before`` runs before each call, to change the org as another client would.
    """

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, t.Any]] = {}
        self.rules: dict[str, list[dict[str, t.Any]]] = {}
        self.apps: dict[str, list[str]] = {}
        self.writes: list[tuple[t.Any, ...]] = []
        self.before: t.Callable[[str], None] = lambda _call: None
        self.slept: list[float] = []
        settings = SimpleNamespace(
            wait=lambda seconds, _reason: self.slept.append(seconds), chance=lambda: 0.5
        )
        self.transport = SimpleNamespace(settings=settings)

    def add(
        self, policy_id: str, *rows: dict[str, t.Any], apps: t.Any = (), **values: t.Any
    ) -> Policy:
        self.rows[policy_id] = {"id": policy_id, "name": policy_id, "_links": {}, **values}
        self.rules[policy_id], self.apps[policy_id] = list(rows), list(apps)
        return Policy.from_row(self.rows[policy_id])

    def access_policies(self) -> list[Policy]:
        self.before("policies")
        return [Policy.from_row({**row}) for row in self.rows.values()]

    def delete_policy(self, policy_id: str) -> None:
        self.writes.append(("delete policy", policy_id))
        self.rows.pop(policy_id, None)

    def create_policy(self, body: t.Any) -> Policy:
        self.writes.append(("create policy", body))
        return self.add("new", **body)

    def clone_policy(self, policy_id: str, known: t.Collection[str]) -> Policy:
        assert set(known) == set(self.rows)
        self.writes.append(("clone policy", policy_id))
        row = self.rows[policy_id]
        return self.add("copy", *self.rules[policy_id], **{**row, "id": "copy", "name": "A copy"})

    def replace_policy(self, policy_id: str, body: t.Any) -> Policy:
        self.before("replace policy")
        self.writes.append(("replace policy", policy_id, body))
        self.rows[policy_id].update(body)
        return Policy.from_row(self.rows[policy_id])

    def policy_apps(self, policy_id: str) -> list[str]:
        return self.apps[policy_id]

    def assign_app_policy(self, app_id: str, policy_id: str) -> None:
        self.writes.append(("assign", app_id, policy_id))
        self.apps[policy_id].append(app_id)
        self.before("assigned")

    def policy_rules(self, policy_id: str) -> list[PolicyRule]:
        self.before("rules")
        return [PolicyRule.from_row({**row}) for row in self.rules[policy_id]]

    def policy_rule(self, policy_id: str, rule_id: str) -> PolicyRule | None:
        self.before("rule")
        rows = [row for row in self.rules[policy_id] if row["id"] == rule_id]
        return PolicyRule.from_row({**rows[0]}) if rows else None

    def create_rule(self, policy_id: str, body: t.Any, active: bool) -> None:
        self.writes.append(("create rule", policy_id, body["name"], active))
        self.before("create rule")
        self._insert(policy_id, {"id": "new", "status": "ACTIVE" if active else "INACTIVE", **body})

    def replace_rule(self, policy_id: str, rule_id: str, body: t.Any) -> None:
        self.writes.append(("replace rule", policy_id, rule_id, body))
        old = next(row for row in self.rules[policy_id] if row["id"] == rule_id)
        self.rules[policy_id].remove(old)
        self._insert(policy_id, {**body, "id": rule_id, "status": old["status"]})

    def move(self, policy_id: str, name: str, priority: int, **values: t.Any) -> None:
        """Move a rule as another client does."""
        row = next(row for row in self.rules[policy_id] if row["name"] == name)
        self.rules[policy_id].remove(row)
        self._insert(policy_id, {**row, "priority": priority, **values})

    def _insert(self, policy_id: str, row: dict[str, t.Any]) -> None:
        """Insert a rule before the one with its priority, and number all without gaps."""
        system = [each for each in self.rules[policy_id] if each.get("system")]
        others = [each for each in self.rules[policy_id] if each not in system]
        others.sort(key=lambda each: int(each["priority"]))
        others.insert(row.get("priority", len(others)), row)
        for number, each in enumerate(others):
            each["priority"] = number
        self.rules[policy_id] = others + system

    def set_rule_status(self, policy_id: str, rule_id: str, active: bool) -> None:
        self.writes.append(("set status", policy_id, rule_id, active))
        for row in self.rules[policy_id]:
            if row["id"] == rule_id:
                row["status"] = "ACTIVE" if active else "INACTIVE"

    def delete_rule(self, policy_id: str, rule_id: str) -> None:
        self.writes.append(("delete rule", policy_id, rule_id))
        self.rules[policy_id] = [row for row in self.rules[policy_id] if row["id"] != rule_id]


@pytest.fixture
def okta() -> t.Any:
    return FakeOkta()


def rule_row(name: str, priority: int = 0, **values: t.Any) -> dict[str, t.Any]:
    return {
        "id": f"rul-{name}",
        "name": name,
        "priority": priority,
        "status": "ACTIVE",
        "conditions": {},
        "actions": {"appSignOn": {"access": "DENY"}},
        **values,
    }


# Writing a policy


def apply(okta: t.Any, *arguments: t.Any) -> Policy:
    plan = policy_plan.plan_policy(*arguments)
    return policy_apply.apply_policy(okta, plan, okta.access_policies())


def test_a_policy_as_wanted_is_not_written(okta: FakeOkta) -> None:
    known = okta.add("rst2", description="Ours.")
    assert apply(okta, "rst2", "Ours.", known, None) == known and okta.writes == []


@pytest.mark.parametrize(
    ("description", "body"),
    [
        (None, {"type": "ACCESS_POLICY", "name": "Managed"}),
        ("Ours.", {"type": "ACCESS_POLICY", "name": "Managed", "description": "Ours."}),
    ],
)
def test_an_empty_policy_is_created(okta: FakeOkta, description: str | None, body: t.Any) -> None:
    assert apply(okta, "Managed", description, None, None).id == "new"
    assert okta.writes == [("create policy", body)]


def test_a_clone_gets_its_name_and_origin(okta: FakeOkta) -> None:
    strict = okta.add("rst1", rule_row("a"), name="Strict", priority=1)
    made = apply(okta, "Managed", "Ours.", None, strict)
    text = "Ours. [made from policy rst1]"
    assert (made.id, made.name, made.description) == ("copy", "Managed", text)
    assert okta.writes == [
        ("clone policy", "rst1"),
        ("replace policy", "copy", {"name": "Managed", "priority": 1, "description": text}),
    ]


@pytest.mark.parametrize("error", [Uncertain, Unreadable])
@pytest.mark.parametrize(
    ("made", "known"),
    [
        (["[cloned] Strict"], True),
        ([], False),  # it was not carried out
        (["Another"], False),
        (["[cloned] Strict", "[cloned] Strict again"], False),  # which of them is it?
    ],
)
def test_a_clone_whose_answer_is_lost_is_known_by_its_name(
    okta: FakeOkta, made: list[str], known: bool, error: type[DeviceTrustError]
) -> None:
    strict = okta.add("rst1", rule_row("a"), name="Strict")
    okta.add("rst0", name="[cloned] Strict of last year")

    def lose_answer(policy_id: str, _known: t.Collection[str]) -> Policy:
        for number, name in enumerate(made):
            okta.add(f"copy{number}", *okta.rules[policy_id], name=name)
        raise error("The answer was lost.")

    okta.clone_policy = lose_answer  # type: ignore[method-assign]  # as a gateway does
    if known:
        assert apply(okta, "Managed", None, None, strict).id == "copy0"
    else:
        with pytest.raises(error):
            apply(okta, "Managed", None, None, strict)


def test_a_description_alone_keeps_the_name(okta: FakeOkta) -> None:
    known = okta.add(
        "rst2",
        name="Managed",
        description="Ours.",
        created="2026-02-01T00:00:00.000Z",
        system=False,
    )
    assert apply(okta, "other", "Theirs.", known, None).description == "Theirs."
    assert okta.writes == [
        ("replace policy", "rst2", {"name": "Managed", "description": "Theirs."})
    ]


def test_without_a_description_that_of_the_policy_is_written_back(okta: FakeOkta) -> None:
    known = okta.add("rst2", description="Ours.")
    policy_apply.write_policy(t.cast(t.Any, okta), known, "Managed", None)
    assert okta.writes == [("replace policy", "rst2", {"name": "Managed", "description": "Ours."})]


def test_a_policy_that_okta_shows_otherwise_is_an_error(okta: FakeOkta) -> None:
    known = okta.add("rst2")
    answer = Policy("rst2", "cut", "off")
    okta.replace_policy = lambda policy_id, body: answer  # type: ignore[method-assign]  # a lossy org
    with pytest.raises(NotAsWritten) as raised:
        policy_apply.write_policy(t.cast(t.Any, okta), known, "Managed", "Ours.")
    assert raised.value.message == (
        "Okta accepted policy 'Managed' and shows other values for name, description. Run again."
    )
    assert raised.value.details == {"keys": ["name", "description"]}


# Apps


def test_an_app_moves_to_a_policy(okta: FakeOkta) -> None:
    managed = okta.add("rst2", name="Managed")
    policy_apply.move_app(t.cast(t.Any, okta), App("app1", "Slack"), managed)
    assert okta.writes == [("assign", "app1", "rst2")]


def test_an_app_that_another_client_moves_away_is_an_error(okta: FakeOkta) -> None:
    managed = okta.add("rst2", name="Managed")
    okta.before = lambda call: okta.apps["rst2"].clear()
    with pytest.raises(NotAsWritten) as raised:
        policy_apply.move_app(t.cast(t.Any, okta), App("app1", "Slack"), managed)
    assert raised.value.message == (
        "Okta accepted policy 'Managed' for app 'Slack' and does not show it there. Another client"
        " may move it too. Run again."
    )


@pytest.mark.parametrize(
    ("status", "fact"), [("INACTIVE", "it became INACTIVE"), (None, "it was deleted")]
)
def test_an_app_does_not_move_to_a_policy_that_was_lost_since_the_plan(
    okta: FakeOkta, status: str | None, fact: str
) -> None:
    managed = okta.add("rst2", name="Managed")
    if status:
        okta.rows["rst2"]["status"] = status
    else:
        del okta.rows["rst2"]
    with pytest.raises(Refused, match=f"Policy 'Managed': {fact} in Okta"):
        policy_apply.move_app(t.cast(t.Any, okta), App("app1", "Slack"), managed)
    assert okta.writes == []


@pytest.mark.parametrize("text", ["", "[made from policy rst1] [apps from policy rst9: app1]"])
def test_an_app_does_not_move_to_a_clone_that_lost_its_mark_since_the_plan(
    okta: FakeOkta, text: str
) -> None:
    """Another run wrote the description. The app could not go back to its own policy."""
    marks = "[made from policy rst1] [apps from policy rst1: app1]"
    managed = okta.add("rst2", name="Managed", description=marks)
    okta.rows["rst2"]["description"] = text
    with pytest.raises(Refused, match="Policy 'Managed': it got another mark of the app in Okta"):
        policy_apply.move_app(t.cast(t.Any, okta), App("app1", "Slack"), managed)
    assert okta.writes == []
    policy_apply.move_app(t.cast(t.Any, okta), App("app2", "Jira"), managed)
    okta.rows["rst2"]["description"] = f"Ours. {marks}"
    policy_apply.move_app(t.cast(t.Any, okta), App("app1", "Slack"), managed)
    assert okta.writes == [("assign", app, "rst2") for app in ("app2", "app1")]


def test_the_mark_of_an_app_that_came_back_since_the_plan_is_not_removed(okta: FakeOkta) -> None:
    marks = "[made from policy rst1] [apps from policy rst1: app1]"
    managed = okta.add("rst2", name="Managed", description=marks)
    future = replace(managed, description="[made from policy rst1]")
    recheck.check_marks(t.cast(t.Any, okta), managed, future)
    okta.apps["rst2"].append("app1")
    recheck.check_marks(t.cast(t.Any, okta), managed, managed)
    with pytest.raises(Refused, match="Policy 'Managed': it got an app in Okta"):
        recheck.check_marks(t.cast(t.Any, okta), managed, future)


def test_a_policy_that_is_deactivated_between_two_moves_gets_no_further_app(okta: FakeOkta) -> None:
    moves = moves_of(okta, "Slack", "Jira")

    def deactivate(call: str) -> None:
        if call == "assigned":
            okta.rows["rst2"]["status"] = "INACTIVE"

    okta.before = deactivate
    with pytest.raises(Refused, match="became INACTIVE.*Moved before it: 'Slack'"):
        policy_apply.apply_moves(t.cast(t.Any, okta), moves)
    assert okta.writes == [("assign", "slack", "rst2")]


def test_a_policy_that_gets_other_rules_between_two_moves_gets_no_further_app(
    okta: FakeOkta,
) -> None:
    moves = moves_of(okta, "Slack", "Jira")

    def add_rule(call: str) -> None:
        if call == "assigned":
            okta.rules["rst2"].append({"id": "rul9", "name": "Deny", "priority": 0})

    okta.before = add_rule
    with pytest.raises(Refused, match="'Managed': it got other rules.*Moved before it: 'Slack'"):
        policy_apply.apply_moves(t.cast(t.Any, okta), moves)
    assert okta.writes == [("assign", "slack", "rst2")]


def moves_of(okta: FakeOkta, *names: str) -> list[Move]:
    """Return the moves of apps from one policy to another, in an org that has both."""
    strict = okta.add("rst1", name="Strict", apps=[name.lower() for name in names])
    managed = okta.add("rst2", name="Managed")
    return [Move(App(name.lower(), name), managed, strict.id, managed.id) for name in names]


def refuse_after(okta: FakeOkta, moved: int) -> None:
    """Refuse each assignment after so many."""

    def answer(call: str) -> None:
        if call == "assigned" and len(okta.writes) > moved:
            raise ApiError("Okta refused it.", status=400)

    okta.before = answer


def test_a_failure_names_what_moved_and_what_did_not(okta: FakeOkta) -> None:
    moves = moves_of(okta, "Slack", "Jira", "Pay")
    refuse_after(okta, 1)
    with pytest.raises(ApiError) as caught:
        policy_apply.apply_moves(t.cast(t.Any, okta), moves)
    assert caught.value.message == (
        "Okta refused it. This was the move of app 'Jira'. Moved before it: 'Slack'. Not moved:"
        " 'Pay'. What moved stays. Correct the cause and run again, which moves the others."
    )
    details = caught.value.details
    assert details["status"] == 400 and details["failed_app"] == {"id": "jira", "label": "Jira"}
    assert details["moved_apps"] == [{"id": "slack", "label": "Slack"}]
    assert details["waiting_apps"] == [{"id": "pay", "label": "Pay"}]
    assert okta.writes == [("assign", "slack", "rst2"), ("assign", "jira", "rst2")]


def test_an_app_that_okta_keeps_does_not_keep_the_others_from_going_back(okta: FakeOkta) -> None:
    moves = moves_of(okta, "Slack", "Jira", "Pay")

    def refuse_jira(call: str) -> None:
        if call == "assigned" and okta.writes[-1][1] == "jira":
            raise Forbidden("Okta refused it.", status=403)

    okta.before = refuse_jira
    staying = policy_apply.apply_reversal(t.cast(t.Any, okta), moves)
    assert staying == [StayingApp(App("jira", "Jira"), "Okta refused it")]
    assert [app for _assign, app, _policy in okta.writes] == ["slack", "jira", "pay"]


@pytest.mark.parametrize("error", [Unauthorized, RateLimited, Unreachable, Unreadable])
def test_a_reversal_ends_at_what_the_other_apps_would_meet_too(
    okta: FakeOkta, error: type[DeviceTrustError]
) -> None:
    moves = moves_of(okta, "Slack", "Jira", "Pay", "Mail")

    def fail(call: str) -> None:
        app = okta.writes[-1][1] if okta.writes else ""
        if call == "assigned" and app == "jira":
            raise Forbidden("Okta refused it.", status=403)
        if call == "assigned" and app == "pay":
            raise error("Okta has no answer.")

    okta.before = fail
    with pytest.raises(error) as raised:
        policy_apply.apply_reversal(t.cast(t.Any, okta), moves)
    assert (
        "This was the move of app 'Pay'. Moved before it: 'Slack'. Not moved: 'Mail', 'Jira'."
    ) in raised.value.message
    assert [app for _assign, app, _policy in okta.writes] == ["slack", "jira", "pay"]


def test_a_reversal_that_moves_no_app_fails_with_the_reason_of_each(okta: FakeOkta) -> None:
    moves = moves_of(okta, "Slack", "Jira")
    refuse_after(okta, 0)
    with pytest.raises(ApiError) as raised:
        policy_apply.apply_reversal(t.cast(t.Any, okta), moves)
    assert raised.value.message == (
        "'Slack', 'Jira': Okta refused it. No app moved. Correct the cause. Run again after that."
    )
    assert raised.value.status == 400


@pytest.mark.parametrize("is_carried_out", [True, False])
def test_whether_an_app_moved_is_read_where_the_answer_was_lost(
    okta: FakeOkta, is_carried_out: bool
) -> None:
    moves = moves_of(okta, "Slack", "Jira")

    def lose(call: str) -> None:
        if call == "assigned" and okta.writes[-1][1] == "slack":
            if not is_carried_out:
                okta.apps["rst2"].clear()
            raise Uncertain("Whether it was carried out is unknown.")

    okta.before = lose
    staying = policy_apply.apply_reversal(t.cast(t.Any, okta), moves)
    assert [each.app.label for each in staying] == ([] if is_carried_out else ["Slack"])


def test_an_app_that_got_another_policy_meanwhile_is_left(okta: FakeOkta) -> None:
    moves = moves_of(okta, "Slack", "Jira")
    okta.apps["rst1"].remove("slack")
    staying = policy_apply.apply_reversal(t.cast(t.Any, okta), moves)
    assert staying == [StayingApp(App("slack", "Slack"), "it has another policy by now")]


def test_the_failure_of_a_single_move_is_that_of_okta(okta: FakeOkta) -> None:
    moves = moves_of(okta, "Jira")
    refuse_after(okta, 0)
    with pytest.raises(ApiError, match="^Okta refused it.$"):
        policy_apply.apply_moves(t.cast(t.Any, okta), moves)


@pytest.mark.parametrize(
    ("count", "use"),
    [
        (1, "1 app uses it ('Slack')"),
        (2, "2 apps use it ('Slack', 'a1')"),
        (6, "6 apps use it ('Slack', 'a1', 'a2', 'a3', 'a4' and 1 more)"),
    ],
)
def test_a_policy_that_apps_use_is_not_deleted(okta: FakeOkta, count: int, use: str) -> None:
    """Apps are named by their labels, as far as Okta lists them."""
    used = okta.add("rst2", name="Managed", apps=[f"a{number}" for number in range(count)])
    org = SimpleNamespace(policy_apps=okta.policy_apps, apps=lambda: [App("a0", "Slack")])
    with pytest.raises(Refused) as raised:
        policy_apply.check_deletable(t.cast(t.Any, org), used)
    assert raised.value.message == (
        f"Policy 'Managed': {use}, so it is not deleted. Assign another policy first."
    )


def test_a_policy_of_oktas_own_is_not_deleted(okta: FakeOkta) -> None:
    own = replace(okta.add("rst1"), system=True)
    with pytest.raises(Refused, match="it is Okta's own"):
        policy_apply.check_deletable(t.cast(t.Any, okta), own)


def test_a_policy_without_apps_may_be_deleted(okta: FakeOkta) -> None:
    policy_apply.check_deletable(t.cast(t.Any, okta), okta.add("rst2"))


# Writing a rule

ALLOW = {"access": "ALLOW", "verificationMethod": {"type": "ASSURANCE", "factorMode": "2FA"}}
ALLOW_BODY = {"name": "x", "actions": {"appSignOn": ALLOW}}
DENY_BODY = {"name": "x", "actions": {"appSignOn": {"access": "DENY"}}}
LOW_RISK = {"riskScore": {"level": "LOW"}}
LAST = rule_row("Catch-all Rule", 99, system=True, actions={"appSignOn": ALLOW})


def write_rule(okta: FakeOkta, body: t.Any, *names: str, **wanted: t.Any) -> list[str]:
    """Plan and write rule "x" of a policy with these rules; return its rules in order."""
    rows = [rule_row(name, number) for number, name in enumerate(names)]
    company = okta.add("rst1", *rows, {**LAST}, name="Apps")
    request = rule_plan.RuleRequest("x", body, **wanted)
    plan = rule_plan.plan_rule(okta.policy_rules("rst1"), request, "Apps")
    okta.writes.clear()
    return [rule.name for rule in policy_apply.apply_rule(t.cast(t.Any, okta), company, plan)]


def test_a_new_rule_is_created_at_its_place(okta: FakeOkta) -> None:
    order = write_rule(okta, ALLOW_BODY, "a", "b", place=Place(before="b"))
    assert order == ["a", "x", "b", "Catch-all Rule"]
    assert okta.writes == [("create rule", "rst1", "x", True)]
    assert okta.slept == []


def test_a_new_rule_may_be_inactive(okta: FakeOkta) -> None:
    write_rule(okta, ALLOW_BODY, status="INACTIVE")
    assert okta.writes == [("create rule", "rst1", "x", False)]


def test_a_rule_is_replaced_with_what_is_wanted(okta: FakeOkta) -> None:
    write_rule(okta, ALLOW_BODY, "a", "x")
    ((kind, policy_id, rule_id, body),) = okta.writes
    assert (kind, policy_id, rule_id) == ("replace rule", "rst1", "rul-x")
    assert body["actions"]["appSignOn"] == ALLOW and body["priority"] == 1


def test_a_rule_that_another_client_changes_meanwhile_keeps_that_change(okta: FakeOkta) -> None:
    def meanwhile(call: str) -> None:
        if call == "rule":
            okta.rules["rst1"][1].update(conditions={"riskScore": {"level": "LOW"}}, priority=7)

    okta.before = meanwhile
    write_rule(okta, ALLOW_BODY, "a", "x")
    (_kind, _policy, _rule, body) = okta.writes[0]
    assert body["conditions"] == {"riskScore": {"level": "LOW"}} and body["priority"] == 7


def test_a_rule_that_another_client_deletes_meanwhile_is_an_error(okta: FakeOkta) -> None:
    def meanwhile(call: str) -> None:
        if call == "rule":
            del okta.rules["rst1"][0]

    okta.before = meanwhile
    with pytest.raises(NotFound) as raised:
        write_rule(okta, ALLOW_BODY, "x")
    assert raised.value.message == "Rule 'x' was deleted in Okta during this run. Run again."
    assert raised.value.details == {"vendor": "okta"} and okta.writes == []


@pytest.mark.parametrize(("status", "active"), [("INACTIVE", False), ("ACTIVE", True)])
def test_a_status_has_an_operation_of_its_own(okta: FakeOkta, status: str, active: bool) -> None:
    company = okta.add("rst1", rule_row("x", status="INACTIVE" if active else "ACTIVE"))
    request = rule_plan.RuleRequest("x", {"name": "x"}, status=status)
    plan = rule_plan.plan_rule(okta.policy_rules("rst1"), request, "Apps")
    (written,) = policy_apply.apply_rule(t.cast(t.Any, okta), company, plan)
    assert okta.writes == [("set status", "rst1", "rul-x", active)] and written.status == status


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        ("ACTIVE", ["replace rule", "set status"]),
        ("INACTIVE", ["set status", "replace rule"]),
    ],
)
def test_a_rule_has_its_new_content_only_while_it_should(
    okta: FakeOkta, status: str, kinds: list[str]
) -> None:
    """New content is written while the rule is inactive, so that nothing in between is in force."""
    company = okta.add(
        "rst1", rule_row("x", status="ACTIVE" if status == "INACTIVE" else "INACTIVE")
    )
    request = rule_plan.RuleRequest("x", ALLOW_BODY, status=status)
    plan = rule_plan.plan_rule(okta.policy_rules("rst1"), request, "Apps")
    policy_apply.apply_rule(t.cast(t.Any, okta), company, plan)
    assert [write[0] for write in okta.writes] == kinds


def test_a_deletion_that_okta_does_not_carry_out_is_an_error(
    okta: FakeOkta, monkeypatch: t.Any
) -> None:
    monkeypatch.setattr(okta, "delete_rule", lambda _policy, _rule: None)
    with pytest.raises(NotAsWritten, match="^Rule 'x' of policy 'Apps': Okta lists it after"):
        write_rule(okta, {}, "a", "x", absent=True)


def test_a_rule_is_deleted_by_its_id(okta: FakeOkta) -> None:
    assert write_rule(okta, {}, "a", "x", absent=True) == ["a", "Catch-all Rule"]
    assert okta.writes == [("delete rule", "rst1", "rul-x")]


def test_a_moved_rule_has_the_priority_of_its_place(okta: FakeOkta) -> None:
    assert write_rule(okta, DENY_BODY, "a", "b", "x", place=Place("first"))[0] == "x"
    ((_kind, _policy, _rule, body),) = okta.writes
    assert body["priority"] == 0


# Other clients that write to the same policy


def test_a_rule_that_another_client_moves_is_moved_back(okta: FakeOkta) -> None:
    """Another client moves it behind the others, right after its first write."""

    def meanwhile(call: str) -> None:
        if call == "rules" and len(okta.writes) == 1:
            okta.move("rst1", "x", 2, conditions=LOW_RISK)

    okta.before = meanwhile
    order = write_rule(okta, DENY_BODY, "a", "b", "x", place=Place(before="b"))
    assert order == ["a", "x", "b", "Catch-all Rule"]
    assert [write[0] for write in okta.writes] == ["replace rule", "replace rule"]
    (_kind, policy_id, rule_id, body) = okta.writes[1]
    assert (policy_id, rule_id, body["priority"]) == ("rst1", "rul-x", 1)
    assert body["actions"] == DENY_BODY["actions"]
    assert body["conditions"] == LOW_RISK, "what the other client wrote is kept"


def test_a_rule_is_moved_back_behind_its_neighbor(okta: FakeOkta) -> None:
    def meanwhile(call: str) -> None:
        if call == "rules" and len(okta.writes) == 1:
            okta.move("rst1", "x", 0)

    okta.before = meanwhile
    order = write_rule(okta, DENY_BODY, "x", "a", "b", "c", place=Place(after="b"))
    assert order == ["a", "b", "x", "c", "Catch-all Rule"]
    assert [write[0] for write in okta.writes] == ["replace rule", "replace rule"]


def test_a_second_rule_of_the_same_name_is_refused(okta: FakeOkta) -> None:
    def meanwhile(call: str) -> None:
        if call == "rules" and len(okta.writes) == 1:
            okta.rules["rst1"] += [rule_row("y", -2), rule_row("x", -1)]

    okta.before = meanwhile
    with pytest.raises(BadOption, match="policy 'Apps' has 2 rules named 'x'"):
        write_rule(okta, DENY_BODY, "a", "b", "x", place=Place("first"))


def test_a_rule_that_does_not_stay_at_its_place_is_an_error(okta: FakeOkta) -> None:
    def meanwhile(call: str) -> None:
        for row in okta.rules["rst1"]:
            if call == "rules" and okta.writes and row["name"] == "x":
                row["priority"] = 50

    okta.before = meanwhile
    with pytest.raises(NotAsWritten) as raised:
        write_rule(okta, DENY_BODY, "a", "x", place=Place("first"))
    assert raised.value.message == (
        "Rule 'x' of policy 'Apps' does not stay at its place: another client moves rules too. Run"
        " again."
    )
    assert raised.value.details == {"keys": ["priority"]}
    assert len(okta.writes) == 1 + policy_apply.MAX_ATTEMPTS


def test_a_written_rule_that_is_gone_is_an_error(okta: FakeOkta) -> None:
    def meanwhile(call: str) -> None:
        if call == "rules" and okta.writes:
            okta.rules["rst1"] = [row for row in okta.rules["rst1"] if row["name"] != "x"]

    okta.before = meanwhile
    with pytest.raises(NotAsWritten, match="'x' was written to policy 'Apps', which does not have"):
        write_rule(okta, ALLOW_BODY, "a", "x", place=Place("first"))


@pytest.mark.parametrize("status", [409, 500])
def test_a_creation_that_a_busy_policy_refuses_is_tried_again(okta: FakeOkta, status: int) -> None:
    """Okta answers 409 or 500 while another client writes."""

    def meanwhile(call: str) -> None:
        if call == "create rule" and len(okta.writes) < 3:
            raise ApiError("Okta: conflict.", status=status)

    okta.before = meanwhile
    assert write_rule(okta, ALLOW_BODY, "a") == ["a", "x", "Catch-all Rule"]
    assert okta.writes == [("create rule", "rst1", "x", True)] * 3
    assert okta.slept == [0.5, 1.0]


def test_a_creation_that_failed_and_was_done_is_not_repeated(okta: FakeOkta) -> None:
    def meanwhile(call: str) -> None:
        if call == "create rule":
            okta.rules["rst1"].insert(0, rule_row("x", actions=ALLOW_BODY["actions"]))
            raise ApiError("Okta: error.", status=500)

    okta.before = meanwhile
    write_rule(okta, ALLOW_BODY)
    assert len(okta.writes) == 1


@pytest.mark.parametrize(("status", "attempts"), [(409, 3), (400, 1)])
def test_a_creation_that_keeps_failing_is_an_error(
    okta: FakeOkta, status: int, attempts: int
) -> None:
    def meanwhile(call: str) -> None:
        if call == "create rule":
            raise ApiError("Okta: no.", status=status)

    okta.before = meanwhile
    with pytest.raises(ApiError, match="Okta: no."):
        write_rule(okta, ALLOW_BODY)
    assert len(okta.writes) == attempts and len(okta.slept) == attempts - 1


# What was planned is read again

EARLIER, LATER = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"


def test_a_policy_that_was_edited_since_the_plan_is_refused(okta: FakeOkta) -> None:
    planned = okta.add("rst2", name="Managed", description="Ours.")
    okta.rows["rst2"]["description"] = "Ours. Ask Ann before you change it."
    with pytest.raises(Refused) as raised:
        recheck.reread_policies(t.cast(t.Any, okta), "Managed", planned)
    assert raised.value.message == (
        "Policy 'Managed': it was changed in Okta after this run read it. This run wrote nothing"
        " more. Run again to plan with what Okta holds now."
    )
    assert raised.value.details["reason"] == (
        "Policy 'Managed': it was changed in Okta after this run read it"
    )


@pytest.mark.parametrize(
    ("planned", "fact"),
    [(None, "it was created"), (Policy("rst3", "Managed"), "it was deleted")],
)
def test_a_policy_that_came_or_went_since_the_plan_is_refused(
    okta: FakeOkta, planned: Policy | None, fact: str
) -> None:
    okta.add("rst2", name="Managed")
    with pytest.raises(Refused, match=f"^Policy 'Managed': {fact} in Okta after"):
        recheck.reread_policies(t.cast(t.Any, okta), "Managed", planned)


def test_only_what_the_vendor_counts_by_itself_may_differ_in_rules(okta: FakeOkta) -> None:
    company = okta.add("rst1", rule_row("a", 0, lastUpdated=EARLIER), {**LAST}, name="Apps")
    planned = okta.policy_rules("rst1")
    okta.rules["rst1"][0]["lastUpdated"] = LATER
    recheck.check_rules(t.cast(t.Any, okta), company, planned)
    okta.rules["rst1"][0]["status"] = "INACTIVE"
    with pytest.raises(Refused, match="Policy 'Apps': it got other rules in Okta"):
        recheck.check_rules(t.cast(t.Any, okta), company, planned)


def test_the_rules_of_each_policy_that_the_plan_read_are_read_again(okta: FakeOkta) -> None:
    company = okta.add("rst1", rule_row("a", 0), {**LAST}, name="Apps")
    other = okta.add("rst2", rule_row("b", 0), {**LAST}, name="Other")
    planned = {"rst1": okta.policy_rules("rst1")}
    okta.rules["rst2"][0]["status"] = "INACTIVE"
    recheck.check_all_rules(t.cast(t.Any, okta), [other, company], planned)
    okta.rules["rst1"][0]["status"] = "INACTIVE"
    with pytest.raises(Refused, match="Policy 'Apps': it got other rules in Okta"):
        recheck.check_all_rules(t.cast(t.Any, okta), [other, company], planned)


def test_a_policy_and_its_rules_as_planned_are_written_to(okta: FakeOkta) -> None:
    """Okta may list the rules in any order: their priorities count."""
    okta.add("rst1", rule_row("a", 0), rule_row("b", 1), {**LAST}, name="Apps")
    planned = okta.policy_rules("rst1")
    okta.rules["rst1"].reverse()
    company = Policy.from_row(okta.rows["rst1"])
    known = okta.access_policies()
    assert recheck.reread_policies(t.cast(t.Any, okta), "Apps", company) == known
    assert recheck.reread_policies(t.cast(t.Any, okta), "New", None) == known
    recheck.check_rules(t.cast(t.Any, okta), company, planned)


@pytest.mark.parametrize("planned", [[], ["app1", "app2"], ["app2"]])
def test_a_policy_whose_apps_changed_since_the_plan_is_refused(
    okta: FakeOkta, planned: list[str]
) -> None:
    company = okta.add("rst1", name="Apps", apps=["app1"])
    recheck.check_apps(t.cast(t.Any, okta), company, ["app1"])
    with pytest.raises(Refused, match="Policy 'Apps': it got or lost an app in Okta after"):
        recheck.check_apps(t.cast(t.Any, okta), company, planned)


def test_an_app_that_an_administrator_moved_elsewhere_stays_there(okta: FakeOkta) -> None:
    okta.add("rst1", name="Strict")
    managed = okta.add("rst2", name="Managed")
    with pytest.raises(Refused, match="App 'Slack': it got another policy in Okta") as raised:
        policy_apply.move_app(t.cast(t.Any, okta), App("app1", "Slack"), managed, "rst1")
    assert raised.value.details["reason"] == "it has another policy by now"
    assert okta.writes == []


@pytest.mark.parametrize(
    ("other", "twin"),
    [
        ({"id": "rst7", "created": EARLIER}, "rst7"),
        ({"id": "rst7", "created": LATER}, None),
        ({"id": "rst0"}, "rst0"),  # a policy without a time may be the older one
        ({"id": "rst1", "created": LATER}, "rst1"),  # of one time, the smaller id
        ({"id": "rst7", "name": "Other", "created": EARLIER}, None),
    ],
)
@pytest.mark.parametrize("listed", [True, False])
def test_an_older_policy_of_the_name_is_the_one_that_stays(
    other: dict[str, str], twin: str | None, listed: bool
) -> None:
    """The answer to a clone has no time of creation: that of the list counts if it has one."""
    policies = [Policy.from_row({"name": "Managed", **other})]
    answer = Policy("rst2", "Managed", created=None if listed else LATER)
    if listed:
        policies.append(Policy("rst2", "Managed", created=LATER))
        policies.append(replace(policies[-1], id="rst3"))
    found = recheck.find_older_twin(answer, policies)
    assert (found and found.id) == twin


def test_a_policy_whose_creation_has_no_time_at_all_yields_to_each_other_one() -> None:
    other = Policy("rst7", "Managed", created=LATER)
    assert recheck.find_older_twin(Policy("rst2", "Managed"), [other]) == other


@pytest.mark.parametrize(("created", "stays"), [(EARLIER, False), (LATER, True)])
def test_of_two_clones_of_one_name_the_older_stays(
    okta: FakeOkta, created: str, stays: bool
) -> None:
    strict = okta.add("rst1", name="Strict")

    def another_run(call: str) -> None:
        if call == "replace policy":
            okta.rows["copy"]["created"] = "2026-01-15T00:00:00.000Z"
            okta.rows["rst7"] = {"id": "rst7", "name": "Managed", "created": created}

    okta.before = another_run
    if stays:
        assert apply(okta, "Managed", None, None, strict).id == "copy"
        return
    with pytest.raises(Refused, match=r"another run created it at the same time \(rst7\)"):
        apply(okta, "Managed", None, None, strict)
    assert okta.writes[-1] == ("delete policy", "copy") and "rst7" in okta.rows


def test_a_clone_whose_name_is_taken_is_deleted(okta: FakeOkta) -> None:
    strict = okta.add("rst1", name="Strict")

    def refuse(policy_id: str, body: t.Any) -> Policy:
        okta.add("rst7", name=body["name"], created=LATER)
        raise ApiError("Okta refused replacePolicy with 400.", status=400)

    okta.replace_policy = refuse  # type: ignore[method-assign]  # names are unique
    with pytest.raises(Refused, match=r"another run created it at the same time \(rst7\)"):
        apply(okta, "Managed", None, None, strict)
    assert okta.writes == [("clone policy", "rst1"), ("delete policy", "copy")]


# A clone whose name could not be written: Okta names it, so that no next run could know it.


def refuse_name(okta: FakeOkta, error: DeviceTrustError, written: dict[str, t.Any]) -> None:
    def fail(policy_id: str, body: t.Any) -> Policy:
        okta.rows[policy_id].update({key: body[key] for key in written if key in body})
        raise error

    okta.replace_policy = fail  # type: ignore[method-assign]  # as Okta or a gateway does


@pytest.mark.parametrize(
    "error",
    [
        ApiError("Okta refused replacePolicy with 413: Too large.", status=413),
        NotAsWritten("Okta shows another name."),
        RateLimited("Okta limits."),
        Uncertain("The answer was lost."),
        Unreachable("The connection broke."),
        Unreadable("A page of a gateway."),
    ],
)
@pytest.mark.parametrize("written", [[], ["name"], ["description"]])
def test_a_clone_that_does_not_get_its_name_and_mark_is_deleted(
    okta: FakeOkta, error: DeviceTrustError, written: list[str]
) -> None:
    strict = okta.add("rst1", name="Strict")
    refuse_name(okta, error, dict.fromkeys(written))
    with pytest.raises(type(error)) as raised:
        apply(okta, "Managed", None, None, strict)
    assert raised.value is error
    assert okta.writes == [("clone policy", "rst1"), ("delete policy", "copy")]


def test_a_clone_that_has_its_name_stays_where_the_answer_was_lost(okta: FakeOkta) -> None:
    strict = okta.add("rst1", name="Strict")
    refuse_name(okta, Uncertain("The answer was lost."), dict.fromkeys(["name", "description"]))
    with pytest.raises(Uncertain, match=r"^The answer was lost\.$"):
        apply(okta, "Managed", None, None, strict)
    assert okta.writes == [("clone policy", "rst1")]


def test_a_clone_that_okta_does_not_list_is_named(okta: FakeOkta) -> None:
    """Its list may lag, so that a missing clone is not known to be gone."""
    strict = okta.add("rst1", name="Strict")

    def fail(policy_id: str, _body: t.Any) -> Policy:
        okta.rows.pop(policy_id)
        raise ApiError("Okta refused it.", status=413)

    okta.replace_policy = fail  # type: ignore[method-assign]  # while the list lags
    with pytest.raises(ApiError) as raised:
        apply(okta, "Managed", None, None, strict)
    assert raised.value.message == (
        "Okta refused it. Okta does not list the clone 'A copy' (copy). Delete it if it appears."
    )
    assert okta.writes == [("clone policy", "rst1")]


def test_a_clone_that_got_an_app_meanwhile_is_named_and_stays(okta: FakeOkta) -> None:
    strict = okta.add("rst1", name="Strict")

    def fail(_policy_id: str, _body: t.Any) -> Policy:
        okta.apps = lambda: [App("0oa1", "Slack")]  # type: ignore[assignment]  # as the client does
        raise ApiError("Okta refused it.", status=413, reason="large")

    okta.replace_policy = fail  # type: ignore[method-assign]  # and an administrator is quick
    okta.policy_apps = lambda _policy_id: ["0oa1"]  # type: ignore[method-assign]  # of the clone
    with pytest.raises(ApiError) as raised:
        apply(okta, "Managed", None, None, strict)
    assert raised.value.message == (
        "Okta refused it. The clone 'A copy' (copy) was not deleted: Policy 'A copy': 1 app uses it"
        " ('Slack'), so it is not deleted. Assign another policy first. Delete it in the Admin"
        " Console."
    )
    assert raised.value.details == {"status": 413, "reason": "large"}
    assert okta.writes == [("clone policy", "rst1")]


def test_a_clone_that_okta_did_not_answer_with_is_not_deleted(okta: FakeOkta) -> None:
    """It is the only new one, and may be that of an administrator."""
    strict = okta.add("rst1", name="Strict")

    def lose_answer(_policy_id: str, _known: t.Collection[str]) -> Policy:
        okta.add("copy", name="[cloned] Strict")
        raise Uncertain("The answer was lost.")

    okta.clone_policy = lose_answer  # type: ignore[method-assign]  # as a gateway does
    refuse_name(okta, ApiError("Okta refused it.", status=413), {})
    with pytest.raises(ApiError) as raised:
        apply(okta, "Managed", None, None, strict)
    assert raised.value.message == "Okta refused it. The clone '[cloned] Strict' (copy) stays."
    assert okta.writes == []


def test_a_run_that_ended_deletes_no_clone(okta: FakeOkta) -> None:
    strict = okta.add("rst1", name="Strict")
    refuse_name(okta, RunEnded("The run ended."), {})
    with pytest.raises(RunEnded):
        apply(okta, "Managed", None, None, strict)
    assert okta.writes == [("clone policy", "rst1")]
