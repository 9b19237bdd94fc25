"""The addresses about accounts, firms, links and policies: one table, from which routes and descriptions are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from core.cloud import account_log, auth, firms, links, me, moves, news, people, policies, reset, tickets
from core.cloud.access import Who
from core.cloud.cloud import Cloud
from core.cloud.openapi import described
from core.cloud.web import address_of, body_of, cloud_of, ended, in_thread, json_of, token_of
from core.wire import codec
from core.wire.accounts import (
    AccountInfo,
    Accounts,
    Act,
    ChangeAccount,
    ChangeFirm,
    ChangeMe,
    FirmInfo,
    Firms,
    FirmSettings,
    Forgot,
    Grant,
    Links,
    Log,
    NewAccount,
    NewFirm,
    NewLink,
    NewPassword,
    Policies,
    Proof,
    Reset,
    Said,
    Sites,
    TotpKey,
)
from core.wire.messages import Session
from core.wire.moves import Moved, MoveDevice
from core.wire.service import JoinedSites, NewsRead, Service
from core.wire.tickets import NewTickets, TicketBook, TicketBooks

MAX_BODY = 64 << 10
Kind = type[msgspec.Struct]


@dataclass(frozen=True, slots=True)
class Signed:
    """A route for a signed-in account: `serve(cloud, who[, message][, id])`."""

    method: str
    path: str
    summary: str
    serve: Callable[..., msgspec.Struct]
    gives: Kind
    takes: Kind | None = None
    with_address: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """A route that asks for no sign-in: `serve(cloud[, message, address])`."""

    method: str
    path: str
    summary: str
    serve: Callable[..., msgspec.Struct]
    gives: Kind
    takes: Kind | None = None


ROUTES: tuple[Signed | Open, ...] = (
    Open("GET", "/policies", "The privacy policy and the terms of service", policies.newest, Policies),
    Open("POST", "/password/forgot", "Ask for a code by mail for a new password", reset.forgot, Said, Forgot),
    Open("POST", "/password/reset", "Set a new password by the code of the mail", reset.reset, Said, Reset),
    Signed("GET", "/account", "One's own account", me.read, AccountInfo),
    Signed("PATCH", "/account", "Change one's own account", me.change, AccountInfo, ChangeMe),
    Signed("POST", "/account/password", "Change one's own password", reset.change, Said, NewPassword),
    Signed("POST", "/account/totp", "A key for an authenticator app", me.begin_totp, TotpKey, Proof),
    Signed("PUT", "/account/totp", "The app's first code: on from now", me.confirm_totp, Said, Proof),
    Signed("DELETE", "/account/totp", "Without the app from now on", me.drop_totp, Said, Proof),
    Signed("GET", "/account/links", "Accounts joined with one's own", links.show, Links),
    Signed(
        "POST",
        "/account/links",
        "Join another manager's account",
        links.add,
        Links,
        NewLink,
        with_address=True,
    ),
    Signed("GET", "/account/sites", "Sites of one's own and all joined accounts", links.sites, JoinedSites),
    Signed("GET", "/service", "Links for help, and the operator's news", news.read, Service),
    Signed("POST", "/service/read", "These news were read", news.mark, Service, NewsRead),
    Signed("DELETE", "/account/links/{id}", "Cut a link", links.remove, Said),
    Signed("POST", "/account/links/{id}/session", "Switch to a joined account", links.switch, Session, Act),
    Signed("GET", "/accounts", "Accounts below one's own", people.show, Accounts),
    Signed(
        "POST", "/accounts", "Add a sub-installer or property manager", people.add, AccountInfo, NewAccount
    ),
    Signed("PATCH", "/accounts/{id}", "Change an account", people.change, AccountInfo, ChangeAccount),
    Signed("DELETE", "/accounts/{id}", "Delete an account", people.remove, Said),
    Signed("PUT", "/accounts/{id}/sites", "A property manager's sites", people.assign, AccountInfo, Sites),
    Signed("POST", "/accounts/{id}/password", "Mail a new password", people.reset_password, Said),
    Signed("DELETE", "/accounts/{id}/totp", "Reset an account's app", people.reset_factor, Said),
    Signed("GET", "/firms", "A distributor's installers, or one's own firm", firms.show, Firms),
    Signed("POST", "/firms", "Add an installer", firms.add, FirmInfo, NewFirm),
    Signed("PATCH", "/firms/{id}", "What an installer is allowed", firms.change, FirmInfo, ChangeFirm),
    Signed("POST", "/firms/{id}/session", "Act for an installer by its grant", firms.act, Session, Act),
    Signed("PUT", "/firm/grant", "Let the distributor act, or not", firms.grant, FirmInfo, Grant),
    Signed("GET", "/firm/settings", "An installer's settings", firms.read_settings, FirmSettings),
    Signed(
        "PUT",
        "/firm/settings",
        "Replace an installer's settings",
        firms.put_settings,
        FirmSettings,
        FirmSettings,
    ),
    Signed(
        "POST", "/sites/{id}/tickets", "Claim tickets for a trip", tickets.reserve, TicketBook, NewTickets
    ),
    Signed("POST", "/devices/{id}/move", "Move a device to another site", moves.move, Moved, MoveDevice),
    Signed("DELETE", "/moves/{id}", "Take a move back", moves.take_back, Moved),
    Signed("GET", "/tickets", "The firm's claim tickets", tickets.show, TicketBooks),
    Signed("DELETE", "/tickets/{id}", "Give claim tickets back", tickets.give_back, Said),
)


def _router() -> APIRouter:
    """Every row of the table, and the two that are not of its form."""
    router = APIRouter(prefix="/v1")
    for route in ROUTES:
        endpoint = _open(route) if isinstance(route, Open) else _signed(route)
        endpoint.__name__ = f"{route.method.lower()}{route.path.translate(_NAME)}"
        router.add_api_route(
            route.path,
            endpoint,
            methods=[route.method],
            summary=route.summary,
            **described(route.takes, route.gives),
        )
    router.add_api_route(
        "/account/log", _log, methods=["GET"], summary="The log of acts on accounts", **described(None, Log)
    )
    router.add_api_route(
        "/sessions",
        _leave,
        methods=["DELETE"],
        summary="Sign out everywhere",
        status_code=204,
        **described(None, None),
    )
    return router


_NAME = str.maketrans({"/": "_", "{": "", "}": ""})


def _open(route: Open) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        cloud, arguments = cloud_of(request), ()
        if route.takes is not None:
            message = codec.parse(await body_of(request, MAX_BODY), route.takes)
            return json_of(await in_thread(cloud, route.serve, message, address_of(request)))
        return json_of(await in_thread(cloud, route.serve, *arguments))

    endpoint.__doc__ = _words(route.serve)
    return endpoint


def _signed(route: Signed) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        cloud, token = cloud_of(request), token_of(request)
        raw = await body_of(request, MAX_BODY) if route.takes is not None else b""
        more: list[Any] = list(request.path_params.values())
        if route.with_address:
            more.append(address_of(request))

        def work(cloud: Cloud) -> msgspec.Struct:
            who = auth.who_is(cloud, token)
            message = [codec.parse(raw, route.takes)] if route.takes is not None else []
            return route.serve(cloud, who, *message, *more)

        return json_of(await in_thread(cloud, work))

    endpoint.__doc__ = _words(route.serve)
    return endpoint


def _words(serve: Callable[..., Any]) -> str:
    return (serve.__doc__ or "").strip()


async def _log(request: Request) -> Response:
    """The firm's log of acts on accounts, newest first; `before`: the last id of the page before."""
    cloud, token, before = cloud_of(request), token_of(request), request.query_params.get("before", "")

    def work(cloud: Cloud) -> msgspec.Struct:
        return account_log.read(cloud, auth.who_is(cloud, token), before)

    return json_of(await in_thread(cloud, work))


async def _leave(request: Request) -> Response:
    """End every session of one's own account."""
    cloud, token = cloud_of(request), token_of(request)

    def work(cloud: Cloud) -> Who:
        who = auth.who_is(cloud, token)
        auth.sign_out_everywhere(cloud, who)
        return who

    await in_thread(cloud, work)
    return ended()


router = _router()
"""Made once: apps are made by the hundred in tests."""
