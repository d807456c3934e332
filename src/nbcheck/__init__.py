"""nbcheck: notebooks are tests."""

__version__ = "0.1.0"
