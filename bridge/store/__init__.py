"""The store: what the pumps said, what people decided, what destinations have confirmed."""
