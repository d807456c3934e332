"""The bash interpreter: notebooks in the language of the shell."""
