"""Pages of the registers: facilities on a day, insurers, banks."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from django.http import Http404, HttpRequest
from django.urls import path

from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.insurance.registers import read
from kaigo.insurance.registers.banks import find_banks
from kaigo.layouts.model import get

_LONGEST = 100


def _codes(field: str) -> dict[str, str]:
    return dict(get("ward.facility").field(field).codes)


def _words(request: HttpRequest) -> str:
    return unicodedata.normalize("NFKC", request.GET.get("words", "")).strip()[:_LONGEST]


class Facilities(Page):
    """施設台帳 on a day: kind, capacity, 住所地特例, 適用除外."""

    permission = "registers.view"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.GET)
        day = typed.day("on", "いつ現在", required=False)
        ctx = replace(ctx, on=day) if day else ctx
        kinds = _codes("kind")
        kind = request.GET.get("kind", "") if request.GET.get("kind", "") in kinds else ""
        found = [(view, kinds.get(view.kind, "")) for view in read.facilities(ctx, kind, _words(request))]
        return "registers/facilities.html", {
            "title": "施設台帳",
            "here": "facilities",
            "typed": typed,
            "on": ctx.on,
            "page": Pages(found, request),
            "kinds": list(kinds.items()),
            "kind": kind,
            "sought": _words(request),
        }


class Facility(Page):
    """One facility with all its entries."""

    permission = "registers.view"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest, facility: int):
        entries = read.facility_history(ctx, facility)
        if not entries:
            raise Http404
        kinds, exclusions = _codes("kind"), _codes("exclusion_kind")
        return "registers/facility.html", {
            "title": entries[-1].name,
            "entries": [
                (e, kinds.get(e.kind, ""), exclusions.get(e.exclusion_kind, "")) for e in reversed(entries)
            ],
            "municipality": read.insurer_name(ctx, entries[-1].municipality) or entries[-1].municipality,
            "number": entries[-1].number,
        }


class Banks(Page):
    """金融機関 of the published list."""

    permission = "registers.view"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest):
        sought = _words(request)
        return "registers/banks.html", {
            "title": "金融機関",
            "here": "banks",
            "sought": sought,
            "banks": find_banks(sought),
        }


class Insurers(Page):
    """全国の保険者 (municipalities) with both numbers."""

    permission = "registers.view"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest):
        sought = _words(request)
        return "registers/insurers.html", {
            "title": "保険者",
            "here": "insurers",
            "sought": sought,
            "page": Pages(read.insurers(ctx, sought), request),
        }


nav = Nav("台帳", "/registers/", "registers.view")
urls = [
    path("", Facilities.view(), name="facilities"),
    path("facilities/<facility:facility>/", Facility.view(), name="facility"),
    path("banks/", Banks.view(), name="banks"),
    path("insurers/", Insurers.view(), name="insurers"),
]
