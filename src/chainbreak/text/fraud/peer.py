"""The peer every trained reader is measured beside, on the same split: what anybody has in three lines."""

from __future__ import annotations

from collections.abc import Sequence

from chainbreak.text.fraud.extra import ml


def plain_svm(
    texts: Sequence[str], labels: Sequence[str], asked: Sequence[str], analyzer: str = "char",
    lengths: tuple[int, int] = (1, 3),
) -> list[str]:  # fmt: skip
    """Labels of `asked` by TF-IDF of character n-grams and a linear support vector machine with balanced classes.

    Raises:
        SetupError: the extra `ml` is not installed (CB-FR-006).
    """
    text = ml("sklearn.feature_extraction.text")
    vectorizer = text.TfidfVectorizer(analyzer=analyzer, ngram_range=lengths, sublinear_tf=True)
    machine = ml("sklearn.svm").LinearSVC(class_weight="balanced", random_state=0)
    machine.fit(vectorizer.fit_transform(texts), list(labels))
    return [str(label) for label in machine.predict(vectorizer.transform(asked))]
