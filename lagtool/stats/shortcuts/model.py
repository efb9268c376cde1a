"""One model over all nuisance facts, judged out of fold."""

from collections.abc import Sequence

import numpy as np

from lagtool.errors import LagtoolError
from lagtool.probe.threads import without_warnings
from lagtool.stats.shortcuts.auc import Area, Bools, Codes, Floats, measure_area, rank
from lagtool.stats.shortcuts.nuisance import Values

FOLDS = 5
MOST_TRAINED = 10_000
"""A fold's model learns from at most so many samples: more teach it nothing that would matter here."""


def check_installed() -> None:
    """Refuse where scikit-learn is missing.

    Raises:
        LagtoolError: It is; the message says what to install.
    """
    try:
        import sklearn  # noqa: F401 - only whether it is there
    except ImportError:
        raise LagtoolError("the shortcut audit needs scikit-learn: pip install 'lagtool[shortcuts]'") from None


def judge_model(values: Sequence[Values], labels: Bools, groups: Codes, folds: Codes, seed: int) -> Area:
    """Return the AUC of a model that is given ``values``, on samples of folds that it was not trained on.

    The model is the mean of two: a logistic regression over normal scores of the facts, which needs few samples, and
    gradient-boosted trees, which see bends and combinations. Each one's scores are ranked within the fold before they
    are added, and the AUC compares pairs within a fold.

    The models share most of what they were trained on, so that folds err together: the variance gets the factor of
    Nadeau and Bengio (Machine Learning 52, 2003), 1 + k test/train = 1 + k / (k - 1). Without it, 8 of 150 audits of
    permuted labels were called where 2.5 % should be (docs/shortcuts.md).

    Args:
        values: The facts.
        labels: Which samples are positive.
        groups: The group of each sample.
        folds: The fold of each sample, groups whole, both classes in each.
        seed: Where chance comes from.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    plain, words = _design(values)
    normal = np.column_stack([_normal_scores(column) for column in plain.T] + [words - words.mean(axis=0)])
    whole = np.column_stack([plain, words])
    scores = np.empty(len(labels))
    rng = np.random.default_rng([seed, 2])
    for fold in np.unique(folds):
        here = folds == fold
        train = np.flatnonzero(~here)
        if len(train) > MOST_TRAINED:
            train = np.sort(rng.choice(train, MOST_TRAINED, replace=False))
        line = LogisticRegression(C=0.1, max_iter=200)
        trees = HistGradientBoostingClassifier(
            max_iter=50,
            learning_rate=0.15,
            max_leaf_nodes=15,
            min_samples_leaf=20,
            early_stopping=False,
            random_state=seed,
        )
        total = np.zeros(int(here.sum()))
        # Not quite converged is good enough. One thread: several that wait for each other on a busy machine take ten
        # times as long.
        with without_warnings(), threadpool_limits(1):
            for model, table in ((line, normal), (trees, whole)):
                model.fit(table[train], labels[train])
                total += rank(np.round(model.predict_proba(table[here])[:, 1], 9))
        scores[here] = total
    number = len(np.unique(folds))
    return measure_area(scores, labels, groups, folds, inflation=1 + number / (number - 1))


def _design(values: Sequence[Values]) -> tuple[Floats, Floats]:
    """Return the numbers, NaN where missing, and a column of 0 and 1 for each word."""
    number = len(values[0].numbers)
    plain = [one.numbers for one in values if not one.words]
    words = [(one.codes == code).astype(np.float64) for one in values if one.words for code in range(len(one.words))]
    empty = np.empty((number, 0))
    return np.column_stack([empty, *plain]), np.column_stack([empty, *words])


def _normal_scores(column: Floats) -> Floats:
    """Return numbers as normal scores (Blom's); missing ones 0, the middle. No label is looked at."""
    from scipy.special import ndtri

    known = ~np.isnan(column)
    scores = np.zeros(len(column))
    number = int(known.sum())
    if number:
        scores[known] = ndtri((rank(column[known]) - 0.375) / (number + 0.25))
    return scores
