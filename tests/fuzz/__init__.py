"""Random programs, differentiated and compared with differences: `python -m tests.fuzz --programs 1000 --seed 1`.

- `values`: the types of a program's variables; lengths of axes are known for each example.
- `words`: the constructs, each registered with a weight; `writer`: scopes, lines and choices.
- `numbers`, `arrays`, `simple`, `writes`, `flow`, `containers`, `functions`: the constructs, a file for each family.
- `program`: a whole program, from a seed to text and examples.
- `slopes`, `checker`: what is asked of its derivatives; `shrinker`: the smallest program that fails the same way.
- `runner`, `report`, `__main__`: many programs, in several processes, and what came of them.
"""
