"""The trading rules: plain Python, standard library only, no clock, no randomness, no I/O."""
