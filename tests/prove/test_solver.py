"""Asking the solver: whatever was asked before, and however often, an answer is the same."""

from __future__ import annotations

import pytest

from empower.backends.smt import Solver, Terms, fresh
from empower.backends.smt.solver import OFTEN

SMALL, LARGE = fresh("number") < 3, fresh("number") > 5
ROUNDS = OFTEN + 3


def test_what_is_asked_often_is_answered_alike() -> None:
    """A formula that has a name holds where it is asked for, and nowhere else."""
    solver = Solver(Terms())
    for _ in range(ROUNDS):
        assert (solver.check(SMALL), solver.check(LARGE), solver.check(SMALL, LARGE)) == ("yes", "yes", "no")
        assert solver.check(fresh("number") == 4) == "yes"


@pytest.mark.parametrize("before", [0, ROUNDS])
def test_what_is_supposed_is_forgotten_at_its_end(before: int) -> None:
    """Names are kept, what is supposed under a name is not."""
    solver = Solver(Terms())
    for _ in range(before):
        assert solver.check(SMALL) == "yes"
    for _ in range(ROUNDS):
        with solver.supposing(SMALL):
            assert (solver.check(LARGE), solver.check(SMALL)) == ("no", "yes")
        assert solver.check(LARGE) == "yes"


def test_a_solver_that_begins_anew_answers_alike() -> None:
    """What is known of terms is taken in again; names and what was kept are forgotten."""
    terms = Terms()
    terms.take(fresh("number") >= 4)
    solver = Solver(terms)
    for _ in range(ROUNDS):
        assert (solver.check(SMALL), solver.check(LARGE)) == ("no", "yes")
        solver.forget()
    solver.keep(fresh("number") <= 5)
    assert solver.check(LARGE) == "no"
    solver.forget()
    assert solver.check(LARGE) == "yes"
