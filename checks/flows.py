"""Where the text of an SQL statement comes from, as far as the source tells.

From the text of every statement back over the assignments of its function, over the callers of that function and
over what the functions that it calls return. Ends: what a browser sent (`request`, `.GET`, `.POST`, …) is a fault;
literals, module constants and attributes of objects are taken as ours. What somebody put into an attribute of an
object, or gave to a method of an object, is not followed: stories/test_record.py looks at the statements themselves.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

# Whatever is named so was sent by a browser.
SENT = {"GET", "POST", "FILES", "META", "COOKIES", "get_full_path", "path_info"}
# The first argument of these is the text of a statement.
STATEMENTS = {"execute", "executemany", "copy", "raw", "rows", "RawSQL", "extra"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Flows:
    def __init__(self, sources: list[Path], root: Path) -> None:
        self.functions: dict[str, list[Function]] = defaultdict(list)
        self.calls: dict[str, list[tuple[ast.Call, Function | None]]] = defaultdict(list)
        self.statements: list[tuple[Path, ast.Call, Function | None]] = []
        self.names: dict[int, str] = {}
        for path in sources:
            tree, module = ast.parse(path.read_text()), ".".join(path.relative_to(root).with_suffix("").parts)
            self._read(path, tree, None, module, imported(tree))

    def _read(self, path: Path, node: ast.AST, inside: Function | None, module: str, known: dict) -> None:
        for child in ast.iter_child_nodes(node):
            within = inside
            if isinstance(child, Function):
                self.names[id(child)] = f"{module}.{child.name}"
                self.functions[self.names[id(child)]].append(child)
                within = child
            if isinstance(child, ast.Call):
                self.names[id(child)] = called(child.func, module, known)
                self.calls[self.names[id(child)]].append((child, inside))
                if child.args and last(child.func) in STATEMENTS:
                    self.statements.append((path, child, inside))
            self._read(path, child, within, module, known)

    def sent(self, text: ast.expr, inside: Function | None) -> set[str]:
        """What was sent by a browser and may stand in this text."""
        found: set[str] = set()
        seen: dict[tuple[int, int], ast.expr] = {}
        waiting = [(text, inside)]
        while waiting:
            one, where = waiting.pop()
            if (id(one), id(where)) not in seen:
                seen[id(one), id(where)] = one
                chain = {getattr(n, "attr", getattr(n, "id", "")) for n in links(one)}
                if chain & SENT or (isinstance(one, ast.Name) and one.id == "request"):
                    found.add(ast.unparse(one))
                waiting += self._before(one, where)
        return found

    def _before(self, text: ast.expr, inside: Function | None) -> list[tuple[ast.expr, Function | None]]:
        """The pieces that a text is made of, one step back, each with the function that it stands in."""
        if isinstance(text, ast.Name):
            return self._named(text.id, inside) if inside else []
        if isinstance(text, ast.Call):
            given = [(one, inside) for one in (*text.args, *(word.value for word in text.keywords))]
            ours = self.functions[self.names[id(text)]]
            if ours:
                # What is given to a function of ours is met again behind the names of its parameters.
                return [(value, one) for one in ours for value in answers(one)]
            return [*given, *([(text.func.value, inside)] if isinstance(text.func, ast.Attribute) else [])]
        if isinstance(text, ast.Attribute):
            return []
        if isinstance(text, ast.Subscript):
            place = getattr(text.slice, "value", None)
            ours = self.functions[self.names[id(text.value)]] if isinstance(text.value, ast.Call) else []
            if ours and isinstance(place, int):
                return [(part(value, place), one) for one in ours for value in answers(one)]
            return [(text.value, inside)]
        if isinstance(text, ast.IfExp):
            return [(text.body, inside), (text.orelse, inside)]
        if isinstance(text, ast.ListComp | ast.GeneratorExp | ast.SetComp):
            return [(text.elt, inside), *((one.iter, inside) for one in text.generators)]
        return [(one, inside) for one in ast.iter_child_nodes(text) if isinstance(one, ast.expr)]

    def _named(self, name: str, inside: Function) -> list[tuple[ast.expr, Function | None]]:
        found = [(value, inside) for value in assigned(name, inside)]
        own = parameters(inside)
        if name not in own:
            return found
        at = own.index(name) - (own[0] in {"self", "cls"})
        for call, caller in self.calls[self.names[id(inside)]]:
            given = [word.value for word in call.keywords if word.arg == name] or call.args[at : at + 1]
            found += [(value, caller) for value in given if at >= 0]
        return found


def links(text: ast.expr) -> list[ast.expr]:
    """x.y[z].w() → each part of the chain."""
    found = []
    while isinstance(text, ast.Attribute | ast.Subscript | ast.Call | ast.Name):
        found.append(text)
        text = getattr(text, "value", getattr(text, "func", None))
    return found


def answers(function: Function) -> list[ast.expr]:
    """What a function returns."""
    return [
        step.value
        for step in ast.walk(function)
        if isinstance(step, ast.Return | ast.Yield) and step.value is not None
    ]


def last(function: ast.expr) -> str:
    """The last name of what is called."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def imported(tree: ast.Module) -> dict[str, str]:
    """Name in this file → where it comes from."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Import):
            found |= {one.asname or one.name: one.name for one in node.names}
    return found


def called(function: ast.expr, module: str, known: dict[str, str]) -> str:
    """module.name of what is called; of a method of some object its bare name, which no function of ours has."""
    if isinstance(function, ast.Name):
        return known.get(function.id, f"{module}.{function.id}")
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        if function.value.id in {"self", "cls"}:
            return f"{module}.{function.attr}"
        if function.value.id in known:
            return f"{known[function.value.id]}.{function.attr}"
    return last(function)


def parameters(function: Function) -> list[str]:
    told = function.args
    return [one.arg for one in (*told.posonlyargs, *told.args, *told.kwonlyargs)]


def assigned(name: str, function: Function) -> list[ast.expr]:
    """Everything that a function puts under a name."""
    found = []
    for node in ast.walk(function):
        pairs: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value:
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.For | ast.comprehension):
            pairs = [(node.target, node.iter)]
        elif isinstance(node, ast.withitem) and node.optional_vars:
            pairs = [(node.optional_vars, node.context_expr)]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {f"{name}.append", f"{name}.extend"}:
            found += node.args
        for target, value in pairs:
            if isinstance(target, ast.Tuple):
                found += [part(value, n) for n, one in enumerate(target.elts) if _is(one, name)]
            elif _is(target, name):
                found.append(value)
    return found


def part(value: ast.expr, place: int) -> ast.expr:
    """The place-th of several values."""
    if isinstance(value, ast.Tuple) and place < len(value.elts):
        return value.elts[place]
    return ast.Subscript(value, ast.Constant(place))


def _is(target: ast.expr, name: str) -> bool:
    while isinstance(target, ast.Subscript | ast.Attribute | ast.Starred):
        target = target.value
    return any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(target))
