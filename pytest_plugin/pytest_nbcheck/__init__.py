"""The pytest layer of nbcheck: options into values, results into reports, no behaviour of its own."""
