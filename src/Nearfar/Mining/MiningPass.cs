using Nearfar.Mining.Reviewing;
using Nearfar.Mining.Rules;
using Nearfar.Pairs;
using Nearfar.Training.Sampling;

namespace Nearfar.Mining;

/// <summary>One call of the miner: takes negatives for question after question, and keeps what all of them share: hub counts, refusals, the list for review.</summary>
internal sealed class MiningPass(Corpus corpus, RuleChain chain, MiningOptions options, HubCap? hubs, ReviewDecisions decisions, RefusalCounts refused, ReviewList review)
{
    private const int LeastChunk = 8;

    /// <summary>Set with <see cref="TeacherBackground"/> when a second opinion is wanted.</summary>
    public AskedTeacher? Teacher { get; init; }

    public double TeacherBackground { get; init; }

    /// <summary>Hears the fate of every candidate, null for a taken one; set to explain a question.</summary>
    public Action<Candidate, string?>? Observer { get; set; }

    /// <summary>The negatives of one question, in the order of their ranks.</summary>
    public async Task<IReadOnlyList<Candidate>> SelectAsync(MiningQuestion question, IReadOnlyList<Candidate> candidates, CancellationToken cancellationToken)
    {
        var (taken, open) = SplitAccepted(question, candidates);
        if (Teacher is not null)
        {
            await Teacher.JudgeRightAsync(question, TeacherBackground, cancellationToken).ConfigureAwait(false);
        }

        int seen = candidates.Count - open.Count;
        var vetted = Ordered(question, Vetted(question, open, () => seen++));
        int chunk = Teacher is null ? 1 : Math.Max(LeastChunk, 2 * question.Quota);
        using var rest = vetted.GetEnumerator();
        while (taken.Count < question.Quota && await NextAsync(question, rest, chunk, cancellationToken).ConfigureAwait(false) is { Count: > 0 } next)
        {
            foreach (var candidate in next)
            {
                Take(question, candidate, taken);
            }
        }

        while (Observer is not null && rest.MoveNext())
        {
            Observer(rest.Current, PerQueryCap);
        }

        refused.Add(PerQueryCap, candidates.Count - seen);
        return options.Sampling == MiningSampling.Random ? [.. taken.OrderBy(c => c.Rank ?? 0)] : taken;
    }

    private const string PerQueryCap = "per-query cap";

    // What a reviewer accepted is taken in spite of rules and caps, but never against a final rule.
    private (List<Candidate> Taken, List<Candidate> Open) SplitAccepted(MiningQuestion question, IReadOnlyList<Candidate> candidates)
    {
        var taken = new List<Candidate>();
        var open = new List<Candidate>(candidates.Count);
        foreach (var candidate in candidates)
        {
            bool accepted = decisions.Count > 0
                && decisions.Find(question.Pair.FoldKey, corpus.Documents[candidate.Document].Id)?.Decision == ReviewDecision.Accept
                && chain.Rules.Where(r => r.IsFinal).All(r => r.Refusal(candidate, question) is null);
            (accepted ? taken : open).Add(candidate);
        }

        foreach (var candidate in taken)
        {
            hubs?.TryTake(candidate.Document);
            Observer?.Invoke(candidate, null);
        }

        return (taken, open);
    }

    // Lazy: a rule that reads texts is not asked once the question has its negatives.
    private IEnumerable<Candidate> Vetted(MiningQuestion question, List<Candidate> candidates, Action count)
    {
        foreach (var candidate in candidates)
        {
            count();
            if (RefusedBy(question, candidate) is not { } refusal)
            {
                yield return candidate;
                continue;
            }

            Refuse(question, candidate, refusal.Words, refusal.Rule);
        }
    }

    private (string Words, IMiningRule Rule)? RefusedBy(MiningQuestion question, Candidate candidate)
    {
        foreach (var rule in chain.Rules)
        {
            if (rule.Refusal(candidate, question) is { } words)
            {
                return (words, rule);
            }
        }

        return null;
    }

    private IEnumerable<Candidate> Ordered(MiningQuestion question, IEnumerable<Candidate> vetted)
    {
        if (options.Sampling != MiningSampling.Random)
        {
            return vetted;
        }

        Candidate[] all = [.. vetted];
        int[] order = [.. Enumerable.Range(0, all.Length)];
        SeededRandom.For(options.Seed, question.Number, "mining").Shuffle(order);
        return order.Select(i => all[i]);
    }

    private async Task<List<Candidate>> NextAsync(MiningQuestion question, IEnumerator<Candidate> rest, int chunk, CancellationToken cancellationToken)
    {
        var next = new List<Candidate>();
        while (next.Count < chunk && rest.MoveNext())
        {
            next.Add(rest.Current);
        }

        if (Teacher is not null && next.Count > 0)
        {
            await Teacher.JudgeAsync(question, next, cancellationToken).ConfigureAwait(false);
        }

        return next;
    }

    private void Take(MiningQuestion question, Candidate candidate, List<Candidate> taken)
    {
        if (taken.Count >= question.Quota)
        {
            Refuse(question, candidate, PerQueryCap, null);
        }
        else if (chain.Teacher?.Refusal(candidate, question) is { } words)
        {
            Refuse(question, candidate, words, chain.Teacher);
        }
        else if (hubs?.TryTake(candidate.Document) == false)
        {
            Refuse(question, candidate, "hub cap", null);
        }
        else
        {
            taken.Add(candidate);
            Observer?.Invoke(candidate, null);
        }
    }

    private void Refuse(MiningQuestion question, Candidate candidate, string words, IMiningRule? rule)
    {
        refused.Add(words);
        Observer?.Invoke(candidate, words);
        if (rule?.Likelihood(candidate, question) is { } likelihood)
        {
            review.Offer(question, candidate, words, likelihood);
        }
    }
}
