namespace Nearfar.Training;

/// <summary>A finished run.</summary>
/// <typeparam name="TEncoder">The encoder that was trained.</typeparam>
/// <param name="Encoder">With the parameters of the best step.</param>
/// <param name="BestStep">The step that held-out quality chose; 0: the start rows were best.</param>
/// <param name="Best">Its score.</param>
/// <param name="Steps">Updates done; fewer than planned where <see cref="TrainingOptions.Patience"/> ended the run.</param>
/// <param name="Rows">Rows trained on: one for each positive of each pair, less <paramref name="LeftOut"/>.</param>
/// <param name="LeftOut">Ids of pairs with a row that the encoder cannot read: no known token in the query or a positive.</param>
public sealed record TrainingResult<TEncoder>(TEncoder Encoder, long BestStep, HeldOutScore Best, long Steps, int Rows, IReadOnlyList<string> LeftOut)
{
    /// <summary>Pairs that were read.</summary>
    public long Pairs { get; init; }
}
