"""Barcodes that cashiers scan: GS1-128, one pixel per module. The digits come from kaigo/layouts."""

import re

import zxingcpp

DIGITS = re.compile(r"91[0-9]{42}\Z")


def bars(digits: str) -> dict:
    """GS1-128 of application identifier 91 and its 42 digits, quiet zones included: {side, luma: 0 or 255}, one row.

    The press draws it as high as it likes. ValueError for anything else.
    """
    if not DIGITS.match(digits):
        raise ValueError("バーコードにできるのは、91で始まる44桁の数字だけです。")
    image = zxingcpp.create_barcode(f"[91]{digits[2:]}", zxingcpp.BarcodeFormat.Code128, gs1=True).to_image()
    pixels = memoryview(image)
    return {"side": pixels.shape[1], "luma": list(pixels.tobytes()[: pixels.shape[1]])}
