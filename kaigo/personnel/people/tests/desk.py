"""A desk of the staff system for tests: people hired by the ways that everybody takes, with cookies of real sessions."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from kaigo.base.staff.models import Account
from kaigo.base.staff.sessions import begin
from kaigo.base.staff.tests.hired import account, grant
from kaigo.base.staff.who import COOKIE

HOST = urlsplit(settings.SYSTEM_URLS["staff"]).netloc


class Desk:
    """kacho approves, kengen keeps accounts, hogo reviews, clerk is nobody in particular."""

    def __init__(self, settings, day: date = date(2026, 7, 15)) -> None:
        self.settings = settings
        self.on(day)
        self.kacho, self.kengen = account("101", "kacho"), account("102", "kengen", "administrator")
        self.hogo, self.clerk = account("103", "hogo"), account("104", "clerk")
        self.grants = {
            "課長": grant(self.kacho, "課長", asker=self.kengen, ruler=self.hogo),
            "権限管理": grant(self.kengen, "権限管理", asker=self.kacho, ruler=self.hogo),
            "個人情報保護": grant(self.hogo, "個人情報保護", asker=self.kengen, ruler=self.kacho),
            "係員": grant(self.clerk, "係員", asker=self.kengen, ruler=self.kacho),
        }

    def on(self, day: date) -> None:
        self.settings.BUSINESS_DATE = day.isoformat()

    def client(self, who: Account) -> Client:
        client = Client(SERVER_NAME=HOST.partition(":")[0], HTTP_HOST=HOST)
        client.cookies[COOKIE] = begin(who, "passkey")
        return client

    def get(self, who: Account, address: str, **query) -> HttpResponse:
        return self.client(who).get(address, query)

    def post(self, who: Account, address: str, **data) -> HttpResponse:
        return self.client(who).post(address, data)


def text(answer: HttpResponse) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.content.decode()[-1500:])
    return answer.content.decode()
