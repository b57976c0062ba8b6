"""A whole program of one step, tracked and kept."""

from penstock import Local, pipeline, step


@step
def square(number: int) -> int:
    return number * number


@pipeline
def squared(number: int) -> int:
    return square(number)


if __name__ == "__main__":
    print(Local(display="none", workspace=".").run(squared, 7).result())
