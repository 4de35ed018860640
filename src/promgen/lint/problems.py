"""What can be wrong with a rule file before any check looks at it, and with the configuration of the checks."""

from __future__ import annotations

from promgen.base.problems import Problem

UNREADABLE = Problem(
    "rules/unreadable", "What is in the file is not known, and rules that nobody looked at may be among it."
)
RULE_FIELD = Problem(
    "rules/unknown-field", "Prometheus refuses a file with a field it does not know, and every rule in it."
)
RULE_TYPE = Problem(
    "rules/wrong-type",
    "Prometheus refuses a file with a value of another type; it is usually an indentation slip.",
)
RULE_KIND = Problem("rules/alert-or-record", "A rule either alerts or records; Prometheus refuses the file.")
RULE_EXPR = Problem("rules/missing-expr", "A rule without an expression has nothing to evaluate.")
RULE_DURATION = Problem(
    "rules/duration",
    "Prometheus reads whole numbers with units from long to short, such as 1h30m, and refuses the file otherwise.",
)
RULE_NAME = Problem(
    "rules/name", "Prometheus refuses the file for a metric, label or annotation of this name."
)
RULE_RECORDING = Problem(
    "rules/recording-field", "Only an alert can have this field; Prometheus refuses the file."
)
GROUP_NAME = Problem(
    "rules/group-name",
    "Every group has a name that no other group of the file has, or Prometheus refuses it.",
)
IGNORED_DOCUMENT = Problem(
    "rules/ignored-document",
    "Prometheus reads the first document of a file and drops the others without a word.",
    "divide the file",
)
UNREAD_EXPRESSION = Problem(
    "rules/unread-expression",
    "Prometheus may accept it; promgen cannot read it, so what checks expressions leaves this one out.",
)

IGNORE_FORM = Problem(
    "ignore/form", "A comment that is not understood ignores nothing, and nobody would notice."
)
IGNORE_EXPIRED = Problem(
    "ignore/expired",
    "A comment without an end hides a problem for good.",
    "move its date or mend the problem",
)
IGNORE_UNUSED = Problem(
    "ignore/unused",
    "A comment that ignores nothing hides the next problem that it happens to match.",
    "remove it",
)
BASELINE_GONE = Problem(
    "baseline/gone",
    "A finding of the baseline that is no longer there would be accepted again when it comes back.",
    "write the baseline again",
)

PROBLEMS: tuple[Problem, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Problem)
)
"""All of them, for the documentation and for checking what may be ignored."""
