"""Read, check and explain the `[features.code_execution]` section of a TOML file."""
