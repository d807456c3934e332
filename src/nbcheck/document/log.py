"""Where errors are logged that nbformat logs and does not raise."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging


def get_logger() -> logging.Logger:
    """Return the running Jupyter application's logger, or one that is silent until it is set up."""
    # Who logs nothing does not pay for it.
    import logging

    # Where traitlets is not loaded no application runs, and this is the logger that it would make.
    traitlets = sys.modules.get("traitlets.log")
    if traitlets is not None:
        logger: logging.Logger = traitlets.get_logger()
        return logger
    logger = logging.getLogger("traitlets")
    if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
        logger.addHandler(logging.NullHandler())
    return logger
