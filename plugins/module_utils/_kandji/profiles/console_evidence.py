# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Macs show of a console-managed SCEP item: statuses, profiles and certificates. Pure."""

from __future__ import annotations

import typing as t

from ..._core.results import Result
from ..certificate_proof import Proof, Subject
from ..records import InstalledProfile, ItemStatus, PrismCertificate, newest_statuses
from .scep import Plan


def find_kept_blueprints(plan: Plan) -> list[str]:
    """Return the ids of the blueprints that had the item before the plan.

    Those that get it in this run show nothing of it yet.
    """
    assigned = {blueprint.id for blueprint in plan.assignment.assign}
    return [each.id for each in plan.wanted.blueprints if each.id not in assigned]


def judge_certificates(
    reported: t.Mapping[str, t.Sequence[InstalledProfile]],
    certificates: t.Iterable[PrismCertificate],
) -> dict[str, set[Proof]]:
    """Return what the identity certificates of Macs prove, by serial.

    :arg reported: the profiles of the item that Macs reported, by serial.
    """
    proofs: dict[str, set[Proof]] = {}
    for certificate in certificates:
        subject = Subject().installed(reported.get(certificate.serial, ()))
        proof = subject.judge(certificate, certificate.serial)
        proofs.setdefault(certificate.serial, set()).add(proof)
    return proofs


def summarize_evidence(
    plan: Plan,
    serials: t.AbstractSet[str],
    statuses: t.Sequence[ItemStatus],
    profiles: t.Iterable[InstalledProfile],
    certificates: t.Iterable[PrismCertificate],
) -> Result:
    """Return what a result holds of the item on the Macs with these serials.

    :arg statuses: those of the item.
    :arg profiles: those of the item that Macs reported.
    :arg certificates: all identity certificates.
    """
    assigned = {blueprint.id for blueprint in plan.assignment.assign}
    states = [
        status.state
        for status in newest_statuses(statuses).values()
        if status.blueprint_id not in assigned
    ]
    reported: dict[str, list[InstalledProfile]] = {}
    for profile in profiles:
        reported.setdefault(profile.serial, []).append(profile)
    proofs = judge_certificates(reported, certificates)
    held = [proofs.get(serial, {Proof.NONE}) for serial in serials]
    return {
        "statuses": {state: states.count(state) for state in sorted(set(states))},
        "certificates": sum(Proof.PROVED in each for each in held),
        "unproved": sum(Proof.PROVED not in each and each != {Proof.NONE} for each in held),
        "profiles": len(serials & set(reported)),
    }
