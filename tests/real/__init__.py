"""Real Prometheus for the tests: where it comes from, and how to run it on a live target or on a made-up history."""

from tests.real.api import AlertState, Api, Cost, QueryError, RuleState, Sample, Track
from tests.real.fetch import Install, UnavailableError, installed, planned, release_of_program
from tests.real.history import History, RecordingRule, load_groups, split_levels
from tests.real.process import ServerError, wait_until
from tests.real.prometheus import Prometheus
from tests.real.promtool import PromtoolError, check_rules, test_rules
from tests.real.series import Series, counter, gauge
from tests.real.target import ScrapeTarget

__all__ = [
    "AlertState",
    "Api",
    "Cost",
    "History",
    "Install",
    "Prometheus",
    "PromtoolError",
    "QueryError",
    "RecordingRule",
    "RuleState",
    "Sample",
    "ScrapeTarget",
    "Series",
    "ServerError",
    "Track",
    "UnavailableError",
    "check_rules",
    "counter",
    "gauge",
    "installed",
    "load_groups",
    "planned",
    "release_of_program",
    "split_levels",
    "test_rules",
    "wait_until",
]
