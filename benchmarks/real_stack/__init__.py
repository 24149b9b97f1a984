"""Real browsers before a real edge and service, by real proxies and tunnels, over known delays.

Three network namespaces, the visitor's, an exit's and the edge's, joined by delay lines: TCP, TLS,
HTTP, SOCKS, OpenVPN and WireGuard are the real programs'. Delays and addresses are simulated.

    make real-stack       # as root; VISITS=30 a row: into benchmarks/results/ and docs/accuracy.md
"""
