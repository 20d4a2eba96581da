"""The version, once: the build reads it here, and so does the schema."""

VERSION = "0.1.0"
