"""By what way money comes in, and which file tells of it."""

from __future__ import annotations

from typing import NamedTuple


class Channel(NamedTuple):
    """label: as clerks say it. way: under which the term is levied that it pays. layout: of its files, "" = none."""

    label: str
    way: str
    layout: str


CHANNELS = {
    "slip": Channel("納付書(金融機関)", "slip", "bank.slip_receipts"),
    "store": Channel("納付書(コンビニ)", "slip", "agency.store_receipts"),
    "payeasy": Channel("ペイジー", "slip", "bank.payeasy_receipts"),
    "debit": Channel("口座振替", "debit", "bank.debit"),
    "deduction": Channel("特別徴収", "deduction", "pension.special_collection"),
    "substitute": Channel("代理納付", "substitute", "welfare.substitute_receipts"),
    "counter": Channel("窓口の現金", "slip", ""),
}
LABELS = {name: channel.label for name, channel in CHANNELS.items()}
