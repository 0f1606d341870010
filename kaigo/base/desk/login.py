"""Log-in and log-out of all staff systems."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import timezone

from kaigo.base.audit.models import Event
from kaigo.base.audit.write import record, record_apart
from kaigo.base.desk.views import page
from kaigo.base.records.context import Context, acting
from kaigo.base.records.models import Now
from kaigo.base.staff.models import Profile, Session
from kaigo.base.staff.who import COOKIE, identify, token_hash

SESSION = timedelta(hours=12)
# So many wrong passwords in a row, and the account stays shut for so long, also to the right one.
TRIES, SHUT = 5, timedelta(minutes=15)
WRONG = "ログインIDまたはパスワードが違います。5回続けて違うと、正しいパスワードでも15分のあいだ入れません。"
# Hashed once so that an unknown log-in takes as long as a known one.
_NOBODY = make_password(secrets.token_urlsafe(12))


def log_in(request: HttpRequest) -> HttpResponse:
    """The form, and the act. A new session at every log-in; the old one, if any, is not reused."""
    following = _safe(request.POST.get("next") or request.GET.get("next", ""))
    if request.method != "POST":
        return page(request, "staff/login.html", {"title": "ログイン", "next": following})
    profile = (
        Profile.objects.select_related("account").filter(account__login=request.POST.get("login", "")).first()
    )
    good = check_password(request.POST.get("password", ""), profile.password if profile else _NOBODY)
    # A shut account looks like a wrong password: whether there is such an account is told to nobody.
    shut = profile is not None and _shut(profile.account_id)
    if not (profile and good) or shut:
        # Who was tried, if it exists; never what was typed: people type passwords into the wrong field.
        tried = f"account:{profile.account_id}" if profile else ""
        why = {"why": "shut"} if shut else {}
        record_apart(Context("nobody", "log_in", request.day), "staff.log_in", tried, "refused", **why)
        data = {
            "title": "ログイン",
            "next": following,
            "error": WRONG,
            "login": request.POST.get("login", ""),
        }
        return page(request, "staff/login.html", data, 401)
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    ctx = Context(f"account:{profile.account_id}", "log_in", request.day)
    with acting(ctx):
        Session.objects.create(
            token_hash=token_hash(token), account=profile.account, begun_at=now, ends_at=now + SESSION
        )
        record(ctx, "staff.log_in", f"account:{profile.account_id}")
    if identify(token, request.day) is None:
        return page(
            request, "staff/login.html", {"title": "ログイン", "next": following, "error": WRONG}, 401
        )
    response = HttpResponseRedirect(following)
    response.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="Lax", path="/")
    return response


def _shut(account: int) -> bool:
    """Too many wrong passwords since the last log-in of the account, by the audit events themselves."""
    tried = Event.objects.filter(permission="staff.log_in", object=f"account:{account}")
    entered = tried.filter(outcome="done").order_by("-id").values_list("id", flat=True).first() or 0
    # What is tried while it is shut does not keep it shut.
    wrong = tried.filter(outcome="refused", details={}, id__gt=entered, created_at__gt=Now() - SHUT)
    return wrong.count() >= TRIES


def log_out(request: HttpRequest) -> HttpResponse:
    """Ends the session at once for all systems."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if request.staff:
        ctx = Context(request.staff.actor, "log_out", request.day)
        with acting(ctx):
            hashed = token_hash(request.COOKIES.get(COOKIE, ""))
            # The database's clock judges sessions: its time ends them at once, whatever this machine's clock says.
            Session.objects.filter(token_hash=hashed).update(ends_at=Now())
            record(ctx, "staff.log_out", request.staff.actor)
    response = HttpResponseRedirect("/login")
    response.delete_cookie(COOKIE, path="/", samesite="Lax")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _safe(following: str) -> str:
    """Only addresses of our own systems."""
    homes = tuple(f"{address}/" for address in settings.SYSTEM_URLS.values())
    return following if following.startswith(homes) else f"{settings.SYSTEM_URLS['insurance']}/"
