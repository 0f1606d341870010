"""Pages of the people: who works here, found by words that stand in no address, and everything about one."""

from __future__ import annotations

import unicodedata

from django.http import Http404, HttpRequest
from django.urls import path

from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import ROWS, Pages
from kaigo.base.desk.titles import Title
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.base.staff.accounts import KINDS
from kaigo.personnel.people import read

_LONGEST = 60


class Members(Page):
    """Members on the day; a search is a POST, since it says a name."""

    permission = "staff.view"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        sections = read.sections(ctx)
        section = request.GET.get("section", "")
        section = section if section in sections else ""
        postless = request.GET.get("postless") == "1"
        page = Pages(
            None,
            request,
            read.member_count(ctx, section=section, postless=postless),
            lambda limit, offset: read.members(ctx, "", section, postless, limit, offset),
        )
        return "people/members.html", _shown(ctx, sections) | {
            "page": page,
            "rows": page.rows,
            "section": section,
            "postless": postless,
        }

    def post(self, ctx: Context, request: HttpRequest):
        words = unicodedata.normalize("NFKC", request.POST.get("words", "")).strip()[:_LONGEST]
        squeezed = words.replace(" ", "")
        return "people/members.html", _shown(ctx, read.sections(ctx)) | {
            "sought": words,
            "rows": read.members(ctx, squeezed, limit=ROWS) if squeezed else [],
            "more": read.member_count(ctx, squeezed) > ROWS if squeezed else False,
        }


def _shown(ctx: Context, sections: list[str]) -> dict:
    return {"title": "職員", "sections": sections, "employments": read.EMPLOYMENTS}


class Member(Page):
    """One member: names and posts as known now and before, accounts, grants with their forms, keys."""

    permission = "staff.view"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest, member: int):
        view = read.member(ctx, member)
        if view is None:
            raise Http404
        history = request.GET.get("history") == "1"
        accounts = read.accounts(ctx, member)
        return "people/member.html", {
            "title": Title("職員", view.name or view.number),
            "member": view,
            "employment": read.EMPLOYMENTS.get(view.employment, ""),
            "posts": read.posts(ctx, member, history),
            "history": history,
            "accounts": [(a, KINDS[a.kind], read.keys(ctx, a.id)) for a in accounts],
            "page": Pages([(g, g.running(ctx.on)) for g in read.grants(ctx, member)], request),
            "may_manage": request.staff.may("staff.manage"),
            "may_apply": request.staff.may("staff.apply"),
        }


nav = Nav("職員", "/people/", "staff.view")
urls = [
    path("", Members.view(), name="members"),
    path("<member:member>/", Member.view(), name="member"),
]
