"""What a person does about his own way in: his keys, and where he is logged in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from kaigo.base.audit.write import record
from kaigo.base.desk import login_key
from kaigo.base.desk.refs import unref
from kaigo.base.desk.views import Page, Refused, go, page
from kaigo.base.records.context import Context
from kaigo.base.staff import fallback, passkeys
from kaigo.base.staff.accounts import end_key
from kaigo.base.staff.models import Account, Passkey
from kaigo.base.staff.passkeys import NotAcceptedError
from kaigo.base.staff.sessions import METHODS, end_sessions, open_sessions
from kaigo.base.staff.tables import limits

NOT_MADE = "鍵を登録できませんでした。指紋・顔・暗証番号で本人を確かめる鍵を使い、5分以内に終えてください。もう登録してある鍵は、二度は登録できません。"
ONLY_BY_KEY = "鍵を足せるのは、鍵(パスキー)でログインした人だけです。鍵をなくしたときは、権限管理担当から登録券をもらってください。"


class Sessions(Page):
    """Where this account is logged in; others than this session can be ended."""

    permission = "staff.self"
    purpose = "log_in"

    def get(self, ctx: Context, request: HttpRequest):
        found = open_sessions(request.staff.account)
        rows = [
            {
                "id": one.id, "method": METHODS[one.method], "begun_at": one.begun_at, "ends_at": one.ends_at,
                "seen_at": one.seen_at, "own": one.id == request.staff.session,
            }
            for one in found
        ]  # fmt: skip
        data = {"title": "ログインの状況", "rows": rows, "others": sum(not row["own"] for row in rows)}
        if request.staff.method == "fallback":
            data["left"] = fallback.left(request.staff.account, ctx.on)
        return "staff/sessions.html", data | {
            "idle": limits()["idle_minutes"],
            "hours": limits()["session_hours"],
        }

    def post(self, ctx: Context, request: HttpRequest):
        others = {one.id for one in open_sessions(request.staff.account)} - {request.staff.session}
        which = request.POST.get("session", "")
        if which:
            others &= {unref("session", which)}
            if not others:
                raise Refused("このログインはもう終わっています。ページを開き直してください。")
        ended = sum(end_sessions([request.staff.account], one) for one in others)
        record(ctx, "staff.session_end", ctx.actor, sessions=ended)
        return go("/sessions")


class Fresh(Page):
    """A page of one's own that also needs a fresh proof, as permissions with step_up do."""

    def perform(self, visit, handler, path):
        proved = visit.request.staff.proved
        if proved is None or proved > limits()["step_up_minutes"] * 60:
            return self.refuse(visit, "step_up")
        return super().perform(visit, handler, path)

    def prove(self, request: HttpRequest):
        data = {"title": "本人の再確認", "again": request.method == "POST"}
        data["return_url"] = f"{settings.SYSTEM_URLS['staff']}/passkeys"
        return page(request, "desk/prove.html", data, 403)


class Keys(Fresh):
    """The keys of this account."""

    permission = "staff.self"
    purpose = "log_in"

    def get(self, ctx: Context, request: HttpRequest):
        return "staff/keys.html", self.shown(request)

    def post(self, ctx: Context, request: HttpRequest):
        """A further key: the answer to the challenge that `KeyOptions` gave."""
        _may_add(request)
        account = Account.objects.get(id=request.staff.account)
        try:
            ceremony = login_key.taken(request, "register")
            if ceremony.account != account.id or ceremony.enrolment is not None:
                raise NotAcceptedError("ceremony")
            passkeys.register(ctx, account, request.POST.get("credential", ""), ceremony.challenge, None)
        except NotAcceptedError as refusal:
            record(ctx, "staff.key_add", ctx.actor, "refused", why=refusal.why)
            return "staff/keys.html", self.shown(request) | {"error": NOT_MADE}
        return go("/passkeys")

    def shown(self, request: HttpRequest) -> dict:
        keys = Passkey.objects.filter(account_id=request.staff.account).select_related("end").order_by("id")
        return {
            "title": "自分の鍵(パスキー)",
            "keys": keys,
            "may_add": request.staff.method in {"passkey", "demo"},
        }


class KeyOptions(Fresh):
    """A challenge for a further key."""

    permission = "staff.self"
    purpose = "log_in"

    def post(self, ctx: Context, request: HttpRequest):
        _may_add(request)
        return login_key.asked_to_make(Account.objects.get(id=request.staff.account))


class KeyEnd(Fresh):
    """A key that is lost or no longer used opens nothing from now on."""

    permission = "staff.self"
    purpose = "log_in"

    def post(self, ctx: Context, request: HttpRequest):
        number = unref("passkey", request.POST.get("key", ""))
        key = get_object_or_404(Passkey, id=number, account_id=request.staff.account)
        end_key(ctx, key, "本人が失効させた")
        return go("/passkeys")


def _may_add(request: HttpRequest) -> None:
    """A weaker way in must not make a stronger one."""
    if request.staff.method not in {"passkey", "demo"}:
        raise Refused(ONLY_BY_KEY)
