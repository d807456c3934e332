"""Accepting changes: what a failing run leaves behind, and how its outputs come into the notebooks.

A run that fails writes the *pending set*, one file a notebook (``record.py``, ``store.py``). Nothing is run again to
accept: the outputs of the set are compared with the stored ones once more (``proposal.py``), each difference is a
*piece* that can be accepted, rejected or masked, and what was accepted is written by the preserving writer.
"""
