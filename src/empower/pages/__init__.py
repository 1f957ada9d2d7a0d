"""What people read of a pack: the whole of it as a page, a pocket card for each role, and one decision with its why and why not.

`page` holds the nouns; `lexicon`, `sentences`, `whole` make a page of a pack; `text`, `markdown` and `html` write any page down.
"""
