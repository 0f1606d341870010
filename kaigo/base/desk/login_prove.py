"""本人の再確認: before a sensitive act the person shows once more that it is he, in the way he came in."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from kaigo.base.audit.write import record
from kaigo.base.desk import login_key
from kaigo.base.desk.login import may_play, safe
from kaigo.base.desk.views import Page, go, page
from kaigo.base.records.context import Context
from kaigo.base.staff import fallback
from kaigo.base.staff.models import Account
from kaigo.base.staff.passkeys import NotAcceptedError
from kaigo.base.staff.sessions import prove
from kaigo.base.staff.tables import limits

WRONG = "確かめられませんでした。もう一度お試しください。続けて間違えると、しばらくのあいだ受け付けません。"


class Prove(Page):
    """How this person can show it."""

    permission = "staff.self"
    purpose = "log_in"

    def get(self, ctx: Context, request: HttpRequest):
        return "staff/prove.html", shown(ctx, request, request.GET.get("next", ""))


class ProveOptions(Page):
    """A challenge for the keys of this account only."""

    permission = "staff.self"
    purpose = "log_in"

    def post(self, ctx: Context, request: HttpRequest):
        return login_key.asked("prove", request.staff.account)


class ProveWithKey(Page):
    """The answer of a key of this account."""

    permission = "staff.self"
    purpose = "log_in"

    def post(self, ctx: Context, request: HttpRequest):
        try:
            login_key.answered(ctx, request, "prove", request.staff.account)
        except NotAcceptedError as refusal:
            record(ctx, "staff.prove", ctx.actor, "refused", why=refusal.why, method="passkey")
            return _wrong(ctx, request)
        return _proved(ctx, request, "passkey")


class ProveWithNumber(Page):
    """Password and the next number again: for sessions that were begun with them, no other."""

    permission = "staff.self"
    purpose = "log_in"

    def post(self, ctx: Context, request: HttpRequest):
        if request.staff.method != "fallback":
            raise Http404
        login = Account.objects.get(id=request.staff.account).login
        given = (request.POST.get(name, "") for name in ("password", "number"))
        tried = fallback.attempt(ctx, "staff.prove", login, *given)
        return _wrong(ctx, request) if tried.why else _proved(ctx, request, "fallback")


class ProveInPlay(Page):
    """The demo's people have no keys: they say so, where the demo may be played."""

    permission = "staff.self"
    purpose = "log_in"

    def post(self, ctx: Context, request: HttpRequest):
        if request.staff.method != "demo" or not may_play(request):
            raise Http404
        return _proved(ctx, request, "demo")


def shown(ctx: Context, request: HttpRequest, following: str, error: str = "") -> dict:
    """What the page shows: the way that fits the session, and where it leads back to."""
    method = request.staff.method
    place = None
    if method == "fallback":
        due = fallback.next_number(fallback.newest(request.staff.account, ctx.on))
        place = due.place if due else None
    return {
        "title": "本人の再確認", "next": safe(following), "error": error, "method": method, "place": place,
        "minutes": limits()["step_up_minutes"], "play": method == "demo" and may_play(request),
    }  # fmt: skip


def _proved(ctx: Context, request: HttpRequest, method: str) -> HttpResponse:
    prove(request.staff.session)
    record(ctx, "staff.prove", ctx.actor, method=method)
    return go(safe(request.POST.get("next", "")))


def _wrong(ctx: Context, request: HttpRequest) -> HttpResponse:
    return page(request, "staff/prove.html", shown(ctx, request, request.POST.get("next", ""), WRONG), 403)
