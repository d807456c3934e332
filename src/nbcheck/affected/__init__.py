"""Which notebooks need not be run, because nothing that they use has changed since they passed.

A *fact* is the name of something that a verdict depends on, such as ``file:data/prices.csv`` or ``packages``, with a
short text for what it was like: a hash, a version. A run that passes leaves a *record* of all of its facts; the next
one looks whether they are still the same. When in doubt there is no record, and a notebook without a record is run.
"""
