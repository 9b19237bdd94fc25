"""AutoP for many devices: faults by line, what each device would get, regular and one-time, and what it reads back."""

from __future__ import annotations

from collections.abc import Callable

from core.entities.device import DEVICE_SETTING
from core.usecases.devices import set_extra
from tests.desktop.fixtures_window import Opened, Scene, lines_of, until

Stage = Callable[[Scene], None]
RTSP, SIP = "Config.DoorSetting.RTSP.Enable", "Config.Account1.SIP.TransType"


def test_a_text_is_judged_shown_per_device_and_sent(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        made = opened.made
        first, second = made.devices[0], made.devices[6]
        await set_extra(opened.desk.ctx, device_id=first.id, key=RTSP, value="1")
        page = await opened.page("autop")
        assert "Config line" in page.why_not()
        page.text.setPlainText(f"{RTSP} = 1\nConfig.Bad")
        await until(lambda: page.is_settled)
        assert "has no" in page.why_not(), "a faulty line keeps the whole text from being sent"
        page.text.setPlainText(f"{RTSP} = 1\n{RTSP} = 1\n{SIP} = 2")
        page.pane.show_key(first.id)
        await until(lambda: page.is_settled and first.id in page.previews)
        assert page.previews[first.id].changes == (SIP,), "what is wanted already is not new"
        page.pane.show_key(second.id)
        await until(lambda: second.id in page.previews)
        assert len(page.previews[second.id].changes) == 2
        assert SIP in page._preview.toPlainText()
        assert page.why_not() == ""
        lines = [x for x in lines_of(page.rows) if x.device.id in {first.id, second.id}]
        ids = await page.send(lines)
        await made.runner.wait_all(ids)
        kept = await made.mirror.read(lambda r: r.find(DEVICE_SETTING))
        assert len(kept) == 4
        assert made.gateway.by_url["http://192.168.10.11"].settings[SIP] == "2"
        page.how.set_current("once")
        page.text.setPlainText("Config.DoorSetting.RTSP.Port = 555")
        await until(lambda: page.is_settled)
        ids = await page.send(lines[:1])
        await made.runner.wait_all(ids)
        assert len(await made.mirror.read(lambda r: r.find(DEVICE_SETTING))) == 4, (
            "one-time is not wanted later"
        )
        assert opened.desk.notices.notices()[0].page == "jobs"
        await opened.settle()

    stage(scene)
