"""What other offices say of people: tax, welfare, pension, medical insurance, stays, 住所地特例."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About
from kaigo.insurance.residents.models.who import ADDRESSEE, PersonFact

LEVY = "賦課情報"


class Taxation(PersonFact):
    """Municipal tax of a fiscal year, yen. effective is the fiscal year; a correction is a new belief."""

    key = ("person", "fiscal_year")
    about = About(
        "person",
        "tax",
        {
            "status": (f"{LEVY}/課税区分",),
            "per_capita_tax": (f"{LEVY}/住民税均等割額",),
            "income_tax": (f"{LEVY}/住民税所得割額",),
            "total_income": (f"{LEVY}/合計所得金額",),
            "pension_revenue": (f"{LEVY}/公的年金収入金額",),
            **dict.fromkeys(
                (
                    "pension_income",
                    "salary_revenue",
                    "salary_income",
                    "income_adjustment",
                    "long_special_deduction",
                    "short_special_deduction",
                    "deemed_taxed",
                    "declared",
                    "corrected_on",
                    "correction_reason",
                ),
                (f"{LEVY}/所得情報",),
            ),
        },
    )

    fiscal_year = models.SmallIntegerField()
    status = models.CharField(max_length=1)  # codes of ward.tax 課税区分
    per_capita_tax = models.IntegerField()
    income_tax = models.BigIntegerField()
    total_income = models.BigIntegerField()
    pension_revenue = models.BigIntegerField()
    pension_income = models.BigIntegerField()
    salary_revenue = models.BigIntegerField()
    salary_income = models.BigIntegerField()
    income_adjustment = models.BigIntegerField()
    long_special_deduction = models.BigIntegerField()
    short_special_deduction = models.BigIntegerField()
    deemed_taxed = models.BooleanField(null=True)
    declared = models.CharField(max_length=1)
    corrected_on = models.DateField(null=True)
    correction_reason = models.CharField(max_length=20)

    class Meta:
        db_table = "residents_taxation"


class Welfare(PersonFact):
    """生活保護 (kind 1) or 中国残留邦人等支援給付 (kind 2), from its start until its end."""

    key = ("person", "welfare_kind")
    about = About(
        "person",
        "welfare",
        {
            "welfare_kind": (f"{LEVY}/生活保護情報",),
            "case_number": (f"{LEVY}/生活保護情報",),
            "substitute_payment": (f"{LEVY}/徴収方法情報",),
        },
    )

    welfare_kind = models.CharField(max_length=1)
    case_number = models.CharField(max_length=20)
    substitute_payment = models.BooleanField()

    class Meta:
        db_table = "residents_welfare"


class OldAgePension(PersonFact):
    """老齢福祉年金."""

    about = About("person", "pension", {"certificate": (f"{LEVY}/老齢福祉年金情報",)})

    certificate = models.CharField(max_length=20)

    class Meta:
        db_table = "residents_old_age_pension"


class Borderline(PersonFact):
    """境界層証明書: the measures granted, and the premium stage when that is one of them."""

    about = About(
        "person",
        "welfare",
        dict.fromkeys(
            ("certificate", "measures", "stage"),
            (f"{LEVY}/要保護者情報", "給付情報/生活保護境界層該当者情報"),
        ),
    )

    certificate = models.CharField(max_length=20)
    measures = models.CharField(max_length=60)
    stage = models.SmallIntegerField(null=True)

    class Meta:
        db_table = "residents_borderline"


class MedicalInsurance(PersonFact):
    """医療保険 enrolment."""

    about = About(
        "person",
        "medical",
        dict.fromkeys(("insurer_number", "mark", "branch", "category"), ("資格情報/医療保険者情報",)),
    )

    insurer_number = models.CharField(max_length=8)
    mark = models.CharField(max_length=40)
    branch = models.CharField(max_length=2)
    category = models.CharField(max_length=2)

    class Meta:
        db_table = "residents_medical"


class FacilityStay(PersonFact):
    """Stay in a facility of the register. `grant_kind`: 支給決定 that an exclusion (適用除外) requires."""

    about = About(
        "person", "resident", dict.fromkeys(("facility", "grant_kind"), ("資格情報/適用除外施設入所者情報",))
    )

    facility = models.CharField(max_length=12)  # number in registers
    grant_kind = models.CharField(max_length=2)

    class Meta:
        db_table = "residents_facility_stay"


class AddressException(PersonFact):
    """住所地特例. exception: own (ours, living elsewhere) | other (lives here, insured elsewhere)."""

    about = About(
        "person",
        "resident",
        {
            "exception": ("資格情報/住所地特例情報", "資格情報/他住所地特例情報"),
            "municipality": ("資格情報/保険者情報",),
            "facility": ("資格情報/事業者情報",),
        },
    )

    exception = models.CharField(max_length=5)
    municipality = models.CharField(max_length=6)
    facility = models.CharField(max_length=12)

    class Meta:
        db_table = "residents_address_exception"


class PensionNumber(PersonFact):
    """基礎年金番号, as told by the pension service or by the person."""

    about = About("person", "pension", {"number": (f"{ADDRESSEE}/基礎年金番号",)})

    number = models.CharField(max_length=10)

    class Meta:
        db_table = "residents_pension_number"
