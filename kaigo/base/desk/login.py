"""Log-in and log-out of all staff systems."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect

from kaigo.base.audit import write
from kaigo.base.audit.write import record, record_apart
from kaigo.base.desk.views import page
from kaigo.base.records.context import Context, acting
from kaigo.base.staff.models import Account
from kaigo.base.staff.opening import PEOPLE, demo_marker
from kaigo.base.staff.sessions import begin, end_sessions
from kaigo.base.staff.who import COOKIE, identify

LOOPBACK = {"127.0.0.1", "::1"}


def log_in(request: HttpRequest) -> HttpResponse:
    """The way in."""
    following = _safe(request.GET.get("next", ""))
    return page(request, "staff/login.html", form(request, following))


def form(request: HttpRequest, following: str, error: str = "") -> dict:
    """What the page of the log-in shows."""
    return {
        "title": "ログイン", "next": following, "error": error,
        "people": PEOPLE if may_play(request) else (),
    }  # fmt: skip


def log_in_as(request: HttpRequest) -> HttpResponse:
    """One of the demo's people, without a key: only where the demo's marker was set before the first start, from this machine."""
    if not may_play(request):
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    account = Account.objects.filter(
        login=request.POST.get("login", ""), login__in=[p.login for p in PEOPLE]
    ).first()
    if account is None:
        raise Http404
    return enter(request, account, "demo", _safe(request.POST.get("next", "")))


def may_play(request: HttpRequest) -> bool:
    """Whether the demo's log-ins exist here and now."""
    return demo_marker().exists() and request.META.get("REMOTE_ADDR") in LOOPBACK


def enter(request: HttpRequest, account: Account, method: str, following: str) -> HttpResponse:
    """A new session with a new cookie; the old one of this browser, if any, ends. Without a post in force: refused."""
    ctx = Context(f"account:{account.id}", "log_in", request.day)
    with acting(ctx):
        if request.staff is not None and request.staff.session:
            end_sessions([request.staff.account], request.staff.session)
        token = begin(account, method)
        record(ctx, "staff.log_in", ctx.actor, method=method)
    if identify(token, request.day) is None:
        with acting(ctx):
            end_sessions([account.id])
        return turned_away(request, account, method, following)
    response = HttpResponseRedirect(following)
    response.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="Lax", path="/")
    return response


WRONG = "ログインできません。鍵(パスキー)が登録されていないか、口座または所属の期間が終わっています。"


def turned_away(
    request: HttpRequest, account: Account | None, method: str, following: str, why: str = ""
) -> HttpResponse:
    """The same words for everybody; who was tried stands in the event, never what was typed."""
    ctx = Context("nobody", "log_in", request.day)
    record_apart(
        ctx, "staff.log_in", f"account:{account.id}" if account else "", "refused", why=why, method=method
    )
    return page(request, "staff/login.html", form(request, following, WRONG), 401)


def log_out(request: HttpRequest) -> HttpResponse:
    """Ends the session at once for all systems."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if request.staff:
        ctx = Context(request.staff.actor, "log_out", request.day)
        token = write.begin(write.Request(member=request.staff.member, session=request.staff.session))
        try:
            with acting(ctx):
                end_sessions([request.staff.account], request.staff.session)
                record(ctx, "staff.log_out", request.staff.actor)
        finally:
            write.finish(token)
    response = HttpResponseRedirect("/login")
    response.delete_cookie(COOKIE, path="/", samesite="Lax")
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


def _safe(following: str) -> str:
    """Only addresses of our own systems."""
    homes = tuple(f"{address}/" for address in settings.SYSTEM_URLS.values())
    return following if following.startswith(homes) else f"{settings.SYSTEM_URLS['insurance']}/"
