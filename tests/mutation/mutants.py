"""The mutants of a module: its syntax tree with one thing changed.

Not changed are sentences and words that stand in the place of one (messages are no promise), annotations and names for
types, docstrings, and what only a type checker runs.
"""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
COMPUTED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
}
TWINS: Final = (
    ("startswith", "endswith"),
    ("lower", "upper"),
    ("min", "max"),
    ("any", "all"),
    ("find", "rfind"),
    ("index", "rindex"),
    ("lstrip", "rstrip"),
    ("partition", "rpartition"),
    ("removeprefix", "removesuffix"),
)
OF_TYPES: Final = re.compile("__all__|_?[A-Z]+[a-z]+[A-Za-z]*")
"""Names of an assignment that only an import or a type checker reads."""
SWAPPED: Final = {one: other for pair in TWINS for one, other in (pair, pair[::-1])}


class Mutant(NamedTuple):
    """A module with one thing changed: in `function` ("" for the module's own code), on these lines."""

    name: str
    function: str
    lines: range
    original: ast.Module
    node: ast.AST
    changed: ast.AST

    @property
    def tree(self) -> ast.Module:
        """The module as changed."""
        return copy.deepcopy(self.original, {id(self.node): copy.deepcopy(self.changed)})


def mutants(source: str) -> Iterator[Mutant]:
    """Yield a module's mutants, each with a name that moves along with its code."""
    tree = ast.parse(source)
    names: Counter[str] = Counter()
    for function, statement, node in _nodes(tree):
        for change in _changes(node):
            changed = ast.fix_missing_locations(ast.copy_location(change, statement))
            name = f"{function or 'module'}: {_short(ast.unparse(node))} -> {_short(ast.unparse(changed))}"
            names[name] += 1
            if names[name] > 1:
                name += f" #{names[name]}"
            lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
            yield Mutant(name, function, lines, tree, node, changed)


def _short(code: str) -> str:
    line = " ".join(code.split())
    return line if len(line) <= 100 else f"{line[:60]} ... {line[-35:]}"


def _nodes(tree: ast.Module) -> Iterator[tuple[str, ast.stmt, ast.AST]]:
    """Yield what may be changed, with the outermost function and the innermost statement around it."""
    pending: list[tuple[str, bool, ast.stmt | None, ast.AST]] = [("", False, None, tree)]
    while pending:
        function, is_inside, statement, node = pending.pop()
        if _is_apart(node):
            continue
        if isinstance(node, ast.stmt):
            statement = node
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not is_inside:
            function = f"{function}.{node.name}".removeprefix(".")
            is_inside = not isinstance(node, ast.ClassDef)
        if statement is not None:
            yield function if is_inside else "", statement, node
        children = list(_children(node, keep_defaults=is_inside))
        pending += [(function, is_inside, statement, child) for child in reversed(children)]


def _is_apart(node: ast.AST) -> bool:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.Assign) and OF_TYPES.fullmatch(ast.unparse(node.targets[0])):
        return True
    if isinstance(node, ast.Raise) and node.exc is not None and "AssertionError" in ast.unparse(node.exc):
        return True
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_docstring or isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr)


def _children(node: ast.AST, *, keep_defaults: bool) -> Iterator[ast.AST]:
    skipped = {"annotation", "returns", "decorator_list", "type_params", "type_comment"}
    for name, value in ast.iter_fields(node):
        if name in skipped or (name == "args" and isinstance(value, ast.arguments) and keep_defaults):
            continue
        children = [child for child in (value if isinstance(value, list) else [value]) if isinstance(child, ast.AST)]
        yield from (child for child in children if not _is_wording(child, node))


def _is_wording(node: ast.AST, around: ast.AST) -> bool:
    """Check for a word that is one of two ways to go on with a sentence, the other being one of several words."""
    if not isinstance(around, ast.IfExp) or node is around.test or not isinstance(node, ast.Constant):
        return False
    other = around.orelse if node is around.body else around.body
    texts = [part.value for part in ast.walk(other) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return " " in "".join(texts).strip()


def _changes(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901, PLR0912 -- a table, one row a kind of node
    """Yield the possible replacements of a node."""
    match node:
        case ast.Compare(left=left, ops=[operator, *rest], comparators=others):
            yield ast.Compare(left, [COMPARED[type(operator)](), *rest], others)
        case ast.BoolOp(op=operator, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in COMPUTED:
            yield ast.BinOp(left, COMPUTED[type(operator)](), right)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str(value)) if value and " " not in value:
            yield ast.Constant(f"{value}X")
        case ast.If(test=test, body=body, orelse=orelse) if _is_plain(test):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.IfExp(test=test, body=body, orelse=orelse) if _is_plain(test):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.comprehension(target=target, iter=iterable, ifs=[test, *rest], is_async=is_async):
            yield ast.comprehension(target, iterable, rest, is_async)
            if _is_plain(test):
                yield ast.comprehension(target, iterable, [ast.UnaryOp(ast.Not(), test), *rest], is_async)
        case ast.Return(value=ast.AST() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Assign(targets=targets, value=value) if not isinstance(value, ast.Constant):
            yield ast.Assign(targets, ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign() | ast.Raise() | ast.Delete():
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case ast.Attribute(value=value, attr=name, ctx=context) if name in SWAPPED:
            yield ast.Attribute(value, SWAPPED[name], context)
        case ast.Name(id=name, ctx=ast.Load()) if name in SWAPPED:
            yield ast.Name(SWAPPED[name], ast.Load())
        case ast.Slice(lower=lower, upper=upper, step=None):
            if lower is not None:
                yield ast.Slice(None, upper)
            if upper is not None:
                yield ast.Slice(lower, None)


def _is_plain(test: ast.expr) -> bool:
    """Check that turning a condition round is not what another change does to it."""
    return not isinstance(test, ast.Compare | ast.UnaryOp) or (isinstance(test, ast.Compare) and len(test.ops) > 1)
