"""People and what we believe of them: who they are, where and with whom they live, tax, welfare, pension.

Everything is a Fact: true from a day until a day, told on a day, believed from a moment until a moment.
"""

from kaigo.insurance.residents.models.told import (
    AddressException,
    Borderline,
    FacilityStay,
    MedicalInsurance,
    OldAgePension,
    PensionNumber,
    Taxation,
    Welfare,
)
from kaigo.insurance.residents.models.used import BankAccount, MailingAddress
from kaigo.insurance.residents.models.who import (
    ADDRESSEE,
    AddresseeNumber,
    Hold,
    Household,
    Membership,
    Memo,
    Merge,
    Particulars,
    Person,
    PersonFact,
    Protection,
    Relation,
    Residence,
)

__all__ = [
    "ADDRESSEE",
    "AddressException",
    "AddresseeNumber",
    "BankAccount",
    "Borderline",
    "FacilityStay",
    "Hold",
    "Household",
    "MailingAddress",
    "MedicalInsurance",
    "Membership",
    "Memo",
    "Merge",
    "OldAgePension",
    "Particulars",
    "PensionNumber",
    "Person",
    "PersonFact",
    "Protection",
    "Relation",
    "Residence",
    "Taxation",
    "Welfare",
]
