"""Registration with a word that was handed over in person: a passkey, or for whom that is granted a password and card."""

from __future__ import annotations

from django.conf import settings
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from kaigo.base.audit.write import record_apart
from kaigo.base.desk import login_key
from kaigo.base.desk.context import insurer_name
from kaigo.base.desk.views import page
from kaigo.base.records.context import Context, acting
from kaigo.base.records.refusal import Refused
from kaigo.base.staff import enrolment, fallback, passkeys
from kaigo.base.staff.models import Account, Enrolment
from kaigo.base.staff.passkeys import NotAcceptedError
from kaigo.base.staff.tables import limits

# Wrong, not confirmed, used, expired, replaced, of another log-in: one answer.
NO_WORD = (
    "このログインIDと登録券では登録できません。券は、もう一人の担当者が確認したあと、発行から{hours}時間のあいだに一度だけ使えます。"
    "うまくいかないときは、権限管理担当に本人確認を受けて、新しい券をもらってください。"
)
NOT_MADE = (
    "鍵を登録できませんでした。指紋・顔・暗証番号で本人を確かめる鍵を使い、5分以内に終えてください。"
    "管理者のアカウントには、端末の外へ写せない鍵(セキュリティキーなど)だけを登録できます。"
)
DIFFERENT = "二つのパスワードが同じではありません。もう一度入力してください。"


def enrol(request: HttpRequest) -> HttpResponse:
    """The page, and the answer of the new key."""
    if request.method == "GET":
        return page(request, "staff/enrol.html", {"title": "鍵(パスキー)の登録"})
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    try:
        ceremony = login_key.taken(request, "register")
        word = enrolment.still_good(ceremony.enrolment or 0, request.day)
        if word is None:
            raise NotAcceptedError("word")
        _register(request, word, ceremony.challenge)
    except NotAcceptedError as refusal:
        _refused(request, "staff.key_add", refusal.why, "")
        return page(request, "staff/enrol.html", {"title": "鍵(パスキー)の登録", "error": NOT_MADE}, 403)
    return page(request, "staff/enrolled.html", {"title": "鍵を登録しました"})


def _register(request: HttpRequest, word: Enrolment, challenge: bytes) -> None:
    ctx = _by(word.account, request)
    try:
        with acting(ctx):
            passkeys.register(ctx, word.account, request.POST.get("credential", ""), challenge, word)
    except IntegrityError as error:
        # The word was used a moment ago, in another window.
        raise NotAcceptedError("word") from error


def options(request: HttpRequest) -> HttpResponse:
    """Log-in and word are looked at before the browser is told anything."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    word = _word(request, "staff.key_add")
    if word is None:
        return JsonResponse({"error": _no_word()}, status=403)
    return login_key.asked_to_make(word.account, word.id)


def enrol_password(request: HttpRequest) -> HttpResponse:
    """The password that the person chooses himself; the answer is his card, once."""
    data = {"title": "パスワードと番号表の登録", "shortest": limits()["password_length"]}
    if request.method == "GET":
        return page(request, "staff/enrol_password.html", data)
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    word = _word(request, "staff.password")
    error, numbers = "", []
    if word is None:
        error = _no_word()
    elif request.POST.get("password", "") != request.POST.get("again", ""):
        error = DIFFERENT
    else:
        error, numbers = _choose(request, word)
    if error:
        return page(request, "staff/enrol_password.html", data | {"error": error}, 403)
    card = {"title": "番号表", "login": word.account.login, "numbers": _laid_out(numbers)}
    return page(request, "staff/card.html", card)


def _choose(request: HttpRequest, word: Enrolment) -> tuple[str, list[str]]:
    ctx = _by(word.account, request)
    try:
        with acting(ctx):
            return "", fallback.choose(
                ctx, word, request.POST.get("password", ""), insurer_name(settings.INSURER)
            )
    except Refused as refusal:
        _refused(request, "staff.password", "rule", ctx.actor)
        return str(refusal), []
    except IntegrityError:
        return _no_word(), []


def _word(request: HttpRequest, event: str) -> Enrolment | None:
    found = enrolment.good(request.POST.get("login", ""), request.POST.get("word", ""), request.day)
    if found is None:
        _refused(request, event, "word", "")
    return found


def _no_word() -> str:
    return NO_WORD.format(hours=limits()["enrolment_hours"])


def _refused(request: HttpRequest, event: str, why: str, about: str) -> None:
    record_apart(Context("nobody", "log_in", request.day), event, about, "refused", why=why)


def _by(account: Account, request: HttpRequest) -> Context:
    return Context(f"account:{account.id}", "log_in", request.day)


def _laid_out(numbers: list[str]) -> list[list[tuple[int, str]]]:
    """Columns of ten, from above to below: (place, number in fours)."""
    told = [(place, f"{number[:4]} {number[4:]}") for place, number in enumerate(numbers, 1)]
    return [told[first : first + 10] for first in range(0, len(told), 10)]
