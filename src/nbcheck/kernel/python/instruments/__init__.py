"""Instruments: what the owner of a kernel has put into its process, to watch or to restrain the code that runs there.

One instrument, one module with a function ``install``, and one line in ``registry.py``.
"""
