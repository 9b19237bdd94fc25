from __future__ import annotations

from typing import Any

import httpx
import pytest

from device_link.simulator import SimDevice
from device_link.simulator.archive import pack_csv, unpack_csv
from device_link.simulator.state import User
from tests.device_link.simulator.conftest import Connect, Simulate
from tests.device_link.simulator.helpers import USER, add_people, ask, must, person

JPEG = b"\xff\xd8\xff\xe0 a picture"


async def listed(client: httpx.AsyncClient, **data: Any) -> dict[str, Any]:
    return await must(client, "user/get", data)


async def test_pages_of_ten_and_an_empty_one_past_the_end(client: httpx.AsyncClient) -> None:
    await add_people(client, *(person(number) for number in range(1, 13)))
    everything = await listed(client)
    assert (everything["num"], everything["curPageNum"], len(everything["item"])) == (12, 12, 12)
    assert (await listed(client, page="-1"))["curPageNum"] == 12
    pages = [(await client.get("/api/user/get", params={"page": page})).json()["data"] for page in (1, 2, 3)]
    assert [(page["num"], page["curPageNum"]) for page in pages] == [(12, 10), (12, 2), (12, 0)]
    assert [one["UserID"] for page in pages for one in page["item"]] == [
        str(number) for number in range(1, 13)
    ]
    assert pages[2]["item"] == []
    assert all(isinstance(one["ID"], str) for one in everything["item"])


async def test_filters(client: httpx.AsyncClient, p1: SimDevice) -> None:
    await add_people(client, person(1, Name="Ann", CardCode="0A1B2C3D"), person(2, Name="Bob"))
    p1.unit.people.keep(User("77", "c-1", "Cloudy", source="Cloud", schedule="1001-1;"))
    found = {
        "card": await listed(client, NameOrCode="1b2c"),
        "pin": await listed(client, NameOrCode="100002"),
        "person": await listed(client, NameOrPerID="ann"),
        "cloud": await listed(client, SourceType="2"),
        "local": await listed(client, SourceType="Local"),
    }
    names = {what: [one["Name"] for one in data["item"]] for what, data in found.items()}
    assert names == {
        "card": ["Ann"],
        "pin": ["Bob"],
        "person": ["Ann"],
        "cloud": ["Cloudy"],
        "local": ["Ann", "Bob"],
    }
    assert found["cloud"]["item"][0]["ScheduleRelay"] == "1001-1", "cloud users have no semicolon at the end"
    e18_like = {"page": 9, "NameOrCode": "nobody"}
    assert (await listed(client, **e18_like))["num"] == 0


async def test_e18_ignores_pages_and_filters(simulate: Simulate, connect: Connect) -> None:
    client = await connect(await simulate("P5", "degrade:0"))
    await add_people(client, *(person(number) for number in range(1, 13)))
    assert len((await listed(client, page=9, NameOrCode="nobody"))["item"]) == 12


async def test_add_change_and_delete_by_the_device_s_own_id(client: httpx.AsyncClient) -> None:
    await add_people(client, person(1001, CardCode="0a1b2c3d"))
    record = (await listed(client))["item"][0]
    assert (record["ID"], record["PrivatePIN"], record["CardCode"]) == ("1", "101001", "0a1b2c3d")
    assert record["ScheduleRelay"] == "1001-1;"
    await must(
        client, "user/set", {"item": [record | {"Schedule-Relay": "1001-12;1002-3", "PrivatePIN": "4712"}]}
    )
    changed = (await listed(client))["item"][0]
    assert (changed["PrivatePIN"], changed["ScheduleRelay"]) == ("4712", "1001-12;1002-3;")
    await must(client, "user/del", {"item": [{"ID": "1"}, {"ID": "999"}]})
    assert (await listed(client))["num"] == 0
    await add_people(client, person(1001))
    assert (await listed(client))["item"][0]["ID"] == "2", "ids are not used again"


async def test_what_a_whole_record_model_is_not_told_it_forgets(
    simulate: Simulate, connect: Connect, client: httpx.AsyncClient
) -> None:
    merging = await connect(await simulate("P2"))
    for one in (client, merging):
        await add_people(one, person(1, CardCode="AB"))
    partial = {"ID": "1", "UserID": "1", "Name": "New"}
    assert (await ask(client, "user/set", {"item": [partial]}))["message"] == "error param"
    await must(client, "user/set", {"item": [USER | partial]})
    await must(merging, "user/set", {"item": [partial]})
    kept = [(await listed(one))["item"][0] for one in (client, merging)]
    assert [(one["Name"], one["CardCode"], one["PrivatePIN"]) for one in kept] == [
        ("New", "", ""),
        ("New", "AB", "100001"),
    ]


async def test_a_bad_record_ends_a_batch_and_the_earlier_ones_stay(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "user/add", {"item": [person(1), person(1), person(2)]})
    assert (answer["retcode"], answer["message"]) == (27, "UserID is empty or repeated")
    assert "data" not in answer
    assert [one["UserID"] for one in (await listed(client))["item"]] == ["1"]


async def test_models_with_results_per_item_say_which_one(simulate: Simulate, connect: Connect) -> None:
    client = await connect(await simulate("P2"))
    answer = await ask(client, "user/add", {"item": [person(1), person(1), person(2)]})
    assert answer["retcode"] == 27
    assert [(one["Ret"], one["UserID"]) for one in answer["data"]["item"]] == [(0, "1"), (27, "1"), (0, "2")]
    assert [one["UserID"] for one in (await listed(client))["item"]] == ["1", "2"]
    good = await must(client, "user/add", {"item": [person(3)]})
    assert good["item"][0]["ID"] == "3"


@pytest.mark.parametrize(
    "change",
    [
        {"Schedule": "1001-1"},
        {"ScheduleID": "1"},
        {"FaceUrl": ""},
        {"Schedule-Relay": "always"},
        {"PrivatePIN": "123456789"},
        {"PrivatePIN": "1"},
        {"CardCode": "XYZ"},
        {"CardCode": "01;02;03;04;05;06"},
        {"Name": ""},
    ],
)
async def test_an_x912_refuses_what_it_does_not_know(
    simulate: Simulate, connect: Connect, change: dict[str, str]
) -> None:
    client = await connect(await simulate("P2"))
    answer = await ask(client, "user/add", {"item": [person(1) | change]})
    assert (answer["retcode"], answer["message"]) == (-100, "error param")
    assert (await listed(client))["num"] == 0


@pytest.mark.parametrize("missing", ["Name", "WebRelay", "LiftFloorNum", "UserID"])
async def test_mandatory_members(client: httpx.AsyncClient, missing: str) -> None:
    record = person(1)
    del record[missing]
    assert (await ask(client, "user/add", {"item": [record]}))["retcode"] in {-1, 27}
    assert (await listed(client))["num"] == 0


@pytest.mark.parametrize(
    "key, name", [("P1", "ScheduleRelay"), ("P3", "Schedule"), ("E18C", "Schedule-Relay")]
)
async def test_the_schedule_is_read_under_the_model_s_own_name(
    simulate: Simulate, connect: Connect, key: str, name: str
) -> None:
    client = await connect(await simulate(key))
    await add_people(client, person(1))
    record = (await listed(client))["item"][0]
    assert record[name] == "1001-1;"
    assert {"ScheduleRelay", "Schedule", "Schedule-Relay"} & record.keys() == {name}


async def test_an_e18_wants_the_hyphen_and_knows_security_relays(
    simulate: Simulate, connect: Connect
) -> None:
    client = await connect(await simulate("P5", "degrade:0"))
    record = person(1, **{"Schedule-SRelay": "1001-1;"})
    del record["Schedule-Relay"]
    assert (await ask(client, "user/add", {"item": [record]}))["retcode"] == -1
    await add_people(client, record | {"Schedule-Relay": "1001-1"})
    assert (await listed(client))["item"][0]["ScheduleSRelay"] == "1001-1;"


async def test_an_x912_mixes_numbers_and_texts_and_writes_cards_large(
    simulate: Simulate, connect: Connect
) -> None:
    client = await connect(await simulate("P2"))
    await add_people(client, person(1, CardCode="0a1b", PriorityCall="2"), person(2))
    first, second = (await listed(client))["item"]
    assert (first["DialAccount"], first["Priority"], second["Priority"]) == (0, 2, "0")
    assert (first["CardCode"], first["BLE_KEY_ID"], first["Group"]) == ("0A1B", -1, "Default")


async def test_cards_are_cut_at_63_characters(client: httpx.AsyncClient) -> None:
    cards = ";".join(f"{number:014X}" for number in range(5))
    await add_people(client, person(1, CardCode=cards))
    assert (await listed(client))["item"][0]["CardCode"] == cards[:63]


async def test_cloud_users_are_not_for_us(client: httpx.AsyncClient, p1: SimDevice) -> None:
    p1.unit.people.keep(User("5", "c", "Cloudy", source="Cloud"))
    assert (await ask(client, "user/del", {"item": [{"ID": "5"}]}))["retcode"] == -1
    assert (await ask(client, "user/set", {"item": [person(1) | {"ID": "5"}]}))["retcode"] == -1
    assert [user.name for user in p1.users] == ["Cloudy"]


async def test_clear_takes_a_type(client: httpx.AsyncClient) -> None:
    await add_people(client, person(1))
    await must(client, "schedule/add", {"item": [{"Type": "2", "Name": "Day", "Daily": "08:00-18:00"}]})
    await must(client, "user/clear", {"type": "DoorSchedule"})
    assert (await must(client, "schedule/get"))["num"] == 2
    assert (await listed(client))["num"] == 1
    assert (await client.get("/api/user/clear")).json()["message"] == "OK"
    assert (await listed(client))["num"] == 0
    assert (await ask(client, "user/clear", {"type": "All"}))["message"] == "error param"


async def test_export_and_import_carry_everybody(
    p1: SimDevice, client: httpx.AsyncClient, simulate: Simulate, connect: Connect
) -> None:
    await add_people(client, person(1, CardCode="0A1B2C3D", Name='Änn; "B"'), person(2))
    url = (await must(client, "user/export", {"type": "UserData"}))["url"]
    assert url == f"{p1.url}/download/UserData.tgz"
    packed = (await client.get(url)).content
    assert unpack_csv(packed)[0]["PinCode"] == "100001"
    other = await simulate("P2")
    target = await connect(other)
    await add_people(target, person(2, Name="Old"))
    sent = await target.post(
        "/api/user/import", params={"type": "UserData"}, files={"file": ("u.tgz", packed)}
    )
    assert sent.json()["message"] == "OK"
    assert [(one.user_id, one.name, one.card) for one in other.users] == [
        ("2", "Person 2", ""),
        ("1", 'Änn; "B"', "0A1B2C3D"),
    ]
    junk = await target.post("/api/user/import", files={"file": ("u.tgz", b"no archive")})
    assert junk.json()["message"] == "unspport file type.."
    assert (await ask(target, "user/import"))["message"] == "error param"
    s532 = await connect(await simulate("S532"))
    assert (await must(s532, "user/export"))["url"] == "/download/UserData.tgz"


async def test_an_import_stops_at_the_room_there_is(simulate: Simulate, connect: Connect) -> None:
    device = await simulate("P1", "max-users:3")
    client = await connect(device)
    rows = [{"UserId": str(number), "Name": "N"} for number in range(9)] + [{"UserId": "", "Name": "nobody"}]
    packed = pack_csv("UserData", ("UserId", "Name"), rows)
    await client.post("/api/user/import", files={"file": ("u.tgz", packed)})
    assert [user.user_id for user in device.users] == ["0", "1", "2"]


async def test_a_face_is_uploaded_used_and_removed(simulate: Simulate, connect: Connect) -> None:
    device = await simulate("P2")
    client = await connect(device)
    uploaded = await client.post(
        "/api/filetool/import?destFile=Face&index=", files={"file": ("ann.jpg", JPEG)}
    )
    assert (uploaded.json()["retcode"], uploaded.json()["message"]) == (0, "OK\n")
    await add_people(client, person(1, FaceFileName="ann.jpg"), person(2, FaceFileName="missing.jpg"))
    assert [one["FaceRegister"] for one in (await listed(client))["item"]] == ["1", "0"]
    assert (await device.present("face", "1")).opens
    await must(client, "face/del", {"UserID": "1"})
    assert [one["FaceRegister"] for one in (await listed(client))["item"]] == ["0", "0"]
    assert (await ask(client, "face/del", {"UserID": "99"}))["retcode"] == -1


@pytest.mark.parametrize(
    "query, name, content, words",
    [
        ("", "a.jpg", JPEG, "Dest file needs to be set.\n"),
        ("?destFile=face", "a.jpg", JPEG, "unspport file type.."),
        ("?destFile=Face", "a.gif", b"GIF89a", "unspport file type.."),
        ("?destFile=Face", "a.jpg", JPEG + bytes(2 * 1024 * 1024), "File size too big\n"),
    ],
)
async def test_a_picture_that_is_none_is_refused(
    client: httpx.AsyncClient, query: str, name: str, content: bytes, words: str
) -> None:
    answer = await client.post(f"/api/filetool/import{query}", files={"file": (name, content)})
    assert (answer.json()["retcode"], answer.json()["message"]) == (-1, words)
