"""The demo's people: ten members in different posts. They exist only where the cluster was made with the demo marker."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff import applications
from kaigo.base.staff.accounts import open_account
from kaigo.base.staff.can import EVERYWHERE
from kaigo.base.staff.models import Account
from kaigo.base.staff.people import Told, believe_people

CARE, POLICY, PRIVACY = "介護保険課", "情報政策課", "情報公開課"


class Person(NamedTuple):
    """Somebody of the demo; contract: item of contracts.yaml."""

    login: str
    role: str
    name: str
    kana: str
    born: date
    kind: str
    section: str
    title: str
    contract: str = ""


# The order is the order of ids: the demo's year is played by the first two.
PEOPLE = (
    Person("kakari", "係員", "見本 花子", "ミホン ハナコ", date(1991, 5, 14), "staff", CARE, "資格保険料係員"),
    Person("kakaricho", "係長", "見本 太郎", "ミホン タロウ", date(1979, 11, 2), "staff", CARE, "資格保険料係長"),
    Person("kacho", "課長", "見本 久子", "ミホン ヒサコ", date(1968, 1, 23), "staff", CARE, "介護保険課長"),
    Person("shuno", "収納係員", "見本 健一", "ミホン ケンイチ", date(1988, 8, 30), "staff", CARE, "収納係員"),
    Person("madoguchi", "窓口受託", "試験 窓子", "シケン マドコ", date(1996, 3, 7), "contractor", CARE, "窓口(委託事項2)", "2"),
    Person("unyo", "運用", "試験 運用", "シケン ウンヨウ", date(1984, 6, 18), "contractor", CARE, "システム運用(委託事項3)", "3"),
    Person("insatsu", "印刷受託", "試験 印刷", "シケン インサツ", date(1990, 12, 12), "contractor", CARE, "帳票印刷(委託事項6)", "6"),
    Person("kansa", "監査", "試験 監査", "シケン カンサ", date(1975, 9, 9), "staff", PRIVACY, "監査担当"),
    Person("kengen", "権限管理", "見本 鍵子", "ミホン カギコ", date(1986, 2, 28), "administrator", POLICY, "権限管理担当"),
    Person("hogo", "個人情報保護", "見本 守", "ミホン マモル", date(1972, 4, 4), "staff", PRIVACY, "個人情報保護管理者"),
)  # fmt: skip


def demo_marker() -> Path:
    """The mark that `make demo` leaves before the first start; an installation without it has no demo log-ins."""
    return Path(settings.FILES_ROOT).parent / "demo.marker"


def open_demo_accounts(ctx: Context) -> list[dict[str, str]]:
    """An account and a grant for each of PEOPLE: [{login, name, role, section, title}]. Raises Refused without the marker."""
    if not demo_marker().exists():
        raise Refused("実演の印のない設置では、実演のアカウントは作れません。")
    lines = [
        Told(f"D{place:04d}", p.name, p.kana, p.born, "contractor" if p.contract else "staff", p.section, p.title,
             ctx.on, None, p.contract)
        for place, p in enumerate(PEOPLE, 1)
    ]  # fmt: skip
    members = believe_people(ctx, lines, "feed:demo")
    accounts = {
        person.login: open_account(ctx, members[line.staff_number], person.login, person.kind)
        for person, line in zip(PEOPLE, lines, strict=True)
    }
    for person in PEOPLE:
        _grant(ctx, accounts, person)
    return [
        {"login": p.login, "name": p.name, "role": p.role, "section": p.section, "title": p.title}
        for p in PEOPLE
    ]


def _grant(ctx: Context, accounts: dict[str, Account], person: Person) -> None:
    """Asked for by the one who keeps the accounts, ruled by the head of the section, else by who rules for all."""
    asker = "kacho" if person.login == "kengen" else "kengen"
    heads = (person.section == CARE and person.login != "kacho") or person.login == "hogo"
    ruler = "kacho" if heads else "hogo"
    asking, ruling = (
        Context(f"account:{accounts[login].id}", ctx.purpose, ctx.on) for login in (asker, ruler)
    )
    asked = applications.apply(
        asking, "grant", accounts[person.login], "実演のための権限", role=person.role, section=person.section
    )
    # Nobody has a role yet whose sections could be asked for.
    applications.approve(ruling, asked, EVERYWHERE)
