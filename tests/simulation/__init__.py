"""The engine in a simulated world: one seed, one thread, and everything that can go wrong between any two steps.

``python -m tests.simulation --minutes 5`` runs one world after the other; a seed that fails prints one line that
replays it, and the shortest story that still fails.
"""
