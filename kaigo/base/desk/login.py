"""Log-in and log-out of all staff systems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect

from kaigo.base.audit import write
from kaigo.base.audit.write import record, record_apart
from kaigo.base.desk import login_key
from kaigo.base.desk.views import page
from kaigo.base.records.context import Context, acting
from kaigo.base.staff import fallback, passkeys
from kaigo.base.staff.can import Staff
from kaigo.base.staff.models import Account
from kaigo.base.staff.opening import PEOPLE, demo_marker
from kaigo.base.staff.passkeys import NotAcceptedError
from kaigo.base.staff.sessions import begin, end_sessions
from kaigo.base.staff.who import COOKIE, identify

# What the first page of the insurance system asks for (docs/access.csv).
FIRST_PAGE = "jobs.view"
LOOPBACK = {"127.0.0.1", "::1"}
WRONG = (
    "ログインできません。鍵(パスキー)が登録されていないか、パスワードか番号が違うか、続けて間違えたためしばらく閉じているか、"
    "アカウントまたは所属の期間が終わっています。わからないときは権限管理担当に聞いてください。"
)


def log_in(request: HttpRequest) -> HttpResponse:
    """The way in."""
    following = safe(request.GET.get("next", ""))
    return page(request, "staff/login.html", form(request, following))


def form(request: HttpRequest, following: str, error: str = "") -> dict:
    """What the page of the log-in shows."""
    return {
        "title": "ログイン", "next": following, "error": error,
        "people": PEOPLE if may_play(request) else (),
    }  # fmt: skip


def key_options(request: HttpRequest) -> HttpResponse:
    """A challenge for whichever key the person has."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return login_key.asked("log_in")


def log_in_with_key(request: HttpRequest) -> HttpResponse:
    """The answer of a key: it says itself whose it is."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    following = safe(request.POST.get("next", ""))
    ctx = Context("nobody", "log_in", request.day)
    try:
        key = login_key.answered(ctx, request, "log_in")
    except NotAcceptedError as refusal:
        account = refusal.passkey.account if refusal.passkey else None
        return turned_away(request, account, "passkey", following, refusal.why)
    return enter(request, key.account, "passkey", following, lambda: passkeys.opens(key))


def log_in_with_password(request: HttpRequest) -> HttpResponse:
    """Password and the next number of the card, for whom that has been granted."""
    following = safe(request.GET.get("next", "") or request.POST.get("next", ""))
    if request.method not in {"GET", "POST"}:
        return HttpResponseNotAllowed(["GET", "POST"])
    data = {"title": "パスワードと番号表でログイン", "next": following}
    if request.method == "GET":
        return page(request, "staff/password.html", data)
    told = (request.POST.get(name, "") for name in ("login", "password", "number"))
    tried = fallback.attempt(Context("nobody", "log_in", request.day), "staff.log_in", *told)
    if tried.why:
        return page(request, "staff/password.html", data | {"error": WRONG}, 401)
    granted = tried.account.id
    return enter(
        request, tried.account, "fallback", following, lambda: bool(fallback.running(granted, request.day))
    )


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
    return enter(request, account, "demo", safe(request.POST.get("next", "")))


def may_play(request: HttpRequest) -> bool:
    """Whether the demo's log-ins exist here and now."""
    return demo_marker().exists() and request.META.get("REMOTE_ADDR") in LOOPBACK


class NoPlaceError(Exception):
    """Account ended, no post in force, or the way in ended a moment ago."""


def enter(
    request: HttpRequest,
    account: Account,
    method: str,
    following: str,
    opens: Callable[[], bool] = lambda: True,
) -> HttpResponse:
    """A new session with a new cookie; the old one of this browser, if any, ends. Without a post in force: refused.

    opens: whether the way in is still one, asked again when nobody can end it any more (sessions.in_turn).
    """
    ctx = Context(f"account:{account.id}", "log_in", request.day)
    try:
        with _told(account.member_id), acting(ctx):
            if request.staff is not None and request.staff.session:
                end_sessions([request.staff.account], request.staff.session)
            token = begin(account, method)
            person = identify(token, request.day)
            if person is None or not opens():
                raise NoPlaceError
            record(ctx, "staff.log_in", ctx.actor, method=method)
    except NoPlaceError:
        return turned_away(request, account, method, following, "closed")
    response = HttpResponseRedirect(landing(person, following))
    response.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="Strict", path="/")
    return response


def landing(person: Staff, following: str) -> str:
    """Where he comes out: whose roles do not open the first page of the insurance system, at what he may do."""
    first = f"{settings.SYSTEM_URLS['insurance']}/"
    if following == first and not person.may(FIRST_PAGE):
        return f"{settings.SYSTEM_URLS['staff']}/access/mine/"
    return following


def turned_away(
    request: HttpRequest, account: Account | None, method: str, following: str, why: str = ""
) -> HttpResponse:
    """The same words for everybody; who was tried stands in the event, never what was typed."""
    ctx = Context("nobody", "log_in", request.day)
    record_apart(
        ctx, "staff.log_in", f"account:{account.id}" if account else "", "refused", why=why, method=method
    )
    if method == "fallback":
        data = {"title": "パスワードと番号表でログイン", "next": following, "error": WRONG}
        return page(request, "staff/password.html", data, 401)
    return page(request, "staff/login.html", form(request, following, WRONG), 401)


def log_out(request: HttpRequest) -> HttpResponse:
    """Ends the session at once for all systems."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if request.staff:
        ctx = Context(request.staff.actor, "log_out", request.day)
        with _told(request.staff.member, request.staff.session), acting(ctx):
            end_sessions([request.staff.account], request.staff.session)
            record(ctx, "staff.log_out", request.staff.actor)
    response = HttpResponseRedirect("/login")
    response.delete_cookie(COOKIE, path="/", samesite="Strict")
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@contextmanager
def _told(member: int, session: int | None = None) -> Iterator[None]:
    """Events inside say which human being it was."""
    token = write.begin(write.Request(member=member, session=session, place="staff:desk.login"))
    try:
        yield
    finally:
        write.finish(token)


def safe(following: str) -> str:
    """Only addresses of our own systems."""
    homes = tuple(f"{address}/" for address in settings.SYSTEM_URLS.values())
    return following if following.startswith(homes) else f"{settings.SYSTEM_URLS['insurance']}/"
