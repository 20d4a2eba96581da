"""Coverage-guided fuzzing: laws for any text at all."""
