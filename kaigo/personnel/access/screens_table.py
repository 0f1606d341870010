"""権限表 on any day, as known on any day: who could do what, and what each role gives. Printable."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import groupby

from django.http import HttpRequest
from django.urls import path
from django.utils import timezone

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.base.staff.accounts import KINDS
from kaigo.personnel.access import table
from kaigo.personnel.people import read as people


def _when(ctx: Context, request: HttpRequest) -> tuple[Context, Typed, dict]:
    """The day that was asked for, as it was known at the end of another; what the form shows again."""
    typed = Typed(request.GET)
    on = typed.day("on", "いつ現在", required=False) or ctx.on
    known = typed.day("known", "いつ時点の認識", required=False)
    known_at = (
        timezone.make_aware(datetime.combine(known + timedelta(days=1), time.min)) if known else ctx.known_at
    )
    shown = {"typed": typed, "on": on, "known": known, "query": request.GET.urlencode()}
    return replace(ctx, on=on, known_at=known_at), typed, shown


class Table(Page):
    """Every grant that gave something on the day."""

    permission = "staff.view"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        at, typed, shown = _when(ctx, request)
        sections = people.sections(at)
        section = request.GET.get("section", "")
        section = section if section in sections else ""
        rows = [] if typed.errors else table.held(at, section)
        return "access/table.html", shown | {
            "title": "権限表",
            "here": "table",
            "sections": sections,
            "section": section,
            "page": Pages([(row, KINDS[row.kind]) for row in rows], request),
        }


class Print(Page):
    """The same for paper: whole, a section begins on a new page."""

    permission = "staff.view"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        at, typed, shown = _when(ctx, request)
        rows = [] if typed.errors else table.held(at, request.GET.get("section", ""))
        return "access/table_print.html", shown | {
            "title": "権限表",
            "groups": [
                (section, [(row, KINDS[row.kind]) for row in found])
                for section, found in groupby(rows, key=lambda row: row.section)
            ],
            "total": len(rows),
        }


class Roles(Page):
    """What each role gives on the day: permissions, details, purposes, contract items."""

    permission = "staff.view"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        at, _, shown = _when(ctx, request)
        found = table.matrix(at)
        return "access/roles.html", shown | {
            "title": "役割の中身",
            "here": "roles",
            "matrix": found,
            "kinds": ["、".join(KINDS[kind] for kind in kinds) for kinds in found.kinds],
        }


urls = [
    path("table/", Table.view(), name="table"),
    path("table/print/", Print.view(), name="table_print"),
    path("table/roles/", Roles.view(), name="roles"),
]
