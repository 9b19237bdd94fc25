"""The first start: name and password, a second factor, policies to agree to; as a flow, and in its window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.base.errors import GatewrightError, SignInError, UnreachableError, UserError
from core.wire.accounts import ChangeMe, Forgot, NewPassword, Policy, Reset, Said
from core.wire.service import Service
from desktop.models.sign_in_flow import SignInFlow, Stage
from tests.desktop.fixtures_window import Opened, Scene, until

Stage_ = Callable[[Scene], None]


class Cloud:
    """A cloud that asks for a code and then for two agreements."""

    def __init__(self) -> None:
        self.signed_in = ""
        self.wanted: list[str] = []
        self.mail = Mail()

    async def open_door(self, cloud: str) -> Mail:
        """Who answers about accounts."""
        assert cloud == self.mail.base_url
        return self.mail

    async def wants(self) -> list[str]:
        """What the account lacks."""
        return self.wanted

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


class Mail:
    """The account requests of a cloud that mails the code `ABCD`; `away` makes it unreachable."""

    base_url = "https://c"

    def __init__(self) -> None:
        self.away = False
        self.got: list[object] = []

    async def ask_openly(self, method: str, path: str, kind: Any, message: Any = None) -> Any:
        """Forgot and reset."""
        return await self.ask(method, path, kind, message)

    async def ask(self, method: str, path: str, kind: Any, message: Any = None) -> Any:
        """One's own account."""
        del method
        if self.away:
            raise UnreachableError("cloud.away", "The cloud core does not answer.")
        if kind is Service:
            return Service()
        if isinstance(message, Reset) and message.code != "ABCD":
            raise SignInError("reset.code", "The code is not right or too old.", remedy="Ask for a new one.")
        if isinstance(message, NewPassword) and message.old == message.new:
            raise UserError("password.same", "The new password is the old one.", field="new")
        self.got.append(message)
        return Said(message=f"Done: {path}") if kind is Said else None

    async def sign_out(self) -> None:
        """Not asked for here."""


def at(flow: SignInFlow) -> Stage:
    """Where it stands now."""
    return flow.stage


async def test_acc_04_a_forgotten_password_is_set_by_mail_and_signs_in(qapp: QApplication) -> None:
    cloud = Cloud()
    flow = SignInFlow(cloud)
    flow.begin_forgot("https://c", "tor")
    assert (flow.stage, flow.user) == (Stage.FORGOT, "tor")
    cloud.mail.away = True
    with pytest.raises(UnreachableError):
        await flow.send_mail("tor")
    assert at(flow) is Stage.FORGOT
    cloud.mail.away = False
    await flow.send_mail("tor")
    assert (flow.stage, flow.words) == (Stage.RESET, "Done: /v1/password/forgot")
    with pytest.raises(SignInError, match="too old"):
        await flow.set_password("WXYZ", "secret")
    assert at(flow) is Stage.RESET
    await flow.set_password("ABCD", "secret")
    assert at(flow) is Stage.CODE, "the second factor is asked for as ever"
    assert cloud.mail.got == [Forgot(user="tor"), Reset(user="tor", code="ABCD", password="secret")]
    flow.begin_forgot("https://c", "tor")
    await flow.send_mail("tor")
    await flow.set_password("ABCD", "what this cloud does not take")
    assert at(flow) is Stage.ENTER
    assert flow.words == "Done: /v1/password/reset User name or password is wrong."
    assert "does not take" not in repr(vars(flow))


async def test_acc_04_acc_06_what_the_account_lacks_is_a_step_each(qapp: QApplication) -> None:
    cloud = Cloud()
    cloud.wanted = ["password", "email", "something newer"]
    flow = SignInFlow(cloud)
    stages: list[Stage] = []
    flow.changed.connect(lambda: stages.append(flow.stage))
    await flow.enter("https://c", "tor", "secret")
    await flow.give_code("407123")
    await flow.agree()
    assert at(flow) is Stage.EMAIL
    await flow.give_email("tor@ostby.example")
    with pytest.raises(UserError, match="the old one"):
        await flow.give_password("secret")
    await flow.give_password("another secret")
    assert stages[-3:] == [Stage.EMAIL, Stage.PASSWORD, Stage.DONE]
    assert cloud.mail.got == [
        ChangeMe(email="tor@ostby.example", password="secret"),
        NewPassword(old="secret", new="another secret"),
    ]
    assert "secret" not in repr(vars(flow))
    await flow.enter("https://c", "tor", "secret")
    await flow.give_code("407123")
    await flow.agree()
    flow.pass_over()
    flow.pass_over()
    assert at(flow) is Stage.DONE, "it can wait for the next sign-in"


def test_acc_04_the_window_leads_from_a_forgotten_password_into_it(stage: Stage_) -> None:
    async def scene(opened: Opened) -> None:
        await opened.station.sign_out()
        await opened.desk.sites.load()
        opened.desk.signed.emit()
        view = opened.window.sign_in
        view.cloud.setText("")
        view.forgot.click()
        assert "missing" in view.fields["cloud"].error
        view.cloud.setText("core.northmost.example")
        view.user.setText("tor")
        view.forgot.click()
        forgot, reset = view.words_steps[Stage.FORGOT], view.words_steps[Stage.RESET]
        assert (view.steps.currentWidget(), forgot.text("user")) == (forgot, "tor")
        forgot.button.click()
        await until(lambda: "so a network" in forgot.fault.accessibleName())
        mail = Mail()
        opened.station.door = mail
        forgot.button.click()
        await until(lambda: view.steps.currentWidget() is reset)
        QTest.keyClicks(reset.lines["code"], "ABCD")
        reset.button.click()
        assert reset.fields["password"].error
        QTest.keyClicks(reset.lines["password"], "another secret")
        opened.station.wanted = ["password"]
        reset.button.click()
        wanted = view.words_steps[Stage.PASSWORD]
        await until(lambda: view.steps.currentWidget() is wanted)
        assert mail.got[-1] == Reset(user="tor", code="ABCD", password="another secret")
        wanted.leave.click()
        await until(lambda: opened.window.frame is not None)
        assert opened.desk.preferences.text("user") == "tor"
        assert reset.lines["password"].text() == ""
        await opened.settle()

    stage(scene)
