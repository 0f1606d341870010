"""Words of the table of roles for screens and print."""

from __future__ import annotations

# For what a role may look. The keys stand in roles.yaml and in every page.
PURPOSES = {
    "audit": "監査・点検",
    "collection": "収納",
    "inquiry": "照会・窓口",
    "intake": "受入",
    "notice": "通知",
    "operations": "運用",
    "premium": "賦課",
    "qualification": "資格",
    "release": "発出",
    "staff": "職員・権限",
}
