"""The page of keys: what there is, what it is for, where it lies, when it is due. Nothing can be done to keys here: that
takes the command line of the machine."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import path

from kaigo.base.desk.nav import Nav
from kaigo.base.desk.views import Page
from kaigo.base.keys import inventory
from kaigo.base.keys.store import store
from kaigo.base.records.context import Context


class Keys(Page):
    """Every version of every key of the store, and the data keys of this system."""

    permission = "keys.view"
    purpose = "operations"

    def get(self, ctx: Context, request: HttpRequest):
        # A store that does not answer stops every page (503): without digests no event can be written.
        health, found = store().health(), inventory.lines(all_counts=False)
        late = set(inventory.overdue(found, ctx.on))
        return "keyring/keys.html", {
            "title": "鍵",
            "health": health,
            "rows": [(line, inventory.KINDS[line.kind], line in late) for line in found],
            "late": len(late),
        }


urls = [path("", Keys.view(), name="keys")]
nav = Nav("鍵", "/keyring/", "keys.view")
