"""What people may have meant: names from PyTorch, Keras and older systems, and names that are spelt alike."""

from difflib import get_close_matches

FOREIGN = {  # ours: theirs, in lower case without underscores
    # layers
    "Dense": "fullyconnected fc innerproduct affine dnn",
    "Conv1d": "convolution1d",
    "Conv2d": "convolution2d convolution conv convolutional",
    "ConvTranspose2d": "conv2dtranspose deconv2d deconvolution deconvolution2d",
    "MaxPool1d": "maxpooling1d",
    "MaxPool2d": "maxpooling2d maxpool maxpooling",
    "AvgPool1d": "averagepooling1d avgpooling1d",
    "AvgPool2d": "averagepooling2d avgpooling2d avgpool averagepooling",
    "GlobalAvgPool": "adaptiveavgpool1d adaptiveavgpool2d globalaveragepooling1d globalaveragepooling2d",
    "GlobalMaxPool": "adaptivemaxpool1d adaptivemaxpool2d globalmaxpooling1d globalmaxpooling2d",
    "BatchNorm": "batchnormalization batchnorm1d batchnorm2d bn",
    "LayerNorm": "layernormalization",
    "GroupNorm": "groupnormalization",
    "InstanceNorm": "instancenorm1d instancenorm2d instancenormalization",
    "RMSNorm": "rmsnormalization",
    "SpatialDropout": "dropout1d dropout2d spatialdropout1d spatialdropout2d",
    "Pad": "zeropad1d zeropad2d zeropadding1d zeropadding2d constantpad1d constantpad2d",
    "Upsample": "upsampling1d upsampling2d",
    "Permute": "transpose",
    "Concat": "concatenate cat",
    "SiLU": "swish",
    "Standardize": "normalization",
    # losses
    "CrossEntropy": "crossentropyloss categoricalcrossentropy sparsecategoricalcrossentropy softmaxwithloss",
    "MSE": "mseloss meansquarederror l2loss",
    "MAE": "l1loss meanabsoluteerror",
    "Huber": "huberloss smoothl1loss smoothl1",
    "BinaryCrossEntropy": "bceloss bce",
    "BinaryCrossEntropyWithLogits": "bcewithlogitsloss bcewithlogits",
    "NLL": "nllloss",
    "KLDivergence": "kldivloss kldiv kl kullbackleiblerdivergence",
    "Hinge": "multimarginloss hingeloss",
    "PoissonNLL": "poissonnllloss poisson",
    # schedules
    "Step": "steplr",
    "MultiStep": "multisteplr piecewiseconstantdecay",
    "Exponential": "exponentiallr exponentialdecay",
    "Cosine": "cosineannealinglr cosinedecay cosineannealing",
    "Linear": "linearlr",
    "OneCycle": "onecyclelr",
    "Plateau": "reducelronplateau",
    # options
    "lr": "learningrate baselr initiallr stepsize",
    "out_features": "units outputs numoutput outdim outputdim nout hidden",
    "in_features": "inputdim indim nin",
    "out_channels": "filters features nfilters numoutput",
    "in_channels": "inputchannels",
    "kernel_size": "poolsize kernel ksize windowsize",
    "stride": "strides",
    "padding": "pad",
    "p": "rate prob probability dropout droprate",  # not keep_prob, which is 1 - p
    "bias": "usebias",
    "init": "kernelinitializer initializer weightinit",
    "eps": "epsilon",
    "momentum": "mu",
    "betas": "beta beta1 beta2",
    "negative_slope": "alpha slope leak",
    "alpha": "rho",
    "delta": "beta",
    "weight_decay": "decay wd l2",
    "label_smoothing": "smoothing",
    "gamma": "decayrate factor",
    "valid": "validation validationsplit valsplit val",
    "merge": "mode",
    # the keys of a config
    "data": "dataset datasets",
    "model": "network net architecture layers arch",
    "loss": "criterion objective lossfunction",
    "optimizer": "optim optimiser solver",
    "schedule": "scheduler lrscheduler lrschedule",
    "metrics": "metric",
    "train": "training trainer fit",
    "seed": "randomseed randomstate",
    "epochs": "numepochs nbepoch nepochs maxepochs epoch",
    "batch_size": "batch bs minibatch",
    "accumulate": "gradientaccumulationsteps accumulategradbatches accumulationsteps",
    "early_stop": "earlystopping",
    "clip_norm": "gradclip maxnorm clipgradnorm gradientclipval",
    "clip_value": "clipgradvalue",
    "metric": "monitor",
}


def did_you_mean(name, known):
    """ ". Did you mean 'lr'?", where a known name may be meant, or ".": first by the table, then by its spelling."""
    name = str(name)[:80].lower()
    plain = name.replace("_", "").replace("-", "")
    meant = [ours for ours in known if plain in FOREIGN.get(ours, "").split()]
    spelt = {str(ours).lower(): ours for ours in known}
    meant += [spelt[close] for close in get_close_matches(name, spelt, n=1)]
    return f". Did you mean {meant[0]!r}?" if meant else "."
