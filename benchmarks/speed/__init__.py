"""The load benchmarks: the edge and the service beside their peers."""
