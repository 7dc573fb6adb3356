"""How long a ticket will wait: pure arithmetic, no Django, no clock, no database.

    line       what can be seen of a queue and its office at a moment
    features   the same as numbers, for the learned quantiles and for the baselines
    analytic   quantiles without any history: a gamma law of people ahead over counters
    forest     learned quantiles: trees and how they answer; `growing` trains them
    coverage   keeps the announced ninth tenth at nine of ten, online
    estimator  puts them together: told of each ticket and call, asked for a range
    replay     a log in the order it happened through the estimator
    accuracy   errors of what was announced
    simulation a hall in fast motion through the rule that calls people
    theory     mean waits that are known exactly; `proof` sets the two side by side

Times are minutes after local midnight, waits are minutes. See docs/algorithms/estimates.md.
"""
