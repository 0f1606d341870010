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
from django.utils.decorators import classonlymethod

from kaigo.base.audit.write import record, record_apart
from kaigo.base.desk.nav import forget
from kaigo.base.records.context import Context, acting
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.who import can

log = logging.getLogger("kaigo.desk")
# Two people did the same, or one pressed twice: the database keeps one of two (unique, exclusion).
SAME_AGAIN = {"23505", "23P01"}
TWICE = "同じことが先に登録されています(ほかの職員の操作か、二度押し)。前のページを開き直して、今の内容を見てください。"


class Page:
    """One page. `get`/`post` take (ctx, request, **path) and return a template name with data, or a response."""

    permission: ClassVar[str] = ""
    purpose: ClassVar[str] = ""

    @classonlymethod
    def view(cls):
        def answer(request: HttpRequest, **path) -> HttpResponse:
            return cls().answer(request, **path)

        answer.page = cls
        return answer

    def about(self, **path) -> str:
        """What the audit event names: kind and id."""
        return ":".join(str(v) for pair in path.items() for v in pair)

    def answer(self, request: HttpRequest, **path) -> HttpResponse:
        if not (self.permission and self.purpose):
            raise Http404
        handler = getattr(self, request.method.lower(), None) if request.method in {"GET", "POST"} else None
        if handler is None:
            return HttpResponseNotAllowed(["GET", "POST"])
        if request.staff is None:
            return self.to_log_in(request)
        ctx = Context(actor=request.staff.actor, purpose=self.purpose, on=request.day)
        try:
            if not can(request.staff, self.permission):
                return self.refuse(ctx, request, path)
            return self.perform(ctx, request, handler, path)
        except OperationalError:
            # Also when the event of a refusal cannot be written: without a trace nobody is answered.
            log.error("database did not answer: %s", type(self).__name__)
            return page(request, "desk/busy.html", {"title": "混み合っています"}, 503)

    def perform(self, ctx: Context, request: HttpRequest, handler, path: dict) -> HttpResponse:
        if request.method == "POST":
            forget(ctx.actor)
        try:
            with acting(ctx):
                response = self.render(request, handler(ctx, request, **path))
                if request.method == "POST" and 300 <= response.status_code < 400:
                    # Something was done with what was typed: in no field of any page a 個人番号.
                    without_my_number(*request.POST.values())
                record(ctx, self.permission, self.about(**path), method=request.method)
            return response
        except Refused as refusal:
            record_apart(ctx, self.permission, self.about(**path), "refused", method=request.method)
            return page(
                request, "desk/refused.html", {"title": "処理できません", "reason": str(refusal)}, 409
            )
        except Http404:
            record_apart(
                ctx, self.permission, self.about(**path), "refused", method=request.method, why="absent"
            )
            return page(request, "desk/absent.html", {"title": "見つかりません"}, 404)
        except OperationalError:
            raise
        except Exception as error:
            if getattr(error.__cause__, "sqlstate", "") in SAME_AGAIN:
                record_apart(
                    ctx, self.permission, self.about(**path), "refused", method=request.method, why="twice"
                )
                return page(request, "desk/refused.html", {"title": "処理できません", "reason": TWICE}, 409)
            record_apart(ctx, self.permission, self.about(**path), "failed", method=request.method)
            raise

    def refuse(self, ctx: Context, request: HttpRequest, path: dict) -> HttpResponse:
        # "Not yours" and "not there" look the same.
        record_apart(
            ctx, self.permission, self.about(**path), "refused", method=request.method, why="permission"
        )
        return page(request, "desk/absent.html", {"title": "見つかりません"}, 404)

    def render(self, request: HttpRequest, result) -> HttpResponse:
        if isinstance(result, HttpResponse):
            return result
        template, data = result
        return page(request, template, data)

    def to_log_in(self, request: HttpRequest) -> HttpResponse:
        back = f"{settings.SYSTEM_URLS[settings.SYSTEM]}{request.get_full_path()}"
        return HttpResponseRedirect(f"{settings.SYSTEM_URLS['staff']}/login?{urlencode({'next': back})}")


def page(request: HttpRequest, template: str, data: dict, status: int = 200) -> HttpResponse:
    """A page rendered fully before it is answered."""
    return HttpResponse(render_to_string(template, data, request=request), status=status)


def go(url: str) -> HttpResponse:
    """After a POST: look at the result with a GET."""
    return HttpResponseRedirect(url)


__all__ = ["Page", "Refused", "go", "page"]
