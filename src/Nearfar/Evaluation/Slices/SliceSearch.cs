using Nearfar.Evaluation.Statistics;

namespace Nearfar.Evaluation.Slices;

/// <summary>Tests every slice of a lattice for a low mean, all of them together.</summary>
internal sealed class SliceSearch
{
    private readonly int[] _place;

    private SliceSearch(SliceLattice lattice, ClusterPermutation permutation, int[] tested, StepDown.Test[] tests, StepDown.Result result)
    {
        Lattice = lattice;
        Permutation = permutation;
        Tested = tested;
        Tests = tests;
        Result = result;
        _place = new int[lattice.Count];
        for (int i = 0; i < tested.Length; i++)
        {
            _place[tested[i]] = i;
        }
    }

    public SliceLattice Lattice { get; }

    public ClusterPermutation Permutation { get; }

    /// <summary>Slices of the lattice that were tested.</summary>
    public int[] Tested { get; }

    /// <summary>By place in <see cref="Tested"/>.</summary>
    public StepDown.Test[] Tests { get; }

    /// <summary>By place in <see cref="Tested"/>.</summary>
    public StepDown.Result Result { get; }

    public double AdjustedP(int node) => Result.Adjusted[_place[node]];

    public double P(int node) => Result.P[_place[node]];

    /// <summary>Mean of a slice's residuals.</summary>
    public double Effect(int node)
    {
        long sum = 0;
        foreach (int question in Lattice.Members(node))
        {
            sum += Permutation.Values[question];
        }

        return sum / Permutation.Scale / Lattice.Members(node).Length;
    }

    /// <param name="lattice">Slices.</param>
    /// <param name="permutation">Of the residuals.</param>
    /// <param name="options">Least sizes, permutations, seed.</param>
    /// <param name="threads">At least 1; moves no bit.</param>
    public static SliceSearch Run(SliceLattice lattice, ClusterPermutation permutation, SliceOptions options, int threads)
    {
        var tested = new List<int>();
        var tests = new List<StepDown.Test>();
        var starts = new List<int> { 0 };
        for (int node = 0; node < lattice.Count; node++)
        {
            var members = lattice.Members(node);
            if (members.Length > lattice.Questions - options.LeastQuestions || permutation.ClustersOf(members) < options.LeastClusters || lattice.IsRedundant(node))
            {
                continue;
            }

            var test = permutation.Test(members);
            if (test.Spread > 0)
            {
                tested.Add(node);
                tests.Add(test);
                starts.Add(starts[^1] + members.Length);
            }
        }

        int[] all = new int[starts[^1]];
        for (int i = 0; i < tested.Count; i++)
        {
            lattice.Members(tested[i]).CopyTo(all.AsSpan(starts[i]));
        }

        int[] bounds = [.. starts];
        StepDown.Test[] own = [.. tests];
        var result = StepDown.Run(own, options.Permutations, () => new PermutedSums(permutation, bounds, all, options.Seed), threads);
        return new(lattice, permutation, [.. tested], own, result);
    }
}
