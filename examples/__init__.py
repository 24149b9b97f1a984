"""Examples: a customer's app, and the demo that runs the whole system around it."""
