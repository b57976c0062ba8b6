"""A whole program of one call of ``Parallel``, on as many workers as are named: nothing is tracked or kept."""

import sys

from joblib import Parallel, delayed


def square(number: int) -> int:
    return number * number


if __name__ == "__main__":
    print(Parallel(int(sys.argv[1]))([delayed(square)(7)])[0])
