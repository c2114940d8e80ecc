"""What the model can ask for: tools, their schemas, and how the user's words are resolved."""
