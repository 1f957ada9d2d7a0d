"""The language of conditions and amounts: text, cells and trees in, IR out, and a problem with the rewrite where something cannot be read.

`expressions` reads text, `cells` reads tables, `trees` reads the trees of business-rules. Below them, `comparisons`, `words`, `values` and
`quantities` say what may stand where; `syntax` reads the text itself. What was written in another language is answered by `unread`,
`spoken`, `habits`, `odd` and `advice`.
"""
