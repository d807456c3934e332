"""The noise that outputs carry from run to run, and the named rules that take it out.

Each rule is a function from text to text with an example in its docstring, listed with its name in
:data:`NORMALISERS`; the order of that table is the order of application. A rule

- changes only what cannot be a result: it asks for the whole shape that a printer gives the noise, not for a part;
- applied twice does what it does once;
- in the stage ``line`` never looks past a line end, so that only lines that differ need be normalised; rules that must
  see more are in the stage ``screen``, which also makes the text that reports show.

Placeholders are in angle brackets: ``<address>``.
"""

from nbcheck.compare.base import Normaliser
from nbcheck.compare.normalise.engine import Normalised, after_screen, normalise, order_names
from nbcheck.compare.normalise.paths import may_hold_paths, unify_paths
from nbcheck.compare.normalise.places import roots_normaliser
from nbcheck.compare.normalise.table import NORMALISER_NAMES, NORMALISERS
from nbcheck.compare.normalise.terminal import strip_ansi

__all__ = [
    "NORMALISERS",
    "NORMALISER_NAMES",
    "Normalised",
    "Normaliser",
    "after_screen",
    "may_hold_paths",
    "normalise",
    "order_names",
    "roots_normaliser",
    "strip_ansi",
    "unify_paths",
]
