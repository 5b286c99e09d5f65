# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""renew_certificates.yml and rotate_scep_challenge.yml over two rings, as they run night by night.

Who goes, who waits, and that everybody stays managed meanwhile.
"""

from __future__ import annotations

import pytest

from lab.control.okta_view import describe_org
from tools.support.playbook import SITE

RENEW, ROTATE = SITE.parent / "renew_certificates.yml", SITE.parent / "rotate_scep_challenge.yml"
QUICK = {"device_trust_gate_wait": 20, "device_trust_poll_interval": 1}
PATCH = "Update Custom Profile"

pytestmark = [pytest.mark.long, pytest.mark.lab(macs=6)]


class Year:
    """Two rings that were set up long ago.

    All their Macs hold certificates, and all their people are managed.
    """

    def __init__(self, watched, run_module, playbook):
        self.watched, self._playbook = watched, playbook
        watched.switch(
            record_before_certificate="heals"
        )  # those who had registered before are managed, too
        self.profiles = {}
        for ring in watched.ring_variables:
            name = f"Okta SCEP - {ring['name']}"
            self.profiles[ring["name"]] = run_module(
                "kandji_scep_profile",
                {"name": name, "blueprints": ring["blueprints"]},
                lab=watched.lab,
            )["profiles"][0]
        for mac in watched.world.macs:
            mac.install_by_hand()
        watched.live()
        self.everybody = self.managed()

    def days(self, number):
        self.watched.control("POST", "/clock/advance", {"days": number})

    def hours(self, number):
        self.watched.control("POST", "/clock/advance", {"hours": number})

    def managed(self):
        return {
            (row["serial"], user["login"])
            for row in describe_org(self.watched.world.okta)["devices"]
            for user in row["users"]
            if user["managed"]
        }

    def certificates(self, *rings):
        """Serial -> the certificate that the Mac holds, of these rings, or of all."""
        names = {
            name
            for ring in self.watched.ring_variables
            if not rings or ring["name"] in rings
            for name in ring["blueprints"]
        }
        blueprints = self.watched.world.kandji.blueprints
        macs = [
            one
            for one in self.watched.world.macs
            if blueprints[one.device.blueprint_id].name in names
        ]
        return {
            one.serial: one.certificates[-1].serial_number if one.certificates else None
            for one in macs
        }

    def in_no_gate(self, ring):
        """A Mac of the ring that is none of its test Macs."""
        tests = [serial for one in self.watched.ring_variables for serial in one["test_macs"]]
        return self.watched.mac(
            next(serial for serial in self.certificates(ring) if serial not in tests)
        )

    def patches(self, since):
        """Which rings' profiles were written, in order."""
        names = {profile["library_item_id"]: name for name, profile in self.profiles.items()}
        return [
            names[one.path.rpartition("/")[2]]
            for one in self.watched.asked(since)
            if one.operation == PATCH
        ]

    def run(self, path, **variables):
        """One run while the Macs check in by themselves.

        Nobody signs in meanwhile. Then they do, and nobody is lost.
        """
        self.watched.switch(macs_act=True)
        result = self._playbook(self.watched.lab, path=path, variables={**QUICK, **variables})
        self.watched.switch(macs_act=False)
        assert result.status == 0, result.output
        self.watched.live()
        assert self.managed() == self.everybody
        return result


@pytest.fixture
def year(watched, run_module, playbook):
    year = Year(watched, run_module, playbook)
    assert len(year.everybody) == len(watched.world.macs)
    return year


def said(result):
    return " ".join(result.output.split())


def test_30_nights_of_renew_yml_with_a_mac_in_a_drawer_make_one_patch(year, watched):
    drawer, old = year.in_no_gate("canary"), year.certificates("canary")
    year.days(330)
    watched.live()
    drawer.device.is_missing = True
    mark = watched.mark()
    for _night in range(30):
        result = year.run(RENEW, device_trust_rings=[watched.canary])
        year.days(1)
    assert (
        year.patches(mark) == ["canary"]
        and "Macs that are not known to hold its present generation: 1. Another generation would"
        in said(result)
    )
    new = year.certificates("canary")
    assert [serial for serial in old if new[serial] == old[serial]] == [drawer.serial]


def test_rings_are_renewed_one_after_the_other_and_nobody_is_lost(year, watched):
    old = year.certificates()
    year.days(340)
    watched.live()
    mark = watched.mark()
    first = year.run(RENEW, device_trust_max_enrollments_per_hour=3)
    assert (
        year.patches(mark) == ["canary"]
        and "It is due, but waits: 3 Macs enroll in this hour already, and 3 more would pass 3 an hour."
        in said(first)
    )
    assert year.certificates("wide") == {
        serial: old[serial] for serial in year.certificates("wide")
    }, "until its turn a ring is left alone"
    year.hours(2)
    year.run(RENEW, device_trust_max_enrollments_per_hour=3)
    assert year.patches(mark) == ["canary", "wide"]
    assert all(number not in (None, old[serial]) for serial, number in year.certificates().items())
    last = year.run(RENEW, device_trust_max_enrollments_per_hour=3)
    assert last.changed == [] and year.patches(mark) == ["canary", "wide"]
    year.days(60)  # the old certificates have ended by now
    watched.live()
    assert year.managed() == year.everybody


def test_the_ledger_is_fed_and_counts(year, watched, tmp_path):
    kept = {
        "device_trust_state_dir": str(tmp_path / "state"),
        "device_trust_certificate_check": True,
    }
    first = year.run(RENEW, **kept)
    assert (
        first.changed == ["Update the certificate ledger"]
        and (tmp_path / "state" / "certificates.jsonl").is_file()
    )
    mark = watched.mark()
    assert (
        year.run(RENEW, **kept).changed == []
        and year.patches(mark) == []
        and "No certificate expires within 30 days" in said(first)
    )


def test_the_next_ring_waits_until_enough_of_the_one_before_are_healthy(year, watched):
    year.days(340)
    watched.live()
    late, mark = year.in_no_gate("canary"), watched.mark()
    late.device.is_missing = True
    first = year.run(RENEW)
    assert year.patches(mark) == ["canary"]
    assert "waits for the ring canary: 66 % of its Macs are healthy, and 90 % have to be." in said(
        first
    )
    assert "waits for the ring canary" in said(year.run(RENEW)) and year.patches(mark) == ["canary"]
    late.device.is_missing = False
    watched.live()
    year.run(RENEW)
    assert year.patches(mark) == ["canary", "wide"]


@pytest.mark.parametrize("path", [RENEW, ROTATE], ids=["renew", "rotate"])
def test_the_url_and_secret_of_another_tab_of_okta_are_refused(year, watched, playbook, path):
    year.days(340)
    watched.live()
    other = watched.control(
        "POST",
        "/okta/platforms",
        {"name": "Desktop MFA", "challenge_type": "STATIC", "device_access": True},
    )
    variables = {
        **QUICK,
        "device_trust_scep_url": other["scep_url"],
        "device_trust_scep_challenge": other["scep_challenge"],
    }
    mark = watched.mark()
    for check in (True, False):
        refused = playbook(watched.lab, path=path, variables=variables, check=check)
        assert refused.status != 0 and watched.writes(mark) == [], refused.output
        assert "it is of the Device Access tab" in said(refused)


@pytest.mark.parametrize("path", [RENEW, ROTATE], ids=["renew", "rotate"])
def test_a_ring_of_another_platform_is_not_moved_by_a_renewal(year, watched, playbook, path):
    """Two tenants' variables are mixed: URL and secret are of one org, the rings of another."""
    year.days(340)
    watched.live()
    other = watched.control(
        "POST", "/okta/platforms", {"name": "Other", "challenge_type": "STATIC"}
    )
    variables = {
        **QUICK,
        "device_trust_scep_url": other["scep_url"],
        "device_trust_scep_challenge": other["scep_challenge"],
    }
    mark = watched.mark()
    for check in (True, False):
        refused = playbook(watched.lab, path=path, variables=variables, check=check)
        assert refused.status != 0 and watched.writes(mark) == [], refused.output
        assert "url: the profile of canary enrolls at" in said(refused)
        assert other["scep_url"] in said(refused)


@pytest.mark.parametrize("path", [RENEW, ROTATE], ids=["renew", "rotate"])
def test_a_change_that_waits_in_the_variables_is_left_to_the_site_playbook(
    year, watched, playbook, path
):
    year.days(340)
    watched.live()
    variables = {**QUICK, "device_trust_scep_subject": "CN=$EMAIL"}
    if path == ROTATE:
        reset = watched.control("POST", "/secret/reset")
        variables["device_trust_scep_challenge"] = reset["scep_challenge"]
    mark = watched.mark()
    for check in (True, False):
        refused = playbook(watched.lab, path=path, variables=variables, check=check)
        assert refused.status != 0 and watched.writes(mark) == [], refused.output
        assert "the variables would change its profile, too: Subject from" in said(refused)
        assert "may_change" not in said(refused).rpartition("Ring canary:")[2]
        assert "the device_trust_max_reissue that all rings need together." in said(refused)


def test_a_run_that_waits_for_a_ring_says_so(year, watched, playbook):
    year.days(340)
    watched.live()
    mark = watched.mark()
    variables = {**QUICK, "device_trust_gate_wait": 0}
    waiting = playbook(watched.lab, path=RENEW, variables=variables)
    assert waiting.status == 0 and year.patches(mark) == ["canary"], waiting.output
    assert (
        "Ring canary has not proven its new certificates yet; the others wait. Run this playbook"
        " again after the Macs have checked in." in said(waiting)
    )


def test_after_a_reset_of_the_secret_rotate_yml_restores_enrollment_ring_by_ring(
    year, watched, shown
):
    old, late = year.certificates(), year.in_no_gate("canary")
    new = watched.control("POST", "/secret/reset")["scep_challenge"]
    year.hours(1)
    late.device.is_missing = True
    mark = watched.mark()
    first = year.run(ROTATE, device_trust_scep_challenge=new)
    assert (
        year.patches(mark) == ["canary"]
        and "Ring canary: The profile holds another challenge; 3 Macs enroll with the new one."
        in said(first)
    )
    # The wide ring has not had its turn: its certificates live, and its people are managed by them.
    # It is in no state to enroll, though.
    assert year.certificates("wide") == {
        serial: old[serial] for serial in year.certificates("wide")
    }
    erased = watched.mac(next(iter(year.certificates("wide"))))
    erased.profiles = {
        identifier: one
        for identifier, one in erased.profiles.items()
        if one.item_id != year.profiles["wide"]["library_item_id"]
    }
    assert erased.check_in().failed == ["Okta SCEP - wide"] and not erased.certificates
    late.device.is_missing = False
    watched.live()
    year.run(ROTATE, device_trust_scep_challenge=new)
    assert year.patches(mark) == ["canary", "wide"]
    assert all(number not in (None, old[serial]) for serial, number in year.certificates().items())
    mark = watched.mark()
    assert (
        year.run(ROTATE, device_trust_scep_challenge=new).changed == []
        and watched.writes(mark) == []
        and shown(new) == []
    )


def test_a_rotation_knows_the_certificates_that_were_issued_since_the_ledger_was_written(
    year, watched, playbook, tmp_path
):
    """By the ledger of the last renewal, the canary's certificates have expired."""
    ledger = {**QUICK, "device_trust_state_dir": str(tmp_path)}
    assert playbook(watched.lab, path=RENEW, variables=ledger).status == 0
    year.days(370)
    new = watched.control("POST", "/secret/reset")["scep_challenge"]
    year.hours(1)
    mark, variables = watched.mark(), {**ledger, "device_trust_scep_challenge": new}
    watched.switch(macs_act=True)
    for _run in range(2):
        done = playbook(watched.lab, path=ROTATE, variables=variables)
    assert year.patches(mark) == ["canary", "wide"], done.output


def test_a_ring_that_a_blueprint_joined_is_sent_to_the_site_playbook(year, watched, playbook):
    year.days(340)
    watched.live()
    with watched.world.lock:  # a Mac of a blueprint that no ring has yet
        blueprints = watched.world.kandji.blueprints.values()
        design = next(each.id for each in blueprints if each.name == "Design")
        year.in_no_gate("wide").device.blueprint_id = design
    joined = watched.canary
    ring = {**joined, "blueprints": [*joined["blueprints"], "Design"]}
    mark = watched.mark()
    variables = {**QUICK, "device_trust_rings": [ring]}
    refused = playbook(watched.lab, path=RENEW, variables=variables)
    assert refused.status != 0 and "Run site.yml, then this playbook again." in said(refused)
    assert "if that is intended" not in refused.output, refused.output
    assert PATCH not in watched.writes(mark) and "Assign Library Item" not in watched.writes(mark)


def test_a_secret_that_is_not_the_new_one_is_refused_before_anything_is_written(
    year, watched, playbook, shown
):
    watched.control("POST", "/secret/reset")
    mark, wrong = watched.mark(), "not-the-secret-that-okta-showed-0123456789"
    refused = playbook(
        watched.lab, path=ROTATE, variables={**QUICK, "device_trust_scep_challenge": wrong}
    )
    assert (
        refused.status != 0
        and "test enrollment was refused" in said(refused)
        and watched.writes(mark) == ["PKIOperation"]
        and shown(wrong) == []
    )


def test_a_rotation_with_the_old_secret_is_refused(year, watched, playbook):
    """The secret was reset in Okta, and the vault still holds the one before."""
    old = watched.lab.announcement["scep_challenge"]
    year.hours(1)
    watched.control("POST", "/secret/reset")
    mark = watched.mark()
    variables = {**QUICK, "device_trust_scep_challenge": old}
    result = playbook(watched.lab, path=ROTATE, variables=variables)
    assert result.status == 2 and "challenge: it is the old one." in said(result), result.output
    assert watched.writes(mark) == [] and old not in result.output


def test_after_the_reset_of_another_platform_a_test_enrollment_decides(year, watched, playbook):
    """Platforms of phones have a secret key, too, and the event need not show whose it was."""
    year.hours(1)
    watched.control("POST", "/secret/reset", {"platform": "iOS"})
    mark = watched.mark()
    predicted = playbook(watched.lab, path=ROTATE, variables=QUICK, check=True)
    assert predicted.status == 0 and watched.writes(mark) == [], predicted.output
    assert "challenge: it may be the old one." in said(predicted)
    result = playbook(watched.lab, path=ROTATE, variables=QUICK)
    assert result.status == 0 and watched.writes(mark) == ["PKIOperation"], result.output
    assert "The profile holds this challenge already." in said(result)
    watched.world.okta.platform.configuration.challenge = "another-secret-0123456789"
    refused = playbook(watched.lab, path=ROTATE, variables=QUICK)
    assert refused.status != 0 and "test enrollment was refused" in said(refused), refused.output


def test_rotate_yml_in_check_mode_says_what_it_will_do_and_writes_nothing(year, watched, playbook):
    new = watched.control("POST", "/secret/reset")["scep_challenge"]
    mark = watched.mark()
    by_hand = {"name": "design", "blueprints": ["Design"], "library_item": "SCEP by hand"}
    variables = {
        **QUICK,
        "device_trust_scep_challenge": new,
        "device_trust_rings": [*watched.ring_variables, by_hand],
    }
    told = playbook(watched.lab, path=ROTATE, check=True, variables=variables)
    assert (
        "Ring design: 'SCEP by hand' was made in Kandji's web app. Open it there (Library), enter"
        " the new secret key as its Challenge" in said(told)
    )
    assert told.status == 0 and told.changed and watched.writes(mark) == [], told.output
    assert "Ring canary: The profile holds another challenge; 3 Macs enroll" in said(
        told
    ) and "Ring wide: It is due, but waits for the ring canary." in said(told)
