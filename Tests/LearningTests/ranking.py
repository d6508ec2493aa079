"""The other side of the tests of rankings: prints what scikit-learn says of groups of rows.

    ranking.py CUTOFF   standard input has a line of JSON for each group: [[relevance], [prediction]]

Prints the means of the normalized gain of the first places and of the average precision.
"""

import json
import statistics
import sys

import numpy
from sklearn.metrics import label_ranking_average_precision_score, ndcg_score

cutoff = int(sys.argv[1])
gains, precisions = [], []
for line in sys.stdin:
    relevance, prediction = (numpy.array([values], dtype=float) for values in json.loads(line))
    # Both say 0 or 1 of a group without a relevant row, of which Vintage says nothing.
    if relevance.max() > 0:
        gains.append(ndcg_score(2 ** relevance - 1, prediction, k=cutoff))
        precisions.append(label_ranking_average_precision_score(relevance > 0, prediction))
print(json.dumps({"ndcg": statistics.mean(gains), "map": statistics.mean(precisions)}))
