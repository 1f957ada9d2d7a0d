"""The cases of a pack as tests of pytest: every `cases.yaml` that lies beside a `pack.yaml`, and with `--empower-laws` the laws for that pack.

pytest loads this at every start, also where nobody uses a pack. So it stands outside the package, imports nothing but pytest, and
loads empower when the first pack is met; what is given beside it stays as it is.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CASES, PACK = "cases.yaml", "pack.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one option."""
    group = parser.getgroup("empower")
    group.addoption("--empower-laws", action="store_true", help="hold each pack that is collected to the laws of empower (extra 'testing')")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A pack with cases is a file of tests; with `--empower-laws` one without cases too."""
    has_cases = file_path.name == CASES and file_path.with_name(PACK).is_file()
    if has_cases or (file_path.name == PACK and parent.config.option.empower_laws and not file_path.with_name(CASES).is_file()):
        return PackFile.from_parent(parent, path=file_path)
    return None


class PackFile(pytest.File):
    """A pack: each of its cases, and each law."""

    def collect(self) -> Iterator[pytest.Item]:
        """The cases of `cases.yaml`, the examples under rules, then the laws if they are asked for."""
        from empower import PackError  # noqa: PLC0415  (the first pack is met)
        from empower.cases import read_cases  # noqa: PLC0415
        from empower.compile import compile_pack, load_pack  # noqa: PLC0415

        try:
            pack = load_pack(os.path.relpath(self.path.parent))  # so that places are told as somebody would type them
            examples = read_cases(pack)
        except PackError as error:
            raise self.CollectError(str(error)) from None
        rules = compile_pack(pack)
        seen: Counter[str] = Counter()
        for example in examples:
            name = " ".join(example.it.split())
            seen[name] += 1
            again = f" ({seen[name]})" if seen[name] > 1 else ""
            yield Case.from_parent(self, name=name + again, rules=rules, example=example)
        if self.config.option.empower_laws:
            yield from self._laws(rules)

    def _laws(self, rules: Any) -> Iterator[pytest.Item]:
        try:
            from empower.testing.pack_laws import checks  # noqa: PLC0415  (the extra `testing`)
        except ImportError as error:
            raise self.CollectError(f"--empower-laws needs {error.name!r} (help: pip install 'empower[testing]')") from None
        for name, check in checks(rules).items():
            yield LawOfPack.from_parent(self, name=name, check=check)


class Case(pytest.Item):
    """One case of a pack."""

    def __init__(self, *, rules: Any, example: Any, **named: Any) -> None:
        super().__init__(**named)
        self.rules, self.example = rules, example

    def runtest(self) -> None:
        """Decide it, and compare."""
        from empower.cases import run_case  # noqa: PLC0415

        result = run_case(self.rules, self.example)
        if not result.passed:
            raise CaseFailed(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What differs, without a traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, CaseFailed) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case stands: of an example, in the pack itself."""
        return Path(self.example.span.file), self.example.span.line - 1, self.name


class CaseFailed(Exception):
    """A case that comes out otherwise than its author says."""

    def __init__(self, result: Any) -> None:
        super().__init__(result)
        self.result = result

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield str(self.result.example)
        for difference in self.result.differences:
            what, _, values = difference.partition(": expected ")
            wanted, _, found = values.partition(", found ")
            yield from (f"  - {what}: {wanted}", f"  + {what}: {found}") if found else (f"  ! {difference}",)
        decision = self.result.decision
        if decision is not None:
            yield f"  staff hear: {decision.say.staff}"
            yield from (f"  {reason.place}: {reason.guardrail}" for reason in decision.reasons)


class LawOfPack(pytest.Item):
    """One law, held against a pack."""

    def __init__(self, *, check: Callable[[], None], **named: Any) -> None:
        super().__init__(**named)
        self.check = check

    def runtest(self) -> None:
        """Search for a request, or a day, in which it does not hold."""
        self.check()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The request and the answers, without a traceback; of a day in the shop, what happened."""
        from empower.testing import LawBrokenError  # noqa: PLC0415

        if not isinstance(excinfo.value, LawBrokenError):
            return super().repr_failure(excinfo, style)
        steps = [note for note in getattr(excinfo.value, "__notes__", ()) if "state." in note]
        return "\n".join([str(excinfo.value), *steps])

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the pack stands."""
        return self.path, 0, self.name
