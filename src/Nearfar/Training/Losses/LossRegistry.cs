using Nearfar.Pairs;

namespace Nearfar.Training.Losses;

/// <summary>Every loss by its name. Documentation, the workspace file and the trainer read this list.</summary>
public static class LossRegistry
{
    /// <summary>All losses, in ordinal order of their names.</summary>
    public static IReadOnlyList<LossDescription> All { get; } =
        [.. new[] { InBatchLosses.All, PairLosses.All }.SelectMany(family => family)
            .Select(d => d with { Options = [.. d.Options, .. MatryoshkaOptions.All] }).OrderBy(d => d.Name, StringComparer.Ordinal)];

    /// <summary>The description of a name.</summary>
    /// <param name="name">As in <see cref="LossDescription.Name"/>.</param>
    /// <exception cref="ArgumentException">No such loss; the message names the nearest.</exception>
    public static LossDescription Of(string name) =>
        Find(name) ?? throw new ArgumentException(NearestName.Unknown("loss", name, Names), nameof(name));

    /// <summary>What is wrong with a choice, one sentence each; empty when nothing is.</summary>
    /// <param name="choice">Name and options.</param>
    public static IReadOnlyList<string> Problems(LossChoice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        if (Find(choice.Name) is not { } loss)
        {
            return [NearestName.Unknown("loss", choice.Name, Names)];
        }

        string[] valid = [.. loss.Options.Select(o => o.Name)];
        string[] problems = [.. choice.Options.Select(given => loss.Options.FirstOrDefault(o => o.Name == given.Key) is { } option
            ? option.ProblemOf(given.Value) is { } problem ? $"Loss {loss.Name}: {problem}" : null
            : valid.Length == 0 ? $"Loss {loss.Name} has no options; \"{given.Key}\" was given." : NearestName.Unknown($"option of loss {loss.Name}", given.Key, valid)).OfType<string>()];
        if (problems.Length > 0)
        {
            return problems;
        }

        var values = Values(loss, choice);
        string[] between = [.. loss.Conflicts(values), .. MatryoshkaOptions.Problem(values) is { } problem ? [problem] : Array.Empty<string>()];
        return [.. between.Select(p => $"Loss {loss.Name}: {p}")];
    }

    /// <summary>Makes a loss.</summary>
    /// <param name="choice">Name and options; defaults fill the rest.</param>
    /// <exception cref="ArgumentException">Unknown name or option, or a value out of range; all problems in one message.</exception>
    public static ILoss Create(LossChoice choice)
    {
        if (Problems(choice) is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join(" ", problems), nameof(choice));
        }

        var loss = Of(choice.Name);
        var values = Values(loss, choice);
        // The cut inside: a queue around it keeps whole rows.
        return loss.Around(MatryoshkaOptions.Around(loss.Create(values), values), values);
    }

    private static LossValues Values(LossDescription loss, LossChoice choice) =>
        new(loss.Options.ToDictionary(o => o.Name, o => choice.Options.GetValueOrDefault(o.Name, o.Default), StringComparer.Ordinal));

    private static string[] Names => [.. All.Select(d => d.Name)];

    private static LossDescription? Find(string name) => All.FirstOrDefault(d => d.Name == name);
}
