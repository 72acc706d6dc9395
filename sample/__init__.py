"""Generated households with their truth, for demonstrations, tests and benchmarks.

Here belongs what invents data: people who do not exist, shops that nobody can visit, and counts of
what was invented, so that a caller can hold the chain's answers against them. A seed decides
everything, to the byte and on every machine: draws are integers, and nothing here is rounded. This
package knows only `schemas`.

`households` lives a town day by day. A `household` has `concerns`, each a side of life; they book
money, and the `feed` makes of that what banks make of it, worded by `wording`, at `places`.
"""
