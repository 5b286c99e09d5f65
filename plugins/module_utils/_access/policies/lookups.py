# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies, apps, groups, users and rules that options name."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..._core.errors import BadOption
from ..._core.json_fields import Json
from ..._core.lookup import Catalog
from ..._core.options import LISTED_RULE, RULE_PLACES, Params
from ..._http.urls import batches
from ..._okta.authenticators.okta_verify_spellings import (
    METHODS,
    OKTA_VERIFY,
    is_split,
    spell_rule,
    spelling_of,
    whole_expressions,
)
from ..._okta.client import Okta, any_equals, quote_filter
from ..._okta.records import App, Group, Policy
from ..rules.options import build_rule
from ..rules.plan import RuleRequest
from ..rules.rule_order import Place, Rules


def _build_catalog(policies: t.Sequence[Policy]) -> Catalog[Policy]:
    return Catalog(
        "app sign-in policy",
        "Okta",
        policies,
        lambda policy: policy.id,
        lambda policy: policy.name,
    )


def find_policy(policies: t.Sequence[Policy], wanted: str, option: str = "policy") -> Policy | None:
    """Return the policy of this id, else of this name, or None.

    Raises BadOption if several have the name.
    """
    return _build_catalog(policies).find_one(wanted, option)


def require_policy(policies: t.Sequence[Policy], wanted: str, option: str = "policy") -> Policy:
    """Return the policy of this id, else of this name. Raises BadOption."""
    return _build_catalog(policies).resolve_one(wanted, option)


def find_policy_of_rules(okta: Okta, options: Params, check_mode: bool) -> tuple[Policy, str]:
    """Return the policy whose rules are written, and the id of the policy whose rules it has.

    A clone that check mode does not create has the rules of its original. Raises BadOption.
    """
    known = okta.access_policies()
    is_new = find_policy(known, options["policy"]) is None
    if check_mode and options["clone_of"] and is_new:
        original = require_policy(known, options["clone_of"], "clone_of")
        return Policy("", options["policy"]), original.id
    policy = require_policy(known, options["policy"])
    return policy, policy.id


def resolve_apps(apps: t.Sequence[App], wanted: t.Sequence[str]) -> list[App]:
    """Return apps by ids or exact labels, in the order given, each once. Raises BadOption."""
    catalog: Catalog[App] = Catalog(
        "app", "Okta", apps, lambda app: app.id, lambda app: str(app.label)
    )
    return catalog.resolve_many(wanted, "apps")


def list_apps_of(okta: Okta, app_ids: t.Collection[str], policy_id: str) -> list[App]:
    """Return the apps of a policy by their ids.

    An app that Okta does not list, as for a token of few apps, is one of which only the id is
    known: its sign-ins count all the same.
    """
    if not app_ids:
        return []
    known = {app.id: app for app in okta.apps()}
    return [known.get(each, App(each, each, policy_id=policy_id)) for each in app_ids]


def find_groups(okta: Okta, wanted: t.Sequence[str], option: str) -> list[Group]:
    """Return groups by ids or exact names, found by one search, one for each wanted.

    Raises BadOption.
    """
    catalog = _search_groups(okta, wanted)
    return [catalog.resolve_one(name, option) for name in wanted]


def read_groups_by_id(okta: Okta, ids: t.Collection[str]) -> dict[str, Group]:
    """Return the groups with these ids that Okta shows, by id; a search for each 40."""
    searches = (any_equals("id", batch) for batch in batches(sorted(ids)))
    return {group.id: group for search in searches for group in okta.groups(search)}


def _search_groups(okta: Okta, wanted: t.Sequence[str]) -> Catalog[Group]:
    """Return the groups with these ids or names, found by one search."""
    search = " or ".join(
        f"id eq {quote_filter(name)} or profile.name eq {quote_filter(name)}" for name in wanted
    )
    return Catalog(
        "group",
        "Okta",
        okta.groups(search) if wanted else [],
        lambda group: group.id,
        lambda group: str(group.name),
        complete=False,
    )


def find_users(okta: Okta, wanted: t.Sequence[str], option: str) -> list[str]:
    """Return the ids of users by ids or logins. Raises BadOption."""
    ids = []
    for name in wanted:
        user = okta.user(name)
        if user is None:
            raise BadOption(
                f"{option}: Okta has no user with the id or login {name!r}. Write the whole login,"
                " and check upper and lower case."
            )
        ids.append(user.id)
    return ids


def validate_rules(rules: t.Sequence[Params], option: str = "rules") -> list[Params]:
    """Return the rules of an option with their defaults, as AnsibleModule checks them.

    Raises BadOption.
    """
    return [_validate_rule(f"{option}[{number}]", rule) for number, rule in enumerate(rules)]


def _validate_rule(place: str, options: Params) -> Params:
    validator = ArgumentSpecValidator(LISTED_RULE, mutually_exclusive=RULE_PLACES)
    result = validator.validate(dict(options))
    if result.error_messages:
        raise BadOption(f"{place}: {'; '.join(result.error_messages)}")
    return dict(result.validated_parameters)


def resolve_rule(
    okta: Okta, options: Params, break_glass_group: str | None, rules: Rules
) -> RuleRequest:
    """Return the options of a rule as a request, with the ids of its groups and users.

    Okta Verify is in the org's spelling: that of the policy's rules, or of its authenticators if
    the rules have none or both.
    An option ``state: absent`` wants the rule deleted. Raises BadOption.

    :arg break_glass_group: the value of this option, which a message names rather than a group of
        the rule, because the rule repeats it.
    :arg rules: those of the policy.
    """
    name, place = options["name"], read_place(options)
    if options["state"] == "absent":
        return RuleRequest(name, {"name": name}, place, options.get("status"), absent=True)
    body = build_rule({**options, **_resolve_members(okta, options, break_glass_group)})
    return RuleRequest(name, _spell_for_org(okta, body, rules), place, options.get("status"))


def resolve_rules(
    okta: Okta, wanted: t.Iterable[Params], break_glass_group: str | None, rules: Rules
) -> list[RuleRequest]:
    """Return each rule of an option as ``resolve_rule`` does."""
    return [resolve_rule(okta, options, break_glass_group, rules) for options in wanted]


def _spell_for_org(okta: Okta, body: Json, rules: Rules) -> Json:
    """Return a rule with Okta Verify as its policy has it, else as the org's authenticators do.

    Raises BadOption for a new expression that flexible Okta Verify refuses, and that this run
    cannot surely write in another way.
    """
    if spelling_of(body) is None and not whole_expressions(body):
        return body
    spellings = {spelling_of(rule.row) for rule in rules} - {None}
    if len(spellings) != 1:
        spellings = {is_split(each.key for each in okta.authenticators())}
    spelled = spell_rule(body, True in spellings)
    refused = whole_expressions(spelled) if True in spellings else set()
    if refused - set().union(*(whole_expressions(rule.row) for rule in rules)):
        raise BadOption(
            f"expression: it asks for the key {OKTA_VERIFY!r}, which Okta refuses in an org with"
            f" flexible Okta Verify. Name {', '.join(METHODS)} instead, each in a comparison of its"
            " own."
        )
    return spelled


def read_place(options: Params) -> Place:
    """Return the place that options ask for."""
    return Place(options.get("position"), options.get("before"), options.get("after"))


def _resolve_members(
    okta: Okta, options: Params, break_glass_group: str | None
) -> dict[str, list[str]]:
    """Return the ids of the groups and users in each option that names some; one search in all."""
    by_group: dict[str, list[str]] = {
        option: options[option]
        for option in ("groups", "groups_excluded")
        if options.get(option) is not None
    }
    named_by = {name: option for option, listed in by_group.items() for name in listed}
    if break_glass_group in named_by:
        named_by[break_glass_group] = "break_glass_group"
    catalog = _search_groups(okta, list(named_by))
    ids = {name: catalog.resolve_one(name, option).id for name, option in named_by.items()}
    members = {option: [ids[name] for name in listed] for option, listed in by_group.items()}
    for option in ("users", "users_excluded"):
        if options.get(option) is not None:
            members[option] = find_users(okta, options[option], option)
    return members
