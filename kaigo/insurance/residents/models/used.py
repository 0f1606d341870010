"""Where letters and money go: what people asked for themselves."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About
from kaigo.insurance.residents.models.who import ADDRESSEE, PersonFact


class MailingAddress(PersonFact):
    """Where letters of a purpose go when not to the registered address."""

    key = ("person", "use")
    about = About(
        "person",
        "resident",
        dict.fromkeys(
            ("recipient", "postal_code", "address", "building", "reason"), (f"{ADDRESSEE}/送付先情報",)
        ),
    )

    use = models.CharField(max_length=12)  # all | premium | benefit
    recipient = models.CharField(max_length=120)
    postal_code = models.CharField(max_length=7)
    address = models.CharField(max_length=200)
    building = models.CharField(max_length=200)
    reason = models.CharField(max_length=2)

    class Meta:
        db_table = "residents_mailing_address"


class BankAccount(PersonFact):
    """Account of a person for a purpose (口座振替, 還付)."""

    key = ("person", "use")
    about = About(
        "person",
        "collection",
        dict.fromkeys(("bank", "branch", "account_kind", "account", "holder"), (f"{ADDRESSEE}/口座情報",)),
    )

    use = models.CharField(max_length=12)  # debit | refund | benefit
    bank = models.CharField(max_length=4)
    branch = models.CharField(max_length=3)
    account_kind = models.CharField(max_length=1)
    account = models.CharField(max_length=7)
    holder = models.CharField(max_length=60)

    class Meta:
        db_table = "residents_bank_account"
