"""More hostile packs: their files are harmless, and what stands in them is not."""

from __future__ import annotations

from pathlib import Path

from hostile.packs import HEAD, good, hostile

# ------------------------------------------------------------------------------------------------ shape and names


@hostile("wrong-shape")
def no_mapping(_: Path) -> str:
    return "- a\n- b\n"


@hostile("wrong-shape")
def only_a_word(_: Path) -> str:
    return "pack"


@hostile("wrong-shape")
def everything_misshapen(_: Path) -> str:
    return "".join(f"{line.partition(':')[0]}: [[{{x: []}}]]\n" for line in HEAD.splitlines() if not line.startswith(" "))


@hostile("unknown-key")
def keys_of_objects(_: Path) -> str:
    return HEAD + "__class__: x\nmodel_fields: x\n__init__: x\n"


@hostile("unknown-key")
def ten_thousand_unknown_keys(_: Path) -> str:
    return HEAD + "".join(f"k{n}: x\n" for n in range(10_000))


@hostile("no-value")
def ten_thousand_rules_without_a_value(_: Path) -> str:
    return HEAD + "rules:\n" + "".join(f"  - {{id: r{n}, deny: refund}}\n" for n in range(10_000))


@hostile("bad-name")
def a_name_in_look_alike_letters(_: Path) -> str:
    return HEAD.replace("order.id", "оrder.id")


@hostile("unknown-kind")
def an_action_in_look_alike_letters(_: Path) -> str:
    return HEAD + "rules: [{id: r, deny: rеfund, because: trust}]\n"


@hostile("bad-name")
def a_name_of_python_as_a_fact(_: Path) -> str:
    return HEAD.replace("order.id", "order.__class__")


@hostile("duplicate-id")
def ten_thousand_rules_of_one_name(_: Path) -> str:
    return HEAD + "rules:\n" + "  - {id: r, deny: refund, when: order.total > 5, because: trust}\n" * 10_000


# ------------------------------------------------------------------------------------------------ numbers


@hostile("bad-number")
def a_bound_of_ten_thousand_digits(_: Path) -> str:
    return HEAD.replace("0..5000\n  order.id", f"0..{'9' * 10_000}\n  order.id")


@hostile("bad-number")
def a_rank_of_ten_thousand_digits(_: Path) -> str:
    return HEAD + f"menu: [{{id: m, offer: {{kind: refund, amount: 5}}, rank: {'9' * 10_000}, because: trust}}]\n"


@hostile("bad-number")
def times_of_ten_thousand_digits(_: Path) -> str:
    return HEAD + f"budgets: [{{id: b, for: refund, window: ever, at_most: {{times: {'9' * 10_000}}}, because: trust}}]\n"


@hostile("bad-number")
def an_amount_in_the_digits_of_another_script(_: Path) -> str:
    return HEAD + "menu: [{id: m, offer: {kind: refund, amount: ٥}, because: trust}]\n"


@hostile("overflow")
def a_product_beyond_64_bits(_: Path) -> str:
    head = HEAD.replace("order.id: text", "order.id: text\n  a: money 0..1000000000000\n  n: integer 0..1000")
    return head + "caps: [{id: c, for: refund, at_most: 1000 * a per n, because: trust}]\n"


@hostile("overflow")
def a_sum_beyond_64_bits(_: Path) -> str:
    facts = "\n".join(f"  f{n}: integer 0..1000000000000" for n in range(20))
    total = " + ".join(f"999999 * f{n}" for n in range(20))
    return (
        HEAD.replace("  order.id: text", f"  order.id: text\n{facts}")
        + f"rules: [{{id: r, deny: refund, when: {total} > 5, because: trust}}]\n"
    )


# ------------------------------------------------------------------------------------------------ expressions


def ruled(when: str) -> str:
    """A pack with one condition."""
    return HEAD + f"rules:\n  - id: r\n    deny: refund\n    because: trust\n    when: {when}\n"


@hostile("too-big")
def brackets_in_a_condition(_: Path) -> str:
    return ruled("'" + "(" * 9_000 + "1" + ")" * 9_000 + "'")


@hostile("too-big")
def ten_thousand_nots(_: Path) -> str:
    return ruled("not " * 4_900 + "x")


@hostile("too-big")
def minus_upon_minus(_: Path) -> str:
    return ruled("1 > " + "-" * 1_900 + "1")


@hostile("unknown-function")
def a_call_to_the_system(_: Path) -> str:
    return ruled("\"__import__('os').system('true')\"")


@hostile("unknown-name")
def a_look_at_the_class(_: Path) -> str:
    return ruled("order.id.__class__.__mro__ == 'x'")


@hostile("bad-pattern")
def a_pattern_that_never_ends(_: Path) -> str:
    return ruled("\"matches(order.id, '(a*)*b')\"")


@hostile("too-big")
def a_tree_of_conditions(_: Path) -> str:
    return ruled("{any: [" * 30 + "{name: order.total, operator: greater_than, value: 5}" + "]}" * 30)


@hostile("circular-definition")
def a_circle(_: Path) -> str:
    return HEAD + "define: {a: b + 1, b: c + 1, c: a + 1}\n"


@hostile("too-big")
def a_definition_that_doubles(_: Path) -> str:
    return HEAD + "define:\n  d0: order.total\n" + "".join(f"  d{n + 1}: d{n} + d{n}\n" for n in range(60))


@hostile("too-big")
def a_condition_that_doubles(_: Path) -> str:
    return HEAD + "define:\n  d0: order.total > 5\n" + "".join(f"  d{n + 1}: d{n} and d{n}\n" for n in range(60))


@hostile("too-big")
def a_chain_of_definitions(_: Path) -> str:
    return HEAD + "define:\n" + "".join(f"  d{n}: d{n + 1} + 1\n" for n in range(500)) + "  d500: 1\n"


@hostile("too-big")
def a_large_definition_that_is_used_often(_: Path) -> str:
    large = " or ".join(f"order.total == {n}" for n in range(60))
    uses = ", ".join(["large"] * 20)
    rules = "".join(f"  - {{id: r{n}, only_if: refund, any: [{uses}], because: trust}}\n" for n in range(1_000))
    return HEAD + f"define: {{large: {large}}}\nrules:\n{rules}"


@hostile("unknown-name")
def ten_thousand_slips_of_the_pen(_: Path) -> str:
    facts = "".join(f"  fact{n}: text\n" for n in range(3_000))
    rules = "".join(f"  - {{id: r{n}, deny: refund, when: fact{n}x == 'a', because: trust}}\n" for n in range(3_000))
    return HEAD.replace("actions:", f"{facts}actions:") + f"rules:\n{rules}"


@hostile("too-big")
def ten_thousand_roles(_: Path) -> str:
    return HEAD.replace("[clerk, manager]", "[" + ", ".join(f"r{n}" for n in range(10_000)) + "]")


# ------------------------------------------------------------------------------------------------ good controls


@good
def as_deep_as_anybody_writes(_: Path) -> str:
    return ruled("{all: [" * 8 + "{name: order.total, operator: greater_than, value: 5}" + "]}" * 8)


@good
def a_long_condition(_: Path) -> str:
    return ruled(" or ".join(f"order.total == {number}" for number in range(80)))


@good
def definitions_in_any_order(_: Path) -> str:
    return HEAD + "define: {" + ", ".join(f"d{n}: d{n + 1} + 1" for n in range(20)) + ", d20: order.total}\n"
