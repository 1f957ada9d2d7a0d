"""The planted faults: in the back ends, the checker, the combining of guardrails, the limit, the options, approvals, the ledgers, the loader."""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st

from empower.testing import (
    law_01_never_exceeded,
    law_02_deterministic,
    law_04_unknown_is_never_generous,
    law_06_the_limit_is_exact,
    law_07_a_no_is_never_a_dead_end,
    law_09_asked_twice_given_once,
    law_10_fail_closed,
    law_11_an_approval_is_a_second_verdict,
    law_12_what_is_proved_is_what_runs,
    packs,
)
from empower.testing.holds import Holds
from empower.testing.keys import Keys
from empower.testing.reserving import Reserving
from laws import (
    test_law_01_never_exceeded as law_1,
    test_law_03_certain_outcome as law_3,
    test_law_07_no_dead_end as law_7,
    test_law_08_nothing_without_a_why as law_8,
    test_law_11_approvals as law_11,
)
from laws.worlds import worlds
from planted.fault import SMALL, Fault, author_is_told, holds, holds_for_any, in_a_file, in_memory, search

BUSY = partial(law_1.play_under_any_pack, SMALL)
CERTAIN = search(law_3.test_with_everything_known_the_strongest_outcome_wins, worlds(unknown=0))
SHARED = search(law_3.test_the_outcome_is_what_all_completions_share, worlds())
ACTORS = worlds(packs(actor=True, escalating=True), unknown=9)
ROLES = search(law_3.test_an_escalation_names_the_lowest_role_that_could_say_yes, ACTORS)
CERTAIN_OF_MANY = search(law_3.test_with_everything_known_the_strongest_outcome_wins, worlds(packs(most=7, escalating=True), unknown=0))
RIGHT_NOW = search(law_7.test_whatever_can_be_done_right_now_is_allowed, worlds(unknown=8), st.data())
LEAKS = search(law_8.test_nothing_leaks_to_the_customer, worlds(packs(talkative=True), unknown=8))
CHARGED = search(law_11.test_the_approver_is_charged, worlds(law_11.PACKS, unknown=0), st.data())
QUICK_ROLE = holds_for_any(law_12_what_is_proved_is_what_runs, worlds(packs(without=["budgets"], actor=True), unknown=0))

EDGE = Reserving.test_an_entry_may_reach_the_limit_and_not_pass_it
LETS_GO = Reserving.test_a_rolling_window_lets_go_of_what_is_exactly_its_length_old
EXPIRY = Holds.test_from_its_expiry_a_hold_gives_back_and_is_never_confirmed
JUDGE, LOWER, MEANING, PYTHON = "empower.judge", "empower.lower", "empower.backends.interpret", "empower.backends.python"
SUMS, HOLDS, WISHES = "empower.ledger.sums", "empower.ledger.holds", "empower.ledger.wishes"
SQLITE = "empower.ledger.sqlite"

FAULTS = (
    # ---------------------------------------------------------------------------- the limit
    Fault("the limit is one too high", JUDGE, "return top if min(most,", "return top + 1 if min(most,", holds(law_06_the_limit_is_exact)),
    Fault(
        "what is the least is forgotten",
        JUDGE,
        'floor = max([least, *(each.high for each in speaking if each.effect == "floor")])',
        "floor = least",
        holds(law_06_the_limit_is_exact),
    ),
    Fault(
        "the first guardrail sets the limit",
        JUDGE,
        "*(each.low for each in speaking if",
        "*(each.low for each in speaking[:1] if",
        holds(law_06_the_limit_is_exact),
    ),
    Fault(
        "the last cap counts",
        JUDGE,
        "*(each.low for each in speaking if",
        "*(each.low for each in speaking[-1:] if",
        holds(law_06_the_limit_is_exact),
    ),
    Fault(
        "spending is forgotten", JUDGE, "return bound if bound >= ir.OPEN else bound - taken", "return bound", holds(law_01_never_exceeded)
    ),
    Fault(
        "the limit depends on the order",
        JUDGE,
        "*(each.low for each in speaking if",
        "*(each.low for each in speaking[:3] if",
        holds(law_02_deterministic),
    ),
    # ---------------------------------------------------------------------------- combining
    Fault(
        "a deny is asked about",
        JUDGE,
        'if out_of_bounds or any(each.outcome == "deny" for each in certain):',
        "if out_of_bounds:",
        CERTAIN_OF_MANY,
    ),
    Fault(
        "who may speak is not heard", JUDGE, "if possible or case.missing or", "if case.missing or", holds(law_04_unknown_is_never_generous)
    ),
    Fault("the next role is named, able or not", JUDGE, "answer = could_allow(case, role)", 'answer = "yes"', ROLES),
    Fault(
        "once more than the times",
        JUDGE,
        "low if spent.times < reading.times[0] else",
        "low if spent.times <= reading.times[0] else",
        holds(law_06_the_limit_is_exact),
    ),
    # ---------------------------------------------------------------------------- lowering: what is unknown
    Fault(
        "possibly is certainly",
        LOWER,
        'return possibly(condition) if reading == "low" else certainly(condition)',
        "return certainly(condition)",
        holds(law_04_unknown_is_never_generous),
    ),
    Fault(
        "only sure rows apply",
        LOWER,
        "low = ir.Rows(\n        tuple(ir.Row(certainly(r.condition), possibly(r.condition), a.low)",
        "low = ir.Rows(\n        tuple(ir.Row(certainly(r.condition), certainly(r.condition), a.low)",
        holds(law_04_unknown_is_never_generous),
    ),
    Fault(
        "an unknown amount is the most it can be",
        LOWER,
        "low = tuple(if_(readable(a), a, least)",
        "low = tuple(if_(readable(a), a, OPEN)",
        holds(law_04_unknown_is_never_generous),
    ),
    Fault(
        "what was given before is nothing",
        LOWER,
        "if_(readable(given), given, OPEN))",
        "if_(readable(given), given, NOTHING))",
        holds(law_04_unknown_is_never_generous),
    ),
    # ---------------------------------------------------------------------------- back ends
    Fault(
        "a table picks its least where it should its greatest",
        MEANING,
        'pick = min if table.pick == "least" else max',
        "pick = min",
        holds(law_12_what_is_proved_is_what_runs),
    ),
    Fault(
        "percentages are rounded up, in the meaning",
        MEANING,
        "return number(value, env) // divisor",
        "return -(-number(value, env) // divisor)",
        holds(law_12_what_is_proved_is_what_runs),
    ),
    Fault(
        "a table picks its least, as compiled",
        PYTHON,
        'sign = "<" if table.pick == "least" else ">"',
        'sign = "<"',
        holds(law_12_what_is_proved_is_what_runs),
    ),
    Fault(
        "percentages are rounded up, as compiled",
        PYTHON,
        'return f"(({self.number(value)}) // {divisor})"',
        'return f"(-(-({self.number(value)}) // {divisor}))"',
        holds(law_12_what_is_proved_is_what_runs),
    ),
    Fault(
        "what was given before is taken off too little",
        PYTHON,
        'emitter.line(f"{low} -= {most}")',
        'emitter.line(f"{low} -= {least}")',
        holds(law_12_what_is_proved_is_what_runs),
    ),
    Fault(
        "a word among two is the first",
        PYTHON,
        'return f"({variable} == {first!r} or {variable} == {second!r})"',
        'return f"({variable} == {first!r})"',
        holds(law_12_what_is_proved_is_what_runs),
    ),
    Fault(
        "the quick way gives one more",
        "empower.fast",
        'emit.line(f"if amount > {name}: {spoke}")',
        'emit.line(f"if amount > {name} + 1: {spoke}")',
        holds(law_12_what_is_proved_is_what_runs),
    ),
    # ---------------------------------------------------------------------------- options, questions, words
    Fault(
        "offers are not judged",
        "empower.options",
        'if judge(evolve(case, amount=amount)).outcome != "allow":\n        return None\n    action: dict',
        "if False:\n        return None\n    action: dict",
        holds(law_07_a_no_is_never_a_dead_end),
    ),
    Fault("what can be done now is not judged", "empower.options", 'elif judge(case).outcome != "allow":', "elif False:", RIGHT_NOW),
    Fault(
        "a parameter is not asked for",
        "empower.needs",
        'asking.common.update(f"action.{name}" for name in case.missing)',
        "pass",
        holds(law_07_a_no_is_never_a_dead_end),
    ),
    Fault(
        "one proof less is asked for",
        "empower.needs",
        "max(0, wanted - shown)",
        "max(0, wanted - shown - 1)",
        holds(law_07_a_no_is_never_a_dead_end),
    ),
    Fault(
        "values are filled again",
        "empower.reasons",
        "    return _PLACEHOLDER.sub(lambda found: values.get(found.group(1), found.group()), template)",
        '    for name, value in values.items():\n        template = template.replace("{" + name + "}", value)\n    return template',
        LEAKS,
    ),
    # ---------------------------------------------------------------------------- asking, approvals, the clerk
    Fault("no leg is enforced", "empower.asking", "enforced=not account.shadow", "enforced=False", BUSY),
    Fault(
        "people approve themselves",
        "empower.authorise",
        'if approver["actor.id"] == case.facts["actor.id"]:',
        "if False:",
        holds(law_11_an_approval_is_a_second_verdict),
    ),
    Fault(
        "anybody above approves",
        "empower.authorise",
        "if role not in roles_above(case.program, own_role, [str(verdict.who)]):",
        "if False:",
        holds(law_11_an_approval_is_a_second_verdict),
    ),
    Fault(
        "the requester pays for the approver",
        "empower.authorise",
        "theirs, alone.requester, amount, approved=True)",
        "case, alone.requester, amount, approved=True)",
        CHARGED,
    ),
    Fault(
        "what has ended is given again",
        "empower.clerk",
        'if held.state in ("voided", "expired") or',
        "if held.state in () or",
        holds(law_09_asked_twice_given_once),
    ),
    Fault(
        "while the ledger is away everything is allowed",
        "empower.clerk",
        '"ledger_unavailable", key, outcome=outcome, who=role)',
        '"ledger_unavailable", key, outcome="allow", who=role)',
        holds(law_10_fail_closed),
    ),
    Fault(
        "what cannot be read is unknown",
        "empower.request",
        "faults.append(Fault(path, misread.message, misread.help))\n            found[path] = None",
        "found[path] = None",
        holds(law_10_fail_closed),
    ),
    # ---------------------------------------------------------------------------- the loader and the checker
    Fault("the last of two keys counts", "empower.load", "if value in container:", "if False:", author_is_told("duplicate-key")),
    Fault(
        "a child may go above its parent's ceiling",
        "empower.check.ceilings",
        "given > ceiling.most:",
        "given > 2 * ceiling.most:",
        author_is_told("exceeds-ceiling"),
    ),
    Fault(
        "rows may overlap",
        "empower.check.caps",
        "        if other is not None:",
        "        if other is not None and False:",
        author_is_told("overlapping-rows"),
    ),
    Fault(
        "an escalation goes to nobody",
        "empower.check.escalations",
        "if not most.anybody(kind, _at_or_above(checked, rule.role)):",
        "if False:",
        author_is_told("dead-escalation"),
    ),
    Fault(
        "two guardrails have one id",
        "empower.check.desk",
        "if name not in self.about:\n            return True",
        "if True:\n            return True",
        author_is_told("duplicate-id"),
    ),
    # ---------------------------------------------------------------------------- the ledgers
    Fault(
        "a window takes one more",
        SUMS,
        "return limit is not None and value > limit",
        "return limit is not None and value > limit + 1",
        in_memory(EDGE),
    ),
    Fault(
        "legs of several parts do not add up",
        SUMS,
        "after[leg.counter] = held, before, amount, times",
        "pass",
        in_memory(Reserving.test_legs_of_several_parts_on_one_counter_add_up),
    ),
    Fault("a day too long is kept", SUMS, "draws[self._oldest].at <= horizon", "draws[self._oldest].at < horizon", in_memory(LETS_GO)),
    Fault(
        "a void gives nothing back",
        SUMS,
        "self.home.amount -= self.amount - amount\n",
        "pass\n",
        in_memory(Holds.test_void_gives_back_once),
    ),
    Fault("a hold lives one instant longer", HOLDS, "hold.expires_at <= now", "hold.expires_at < now", in_memory(EXPIRY, swept=False)),
    Fault(
        "more is confirmed than was reserved",
        HOLDS,
        "if amount > most:",
        "if amount > most + 1:",
        in_memory(Holds.test_more_than_was_reserved_is_never_confirmed),
    ),
    Fault(
        "another person's wish is the same",
        WISHES,
        '*_changed("actor", known.actor, asked.actor),',
        "",
        in_memory(Keys.test_a_conflict_is_told_before_the_wish_is_allowed_too),
    ),
    Fault(
        "a file takes one more",
        f"{SQLITE}.legs",
        "return limit is not None and value > limit",
        "return limit is not None and value > limit + 1",
        in_a_file(EDGE),
    ),
    Fault(
        "a file keeps the legs that fit",
        f"{SQLITE}.legs",
        "(_beyond(held.amount, leg.limit_amount) or _beyond(held.times, leg.limit_times))",
        "_beyond(held.amount, leg.limit_amount)",
        in_a_file(Reserving.test_times_are_limited_like_amounts),
    ),
    Fault(
        "a file lets go too late",
        f"{SQLITE}.counters",
        'leaves_at > ? AND leaves_at <= ?"\n_FREES',
        'leaves_at > ? AND leaves_at < ?"\n_FREES',
        in_a_file(LETS_GO),
    ),
    Fault(
        "a file gives nothing back",
        f"{SQLITE}.holds",
        "SET amount = amount - ?, times",
        "SET amount = amount - 0 * ?, times",
        in_a_file(Holds.test_void_gives_back_once),
    ),
    Fault(
        "a file forgets whom it told that a hold had expired",
        f"{SQLITE}.store",
        "return expired  # and not raised here",
        "raise expired  # and not",
        in_a_file(Holds.test_what_was_told_to_have_expired_stays_so_when_the_clock_goes_back, verb="confirm"),
    ),
)

RARE = (
    Fault(
        "what the approver lacks is the requester's",
        "empower.asking",
        'approver.get(path) if path.startswith("actor.") else value',
        '(approver.get(path) or value) if path.startswith("actor.") else value',
        search(law_11.test_an_approval_is_a_second_verdict, worlds(law_11.PACKS, unknown=9), st.data()),
    ),
    Fault("a missing reason is none", JUDGE, "if possible or case.missing or", "if possible or", SHARED),
    Fault(
        "approvers have spent what the requester has",
        JUDGE,
        "spent = Balance(0, 0, None) if fresh and account.personal else balance",
        "spent = balance",
        ROLES,
    ),
    Fault(
        "the quick way names the next role", "empower.fast", 'emit.line(f"if amount {sign} t: continue")', 'emit.line("pass")', QUICK_ROLE
    ),
)
"""Faults that only few requests meet: looked for with `EMPOWER_PROFILE=long`."""
