"""The regulation as code: one rule, one function, one citation; numbers and clauses come from a policy file.

Ways in: `load_policy`, `judge_class`, `judge_agency` (`judging.py`); facts go in (`facts.py`), results come out
(`result.py`). Nothing here sees pixels or a database, and nothing decides: FAILED proposes, people confirm.
"""
