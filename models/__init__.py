"""The starter model, and how it is made."""
