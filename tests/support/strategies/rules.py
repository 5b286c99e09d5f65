# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of app sign-in policies as recorded, the options that ask for them, people and devices."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    Place,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import strategies as st

from tests.support.strategies.okta import GROUPS, LOGINS, USER_IDS
from tests.support.strategies.recorded import recorded_rows
from tests.support.strategies.values import Json, changed_rows, hostile

EMAIL: Json = {"key": "okta_email", "method": "email"}
SMS: Json = {"key": "phone_number", "method": "sms"}
FASTPASS: Json = {"key": "okta_verify", "method": "signed_nonce"}
OKTA_VERIFY: Json = {"key": "okta_verify"}
SPLIT: list[Json] = [
    {"key": "okta_verify_fastpass", "method": "signed_nonce"},
    {"key": "okta_verify_push", "method": "push"},
    {"key": "okta_verify_totp", "method": "totp"},
]
PASSWORD: Json = {"key": "okta_password", "method": "password"}
WEBAUTHN: Json = {"key": "webauthn", "method": "webauthn", "userVerification": "REQUIRED"}
LEVELS = st.sampled_from(("OPTIONAL", "REQUIRED"))
DURATIONS = ("PT0S", "PT2H", "PT120M", "PT12H", "PT43800H", "P1D")
PLATFORMS = ("MACOS", "WINDOWS", "CHROMEOS", "LINUX", "IOS", "ANDROID")
RULE_NAMES = ("one", "two", "three", "Managed Macs", "Catch-all Rule")

# Parts of rules, in the values that real orgs were recorded to show

knowledge = st.fixed_dictionaries(
    {"required": st.booleans(), "types": st.just(["password"])},
    optional={"reauthenticateIn": st.sampled_from(DURATIONS)},
)
possession = st.fixed_dictionaries(
    {"required": st.booleans()},
    optional={
        "excludedAuthenticationMethods": st.sampled_from(
            ([EMAIL], [EMAIL, SMS], [FASTPASS], SPLIT[1:])
        ),
        "authenticationMethods": st.sampled_from(
            (
                [{"key": "external_idp", "id": "aut9", "method": "idp"}],
                [FASTPASS],
                [OKTA_VERIFY],
                SPLIT,
                SPLIT[:1],
                [SMS],
            )
        ),
        "deviceBound": LEVELS,
        "hardwareProtection": LEVELS,
        "phishingResistant": LEVELS,
        "userPresence": LEVELS,
        "userVerification": LEVELS,
        "userVerificationMethods": st.sampled_from((["BIOMETRICS"], ["PIN"], ["biometrics"])),
    },
)
constraints: st.SearchStrategy[list[t.Any]] = st.one_of(
    st.just([{}]),
    st.lists(
        st.fixed_dictionaries({}, optional={"knowledge": knowledge, "possession": possession}),
        max_size=2,
    ),
)
chain = st.sampled_from(
    (
        {"authenticationMethods": [WEBAUTHN], "reauthenticateIn": "PT43800H"},
        {"authenticationMethods": [PASSWORD], "next": [{"authenticationMethods": [FASTPASS]}]},
        {"authenticationMethods": [PASSWORD], "next": [{"authenticationMethods": SPLIT}]},
        {"authenticationMethods": [OKTA_VERIFY]},
        {
            "authenticationMethods": [EMAIL],
            "next": [{"authenticationMethods": [PASSWORD], "reauthenticateIn": "PT2H"}],
        },
    )
)
verification = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("ASSURANCE"), "factorMode": st.sampled_from(("1FA", "2FA"))},
        optional={
            "reauthenticateIn": st.sampled_from(DURATIONS),
            "inactivityPeriod": st.just("PT1H"),
            "constraints": constraints,
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("AUTH_METHOD_CHAIN"), "chains": st.lists(chain, min_size=1, max_size=2)}
    ),
    st.just({"type": "NEW_KIND", "factorMode": "2FA"}),
)
platforms = st.sampled_from(
    (
        {"type": "DESKTOP", "os": {"type": "MACOS"}},
        {"type": "DESKTOP", "os": {"type": "ANY"}},
        {"type": "DESKTOP", "os": {"type": "LINUX"}},
        {"type": "DESKTOP", "os": {"type": "OTHER", "expression": ""}},
        {"type": "MOBILE", "os": {"type": "ANY"}},
        {"type": "ANY", "os": {"type": "ANY"}},
        {"type": "DESKTOP", "os": {"type": "MACOS", "version": {"value": "14.0"}}},
    )
)


# Parts of rules, in all that Okta's description permits: what the lab's sign-in is compared with

OTHER_METHODS: list[Json] = [
    OKTA_VERIFY,
    {"key": "okta_verify", "method": "push"},
    {"key": "okta_verify", "method": "totp"},
    {"key": "okta_password"},
    {"key": "phone_number"},
    {"key": "webauthn", "method": "webauthn"},
]
methods = st.lists(
    st.sampled_from((EMAIL, SMS, FASTPASS, PASSWORD, *SPLIT, *OTHER_METHODS)),
    min_size=1,
    max_size=3,
    unique_by=str,
)
UV_METHODS = st.sampled_from((["BIOMETRICS"], ["PIN"], ["BIOMETRICS", "PIN"]))
TYPES = ("password", "app", "email", "phone", "APP")
METHODS = ("PASSWORD", "PUSH", "SIGNED_NONCE", "SMS", "TOTP", "signed_nonce")
_lists = {
    "authenticationMethods": methods,
    "excludedAuthenticationMethods": methods,
    "types": st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True),
    "methods": st.lists(st.sampled_from(METHODS), min_size=1, max_size=2, unique=True),
}
_characteristics = {
    name: LEVELS
    for name in (
        "deviceBound",
        "hardwareProtection",
        "phishingResistant",
        "userPresence",
        "userVerification",
    )
}


@st.composite
def some_of(
    draw: st.DrawFn, fields: t.Mapping[str, st.SearchStrategy[t.Any]], most: int = 2
) -> Json:
    """Return an object with up to so many of the fields: with more, nothing would be certain."""
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=most, unique=True))
    return {name: draw(fields[name]) for name in names}


_required: dict[str, st.SearchStrategy[t.Any]] = {"required": st.booleans()}
described_constraint = some_of(
    {
        "knowledge": some_of({**_lists, **_required}),
        "possession": some_of(
            {**_lists, **_characteristics, **_required, "userVerificationMethods": UV_METHODS}
        ),
    }
)
_step = st.builds(
    lambda method, asked: {**method, **asked},
    st.sampled_from((EMAIL, SMS, FASTPASS, PASSWORD, *SPLIT, *OTHER_METHODS)),
    some_of({**_characteristics, "userVerificationMethods": UV_METHODS}),
)
_steps = st.lists(_step, min_size=1, max_size=3)
described_chain = st.recursive(
    st.fixed_dictionaries({"authenticationMethods": _steps}),
    lambda following: st.fixed_dictionaries(
        {"authenticationMethods": _steps, "next": st.lists(following, min_size=1, max_size=1)}
    ),
    max_leaves=3,
)
described_verification = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.just("ASSURANCE"),
            "factorMode": st.sampled_from(("1FA", "2FA")),
            "constraints": st.lists(described_constraint, max_size=2),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("AUTH_METHOD_CHAIN"),
            "chains": st.lists(described_chain, min_size=1, max_size=2),
        }
    ),
)
KINDS = ("ANY", "DESKTOP", "MOBILE", "OTHER")
SYSTEMS = ("ANY", *PLATFORMS, "OTHER")
described_platforms = st.fixed_dictionaries(
    {},
    optional={
        side: st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "type": st.sampled_from(KINDS),
                    "os": st.fixed_dictionaries({"type": st.sampled_from(SYSTEMS)}),
                },
            ),
            max_size=2,
        )
        for side in ("include", "exclude")
    },
)


def sides(members: t.Sequence[str]) -> st.SearchStrategy[t.Any]:
    """Return what a rule includes and excludes."""
    some = st.lists(st.sampled_from(members), max_size=2, unique=True)
    return st.fixed_dictionaries({}, optional={"include": some, "exclude": some})


conditions = st.fixed_dictionaries(
    {},
    optional={
        "device": st.sampled_from(
            (
                {"registered": True, "managed": True},
                {"assurance": {"include": ["dae1"]}},
                {"registered": True},
                {"registered": False},
                {"registered": True, "assurance": {"include": ["dae1"]}},
            )
        ),
        "people": st.fixed_dictionaries(
            {}, optional={"groups": sides(GROUPS), "users": sides(USER_IDS)}
        ),
        "platform": st.fixed_dictionaries(
            {},
            optional={
                "include": st.lists(platforms, max_size=2),
                "exclude": st.lists(platforms, max_size=1),
            },
        ),
        "network": st.sampled_from(
            ({"connection": "ANYWHERE"}, {"connection": "ZONE", "include": ["nzo1"]})
        ),
        "riskScore": st.sampled_from(({"level": "ANY"}, {"level": "LOW"}, {"level": "HIGH"})),
        "userType": st.sampled_from(({"include": [], "exclude": []}, {"include": ["oty1"]})),
        "elCondition": st.just({"condition": "user.profile.department == 'Engineering'"}),
        "newCondition": st.just({"a": 1}),
    },
)


def rule_row(name: str, priority: t.Any, access: str, method: t.Any, where: t.Any) -> Json:
    """Return a rule as listPolicyRules shows it."""
    sign_on: Json = {"access": access, "keepMeSignedIn": {"postAuth": "NOT_ALLOWED"}}
    if access != "DENY":
        sign_on["verificationMethod"] = method
    return {
        "id": f"rul-{name}",
        "status": "ACTIVE",
        "name": name,
        "priority": priority,
        "created": "2026-06-09T13:24:10.000Z",
        "lastUpdated": "2026-06-09T13:24:10.000Z",
        "system": False,
        "conditions": where,
        "actions": {"appSignOn": sign_on},
        "type": "ACCESS_POLICY",
        "_links": {"self": {"href": f"https://acme.okta.com/api/v1/policies/rst1/{name}"}},
    }


TWO_FACTORS: Json = {"factorMode": "2FA", "type": "ASSURANCE", "reauthenticateIn": "PT12H"}
CATCH_ALL: Json = {
    **rule_row("Catch-all Rule", 99, "ALLOW", TWO_FACTORS, None),
    "system": True,
}
RULE_ROWS: tuple[Json, ...] = (
    CATCH_ALL,
    rule_row(
        "one",
        0,
        "ALLOW",
        {
            **TWO_FACTORS,
            "constraints": [
                {
                    "knowledge": {"required": True, "types": ["password"]},
                    "possession": {
                        "required": False,
                        "excludedAuthenticationMethods": [EMAIL, SMS],
                        "userPresence": "REQUIRED",
                    },
                }
            ],
        },
        {
            "people": {
                "users": {"exclude": []},
                "groups": {"include": ["00g1"], "exclude": ["00gglass"]},
            },
            "network": {"connection": "ANYWHERE"},
            "platform": {
                "include": [{"type": "DESKTOP", "os": {"type": "OTHER", "expression": ""}}],
                "exclude": [],
            },
            "riskScore": {"level": "ANY"},
            "userType": {"include": [], "exclude": []},
            "device": {"registered": True, "managed": True, "assurance": {"include": ["dae1"]}},
            "elCondition": {"condition": "user.profile.department == 'Engineering'"},
        },
    ),
    rule_row(
        "two",
        1,
        "ALLOW",
        {
            "type": "AUTH_METHOD_CHAIN",
            "chains": [
                {"authenticationMethods": [WEBAUTHN], "reauthenticateIn": "PT43800H"},
                {
                    "authenticationMethods": [PASSWORD],
                    "next": [{"authenticationMethods": [WEBAUTHN, FASTPASS]}],
                },
            ],
        },
        {"people": {"users": {"exclude": []}}},
    ),
    rule_row("three", 2, "DENY", None, {"riskScore": {"level": "HIGH"}}),
    *recorded_rows("listPolicyRules", "createPolicyRule", "getPolicyRule", "replacePolicyRule"),
)


@st.composite
def rule_rows(draw: st.DrawFn, name: str, priority: t.Any) -> Json:
    """Return a rule of drawn parts; its status may be one that nobody documents."""
    access = draw(st.sampled_from(("ALLOW", "ALLOW", "DENY")))
    row = rule_row(name, priority, access, draw(verification), draw(conditions))
    row["status"] = draw(st.sampled_from(("ACTIVE", "ACTIVE", "INACTIVE", "DRAFT")))
    return row


@st.composite
def rules(draw: st.DrawFn, most: int = 3) -> list[PolicyRule]:
    """Return the rules of a policy in any order: their priorities may have gaps."""
    names = draw(st.lists(st.sampled_from(RULE_NAMES[:-1]), max_size=most, unique=True))
    numbers = st.lists(st.integers(0, 50), min_size=len(names), max_size=len(names), unique=True)
    priorities = draw(numbers)
    rows = [draw(rule_rows(name, number)) for name, number in zip(names, priorities, strict=True)]
    last = {**draw(rule_rows("Catch-all Rule", 99)), "system": True, "status": "ACTIVE"}
    rows.append({**last, "conditions": None})
    return [PolicyRule.from_row(row) for row in draw(st.permutations(rows))]


def hostile_rules() -> st.SearchStrategy[list[PolicyRule]]:
    """Return rules of rows in which single values are missing or of any type."""
    return st.lists(changed_rows(RULE_ROWS).map(PolicyRule.from_row), max_size=3)


# People and devices


@st.composite
def contexts(draw: st.DrawFn) -> DeviceContext:
    """Return a device that somebody signs in from."""
    state = draw(st.sampled_from(("unknown", "registered", "managed")))
    return DeviceContext(
        draw(st.sampled_from((*PLATFORMS, "OTHER", "macOS"))),
        state != "unknown",
        state == "managed",
        None if state == "unknown" else "guo1",
        secure_hardware=draw(st.sampled_from((True, False, None))),
        screen_lock=draw(st.sampled_from(("BIOMETRIC", "PASSCODE", "NONE", None))),
    )


described_conditions = some_of(
    {
        "device": some_of(
            {
                "registered": st.booleans(),
                "managed": st.booleans(),
                "assurance": st.sampled_from(({"include": ["dae1"]}, {"include": []})),
            },
        ),
        "people": st.fixed_dictionaries(
            {}, optional={"groups": sides(GROUPS), "users": sides(USER_IDS)}
        ),
        "platform": described_platforms,
        "network": st.sampled_from(
            ({"connection": "ANYWHERE"}, {"connection": "ZONE", "include": ["nzo1"]})
        ),
        "riskScore": st.sampled_from(({"level": "ANY"}, {"level": "LOW"})),
        "userType": sides(("oty1", "oty2")),
        "elCondition": st.just({"condition": "user.profile.department == 'Engineering'"}),
    },
)


class Account(t.NamedTuple):
    """The authenticators of a user of the lab: whether they have each."""

    password: bool
    email: bool
    phone: bool
    okta_verify: bool

    @property
    def authenticators(self) -> set[str]:
        """The keys of those that the user has."""
        keys = ("okta_password", "okta_email", "phone_number", "okta_verify")
        return {key for key, has in zip(keys, self, strict=True) if has}


accounts = st.builds(Account, st.booleans(), st.booleans(), st.booleans(), st.booleans())


@st.composite
def people(draw: st.DrawFn, user_id: str | None = None) -> Person:
    """Return a person with up to two devices."""
    chosen = user_id or draw(st.sampled_from(USER_IDS))
    groups = draw(st.lists(st.sampled_from(GROUPS), unique=True))
    return Person(
        chosen,
        frozenset(groups),
        draw(st.sampled_from(("oty1", "oty2", None))),
        login=LOGINS[chosen],
        devices=tuple(draw(st.lists(contexts(), max_size=2))),
    )


# Options


@st.composite
def places(draw: st.DrawFn) -> Place:
    """Return the place that options ask for."""
    kind = draw(st.sampled_from(("position", "before", "after", "")))
    if kind == "position":
        return Place(position=draw(st.sampled_from(("first", "last"))))
    neighbor = draw(st.sampled_from(RULE_NAMES))
    if kind == "before":
        return Place(before=neighbor)
    return Place(after=neighbor) if kind == "after" else Place()


rule_options = st.fixed_dictionaries(
    {"name": st.sampled_from(RULE_NAMES)},
    optional={
        "managed": st.booleans(),
        "registered": st.booleans(),
        "device_assurances": st.just(["dae1"]),
        "platforms": st.lists(st.sampled_from(PLATFORMS), min_size=1, max_size=2, unique=True),
        "groups": st.lists(st.sampled_from(GROUPS), max_size=2, unique=True),
        "groups_excluded": st.just(["00gglass"]),
        "users": st.just(["00uada"]),
        "user_types": st.just(["oty1"]),
        "risk_level": st.sampled_from(("ANY", "LOW", "HIGH")),
        "expression": st.just("user.profile.department == 'Engineering'"),
        "network_connection": st.sampled_from(("ANYWHERE", "ZONE")),
        "zones": st.just(["nzo1"]),
        "remove_conditions": st.lists(
            st.sampled_from(("device", "people", "network", "risk_level")), max_size=1
        ),
        "access": st.sampled_from(("ALLOW", "DENY")),
        "factor_mode": st.sampled_from(("1FA", "2FA")),
        "reauthenticate_in": st.sampled_from(DURATIONS),
        "inactivity_period": st.just("PT1H"),
        "constraints": constraints,
        "chains": st.lists(chain, min_size=1, max_size=2),
    },
)


@st.composite
def hostile_options(draw: st.DrawFn) -> Json:
    """Return options of a rule whose free-form values are of any type."""
    options: Json = dict(draw(rule_options))
    name = draw(st.sampled_from(("constraints", "chains", "reauthenticate_in")))
    if name == "reauthenticate_in":
        odd = ("", "P", "PT", "P" + "9" * 5000 + "D", "2 hours", "PT-2H", "x" * 10_000)
        options[name] = draw(st.sampled_from(odd))
        return options
    rows = [row["actions"]["appSignOn"].get("verificationMethod", {}) for row in RULE_ROWS]
    values = [row[name] for row in rows if row.get(name)]
    options[name] = draw(changed_rows(values, hostile))
    return options
