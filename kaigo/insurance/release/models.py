"""What left the house: letters in print runs, files. Only this room lets anything out."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Document, Work
from kaigo.insurance.notices.models import NOTICE, NUMBER, Draft
from kaigo.insurance.residents.models import Person


class GateReport(Document):
    """A comparison decision = entries = letter (= file), per person. Nothing goes out with a difference."""

    about = About("none", "letter", {})

    subject = models.CharField(max_length=60)  # letters:premium_notice | file:pension.special_collection:01
    fiscal_year = models.SmallIntegerField()
    compared = models.IntegerField()
    totals = models.JSONField()  # {decisions, entries, letters, file: yen}
    difference_count = models.IntegerField(default=0)
    differences = models.JSONField(
        default=list
    )  # the first 1,000: [{person, what, decision, entries, letter, file}]
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "release_gate"


class PrintRun(Document):
    """Letters of one kind printed together, with a manifest that names every sheet (digests of base/files)."""

    about = About("none", "letter", {})

    letter = models.CharField(max_length=30)
    fiscal_year = models.SmallIntegerField()
    on = models.DateField()
    gate = models.ForeignKey(GateReport, models.PROTECT, related_name="+")
    letters = models.IntegerField()
    pages = models.IntegerField()
    files = models.JSONField()  # [{digest, letters, pages}]
    manifest = models.CharField(max_length=64)
    manifest_csv = models.CharField(max_length=64)
    requested_by = models.CharField(max_length=60)
    approved_by = models.CharField(max_length=60)

    class Meta:
        db_table = "release_run"


class Letter(Document):
    """One letter as it went out. `content`: sha256 of its data, so that page and record can be compared."""

    about = About(
        "person",
        "letter",
        {
            "number": (NUMBER,),
            "dated": ("賦課情報/通知書発行年月日",),
            "annual_yen": ("賦課情報/保険料額",),
            "letter": (NOTICE,),
            "sheet": (NUMBER,),
        },
    )

    # Saved for everybody at once: references are checked per statement (base/records/install.py), not per row.
    # NULL: a letter to another office about several people.
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", db_constraint=False)
    draft = models.OneToOneField(Draft, models.PROTECT, related_name="+", db_constraint=False)
    run = models.ForeignKey(PrintRun, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    letter = models.CharField(max_length=30)
    fiscal_year = models.SmallIntegerField()
    number = models.CharField(max_length=40)
    dated = models.DateField()
    sequence = models.IntegerField()
    sheet = models.CharField(max_length=40)
    pages = models.SmallIntegerField()
    annual_yen = models.IntegerField()
    content = models.CharField(max_length=64)

    class Meta:
        db_table = "release_letter"
        indexes = [models.Index(fields=["run", "sequence"], name="release_letter_run")]
        # Constraints, not unique=True: that would add a second index each for LIKE.
        constraints = [
            models.UniqueConstraint(fields=["number"], name="release_letter_number_once"),
            models.UniqueConstraint(fields=["sheet"], name="release_letter_sheet_once"),
        ]


class Pull(Document):
    """A letter taken out between print and posting. code: protected | superseded | address | … | hand."""

    about = About("person", "letter", {"reason": (NOTICE,), "code": (NOTICE,)})

    letter = models.OneToOneField(Letter, models.PROTECT, related_name="pull")
    code = models.CharField(max_length=12)
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "release_pull"


class Posting(Document):
    """A run handed to the post. From here on nothing can be pulled."""

    about = About("none", "letter", {})

    run = models.OneToOneField(PrintRun, models.PROTECT, related_name="posting")
    on = models.DateField()
    letters = models.IntegerField()
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "release_posting"


class OutgoingFile(Document):
    """A file that was let out, byte for byte in base/files."""

    about = About("none", "letter", {})

    layout = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    on = models.DateField()
    gate = models.ForeignKey(GateReport, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    records = models.IntegerField()
    totals = models.JSONField()
    requested_by = models.CharField(max_length=60)
    approved_by = models.CharField(max_length=60)

    class Meta:
        db_table = "release_file"


class Request(Work):
    """Somebody asks that letters or a file go out; somebody else approves; then it is done.

    subject: letters, or a key of subjects.FILES. what: kind of letter, notice code of the file (01 31 41 61), code of the
    municipality that a list of 住所地特例 goes to, the day of a debit or transfer, the month of a 代理納付, or the
    transaction up to which the ledger goes to the finance system.
    state: requested → approved → done | abandoned.
    """

    about = About("none", "letter", {})

    subject = models.CharField(max_length=10)
    what = models.CharField(max_length=30)
    fiscal_year = models.SmallIntegerField()
    dated = models.DateField()
    state = models.CharField(max_length=12)
    gate = models.ForeignKey(GateReport, models.PROTECT, related_name="+")
    requested_by = models.CharField(max_length=60)
    approved_by = models.CharField(max_length=60, blank=True)
    run = models.ForeignKey(PrintRun, models.PROTECT, null=True, related_name="+")
    file = models.ForeignKey(OutgoingFile, models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "release_request"


class Export(Document):
    """持出し: a list that somebody asks for, with what it is for, where it goes, how long it is kept there."""

    about = About("none", "audit", {})

    kind = models.CharField(max_length=20)  # a key of export_kinds.KINDS
    fiscal_year = models.SmallIntegerField(null=True)
    day = models.DateField(null=True)
    columns = models.JSONField()
    reason = models.CharField(max_length=400)
    handed_to = models.CharField(max_length=120)
    medium = models.CharField(max_length=10)  # a key of exports.MEDIA
    keep_until = models.DateField()
    # Lines counted by the system when it was asked for; shielded: those without address (支援措置).
    estimate = models.IntegerField()
    shielded = models.IntegerField()
    account_kind = models.CharField(max_length=14)
    actor = models.CharField(max_length=60)
    asked_on = models.DateField()

    class Meta:
        db_table = "release_export"


class ExportRuling(Document):
    """What became of it. The asker stands here again, so that the database itself can keep the two apart."""

    about = About("none", "audit", {})

    export = models.OneToOneField(Export, models.PROTECT, related_name="ruling")
    outcome = models.CharField(max_length=10)  # approved | rejected | withdrawn
    remark = models.CharField(max_length=400, blank=True)
    requested_by = models.CharField(max_length=60)
    actor = models.CharField(max_length=60)
    ruled_on = models.DateField()

    class Meta:
        db_table = "release_export_ruling"
        constraints = [
            models.CheckConstraint(
                name="release_export_two_people",
                condition=models.Q(outcome="withdrawn", actor=models.F("requested_by"))
                | (~models.Q(outcome="withdrawn") & ~models.Q(actor=models.F("requested_by"))),
            )
        ]


class ExportProduct(Document):
    """The file, made once, and kept until it is fetched. people_digest: sha256 of the list of who stands on its lines."""

    about = About("none", "audit", {})

    export = models.OneToOneField(Export, models.PROTECT, related_name="product")
    digest = models.CharField(max_length=64)
    manifest = models.CharField(max_length=64)
    people_digest = models.CharField(max_length=64)
    records = models.IntegerField()
    size = models.IntegerField()
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "release_export_product"


class ExportFetch(Document):
    """The file was given to who asked for it: once."""

    about = About("none", "audit", {})

    product = models.OneToOneField(ExportProduct, models.PROTECT, related_name="fetch")
    actor = models.CharField(max_length=60)
    fetched_on = models.DateField()

    class Meta:
        db_table = "release_export_fetch"
