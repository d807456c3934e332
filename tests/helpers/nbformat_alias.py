"""A pytest plugin that puts nbcheck.document in the place of nbformat, for the tests of nbformat itself."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from types import ModuleType

import nbcheck.document

for found in pkgutil.walk_packages(nbcheck.document.__path__, "nbcheck.document."):
    importlib.import_module(found.name)
for name in [name for name in sys.modules if name.partition(".")[0] == "nbformat"]:
    del sys.modules[name]
for name, module in list(sys.modules.items()):
    if name.startswith("nbcheck.document"):
        sys.modules[name.replace("nbcheck.document", "nbformat", 1)] = module

# The tests run with each of the two libraries that nbformat can choose from, and import one of them for its error.
compat = ModuleType("nbformat.json_compat")
compat.VALIDATORS = ["fastjsonschema", "jsonschema"]
sys.modules[compat.__name__] = compat
schema_library = ModuleType("jsonschema")
schema_library.ValidationError = nbcheck.document.ValidationError
sys.modules[schema_library.__name__] = schema_library
