"""Keep the samples that fail on purpose out of a run over this folder.

pytest collects them all the same when they are named: ``pytest --nbcheck sample_notebooks/failing``.
"""

collect_ignore = ["failing"]
