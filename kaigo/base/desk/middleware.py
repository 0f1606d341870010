"""The ends of every request: headers that keep pages to themselves, who is asking, and signs that nobody types."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseNotAllowed, HttpResponseRedirect

from kaigo.base.audit import write
from kaigo.base.desk import answers
from kaigo.base.desk.day import business_date
from kaigo.base.desk.views import page
from kaigo.base.records.context import Context
from kaigo.base.staff.who import COOKIE, identify

log = logging.getLogger("kaigo.desk")
# What browsers of people use; whatever else is asked reaches nothing, no page and no file.
METHODS = ["GET", "POST"]
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self' {forms}; frame-ancestors 'none'; base-uri 'none'"
)
FOREIGN = "ほかのサイトから送られた操作です。何も保存していません。このシステムの画面を開き直して、そこから操作してください。"
TOO_LATE = "送った内容の結果は、送った人が15分のあいだだけ見られます。前のページを開き直して、今の内容を見てください。"
UNTYPEABLE = "入力に、文字ではない符号(NUL)が入っています。貼り付けたものなら、打ち直してから送ってください。"


class Guard:
    """Security headers on every answer; nothing is stored in browsers or proxies."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.csp = _CSP.format(forms=" ".join(settings.SYSTEM_URLS.values()))

    def __call__(self, request) -> HttpResponse:
        response = self.refusal(request) or self.get_response(request)
        response["Content-Security-Policy"] = self.csp
        response["X-Content-Type-Options"] = "nosniff"
        response["X-Frame-Options"] = "DENY"
        # Only the origin, never the address. With "same-origin" browsers post to the log-out of the staff system,
        # which is another origin, with "Origin: null", and the check against forged requests refuses that.
        response["Referrer-Policy"] = "strict-origin"
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        if not request.path.startswith("/static/"):
            response["Cache-Control"] = "no-store"
        if response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming:
            # No form leaves what was typed to the browser: without "off" Chromium writes the fields of open pages to
            # its disk (session files, to restore them after a crash), and offers them to whoever types next.
            response.content = response.content.replace(b"<form ", b'<form autocomplete="off" ')
        return response

    def refusal(self, request) -> HttpResponse | None:
        """What no page of ours sends.

        A post from another site meets three locks: the cookie is SameSite=Strict, what the browser says of its origin
        (here; browsers that say nothing are left to the others), and Django's token.
        """
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        try:
            request.get_host()
        except DisallowedHost:
            return HttpResponseBadRequest()
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
            return page(request, "desk/refused.html", {"title": "処理できません", "reason": FOREIGN}, 403)
        return None


class WhoIs:
    """Puts the logged-in person (or None) and the business date on the request.

    While the database of the staff does not answer nobody is let in, and everybody is told so (503): by a page that
    needs no database, since nobody is logged in on it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request) -> HttpResponse:
        request.day = business_date()
        request.staff = None
        try:
            request.staff = identify(request.COOKIES.get(COOKIE, ""), request.day)
        except (OperationalError, InterfaceError):
            return self.busy(request)
        return self.get_response(request)

    def process_exception(self, request, error: Exception) -> HttpResponse | None:
        """The same for what is no Page and so does not answer it itself: the log-in."""
        if not isinstance(error, (OperationalError, InterfaceError)):
            return None
        request.staff = None
        return self.busy(request)

    def busy(self, request) -> HttpResponse:
        log.error("database did not answer: %s", type(self).__name__)
        return page(request, "desk/busy.html", {"title": "混み合っています"}, 503)


class Typeable:
    """Refuses a request with the sign NUL in a field: no keyboard makes it and no text of the database can hold it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request) -> HttpResponse:
        typed = (
            value for given in (request.GET, request.POST) for _, values in given.lists() for value in values
        )
        if any("\0" in value for value in typed):
            return page(request, "desk/refused.html", {"title": "処理できません", "reason": UNTYPEABLE}, 400)
        return self.get_response(request)


class Answers:
    """Answers a post with a redirect to the page that tells what became of it (answers.py): no browser keeps the body
    of a post that was answered so, and to load the page again does nothing a second time."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request) -> HttpResponse:
        session = request.staff.session if request.staff else None
        if session is None:
            return self.get_response(request)
        try:
            if request.method == "GET" and answers.PARAMETER in request.GET:
                return self.shown(request, session)
            response = self.get_response(request)
            # Only what a Page answered: the ceremonies of the log-in speak with scripts, and their bodies hold passwords,
            # which browsers never keep.
            if request.method == "POST" and hasattr(request, "trace") and _is_page(response):
                return self.kept(request, response, session)
            return response
        except OperationalError:
            log.error("database did not answer: %s", type(self).__name__)
            return page(request, "desk/busy.html", {"title": "混み合っています"}, 503)

    def kept(self, request, response: HttpResponse, session: int) -> HttpResponse:
        told = answers.Kept(response.status_code, request.trace, response.content.decode())
        token = answers.keep(session, told)
        return HttpResponseRedirect(f"{request.path}?{answers.PARAMETER}={token}", status=303)

    def shown(self, request, session: int) -> HttpResponse:
        found = answers.show(request.GET[answers.PARAMETER], session)
        if found is None:
            return page(request, "desk/absent.html", {"title": "見つかりません", "reason": TOO_LATE}, 404)
        # To look again is to look: it leaves an event of its own, which names that of the post.
        ctx = Context(request.staff.actor, "operations", request.day)
        told = write.begin(
            write.Request(
                member=request.staff.member, session=session, place=f"{settings.SYSTEM}:desk.Answers"
            )
        )
        try:
            write.record_apart(ctx, "page.again", outcome="done", first=found.trace)
        finally:
            write.finish(told)
        return HttpResponse(found.body, status=found.status)


def _is_page(response: HttpResponse) -> bool:
    html = response.headers.get("Content-Type", "").startswith("text/html")
    return (
        html
        and not response.streaming
        and not 300 <= response.status_code < 400
        and response.status_code < 500
    )
