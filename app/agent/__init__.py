"""The turn loop: from the user's words, through the model and tools, to an answer."""
