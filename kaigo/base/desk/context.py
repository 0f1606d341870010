"""What every staff page knows: system, insurer, business date, who is logged in, the street."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

from kaigo.base.desk.nav import places
from kaigo.base.records.context import Context
from kaigo.base.staff.can import Staff
from kaigo.law.values import load

SYSTEMS = {
    "staff": "職員認証",
    "insurance": "介護保険システム",
    "addressee": "団体内統合宛名システム",
    "gateway": "中間サーバー",
    "juki": "住民基本台帳ネットワークシステム",
    "portal": "サービス検索・電子申請機能",
    "tools": "道具",
}
# The person has switched the keys off (WCAG 2.1.4); says nothing about anybody.
KEYS_COOKIE = "__Host-keys"


@lru_cache(maxsize=8)
def insurer_name(code: str) -> str:
    """The municipality's name; its code where the law room does not know it."""
    return load().insurers.get(code, {}).get("name", code)


def elsewhere(staff: Staff) -> list[tuple[str, str]]:
    """(label, address) of the other systems that have something for this person."""
    if settings.SYSTEM != "staff":
        return [("自分の権限", f"{settings.SYSTEM_URLS['staff']}/access/mine/")]
    there = settings.SYSTEM_URLS["insurance"]
    if any(not name.startswith(("staff.", "audit.")) for name in staff.permissions):
        return [(SYSTEMS["insurance"], f"{there}/")]
    # Who only looks into records has nothing else to do there: the first page would be none of his.
    return [(f"{SYSTEMS['insurance']}のアクセス記録", f"{there}/traces/")] if staff.may("audit.view") else []


def frame(request: HttpRequest) -> dict:
    """Context processor of all templates."""
    staff = getattr(request, "staff", None)
    day = getattr(request, "day", None)
    if staff is None:
        navigation = []
    else:
        ctx = Context(staff.actor, "operations", day)
        navigation = places(ctx, staff, request.path)
    return {
        "staff": staff,
        "day": day,
        "system": settings.SYSTEM,
        "system_name": SYSTEMS.get(settings.SYSTEM, settings.SYSTEM),
        "insurer_name": insurer_name(settings.INSURER),
        "navigation": navigation,
        "may_search": settings.SYSTEM == "insurance" and staff is not None and staff.may("counter.view"),
        "staff_url": settings.SYSTEM_URLS["staff"],
        "home_url": settings.SYSTEM_URLS.get(settings.SYSTEM, settings.SYSTEM_URLS["insurance"]),
        "elsewhere": elsewhere(staff) if staff else (),
        "keys": request.COOKIES.get(KEYS_COOKIE) != "off",
    }
