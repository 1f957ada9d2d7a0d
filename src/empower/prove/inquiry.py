"""What all questions about a pack share: its rules, and for each kind of action a solver and a request that may be any."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cached_property
from typing import Any

from empower import ir
from empower.backends.smt import WORK, Solver, Term, Terms, World, opposite
from empower.checked import CheckedPack
from empower.compile import Rules, compile_pack
from empower.prove.verdict import SymbolicVerdict, could_allow, may_answer, symbolic_verdict


class Situation:
    """One kind of action: a solver, a request of that kind, and what the guard makes of it with nothing drawn from any budget."""

    def __init__(self, program: ir.Program, kind: str, work: int) -> None:
        self.program, self.kind, self.plan = program, kind, program.plans[kind]
        self.terms = Terms(program)
        self.solver = Solver(self.terms, work)
        self.told = World(self.terms, program, self.plan).fully_told()
        """The request with every fact known."""
        self._somebodies: dict[str, Term] = {}
        self._higher: dict[str, Term] = {}

    @cached_property
    def verdict(self) -> SymbolicVerdict:
        """The answer with every fact known."""
        return symbolic_verdict(self.told)

    @cached_property
    def allowed(self) -> Term:
        """The request is allowed, with every fact known."""
        return self.verdict.allowed

    @cached_property
    def undenied(self) -> Term:
        """No denial is certain to speak, with every fact known."""
        return opposite(self.verdict.denied)

    @cached_property
    def ever_allowed(self) -> bool:
        """Whether anything is allowed: without it a limit promises nothing."""
        return self.solver.check(self.allowed) != "no"

    def could_allow(self, role: str) -> Term:
        """Somebody of a role, who has drawn nothing yet, is allowed the request with every fact known."""
        found = self._somebodies.get(role)
        if found is None:
            found = self._somebodies[role] = could_allow(self.told, role)
        return found

    def may_answer(self, role: str) -> Term:
        """Somebody of a role is high enough to say yes, with every fact known."""
        found = self._higher.get(role)
        if found is None:
            found = self._higher[role] = may_answer(self.verdict, role)
        return found

    @cached_property
    def world(self) -> World:
        """The request with any fact unknown."""
        return World(self.terms, self.program, self.plan)

    @cached_property
    def guarded(self) -> SymbolicVerdict:
        """The answer with any fact unknown."""
        return symbolic_verdict(self.world)

    @cached_property
    def guarded_allowed(self) -> Term:
        """The request is allowed, with any fact unknown."""
        return self.guarded.allowed


class Inquiry:
    """One pack that is asked about."""

    def __init__(self, checked: CheckedPack, work: int = WORK) -> None:
        self.checked, self.work = checked, work
        self.rules: Rules = compile_pack(checked)
        self.program = self.rules.program
        self.givers: dict[Hashable, Any] = {}
        """Requests by which histories give away the most, as far as they were looked for."""
        self._situations: dict[str, Situation] = {}

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind of action."""
        return tuple(self.program.plans)

    def situation(self, kind: str) -> Situation:
        """What is shared by the questions about one kind."""
        found = self._situations.get(kind)
        if found is None:
            found = self._situations[kind] = Situation(self.program, kind, self.work)
        return found

    def forget(self) -> None:
        """Begin anew with each solver, for questions of another sort."""
        for situation in self._situations.values():
            situation.solver.forget()

    def place(self, guardrail: str) -> str:
        """Where a guardrail or claim stands, as `file:line`."""
        return self._places.get(guardrail, "")

    @cached_property
    def _places(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        pack = self.checked
        while True:
            for index, claim in enumerate(pack.pack.document.claims):
                span = pack.pack.find(("claims", index))
                found[claim.id] = f"{span.file}:{span.line}"
            if pack.parent is None:
                break
            pack = pack.parent
        for name, about in self.checked.about.items():
            span = about.span()
            found[name] = f"{span.file}:{span.line}"
        return found

    def title(self, kind: str) -> str:
        """What people call a kind of action."""
        declared = self.checked.kinds[kind]
        return declared.title.get(self.checked.languages[0], kind.replace("_", " "))
