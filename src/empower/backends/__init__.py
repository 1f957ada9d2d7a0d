"""Back ends: each gives a program its meaning in one form. They import `ir` and what lies below it, never one another.

`interpret` is the meaning; every other back end is tested equal to it.
"""
