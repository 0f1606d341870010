"""What the browser keeps of a page about a person: which kind of page, never who."""

from __future__ import annotations

from django.template import engines
from django.test import RequestFactory

from kaigo.base.desk.titles import Title, whose
from kaigo.base.desk.views import page


def test_the_heading_names_the_person_and_the_title_does_not():
    request = RequestFactory().get("/x")
    html = page(request, "desk/page.html", {"title": whose("見本 花子", "の資格")}).content.decode()
    assert "<h1>見本 花子 さんの資格</h1>" in html
    assert "<title>資格 | " in html and html.count("見本 花子") == 1
    html = page(request, "desk/page.html", {"title": "届いたファイル"}).content.decode()
    assert "<title>届いたファイル | " in html


def test_a_title_is_escaped_like_any_text():
    made = Title("<b>", "<i>花子</i>")
    template = engines["django"].from_string("{{ title|tab }} {{ title }}")
    assert template.render({"title": made}) == "&lt;b&gt; &lt;i&gt;花子&lt;/i&gt;"
