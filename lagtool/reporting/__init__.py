"""Renderers: a value in, a string out; nothing here prints or writes.

A report: `report` has the table of its formats, one module each, and `verdict` and `expectations` what they say alike.
Statistics: `stats`; what is alike: `likeness`; a split: `split_table`. Their tables
are laid out as text by `tables` and `columns`, as Markdown by `markdown`, as CSV by `spreadsheet`.
"""
