"""Ceremonies of passkeys on the web: a challenge bound to this browser by a cookie, and the answer to it, once."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from kaigo.base.records.context import Context, acting
from kaigo.base.staff import ceremonies, passkeys
from kaigo.base.staff.accounts import end_key
from kaigo.base.staff.models import Account, Passkey
from kaigo.base.staff.passkeys import NotAcceptedError
from kaigo.base.staff.tables import limits

COPIED = "署名の回数が戻った(複製のおそれ)"


def asked(kind: str, account: int | None = None) -> HttpResponse:
    """What the page lets a key sign. account: only this one's keys."""
    token, challenge = ceremonies.begin(kind, account)
    keys = None if account is None else passkeys.keys_of(account)
    return bound(passkeys.request(challenge, keys), token)


def asked_to_make(account: Account, enrolment: int | None = None) -> HttpResponse:
    """What the page makes a key for."""
    token, challenge = ceremonies.begin("register", account.id, enrolment)
    return bound(passkeys.creation(account, challenge), token)


def bound(options: dict, token: str) -> HttpResponse:
    """The options, with the cookie of the browser that alone may answer."""
    response = JsonResponse(options)
    minutes = limits()["ceremony_minutes"]
    response.set_cookie(
        ceremonies.COOKIE,
        token,
        max_age=minutes * 60,
        secure=True,
        httponly=True,
        samesite="Strict",
        path="/",
    )
    return response


def taken(request: HttpRequest, kind: str) -> ceremonies.Ceremony:
    """The ceremony that this browser began. Raises NotAcceptedError when there is none, or no more."""
    found = ceremonies.take(request.COOKIES.get(ceremonies.COOKIE, ""), kind)
    if found is None:
        raise NotAcceptedError("ceremony")
    return found


def answered(ctx: Context, request: HttpRequest, kind: str, account: int | None = None) -> Passkey:
    """The key that answered. A key whose counter went back ends here. Raises NotAcceptedError."""
    ceremony = taken(request, kind)
    if ceremony.account != account:
        raise NotAcceptedError("ceremony")
    try:
        with acting(ctx):
            return passkeys.check(request.POST.get("credential", ""), ceremony.challenge, account)
    except NotAcceptedError as refusal:
        if refusal.why == "copied" and refusal.passkey:
            with acting(ctx):
                end_key(ctx, refusal.passkey, COPIED)
        raise
