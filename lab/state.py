# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all parts of the lab share: time, chance, switches, faults and the log of requests."""

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
    """Open points of the vendors' behaviour, each set one way or the other.

    Names are used by the control surface.
    """

    # Kandji
    new_identity_on_every_patch: bool = True  # also on a PATCH of metadata alone
    profile_uuid_case: str = "upper"  # or "lower": how $PROFILE_UUID and PayloadUUID are written
    profile_uuid_variable: str = "payload_uuid"  # or "item_id": what $PROFILE_UUID resolves to
    top_level_keys_survive: bool = (
        True  # PayloadDescription and PayloadOrganization of a custom profile
    )
    tabs_become_spaces: bool = False
    tenant_changes_profile: bool = False  # the tenant stores another Retries than was sent
    unknown_tag: str = "create"  # or "error"
    page_rows: int = 300  # rows that a page of devices, statuses and Prism has at most
    next_links_on_web_host: bool = True
    mixed_case_ids: bool = False
    inner_identity_survives: bool = (
        True  # PayloadUUID and PayloadIdentifier inside a custom profile stay as they were sent
    )
    native_scep_type: str = (
        "profile"  # the type of a SCEP item that is made in the console, as device listings show it
    )
    native_scep_identifier: str = (  # or "opaque": whether the identifier of such an item's profile holds the item's id
        "item_id"
    )
    status_of_console_items: bool = (
        True  # whether the status of such an item, or of an App Store app, can be asked by its id
    )
    one_per_node_types: str = (  # the vendor does not list them: two of these make no sense
        "macos-release,kandji-setup,threat-security-policy"
    )
    # the answer when an item of such a type is in the node itself: this one, and not "already
    # exists"
    one_per_node_first: bool = False
    retry_after: bool = True  # in Kandji's 429
    too_many_body: str = "detail"  # or "empty", or "html": the body of Kandji's 429
    certificate_rows: str = (  # or "common_name": what keeps its created_at in the inventory when a certificate is issued anew
        "certificate"
    )
    script_log_length: int = (
        0  # how many characters of a Custom Script's output a status keeps; 0: all
    )
    per_second_limit: int = (
        0  # requests a second that Kandji takes, beside those of an hour; 0: any number
    )
    # Okta
    search_lag_seconds: float = 0.0
    stale_managed_in_search: bool = False
    repeated_lifecycle: int = 204  # or 400: a lifecycle operation on a record that is already there
    delete_active_error: str = "E0000152"
    certificate_target_field: str = (
        "alternateId"  # or displayName, or detailEntry: where pki.cert.* carries the CN
    )
    ca_certificate_answer: str = "der"  # or "pkcs7"
    scep_capabilities: str = (  # or "old" (3DES, SHA-1 and GET alone), or that and GetCACaps answers "none" or is "missing"
        "modern"
    )
    scep_content_types: str = (
        "rfc"  # or "generic" (octet-stream), or "html": how SCEP answers are called
    )
    scep_host: str = (  # or "alternate", another host that the org's metadata names, or "other", which nothing names
        "org"
    )
    record_before_certificate: str = "needs_reset"  # or "heals"
    sign_in_touches_record: bool = (
        True  # whether a FastPass sign-in changes the record's lastUpdated
    )
    hook_verification_authorized: bool = (
        True  # whether the request that verifies an event hook bears its secret
    )
    hook_delivers_twice: bool = False  # at least once is what is promised
    log_lag_seconds: float = (
        0.0  # from the time that an event bears to the time when the System Log has it
    )
    risk_scoring: bool = True  # whether rules have a risk score
    registered_false: str = (
        "matches"  # devices that are not registered; or "refused": a rule can ask for true alone
    )
    users_and_groups: str = "both"  # where a rule includes users and groups; or "either"
    unknown_group: str = "error"  # or "accept": ids of groups and users in a rule that nobody has
    catch_all_changes: str = (
        "error"  # or "ignore": a catch-all rule that is sent with conditions or another name
    )
    rule_numbers: str = "renumbered"  # or "gaps": what the deletion of a rule leaves
    parallel_rule_writes: str = (
        "500"  # or "taken": rules of one policy that are written at the same moment
    )
    delete_mapped_policy: str = "refuse"  # or "reassign": its apps go to the org's default policy
    simulation: str = "ready"  # or "missing": the org has no /policies/simulate
    expressions_hold: bool = (
        True  # what an expression in a rule (elCondition) says: the lab knows no such language
    )
    deny_access_events: str = (  # or "unsatisfied": the log has application.policy.sign_on.deny_access only where authenticators do not suffice
        "all"
    )
    policy_resource: bool = True  # whether policies say what they guard (_embedded.resourceType)
    flexible_okta_verify: bool = (
        False  # Okta Verify shown as three authenticators, one for each of its methods
    )
    # Who acts by themselves
    people_act: bool = False
    macs_act: bool = False

    def set(self, **values: t.Any) -> None:
        known = {f.name: f.type for f in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"Unknown switch {name!r}; known: {', '.join(sorted(known))}.")
            setattr(self, name, type(getattr(self, name))(value))

    def as_dict(self) -> dict[str, t.Any]:
        return asdict(self)


FAULTS = ("429", "concurrency", "5xx", "drop", "truncate", "html", "slow", "stale")


@dataclass
class Fault:
    """One misbehaviour of one route. ``times`` counts down; None means until removed."""

    name: str
    operation: str = "*"
    times: int | None = 1
    after: int = 0  # let this many requests pass first
    status: int = 503  # for 5xx
    seconds: float = 1.0  # for slow, and the wait that a 429 asks for
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


@dataclass
class Options:
    macs: int = 25
    seed: int = 1
    real_macs: int = 200  # beyond it Macs are records without keys
    people: bool = False  # act by themselves
    latency: float = 0.0  # seconds added to every answer
    past: bool = False  # the tenant has ten years behind it (lab.seeds.legacy)
    # what only a console can make is there: Okta's Desktop platform, the App Store item Okta Verify
    consoles: bool = True


class World:
    """The state of the lab.

    Take ``lock`` around whatever reads or changes it; never hold it over network traffic.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.lock = threading.RLock()
        self.clock = Clock()
        self.random = random.Random(options.seed)
        self.switches = Switches(people_act=options.people, macs_act=options.people)
        self.requests: list[RequestRecord] = []
        self.faults: list[Fault] = []
        self.ca_file: Path | None = None  # the CA of the lab's own HTTPS, set when it is built
        self.okta: t.Any = None  # lab.okta.org.Org
        self.kandji: t.Any = None  # lab.kandji.tenant.Tenant
        self.macs: list[t.Any] = []  # lab.actors.mac.Mac
        self.people: list[t.Any] = []  # lab.actors.person.Person
        self.observers: list[t.Callable[[Exchange], None]] = (
            observers()
        )  # each is told of every finished exchange

    def uuid(self) -> str:
        """A UUID that depends on the seed alone."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def token(
        self,
        length: int,
        alphabet: str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    ) -> str:
        return "".join(self.random.choice(alphabet) for _unused in range(length))

    def take_fault(self, operation: str) -> Fault | None:
        """The fault that meets this request, counted down, or None."""
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
