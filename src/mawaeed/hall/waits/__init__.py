"""How long each waiting ticket of a live hall will wait: from the tables to what people read.

    state       the live state of a centre's hall, read in a fixed number of queries
    at_once     the analytic range of one ticket, before anything better is known
    simulated   the rest of the day in fast motion, through the code that calls people
    cast        who takes part in that: who waits, who will come and when, the counters
    learning    each night: quantiles from past waits, and which method errs least
    announcing  what was said to each ticket, changed only for a reason
    watching    when the worker looks at a hall again
    outcomes    what came true
    queries     what pages show

The arithmetic is in `hall.estimates`. See docs/algorithms/waits.md.
"""
