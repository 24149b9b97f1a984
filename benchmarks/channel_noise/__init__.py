"""How much later a browser answers than its kernel: floor and spread of the latency channel.

Δ is the edge's shortest volley minus the kernel's shortest round trip on the same connection.
Without any proxy in between it is noise, and depends on the browser and on the line.

    make noise            # VISITS=50: into benchmarks/results/channel_noise.json and docs/
"""
