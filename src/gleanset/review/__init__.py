"""What a person sees and decides about pictures that were judged."""
