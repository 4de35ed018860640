"""The expression of a rule: parsed, or reported at the exact place inside its block of text."""

from __future__ import annotations

from promgen.base.diagnostics import Diagnostic, Level
from promgen.base.problems import PROMQL_SYNTAX
from promgen.compiler.source.nodes import Mapping, Scalar
from promgen.lint.fields import Fields, first_line
from promgen.lint.problems import RULE_EXPR, UNREAD_EXPRESSION
from promgen.promql import Expression, ExpressionError, parse

_VARIABLE = "`$` has no meaning in an expression of Prometheus"


def read_expression(node: Mapping, expr: str, fields: Fields) -> Expression | None:
    """The expression of a rule, given its text; None where it is missing or cannot be read, which is reported."""
    written = node.get("expr")
    if not expr:
        if written is None or isinstance(written, Scalar):
            span = node.keys.get("expr", first_line(node.span))
            fields.diagnostics.error(RULE_EXPR, "the rule has no `expr`", span)
        return None
    assert isinstance(written, Scalar)
    try:
        parsed = parse(expr)
    except ExpressionError as error:
        _report(error, expr, written, fields)
        return None
    if parsed.has_window:
        fields.diagnostics.error(PROMQL_SYNTAX, _VARIABLE, fields.inside(written, expr.index("$"), 1))
        return None
    return parsed


def _report(error: ExpressionError, expr: str, written: Scalar, fields: Fields) -> None:
    """What Prometheus refuses too is an error; what promgen cannot read is only said."""
    is_variable = expr[error.start : error.start + 1] == "$"
    if error.reason == "syntax" or is_variable:
        message = _VARIABLE if is_variable else str(error)
        fields.diagnostics.error(PROMQL_SYNTAX, message, fields.inside(written, error.start, error.length))
        return
    span = fields.inside(written, error.start, error.length)
    fields.diagnostics.add(
        Diagnostic(problem=UNREAD_EXPRESSION, message=str(error), span=span, level=Level.INFO)
    )
