"""Mail as plain files: reading, searching, flags, contacts, and writing messages. No network."""
