"""The first start: name and password, a second factor, policies to agree to; as a flow, and in its window."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.base.errors import GatewrightError, SignInError
from core.wire.accounts import Policy
from desktop.models.sign_in_flow import SignInFlow, Stage
from tests.desktop.fixtures_window import Opened, Scene, until

Stage_ = Callable[[Scene], None]


class Cloud:
    """A cloud that asks for a code and then for two agreements."""

    def __init__(self) -> None:
        self.signed_in = ""

    async def sign_in(
        self, cloud: str, user: str, password: str, *, code: str = "", agreed: Mapping[str, int] | None = None
    ) -> None:
        """Refuses until everything is given."""
        if password != "secret":
            raise SignInError("session.wrong", "User name or password is wrong.")
        if code != "407123":
            words = "That code is not right." if code else "A code was sent to t•••@ostby.example."
            raise SignInError("session.code_needed", words, field="code")
        if dict(agreed or {}) != {"privacy": 3}:
            raise SignInError(
                "session.policy", "Read and agree to the privacy policy first.", field="privacy:3"
            )
        self.signed_in = f"{user}@{cloud}"

    async def policies(self, cloud: str) -> list[Policy]:
        """Two; only one of them is missing."""
        return [Policy(kind=k, version=3, text=f"{k} of {cloud}", at=0) for k in ("privacy", "terms")]


async def test_the_flow_asks_for_what_the_cloud_asks_and_keeps_nothing(qapp: QApplication) -> None:
    cloud = Cloud()
    flow = SignInFlow(cloud)
    stages: list[Stage] = []
    flow.changed.connect(lambda: stages.append(flow.stage))
    with pytest.raises(GatewrightError, match="password is wrong"):
        await flow.enter("https://c", "tor", "wrong")
    assert stages == []
    await flow.enter("https://c", "tor", "secret")
    assert stages == [Stage.CODE]
    await flow.give_code("000000")
    assert flow.words == "That code is not right."
    await flow.give_code("407123")
    assert [p.kind for p in flow.policies] == ["privacy"], "only what is missing is shown"
    flow.step_back()
    assert (flow.stage, cloud.signed_in, flow.user) == (Stage.ENTER, "", "")
    await flow.enter("https://c", "tor", "secret")
    await flow.give_code("407123")
    await flow.agree()
    assert (flow.stage, cloud.signed_in) == (Stage.DONE, "tor@https://c")
    assert "secret" not in repr(vars(flow))
    assert stages[:3] == [Stage.CODE, Stage.CODE, Stage.POLICY]


def test_a_person_is_led_through_code_and_policies_into_the_window(stage: Stage_) -> None:
    async def scene(opened: Opened) -> None:
        await opened.station.sign_out()
        await opened.desk.sites.load()
        opened.desk.signed.emit()
        view = opened.window.sign_in
        view.cloud.setText("core.northmost.example")
        view.user.setText("tor")
        view.password.setText("secret")
        opened.station.refusal = SignInError("session.code_needed", "A code was sent.", field="code")
        view.sign_in()
        await until(lambda: view.steps.currentWidget() is view.code_step)
        QTest.keyClicks(view.code_step.code, "12x")
        view.code_step.button.click()
        assert view.code_step.field.error
        view.code_step.code.clear()
        opened.station.refusal = SignInError("session.policy", "Read first.", field="privacy:3,terms:3")
        QTest.keyClicks(view.code_step.code, "407123")
        await until(lambda: view.steps.currentWidget() is view.policy_step)
        assert "privacy text" in view.policy_step.text.toPlainText()
        view.policy_step.which.set_current("terms")
        assert "terms text" in view.policy_step.text.toPlainText()
        view.policy_step.disagreed.emit()
        assert view.steps.currentIndex() == 0
        opened.station.refusal = SignInError("session.policy", "Read first.", field="privacy:3")
        view.sign_in()
        await until(lambda: view.steps.currentWidget() is view.policy_step)
        view.policy_step.yes.click()
        await until(lambda: opened.window.frame is not None)
        assert opened.station.given[-1] == ("", {"privacy": 3})
        assert view.password.text() == ""
        await opened.settle()

    stage(scene)
