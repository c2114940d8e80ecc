"""The chat: transcript, composer, and what stands between them. Widgets; no Bridge."""
