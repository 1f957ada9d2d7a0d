"""Other engines on the original goodwill policy.

None of them knows caps, escalation to a role or an exact limit, so they are asked for what `benchmarks.original.reference` answers
(outcome, smallest cap, ids), not for the laws of the design; and each needs a fold in Python over the rules it found. What they do is
less than what the hand-written function and `empower` do in the same run. They validate nothing.
"""
