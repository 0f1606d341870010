"""What a browser keeps on its disk, read as bytes: in every writing of a word, and unpacked."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp932", "euc_jp")
# gzip, and the usual heads of zlib.
PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
MOST = 64 * 1024 * 1024


def writings(word: str) -> set[bytes]:
    """A word in the encodings of Japan, as base64 at each of its three places, in addresses and in JSON."""
    found = {quote(word).encode(), quote(word).lower().encode(), json.dumps(word)[1:-1].encode()}
    for encoding in ENCODINGS:
        try:
            plain = word.encode(encoding)
        except UnicodeEncodeError:
            continue
        found.add(plain)
        for shift in range(3):
            # The characters that depend on this word alone.
            text = base64.b64encode(b"\0" * shift + plain)
            whole = text[(0, 2, 3)[shift] :].rstrip(b"=")
            found.add(whole[: len(whole) - (1 if (shift + len(plain)) % 3 else 0)])
    return {one for one in found if len(one) >= 6}


def unpacked(content: bytes) -> Iterator[bytes]:
    """The content, and whatever in it opens as gzip, zlib or (from the start) raw deflate."""
    yield content
    for place in PACKED.finditer(content):
        head = place.group()
        opener = zlib.decompressobj(wbits=31 if head[:1] == b"\x1f" else 15)
        yield from _opened(opener, content[place.start() :])
    yield from _opened(zlib.decompressobj(wbits=-15), content)


def _opened(opener, content: bytes) -> Iterator[bytes]:
    try:
        plain = opener.decompress(content, MOST)
    except zlib.error:
        return
    if plain:
        yield plain


def residue(folder: Path, words: set[str]) -> list[tuple[str, str]]:
    """(file, word) of every word that is found in any file of a folder, in its name or its content."""
    wanted = {writing: word for word in words for writing in writings(word)}
    any_of = re.compile(b"|".join(re.escape(one) for one in sorted(wanted, key=len, reverse=True)))
    found = set()
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        parts = [name.encode()]
        if path.is_file() and not path.is_symlink():
            parts += unpacked(path.read_bytes())
        for part in parts:
            found |= {(name, wanted[hit]) for hit in any_of.findall(part)}
    return sorted(found)
