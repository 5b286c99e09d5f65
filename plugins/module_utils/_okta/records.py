# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's rows as frozen records: the only place that knows the names of their fields.

An absent field is None, "" for an id, and no record for an object. Values of enumerations stay
texts, because an org may use one that this collection does not know. Timestamps are Okta's texts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from .._core.json_fields import (
    Row,
    as_content,
    as_flag,
    as_id,
    as_name,
    as_number_or_id,
    as_object,
    as_objects,
    as_text,
    as_word,
)
from .._core.text import texts_in
from .._http.urls import split_url
from . import rule_schema
from .authenticators.okta_verify_spellings import (
    FAST_PASS,
    OKTA_VERIFY,
    SPLIT_KEYS,
    fold_key,
    fold_rule,
)

# Devices and their users

# Statuses of a device record that works: "UNSUSPENDED returns a suspended device to ACTIVE".
WORKING_STATUSES = ("ACTIVE", "UNSUSPENDED")
DEVICE_STATUSES = (*WORKING_STATUSES, "SUSPENDED", "DEACTIVATED")
MANAGEMENT_STATUSES = ("MANAGED", "NOT_MANAGED")


# Credential providers by Okta's description. Users of the first two have the password of the
# directory. Those of the next two have one in Okta if it shows it, as an object without the value.
# Users of the others, FEDERATION and SOCIAL, authenticate at another identity provider.
DIRECTORIES = ("ACTIVE_DIRECTORY", "LDAP")
OWN_PROVIDERS = ("OKTA", "IMPORT")


@dataclass(frozen=True, slots=True)
class OktaUser:
    """A user: listUsers, getUser, listGroupUsers, and the user of a device record.

    ``status`` is None in summaries. ``surely_has_password`` is whether Okta shows that it takes a
    password of the user.
    """

    id: str
    login: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    status: str | None = None
    type_id: str | None = None
    email: str | None = None
    surely_has_password: bool = False

    @classmethod
    def from_row(cls, row: Row) -> OktaUser:
        """Return the user of a row."""
        profile = as_object(row.get("profile"))
        return cls(
            id=as_id(row.get("id")),
            login=as_word(profile.get("login")),
            first_name=as_text(profile.get("firstName")),
            last_name=as_text(profile.get("lastName")),
            status=as_word(row.get("status")),
            type_id=as_word(as_object(row.get("type")).get("id")),
            email=as_word(profile.get("email")),
            surely_has_password=_shows_password(as_object(row.get("credentials"))),
        )

    @property
    def name(self) -> str:
        """The login, else the id."""
        return self.login or self.id


def _shows_password(credentials: Row) -> bool:
    provider = str(as_word(as_object(credentials.get("provider")).get("type"))).upper()
    has_own = isinstance(credentials.get("password"), dict)
    return provider in DIRECTORIES or (has_own and provider in OWN_PROVIDERS)


@dataclass(frozen=True, slots=True)
class DeviceUser:
    """A user of a device record, and what Okta says of the user on that device.

    listDeviceUsers returns it with ``user``, listDevices with expand=userSummary with ``summary``.
    """

    user: OktaUser
    management_status: str | None = None
    screen_lock_type: str | None = None
    created: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> DeviceUser:
        """Return the device user of a row, in either form."""
        return cls(
            user=OktaUser.from_row(as_object(row.get("user") or row.get("summary"))),
            management_status=as_word(row.get("managementStatus")),
            screen_lock_type=as_word(row.get("screenLockType")),
            created=as_text(row.get("created")),
        )

    @property
    def is_managed(self) -> bool:
        """Whether Okta treats the device as managed for this user."""
        return self.management_status == "MANAGED"

    @property
    def may_be_managed(self) -> bool:
        """Whether Okta does not say that the device is not managed for this user."""
        return self.management_status != "NOT_MANAGED"


@dataclass(frozen=True, slots=True)
class OktaDevice:
    """A device record. ``users`` is None where the answer does not hold them.

    ``platform`` is in upper case, as Okta documents it: rules are compared with it.

    ``row`` is Okta's own row, for results that show records under Okta's names.
    """

    id: str
    status: str | None = None
    created: str | None = None
    last_updated: str | None = None
    display_name: str | None = None
    platform: str | None = None
    serial_number: str = ""
    udid: str = ""
    registered: bool | None = None
    secure_hardware: bool | None = None
    users: tuple[DeviceUser, ...] | None = None
    row: Row = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_row(cls, row: Row) -> OktaDevice:
        """Return the device record of a row. The UDID is in lower case, the serial as in Okta."""
        profile, embedded = as_object(row.get("profile")), as_object(row.get("_embedded"))
        users = embedded.get("users")
        return cls(
            id=as_id(row.get("id")),
            status=as_word(row.get("status")),
            created=as_text(row.get("created")),
            last_updated=as_text(row.get("lastUpdated")),
            display_name=as_text(profile.get("displayName")),
            platform=as_id(profile.get("platform")).upper() or None,
            serial_number=as_id(profile.get("serialNumber")),
            udid=as_id(profile.get("udid")).lower(),
            registered=as_flag(profile.get("registered")),
            secure_hardware=as_flag(profile.get("secureHardwarePresent")),
            users=(
                tuple(map(DeviceUser.from_row, as_objects(users)))
                if isinstance(users, list)
                else None
            ),
            row=row,
        )

    @property
    def serial_key(self) -> str:
        """The serial in lower case, for comparisons; "" if Okta knows none."""
        return self.serial_number.lower()

    @property
    def is_working(self) -> bool:
        """Whether its users can sign in with it."""
        return self.status in WORKING_STATUSES


@dataclass(frozen=True, slots=True)
class Enrollment:
    """An authenticator that a user has enrolled: listAuthenticatorEnrollments."""

    key: str | None = None
    status: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> Enrollment:
        """Return the enrollment of a row."""
        return cls(key=as_word(row.get("key")), status=as_word(row.get("status")))

    @property
    def is_okta_verify(self) -> bool:
        """Whether it is Okta Verify, as a whole or one of its methods."""
        return fold_key(self.key or "") == OKTA_VERIFY


# System Log


FASTPASS_FACTOR = "SIGNED_NONCE"  # in the debug data
FASTPASS_METHOD = "Use Okta FastPass"  # in the details of a target


@dataclass(frozen=True, slots=True)
class LogEntity:
    """An actor or a target of an event of the System Log.

    ``texts`` are all its texts but its type, however deeply nested: which of them holds the common
    name of a certificate is not documented.
    """

    id: str = ""
    type: str | None = None
    alternate_id: str | None = None
    display_name: str | None = None
    serial_number: str = ""
    texts: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, row: Row) -> LogEntity:
        """Return the actor or target of a row."""
        return cls(
            id=as_id(row.get("id")),
            type=as_word(row.get("type")),
            alternate_id=as_text(row.get("alternateId")),
            display_name=as_text(row.get("displayName")),
            serial_number=as_id(as_object(row.get("detailEntry")).get("serialNumber")),
            texts=tuple(texts_in({name: row[name] for name in row if name != "type"})),
        )

    @property
    def is_device(self) -> bool:
        """Whether it is a device record."""
        return "device" in (self.type or "").lower()

    @property
    def is_user(self) -> bool:
        """Whether it is a user."""
        return "user" in (self.type or "").lower()


@dataclass(frozen=True, slots=True)
class LogEvent:
    """An event of the System Log: listLogEvents, and the deliveries of event hooks.

    ``device_id`` is the device that the event itself names, which is not one of its targets.
    ``row`` is Okta's own row, for results and rulebooks that show events as Okta has them.
    """

    uuid: str = ""
    event_type: str = ""
    published: str | None = None
    outcome: str | None = None
    actor: LogEntity = LogEntity()
    targets: tuple[LogEntity, ...] = ()
    device_id: str = ""
    device_registered: bool | None = None
    device_platform: str | None = None
    browser_os: str | None = None
    user_agent: str | None = None
    factor: str | None = None
    row: Row = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_row(cls, row: Row) -> LogEvent:
        """Return the event of a row."""
        device, browser = (
            as_object(row.get("device")),
            as_object(row.get("client")).get("userAgent"),
        )
        return cls(
            uuid=as_id(row.get("uuid")),
            event_type=as_id(row.get("eventType")),
            published=as_text(row.get("published")),
            outcome=as_word(as_object(row.get("outcome")).get("result")),
            actor=LogEntity.from_row(as_object(row.get("actor"))),
            targets=tuple(map(LogEntity.from_row, as_objects(row.get("target")))),
            device_id=as_id(device.get("id")),
            device_registered=as_flag(device.get("registered")),
            device_platform=as_word(device.get("os_platform")),
            browser_os=as_text(as_object(browser).get("os")),
            user_agent=as_text(as_object(browser).get("rawUserAgent")),
            factor=as_text(
                as_object(as_object(row.get("debugContext")).get("debugData")).get("factor")
            ),
            row=row,
        )

    @property
    def shows_fastpass(self) -> bool:
        """Whether it says that Okta FastPass was used: recorded events say so in either way."""
        return (self.factor or "").upper() == FASTPASS_FACTOR or any(
            FASTPASS_METHOD in entity.texts for entity in self.targets
        )


# The org, its authenticators, apps and groups


def linked_id(row: Row, name: str) -> str:
    """Return the id at the end of a link of a row, "" if there is none.

    Okta shows one link, or a list of links.
    """
    link = as_object(row.get("_links")).get(name)
    href = as_object(link[0] if isinstance(link, list) and link else link).get("href")
    return split_url(as_id(href)).path.rstrip("/").rpartition("/")[2]


def mapped_ids(row: Row, policy_id: str) -> list[str]:
    """Return the ids of the resource that a mapping maps to a policy, [""] if it shows none.

    Okta's description has the links ``application`` and ``policy``. Where an app sign-in policy is
    mapped, it does not say which of them names it.
    """
    ids = [linked_id(row, name) for name in as_object(row.get("_links")) if name != "self"]
    return [each for each in ids if each not in ("", policy_id)] or [""]


@dataclass(frozen=True, slots=True)
class Org:
    """The metadata of an org: getWellknownOrgMetadata.

    ``linked_urls`` are the addresses that Okta shows for it: at Okta, and its custom domain.
    """

    id: str = ""
    pipeline: str | None = None
    linked_urls: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, row: Row) -> Org:
        """Return the org of a row."""
        links = as_object(row.get("_links"))
        urls = [as_object(links.get(name)).get("href") for name in ("organization", "alternate")]
        return cls(
            id=as_id(row.get("id")),
            pipeline=as_word(row.get("pipeline")),
            linked_urls=tuple(str(url) for url in urls if url),
        )


@dataclass(frozen=True, slots=True)
class TemporaryCodeLimits:
    """What the authenticator ``tac`` permits: listAuthenticators, provider.configuration.

    How long a code may be valid, in minutes, and whether it may be used several times.
    """

    shortest: int | None = None
    longest: int | None = None
    several_uses: bool | None = None

    @classmethod
    def from_row(cls, row: Row) -> TemporaryCodeLimits:
        """Return the limits of an authenticator's row."""
        limits = as_object(as_object(row.get("provider")).get("configuration"))
        shortest, longest = (
            int(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
            for value in (limits.get("minTtl"), limits.get("maxTtl"))
        )
        return cls(shortest, longest, as_flag(limits.get("multiUseAllowed")))


@dataclass(frozen=True, slots=True)
class TemporaryCode:
    """A temporary access code: createTacAuthenticatorEnrollment. The code is a secret."""

    code: str = field(default="", repr=False)
    expires_at: str | None = None
    several_uses: bool | None = None

    @classmethod
    def from_row(cls, row: Row) -> TemporaryCode:
        """Return the code of a row."""
        profile = as_object(row.get("profile"))
        return cls(
            code=as_number_or_id(profile.get("tac")),
            expires_at=as_text(profile.get("expiresAt")),
            several_uses=as_flag(profile.get("multiUse")),
        )


@dataclass(frozen=True, slots=True)
class Authenticator:
    """An authenticator of the org: listAuthenticators.

    ``app_instance_id`` is the app by which Okta Verify enrolls. ``enrollment_security_level`` is
    ANY or HIGH; live orgs show it, and no description has it.
    """

    id: str
    key: str | None = None
    status: str | None = None
    app_instance_id: str = ""
    enrollment_security_level: str | None = None
    temporary_codes: TemporaryCodeLimits | None = None

    @classmethod
    def from_row(cls, row: Row) -> Authenticator:
        """Return the authenticator of a row."""
        return cls(
            id=as_id(row.get("id")),
            key=as_word(row.get("key")),
            status=as_word(row.get("status")),
            app_instance_id=as_id(as_object(row.get("settings")).get("appInstanceId")),
            enrollment_security_level=as_word(
                as_object(row.get("settings")).get("enrollmentSecurityLevel")
            ),
            temporary_codes=TemporaryCodeLimits.from_row(row) if row.get("key") == "tac" else None,
        )


@dataclass(frozen=True, slots=True)
class AuthenticatorMethod:
    """A method of an authenticator: listAuthenticatorMethods.

    ``row`` is Okta's own row, which a full replace starts from.
    """

    type: str | None = None
    status: str | None = None
    settings: Row = field(default_factory=dict)
    row: Row = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_row(cls, row: Row) -> AuthenticatorMethod:
        """Return the method of a row."""
        return cls(
            type=as_word(row.get("type")),
            status=as_word(row.get("status")),
            settings=as_object(row.get("settings")),
            row=row,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """A group: listGroups. ``members_changed`` is when its members changed last."""

    id: str
    name: str | None = None
    type: str | None = None
    members_changed: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> Group:
        """Return the group of a row."""
        return cls(
            id=as_id(row.get("id")),
            name=as_text(as_object(row.get("profile")).get("name")),
            type=as_word(row.get("type")),
            members_changed=as_text(row.get("lastMembershipUpdated")),
        )

    @property
    def is_everyone(self) -> bool:
        """Whether all people are in it: Okta's own group of this name."""
        return self.type == "BUILT_IN" and self.name == "Everyone"


@dataclass(frozen=True, slots=True)
class App:
    """An app: listApplications.

    ``name`` is the name of its kind, the same in every org. ``policy_id`` is its app sign-in
    policy, "" if Okta does not show it. ``status`` is ACTIVE, INACTIVE or DELETED.
    """

    id: str
    label: str | None = None
    name: str | None = None
    policy_id: str = ""
    status: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> App:
        """Return the app of a row."""
        return cls(
            id=as_id(row.get("id")),
            label=as_text(row.get("label")),
            name=as_text(row.get("name")),
            policy_id=linked_id(row, "accessPolicy"),
            status=as_word(row.get("status")),
        )

    @property
    def is_listed(self) -> bool:
        """Whether Okta shows more of it than its id."""
        return self.name is not None or self.label != self.id

    @property
    def is_admin_console(self) -> bool:
        """Whether it is the Okta Admin Console, whose kind has this name in every org."""
        return self.name == "saasure"


# App sign-in policies


@dataclass(frozen=True, slots=True)
class Policy:
    """An app sign-in policy: listPolicies of type ACCESS_POLICY.

    ``row`` is Okta's own row, which a full replace starts from.
    """

    id: str
    name: str = ""
    description: str | None = None
    created: str | None = None
    system: bool = False
    resource_type: str | None = None
    status: str | None = None
    row: Row = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_row(cls, row: Row) -> Policy:
        """Return the policy of a row."""
        return cls(
            id=as_id(row.get("id")),
            name=as_name(row.get("name")),
            description=as_content(row.get("description")),
            created=as_text(row.get("created")),
            system=row.get("system") is True,
            resource_type=as_word(as_object(row.get("_embedded")).get("resourceType")),
            status=as_word(row.get("status")),
            row=row,
        )

    @property
    def is_inactive(self) -> bool:
        """Whether Okta shows it as not active; one that shows no status counts as active."""
        return self.status not in (None, "ACTIVE")


# People in the conditions of policies and rules


@dataclass(frozen=True, slots=True)
class People:
    """The ids of the users and groups that the conditions of a policy or a rule name.

    Okta's description has not all of the four lists for each kind. Each that is there counts.
    """

    users: tuple[str, ...] = ()
    users_excluded: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    groups_excluded: tuple[str, ...] = ()

    @classmethod
    def from_conditions(cls, conditions: object) -> People:
        """Return the people whom conditions name: the only reader of ``people``."""
        people = as_object(as_object(conditions).get("people"))

        def ids(kind: str, side: str) -> tuple[str, ...]:
            listed = as_object(people.get(kind)).get(side)
            return tuple(filter(None, map(as_id, listed))) if isinstance(listed, list) else ()

        return cls(
            users=ids("users", "include"),
            users_excluded=ids("users", "exclude"),
            groups=ids("groups", "include"),
            groups_excluded=ids("groups", "exclude"),
        )

    @property
    def all_users(self) -> tuple[str, ...]:
        """The users on either side."""
        return (*self.users, *self.users_excluded)

    @property
    def all_groups(self) -> tuple[str, ...]:
        """The groups on either side."""
        return (*self.groups, *self.groups_excluded)

    def as_conditions(self) -> Row:
        """Return them in the form of conditions."""
        return {
            "people": {
                "users": {"include": list(self.users), "exclude": list(self.users_excluded)},
                "groups": {"include": list(self.groups), "exclude": list(self.groups_excluded)},
            }
        }


# Policies of other kinds


@dataclass(frozen=True, slots=True)
class RankedPolicy:
    """A policy of a kind of which Okta evaluates several in order: listPolicies.

    Of type OKTA_SIGN_ON (global session policies) and DEVICE_SIGNAL_COLLECTION. ``people`` are
    those to whom it applies. ``system`` is the default policy of its kind, which comes last.
    ``unreadable`` has the paths of what Okta shows of them in another form than it documents.
    """

    id: str
    name: str = ""
    priority: int | None = None
    status: str | None = None
    system: bool = False
    people: People = People()
    unreadable: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, row: Row) -> RankedPolicy:
        """Return the policy of a row."""
        return RankedPolicy(**_ranked_fields(row))

    @property
    def groups(self) -> tuple[str, ...]:
        """The ids of the groups to which it applies."""
        return self.people.groups

    @property
    def hides_people(self) -> bool:
        """Whether Okta leaves open to whom it applies. A policy that names nobody is not for all.

        The default policy of a kind is for everybody, whatever Okta shows.
        """
        named = self.people.groups or self.people.users
        return not self.system and (not named or bool(self.unreadable))


class _RankedFields(TypedDict):
    id: str
    name: str
    priority: int | None
    status: str | None
    system: bool
    people: People
    unreadable: tuple[str, ...]


def _ranked_fields(row: Row) -> _RankedFields:
    """Return the fields that ranked policies of all kinds have."""
    priority = row.get("priority")
    form = {"people": rule_schema.CONDITIONS["people"]}
    _people, unreadable = rule_schema.read_object(row.get("conditions"), form, "conditions")
    return {
        "id": as_id(row.get("id")),
        "name": as_name(row.get("name")),
        "priority": priority if isinstance(priority, int) else None,
        "status": as_word(row.get("status")),
        "system": row.get("system") is True,
        "people": People.from_conditions(row.get("conditions")),
        "unreadable": unreadable,
    }


@dataclass(frozen=True, slots=True)
class EnrollmentPolicy(RankedPolicy):
    """An authenticator enrollment policy: listPolicies of type MFA_ENROLL.

    ``enroll`` is what people may do, by the key of the authenticator: NOT_ALLOWED, OPTIONAL or
    REQUIRED. It is empty for a policy of a migrated org, which has factors in place of
    authenticators. ``is_complete`` is whether that was read of each authenticator that the policy
    lists: by Okta's description nobody may add one that it does not list.
    """

    enroll: Mapping[str, str] = field(default_factory=dict)
    is_complete: bool = False

    @classmethod
    def from_row(cls, row: Row) -> EnrollmentPolicy:
        """Return the policy of a row."""
        settings = as_object(row.get("settings"))
        kind, listed = as_word(settings.get("type")), settings.get("authenticators")
        rows = [] if kind == "FACTORS" else as_objects(listed)
        keys = [as_id(each.get("key")) for each in rows]
        is_listed = kind == "AUTHENTICATORS" or (kind is None and bool(rows))
        return EnrollmentPolicy(
            **_ranked_fields(row),
            enroll={
                key: as_word(as_object(each.get("enroll")).get("self")) or ""
                for key, each in zip(keys, rows, strict=True)
            },
            is_complete=is_listed
            and isinstance(listed, list)
            and len(rows) == len(listed)
            and all(keys),
        )

    @property
    def permits_fast_pass(self) -> bool | None:
        """Whether people may add Okta FastPass, None where Okta does not say."""
        return self.permits(SPLIT_KEYS[FAST_PASS], OKTA_VERIFY)

    def permits(self, *keys: str) -> bool | None:
        """Return whether people may add an authenticator, None where Okta does not say.

        Okta's guide has the word DISABLED, too, which its description does not have.

        :arg keys: of the authenticator; the first that the policy lists counts.
        """
        wanted = next((self.enroll[key] for key in keys if key in self.enroll), None)
        if wanted in ("OPTIONAL", "REQUIRED"):
            return True
        is_absent = wanted is None and self.is_complete
        return False if is_absent or wanted in ("NOT_ALLOWED", "DISABLED") else None


@dataclass(frozen=True, slots=True)
class ConditionalRule:
    """A rule of a policy of any kind: listPolicyRules.

    ``conditions`` are Okta's JSON, of which an org may have parts that this collection does not
    know. What has another form than Okta documents is left out of them; ``unreadable`` has its
    paths. ``system`` is the catch-all rule. Kinds without actions of their own here have this type.
    """

    id: str = ""
    name: str = ""
    priority: int | None = None
    status: str | None = None
    system: bool = False
    conditions: Row = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, row: Row) -> ConditionalRule:
        """Return the rule of a row."""
        return ConditionalRule(**_rule_fields(row))

    def condition(self, *path: str) -> Row:
        """Return a part of the conditions, empty where the rule does not have it."""
        part = self.conditions
        for key in path:
            part = as_object(part.get(key))
        return part

    @property
    def people(self) -> People:
        """The users and groups that its conditions name."""
        return People.from_conditions(self.conditions)

    @property
    def is_inactive(self) -> bool:
        """Whether Okta passes over the rule."""
        return self.status == "INACTIVE"


class _RuleFields(TypedDict):
    id: str
    name: str
    priority: int | None
    status: str | None
    system: bool
    conditions: Row
    unreadable: tuple[str, ...]


def _rule_fields(row: Row) -> _RuleFields:
    """Return the fields that rules of all kinds have."""
    priority = row.get("priority")
    conditions, unreadable = rule_schema.read_object(
        row.get("conditions"), rule_schema.CONDITIONS, "conditions"
    )
    return {
        "id": as_id(row.get("id")),
        "name": as_name(row.get("name")),
        "priority": priority if isinstance(priority, int) else None,
        "status": as_word(row.get("status")),
        "system": bool(row.get("system")),
        "conditions": conditions,
        "unreadable": unreadable,
    }


@dataclass(frozen=True, slots=True)
class SessionRule(ConditionalRule):
    """A rule of a global session policy, OktaSignOnPolicyRule: listPolicyRules.

    ``access`` is ALLOW or DENY, None where Okta does not show it; nobody knows what another word
    means. Conditions that Okta does not
    show at all are unreadable, except of the default rule.
    """

    access: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> SessionRule:
        """Return the rule of a row."""
        sign_on = as_object(as_object(row.get("actions")).get("signon"))
        fields = _rule_fields(row)
        if row.get("conditions") is None and not fields["system"]:
            fields["unreadable"] = ("conditions",)
        return SessionRule(**fields, access=as_word(sign_on.get("access")))

    @property
    def denies(self) -> bool:
        """Whether the rule surely refuses the sign-ins to which it applies."""
        return self.access == "DENY"

    @property
    def may_deny(self) -> bool:
        """Whether the rule may refuse them: Okta does not say that it allows them."""
        return self.access != "ALLOW"


@dataclass(frozen=True, slots=True)
class SignalRule(ConditionalRule):
    """A rule of a device signal collection policy: listPolicyRules.

    ``providers`` are what Okta collects signals from, by key: OKTA_VERIFY, CHROME_DEVICE_TRUST,
    DEVICE_POSTURE_IDP. Each with its userIdentification ALLOW or IGNORE, None where Okta does not
    show it, or shows both. They are None themselves where Okta shows no list, or one without a key.
    """

    providers: Mapping[str, str | None] | None = None

    @classmethod
    def from_row(cls, row: Row) -> SignalRule:
        """Return the rule of a row."""
        action = as_object(as_object(row.get("actions")).get("deviceSignalCollection"))
        listed = action.get("deviceContextProviders")
        providers: dict[str, str | None] = {}
        for each in as_objects(listed):
            key, word = as_id(each.get("key")), as_word(each.get("userIdentification"))
            providers[key] = word if providers.get(key, word) == word else None
        is_known = isinstance(listed, list) and all(
            as_id(as_object(each).get("key")) for each in listed
        )
        return SignalRule(**_rule_fields(row), providers=providers if is_known else None)


@dataclass(frozen=True, slots=True)
class PolicyRule(ConditionalRule):
    """A rule of an app sign-in policy, AccessPolicyRule: listPolicyRules.

    ``sign_on`` is its actions.appSignOn, read like ``conditions``. Without its access, whether the
    rule admits or refuses cannot be read. ``row`` is Okta's own row, for
    full replaces and results.
    """

    sign_on: Row = field(default_factory=dict)
    row: Row = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_row(cls, row: Row) -> PolicyRule:
        """Return the rule of a row."""
        fields = _rule_fields(row)
        actions, in_actions = rule_schema.read_object(
            row.get("actions"), {"appSignOn": rule_schema.SIGN_ON}, "actions"
        )
        sign_on = as_object(actions.get("appSignOn"))
        if not sign_on.get("access") and not in_actions:
            in_actions = ("actions.appSignOn.access",)
        fields["unreadable"] += in_actions
        return PolicyRule(
            **fields,
            sign_on=sign_on,
            row=row,
        )

    @property
    def denies(self) -> bool:
        """Whether the rule refuses the sign-ins to which it applies."""
        return self.sign_on.get("access") == "DENY"

    @property
    def hidden_part(self) -> str:
        """What Okta shows in another form than it documents, or does not show, "" if nothing.

        It continues a sentence about Okta. Each recorded rule that admits has a method of a type,
        and one of type ASSURANCE a factorMode.
        """
        if self.unreadable:
            paths = ", ".join(self.unreadable)
            return f"shows {paths} in a form that it does not document"
        if self.status is None and self.row.get("status") is not None:
            return "shows status in a form that it does not document"
        method = as_object(self.sign_on.get("verificationMethod"))
        needed = "factorMode" if method.get("type") == "ASSURANCE" else "type"
        if self.denies or method.get(needed):
            return ""
        return f"does not show actions.appSignOn.verificationMethod.{needed}"

    @property
    def verification(self) -> Row:
        """The verification method that the rule asks for, empty if there is none.

        Okta Verify is in one spelling, whichever the org uses, and so are the words of what a
        factor has to have.
        """
        method = fold_rule(as_object(self.sign_on.get("verificationMethod")))
        return as_object(rule_schema.fold_words(method))


@dataclass(frozen=True, slots=True)
class PolicySimulation:
    """What Okta says of one simulated sign-in: createPolicySimulation.

    ``matched_rules`` are the names of the rules of app sign-in policies that match. The answer is
    one evaluation, or a list of them.
    """

    matched_rules: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, row: Row) -> PolicySimulation:
        """Return the simulation of a row, in either form."""
        names: list[str] = []
        for evaluation in as_objects(row.get("evaluation")) or [row]:
            kinds = evaluation.get("policyType")
            if "ACCESS_POLICY" in (kinds if isinstance(kinds, list) else [kinds]):
                names += _matched_rules(as_object(evaluation.get("result")))
        return cls(tuple(names))


def _matched_rules(result: Row) -> list[str]:
    return [
        str(rule.get("name"))
        for policy in as_objects(result.get("policies"))
        for rule in as_objects(policy.get("rules"))
        if rule.get("status") == "MATCH"
    ]
