# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that options name, and those that Okta does not list."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.lookups import (
    apps_of_policy,
    resolve_apps,
    resolve_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Authenticator,
    PolicyRule,
)


def test_an_app_that_okta_does_not_list_is_one_of_its_policy_all_the_same() -> None:
    """A token whose role covers a few apps lists only those, and the policy has others too."""
    slack = App("0oa1", "Slack", "slack", "rst1")
    okta: t.Any = SimpleNamespace(apps=lambda: [slack, App("0oa2", "Other", "other", "rst2")])
    apps = apps_of_policy(okta, ["0oa9", "0oa1"], "rst1")
    assert apps == [App("0oa9", "0oa9", None, "rst1"), slack]
    assert [app.is_listed for app in apps] == [False, True]


def test_without_an_app_nothing_is_read() -> None:
    assert apps_of_policy(t.cast(t.Any, None), [], "rst1") == []


FAST_PASS = {"key": "okta_verify", "method": "signed_nonce"}
SPLIT = {"key": "okta_verify_push"}


def asking_for(entry: dict[str, str], name: str = "Staff") -> PolicyRule:
    constraints = [{"possession": {"authenticationMethods": [entry]}}]
    sign_on = {"access": "ALLOW", "verificationMethod": {"constraints": constraints}}
    return PolicyRule.from_row({"name": name, "actions": {"appSignOn": sign_on}})


@pytest.mark.parametrize(
    "rules, authenticator, expected",
    [
        ([FAST_PASS], None, "okta_verify"),
        ([SPLIT], None, "okta_verify_fastpass"),
        ([FAST_PASS, SPLIT], "okta_verify", "okta_verify"),
        ([FAST_PASS, SPLIT], "okta_verify_push", "okta_verify_fastpass"),
        ([], "okta_verify", "okta_verify"),
    ],
)
def test_the_authenticators_decide_where_rules_have_no_spelling_or_both(
    rules: list[dict[str, str]], authenticator: str | None, expected: str
) -> None:
    def authenticators() -> list[Authenticator]:
        assert authenticator, "not read where the rules agree"
        return [Authenticator("aut1", key=authenticator)]

    okta: t.Any = SimpleNamespace(authenticators=authenticators)
    constraints = [{"possession": {"authenticationMethods": [FAST_PASS]}}]
    options = {"name": "New", "state": "present", "access": "ALLOW", "constraints": constraints}
    request = resolve_rule(okta, options, None, [asking_for(each) for each in rules])
    assert f"'{expected}'" in str(request.body) and request.name == "New"


def test_apps_are_found_by_id_or_exact_label_each_once() -> None:
    apps = [App("a1", "Slack"), App("a2", "Jira"), App("a3", "Jira")]
    found = resolve_apps(apps, ["a3", "Slack", "a1"])
    assert [each.id for each in found] == ["a3", "a1"]
    with pytest.raises(
        BadOption, match=r"apps: Okta has 2 apps named 'Jira' \(a2, a3\)\. Give the id of one\."
    ):
        resolve_apps(apps, ["Jira"])
