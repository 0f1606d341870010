"""Made-up letters as full as they can be: longest name and address, ten terms, six deductions, nineteen stages."""

from __future__ import annotations

from datetime import date

from kaigo.base.paper import qr
from kaigo.insurance.notices.certificates.letters import InsuredCertificate
from kaigo.insurance.notices.common import common
from kaigo.insurance.notices.premium import letters as L
from kaigo.law.dates import wareki

INSURER = "131997"
DATED = date(2026, 7, 10)
LONGEST = "見本長" * 12


def shared(letter: str = "premium_notice", stages: int = 13) -> dict:
    """The words of the specimen ward; more stages than its table has are made up."""
    words = common(INSURER, letter, 2026, DATED)
    if letter != "insured_certificate":
        rows = words["stages"]
        while len(rows) < stages:
            number = len(rows) + 1
            rows.append(
                [number, f"本人が住民税課税で、合計所得金額が{number},000万円以上{number + 1},000万円未満", 10_000 * number]
            )  # fmt: skip
    return words


def person(name: str = "髙橋 𠮷江", recipient: str = "", long: bool = False) -> L.Person:
    return L.Person(
        "1760001",
        "東京都見本区中央本町二丁目" + ("長" * 22 if long else "") + "1番1号",
        "見本グランドハイツ" * (3 if long else 1) + "1234号室",
        recipient or name,
        name,
        "0000000018",
    )


def part(way: str, number: int, due: date, yen: int) -> L.Part:
    label = {14: "翌2月"}.get(number, f"{number}月") if way == "deduction" else f"第{number}期"
    how = {"deduction": "特別徴収", "slip": "納付書", "debit": "口座振替", "substitute": "代理納付"}[way]
    return L.Part(way, number, due.isoformat(), yen, label, wareki(due), how)


def parts(terms: int = 10, deductions: tuple[int, ...] = (10, 12, 14), yen: int = 8_000) -> tuple:
    found = [part("slip", i, date(2026 + (i > 7), (i + 4) % 12 + 1, 28), yen) for i in range(1, terms + 1)]
    found += [
        part("deduction", m, date(2026 + (m > 12), (m - 1) % 12 + 1, 15), yen + 100) for m in deductions
    ]
    return tuple(sorted(found, key=lambda p: p.due_on))


WHY = [
    ["令和8年4月1日 の世帯と所得をもとに決めました。", "法130条", []],
    [
        "12か月分の保険料は 80,200 円です。",
        "条例・法130条",
        [
            ["第1段階の一年分 21,200 円のうち 4か月分です。", "条例", [["生活保護を受けているため、第1段階です。", "令38条1項1号", []]]],
            [
                "第5段階の一年分 74,400 円のうち 8か月分です。",
                "条例",
                [
                    [
                        "あなたに住民税はかかっていませんが、世帯にかかっている方がいます。年金の収入とそのほかの所得を合わせて 1,234,567 円のため、第5段階です。",
                        "令38条1項4号・5号",
                        [["土地や家を売ったときの特別控除 1,000,000 円を引いて計算しています。", "令38条", []]],
                    ]
                ],
            ],
        ],
    ],
    ["10月から年金から引きます。年金から引く分は 24,300 円、納付書などで納める分は 80,000 円です。", "法135条", []],
]  # fmt: skip


def notice(stage: int = 5, long: bool = False, found: tuple | None = None, **person_words) -> L.PremiumNotice:
    found = parts() if found is None else found
    return L.PremiumNotice(
        "介護保険料納入通知書 兼 決定通知書 兼 特別徴収開始通知書",
        person(long=long, **person_words),
        sum(p.yen for p in found),
        0,
        stage,
        found,
        tuple(dict.fromkeys(p.way for p in found)),
        WHY,
        found[0],
        L.Start("10月", "日本年金機構"),
    )


def change(found: tuple, before: tuple, stage: int = 6, **person_words) -> L.ChangeNotice:
    more = sum(p.yen for p in found) - sum(p.yen for p in before)
    return L.ChangeNotice(
        "介護保険料変更通知書", person(**person_words), sum(p.yen for p in found), 0, stage, found,
        L.Before(sum(p.yen for p in before), 0, 5, before),
        (f"1年間の保険料が {abs(more):,}円 {'増え' if more > 0 else '減り'}ました。", "所得段階が第5段階から第6段階になりました。"),
        "税の資料が変わったため、保険料を決め直しました。", ("more", "slips") if more > 0 else ("slips", "refund"), WHY,
        found[-1],
    )  # fmt: skip


def certificate(name: str = "髙橋 𠮷江", **person_words) -> InsuredCertificate:
    return InsuredCertificate(
        person(name=name, **person_words), "東京都見本区中央本町二丁目1番1号 見本ハイツ101号室", "タカハシ ヨシエ",
        "昭和36年7月11日", "女", "令和8年7月10日", 1,
        "令和8年7月10日に65歳になり、介護保険の第1号被保険者になりました。被保険者証をお送りします。",
    )  # fmt: skip


def printable(letter, sequence: int = 1) -> dict:
    """As release hands it to the press."""
    sheet = qr.sheet_id("R1", sequence)
    return letter.as_json() | {
        "document_number": f"8見介納第{sequence}号",
        "sheet": sheet,
    }
