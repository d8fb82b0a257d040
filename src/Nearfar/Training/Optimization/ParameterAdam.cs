using Nearfar.Training.Losses;

namespace Nearfar.Training.Optimization;

/// <summary>Adam for the few parameters of a loss itself, in double; state in the order of the parameters.</summary>
internal sealed class ParameterAdam(IReadOnlyList<LossParameter> parameters)
{
    private readonly double[][] _first = [.. parameters.Select(p => new double[p.Value.Length])];
    private readonly double[][] _second = [.. parameters.Select(p => new double[p.Value.Length])];

    /// <summary>One update, then the clamp.</summary>
    public void Step(double rate, long step)
    {
        for (int p = 0; p < parameters.Count; p++)
        {
            var parameter = parameters[p];
            double size = LazyAdam.StepSize(rate * parameter.RateFactor, step);
            for (int i = 0; i < parameter.Value.Length; i++)
            {
                double g = parameter.Gradient[i];
                _first[p][i] += (1 - LazyAdam.Beta1) * (g - _first[p][i]);
                _second[p][i] += (1 - LazyAdam.Beta2) * ((g * g) - _second[p][i]);
                parameter.Value[i] = Math.Clamp(parameter.Value[i] - (size * _first[p][i] / (Math.Sqrt(_second[p][i]) + LazyAdam.Epsilon)), parameter.Min, parameter.Max);
            }
        }
    }

    public void Save(BinaryWriter to)
    {
        foreach (double value in All())
        {
            to.Write(value);
        }
    }

    public void Load(BinaryReader from)
    {
        foreach (double[] values in Arrays())
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = from.ReadDouble();
            }
        }
    }

    private IEnumerable<double> All() => Arrays().SelectMany(a => a);

    private IEnumerable<double[]> Arrays() => parameters.Select(p => p.Value).Concat(_first).Concat(_second);
}
