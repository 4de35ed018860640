"""How long and how often a busy server is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate

import pytest

from promgen.clients.exchange import Answer, Patience, UnreachedError

BUSY = Answer(503, b"")


def asked(*answers: Answer | None) -> tuple[Callable[[], Answer], list[int]]:
    """A question with these answers, of which None is none, and how often it was asked."""
    count: list[int] = []

    def ask() -> Answer:
        count.append(1)
        answer = answers[min(len(count), len(answers)) - 1]
        if answer is None:
            raise UnreachedError("nobody there")
        return answer

    return ask, count


def waited(*answers: Answer | None) -> tuple[Answer, list[float], int]:
    """The answer in the end, the pauses, and how many times the question was asked."""
    pauses: list[float] = []
    ask, count = asked(*answers)
    answer = Patience(sleep=pauses.append).ask(ask)
    return answer, pauses, len(count)


def test_pauses_double() -> None:
    assert waited(BUSY, None, Answer(429, b""), BUSY, Answer(202, b"")) == (
        Answer(202, b""),
        [0.5, 1.0, 2.0, 4.0],
        5,
    )


def test_the_last_answer_counts() -> None:
    assert waited(BUSY) == (BUSY, [0.5, 1.0, 2.0, 4.0], 5)


def test_without_any_answer_the_last_error_counts() -> None:
    ask, count = asked(None)
    with pytest.raises(UnreachedError):
        Patience(sleep=lambda seconds: None).ask(ask)
    assert len(count) == 5


@pytest.mark.parametrize("status", [200, 202, 400, 401, 403, 404, 409, 422, 501])
def test_other_answers_are_not_asked_for_again(status: int) -> None:
    assert waited(Answer(status, b"")) == (Answer(status, b""), [], 1)


@pytest.mark.parametrize("text", ["soon", "", "-1", "1.5", "²"])
def test_what_is_no_time_to_wait_is_none(text: str) -> None:
    assert waited(Answer(429, b"", text), Answer(200, b""))[1] == [0.5]


def test_a_server_that_names_seconds_is_given_them() -> None:
    assert waited(Answer(429, b"", "7"), Answer(200, b""))[1] == [7.0]


def test_a_server_that_names_a_moment_is_given_the_time_until_then() -> None:
    (pause,) = waited(Answer(503, b"", formatdate(time.time() + 20, usegmt=True)), Answer(200, b""))[1]
    assert 0.5 < pause <= 20


def test_a_server_that_wants_more_than_can_be_waited_for_is_not_waited_for() -> None:
    busy = Answer(429, b"", "3600")
    assert waited(busy) == (busy, [], 1)
