"""The plan of a split: what the options say, or what an earlier split that is extended said."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from lagtool.errors import LagtoolError
from lagtool.splits.earlier import EarlierSplit
from lagtool.splits.plan import LISTED, Plan, make_plan, read_test, read_weights


def plan_split(
    earlier: EarlierSplit | None,
    *,
    ratios: Sequence[float | str | Fraction] | None = None,
    sizes: Sequence[int | str] | None = None,
    folds: int | None = None,
    names: Sequence[str] | None = None,
    stratify: str | None = None,
    seed: int | None = None,
    test: float | str | None = None,
    held_out: bool = False,
) -> Plan:
    """Return the plan that the options describe, or the one that an earlier split has; see `make_plan`.

    Raises:
        LagtoolError: An option is out of its range, contradicts another, or was answered by the earlier split.
    """
    options = {"ratios": ratios, "sizes": sizes, "folds": folds, "names": names, "test": test}
    if earlier is None:
        return make_plan(
            ratios=ratios,
            sizes=sizes,
            folds=folds,
            names=names,
            stratify=stratify or "class-map",
            seed=seed or 0,
            test=test,
            held_out=held_out,
        )
    wrong = [name for name, value in options.items() if value is not None] + (["holdout"] if held_out else [])
    if wrong:
        raise LagtoolError(f"the earlier split says what parts there are: leave out {', '.join(wrong)}")
    return extend_plan(earlier, stratify=stratify, seed=seed)


def extend_plan(earlier: EarlierSplit, *, stratify: str | None = None, seed: int | None = None) -> Plan:
    """Return the plan that made an earlier split, for more data; its parts get the same shares of that.

    Raises:
        LagtoolError: Its header holds what no plan has.
    """
    made = earlier.parameters
    test = made.get("test")
    if test is not None and (not isinstance(test, str) or len(earlier.names) < 2 or not made.get("names")):
        raise LagtoolError("the header of the earlier split is not one that lagtool writes")
    drawn = len(earlier.names) - (test is not None)
    plan = make_plan(
        stratify=stratify or str(made.get("stratify", "class-map")),
        seed=int(made.get("seed", 0)) if seed is None else seed,
    )
    ratios = made.get("ratios")
    weights = [Fraction(size) for size in earlier.sizes[:drawn]]
    if isinstance(ratios, list) and len(ratios) == drawn:
        weights = list(read_weights(map(str, ratios)))
    if earlier.folds is not None:
        weights = [Fraction(1)] * drawn
    whole = sum(earlier.sizes)
    return replace(
        plan,
        ratios=tuple(map(str, ratios)) if isinstance(ratios, list) else None,
        sizes=None if earlier.folds is not None or isinstance(ratios, list) else tuple(earlier.sizes[:drawn]),
        folds=earlier.folds,
        names=earlier.names,
        test=test,
        _weights=tuple(max(weight, Fraction(1, 10**9)) for weight in weights),
        _test_share=None if test in (None, LISTED) else read_test(test)[1] or Fraction(earlier.sizes[-1], whole),
    )
