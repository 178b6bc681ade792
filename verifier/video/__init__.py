"""One camera: visited once (`source`, `supervise`), looked at once (`look`), then judged by every check (`judge`).

Nothing is imported here: every reader is a process of its own and pays for what its package loads.
"""
