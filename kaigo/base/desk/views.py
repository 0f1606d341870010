"""The base of every staff page: deny by default, one transaction, audited, answered only when all is saved.

A page is a subclass with a permission and a purpose. Without both it does not exist (404), also for tests.
"""

from __future__ import annotations

import logging
from typing import ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.decorators import classonlymethod

from kaigo.base.audit.seen import watching
from kaigo.base.desk.nav import forget
from kaigo.base.desk.things import access
from kaigo.base.desk.visit import Visit, attending
from kaigo.base.keys.store import StoreDown
from kaigo.base.records.context import acting
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused

log = logging.getLogger("kaigo.desk")
# Two people did the same, or one pressed twice: the database keeps one of two (unique, exclusion).
SAME_AGAIN = {"23505", "23P01"}
OWN_PEOPLE = (
    "ご自分または同じ世帯の人についての操作です。ほかの職員に頼んでください(自分・世帯への書込み禁止)。"
)
GUARDED = "支援措置の人は、緊急閲覧では開けません。課長に頼み、その人を見られる役割の職員が開いてください。"
GUARDED_PAGE = (
    "支援措置の人が含まれる画面は、緊急閲覧では開けません。課長に頼み、見られる役割の職員が開いてください。"
)
NO_REASON = "この人を開くきっかけ(電話・窓口の記録など)がありません。人の画面を開き直し、目的を選んでから操作してください。"
TWICE = "同じことが先に登録されています(ほかの職員の操作か、二度押し)。前のページを開き直して、今の内容を見てください。"


class Capped(Exception):
    """The day's limit of people is reached; in words."""


class Guarded(Exception):
    """A page of an emergency would show somebody under 支援措置."""


class Page:
    """One page. `get`/`post` take (ctx, request, **path) and return a template name with data, or a response.

    asks = False: a page that itself says why somebody is looked at (a note of a call), or shows nothing of anybody.
    """

    permission: ClassVar[str] = ""
    purpose: ClassVar[str] = ""
    asks: ClassVar[bool] = True

    @classonlymethod
    def view(cls):
        def answer(request: HttpRequest, **path) -> HttpResponse:
            return cls().answer(request, **path)

        answer.page = cls
        return answer

    def answer(self, request: HttpRequest, **path) -> HttpResponse:
        if not (self.permission and self.purpose):
            raise Http404
        handler = getattr(self, request.method.lower(), None) if request.method in {"GET", "POST"} else None
        if handler is None:
            return HttpResponseNotAllowed(["GET", "POST"])
        if request.staff is None:
            return self.to_log_in(request)
        try:
            with attending(request, self) as visit:
                request.trace = visit.told.trace
                return self.decided(visit, handler, path)
        except (OperationalError, StoreDown):
            # Also when the event of a refusal cannot be written: without a trace nobody is answered.
            log.error("database or keys did not answer: %s", type(self).__name__)
            return page(request, "desk/busy.html", {"title": "混み合っています"}, 503)

    def decided(self, visit: Visit, handler, path: dict) -> HttpResponse:
        """Ask whether he may, and why he looks, before anything is done."""
        verdict = visit.decide(path)
        if not verdict.allowed:
            return self.refuse(visit, verdict.why)
        if self.asks and visit.thing.people:
            look = visit.look()
            if look.ask:
                return self.ask_why(visit, look.ask)
            if look.over:
                return self.capped(visit, look.over)
        return self.perform(visit, handler, path)

    def perform(self, visit: Visit, handler, path: dict) -> HttpResponse:
        ctx, request = visit.ctx, visit.request
        if request.method == "POST":
            forget(ctx.actor)
        try:
            with acting(ctx), watching() as people:
                response = self.render(request, handler(ctx, request, **path))
                if people and not 300 <= response.status_code < 400:
                    self.may_be_shown(visit, frozenset(people))
                if request.method == "POST" and 300 <= response.status_code < 400:
                    # Something was done with what was typed: in no field of any page a 個人番号.
                    without_my_number(*(text for _, texts in request.POST.lists() for text in texts))
                visit.record("done", people)
            return response
        except Capped as over:
            return self.capped(visit, str(over))
        except Guarded:
            visit.record_apart("refused", why="guarded")
            return refused(request, GUARDED_PAGE, 403)
        except Refused as refusal:
            visit.record_apart("refused", why="rule")
            return refused(request, str(refusal))
        except Http404:
            visit.record_apart("refused", why="absent")
            return absent(request)
        except OperationalError:
            raise
        except Exception as error:
            if getattr(error.__cause__, "sqlstate", "") in SAME_AGAIN:
                visit.record_apart("refused", why="twice")
                return refused(request, TWICE)
            visit.record_apart("failed")
            raise

    def may_be_shown(self, visit: Visit, people: frozenset[int]) -> None:
        """Whom a page shows is known only when it is drawn. Raises when it must not be answered."""
        if visit.told.emergency and access().guarded(visit.ctx, people):
            raise Guarded
        # Whoever opens somebody for a reason also sees who lives with him; what names nobody's reason is a list.
        over = "" if visit.ctx.case else access().listed(visit.ctx, visit.request.staff, people)
        if over:
            raise Capped(over)

    def capped(self, visit: Visit, over: str) -> HttpResponse:
        visit.record_apart("refused", why="cap")
        return refused(visit.request, over, 429)

    def refuse(self, visit: Visit, why: str) -> HttpResponse:
        visit.record_apart("refused", why=why)
        if why == "self":
            return refused(visit.request, OWN_PEOPLE, 403)
        if why == "guarded":
            return refused(visit.request, GUARDED, 403)
        if why == "step_up":
            return self.prove(visit.request)
        # "Not yours" and "not there" look the same.
        return absent(visit.request)

    def prove(self, request: HttpRequest) -> HttpResponse:
        """He must show again that it is he; then he is led back to the page he came from."""
        again = request.method == "POST"
        path = _shown_above(request.path) if again else request.get_full_path()
        data = {
            "title": "本人の再確認",
            "again": again,
            "return_url": f"{settings.SYSTEM_URLS[settings.SYSTEM]}{path}",
        }
        return page(request, "desk/prove.html", data, 403)

    def ask_why(self, visit: Visit, page: str) -> HttpResponse:
        """Nothing says why this person is looked at: `page` asks, before anything of him is shown, and leads back."""
        visit.record_apart("refused", why="purpose")
        if not access().exist(visit.thing.people):
            return absent(visit.request)
        if visit.request.method == "POST":
            return refused(visit.request, NO_REASON, 403)
        return go(f"{page}?{urlencode({'to': visit.request.get_full_path()})}")

    def render(self, request: HttpRequest, result) -> HttpResponse:
        if isinstance(result, HttpResponse):
            return result
        template, data = result
        return page(request, template, data)

    def to_log_in(self, request: HttpRequest) -> HttpResponse:
        back = f"{settings.SYSTEM_URLS[settings.SYSTEM]}{request.get_full_path()}"
        return HttpResponseRedirect(f"{settings.SYSTEM_URLS['staff']}/login?{urlencode({'next': back})}")


def absent(request: HttpRequest) -> HttpResponse:
    """What is not there, and what is not for this person: one page, one length."""
    return page(request, "desk/absent.html", {"title": "見つかりません"}, 404)


def refused(request: HttpRequest, reason: str, status: int = 409) -> HttpResponse:
    """Nothing was saved, and why."""
    return page(request, "desk/refused.html", {"title": "処理できません", "reason": reason}, status)


def _shown_above(path: str) -> str:
    """The nearest address, from this one upwards, at which a page is shown: where an act leads back to."""
    while path != "/" and not _is_shown(path):
        path = path.rstrip("/").rpartition("/")[0] + "/"
    return path


def _is_shown(path: str) -> bool:
    try:
        return hasattr(getattr(resolve(path).func, "page", None), "get")
    except Resolver404:
        return False


def page(request: HttpRequest, template: str, data: dict, status: int = 200) -> HttpResponse:
    """A page rendered fully before it is answered."""
    return HttpResponse(render_to_string(template, data, request=request), status=status)


def go(url: str) -> HttpResponse:
    """After a POST: look at the result with a GET."""
    return HttpResponseRedirect(url)


__all__ = ["Page", "Refused", "go", "page"]
