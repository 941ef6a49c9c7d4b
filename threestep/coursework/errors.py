"""What can go wrong with an assignment, a submission or a result through no fault of the program."""


class CourseworkError(Exception):
    """An assignment, a submission or a result that cannot be used as it is; the message says what, where and why."""
