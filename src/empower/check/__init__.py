"""`Pack` → `CheckedPack`, or `PackError` with every mistake at once.

Each module checks one part of a pack: `words` the texts and names, `declarations` what is declared, `guardrails` the rules, `caps` and
`budgets` the numbers, `whole` what only shows when all is seen together.
"""

from empower.check.checker import check_pack

__all__ = ["check_pack"]
