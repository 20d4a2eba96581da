"""Coverage-guided fuzzing: what must hold of any text at all."""
