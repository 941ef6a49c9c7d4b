"""Windows that move over images and sequences: what convolutions and pools have in common."""

from .arguments import whole_numbers
from .guards import batch
from .layer import Layer

FORMS = {1: "sequences (N, T, D)", 2: "images (N, H, W, C)"}
NAMES = {1: "T", 2: "HW"}


class Windows(Layer):
    """A layer that sees its input through windows, which move along the axes between the batch and the channels.

    A window takes kernel_size entries, dilation apart; the next one lies stride further; padding entries are added on
    both sides. Each is a number, or one for each axis.
    """

    axes = 2  # how many axes the windows move along
    ceil_mode = False  # whether a last window may reach beyond the end

    def set_windows(self, kernel_size, stride, padding, dilation):
        """Keeps the settings as they were given, and checked with an entry for each axis."""
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride, padding, dilation
        self._kernel = whole_numbers("kernel_size", kernel_size, count=self.axes)
        self._stride = whole_numbers("stride", stride, count=self.axes)
        self._dilation = whole_numbers("dilation", dilation, count=self.axes)
        self._spans = tuple(d * (k - 1) + 1 for k, d in zip(self._kernel, self._dilation, strict=True))
        if padding == "same":
            self._padding = tuple(((span - 1) // 2, span // 2) for span in self._spans)
        else:
            self._padding = tuple((p, p) for p in whole_numbers("padding", padding, least=0, count=self.axes))

    def window_counts(self, input_shape):
        """How many windows lie along each axis of such an example; ValueError where there is no room for one."""
        require_axes(self, input_shape, self.axes)
        counts = []
        axes = zip(NAMES[self.axes], input_shape, self._spans, self._stride, self._padding, strict=False)
        for axis, size, span, stride, pads in axes:
            room = size + sum(pads) - span
            if room < 0:
                padded = f" with {sum(pads)} of padding" if any(pads) else ""
                raise ValueError(
                    f"{self.label} expected {axis} of at least {span - sum(pads)}, as its kernel spans {span}{padded}, "
                    f"got {batch(input_shape)}{channels_first_advice(input_shape)}"
                )
            count = room // stride + 1
            if self.ceil_mode and room % stride and count * stride < size + pads[0]:  # begins before the end
                count += 1
            counts.append(count)
        return tuple(counts)


def require_axes(layer, input_shape, axes):
    """ValueError unless an example has this many axes and channels."""
    if len(input_shape) == axes + 1:
        return
    advice = ""
    if len(input_shape) == axes:
        one_example = axes == 2 and input_shape[-1] in (1, 3)
        advice = ": x[None] is a batch of one" if one_example else ": x[..., None] adds an axis for the channels"
    elif len(input_shape) < axes:
        advice = f": Reshape lays rows out as {FORMS[axes].split()[0]}"
    raise ValueError(f"{layer.label} expected {FORMS[axes]}, got {batch(input_shape)}{advice}")


def channels_first_advice(input_shape, channels=None):
    """What to say where an example looks as if it had its channels first; else ""."""
    if not looks_channels_first(input_shape) and input_shape[:1] != (channels,):
        return ""
    return ": its channels seem to come first, np.moveaxis(x, 1, -1) puts them last"


def looks_channels_first(input_shape):
    """Whether these are 1 or 3 maps of at least 8x8, rather than a strip of that height with many channels."""
    if len(input_shape) != 3:
        return False
    first, *rest = input_shape
    return first in (1, 3) and min(rest) >= 8 and (rest[0] == rest[1] or min(rest) >= 16)
