"""A person every detail of whom is a word that stands nowhere else, decided, planned, drafted and told of in all rooms."""

from __future__ import annotations

from datetime import date

from psycopg.types.range import Range

from kaigo.base.records.context import Context, acting
from kaigo.base.records.facts import believe_rows
from kaigo.insurance.arrears import models as arrears
from kaigo.insurance.arrears.talks import ask_property, plan_visit
from kaigo.insurance.collection.decide import plan_all
from kaigo.insurance.collection.models import DeductionTarget, Plan
from kaigo.insurance.collection.tests.builders import INSURER
from kaigo.insurance.collection.tests.builders import person as particulars
from kaigo.insurance.counter.decide import take
from kaigo.insurance.dunning import models as dunning
from kaigo.insurance.dunning.returned import enter
from kaigo.insurance.dunning.stays import stay
from kaigo.insurance.notices.decide import draft_premium
from kaigo.insurance.notices.models import Draft
from kaigo.insurance.premium.decide import assess_persons
from kaigo.insurance.premium.models import Assessment
from kaigo.insurance.premium.tests.builders import qualify, taxed
from kaigo.insurance.qualification.models import Deemed, IncomeInquiry, IncomeReply
from kaigo.insurance.qualification.tests.builders import lives
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents.decide import write_memo

YEAR, TODAY, DUE = 2026, date(2026, 7, 15), date(2025, 7, 31)
CLERK = Context("account:1", "premium", TODAY)
# field of fields.yaml → words that a page shows of it.
CANARIES = {
    "name": ("鑑 桜子",),
    "birth": ("昭和25年5月5日",),
    "address": ("鑑町一丁目23番4号", "鑑荘567", "送付町九丁目8番7号"),
    "contact": ("03-5555-0199",),
    "household": ("鑑 世帯主", "鑑 遠縁"),
    "number": ("000000123459876",),
    "bank": ("7654329", "カガミ ロザコ"),
    "pension": ("7788990011", "1,357,913", "老福第4711号"),
    "tax": ("1,234,567",),
    "welfare": ("保護第0815号", "境界第2718号"),
    "medical": ("00319876",),
}
MEMO = "鑑の記事: 娘から電話"


def _believe(model, who: int, since: date = date(2000, 1, 1), until: date | None = None, **values) -> None:
    texts = {
        f.attname: ""
        for f in model._meta.concrete_fields
        if f.get_internal_type() in ("CharField", "TextField") and f.column in model.value_columns()
    }
    key = {"person_id": who, "effective": Range(since, until), "source": "test:1"}
    believe_rows(model, [texts | key | values])


def _owed(who: int) -> dict[str, int]:
    """What dunning and arrears keep of her, by kind of reference."""
    term = {"person_id": who, "fiscal_year": YEAR - 1, "number": 1}
    by = {"decided_on": TODAY, "actor": "account:1"}
    batch = dunning.Batch.objects.create(
        sort="demand", on=TODAY, dated=TODAY, state="done", law="", requested_by="account:1", approved_by="account:2",
        totals={"terms": 1, "people": 1, "yen": 8_000, "late": 0, "left": {}, "saved": 1, "saved_yen": 8_000, "dropped": {}},
    )  # fmt: skip
    demand = dunning.Demand.objects.create(
        **term, **by, batch=batch, part=1, due_on=DUE, yen=8_000, dated=TODAY, deadline_on=TODAY, fee_yen=0, why="due"
    )  # fmt: skip
    charge = dunning.LateCharge.objects.create(
        **term, **by, due_on=DUE, owed_yen=8_000, until=TODAY, state="charged", yen=1_000, exact_yen=1_000
    )  # fmt: skip
    waiver = dunning.WaiverRequest.objects.create(
        person_id=who, charge=charge, yen=100, reason="災害", state="requested", requested_by="account:2"
    )
    measure = arrears.Measure.objects.create(
        **by, person_id=who, begun=None, kind="seizure", state="begun", begins=TODAY, ends=None, object="普通預金",
        ground="", at_once=False, reason="",
    )  # fmt: skip
    agreement = arrears.Agreement.objects.create(
        **by, person_id=who, made=None, state="made", agreed_on=TODAY, debt_yen=8_000, reason="", reasons=[], law=""
    )  # fmt: skip
    arrears.AgreementPart.objects.create(agreement=agreement, person_id=who, place=1, due_on=TODAY, yen=8_000)
    proposal = arrears.Proposal.objects.create(
        what="write_off", state="approved", requested_by="account:2", requested_on=TODAY, approved_by="account:1", reason=""
    )  # fmt: skip
    write_off = arrears.WriteOff.objects.create(
        **term, **by, proposal=proposal, state="done", yen=8_000, ground="prescription", extinct_on=TODAY, reasons=[],
        law="", requested_by="account:2",
    )  # fmt: skip
    return {
        "demand": demand.id,
        "late_charge": charge.id,
        "waiver_request": waiver.id,
        "stay": stay(CLERK, who, "other", TODAY, None, "調査中").id,
        "returned": enter(CLERK, who, "demand", "1", TODAY, "moved").id,
        "measure": measure.id,
        "agreement": agreement.id,
        "write_off": write_off.id,
        "visit": plan_visit(CLERK, who, TODAY).id,
        "property_inquiry": ask_property(CLERK, who, "bank", "見本銀行", TODAY).id,
    }


def plant() -> dict[str, int]:
    """kind of reference → the row of it that is about her."""
    who, head, far = particulars("鑑 桜子", "カガミ サクラコ"), particulars("鑑 世帯主", "カガミ セタイヌシ"), particulars("鑑 遠縁", "カガミ トオエン")  # fmt: skip
    lives(who, "1990-01-01", address="鑑町一丁目23番4号", building="鑑荘567", phone="03-5555-0199")
    lives(head, "1990-01-01")
    with acting(CLERK):
        home = m.Household.objects.create(number="鑑の世帯").id
        for one, relationship in ((head, "02"), (who, "12")):
            _believe(m.Membership, one, household_id=home, relationship=relationship)
        m.AddresseeNumber.objects.create(person_id=who, number="000000123459876")
        _believe(m.Relation, who, other_id=far, relation="1")
        _believe(
            m.MailingAddress,
            who,
            use="benefit",
            recipient="鑑 桜子",
            address="送付町九丁目8番7号",
            reason="9",
        )
        _believe(m.BankAccount, who, use="refund", bank="9999", branch="001", account_kind="1", account="7654329",
                 holder="カガミ ロザコ")  # fmt: skip
        _believe(m.PensionNumber, who, number="7788990011")
        _believe(m.OldAgePension, who, until=date(2010, 4, 1), certificate="老福第4711号")
        _believe(m.Welfare, who, until=date(2010, 4, 1), welfare_kind="1", case_number="保護第0815号",
                 substitute_payment=False)  # fmt: skip
        _believe(m.Borderline, who, until=date(2010, 4, 1), certificate="境界第2718号", stage=1)
        _believe(m.MedicalInsurance, who, insurer_number="00319876", category="1")
        write_memo(CLERK, who, MEMO)
        ticket = take(CLERK, who, "call", "納付書", "", False)
    taxed(who, YEAR, "1", total_income=1_234_567)
    taxed(head, YEAR, "2")
    qualify()
    with acting(CLERK):
        assess_persons(CLERK, INSURER, YEAR, [who], "counter")
        target = DeductionTarget.objects.create(
            delivery=9001, line=2, captured_year=YEAR, captured_month=4, payer="001",
            basic_pension_number="7788990011", pension_code="1150", birth_date=date(1950, 5, 5), sex="2",
            kana="ｶｶﾞﾐ ｻｸﾗｺ", annual_pension_yen=1_357_913, person_id=who, matched_by="number",
        )  # fmt: skip
        plan_all(CLERK, INSURER, YEAR, persons=[who])
        draft_premium(CLERK, INSURER, YEAR, persons=[who])
        inquiry = IncomeInquiry.objects.create(
            person_id=who, fiscal_year=YEAR, municipality="131008", state="answered", asked_on=TODAY,
            asked_by="account:1", reply_by=TODAY,
        )  # fmt: skip
        IncomeReply.objects.create(
            inquiry=inquiry, person_id=who, replied_on=TODAY, found=True, told={"total_income": "1234567"},
            actor="account:1",
        )  # fmt: skip
        Deemed.objects.create(
            person_id=head, number="H000000001", office="鑑事務所", case_number="保護第0815号", disease="01",
            since=date(2020, 1, 1), withdrawn=False, decided_on=TODAY, actor="account:1",
        )  # fmt: skip
        owed = _owed(who)
    return owed | {
        "person": who,
        "ticket": ticket.id,
        "assessment": Assessment.objects.get(person_id=who, superseded_by__isnull=True).id,
        "plan": Plan.objects.get(person_id=who).id,
        "target": target.id,
        "draft": Draft.objects.get(person_id=who).id,
        "inquiry": inquiry.id,
    }
