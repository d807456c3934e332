"""Projects that are set up for another notebook tester: its flags and settings, and its presence."""
