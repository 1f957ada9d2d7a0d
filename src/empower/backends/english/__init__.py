"""The IR in English: conditions as clauses and numbers as noun phrases, to be read aloud by somebody who runs a shop.

It says what a pack means, not how it was written: what the front end brought into another form, such as `60% of x <= 5.20`, is brought
back only where the numbers of the pack say how. It never shows the name of a fact or a member with its dots and underscores.

`words` has the lexicon and single words, `numbers` amounts and other numbers, `comparisons` two of them compared, `conditions` all else.
"""
