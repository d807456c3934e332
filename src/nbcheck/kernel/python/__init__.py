"""The Python interpreter of our kernel, around IPython's InteractiveShell."""
