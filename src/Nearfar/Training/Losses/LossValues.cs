using System.Globalization;

namespace Nearfar.Training.Losses;

/// <summary>The checked options of one loss: what was given, defaults for the rest.</summary>
internal sealed class LossValues(IReadOnlyDictionary<string, string> values)
{
    public string Word(string name) => values[name];

    public double Number(string name) => double.Parse(values[name], NumberStyles.Float, CultureInfo.InvariantCulture);

    public int Whole(string name) => (int)Number(name);

    public bool Flag(string name) => values[name] == "true";

    public IReadOnlyList<string> Words(string name) => values[name].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
