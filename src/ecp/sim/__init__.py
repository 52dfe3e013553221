"""The simulated cluster: a library, pure, synchronous, deterministic.

One seed and one journal give the same changes byte for byte, at any pace and under any hash
seed. Time, chance and every outside wish enter through `sim.engine` and `Cluster.submit`;
nothing here reads a wall clock, a random source, a file of the user or a socket.
"""
