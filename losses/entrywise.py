"""Entrywise: what the losses share that compare prediction and target entry by entry."""

from .loss import Loss, admit_pair, times


class Entrywise(Loss):
    """l = the mean of each(p, y) over all entries, and dp = slope(p, y) / n with n entries in all.

    Shapes: prediction and target (N, ...), the same. An example's loss is the mean over its entries.

    A subclass gives the losses, each(p, y), and their derivatives by p, slope(p, y), for two arrays of one shape and
    dtype. Where `each` sums over an axis, n counts what it returns.
    """

    def each(self, p, y):
        """The losses (N, ...) to take the mean of."""
        raise NotImplementedError(f"{type(self).__name__}.each")

    def slope(self, p, y):
        """The derivative of each loss with respect to its prediction, an array of its own in p's shape."""
        raise NotImplementedError(f"{type(self).__name__}.slope")

    def forward(self, prediction, target, weights=None):
        self.p, self.y = admit_pair(self, prediction, target)
        losses = self.each(self.p, self.y)
        self.n, self.weights = losses.size, weights
        if weights is None:
            return float(losses.mean())
        examples = losses.reshape(len(weights), -1).mean(axis=1)  # (N,)
        return float(times(weights, examples).sum())

    def backward(self):
        slope = self.slope(self.p, self.y)
        if self.weights is None:
            return slope * (1 / self.n)
        share = self.weights * (len(self.weights) / self.n)
        return times(share.astype(slope.dtype).reshape(-1, *[1] * (slope.ndim - 1)), slope)  # share (N, 1, ...)
