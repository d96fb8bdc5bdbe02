"""Why a difference came about: the truth table of "charged but no slip" (扣款未出单) as data, and the judgement by it.

`causes` is the table, `clues` the questions it asks of a case, `judging` weighs the answers.
"""
