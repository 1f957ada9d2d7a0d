"""What people read of a pack: the whole of it as a page, a pocket card for each role, and one decision with its why and why not.

`page` holds the nouns. `lexicon`, `roles`, `parts` and `sentences` make sentences of guardrails, `whole` a page of them; `worlds`, `limits`
and `card` a card; `text`, `markdown` and `html` write any page down.
"""
