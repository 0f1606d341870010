"""The font chain of every letter: where its files are and which characters it can print."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import noto_cjk_sans_jp_regular
from fontTools.ttLib import TTFont

PACKED = Path(__file__).parent / "fonts"
# sha256 of the packed file: a damaged checkout must not print wrong glyphs.
DIGESTS = {
    "BIZUDPGothic-Bold": "f2071998582c920e2330503f71cdcb3852e55a6166f5573388618d5ef20f7671",
    "BIZUDPGothic-Regular": "f625e8834693fd97dcbb54e091ee7a99e7dd5b716b9a7cf5fce3cbe9be83e4f7",
}

# Printed instead of a character that no font of ours has.
GETA = "〓"


class FontDamaged(Exception):
    """A packed font is not the file that was committed."""


def cache_folder() -> Path:
    """The folder of unpacked fonts; KAIGO_CACHE moves it."""
    base = os.environ.get("KAIGO_CACHE") or Path.home() / ".cache" / "openkaigo"
    return Path(base) / "fonts"


def _unpack(name: str, folder: Path) -> Path:
    """Unpack one WOFF2 to TTF, once. The name holds the digest, the move is atomic."""
    target = folder / f"{name}-{DIGESTS[name][:16]}.ttf"
    if target.exists():
        return target
    packed = PACKED / f"{name}.woff2"
    if hashlib.sha256(packed.read_bytes()).hexdigest() != DIGESTS[name]:
        raise FontDamaged(f"フォント {packed.name} が壊れています。配布物を取り直してください。")
    folder.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=folder, suffix=".part")
    os.close(handle)
    font = TTFont(packed, recalcTimestamp=False)
    font.flavor = None
    font.save(draft)
    os.replace(draft, target)
    return target


@cache
def chain() -> tuple[Path, ...]:
    """The font files in the order of use; the last one holds rare characters."""
    ours = [_unpack(name, cache_folder()) for name in sorted(DIGESTS)]
    fallback = Path(noto_cjk_sans_jp_regular.__file__).parent / "NotoSansCJKjp-Regular.otf"
    return (*ours, fallback)


@cache
def printable() -> frozenset[int]:
    """Code points that at least one font of the chain can print."""
    points: set[int] = set()
    for path in chain():
        points.update(TTFont(path, lazy=True).getBestCmap())
    return frozenset(points)


def unprintable(names: Iterable[str]) -> dict[str, set[str]]:
    """Names with characters that no font of the chain holds -> those characters."""
    known = printable()
    missing = {name: {sign for sign in name if ord(sign) not in known} for name in names}
    return {name: signs for name, signs in missing.items() if signs}


@cache
def _signs() -> frozenset[str]:
    return frozenset(map(chr, printable()))


def prints(text: str) -> bool:
    """Whether every character of the text can be printed: for many texts, quicker than `unprintable`."""
    return _signs().issuperset(text)


def with_geta(said: Any) -> Any:
    """The same words, lists and tables with a geta (〓) in the place of every character that no font can print."""
    if isinstance(said, str):
        return said if prints(said) else "".join(sign if prints(sign) else GETA for sign in said)
    if isinstance(said, dict):
        return {key: with_geta(value) for key, value in said.items()}
    if isinstance(said, list | tuple):
        return [with_geta(value) for value in said]
    return said
