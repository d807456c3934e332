"""Running a notebook's cells and judging what came out."""

from nbcheck.execution.check import judge
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import NotebookPlan, PlannedCell, plan_notebook
from nbcheck.execution.run import NotebookRun

__all__ = ["NotebookPlan", "NotebookRun", "PlannedCell", "RunOptions", "judge", "plan_notebook"]
