"""Making of the starter model: corpus, tokenizer, training, export, evaluation."""
