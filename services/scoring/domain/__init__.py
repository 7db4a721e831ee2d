"""What scoring knows: features folded from events, bucket rates, two axes, and the assessment they make."""
