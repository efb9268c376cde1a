"""Checks: short functions over a manifest, listed in one table.

`registry` has the table; `evidence` is what a check is given; the other modules are the checks, by family. `runner` and
`audit` run them, under `settings`; `acceptance` and `baseline` take off what is known; `report` is what comes of it.
"""
