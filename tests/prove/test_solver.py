"""Asking the solver: whatever was asked before, and however often, an answer is the same."""

from __future__ import annotations

import pytest

from empower.backends.smt import Solver, Terms, fresh, solver
from empower.backends.smt.solver import OFTEN
from empower.noun import evolve
from empower.prove.answers import fine
from empower.prove.worker import answers_of
from prove.shop import loaded, read, shop

SMALL, LARGE = fresh("number") < 3, fresh("number") > 5
ROUNDS = OFTEN + 3


def test_what_is_asked_often_is_answered_alike() -> None:
    """A formula that has a name holds where it is asked for, and nowhere else."""
    asked = Solver(Terms())
    for _ in range(ROUNDS):
        assert (asked.check(SMALL), asked.check(LARGE), asked.check(SMALL, LARGE)) == ("yes", "yes", "no")
        assert asked.check(fresh("number") == 4) == "yes"


@pytest.mark.parametrize("before", [0, ROUNDS])
def test_what_is_supposed_is_forgotten_at_its_end(before: int) -> None:
    """Names are kept, what is supposed under a name is not."""
    asked = Solver(Terms())
    for _ in range(before):
        assert asked.check(SMALL) == "yes"
    for _ in range(ROUNDS):
        with asked.supposing(SMALL):
            assert (asked.check(LARGE), asked.check(SMALL)) == ("no", "yes")
        assert asked.check(LARGE) == "yes"


def test_a_solver_that_begins_anew_answers_alike() -> None:
    """What is known of terms is taken in again; names and what was kept are forgotten."""
    terms = Terms()
    terms.take(fresh("number") >= 4)
    asked = Solver(terms)
    for _ in range(ROUNDS):
        assert (asked.check(SMALL), asked.check(LARGE)) == ("no", "yes")
        asked.forget()
    asked.keep(fresh("number") <= 5)
    assert asked.check(LARGE) == "no"
    asked.forget()
    assert asked.check(LARGE) == "yes"


def test_names_change_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether everything has a name from the start, or nothing ever: each question about a pack is answered alike, to the example."""
    document = shop()
    document["rules"].append(read("{id: x, deny: refund, when: actor.role == 'lead' and action.amount > 20, because: thrift}"))
    document["claims"].append(read("{id: y, never: action.kind == 'refund' and action.amount > 100, because: thrift}"))
    pack = loaded(document)
    found = []
    for often in (0, 10**9):
        monkeypatch.setattr(solver, "OFTEN", often)
        found.append([evolve(answer, question=evolve(answer.question, places=())) for answer in answers_of(pack)])
    assert found[0] == found[1]
    assert not all(map(fine, found[0]))
