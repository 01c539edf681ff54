"""What was measured: an append-only journal, sealed column chunks, and tiers derived from them."""
