"""Names as people type them: variants of characters, widths and kana folded to one spelling.

髙橋 = 高橋, ﾀｶﾊｼ = たかはし = タカハシ, ヨーコ = ヨウコ = ヨオコ. Used on both sides of a search, never shown.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# The spelling of the list of common characters, then what family registers also write.
_VARIANTS = """
高髙 崎﨑嵜碕 吉𠮷 辺邉邊 沢澤 斉斎齋齊 浜濱濵 島嶋嶌 富冨 広廣 桜櫻 竜龍 滝瀧 国國圀 栄榮
柳栁 真眞 恵惠 寿壽 万萬 与與 会會 伝傳 体體 児兒 円圓 剣劍劒 医醫 区區 単單 双雙 台臺
号號 塩鹽 壮壯 声聲 売賣 変變 学學斈 宝寶寳 実實 宮宫 将將 峰峯 巌巖 帯帶 庄荘莊 弁辯瓣
弥彌 当當 徳德 応應 恒恆 悦悅 戸戶 曽曾 来來 条條 栃橡 桑桒 桧檜 検檢 楽樂 横橫 欧歐
歩步 歳歲 殻殼 気氣 沖冲 浅淺 渋澁澀 温溫 瀬瀨 焔焰 為爲 状狀 独獨 瑶瑤 瓶甁 画畫 礼禮
秋穐龝 稲稻 穂穗 竪豎 経經 緑綠 総總 縁緣 縦縱 聡聰 芦蘆 薗園 蔵藏 薫薰 虎乕 蛍螢 覚覺
角⻆ 讃讚 豊豐 豫予 輝煇 遥遙 郎郞 鉄鐵銕 鋭銳 録錄 関關 随隨 雑雜 霊靈 静靜 頼賴 顔顏
館舘 駅驛 駆驅 黒黑 鴎鷗 鶏鷄 麦麥 黄黃 点點 亀龜 晃晄 晋晉 暁曉 梅楳 槙槇 橋槗
清淸 淵渊渕 灯燈 祢禰 祇祗 糸絲 絵繪 継繼 続續 脇𦚰 脩修 草艸 蒋蔣 釈釋 鈎鉤 鉱鑛 銭錢
陥陷 隣鄰 雁鳫 頴穎 餅餠 鯵鰺 麹麴 麺麵 黙默 凜凛 尭堯 竃竈 籠篭 粛肅 弐貳 参參 拡擴
挙擧 撃擊 暦曆 涙淚 渓溪谿 湾灣 満滿 炉爐 犠犧 禄祿 穣穰 粋粹 縄繩 翠翆 膽胆 臈臘 舎舍
芸藝 茎莖 蛮蠻 衛衞 装裝 触觸 諌諫 謡謠 譲讓 賛贊 践踐 軽輕 郷鄕 醸釀 鋳鑄 闘鬭 隠隱
髪髮 鬱欝
"""
_SMALL = dict(
    zip("ァィゥェォッャュョヮヵヶヂヅヲヰヱヴ", "アイウエオツヤユヨワカケジズオイエブ", strict=True)
)
_VOWELS = {
    "ア": "アカサタナハマヤラワガザダバパ",
    "イ": "イキシチニヒミリギジビピ",
    "ウ": "ウクスツヌフムユルグズブプ",
    "エ": "エケセテネヘメレゲゼデベペ",
    "オ": "オコソトノホモヨロヲゴゾドボポ",
}
_ROW = {kana: vowel for vowel, row in _VOWELS.items() for kana in row}
_DROPPED = " 　・･.,'’`‐-–—/()"


def _table() -> dict[int, str | None]:
    table: dict[int, str | None] = {ord(c): None for c in _DROPPED}
    table |= {code: chr(code + 0x60) for code in range(ord("ぁ"), ord("ゖ") + 1)}
    for group in _VARIANTS.split():
        for other in group[1:]:
            if other != group[0]:
                table.setdefault(ord(other), group[0])
    # Selectors of variants say only how a character is drawn.
    table |= dict.fromkeys([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
    return table


_TABLE = _table()
_KANA = {ord(small): large for small, large in _SMALL.items()}
_LONG = re.compile("([ァ-ヴ])([ーウイ])")


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """The spelling that all spellings of one name share; "" stays ""."""
    plain = unicodedata.normalize("NFKC", text).translate(_TABLE).upper().translate(_KANA)
    return _LONG.sub(_vowel, plain).replace("ー", "")


def _vowel(found: re.Match) -> str:
    row = _ROW.get(found[1], "")
    if found[2] == "ー":
        return found[1] + row
    return found[1] + (row if (row, found[2]) in (("オ", "ウ"), ("エ", "イ")) else found[2])
