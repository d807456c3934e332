"""Magics of a kernel: those of IPython that do not fit, done otherwise, and those that only kernels have."""

# mypy: allow-untyped-calls
# IPython has type annotations in parts only, and other ones in each version.

from __future__ import annotations

from pathlib import Path
from typing import Any

from IPython.core import page
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magics.code import CodeMagics, MacroToEdit
from IPython.display import Javascript, display


@magics_class
class KernelMagics(Magics):
    """Kernel magics."""

    shell: Any  # Any: traitlets knows it as an InteractiveShellABC

    @line_magic
    def edit(self, parameter_s: str = "", last_call: list[str] | None = None) -> None:
        """Ask the front-end to open an editor: on a file, or on the code of an object or of earlier cells.

        Usage:
          %edit [options] [args]

        Options and arguments are those of %edit in the terminal. What is edited is not run afterwards.
        """
        options, args = self.parse_options(parameter_s, "prn:")
        try:
            found = CodeMagics._find_edit_target(self.shell, args, options, last_call or ["", ""])
        except MacroToEdit:
            raise UsageError("macros cannot be edited in a notebook") from None
        if found is None or found[0] is None:
            return
        filename, line_number, _is_temporary = found
        self.shell.payload_manager.write_payload(
            {"source": "edit_magic", "filename": str(Path(filename).resolve()), "line_number": line_number}
        )

    @line_magic
    def clear(self, arg_s: str) -> None:
        """Clear the terminal."""
        self.shell.system("clear")

    @line_magic
    def less(self, arg_s: str) -> None:
        """Show a file through the pager; with -r, or when its name does not end with .py, without colours."""
        options, name = self.parse_options(arg_s, "r", mode="string")
        if not name:
            raise UsageError("Missing filename.")
        path = Path(name.strip()).expanduser()
        text = path.read_text("utf-8", "replace")
        if path.suffix == ".py" and "r" not in options:
            text = self.shell.pycolorize(text)
        page.page(text)

    @line_magic
    def more(self, arg_s: str) -> None:
        """Show a file through the pager, as %less does."""
        self.shell.run_line_magic("less", arg_s)

    @line_magic
    def man(self, arg_s: str) -> None:
        """Show the manual page of a command in the pager."""
        page.page(self.shell.getoutput(f"man {arg_s} | col -b", split=False))

    @line_magic
    def connect_info(self, arg_s: str) -> None:
        """Print how other clients can connect to this kernel."""
        path = self.shell.config.IPKernelApp.get("connection_file")
        if not path:
            raise UsageError("This kernel has no connection file.")
        print(Path(path).read_text("utf-8").rstrip() + "\n")
        print(
            "Paste the above JSON into a file, and connect with:\n"
            "    $> jupyter <app> --existing <file>\n"
            "or, if you are local, you can connect with just:\n"
            f"    $> jupyter <app> --existing {path}\n"
            "or even just:\n"
            "    $> jupyter <app> --existing\n"
            "if this is the most recent Jupyter kernel you have started."
        )

    @line_magic
    def autosave(self, arg_s: str) -> None:
        """Set the seconds after which the classic notebook saves by itself; 0 turns it off."""
        try:
            seconds = int(arg_s)
        except ValueError:
            raise UsageError(f"%autosave requires an integer, got {arg_s!r}") from None
        script = Javascript(f"IPython.notebook.set_autosave_interval({seconds * 1000})")
        display(script, include=["application/javascript"])
        print(f"Autosaving every {seconds} seconds" if seconds else "Autosave disabled")
