"""The peer every trained reader is measured beside, on the same split: what anybody has in three lines."""

from __future__ import annotations

from collections.abc import Sequence

from chainbreak.text.fraud.extra import ml


def plain_svm(texts: Sequence[str], labels: Sequence[str], asked: Sequence[str]) -> list[str]:
    """Labels of `asked` by TF-IDF of 1 to 3 characters and a linear support vector machine, as scikit-learn has them.

    Raises:
        SetupError: the extra `ml` is not installed (CB-FR-006).
    """
    vectorizer = ml("sklearn.feature_extraction.text").TfidfVectorizer(analyzer="char", ngram_range=(1, 3))
    machine = ml("sklearn.svm").LinearSVC(random_state=0).fit(vectorizer.fit_transform(texts), list(labels))
    return [str(label) for label in machine.predict(vectorizer.transform(asked))]
