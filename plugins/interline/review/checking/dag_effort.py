"""What a DAG file would cost to read: numbers without measure, loops without end, and what stops its reading.

Only constants are reckoned with, which finds honest mistakes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

MOST_BITS = 10_000
"""Of a number that a file computes."""
MOST_ITEMS = 100_000
"""Of a range, or of a text or list that is repeated."""
_ENDLESS = ("itertools.count", "itertools.cycle", "itertools.repeat")
_STOPPING = ("SystemExit", "KeyboardInterrupt", "GeneratorExit")


def effort_problem(node: ast.AST, origin: str | None) -> tuple[str, str] | None:
    """Return what is wrong with one node that is executed while a file is read, and what to do; or None.

    :param origin: where a called function comes from, if it is imported
    """
    if isinstance(node, ast.BinOp):
        return _arithmetic_problem(node)
    if isinstance(node, ast.Call):
        return _call_problem(node, origin)
    if isinstance(node, ast.Raise) and _name(node.exc) in _STOPPING:
        return f"raises {_name(node.exc)}: Airflow would stop reading", "raise it in a task"
    if isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant) and not node.test.value:
        return "has an assert that never holds", "Airflow could not read the file"
    return None


def stopping_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Return statements of a module that are reached whatever the file decides, and that end its reading."""
    for statement in body:
        if isinstance(statement, ast.Raise):
            yield statement
        elif isinstance(statement, ast.With):
            yield from stopping_statements(statement.body)


def whole_number(node: ast.expr | None) -> int | None:
    """Return the whole number that an expression of constants is; None if it is none, or too large to be written out."""
    if isinstance(node, ast.Constant):
        return int(node.value) if isinstance(node.value, int) else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = whole_number(node.operand)
        return None if inner is None else -inner
    if not isinstance(node, ast.BinOp):
        return None
    left, right = whole_number(node.left), whole_number(node.right)
    if left is None or right is None or _bits(node.op, left, right) > MOST_BITS:
        return None
    if isinstance(node.op, ast.Pow) and right >= 0:
        return int(left**right)
    if isinstance(node.op, ast.LShift) and right >= 0:
        return left << right
    if isinstance(node.op, (ast.FloorDiv, ast.Mod)) and right:
        return left // right if isinstance(node.op, ast.FloorDiv) else left % right
    simple = {ast.Add: left + right, ast.Sub: left - right, ast.Mult: left * right}
    return simple.get(type(node.op))


def _bits(operator: ast.operator, left: int, right: int) -> int:
    if isinstance(operator, ast.Pow):
        return left.bit_length() * max(right, 0) if abs(left) > 1 else 1
    if isinstance(operator, ast.LShift):
        return left.bit_length() + max(right, 0)
    return left.bit_length() + right.bit_length()


def _arithmetic_problem(node: ast.BinOp) -> tuple[str, str] | None:
    left, right = whole_number(node.left), whole_number(node.right)
    if isinstance(node.op, (ast.Pow, ast.LShift)):
        # a right side too large to be written out is too large for this
        exceeds = isinstance(node.right, ast.BinOp) and right is None and _all_constants(node.right)
        if exceeds or (left is not None and right is not None and _bits(node.op, left, right) > MOST_BITS):
            return "computes a number of more than 3,000 digits", "a DAG file only declares"
    if isinstance(node.op, ast.Mult):
        for repeated, times in ((node.left, right), (node.right, left)):
            is_text = isinstance(repeated, ast.Constant) and isinstance(repeated.value, (str, bytes))
            if (is_text or isinstance(repeated, (ast.List, ast.Tuple))) and (times or 0) > MOST_ITEMS:
                return f"repeats something {times:,} times", "a DAG file only declares"
    if isinstance(node.op, (ast.Div, ast.FloorDiv, ast.Mod)) and right == 0 and left is not None:
        return "divides by 0", "Airflow could not read the file"
    return None


def _all_constants(node: ast.expr) -> bool:
    return all(
        isinstance(inner, (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop))
        for inner in ast.walk(node)
    )


def _call_problem(node: ast.Call, origin: str | None) -> tuple[str, str] | None:
    if origin in _ENDLESS and not (origin == "itertools.repeat" and len(node.args) > 1):
        return f"goes through {origin}(), which has no end", "a DAG file ends by itself"
    called = node.func.id if isinstance(node.func, ast.Name) else ""
    if called == "iter" and len(node.args) > 1:
        return "goes through iter() with a function, which may have no end", "a DAG file ends by itself"
    if called == "range":
        bounds = [whole_number(argument) for argument in node.args]
        if any(
            bound is None and _all_constants(given) for bound, given in zip(bounds, node.args, strict=True)
        ):
            return "goes through more numbers than can be counted", "a DAG file only declares"
        known = [bound for bound in bounds if bound is not None]
        if len(known) == len(bounds) and 1 <= len(known) <= 3 and known[2:] != [0]:
            start, stop, step = (0, *known, 1) if len(known) == 1 else (*known, 1)[:3]
            items = max(0, -(-(stop - start) // step))
            if items > MOST_ITEMS:
                return f"goes through {items:,} numbers", "a DAG file only declares"
    if called in ("bytes", "bytearray") and node.args and (whole_number(node.args[0]) or 0) > MOST_ITEMS:
        return f"makes {whole_number(node.args[0]):,} bytes", "a DAG file only declares"
    return None


def _name(node: ast.expr | None) -> str:
    inner = node.func if isinstance(node, ast.Call) else node
    return inner.id if isinstance(inner, ast.Name) else ""
