"""The version and the project's URL, for the build, the schema and SARIF."""

VERSION = "0.1.0"
PROJECT_URL = "https://example.com/codeexec-config"
