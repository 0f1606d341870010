"""Certificates issued to insured persons."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Decision
from kaigo.insurance.qualification.models import Qualification
from kaigo.insurance.residents.models import Person

CERTIFICATE = "資格情報/被保険者証情報"


class Certificate(Decision):
    """A 被保険者証: issued, reissued, recovered. state: issued | recovered | unrecoverable."""

    about = About(
        "person",
        "certificate",
        {"sort": (CERTIFICATE,), "state": (CERTIFICATE,), "issued_on": (CERTIFICATE,)},
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    qualification = models.ForeignKey(Qualification, models.PROTECT, related_name="+")
    sort = models.CharField(max_length=20)  # insured
    number = models.SmallIntegerField()  # 1 = first issue, 2 = first reissue …
    issued_on = models.DateField()
    reason = models.CharField(
        max_length=20
    )  # age_65 | moved_in | other | lost | damaged | change | returned …
    state = models.CharField(max_length=14)

    class Meta:
        db_table = "certificates_certificate"
        constraints = [
            models.UniqueConstraint(
                fields=["qualification"],
                condition=models.Q(supersedes__isnull=True),
                name="certificates_one_beginning",
            )
        ]
