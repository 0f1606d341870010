"""Fonts unpack, name what they cannot print; QR codes hold sheet ids only."""

import pytest

from kaigo.base.paper import fonts, qr


def test_names_with_variant_characters_print_and_unknown_ones_are_named():
    assert fonts.unprintable(["髙橋", "山﨑", "𠮷田"]) == {}
    assert fonts.unprintable(["見本\U000f0000"]) == {"見本\U000f0000": {"\U000f0000"}}


def test_a_damaged_font_is_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(fonts.DIGESTS, "BIZUDPGothic-Bold", "0" * 64)
    with pytest.raises(fonts.FontDamaged):
        fonts._unpack("BIZUDPGothic-Bold", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_only_sheet_ids_become_qr_codes():
    code = qr.pixels(qr.sheet_id("R1", 12))
    assert len(code["luma"]) == code["side"] ** 2 and set(code["luma"]) == {0, 255}
    with pytest.raises(ValueError, match="印刷番号"):
        qr.pixels("0000000018")
