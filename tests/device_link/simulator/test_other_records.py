from __future__ import annotations

import httpx
import pytest

from device_link.simulator import SimDevice
from device_link.simulator.state import Contact
from tests.device_link.simulator.conftest import Connect, Simulate
from tests.device_link.simulator.helpers import add_people, ask, must, person

DAY = {"Type": "2", "Name": "Day", "Daily": "08:00-18:00"}


async def test_schedules_have_two_numbers_and_two_that_are_built_in(client: httpx.AsyncClient) -> None:
    added = await must(client, "schedule/add", {"item": [DAY]})
    assert added["item"] == [{"Ret": 0, "Type": 2, "ID": "3", "Name": "Day"}]
    shown = (await must(client, "schedule/get"))["item"]
    assert [(one["ID"], one["DisplayID"], one["Name"]) for one in shown] == [
        ("2", "1002", "Never"),
        ("1", "1001", "Always"),
        ("3", "1", "Day"),
    ]
    await must(
        client,
        "schedule/set",
        {"item": [{"ID": "3", "Type": "2", "Name": "Late", "TimeStart": "10:00", "TimeEnd": "11:00"}]},
    )
    assert (await must(client, "schedule/get"))["item"][2]["Daily"] == "10:00-11:00"
    for one in ("1", "2"):
        assert (await ask(client, "schedule/del", {"item": [{"ID": one}]}))["retcode"] == -1
        assert (await ask(client, "schedule/set", {"item": [DAY | {"ID": one}]}))["retcode"] == -1
    await must(client, "schedule/del", {"item": [{"ID": "3"}, {"ID": "99"}]})
    assert (await must(client, "schedule/get"))["num"] == 2


@pytest.mark.parametrize("key, taken", [("P1", 7), ("P2", -4)])
async def test_a_schedule_s_name_is_its_own(
    simulate: Simulate, connect: Connect, key: str, taken: int
) -> None:
    client = await connect(await simulate(key))
    answer = await must(client, "schedule/add", {"item": [DAY, DAY, DAY | {"Name": "Other"}]})
    assert [one["Ret"] for one in answer["item"]] == [0, taken, 0]
    third = answer["item"][2]["ID"]
    again = await must(client, "schedule/set", {"item": [DAY | {"ID": third}]})
    assert (again["item"][0]["Ret"], again["item"][0]["Type"]) == (taken, -1)


async def test_bad_schedules(simulate: Simulate, connect: Connect, client: httpx.AsyncClient) -> None:
    for bad in ({"Type": "9"}, {"Daily": "late"}, {"Name": ""}):
        assert (await ask(client, "schedule/add", {"item": [DAY | bad]}))["retcode"] == -1
    assert (await ask(client, "schedule/add", {"item": []}))["message"] == "error param"
    assert (await ask(client, "schedule/set", {"item": [DAY | {"ID": "77"}]}))["retcode"] == -1
    assert (await must(client, "schedule/get", {"page": 2}))["item"] == []
    assert (await must(client, "schedule/get", {"SourceType": "Cloud"}))["num"] == 0


@pytest.mark.parametrize("key", ["P1", "R29"])
async def test_schedules_go_out_and_in_again(simulate: Simulate, connect: Connect, key: str) -> None:
    """One model gives XML at once, the others the URL of an archive."""
    client = await connect(await simulate(key))
    await must(
        client,
        "schedule/add",
        {"item": [DAY | {"Name": 'A&"B"<c>'}, DAY | {"Name": "Week", "Type": "1", "Week": "15"}]},
    )
    exported = await client.get("/api/schedule/export")
    content = exported.content if key == "R29" else (await client.get(exported.json()["data"]["url"])).content
    await must(client, "schedule/clear")
    back = await client.post("/api/schedule/import", files={"file": ("s", content)})
    assert back.json()["message"] == "OK"
    shown = (await must(client, "schedule/get"))["item"][2:]
    assert [(one["Name"], one["Daily"], one["Week"]) for one in shown] == [
        ('A&"B"<c>', "08:00-18:00", ""),
        ("Week", "08:00-18:00", "15"),
    ]
    junk = await client.post("/api/schedule/import", files={"file": ("s", b"rubbish")})
    assert junk.json()["retcode"] == -1


async def test_groups(client: httpx.AsyncClient) -> None:
    added = await must(
        client, "group/add", {"item": [{"ID": "-1", "Name": "Floor 2"}, {"Name": "Floor 2"}, {"Name": ""}]}
    )
    assert [(one["Ret"], one["ID"]) for one in added["item"]] == [(0, "-1"), (7, "-1"), (14, "-1")]
    groups = (await must(client, "group/get"))["item"]
    assert groups == [{"ID": "1", "Name": "Default"}, {"ID": "2", "Name": "Floor 2"}]
    changed = await must(
        client, "group/set", {"item": [{"ID": "2", "Name": "Roof"}, {"ID": "9", "Name": "x"}]}
    )
    assert [one["Ret"] for one in changed["item"]] == [0, -4]
    gone = await must(client, "group/del", {"item": [{"ID": "2"}, {"ID": "99"}]})
    assert [one["Ret"] for one in gone["item"]] == [0, 0]
    await must(client, "group/clear")
    assert (await must(client, "group/get"))["num"] == 1


async def test_contacts_of_their_own(client: httpx.AsyncClient) -> None:
    item = {"Name": "Flat 12", "Phone": "1012", "Group": "Default", "Account": "1"}
    added = await must(client, "contact/add", {"num": 1, "item": [item, {"Name": ""}]})
    assert added["item"][0] == item | {"Ret": 0, "ID": "1", "Priority": "-1"}
    assert added["item"][1]["Ret"] == 14
    changed = await must(client, "contact/set", {"item": [{"ID": "1", "Phone": "1013"}, {"ID": "8"}]})
    assert [one["Ret"] for one in changed["item"]] == [0, -7]
    assert (await must(client, "contact/get"))["item"][0]["Phone"] == "1013"
    gone = await must(client, "contact/del", {"item": [{"ID": "1"}, {"ID": "1"}]})
    assert [one["Ret"] for one in gone["item"]] == [0, -7]
    await must(client, "contact/add", {"item": [item]})
    await must(client, "contact/clear")
    assert (await must(client, "contact/get"))["num"] == 0


async def test_contacts_that_are_a_part_of_users(simulate: Simulate, connect: Connect) -> None:
    client = await connect(await simulate("P2"))
    await add_people(client, person(1, PhoneNum="1012", Group="Floor"), person(2))
    assert (await must(client, "contact/get"))["item"] == [
        {"ID": "1", "Name": "Person 1", "Phone": "1012", "Group": "Floor"}
    ]
    await must(client, "contact/clear")
    assert (await must(client, "contact/get"))["num"] == 0
    assert (await must(client, "user/get"))["num"] == 2


async def test_an_apartment_book_has_no_ids(simulate: Simulate, connect: Connect) -> None:
    device = await simulate("P3")
    device.unit.state.contacts["1"] = Contact("1", "Ann", phone="1", apt_name="12", building="A")
    client = await connect(device)
    record = (await must(client, "contact/get"))["item"][0]
    assert record == {
        "Name": "Ann",
        "Phone": "1",
        "APTName": "12",
        "APTNum": "",
        "Building": "A",
        "Landline": "",
    }
    assert (await must(client, "contact/cloud_get"))["item"] == [record]


async def test_the_dial_plan(client: httpx.AsyncClient) -> None:
    rule = {"Line": "1", "Prefix": "9", "Replace1": "0", "Replace5": "5"}
    added = await must(client, "dialreplace/add", {"item": [rule, rule]})
    assert [one["Ret"] for one in added["item"]] == [0, 7]
    assert (await must(client, "dialreplace/get"))["item"] == [
        rule | {"ID": "1", "Replace2": "", "Replace3": "", "Replace4": ""}
    ]
    changed = await must(
        client, "dialreplace/set", {"item": [rule | {"ID": "1", "Prefix": "8"}, {"ID": "7"}]}
    )
    assert [one["Ret"] for one in changed["item"]] == [0, 4]
    packed = (await client.get((await must(client, "dialreplace/export"))["url"])).content
    gone = await must(client, "dialreplace/del", {"item": [{"ID": "1"}, {"ID": "1"}]})
    assert [one["Ret"] for one in gone["item"]] == [0, 4]
    await client.post("/api/dialreplace/import", files={"file": ("d.tgz", packed)})
    assert (await must(client, "dialreplace/get"))["item"][0]["Prefix"] == "8"
    await must(client, "dialreplace/clear")
    assert (await must(client, "dialreplace/get"))["num"] == 0


async def test_the_door_log_is_newest_first_paged_and_filtered(
    p1: SimDevice, client: httpx.AsyncClient
) -> None:
    await add_people(client, person(1001, Name="Ann", CardCode="0A1B2C3D"))
    for _ in range(11):
        assert (await p1.swipe_card("a1b2c3d")).opens
    assert not (await p1.enter_pin("9999")).opens
    page = await must(client, "doorlog/get", {"page": "1"})
    assert (page["num"], page["curPageNum"]) == (12, 10)
    assert (await must(client, "doorlog/get", {"page": 0}))["item"] == page["item"]
    newest, before = page["item"][:2]
    assert (newest["ID"], newest["Status"], newest["Name"], newest["Type"]) == (
        "12",
        "Failed",
        "Unknown",
        "Password",
    )
    assert (before["Name"], before["UserID"], before["Status"], before["RelayID"]) == (
        "Ann",
        "1001",
        "Succ",
        "1",
    )
    assert newest["UserID"] == "--"
    failed = await must(client, "doorlog/get", {"Status": "Failed"})
    assert (failed["num"], failed["item"][0]["Code"]) == (1, "9999")
    assert (await must(client, "doorlog/get", {"Status": "Success", "NameOrCode": "ann"}))["num"] == 11
    assert (await must(client, "doorlog/get", {"TimeEnd": "2001-01-01 00:00:00"}))["num"] == 0
    assert (await must(client, "doorlog/get", {"TimeStart": before["Date"] + " 00:00:00"}))["num"] == 12
    assert (await client.get(before["PicUrl"])).content[:3] == b"\xff\xd8\xff"
    assert (await client.get("/api/doorlog/del", params={"ID": "12"})).json()["message"] == "OK"
    assert (await ask(client, "doorlog/del", {"item": [{"ID": "12"}]}))["retcode"] == -1
    archive = await client.get((await must(client, "doorlog/export", {"filetype": "csv"}))["url"])
    assert archive.content[:2] == b"\x1f\x8b"
    await must(client, "doorlog/clear")
    assert (await must(client, "doorlog/get"))["num"] == 0


async def test_the_members_of_a_log_record_depend_on_the_model(simulate: Simulate, connect: Connect) -> None:
    seen = {}
    for key in ("P1", "P2", "P4"):
        device = await simulate(key)
        await device.enter_pin("1")
        seen[key] = set((await must(await connect(device), "doorlog/get"))["item"][0])
    assert seen["P2"] - seen["P1"] == {"AccessMode"}
    assert seen["P1"] - seen["P4"] == {"PicUrl"}


async def test_the_call_log_is_filtered_and_cleared(p1: SimDevice, client: httpx.AsyncClient) -> None:
    for phone in ("1012", "1013"):
        await must(client, "call/dial", {"Phone": phone})
    p1.unit.log_call("Missed", "Door", "1")
    assert (await must(client, "calllog/get", {"NameOrNumber": "1013"}))["num"] == 1
    assert [one["Type"] for one in (await must(client, "calllog/get", {"Type": "All"}))["item"]] == [
        "Missed",
        "Dialed",
        "Dialed",
    ]
    assert (await must(client, "calllog/get", {"Type": "Missed"}))["num"] == 1
    await must(client, "calllog/del", {"ID": "1"})
    assert (await ask(client, "calllog/del", {"ID": "1"}))["retcode"] == -1
    assert (await client.get((await must(client, "calllog/export"))["url"])).status_code == 200
    await must(client, "calllog/clear")
    assert (await must(client, "calllog/get"))["num"] == 0
