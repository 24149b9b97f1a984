"""``make demo``: service, edges and a customer's app on loopback, four real browser sessions."""
