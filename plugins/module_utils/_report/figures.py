# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of a report, from the rows of the fleet in one pass. Pure; rows are never held."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .._core.masking import Masker
from .._core.results import Result
from .._fleet.access_calendar import AccessForecast, PersonAccess
from .._fleet.rows import COLUMNS, MacRow, RowUser
from .._okta.authorities.status import AuthorityStatus
from . import generated_page as page

OTHERS = "OTHER_TENANT"
# The steps from an enrolled to a managed Mac, each with the stages of Macs that have not taken it.
FUNNEL = (
    ("Known to Kandji", ("KANDJI_MISSING",)),
    ("In a ring", ("NOT_IN_SCOPE",)),
    ("SCEP profile installed", ("NOT_ROLLED_OUT", "PROFILE_FAILED", "PROFILE_PENDING")),
    ("Certificate there", ("CERTIFICATE_ABSENT", "CERTIFICATE_EXPIRED")),
    ("Okta Verify installed", ("NO_LICENSE", "OKTA_VERIFY_MISSING")),
    ("Registered with Okta", ("NOT_REGISTERED", "SUSPENDED", "DEACTIVATED")),
    ("Managed", ("REGISTERED_BEFORE_CERTIFICATE", "REGISTERED_NOT_MANAGED", "MIXED")),
)


@dataclass
class Figures:
    """The figures of one pass over the rows.

    ``stages`` is Mac -> stage, for the next report. ``steps`` is stage -> the next step that most
    of its Macs have. ``fingerprint`` changes with everything but the time.
    """

    counts: dict[str, int] = field(default_factory=dict)
    by_ring: dict[str, dict[str, int]] = field(default_factory=dict)
    months: dict[str, int] = field(default_factory=dict)
    flags: dict[str, int] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)
    unconfirmed: int = 0
    fingerprint: str = ""

    @property
    def total(self) -> int:
        """The number of Macs of this org and tenant."""
        return sum(self.counts.values()) - self.others

    @property
    def others(self) -> int:
        """The number of Macs that are declared to be of another org or tenant."""
        return self.counts.get(OTHERS, 0)


@dataclass(frozen=True)
class PastReport:
    """The stage of each Mac in an earlier report, which was made at ``generated_at`` (ISO 8601)."""

    generated_at: str
    stages: Mapping[str, str]


@dataclass
class Meta:
    """Facts of a report that are not in its rows.

    ``rollout`` is a sentence on rings that are not rolled out yet. ``previous`` is the report
    before; ``history`` is whether a history is kept. ``question`` is the date or the number of days
    for which access was asked: a report for another one is another report, and one for the same
    number of days on a later day is not.
    """

    generated_at: str
    org_url: str
    tenant: str
    order: Sequence[str]
    renewals: Mapping[str, str | None] = field(default_factory=dict)
    rollout: str = ""
    authority: AuthorityStatus = field(default_factory=AuthorityStatus)
    access: AccessForecast | None = None
    question: str = ""
    previous: PastReport | None = None
    history: bool = False
    api_calls: int = 0


def masked(rows: Iterable[MacRow], masker: Masker) -> Iterator[MacRow]:
    """Yield the rows without the run's secrets.

    As JSON a row is one text, which shows quickly whether it may hold a secret. A secret may be
    part of a key or of the JSON itself, so the values are masked one by one.
    """
    for row in rows:
        text = json.dumps(row.as_result())
        is_clean = masker.text(text) == text
        yield row if is_clean else _masked_row(row, masker)


def _masked_row(row: MacRow, masker: Masker) -> MacRow:
    users = [
        RowUser(masker.text(user.login), masker.text(user.management_status)) for user in row.users
    ]
    names = [name for name in COLUMNS if name != "users"]
    return MacRow(**{name: masker.value(getattr(row, name)) for name in names}, users=users)


def masked_access(forecast: AccessForecast, masker: Masker) -> AccessForecast:
    """Return a forecast of access without the run's secrets."""
    return replace(
        forecast,
        people=tuple(_masked_person(each, masker) for each in forecast.people),
        apps=tuple(map(masker.text, forecast.apps)),
        notes=tuple(map(masker.text, forecast.notes)),
    )


def _masked_person(person: PersonAccess, masker: Masker) -> PersonAccess:
    text = json.dumps(person.as_result())
    if masker.text(text) == text:
        return person
    macs = tuple(
        replace(mac, mac=masker.text(mac.mac), reason=masker.text(mac.reason))
        for mac in person.macs
    )
    return PersonAccess(masker.text(person.login), macs, masker.text(person.app))


def _access_without_date(forecast: AccessForecast | None) -> Result:
    """Return what a report says of access, without the date that moves with each run."""
    result = forecast.summarize() if forecast else {}
    return {name: value for name, value in result.items() if name != "on_date"}


class _Tally:
    """What the rows add up to."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.by_ring: dict[str, Counter[str]] = defaultdict(Counter)
        self.months: Counter[str] = Counter()
        self.flags: Counter[str] = Counter()
        self.stages: dict[str, str] = {}
        self.steps: dict[str, Counter[str]] = defaultdict(Counter)
        self.unconfirmed = 0

    def add(self, row: MacRow) -> None:
        """Add one Mac."""
        self.counts[row.stage] += 1
        self.by_ring[row.ring or ""][row.stage] += 1
        if row.certificates or row.certificate_expires:
            self.months[(row.certificate_expires or "")[:7]] += 1
        self.flags.update(row.flags)
        self.unconfirmed += bool(row.unconfirmed)
        self.stages[name_of(row)] = row.stage
        self.steps[row.stage].update([row.next_step])


def survey(rows: Iterable[MacRow], meta: Meta) -> Figures:
    """Return the figures of the rows, in one pass."""
    digest = hashlib.sha256(_describe_meta(meta).encode())
    for person in meta.access.people if meta.access else ():
        digest.update(json.dumps(person.as_result()).encode())
    tally = _Tally()
    for row in rows:
        digest.update(json.dumps(row.as_result()).encode())
        tally.add(row)
    by_ring = sorted(tally.by_ring.items(), key=_unknown_last)
    return Figures(
        _ordered(tally.counts, meta.order),
        {ring: _ordered(by_stage, meta.order) for ring, by_stage in by_ring},
        dict(sorted(tally.months.items(), key=_unknown_last)),
        dict(tally.flags.most_common()),
        tally.stages,
        {stage: max(texts, key=texts.__getitem__) for stage, texts in tally.steps.items()},
        tally.unconfirmed,
        digest.hexdigest(),
    )


def _describe_meta(meta: Meta) -> str:
    """Return the page and the facts of a report that make it another one, as text."""
    return json.dumps(
        [
            page.HEAD,
            page.STYLE,
            page.SCRIPT,
            meta.org_url,
            meta.tenant,
            dict(meta.renewals),
            meta.rollout,
            meta.authority.as_result(),
            _access_without_date(meta.access),
            meta.question,
        ]
    )


def name_of(row: MacRow) -> str:
    """Return what identifies a Mac from report to report."""
    return row.serial_number or row.device_id or ",".join(row.okta_device_ids)


def _unknown_last(item: tuple[str, object]) -> tuple[bool, str]:
    """Return the order of a ring or a month; the empty name comes last."""
    return not item[0], item[0]


def _ordered(counts: Mapping[str, int], order: Sequence[str]) -> dict[str, int]:
    """Return the counts from the highest stage down; unknown stages come last."""
    known = [stage for stage in reversed(order) if stage in counts]
    return {stage: counts[stage] for stage in [*known, *sorted(set(counts) - set(known))]}


def funnel(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the steps from known to managed, each with the number of Macs that took it.

    A Mac at a stage that no step names has taken none, such as one of another tenant.
    """
    taken, steps = counts.get("MANAGED", 0), []
    for step, stopped in reversed(FUNNEL):
        steps.append((step, taken))
        taken += sum(counts.get(stage, 0) for stage in stopped)
    return steps[::-1]


@dataclass
class Moves:
    """Macs that had another stage in the report before: (Mac, from, to); None is absent."""

    up: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    down: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    new: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    disappeared: list[tuple[str, str | None, str | None]] = field(default_factory=list)


def moves(before: Mapping[str, str], now: Mapping[str, str], order: Sequence[str]) -> Moves:
    """Return the Macs whose stage differs between two reports (Mac -> stage)."""
    result, place = Moves(), {stage: number for number, stage in enumerate(order)}
    for mac, stage in now.items():
        old = before.get(mac)
        if old is None:
            result.new.append((mac, None, stage))
        elif old != stage:
            (result.up if place.get(stage, -1) > place.get(old, -1) else result.down).append(
                (mac, old, stage)
            )
    result.disappeared = [(mac, old, None) for mac, old in before.items() if mac not in now]
    return result
