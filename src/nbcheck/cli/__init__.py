"""The ``nbcheck`` command."""

from nbcheck.cli.main import main

__all__ = ["main"]
