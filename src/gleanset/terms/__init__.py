"""The words that more than one wing speaks. Frozen values; units ride in the names."""
