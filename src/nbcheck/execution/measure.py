"""Coverage: what kernels run counts where the tests are measured.

coverage.py measures the process that runs the tests. Each kernel measures itself by the same configuration and writes a
data file beside those of the tests, under a name that coverage.py would combine by itself. They are added to the
measurement that runs here, so that whoever reports it, pytest-cov or ``coverage run``, finds one.
"""

from __future__ import annotations

import glob
import os
import platform
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coverage import Coverage


def running_coverage() -> Coverage | None:
    """Return the measurement of this process, if there is one; coverage.py must be there."""
    from coverage import Coverage

    return Coverage.current()


class Measurement:
    """A running measurement, and what kernels add to it."""

    def __init__(self, running: Coverage) -> None:
        """Take over the configuration; relative paths in it are relative to the folder that we are in now.

        Args:
            running: started.

        Raises:
            AttributeError: this release of coverage.py cannot hand its configuration on; it can since 7.10.4.
        """
        self._running = running
        suffix = f"{platform.node()}.nbcheck-{uuid.uuid4().hex[:12]}"
        self._files = f"{os.path.abspath(str(running.get_option('run:data_file')))}.{suffix}"
        self.settings = {"config": running.config.serialize(), "folder": os.getcwd(), "suffix": suffix}
        """Of the instrument ``coverage`` of kernels."""

    @property
    def reaches_processes(self) -> bool:
        """Whether coverage.py measures every Python process that is started: so other people's kernels, too."""
        return "subprocess" in str(self._running.get_option("run:patch"))

    def gather(self) -> set[int]:
        """Add what kernels have saved to the running measurement.

        Returns:
            Process ids of these kernels.
        """
        from coverage import CoverageData
        from coverage.exceptions import CoverageException

        endings = {name.rpartition(".")[2]: name for name in self._saved()}
        # A process that was killed may have left a journal as well.
        files = {int(ending): name for ending, name in endings.items() if ending.isdigit()}
        if not files:
            return set()
        self._silence()
        total = self._running.get_data()
        added = set()
        for pid, name in sorted(files.items()):
            data = CoverageData(basename=name)
            try:
                data.read()
                total.update(data)
                added.add(pid)
            except CoverageException:  # half of a file
                continue
            finally:
                data.close()
        self.discard()
        return added

    def discard(self) -> None:
        """Remove what kernels have saved."""
        for name in self._saved():
            os.remove(name)

    def _saved(self) -> list[str]:
        return glob.glob(f"{glob.escape(self._files)}.*")

    def _silence(self) -> None:
        """Leave out warnings that do not hold: kernels import what the tests themselves may never import."""
        said = self._running.get_option("run:disable_warnings")
        silent = [*(said if isinstance(said, list) else ()), "module-not-imported", "no-data-collected"]
        self._running.set_option("run:disable_warnings", silent)
