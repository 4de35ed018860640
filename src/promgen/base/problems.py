"""Every kind of problem promgen reports: its slug, why it matters, and how it can be silenced.

The slug is the id in every output format, the heading of its documentation and the name used in a suppression.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of problem; `silence` says how to live with it and is empty where nothing but a correction helps."""

    slug: str
    why: str
    silence: str = ""
    page: str = ""
    """Where it is documented, if not among the other problems."""


SUPPRESS = "add it to `suppressions` in promgen.yaml with an `until` date and a reason"

FILE_TOO_LARGE = Problem(
    "source/file-too-large",
    "A specification is written by people; a file this large is a mistake or an attack on the build.",
)
FILE_OUTSIDE = Problem(
    "source/outside-project",
    "Only what is in the repository is reviewed, so nothing is read from or written to a place outside it.",
)
FILE_ENCODING = Problem(
    "source/encoding", "Specifications are UTF-8 text, so that they read the same on every machine."
)
YAML_SYNTAX = Problem("source/yaml-syntax", "The file is not YAML, so nothing in it can be compiled.")
YAML_DUPLICATE_KEY = Problem(
    "source/duplicate-key", "YAML readers keep one of the two silently; a reviewer cannot tell which."
)
YAML_TOO_DEEP = Problem(
    "source/too-deep", "Nesting this deep is no specification and would exhaust the reader."
)
YAML_TOO_MANY_NODES = Problem(
    "source/too-many-nodes", "Aliases that multiply can turn a small file into gigabytes."
)
YAML_UNSUPPORTED = Problem(
    "source/unsupported-yaml", "Tags, merge keys and complex keys mean different things to different readers."
)

UNKNOWN_KIND = Problem(
    "spec/unknown-kind",
    "Without a known kind the document cannot be read, and what it declares would be missing from the rules.",
)
API_VERSION = Problem(
    "spec/api-version", "The version says how to read the document; another version may mean something else."
)
UNKNOWN_KEY = Problem(
    "spec/unknown-key", "A misspelt key would be ignored, and with it what it was meant to do."
)
MISSING_KEY = Problem("spec/missing-key", "The compiler never guesses a value that decides who is paged.")
WRONG_TYPE = Problem(
    "spec/wrong-type", "A value of another type is usually a missing quote or an indentation slip."
)
BAD_VALUE = Problem("spec/bad-value", "The value is outside of what the field can mean.")
SECRET = Problem(
    "spec/secret",
    "What is in git is read by many, and stays in its history: change a secret that was committed.",
)
BAD_UNIT = Problem(
    "spec/bad-unit", "A threshold in the wrong unit is off by a factor and fires always or never."
)
OBJECTIVE_RANGE = Problem(
    "slo/objective-range",
    "An objective of 100% leaves no error budget to divide by, and 0% is met by a service that is down.",
)
PROMQL_SYNTAX = Problem(
    "promql/syntax", "Prometheus would refuse the rule file, and with it every other rule in it."
)
PROMQL_TOO_LARGE = Problem(
    "promql/too-large",
    "Expressions beyond this size or depth can crash the parsers of the tools that read them.",
)
PROMQL_VARIABLE = Problem(
    "promql/variable",
    "Only `$window` is replaced, and only as a range; anything else would reach Prometheus as it is.",
)
PROMQL_CONFLICT = Problem(
    "promql/conflicting-matcher",
    "Two different values for one label select nothing, so the rule could never fire.",
)
PROMQL_NO_CONDITION = Problem(
    "alert/no-condition", "An alert without a condition fires whenever the metric exists."
)
UNKNOWN_REFERENCE = Problem(
    "reference/unknown",
    "A name that leads nowhere is a rule, an owner or a policy that silently does not apply.",
)
DEPENDENCY_CYCLE = Problem(
    "service/dependency-cycle",
    "Dependencies decide which alert is a symptom of which; in a circle every alert would silence the other.",
)
COMPOSITE_CYCLE = Problem("slo/composite-cycle", "A composite that contains itself has no value.")
NAME_COLLISION = Problem(
    "name/collision",
    "Two objects of one name would write the same series, and evaluation fails or one overwrites the other.",
)
BAD_NAME = Problem(
    "name/form",
    "Names become label values, file names and anchors; letters, digits and dashes work in all of them.",
)
TEMPLATE_PARAMETER = Problem(
    "template/parameter",
    "A template is filled with data of declared types, so that a typing error is found here and not on a pager.",
)
GROUP_LABEL = Problem(
    "slo/group-label",
    "promgen sets this label on every series itself, so groups that differ only in it would collide.",
)
TIER_UNREACHABLE = Problem(
    "slo/unreachable-tier",
    "The threshold is 100% errors or more, so this alert can never fire, however broken the service is.",
    "set `alerting.unreachable.drop` to the reason why the tier may be left out",
)
WINDOW_SCRAPES = Problem(
    "slo/window-too-short",
    "A rate over fewer than four scrapes loses its value whenever one scrape is late or fails.",
)
WINDOW_RANGE = Problem(
    "slo/window-range",
    "Shorter periods hold too few events to budget; longer ones outlive what Prometheus keeps.",
)
RETENTION = Problem(
    "slo/retention",
    "Prometheus deletes samples before the period has passed, so the budget would cover less than it says.",
    SUPPRESS,
)
HISTORY = Problem(
    "slo/history",
    "The period would mix events counted by the old meaning with events counted by the new one.",
    "set `history: keep` (the old events still count) or `history: reset` (start again) on the SLO",
)
GRANULARITY = Problem("slo/calendar-offset", "Periods begin on the grid that the recorded sums use.")
TARGET_LACKS = Problem("target/unsupported", "The declared target would refuse the rule or ignore the field.")
DELIVERY_LIMIT = Problem(
    "delivery/limit",
    "What a server does not take is refused when it is brought there, long after it was reviewed.",
)
LABEL_OVERWRITTEN = Problem(
    "alert/overwritten-label",
    "A label set by the rule replaces the one of the expression, so alerts that differ only in it collide.",
)
ANNOTATION = Problem(
    "alert/annotation-template",
    "A template that fails at run time shows its error instead of the help the paged person needs.",
)
SEVERITY = Problem("alert/severity", "Routes are chosen by severity; a value nobody routes reaches nobody.")
EXCLUSION = Problem(
    "exclusion/range", "An exclusion removes measured events from the budget, so its times must be exact."
)
OVER_BUDGET = Problem(
    "cost/over-budget",
    "Rules share the server with dashboards and with each other; what they may cost is agreed before they are loaded.",
    "raise `budget` in promgen.yaml, in a change that a reviewer sees",
)
NOBODY = Problem(
    "routing/nobody",
    "An alert that reaches nobody is found when somebody looks for something else.",
)
UNROUTED_SYSTEM = Problem(
    "routing/unrouted-system",
    "All alerts of a system without a Routing go to those who get what is nobody's.",
    SUPPRESS,
)
MUTED_PAGE = Problem(
    "routing/muted-page", "A page that waits for working hours is no page: P0 and P1 are told at once."
)
HOURS = Problem(
    "routing/hours", "Without the hours of the team nobody knows when what waits for them is told."
)
RECEIVER = Problem("routing/receiver", "Alertmanager would refuse the file, and with it every route in it.")
SILENCE_VALUE = Problem(
    "silence/unknown-value",
    "A silence that no alert matches silences nothing, and everybody is told of what was announced.",
    SUPPRESS,
)
UNUSED_RECEIVER = Problem(
    "routing/unused-receiver",
    "Somebody believes to be told and is not.",
    SUPPRESS,
)
SUPPRESSION_EXPIRED = Problem(
    "suppression/expired",
    "A suppression without an end hides a problem for good.",
    "move the `until` date or mend the problem",
)
SUPPRESSION_UNUSED = Problem(
    "suppression/unused",
    "A suppression that matches nothing hides the next problem that it happens to match.",
    "remove it",
)
VERSION_REQUIRED = Problem(
    "project/requires", "An older promgen may compile the same specification to other rules."
)

ALERTMANAGER = Problem(
    "routing/configuration",
    "Alertmanager refuses the file and goes on with the one before, if it has one; and what cannot be read is not proved.",
)
NOT_SCRAPED = Problem(
    "scraping/no-target",
    "Nothing that is scraped has these labels, so the rule sees no data: an alert that cannot fire, an SLO without a value.",
    SUPPRESS,
)

PROBLEMS: tuple[Problem, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Problem)
)
"""All of them, for the documentation and for checking suppressions."""
