# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state that all parts of the lab share: time, chance, switches, faults, log of requests."""

from __future__ import annotations

import random
import threading
import typing as t
import uuid
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from lab.clock import Clock
from lab.contract.recorder import Exchange, observers


@dataclass
class Switches:
    """Open points of the vendors' behaviour, each set to one answer or another.

    The control surface uses the names.
    """

    # Kandji
    new_identity_on_every_patch: bool = True  # also on a PATCH of metadata alone
    # or "upper": of $PROFILE_UUID and PayloadUUID. Recorded: lower, of a profile never changed
    profile_uuid_case: str = "lower"
    profile_uuid_variable: str = "payload_uuid"  # or "item_id": what $PROFILE_UUID resolves to
    # whether PayloadDescription and PayloadOrganization of a custom profile are kept
    top_level_keys_survive: bool = True
    tabs_become_spaces: bool = False
    # whether Custom Profiles are listed with runs_on_mac and the like: a tenant of 2024 did not
    profile_flags_listed: bool = True
    tenant_changes_profile: bool = False  # the tenant stores another Retries than was sent
    unknown_tag: str = "create"  # or "error"
    command_request_types: str = "apple"  # or "other": what a device's commands are called
    page_rows: int = 300  # the most rows in a page of devices, statuses, blueprints and Prism
    next_links_on_web_host: bool = True
    mixed_case_ids: bool = False
    # whether PayloadUUID and PayloadIdentifier inside a custom profile are kept as they were sent
    inner_identity_survives: bool = True
    # the type of a SCEP item that is made in the console, as device listings show it
    native_scep_type: str = "profile"
    # or "opaque": whether the identifier of such an item's profile holds the item's id
    native_scep_identifier: str = "item_id"
    # whether the status of such an item, or of an App Store app, can be read by its id
    status_of_console_items: bool = True
    # types of which a node of a map takes one item: the vendor does not list them
    one_per_node_types: str = "macos-release,kandji-setup,threat-security-policy"
    # whether the error for an item in the node itself is this one, instead of "already exists"
    one_per_node_first: bool = False
    retry_after: bool = True  # in Kandji's 429
    too_many_body: str = "detail"  # or "empty", or "html": the body of Kandji's 429
    # or "common_name": a certificate that is re-issued under the same common name keeps the row of
    # the inventory, with its created_at
    certificate_rows: str = "certificate"
    # how many characters of a Custom Script's output a status keeps; 0: all
    script_log_length: int = 0
    # requests a second that Kandji takes, in addition to the limit by the hour; 0: any number.
    # Recorded in its headers: 50
    per_second_limit: int = 50
    # Okta
    search_lag_seconds: float = 0.0
    stale_managed_in_search: bool = False
    # how long getDevice shows a record as it was before a lifecycle step, of every step but
    # unsuspend, after which it always does for a while
    lifecycle_lag_seconds: float = 0.0
    repeated_lifecycle: int = 204  # or 400: a lifecycle operation that changes nothing
    delete_active_error: str = "E0000152"
    # or "displayName", or "detailEntry": where pki.cert.* has the common name
    certificate_target_field: str = "alternateId"
    ca_certificate_answer: str = "der"  # or "pkcs7"
    # or "old": 3DES, SHA-1 and GET alone; "none": old, and GetCACaps is empty; "missing": old, and
    # GetCACaps is a 404
    scep_capabilities: str = "modern"
    # or "generic" (octet-stream), or "html": the content type of SCEP answers
    scep_content_types: str = "rfc"
    # or "feature" (401 E0000015), "forbidden" (403), "missing" (404), "verb" (405): what an org
    # without the Certificate Authorities API answers
    certificate_authorities: str = "served"
    # whether an API token may read the certificate authorities; 401 E0000011 if not
    api_token_reads_authorities: bool = True
    # or "alternate": another host that the org's metadata names; or "other": one that it does not
    scep_host: str = "org"
    record_before_certificate: str = "needs_reset"  # or "heals"
    # whether a FastPass sign-in changes the record's lastUpdated
    sign_in_touches_record: bool = True
    # whether the request that verifies an event hook has its secret
    hook_verification_authorized: bool = True
    hook_delivers_twice: bool = False  # Okta promises delivery at least once
    # from the time that an event has to the time when the System Log returns it
    log_lag_seconds: float = 0.0
    risk_scoring: bool = True  # whether rules have a risk score
    # or "refused": whether a rule can match devices that are not registered
    registered_false: str = "matches"
    users_and_groups: str = "both"  # or "either": what a rule with users and groups needs
    # or "ignored": what a part of a constraint with ``required: false`` limits that excludes none
    required_false: str = "limits"
    # or "met": whether a source other than Okta Verify assures a device that is not registered
    unregistered_assurance: str = "unmet"
    # or "all_but_four": OTHER also takes Linux and ChromeOS, and each with the type DESKTOP
    other_platforms: str = "unnamed"
    # or "none": nobody set up biometrics or a passcode in Okta Verify, whatever the screen lock
    user_verification: str = "screen_lock"
    unknown_group: str = "error"  # or "accept": unknown ids of groups and users in a rule
    # or "ignore": a catch-all rule that is sent with conditions or another name
    catch_all_changes: str = "error"
    rule_numbers: str = "renumbered"  # or "gaps": priorities after the deletion of a rule
    # or "taken": rules of one policy that are written at the same time
    parallel_rule_writes: str = "500"
    delete_mapped_policy: str = "refuse"  # or "reassign": its apps get the org's default policy
    # "object": one question, as a recorded org takes it; "list": as the OpenAPI description has it;
    # "missing": the org has no /policies/simulate
    simulation: str = "object"
    # the result of an expression in a rule (elCondition): the lab does not evaluate them
    expressions_hold: bool = True
    # or "known": a device of which a device signal collection policy collects nothing
    uncollected_devices: str = "unknown"
    # or "accepted": Okta FastPass where such a policy ignores Okta Verify
    ignored_fastpass: str = "refused"
    # or "unsatisfied": the log has application.policy.sign_on.deny_access only if authenticators do
    # not suffice
    deny_access_events: str = "all"
    # or "one": the rules that the event of a denial has as targets; recorded ones have all
    denial_rules: str = "all"
    policy_resource: bool = True  # whether policies have _embedded.resourceType
    # whether Okta Verify is three authenticators, one for each of its methods, in policies, too
    flexible_okta_verify: bool = False
    # whether such an org lists Okta Verify under its earlier key as well
    legacy_okta_verify_listed: bool = False
    # Whether Macs and people act by themselves
    people_act: bool = False
    macs_act: bool = False

    def set(self, **values: t.Any) -> None:
        """Set switches by name. Raises ValueError for an unknown one."""
        known = {f.name: f.type for f in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"Unknown switch {name!r}; known: {', '.join(sorted(known))}.")
            setattr(self, name, type(getattr(self, name))(value))

    def as_dict(self) -> dict[str, t.Any]:
        """Return all switches by name."""
        return asdict(self)


FAULTS = ("429", "concurrency", "5xx", "drop", "truncate", "html", "slow", "hold", "stale")


@dataclass
class Fault:
    """One misbehaviour of one route. ``times`` counts down; None means until removed."""

    name: str
    operation: str = "*"
    times: int | None = 1
    after: int = 0  # let this many requests pass first
    status: int = 503  # for 5xx
    seconds: float = 1.0  # for slow, and the wait that a 429 asks for
    retry_after: str | None = None  # the header of a 5xx; without it, none is sent
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    def __post_init__(self) -> None:
        if self.name not in FAULTS:
            raise ValueError(f"Unknown fault {self.name!r}; known: {', '.join(FAULTS)}.")


@dataclass
class RequestRecord:
    """One line of the request log."""

    number: int
    at: str
    vendor: str  # okta, kandji or scep
    operation: str  # the vendor's own name for it
    verb: str
    path: str
    query: str
    status: int
    writes: bool
    user_agent: str
    request_id: str


LIMITS = ("recorded", "high")


@dataclass
class Options:
    """The options of ``python -m lab``."""

    macs: int = 25
    seed: int = 1
    real_macs: int = 200  # beyond it Macs are records without keys
    people: bool = False  # act by themselves
    latency: float = 0.0  # seconds added to every answer
    past: bool = False  # org and tenant have ten years of history (lab.seeds.legacy)
    # whether what only a console can make exists: Okta's Desktop platform, the App Store item
    # Okta Verify
    consoles: bool = True
    # whether Okta FastPass and push start as they were recorded: inactive
    fastpass_off: bool = False
    # Okta's limits by the minute: "recorded", or so "high" that nobody waits for them
    limits: str = "recorded"
    # a tenant's own: positions of "switches", and "limits" by the minute
    like: dict[str, dict[str, t.Any]] = field(default_factory=dict)


class World:
    """The state of the lab.

    Take ``lock`` around every read and change of it; never hold it during network traffic.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.lock = threading.RLock()
        self.clock = Clock()
        self.random = random.Random(options.seed)
        self.switches = Switches(people_act=options.people, macs_act=options.people)
        if options.limits == "high":
            self.switches.per_second_limit = 0
        self.switches.set(**options.like.get("switches", {}))
        self.requests: list[RequestRecord] = []
        self.faults: list[Fault] = []
        # the faults "hold" whose request waits until its fault is taken off this list
        self.held: list[Fault] = []
        self.ca_file: Path | None = None  # the CA of the lab's own HTTPS, set when it is built
        self.okta: t.Any = None  # lab.okta.org.Org
        self.kandji: t.Any = None  # lab.kandji.tenant.Tenant
        self.macs: list[t.Any] = []  # lab.actors.mac.Mac
        self.people: list[t.Any] = []  # lab.actors.person.Person
        # each is called with every finished exchange
        self.observers: list[t.Callable[[Exchange], None]] = observers()

    def uuid(self) -> str:
        """Return a UUID that depends on the seed alone."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def token(
        self,
        length: int,
        alphabet: str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    ) -> str:
        """Return random characters that depend on the seed alone."""
        return "".join(self.random.choice(alphabet) for _unused in range(length))

    def take_fault(self, operation: str) -> Fault | None:
        """Return the fault of the next request of an operation, counted down, or None."""
        for fault in self.faults:
            if fault.operation not in ("*", operation):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
            return fault
        return None
