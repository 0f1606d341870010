"""アカウント: opened, ended, given a word for a key; the word is shown once and kept nowhere."""

from __future__ import annotations

import re
from datetime import timedelta

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import Title
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.staff import accounts
from kaigo.base.staff.models import Account, Member, Passkey
from kaigo.base.staff.tables import limits
from kaigo.personnel.people import read as people

_LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,59}")


class Accounts(Page):
    """Accounts by log-in: the open ones, or all."""

    permission = "staff.view"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        open_only = request.GET.get("all") != "1"
        page = Pages(
            None,
            request,
            people.account_count(ctx, open_only),
            lambda limit, offset: [
                (a, accounts.KINDS[a.kind]) for a in people.all_accounts(ctx, open_only, limit, offset)
            ],
        )
        return "access/accounts.html", {"title": "アカウント", "page": page, "open_only": open_only}


class OneAccount(Page):
    """One account: its term, its keys, and what may be done with it."""

    permission = "staff.view"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest, account: int):
        return self.shown(ctx, request, account, Typed())

    def shown(
        self,
        ctx: Context,
        request: HttpRequest,
        account: int,
        typed: Typed,
        word: str = "",
        wrong_key: int | None = None,
    ):
        """wrong_key: whose field the errors are about, if not those of the account."""
        view = people.account(ctx, account)
        if view is None:
            raise Http404
        return "access/account.html", {
            "title": Title("アカウント", f"アカウント {view.login}"),
            "view": view,
            "kind": accounts.KINDS[view.kind],
            "ended": bool(view.end_form),
            "keys": people.keys(ctx, account),
            "grants": [(g, g.running(ctx.on)) for g in people.account_grants(ctx, account)],
            "typed": typed,
            "word": word,
            "wrong_key": wrong_key,
            "hours": limits()["enrolment_hours"],
            "may_manage": request.staff.may("staff.manage"),
            "may_apply": request.staff.may("staff.apply"),
        }


class Open(Page):
    """A way in for a member. Grants are another matter: asked for, and approved by somebody else."""

    permission = "staff.manage"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest, member: int):
        return self.form(ctx, member, Typed())

    def post(self, ctx: Context, request: HttpRequest, member: int):
        typed = Typed(request.POST)
        login = typed.text("login", "ログインID", longest=60)
        if login and not _LOGIN.fullmatch(login):
            typed.errors["login"] = (
                "ログインIDは英小文字で始まる3文字以上の英小文字・数字・「.」「-」「_」で書いてください"
            )
        kind = typed.choice("kind", "アカウントの種類", accounts.KINDS)
        last = typed.day("last", "いつまで", required=kind == "contractor")
        if typed.errors:
            return self.form(ctx, member, typed)
        made = accounts.open_account(
            ctx, _member(member), login, kind, last + timedelta(days=1) if last else None
        )
        return go(f"/access/accounts/{ref('account', made.id)}/")

    def form(self, ctx: Context, member: int, typed: Typed):
        view = people.member(ctx, _member(member).id)
        return "access/open.html", {
            "title": "アカウントを開く",
            "member": view,
            "kinds": list(accounts.KINDS.items()),
            "typed": typed,
        }


class End(Page):
    """End an account today: its sessions are over at once."""

    permission = "staff.manage"
    purpose = "staff"

    def post(self, ctx: Context, request: HttpRequest, account: int):
        typed = Typed(request.POST)
        found, (form, reason) = _account(account), _form(typed)
        if typed.errors:
            return OneAccount().shown(ctx, request, account, typed)
        accounts.end_account(ctx, found, form, reason)
        return go(f"/access/accounts/{ref('account', account)}/")


class Enrol(Page):
    """A word for a key, on paper, handed over in person. Shown by this one answer; asking again makes another."""

    permission = "staff.manage"
    purpose = "staff"

    def post(self, ctx: Context, request: HttpRequest, account: int):
        typed = Typed(request.POST)
        found, (form, reason) = _account(account), _form(typed)
        if typed.errors:
            return OneAccount().shown(ctx, request, account, typed)
        return OneAccount().shown(ctx, request, account, Typed(), accounts.enrol(ctx, found, form, reason))


class EndKey(Page):
    """A key that was lost or changed hands opens nothing any more."""

    permission = "staff.manage"
    purpose = "staff"

    def post(self, ctx: Context, request: HttpRequest, account: int, passkey: int):
        typed = Typed(request.POST)
        found = get_object_or_404(Passkey, id=passkey, account_id=account)
        reason = typed.text("key_reason", "失効の理由", longest=200)
        if typed.errors:
            return OneAccount().shown(ctx, request, account, typed, wrong_key=passkey)
        accounts.end_key(ctx, found, reason)
        return go(f"/access/accounts/{ref('account', account)}/")


def _form(typed: Typed) -> tuple[str, str]:
    return typed.text("form_number", "申請書の番号", longest=30), typed.text("reason", "理由", longest=200)


def _account(id: int) -> Account:
    return get_object_or_404(Account, id=id)


def _member(id: int) -> Member:
    return get_object_or_404(Member, id=id)


urls = [
    path("accounts/", Accounts.view(), name="accounts"),
    path("accounts/open/<member:member>/", Open.view(), name="open"),
    path("accounts/<account:account>/", OneAccount.view(), name="account"),
    path("accounts/<account:account>/end/", End.view(), name="end"),
    path("accounts/<account:account>/enrol/", Enrol.view(), name="enrol"),
    path("accounts/<account:account>/keys/<passkey:passkey>/end/", EndKey.view(), name="end_key"),
]
