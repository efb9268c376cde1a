"""Splits: who trains and who tests, decided by seed and picture content alone.

What is wanted: `plan` (options), `lines` and `names` (files of groups and samples), `earlier` (a split to extend).
How it is made, from `split` downwards: `grouping`, `constraints`, `division`, `assignment`; then numbers only, in
`allocation`, `balance` and `flow`. What is said of it: `certificate`, `methods`, `decisions`, `portrait`, `distance`.
`lists` writes it, `reproduction` makes it again; `parts` is for all who read a split.
"""
