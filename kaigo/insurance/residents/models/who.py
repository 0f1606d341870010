"""Who people are, where and with whom they live, who is protected, what the section notes about them."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Anchor, Decision, Fact, Work

ADDRESSEE = "宛名情報"


class Person(Anchor):
    """Anyone the insurance section must know."""

    about = About("person", "resident", {})

    class Meta:
        db_table = "residents_person"


class Household(Anchor):
    """A household of the resident register."""

    about = About("household", "resident", {"number": (f"{ADDRESSEE}/世帯番号",)})

    number = models.CharField(max_length=15)

    class Meta:
        db_table = "residents_household"
        # Not unique=True: that would add a second index for searching by the beginning, which nobody does.
        constraints = [models.UniqueConstraint(fields=["number"], name="residents_household_once")]


class AddresseeNumber(Anchor):
    """宛名番号 → person. A person may hold several (住登外 before, resident after); see Merge."""

    about = About("person", "resident", {"number": (f"{ADDRESSEE}/宛名番号",)})

    number = models.CharField(max_length=15)
    person = models.ForeignKey(Person, models.PROTECT, related_name="numbers")

    class Meta:
        db_table = "residents_addressee_number"
        constraints = [models.UniqueConstraint(fields=["number"], name="residents_addressee_number_once")]


class Merge(Decision):
    """Two records turned out to be one person: `person` is from now on read as `into`."""

    about = About("person", "resident", {"reason": (f"{ADDRESSEE}/介護宛名履歴情報",)})

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    into = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = models.TextField()

    class Meta:
        db_table = "residents_merge"


class PersonFact(Fact):
    """A fact about one person; one truth per person and day unless `key` says more."""

    # Whether the person exists is looked up where the database looks for a second truth (records/install.py).
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False, db_constraint=False)

    class Meta:
        abstract = True


class Particulars(PersonFact):
    """Name, birth, sex. birth_raw keeps an unknown part (不詳) as 00; birth_date is then NULL."""

    about = About(
        "person",
        "resident",
        {
            **dict.fromkeys(("name", "kana", "search", "search_kana"), (f"{ADDRESSEE}/氏名情報",)),
            **dict.fromkeys(("birth_date", "birth_raw"), (f"{ADDRESSEE}/生年月日",)),
            "sex": (f"{ADDRESSEE}/性別",),
            "resident_kind": (f"{ADDRESSEE}/住民区分(日本人・外国人)",),
            **dict.fromkeys(
                ("alias", "alias_kana", "nationality", "stay_until"), (f"{ADDRESSEE}/外国人情報",)
            ),
        },
    )

    name = models.CharField(max_length=120)
    kana = models.CharField(max_length=120)
    alias = models.CharField(max_length=120)
    alias_kana = models.CharField(max_length=120)
    birth_date = models.DateField(null=True)
    birth_raw = models.CharField(max_length=8)
    sex = models.CharField(max_length=1)
    resident_kind = models.CharField(max_length=1)
    nationality = models.CharField(max_length=60)
    stay_until = models.DateField(null=True)
    # Names as people type them: variants of characters and widths folded, "name" or "name/alias" (search.py).
    search = models.CharField(max_length=250)
    search_kana = models.CharField(max_length=250)

    class Meta:
        db_table = "residents_particulars"  # indexes for search: migrations/0001_first.py


class Residence(PersonFact):
    """Where the person lives, whether here, and the event that made it so (異動事由 of the register)."""

    about = About(
        "person",
        "resident",
        {
            **dict.fromkeys(
                ("postal_code", "town_code", "address", "building"), (f"{ADDRESSEE}/現住所情報",)
            ),
            "phone": (f"{ADDRESSEE}/電話番号",),
            "state": (f"{ADDRESSEE}/消除情報",),
            **dict.fromkeys(("event", "removed_on", "removed_reason"), (f"{ADDRESSEE}/消除情報",)),
            "became_resident_on": (f"{ADDRESSEE}/住民となった年月日",),
            "became_resident_notified_on": (f"{ADDRESSEE}/住民となった届出年月日",),
            "became_resident_reason": (f"{ADDRESSEE}/住民となった事由",),
            **dict.fromkeys(
                (
                    "from_code",
                    "from_address",
                    "to_code",
                    "to_address",
                    "to_address_key",
                    "move_planned_on",
                    "taken_on",
                ),
                (f"{ADDRESSEE}/転入元転出先情報",),
            ),
        },
    )

    state = models.CharField(max_length=12)  # resident | left | dead | erased | nonresident
    event = models.CharField(max_length=2)
    postal_code = models.CharField(max_length=7)
    town_code = models.CharField(max_length=12)
    address = models.CharField(max_length=200)
    building = models.CharField(max_length=200)
    phone = models.CharField(max_length=20)
    became_resident_on = models.DateField(null=True)
    became_resident_notified_on = models.DateField(null=True)
    became_resident_reason = models.CharField(max_length=2)
    from_code = models.CharField(max_length=6)
    from_address = models.CharField(max_length=200)
    to_code = models.CharField(max_length=6)
    to_address = models.CharField(max_length=200)
    # As registers.read.address_key folds it: whether somebody moved to a facility of the register.
    to_address_key = models.CharField(max_length=200)
    move_planned_on = models.DateField(null=True)
    taken_on = models.DateField(null=True)
    removed_on = models.DateField(null=True)
    removed_reason = models.CharField(max_length=2)

    class Meta:
        db_table = "residents_residence"


class Membership(PersonFact):
    """Which household the person belongs to and as what."""

    about = About(
        "person",
        "resident",
        {
            "household_id": (f"{ADDRESSEE}/世帯番号", f"{ADDRESSEE}/世帯加入日"),
            "relationship": (f"{ADDRESSEE}/続柄",),
        },
    )

    household = models.ForeignKey(Household, models.PROTECT, related_name="+")
    relationship = models.CharField(max_length=8)

    class Meta:
        db_table = "residents_membership"


class Protection(PersonFact):
    """支援措置: the address must not reach the abuser. Letters and files are re-checked when it changes."""

    about = About("person", "protection", {"measure": (f"{ADDRESSEE}/処理停止情報",)})

    measure = models.CharField(max_length=2)

    class Meta:
        db_table = "residents_protection"


class Hold(PersonFact):
    """処理停止: named acts stop for this person."""

    about = About("person", "resident", {"reason": (f"{ADDRESSEE}/処理停止情報",)})

    reason = models.CharField(max_length=40)

    class Meta:
        db_table = "residents_hold"


class Relation(PersonFact):
    """A relationship also outside the household: a spouse elsewhere, a helper, an abuser."""

    key = ("person", "other", "relation")
    about = About("person", "resident", {"relation": (f"{ADDRESSEE}/続柄",)})

    other = models.ForeignKey(Person, models.PROTECT, related_name="+")
    relation = models.CharField(max_length=20)

    class Meta:
        db_table = "residents_relation"


class Memo(Work):
    """記事: a note of the section about a person."""

    about = About("person", "resident", {"text": (f"{ADDRESSEE}/記事情報",)})

    person = models.ForeignKey(Person, models.PROTECT, related_name="memos")
    text = models.TextField()
    written_by = models.CharField(max_length=60)

    class Meta:
        db_table = "residents_memo"
