namespace Nearfar.Training.Optimization;

/// <summary>How a gradient becomes an update of the encoder's rows.</summary>
public enum OptimizerKind
{
    /// <summary>Adam (Kingma and Ba 2015, arXiv:1412.6980).</summary>
    Adam,

    /// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2).</summary>
    AdamW,

    /// <summary>Adagrad (Duchi, Hazan and Singer 2011, JMLR 12, eq. 1, diagonal).</summary>
    Adagrad,

    /// <summary>Gradient descent with momentum (Polyak 1964): v = momentum v + g, w = w - rate v.</summary>
    Sgd,
}
