#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: device_trust_report
short_description: Write the report of the fleet as HTML, CSV and JSON
version_added: 0.1.0
description:
  - Reads both sides as M(devicetrust.okta_kandji.device_trust_info) does and writes the stage of
    each Mac. HTML is for people, in one file that loads nothing from elsewhere. CSV is for
    spreadsheets, JSON for programs.
  - The report has a calendar of who would lose access when, if nothing is renewed. Without O(apps)
    it says who would be refused if apps admitted managed Macs alone. With O(apps) it evaluates the
    rules that judge these apps now. A person gets in who gets in from one of their Macs. What
    cannot be known counts as refused.
  - "O(apps) costs these requests in addition: the pages of the list of apps, one for the rules of
    each policy of these apps, and the pages of the members of each group that the rules name.
    If Okta shows a person of Kandji nowhere, the pages of everybody's group are read, too. Global
    session policies and device signal collection policies take a request for each kind, and
    one or two for each of these policies that is active."
  - Okta revokes a certificate that no sign-in with Okta FastPass used in 90 days. If the use of the
    newest certificate of a managed Mac is unknown, the System Log is read up to 90 days back, one
    request for each 1000 events of certificates.
  - The status of an account counts where Okta shows it, as of the members of groups that were read.
    Whose account is suspended, deactivated or not activated does not lose access later.
  - If only the time of a report would change, the module leaves the report alone. A date that moves
    with O(within_days) is such a time, so the report keeps the one of the day on which it was
    written. Another O(within_days) or O(on_date) is a change.
  - The files name people and their Macs. They contain no secret.
  - A warning says if almost no Mac is in both Okta and Kandji. They may not belong together.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._fleet
  - devicetrust.okta_kandji._rings.optional
  - devicetrust.okta_kandji._rings.profiles
  - devicetrust.okta_kandji._fleet.renewal
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.both
options:
  dest:
    description: Directory of the reports. The module creates it if it does not exist. The files are
      C(device-trust.html), C(device-trust.csv) and C(device-trust.json). It refuses to replace HTML
      or JSON of another org or tenant. A CSV file does not name them.
    type: path
    required: true
  formats:
    description: Formats to write.
    type: list
    elements: str
    choices: [html, csv, json]
    default: [html, csv, json]
  apps:
    description: Ids or exact labels of the apps whose present rules decide who gets in. Without it,
      no rule is read.
    type: list
    elements: str
    default: []
  within_days:
    description: Access is forecast for today and for the time so many days from now, from V(1)
      to V(365).
    type: int
    default: 30
  on_date:
    description: Forecast access for this time instead, in ISO 8601. A date, like V(2026-12-24), is
      the end of that day in UTC. A time without an offset is in UTC. The module fails if it has
      passed by Okta's clock, after one request.
    type: str
  max_losing_access:
    description: How many people may lose access until then. If more would, the module writes the
      report and fails. Without it, any number may.
    type: int
  on_losing_access:
    description: Whether the module fails or warns if more than O(max_losing_access) people would
      lose access.
    type: str
    choices: [fail, warn]
    default: fail
  mode:
    description: Permissions of the files, in octal digits.
    type: str
    default: "0640"
  state_dir:
    description:
      - Directory of the history, the stage of each Mac, so that the next report can list what
        changed. Without it no history is kept, and the report says so. The module refuses a history
        of another org or tenant, and warns if it cannot write the directory.
      - If the directory has a ledger of certificates (see
        M(devicetrust.okta_kandji.device_trust_certificates)), it provides their expiry.
    type: path
"""

EXAMPLES = r"""
- name: Write the report of the fleet
  devicetrust.okta_kandji.device_trust_report:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    rings:
      - name: canary
        blueprints: [Canary]
    dest: /srv/reports
    state_dir: /var/lib/device-trust

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Write only the CSV file, and let all users read it
  devicetrust.okta_kandji.device_trust_report:
    rings:
      - name: canary
        blueprints: [Canary]
    dest: /srv/reports
    formats: [csv]
    mode: "0644"
    redistribution_days: 45

- name: Fail if more than five people would lose access to these apps within two weeks
  devicetrust.okta_kandji.device_trust_report:
    rings:
      - name: canary
        blueprints: [Canary]
    dest: /srv/reports
    apps: [Salesforce, Slack]
    within_days: 14
    max_losing_access: 5

- name: Write who would be refused after the holidays, and warn
  devicetrust.okta_kandji.device_trust_report:
    rings:
      - name: canary
        blueprints: [Canary]
    dest: /srv/reports
    on_date: "2040-01-07"
    max_losing_access: 0
    on_losing_access: warn
"""

RETURN = r"""
counts:
  description: Number of Macs by stage, from MANAGED down. Stages without Macs are left out.
  returned: success
  type: dict
  sample: {MANAGED: 20, NOT_REGISTERED: 1}
unconfirmed:
  description: Number of Macs of which a vendor does not show enough, or whose stage only a read by
    id would settle. The report has the reason of each.
  returned: success
  type: int
  sample: 3
next_actors:
  description: Number of Macs whose next step is their user's, and an administrator's. The other
    Macs need nobody, or time alone.
  returned: success
  type: dict
  sample: {user: 1, administrator: 0}
authority:
  description: State of the renewal of Okta's certificate authority, as
    RV(devicetrust.okta_kandji.device_trust_info#module:authority).
  returned: success
  type: dict
  sample: {unavailable: null, alarm: false, renewals: []}
registration:
  description: What keeps people from registering a Mac, as
    RV(devicetrust.okta_kandji.device_trust_info#module:registration).
  returned: success
  type: dict
  sample: {unavailable: null, problem: null, security_level: ANY, disabling_policies: [],
    unreadable_policies: []}
access:
  description:
    - Who gets in from their Macs today and on C(on_date), and who loses access when. Without
      O(apps), as if apps admitted managed Macs alone.
    - C(counts_today) and C(counts_on_date) are numbers of people. With several O(apps), a person
      counts once, with the app to which they least get in. C(unknown) is what cannot be
      known, and counts as refused. C(losing) has those who have less access on
      C(on_date) than by what Okta shows now, up to 500; C(lost) is V(now) if their next sign-in may
      fail. What only the rules leave unknown is not lost. The JSON file has all people instead.
    - C(calendar) has the days on which people lose access, or Macs stop to give it. Its first date
      may be V(now).
  returned: success, and failure because of O(max_losing_access)
  type: dict
  sample:
    apps: [Salesforce]
    on_date: "2026-12-27T08:00:00Z"
    counts_today: {gets_in: 21, unknown: 0, refused: 1}
    counts_on_date: {gets_in: 20, unknown: 0, refused: 2}
    losing_people: 1
    calendar: [{date: "2026-12-03", people: 1, macs: 1}]
    losing:
      - {login: ann@acme.com, app: Salesforce, today: gets_in, on_date: refused,
         lost: "2026-12-03T10:00:00Z", reason: The certificate of C02XK1ZAJG5J expires on 2026-12-03
           and nothing renews it before., macs: []}
    notes: []
files:
  description: Paths of the files of the report, whether or not the module had to write them.
  returned: success
  type: list
  elements: str
  sample: [/srv/reports/device-trust.html, /srv/reports/device-trust.csv,
    /srv/reports/device-trust.json]
changes:
  description: One line for each file that the module wrote, or would write in check mode.
  returned: success
  type: list
  elements: str
  sample: ["create /srv/reports/device-trust.html"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: listDevices, verb: GET, count: 1}
"""

import typing as t
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from ..module_utils._access.forecast import report_access_reader
from ..module_utils._access.forecast.other_policies_reader import OtherPolicies
from ..module_utils._access.forecast.report_access import JudgedApp, Users, forecast_access
from ..module_utils._core.changes import Change
from ..module_utils._core.errors import BadOption, Refused
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import (
    FLEET,
    KANDJI,
    OKTA,
    OPTIONAL_RINGS,
    PROFILES,
    REDISTRIBUTION,
    ArgumentSpec,
    arguments,
)
from ..module_utils._core.results import Result, build_result
from ..module_utils._core.timestamps import format_timestamp, require_timestamp
from ..module_utils._fleet import reader as fleet_reads
from ..module_utils._fleet.access_calendar import (
    AccessForecast,
    Horizon,
    choose_horizon,
    describe_question,
)
from ..module_utils._fleet.certificates.ledger import Expiries, known_expiry
from ..module_utils._fleet.facts import Fleet
from ..module_utils._fleet.other_tenants import Elsewhere
from ..module_utils._fleet.reader import FleetQuery, read_fleet
from ..module_utils._fleet.registration import USES as REGISTRATION_USES
from ..module_utils._fleet.registration import RegistrationReader
from ..module_utils._fleet.rings import reader as ring_reads
from ..module_utils._fleet.rings.reader import (
    Ring,
    describe_rollout,
    read_rings,
    ring_options,
    ring_urls,
    subjects_by_ring,
)
from ..module_utils._fleet.rows import MacRow, rows
from ..module_utils._fleet.stages import ACTORS, ADMINISTRATOR, STAGES, USER
from ..module_utils._fleet.tenant_match import SharedMacs, describe_warning
from ..module_utils._kandji.profiles.scep import estimate_renewal
from ..module_utils._okta.authorities import certificate_authorities
from ..module_utils._okta.authorities.certificate_authorities import Authorities, read_authorities
from ..module_utils._okta.authorities.status import authority_status
from ..module_utils._report import csv_json, html
from ..module_utils._report import report_files as files
from ..module_utils._report.figures import Figures, Meta, masked, masked_access, survey
from ..module_utils._report.row_buffer import KeptRows

OPTIONS: ArgumentSpec = {
    **REDISTRIBUTION,
    "dest": {"type": "path", "required": True},
    "formats": {
        "type": "list",
        "elements": "str",
        "choices": ["html", "csv", "json"],
        "default": ["html", "csv", "json"],
    },
    "mode": {"type": "str", "default": "0640"},
    "state_dir": {"type": "path"},
    "apps": {"type": "list", "elements": "str", "default": []},
    "within_days": {"type": "int", "default": 30},
    "on_date": {"type": "str"},
    "max_losing_access": {"type": "int"},
    "on_losing_access": {"type": "str", "choices": ["fail", "warn"], "default": "fail"},
}
USES = (
    *ring_reads.USES,
    *fleet_reads.USES,
    *certificate_authorities.USES,
    *REGISTRATION_USES,
    *report_access_reader.USES,
)


@dataclass(frozen=True)
class _Target:
    """Where the report goes, and the last one."""

    paths: tuple[Path, ...]
    mode: int
    history: files.History


@dataclass(frozen=True)
class _Source:
    """What was read of both vendors. ``users`` are None without apps.

    ``notes`` are sentences on what was not evaluated.
    """

    rings: t.Sequence[Ring]
    authorities: Authorities
    fleet: Fleet
    registration: RegistrationReader
    horizon: Horizon
    apps: t.Sequence[JudgedApp]
    users: Users | None
    notes: tuple[str, ...]


def run(ctx: ModuleContext) -> Result:
    """Write the reports whose figures changed, and return their files."""
    target, source = _find_target(ctx), _read(ctx)
    forecast = forecast_access(
        source.fleet, source.horizon, source.apps, source.users, source.notes
    )
    access = masked_access(forecast, ctx.masker)
    kept = KeptRows(masked(rows(source.fleet), ctx.masker))
    meta = _build_meta(ctx, source.rings, source.authorities, access)
    figures = survey(kept, meta)
    meta.previous = target.history.find_before(figures.fingerprint)
    result = build_result(
        _write(ctx, target, kept, figures, meta),
        access=access.as_result(),
        counts=figures.counts,
        unconfirmed=figures.unconfirmed,
        next_actors=_next_actors(figures.counts),
        files=[str(path) for path in target.paths],
        authority=meta.authority.as_result(),
        registration=source.registration.as_result(),
    )
    _check_access(ctx, access, result)
    return result


def _next_actors(counts: t.Mapping[str, int]) -> dict[str, int]:
    """Return how many Macs wait for their user, and how many for an administrator."""
    return {
        actor: sum(count for stage, count in counts.items() if ACTORS[stage] == actor)
        for actor in (USER, ADMINISTRATOR)
    }


def _find_target(ctx: ModuleContext) -> _Target:
    """Return where the report goes. Raises BadOption, also for what no request has to be sent."""
    params = ctx.params
    paths = files.name_files(params["dest"], params["formats"])
    mode = files.parse_mode(params["mode"])
    if params["on_date"] is not None:
        require_timestamp("on_date", params["on_date"])
    source = files.ReportSource(params["okta_org_url"], params["kandji_api_url"])
    files.check_source(paths, source)
    return _Target(paths, mode, files.History.read(params["state_dir"], source))


def _read(ctx: ModuleContext) -> _Source:
    """Return what both vendors show."""
    params = ctx.params
    authorities = read_authorities(ctx.okta)
    horizon = choose_horizon(_read_time(ctx), params["within_days"], params["on_date"])
    others = OtherPolicies(ctx.okta)
    apps = report_access_reader.read_judged_apps(ctx.okta, params["apps"], others)
    users = report_access_reader.UserReader()
    rings, competitors = read_rings(ctx.kandji, ring_options(params), params["scep_profile_prefix"])
    query = FleetQuery(
        rings,
        params["okta_verify_item_ids"],
        competitors,
        _read_expiries(ctx, rings, authorities),
        with_use=True,
        with_accounts=bool(apps),
        elsewhere=Elsewhere.of_options(params),
    )
    fleet = read_fleet(ctx.okta, ctx.kandji, query, users.add if apps else None)
    warnings = (
        describe_warning(SharedMacs.of_fleet(fleet.macs)),
        query.elsewhere.describe_unknown(fleet.macs),
    )
    for warning in filter(None, warnings):
        ctx.warn(warning)
    registration = RegistrationReader(ctx.okta, others.fast_pass)
    registration.explain(fleet)
    people = (mac.person for mac in fleet.macs_of_org)
    known = users.read(ctx.okta, apps, others.sessions, people) if apps else None
    problems = (each.problem for each in apps if each.problem)
    notes = tuple(dict.fromkeys((*problems, *users.notes, *others.unread)))
    return _Source(rings, authorities, fleet, registration, horizon, apps, known, notes)


def _read_expiries(
    ctx: ModuleContext, rings: t.Sequence[Ring], authorities: Authorities
) -> Expiries:
    """Return what the ledger and the certificate check know of the expiry of certificates."""
    return known_expiry(
        ctx.kandji,
        ctx.params["certificate_check_item_id"],
        ctx.okta.org_url,
        ctx.params["state_dir"],
        authorities.key_expiries,
        subjects_by_ring(rings)[None],
    )


def _write(
    ctx: ModuleContext, target: _Target, kept: KeptRows, figures: Figures, meta: Meta
) -> list[Change]:
    """Write the files that differ, and what the next report compares with. Return the changes."""
    changes: list[Change] = []
    for path in target.paths:
        pieces = _render(path.suffix[1:], kept, figures, meta)
        ctx.progress(f"writing {path.name}")
        changes += files.write_report(
            path, pieces, figures.fingerprint, target.mode, ctx.check_mode
        )
    # Last, so that a run that was interrupted says what changed once more.
    try:
        changes += target.history.keep(
            figures.fingerprint, meta.generated_at, figures.stages, ctx.check_mode
        )
    except BadOption as error:
        ctx.warn(f"{error.message} The report is written, and no history is kept.")
    return changes


def _check_access(ctx: ModuleContext, access: AccessForecast, result: Result) -> None:
    """Warn or raise Refused if more people would lose access than may.

    The refusal says what was written: the report is there.
    """
    message = access.describe_losses(ctx.params["max_losing_access"])
    if not message:
        return
    if ctx.params["on_losing_access"] == "fail":
        written = {name: result[name] for name in ("changed", "changes", "files", "access")}
        raise Refused(message, **written)
    ctx.warn(message)


def _read_time(ctx: ModuleContext) -> datetime:
    """Return the time by Okta's clock. That of this machine may be wrong.

    The first answer of Okta has its time.
    """
    return datetime.fromtimestamp(ctx.okta.transport.now(), timezone.utc)


def _build_meta(
    ctx: ModuleContext,
    rings: t.Sequence[Ring],
    authorities: Authorities,
    access: AccessForecast,
) -> Meta:
    params = ctx.params
    return Meta(
        generated_at=format_timestamp(_read_time(ctx)),
        org_url=ctx.params["okta_org_url"],
        tenant=ctx.params["kandji_api_url"],
        order=STAGES,
        renewals={
            ring.name: estimate_renewal(ring.profile.updated_at, ctx.params["redistribution_days"])
            for ring in rings
            if ring.profile
        },
        rollout=describe_rollout(rings),
        authority=authority_status(authorities, ring_urls(rings), ctx.okta.transport.now()),
        access=access,
        question=describe_question(access.horizon, params["within_days"], params["on_date"]),
        history=bool(ctx.params["state_dir"]),
        api_calls=sum(int(each["count"]) for each in ctx.calls()),
    )


def _render(
    kind: str,
    kept: t.Iterable[MacRow],
    figures: Figures,
    meta: Meta,
) -> t.Callable[[], t.Iterator[str]]:
    if kind == "csv":
        return lambda: csv_json.csv_pieces(kept)
    render = html.html_pieces if kind == "html" else csv_json.json_pieces
    return lambda: render(kept, figures, meta)


def main() -> None:
    """Run the module."""
    run_module(
        run, USES, argument_spec=arguments(OKTA, KANDJI, FLEET, OPTIONAL_RINGS, PROFILES, OPTIONS)
    )


if __name__ == "__main__":
    main()
