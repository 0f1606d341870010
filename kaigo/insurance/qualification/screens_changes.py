"""資格変更: the list of changes between two days, with old and new, and whether a new certificate is due."""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404, HttpRequest
from django.urls import path

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.insurance.qualification.particulars import KINDS, changes
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import wareki

BY = {"effective": "異動日", "notified": "届出日", "known": "知った日"}


class Changes(Page):
    """Who changed what, by day of the change, of its notification, or of our learning it; by default this month."""

    permission = "qualification.view"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.GET)
        first = typed.day("first", "いつから", required=False) or ctx.on.replace(day=1)
        last = typed.day("last", "いつまで", required=False) or ctx.on
        typed.text_of = {"first": wareki(first), "last": wareki(last)} | {
            k: v for k, v in typed.text_of.items() if v
        }
        by, kind = request.GET.get("by", "effective"), request.GET.get("kind", "")
        if by not in BY or (kind and kind not in KINDS):
            raise Http404
        if first > last:
            typed.errors["first"] = "いつからは、いつまでより前の日にしてください"
            first = last
        found = changes(ctx, first, last + timedelta(days=1), by)
        page = Pages([one for one in found if not kind or one.kind == kind], request)
        names = residents.names(ctx, {one.person for one in page})
        return "qualification/particulars.html", {
            "title": "資格変更(氏名・住所・世帯・第1号該当)",
            "typed": typed,
            "first": first,
            "last": last,
            "by": by,
            "ways": BY.items(),
            "kind": kind,
            "total": len(found),
            "kinds": [(key, name, sum(1 for one in found if one.kind == key)) for key, name in KINDS.items()],
            "page": page,
            "rows": [(one, names.get(one.person, "")) for one in page],
            "here": "changes",
        }


changes_urls = [path("changes/", Changes.view(), name="changes")]
