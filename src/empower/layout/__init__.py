"""The layout of a pack's YAML: the same keys, words and comments, indented and spaced in one way, the keys of a guardrail in one order.

`document` lays out a whole file, and makes sure that nothing was lost; `page` writes its lines; `margins` finds its comments; `orders`
says in which order keys stand.
"""
