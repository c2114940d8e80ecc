"""The model process: its client, its host, and what both agree on. Nothing about tools' meaning."""
