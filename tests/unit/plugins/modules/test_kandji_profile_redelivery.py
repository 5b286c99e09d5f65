# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A redelivery to several Macs, of which one must not stop the others."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
    DeviceTrustError,
    Forbidden,
    NotFound,
    Refused,
    Unauthorized,
    Uncertain,
    Unreachable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.polling import Poll
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.retry import (
    error_may_pass,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    redelivery_apply,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    InstalledProfile,
    KandjiDevice,
    LibraryItem,
    PrismCertificate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.modules import kandji_profile_redelivery

ITEM, TAG = "8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b1a", "okta-scep-redelivery"
BEFORE, ISSUED_BEFORE = "2026-05-20T10:00:00Z", "2026-11-20T10:00:00Z"


def device(number: int, **row: t.Any) -> dict[str, t.Any]:
    """Return a Mac of the map, without the tag."""
    plain = {"device_id": f"d{number}", "serial_number": f"C{number}", "platform": "Mac"}
    return {**plain, "blueprint_id": "map", "tags": ["vip"], **row}


class Tenant:
    """A tenant with these devices. Those of ``holding`` have an old profile."""

    def __init__(self, *devices: t.Any, holding: t.Collection[str] = (), lists: bool = True):
        self.rows = {row["device_id"]: row for row in devices}
        self.holding, self.lists, self.checked_in = holding, lists, []
        self.written: dict[str, list[str]] = {}
        self.pending: t.Collection[str] = ()
        self.transport = SimpleNamespace(now=lambda: 1795600000.0)

    def devices(self, tag_name: str = "", **_filters: str) -> t.Iterator[KandjiDevice]:
        for row in self.rows.values():
            if not tag_name or tag_name in row.get("tags", ()):
                hidden = () if self.lists else ("tags",)
                yield KandjiDevice.from_row({k: row[k] for k in row if k not in hidden})

    def devices_with_serials(
        self, serials: t.Sequence[str], platform: str = ""
    ) -> t.Iterator[KandjiDevice]:
        rows = (each for each in self.devices() if each.serial in serials)
        return (each for each in rows if platform in ("", each.platform))

    def device(self, device_id: str) -> KandjiDevice:
        return KandjiDevice.from_row(self.rows[device_id])

    def set_tags(self, device_id: str, before: list[str], tags: list[str]) -> None:
        assert before == list(self.rows[device_id].get("tags") or ())
        self.rows[device_id]["tags"] = self.written[device_id] = tags

    def daily_check_in(self, device_id: str) -> bool:
        self.checked_in.append(device_id)
        return device_id not in self.pending

    def profiles(self) -> t.Iterator[CustomProfile]:
        return iter([CustomProfile(ITEM, "SCEP")])

    def library_items(self, blueprint_id: str) -> list[LibraryItem]:
        if blueprint_id == "gone":
            raise NotFound("No blueprint.", vendor="kandji")
        return [] if blueprint_id == "other" else [LibraryItem(ITEM, "SCEP")]

    def prism_profiles(
        self, _row_filter: t.Any, _blueprint_ids: t.Any = ()
    ) -> t.Iterator[InstalledProfile]:
        identifier = f"com.kandji.profile.custom.{ITEM}"
        return (
            InstalledProfile.from_row(
                {"device_id": holder, "payload_identifier": identifier, "created_at": BEFORE}
            )
            for holder in self.holding
        )

    def prism_certificates(self, _row_filter: t.Any) -> t.Iterator[PrismCertificate]:
        return iter(())

    def blueprints(self) -> t.Iterator[Blueprint]:
        return iter([Blueprint("map", "All", "map"), Blueprint("old", "Old", "classic")])

    def has_tag(self, name: str) -> bool:
        return name == TAG


def redeliver(
    tenant: Tenant,
    *serials: str,
    check: bool = False,
    on_wait: t.Callable[[], None] = lambda: None,
    warn: t.Callable[[str], None] = lambda _text: None,
    **params: t.Any,
) -> t.Any:
    """Return the module's result."""
    options = {"library_item_id": ITEM, "issued_before": ISSUED_BEFORE, "tag": TAG, "wait": 0}
    run = SimpleNamespace(
        params={
            "max_started": 10,
            "test_enrollment": False,
            "poll_interval": 1,
            "unfinished": False,
            "plan_only": False,
            **options,
            "serials": serials,
            **params,
        },
        kandji=tenant,
        check_mode=check,
        warn=warn,
        poll=partial(Poll, lambda *_how: on_wait(), may_pass=error_may_pass),
    )
    return kandji_profile_redelivery.run(run)  # type: ignore[arg-type]  # stub


def states(result: t.Any) -> dict[str, str]:
    """Return the state of each Mac, by serial."""
    return {mac["serial_number"]: mac["state"] for mac in result["macs"]}


def reason(result: t.Any, serial: str) -> str:
    """Return the reason of one Mac's state."""
    (text,) = [mac["reason"] for mac in result["macs"] if mac["serial_number"] == serial]
    return str(text)


TAGGED = {"tags": ["vip", TAG]}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("lists", [True, False])
def test_unfinished_macs_go_on_though_nobody_names_them(check: bool, lists: bool) -> None:
    """One lost its profile, one still holds it; others are of another profile or have no tag."""
    macs = [device(1, **TAGGED), device(2, **TAGGED), device(4)]
    macs.append(device(3, blueprint_id="other", **TAGGED))
    tenant = Tenant(*macs, holding=["d2"], lists=lists)
    result = redeliver(tenant, unfinished=True, issued_before=None, check=check)
    assert states(result) == {"C1": "delivering", "C2": "excluding"}
    assert result["unfinished"] == ["C1", "C2"] and result["left_over"] == []
    assert tenant.written == ({} if check else {"d1": ["vip"]})
    assert tenant.checked_in == ([] if check else ["d1", "d2"])


def test_an_unfinished_mac_next_to_a_named_one_is_not_left_over() -> None:
    tenant = Tenant(device(1), device(2, **TAGGED), holding=["d1", "d2"])
    result = redeliver(tenant, "C1", unfinished=True)
    assert states(result) == {"C1": "excluding", "C2": "excluding"}
    assert (result["unfinished"], result["left_over"]) == (["C2"], [])
    assert tenant.written == {"d1": ["vip", TAG]}


def test_devices_of_one_serial_are_not_finished() -> None:
    tenant = Tenant(device(2, **TAGGED), device(3, serial_number="C2", **TAGGED))
    result = redeliver(tenant, unfinished=True)
    assert result["macs"] == [] and result["finished"] and tenant.written == {}


def test_without_unfinished_macs_nothing_is_done() -> None:
    tenant = Tenant(device(1), holding=["d1"])
    result = redeliver(tenant, unfinished=True, issued_before=None)
    assert not result["changed"] and result["macs"] == [] and result["finished"]


def test_without_the_permission_to_request_check_ins_all_macs_go_on() -> None:
    class Refusing(Tenant):
        def daily_check_in(self, device_id: str) -> bool:
            super().daily_check_in(device_id)
            raise Forbidden("The token lacks the permission Daily check-in.", vendor="kandji")

    tenant = Refusing(device(1), device(2), device(3, **TAGGED), holding=["d1", "d2"])
    warnings: list[str] = []
    result = redeliver(tenant, "C1", "C2", warn=warnings.append)
    assert states(result) == {"C1": "excluding", "C2": "excluding"}
    assert tenant.written == {"d1": ["vip", TAG], "d2": ["vip", TAG], "d3": ["vip"]}
    said = [warning for warning in warnings if "Daily check-in" in warning]
    assert len(tenant.checked_in) == len(said) == 1
    assert result["asked_to_check_in"] == [] and result["changed"]
    assert result["written_to"] == ["C3", "C1", "C2"]


def test_only_accepted_requests_of_check_ins_are_listed() -> None:
    """The permission was there for the first ones."""

    class Refusing(Tenant):
        def daily_check_in(self, device_id: str) -> bool:
            if device_id == "d3":
                raise Forbidden("The token lacks the permission Daily check-in.", vendor="kandji")
            return super().daily_check_in(device_id)

    tenant = Refusing(*map(device, (1, 2, 3, 4)), holding=["d1", "d2", "d3", "d4"])
    tenant.pending = ["d2"]
    result = redeliver(tenant, "C1", "C2", "C3", "C4")
    assert tenant.checked_in == ["d1", "d2"] and result["asked_to_check_in"] == ["C1"]
    assert result["written_to"] == ["C1", "C2", "C3", "C4"]


@pytest.mark.parametrize(
    ("error", "listed"), [(Uncertain("Lost."), ["C1", "C2"]), (NotFound("No such device."), ["C2"])]
)
def test_a_mac_whose_write_was_refused_is_not_listed_as_written_to(
    error: DeviceTrustError, listed: list[str]
) -> None:
    class Failing(Tenant):
        def set_tags(self, device_id: str, before: list[str], tags: list[str]) -> None:
            if device_id == "d1":
                raise error
            super().set_tags(device_id, before, tags)

    tenant = Failing(device(1), device(2), holding=["d1", "d2"])
    assert redeliver(tenant, "C1", "C2")["written_to"] == listed


def test_a_mac_is_listed_once_however_its_serial_is_spelled() -> None:
    class AnyCase(Tenant):
        def devices_with_serials(
            self, serials: t.Sequence[str], platform: str = ""
        ) -> t.Iterator[KandjiDevice]:
            return super().devices_with_serials([each.upper() for each in serials], platform)

    result = redeliver(AnyCase(device(1), holding=["d1"]), "c1")
    assert (result["asked_to_check_in"], result["written_to"]) == (["c1"], ["C1"])


def test_a_pending_check_in_of_a_left_over_mac_is_not_listed() -> None:
    tenant = Tenant(device(1), device(2, **TAGGED))
    tenant.pending = ["d2"]
    result = redeliver(tenant, "C1")
    assert result["left_over"] == ["C2"] and result["asked_to_check_in"] == ["C1"]


def test_old_certificates_of_named_macs_need_a_time() -> None:
    with pytest.raises(BadOption, match="^issued_before: it is not set"):
        redeliver(Tenant(device(1)), "C1", unfinished=True, issued_before=None)
    with pytest.raises(BadOption, match="^serials: name at least one Mac"):
        redeliver(Tenant(device(1)), issued_before=None)


def test_a_plan_alone_takes_no_step_and_says_the_next_one() -> None:
    macs = [device(1), device(2, **TAGGED), device(3, **TAGGED)]
    tenant = Tenant(*macs, holding=["d1"])
    result = redeliver(tenant, "C1", "C2", plan_only=True, wait=60)
    assert states(result) == {"C1": "excluding", "C2": "delivering"}
    assert not result["changed"] and not result["finished"] and result["left_over"] == ["C3"]
    assert result["changes"] == [f"update tags of the Mac C{each}: tags" for each in (2, 3, 1)]
    assert tenant.written == {} and tenant.checked_in == []


@pytest.mark.parametrize("check", [True, False])
def test_a_plan_alone_enrolls_outside_check_mode(
    check: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    proofs: list[tuple[bool, bool]] = []

    def enroll(ctx: t.Any, _profile: CustomProfile, enrolls: bool) -> None:
        proofs.append((ctx.check_mode, enrolls))

    monkeypatch.setattr(redelivery_apply, "_try_enrollment", enroll)
    tenant = Tenant(device(1), holding=["d1"])
    redeliver(tenant, "C1", plan_only=True, test_enrollment=True, check=check)
    assert proofs == [(check, True)] and tenant.written == {}


@pytest.mark.parametrize(
    "others, part",
    [
        ([device(2), device(3, serial_number="C2")], "Kandji has 2 devices with its serial"),
        ([device(2, platform="iPhone")], "It is not a Mac; Kandji shows the platform 'iPhone'"),
        ([], "Kandji has no device with this serial"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_a_serial_without_one_mac_is_unknown_and_the_others_get_their_profile_back(
    others: t.Any, part: str, check: bool
) -> None:
    tenant = Tenant(device(1, **TAGGED), *others)
    result = redeliver(tenant, "C2", "C1", check=check)
    assert list(states(result).items()) == [("C2", "unknown"), ("C1", "delivering")]
    assert reason(result, "C2").startswith(part) and not result["finished"]
    assert result["changes"] == ["update tags of the Mac C1: tags"]
    assert tenant.written == ({} if check else {"d1": ["vip"]})


def test_devices_of_one_serial_are_not_written_to_as_left_over_either() -> None:
    twice = [device(2, **TAGGED), device(3, serial_number="C2", **TAGGED)]
    tenant = Tenant(device(1, **TAGGED), *twice)
    result = redeliver(tenant, "C1", "C2")
    assert result["left_over"] == [] and tenant.written == {"d1": ["vip"]}


def test_serials_of_which_kandji_has_none_are_refused() -> None:
    with pytest.raises(BadOption, match="^serials: Kandji has no Mac C7, C8"):
        redeliver(Tenant(device(1)), "C7", "C8")


def without_tags(number: int) -> dict[str, t.Any]:
    """Return a Mac of which no answer shows the tags."""
    return {name: value for name, value in device(number).items() if name != "tags"}


@pytest.mark.parametrize("check", [True, False])
def test_a_tag_that_only_get_device_shows_is_removed(check: bool) -> None:
    """The recorded rows of List Devices have no tags."""
    tenant = Tenant(device(1, **TAGGED), device(2), lists=False)
    result = redeliver(tenant, "C1", "C2", check=check)
    assert states(result) == {"C1": "delivering", "C2": "delivering"}
    assert result["changes"] == ["update tags of the Mac C1: tags"]
    assert tenant.written == ({} if check else {"d1": ["vip"]})


def test_a_left_over_tag_that_only_get_device_shows_is_removed() -> None:
    tenant = Tenant(device(1), device(2, **TAGGED), lists=False)
    result = redeliver(tenant, "C1")
    assert result["left_over"] == ["C2"] and tenant.written == {"d2": ["vip"]}


def test_a_mac_whose_tags_no_answer_shows_is_unknown() -> None:
    tenant = Tenant(device(1, **TAGGED), without_tags(2))
    result = redeliver(tenant, "C1", "C2")
    assert states(result) == {"C1": "delivering", "C2": "unknown"}
    assert "without the tags of the Mac C2" in reason(result, "C2") and not result["finished"]
    assert tenant.written == {"d1": ["vip"]}


def test_a_mac_that_was_deleted_while_its_tags_were_read_is_unknown() -> None:
    tenant = Tenant(device(1, **TAGGED), device(2), lists=False)
    read = tenant.device

    def deleted(device_id: str) -> KandjiDevice:
        if device_id == "d2":
            raise NotFound("Kandji has no device d2.")
        return read(device_id)

    tenant.device = deleted  # type: ignore[method-assign]  # one answer
    result = redeliver(tenant, "C1", "C2")
    assert states(result) == {"C1": "delivering", "C2": "unknown"}
    assert reason(result, "C2") == "Kandji has no device d2."


def test_a_listed_tag_is_not_read_twice() -> None:
    tenant = Tenant(device(1), device(2))
    tenant.device = None  # type: ignore[assignment,method-assign]  # not called
    assert states(redeliver(tenant, "C1", "C2")) == {"C1": "delivering", "C2": "delivering"}


REFUSALS: list[tuple[dict[str, t.Any], dict[str, t.Any], str]] = [
    ({}, {"max_started": 0}, "max_started"),
    ({"blueprint_id": "old"}, {}, "'Old' is a classic one"),
    ({}, {"tag": "none"}, "does not have the tag 'none'"),
]


@pytest.mark.parametrize("begins, params, part", REFUSALS)
@pytest.mark.parametrize("check", [True, False])
def test_macs_that_an_earlier_run_tagged_come_before_a_refusal(
    begins: dict[str, t.Any], params: dict[str, t.Any], part: str, check: bool
) -> None:
    """One is named, one is left over, and one waits for the check-in that installs its profile."""
    tagged = {"tags": ["vip", params.get("tag", TAG)]}
    macs = [device(1, **begins), device(2, **tagged), device(3, **tagged), device(4)]
    tenant = Tenant(*macs, holding=["d1"])
    with pytest.raises(DeviceTrustError) as caught:
        redeliver(tenant, "C1", "C2", "C4", check=check, **params)
    message, details = caught.value.message, caught.value.details
    assert part in message and details["left_over"] == ["C3"]
    assert details["changes"] == [f"update tags of the Mac C{each}: tags" for each in (2, 3)]
    assert tenant.written == ({} if check else {"d2": ["vip"], "d3": ["vip"]})
    assert tenant.checked_in == ([] if check else ["d2", "d4", "d3"])
    for name in ("asked_to_check_in", "written_to"):
        assert details.get(name, []) == ([] if check else ["C2", "C4", "C3"])
    assert ("Nothing was written." in message) is check
    assert ("The tag was removed from C2, C3; nothing else was written." in message) is not check


@pytest.mark.parametrize("begins, params, part", REFUSALS)
def test_a_refusal_before_any_write_says_so(
    begins: dict[str, t.Any], params: dict[str, t.Any], part: str
) -> None:
    tenant = Tenant(device(1, **begins), holding=["d1"])
    with pytest.raises(DeviceTrustError, match=part) as caught:
        redeliver(tenant, "C1", **params)
    assert "Nothing was written." in caught.value.message and tenant.written == {}
    assert "changes" not in caught.value.details


def test_no_limit_applies_to_macs_that_get_their_profile_back() -> None:
    tenant = Tenant(device(1, **TAGGED), device(2, **TAGGED))
    result = redeliver(tenant, "C1", "C2", max_started=0)
    assert states(result) == {"C1": "delivering", "C2": "delivering"}


def test_a_mac_that_begins_while_others_are_waited_for_counts_too() -> None:
    """Its profile was not reported at first. The limit is for the whole run."""
    tenant = Tenant(device(1), device(2), holding=["d1"])
    with pytest.raises(Refused, match="to 2 Macs, and 1 is the limit. The tag was set on C1;"):
        redeliver(
            tenant,
            "C1",
            "C2",
            max_started=1,
            wait=2,
            on_wait=lambda: setattr(tenant, "holding", ["d1", "d2"]),
        )
    assert tenant.written == {"d1": ["vip", TAG]}


class Undated(Tenant):
    """A tenant that does not report since when these Macs have the profile."""

    undated: t.Collection[str] = ()

    def prism_profiles(
        self, _row_filter: t.Any, _blueprint_ids: t.Any = ()
    ) -> t.Iterator[InstalledProfile]:
        for row in super().prism_profiles(_row_filter, _blueprint_ids):
            yield replace(row, created_at=None) if row.device_id in self.undated else row


def test_a_mac_that_began_and_then_is_unknown_counts_once() -> None:
    tenant = Undated(device(1), device(2), holding=["d1"])

    def on_wait() -> None:
        tenant.undated = ["d1", "d2"] if "d2" in tenant.written else ["d1"]
        tenant.holding = ["d1", "d2"]
        for device_id in tenant.undated:
            tenant.rows[device_id]["tags"] = ["vip"]

    result = redeliver(tenant, "C1", "C2", max_started=2, wait=60, on_wait=on_wait)
    assert states(result) == {"C1": "unknown", "C2": "unknown"}
    assert tenant.written == {"d1": ["vip", TAG], "d2": ["vip", TAG]}


@pytest.mark.parametrize("check", [True, False])
def test_a_refusal_says_how_many_macs_are_unknown(check: bool) -> None:
    tenant = Undated(*map(device, range(1, 6)), holding=[f"d{each}" for each in range(1, 6)])
    tenant.undated = ["d3", "d4", "d5"]
    with pytest.raises(Refused) as refused:
        redeliver(tenant, *(f"C{each}" for each in range(1, 6)), max_started=2, check=check)
    assert refused.value.message == (
        "max_started: The redelivery of the profile 'SCEP' would give new certificates to 5 Macs, 3"
        " of which Kandji does not show enough of, and 2 is the limit. Nothing was written. Set"
        " max_started: 5 if that is intended."
    )


# Tags that a write takes away


class Forgetting(Tenant):
    """A tenant in which a write leaves only these of the other tags."""

    keeps: t.Collection[str] = ()

    def set_tags(self, device_id: str, before: list[str], tags: list[str]) -> None:
        super().set_tags(device_id, before, [tag for tag in tags if tag in {TAG, *self.keeps}])


@pytest.mark.parametrize(("own", "state"), [([], "excluding"), ([TAG], "delivering")])
@pytest.mark.parametrize("keeps", ["", "b", "abc"])
def test_other_tags_that_a_write_takes_away_are_named(
    own: list[str], state: str, keeps: str
) -> None:
    tenant = Forgetting(device(1, tags=["a", "b", "c", *own]), device(2, tags=own))
    tenant.holding, tenant.keeps = ([] if own else ["d1", "d2"]), keeps
    warnings: list[str] = []
    result = redeliver(tenant, "C1", "C2", warn=warnings.append)
    assert states(result) == {"C1": state if keeps else "unknown", "C2": state}
    assert result["changes"] == [f"update tags of the Mac C{each}: tags" for each in (1, 2)]
    text = {
        "": "Kandji shows no other tags of the Mac C1 any more, and showed a, b, c before.",
        "b": "Kandji does not show these tags of the Mac C1 any more: a, c.",
        "abc": "",
    }[keeps]
    assert len(warnings) == bool(text) and text in "".join(warnings)


def test_tags_that_another_program_wrote_in_their_place_are_accepted_with_a_warning() -> None:
    tenant = Tenant(device(1), holding=["d1"])
    warnings: list[str] = []
    write, programs = tenant.set_tags, [["loaner"]]

    def overtake(device_id: str, before: list[str], tags: list[str]) -> None:
        write(device_id, before, tags)
        if programs:
            tenant.rows[device_id]["tags"] = programs.pop()

    tenant.set_tags = overtake  # type: ignore[method-assign]  # a stub
    result = redeliver(tenant, "C1", warn=warnings.append)
    assert states(result) == {"C1": "excluding"} and tenant.written["d1"] == ["loaner", TAG]
    assert "Another program changed the tags of the Mac C1" in warnings[0]
    assert "any more: vip." in warnings[1] and len(warnings) == 2


def test_tags_of_a_mac_to_which_nothing_was_written_are_not_compared() -> None:
    """Another program replaced them all after the list was read, and removed the tag, too."""
    tenant = Tenant(device(1, **TAGGED))
    warnings: list[str] = []
    tenant.device = lambda _id: KandjiDevice.from_row(  # type: ignore[method-assign]  # a stub
        device(1, tags=[])
    )
    result = redeliver(tenant, "C1", warn=warnings.append)
    assert states(result) == {"C1": "delivering"} and warnings == [] and tenant.written == {}


# One Mac that fails


class Failing(Tenant):
    """A tenant in which requests about one device, d1, go wrong in the ways of ``faults``."""

    faults: t.ClassVar[dict[str, t.Any]] = {}

    def device(self, device_id: str) -> KandjiDevice:
        row = self.rows[device_id]
        if device_id == "d1" and "tags" in self.faults:
            row = {key: value for key, value in row.items() if key != "tags"}
        if device_id == "d1" and "serial" in self.faults:
            row = {**row, "serial_number": "OTHER"}
        return KandjiDevice.from_row(row)

    def set_tags(self, device_id: str, before: list[str], tags: list[str]) -> None:
        if not (device_id == "d1" and "lossy" in self.faults):
            super().set_tags(device_id, before, tags)

    def daily_check_in(self, device_id: str) -> bool:
        if device_id == "d1" and "check_in" in self.faults:
            raise NotFound("Kandji answered 404.", vendor="kandji", status=404)
        return super().daily_check_in(device_id)


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        ("tags", "without the tags of the Mac C1"),
        ("serial", "is no longer the Mac C1"),
        (
            "lossy",
            "not keep the tags of the Mac C1 as written. The tags of the Mac C1 are as they were before.",
        ),
        ("check_in", "Kandji answered 404."),
    ],
)
@pytest.mark.parametrize("state", [{}, TAGGED])
def test_a_mac_whose_step_fails_is_unknown_and_the_others_get_theirs(
    fault: str, part: str, state: dict[str, t.Any]
) -> None:
    holding = () if state else ("d1", "d2")
    tenant = Failing(device(1, **state), device(2, **state), holding=holding)
    tenant.faults = {fault: True}
    result = redeliver(tenant, "C1", "C2")
    other = "delivering" if state else "excluding"
    assert states(result) == {"C1": "unknown", "C2": other} and part in reason(result, "C1")
    assert not result["finished"] and "d2" in tenant.written and "d2" in tenant.checked_in


@pytest.mark.parametrize(
    ("overwritten", "reason_of_loss"),
    [
        (None, "The tags of the Mac C1 are as they were before."),
        (["vip", "loaner"], "Another program changed the tags of the Mac C1 at the same time."),
    ],
)
def test_a_warning_of_lost_tags_says_what_kandji_shows(
    overwritten: list[str] | None, reason_of_loss: str
) -> None:
    tenant = Tenant(device(1), holding=("d1",))
    warnings: list[str] = []
    write, lost = tenant.set_tags, [True]

    def lose_answer(device_id: str, before: list[str], tags: list[str]) -> None:
        if lost.pop() if lost else False:
            tenant.rows[device_id]["tags"] = overwritten or before
            raise Uncertain("The answer was lost.")
        write(device_id, before, tags)

    tenant.set_tags = lose_answer  # type: ignore[method-assign]  # a stub
    redeliver(tenant, "C1", warn=warnings.append)
    again = f"{reason_of_loss} Its tag {TAG!r} is written again."
    assert warnings[1:] == [again] and "was lost" in warnings[0]


def test_if_each_mac_fails_the_module_does_and_says_what_was_written() -> None:
    tenant = Failing(device(1), holding=("d1",))
    tenant.faults = {"check_in": True}
    with pytest.raises(NotFound) as raised:
        redeliver(tenant, "C1")
    assert raised.value.details["changes"] == ["update tags of the Mac C1: tags"]
    assert states(raised.value.details) == {"C1": "unknown"}


@pytest.mark.parametrize("fault", ["tags", "lossy"])
def test_a_left_over_mac_that_fails_leaves_the_others_their_steps(fault: str) -> None:
    tenant = Failing(device(1, **TAGGED), device(2, **TAGGED), device(3, **TAGGED), lists=False)
    tenant.faults = {fault: True}
    result = redeliver(tenant, "C2")
    assert result["left_over"] == ["C3"] and states(result) == {"C2": "delivering"}
    assert set(tenant.checked_in) == {"d2", "d3"}


def test_the_tags_of_waiting_macs_are_read_again() -> None:
    """Another program removes the tag while the run waits for a check-in, so it is set again."""
    tenant = Tenant(device(1), holding=("d1",))
    rounds: list[int] = []

    def on_wait() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            tenant.rows["d1"]["tags"] = ["vip"]
        else:
            tenant.holding = ()

    result = redeliver(tenant, "C1", wait=0.5, on_wait=on_wait)
    assert len(rounds) > 1 and tenant.checked_in[:2] == ["d1", "d1"]
    assert states(result)["C1"] in ("delivering", "certifying")


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("holding", [(), ("d1", "d2", "d3")])
def test_a_mac_whose_blueprint_lacks_the_profile_neither_loses_it_nor_waits_for_it(
    holding: t.Any, check: bool
) -> None:
    tenant = Tenant(
        device(1, blueprint_id="other"), device(2), device(3, blueprint_id="gone"), holding=holding
    )
    result = redeliver(tenant, "C1", "C2", "C3", check=check)
    expected = "excluding" if holding else "delivering"
    assert states(result) == {"C1": "unassigned", "C2": expected, "C3": expected}
    assert "is not on the Mac's blueprint" in reason(result, "C1") and not result["finished"]
    assert "d1" not in tenant.written and "d1" not in tenant.checked_in


def test_a_tag_is_removed_from_a_mac_whose_blueprint_lacks_the_profile() -> None:
    tenant = Tenant(device(1, blueprint_id="other", **TAGGED))
    result = redeliver(tenant, "C1")
    assert states(result) == {"C1": "unassigned"} and tenant.written == {"d1": ["vip"]}


DOCK = "<plist><dict><key>PayloadContent</key><array/></dict></plist>"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("holding", [(), ("d1",)])
@pytest.mark.parametrize("row", [{}, {"blueprint_id": "old"}])
def test_a_profile_without_a_scep_payload_is_refused_whoever_holds_it(
    holding: t.Any, check: bool, row: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = Tenant(device(1, **row), holding=holding)
    profile = CustomProfile(ITEM, "Dock", mobileconfig=DOCK)
    monkeypatch.setattr(tenant, "profiles", lambda: iter([profile]))
    with pytest.raises(BadOption) as refused:
        redeliver(tenant, "C1", check=check)
    assert refused.value.message.startswith("library_item_id: the profile 'Dock' has no SCEP")
    assert refused.value.details["option"] == "library_item_id" and not tenant.written


def test_a_refusal_names_where_each_mac_is() -> None:
    tenant = Tenant(device(1, blueprint_id="other"), device(2, blueprint_id="old"), holding=["d2"])
    with pytest.raises(DeviceTrustError) as refused:
        redeliver(tenant, "C1", "C2", check=True)
    assert [mac["state"] for mac in refused.value.details["macs"]] == ["unassigned", "excluding"]


# Errors while a run waits


class Interrupted(Tenant):
    """A tenant one of whose reads fails with these errors, one after the other, once Macs wait."""

    def __init__(self, *devices: t.Any, read: str, errors: t.Sequence[DeviceTrustError]) -> None:
        super().__init__(*devices, holding=[row["device_id"] for row in devices])
        self._fails, self._left = read, list(errors)
        self.waits = 0

    def wait(self) -> None:
        """Let the Macs check in, and lose the profile."""
        self.waits += 1
        self.holding = ()
        if not self._left and not any(TAG in row["tags"] for row in self.rows.values()):
            raise KeyboardInterrupt  # the test is over

    def __getattribute__(self, name: str) -> t.Any:
        plain = super().__getattribute__
        if name in ("_fails", "_left", "waits") or name != plain("_fails") or not plain("waits"):
            return plain(name)
        if plain("_left"):
            raise plain("_left").pop(0)
        return plain(name)


READS = ["devices", "device", "prism_profiles", "prism_certificates"]
UNAVAILABLE = ApiError("Kandji failed.", status=503)


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("error", [UNAVAILABLE, Unreachable("No answer.")])
def test_an_error_that_may_pass_does_not_leave_a_mac_without_its_profile(
    read: str, error: DeviceTrustError
) -> None:
    tenant = Interrupted(device(1), read=read, errors=[error, error])
    with pytest.raises(KeyboardInterrupt):
        redeliver(tenant, "C1", wait=3600, on_wait=tenant.wait)
    assert tenant.rows["d1"]["tags"] == ["vip"] and tenant.waits > 2


def test_a_wait_that_ends_with_an_error_returns_what_was_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter(range(0, 10000, 20))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    tenant, warnings = (
        Interrupted(device(1), read="devices", errors=[UNAVAILABLE] * 99),
        list[str](),
    )
    result = redeliver(tenant, "C1", wait=100, on_wait=tenant.wait, warn=warnings.append)
    assert states(result) == {"C1": "excluding"} and not result["finished"]
    assert result["written_to"] == ["C1"] and tenant.waits > 1
    assert warnings == [
        "The last check of a wait failed: Kandji failed. The result is that of the last check"
        " without an error."
    ]


@pytest.mark.parametrize("read", READS)
def test_an_error_that_stays_ends_a_wait_and_names_what_was_done(read: str) -> None:
    tenant = Interrupted(device(1), read=read, errors=[Unauthorized("Bad token.", status=401)] * 2)
    with pytest.raises(Unauthorized) as raised:
        redeliver(tenant, "C1", wait=3600, on_wait=tenant.wait)
    assert tenant.waits == 1
    details = raised.value.details
    assert details["written_to"] == ["C1"] and details["changes"]
    assert [mac["serial_number"] for mac in details["macs"]] == ["C1"]


def test_a_write_whose_result_cannot_be_read_is_a_change() -> None:
    class Unread(Tenant):
        def set_tags(self, device_id: str, before: list[str], tags: list[str]) -> None:
            super().set_tags(device_id, before, tags)
            self.failing = device_id == "d1"

        def device(self, device_id: str) -> KandjiDevice:
            if vars(self).pop("failing", False):
                raise UNAVAILABLE
            return super().device(device_id)

    result = redeliver(Unread(device(1), device(2), holding=["d1", "d2"]), "C1", "C2")
    assert states(result)["C1"] == "unknown" and result["changed"]
    assert result["changes"] == [f"update tags of the Mac C{each}: tags" for each in (1, 2)]
