"""The only place that imports llama_cpp; runs in the engine's child process alone."""
