"""The version and the address, once: the build reads the version here, and so do the schema and SARIF."""

VERSION = "0.1.0"
PROJECT_URL = "https://example.com/codeexec-config"
