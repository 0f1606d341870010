"""What no file of ours says: ways by which text becomes a program, a statement, markup or an endless search.

Read from the source; the pages and the statements themselves are tested in stories/test_record.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from re import _constants as signs
from re import _parser as patterns

import pytest

from checks.flows import Flows, last

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(
    path
    for folder in ("kaigo", "world")
    for path in (ROOT / folder).rglob("*.py")
    if not {"tests", "migrations"} & set(path.parts)
)
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in SOURCES}
TEMPLATES = sorted((ROOT / "kaigo").rglob("templates/**/*.html"))
# Whatever makes objects or programs of text, and every parser of XML: none is needed.
MODULES = {
    "pickle", "cPickle", "dill", "marshal", "shelve", "jsonpickle", "code", "codeop", "xml", "lxml", "xmltodict", "jinja2", "mako",
}  # fmt: skip
CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all"}  # fmt: skip
# Files that make markup themselves, and why that holds nothing of anybody as it is.
MARKUP = {
    "kaigo/base/desk/charts.py": "drawings: every value goes in through format_html",
    "kaigo/base/desk/templatetags/desk.py": "one literal without a value; all else through format_html",
    "kaigo/base/desk/titles.py": "only asks whether a title is one",
}
MAKES_MARKUP = {"mark_safe", "SafeString", "SafeText", "format_html", "format_html_join", "html_safe"}


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield name, node, ast.unparse(node.func)


def test_nothing_makes_a_program_or_an_object_of_text():
    """1.5.2, 1.3.2, 1.5.1, 1.2.5."""
    found = []
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            modules = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [(name, node.lineno, one) for one in modules if one.split(".")[0] in MODULES]
    asked = 0
    for name, node, function in calls():
        words = {word.arg: word.value for word in node.keywords}
        asked += 1
        if function in CALLS or function.endswith(("yaml.Loader", "UnsafeLoader", "FullLoader")):
            found.append((name, node.lineno, function))
        if function == "yaml.load" and ast.unparse(words.get("Loader", ast.Constant(""))) != "Loader":
            found.append((name, node.lineno, "yaml.load"))
        if "shell" in words and not (isinstance(words["shell"], ast.Constant) and not words["shell"].value):
            found.append((name, node.lineno, "shell"))
    assert found == []
    assert asked > 10_000
    from yaml import SafeLoader

    from kaigo.law.plain_yaml import Loader

    # The one Loader of ours makes plain values and nothing else.
    assert issubclass(Loader, SafeLoader)


def test_no_template_is_made_of_a_text():
    """1.3.7: templates are files of ours."""
    found = [
        (name, node.lineno)
        for name, node, function in calls()
        if last(node.func) in {"from_string", "Template", "Engine"} and not function.startswith("string.")
    ]
    assert found == []


def test_markup_is_made_in_the_files_that_were_looked_at():
    """1.1.2: everywhere else Django escapes what it shows, last."""
    found = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute) and getattr(node, "id", getattr(node, "attr", "")) in MAKES_MARKUP
    }  # fmt: skip
    assert found == set(MARKUP) & found and "kaigo/base/desk/charts.py" in found
    marked = [
        ast.unparse(node.args[0]) for _, node, function in calls() if last(node.func) in {"mark_safe", "SafeString"}
        and not (node.args and isinstance(node.args[0], ast.Constant))
    ]  # fmt: skip
    assert marked == []
    formats = [
        (name, node.lineno)
        for name, node, function in calls()
        for text in node.args[int(function == "format_html_join") :][:1]
        if function in {"format_html", "format_html_join"} and not isinstance(text, ast.Constant)
    ]
    assert formats == []


@pytest.mark.parametrize(
    "what",
    [
        r"\|\s*safe(?:seq)?\b", r"\{%\s*autoescape", r"<style", r"\sstyle\s*=", r"\son[a-z]+\s*=\s*[\"']", r"(?i)javascript:",
        r"<script(?![^>]* src=\"\{% static )", r"<script[^>]*>[^<]", r"\{%\s*include\s+[a-z]\w*\.(?:GET|POST)",
        r"<[a-z]+[^>]*?\s[a-z-]+=\{\{", r"srcdoc|<iframe|<object|<embed|<base|http-equiv",
    ],
)  # fmt: skip
def test_no_template_says(what):
    """1.1.2, 3.4.3: nothing unescaped, no program and no style in a page, no value without its quotes."""
    found = [
        (path.name, hit[0])
        for path in TEMPLATES
        for hit in re.finditer(what, path.read_text(encoding="utf-8"))
    ]
    assert found == [] and len(TEMPLATES) > 100


def repeated(parsed, inside: bool = False) -> bool:
    """Whether something without an end repeats something without an end."""
    for sign, told in parsed:
        if sign in (signs.MAX_REPEAT, signs.MIN_REPEAT):
            _, most, what = told
            endless = most == signs.MAXREPEAT
            if (endless and inside) or repeated(what, inside or endless):
                return True
            continue
        inner = told[1] if sign is signs.BRANCH else ()
        if sign is signs.SUBPATTERN:
            inner = (told[3],)
        elif sign in (signs.ASSERT, signs.ASSERT_NOT):
            inner = (told[1],)
        if any(repeated(one, inside) for one in inner):
            return True
    return False


def test_no_regular_expression_repeats_a_repetition():
    """1.3.12: (a+)+ takes time without end for a text that does not fit."""
    found, asked = [], 0
    for name, node, function in calls():
        if function.startswith(("re.", "_re.")) and last(node.func) in {
            "compile", "match", "search", "fullmatch", "sub", "findall", "finditer", "split",
        }:  # fmt: skip
            text = node.args[0]
            if isinstance(text, ast.JoinedStr):
                # A hole stands for something of ours that repeats without end: the worst there is.
                text = ast.Constant("".join(p.value if isinstance(p, ast.Constant) else "(?:x+)" for p in text.values))  # fmt: skip
            if isinstance(text, ast.Constant):
                asked += 1
                if repeated(patterns.parse(text.value)):
                    found.append((name, node.lineno, text.value))
            elif not ast.unparse(text).replace("_", "").replace(".", "").isupper():
                found.append((name, node.lineno, ast.unparse(text)))
    assert found == [] and asked > 20
    assert repeated(patterns.parse("(?:a+b?)+c")) and not repeated(patterns.parse("a+(?:b{1,3})*c"))


@pytest.fixture(scope="module")
def flows() -> Flows:
    return Flows([path for path in SOURCES if "kaigo" in path.parts], ROOT)


def test_nothing_that_a_browser_sent_becomes_text_of_a_statement(flows):
    """1.2.4, as far as the source tells (checks/flows.py)."""
    found = [
        (path.relative_to(ROOT).as_posix(), call.lineno, sorted(sent))
        for path, call, inside in flows.statements
        if (sent := flows.sent(call.args[0], inside))
    ]
    assert found == [] and len(flows.statements) > 300


def test_fields_are_taken_by_their_names(flows):
    """15.3.3: no form is poured into a row or a function, whatever names it brings."""
    made = {"setattr", "modelform_factory", "construct_instance"}
    found = [
        (name, node.lineno)
        for name, node, _ in calls()
        if last(node.func) in made and name.startswith("kaigo/")
    ]
    found += [
        (name, node.lineno)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and {last(base) or getattr(base, "id", "") for base in node.bases} & {"Form", "ModelForm"}
    ]
    poured = [
        word.value
        for known in flows.calls.values()
        for call, _ in known
        for word in call.keywords
        if word.arg is None
    ]
    whole = re.compile(r"request\.(?:POST|GET)(?!\.get\b|\.getlist\b|\[)|text_of")
    found += [("**", one.lineno) for one in poured if whole.search(ast.unparse(one))]
    assert found == [] and len(poured) > 15


def test_names_of_downloads_are_ours():
    """5.4.1, 5.4.2: signs of ASCII, references, and the names that the program gave; nothing of a person or a browser."""
    named = [
        node.value
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and "Content-Disposition" in ast.unparse(node.targets[0])
    ]
    first = [one.values[0].value if isinstance(one, ast.JoinedStr) else one.value for one in named]
    assert not [one for one in first if not re.match('(?:inline|attachment); filename="[ -~]*$', one)]
    holes = {
        ast.unparse(part.value)
        for one in named
        if isinstance(one, ast.JoinedStr)
        for part in one.values
        if isinstance(part, ast.FormattedValue)
    }
    # kaigo/insurance/release gives both: of a file for an office, and of a manifest.
    assert {one for one in holes if not one.startswith("ref(")} == {"name", "found.name"}
    assert len(named) >= 6


def test_chance_comes_from_the_operating_system():
    """11.5.1: whatever must not be guessed is made by secrets; the program uses no other chance."""
    taken = {
        (name, alias.name)
        for name, tree in TREES.items()
        if name.startswith("kaigo/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in (node.names if isinstance(node, ast.Import) else [ast.alias(node.module or "")])
    }
    assert not [one for one in taken if one[1].split(".")[0] in {"random", "numpy"}]
    made = {
        (name, ast.literal_eval(node.args[0]))
        for name, node, function in calls()
        if function.startswith("secrets.token_") and node.args and isinstance(node.args[0], ast.Constant)
    }
    short = {name for name, size in made if size < 16}
    # 128 bits and more, but for what is no secret: a nonce of GCM, the number of a trace, names of files while written.
    assert short == {
        "kaigo/base/files/passing.py",
        "kaigo/base/desk/visit.py",
    }
    assert len(made) > len(short) + 2
