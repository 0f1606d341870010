"""QR codes of sheets and slips. Content is an opaque id of the sheet or the number of the slip, never personal data."""

import re

import zxingcpp

SHEET = re.compile(r"OK1:[0-9A-Z]+:[0-9]+:[0-9]\Z")
# 納付書番号 (kaigo/layouts/slip.py).
SLIP = re.compile(r"[0-9]{20}\Z")


def sheet_id(run: str, sequence: int) -> str:
    """Id of one sheet: print run (letters A-Z, digits), place in it, check digit (sum of codes mod 10)."""
    body = f"OK1:{run}:{sequence}"
    sheet = f"{body}:{sum((i + 1) * ord(sign) for i, sign in enumerate(body)) % 10}"
    if not SHEET.match(sheet):
        raise ValueError(f"印刷番号の形が違います: {sheet}")
    return sheet


def pixels(sheet: str) -> dict:
    """The QR code of a sheet id or slip number, one pixel per module, quiet zone included: {side, luma: 0 or 255 row by row}.

    Pixels and no drawing: the press lays out a small picture at a fraction of the time. ValueError for anything else.
    """
    if not SHEET.match(sheet) and not SLIP.match(sheet):
        raise ValueError("QRコードに入れられるのは印刷番号と納付書番号だけです。")
    image = memoryview(zxingcpp.create_barcode(sheet, zxingcpp.BarcodeFormat.QRCode).to_image())
    return {"side": image.shape[0], "luma": list(image.tobytes())}
