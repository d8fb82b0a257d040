using System.Net;
using Nearfar.Data.Formats;
using Nearfar.Pairs;

namespace Nearfar.Data.Endpoints;

/// <summary>A search service that is asked every question of a set, so that what it returns can be judged like a model.</summary>
/// <remarks>
/// So many questions at a time as its settings say; retried; every answer is on disk before the next question of the same caller, and is asked
/// for once. Redirects are not followed and cookies not kept.
/// </remarks>
public sealed class SearchEndpoint : IDisposable
{
    private const int InARow = 5;
    private readonly HttpClient _http;
    private readonly EndpointCall _call;
    private readonly EndpointSettings _settings;
    private readonly string _folder;
    private readonly TimeProvider _clock;

    private SearchEndpoint(EndpointCall call, EndpointSettings settings, string folder, TimeProvider clock)
    {
        _call = call;
        _settings = settings;
        _folder = folder;
        _clock = clock;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.All, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = Timeout.InfiniteTimeSpan,                 // each try has its own
            MaxResponseContentBufferSize = EndpointClient.LargestAnswer,
        };
    }

    /// <summary>What a report calls the service.</summary>
    public string Label => _call.Label;

    /// <summary>Makes ready to ask; nothing is sent yet.</summary>
    /// <param name="settings">Section <c>endpoint</c> of the workspace, or settings from code.</param>
    /// <param name="folder">Keeps the answers, a file for each label and set.</param>
    /// <param name="environment">Reads the variables that headers name. Null: those of the process.</param>
    /// <param name="clock">Paces retries and measures. Null: the system's.</param>
    /// <exception cref="NearfarException">Bad settings, a header's variable that is not set, or one that would travel in clear: all in one message.</exception>
    public static SearchEndpoint Open(EndpointSettings settings, string folder, Func<string, string?>? environment = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        return new SearchEndpoint(EndpointCall.Of(settings, environment ?? Environment.GetEnvironmentVariable), settings, folder, clock ?? TimeProvider.System);
    }

    /// <summary>Asks every question of a set that no kept answer is there for.</summary>
    /// <param name="set">The questions and the corpus.</param>
    /// <param name="fresh">Throws the kept answers of this label and set away first.</param>
    /// <param name="progress">Told how many questions are answered.</param>
    /// <param name="cancellationToken">Stops; what was answered is kept.</param>
    /// <exception cref="NearfarException">
    /// A question without an answer that can be judged (none after all tries, no JSON, nothing at the paths, ids repeated or unknown to the
    /// corpus), nothing but empty lists, or scores that rise down every list: all in one message.
    /// </exception>
    public async Task<ServedAnswers> AskAsync(JudgedSet set, bool fresh = false, Action<string>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        ThrowUnlessAskable(set);
        string path = Path.Combine(_folder, $"{FileNames.Of(Label)}.{set.Hash[..12]}.jsonl");
        using var file = AnswerFile.Open(path, fresh);
        var client = new EndpointClient(_http, _call, _settings, _clock);
        var answers = set.Queries.Select(q => file.Find(_call.Key(q.Query)) is { } kept && !kept.Unknown(set.Corpus).Any() ? kept : null).ToArray();
        int before = answers.Count(a => a is not null);
        string?[] problems = await AskMissingAsync(set, client, file, answers, progress, cancellationToken).ConfigureAwait(false);
        ThrowIfMissing(set, answers, problems);
        ThrowUnlessRanked(answers!);
        return new ServedAnswers
        {
            Run = set.Queries.Zip(answers).ToDictionary(a => a.First.Id, a => a.Second!.Ranked(), StringComparer.Ordinal),
            Asked = answers.Length - before,
            Kept = before,
            Retried = client.Retried,
            Milliseconds = [.. answers.Select(a => a!.Milliseconds).OfType<double>().Order()],
            Path = path,
        };
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _http.Dispose();

    private static void ThrowUnlessAskable(JudgedSet set)
    {
        string[] problems =
        [
            .. set.Queries.Where(q => q.Id.Any(char.IsWhiteSpace)).Select(q => $"the id of question \"{q.Id}\" holds white space, which a TREC file cannot carry"),
            .. set.Queries.GroupBy(q => q.Query, StringComparer.Ordinal).SelectMany(g => g.Skip(1)).Select(q => $"question \"{q.Id}\" has the text of another, so that their rankings cannot be told apart"),
        ];
        if (problems.Length > 0)
        {
            throw new NearfarException($"The set {set.Name} cannot be served: {TrecRanking.Listed(problems)}. Nothing was asked.");
        }
    }

    // Why a question has no answer; null also where it was not asked, since nothing came any more.
    private async Task<string?[]> AskMissingAsync(JudgedSet set, EndpointClient client, AnswerFile file, Answer?[] answers, Action<string>? progress, CancellationToken cancellationToken)
    {
        string?[] problems = new string?[answers.Length];
        int failed = 0;
        int done = answers.Count(a => a is not null);
        var missing = Enumerable.Range(0, answers.Length).Where(i => answers[i] is null).ToList();
        await Parallel.ForEachAsync(missing, new ParallelOptions { MaxDegreeOfParallelism = _settings.Parallel, CancellationToken = cancellationToken }, async (i, stop) =>
        {
            if (Volatile.Read(ref failed) >= InARow)
            {
                return;
            }

            var query = set.Queries[i];
            var (answer, problem) = await client.AskAsync(query.Query, stop).ConfigureAwait(false);
            string[] unknown = [.. answer?.Unknown(set.Corpus) ?? []];
            _ = answer is null || (unknown.Length > 0 && unknown.Length == answer.Ids.Count) ? Interlocked.Increment(ref failed) : Interlocked.Exchange(ref failed, 0);
            if (answer is null || unknown.Length > 0)
            {
                problems[i] = _call.Redact(problem ?? $"{unknown.Length} of {answer!.Ids.Count} ids are not in the corpus: {string.Join(", ", unknown.Take(5).Select(id => $"\"{id}\""))}{(unknown.Length > 5 ? ", …" : "")}");
                return;
            }

            file.Add(_call.Key(query.Query), query.Id, answer);
            answers[i] = answer;
            progress?.Invoke($"{Label}: {Interlocked.Increment(ref done)} of {answers.Length} questions answered");
        }).ConfigureAwait(false);
        return problems;
    }

    private void ThrowIfMissing(JudgedSet set, Answer?[] answers, string?[] problems)
    {
        string[] told = [.. set.Queries.Zip(problems).Where(p => p.Second is not null).GroupBy(p => p.Second!, p => p.First.Id, StringComparer.Ordinal).Select(g => Told(g.Key, [.. g]))];
        if (told.Length == 0)
        {
            return;
        }

        int unasked = answers.Where((a, i) => a is null && problems[i] is null).Count();
        string rest = unasked == 0 ? "" : $" {unasked} more were not asked, as {InARow} in a row had failed.";
        string kept = answers.Count(a => a is not null) is var good and > 0 ? $"The {good} good answers are kept: run the same command again to ask for the rest, or all anew with --fresh when the service was changed." : "There is no good answer.";
        throw new NearfarException($"{_call.Address}: {problems.Count(p => p is not null)} of {answers.Length} questions have no answer that can be judged: {TrecRanking.Listed(told)}.{rest} {kept}");
    }

    private static string Told(string problem, string[] questions) =>
        $"question{(questions.Length == 1 ? "" : "s")} {string.Join(", ", questions.Take(5).Select(id => $"\"{id}\""))}{(questions.Length > 5 ? $" and {questions.Length - 5} more" : "")}: {problem}";

    private void ThrowUnlessRanked(Answer[] answers)
    {
        if (answers.All(a => a.Ids.Count == 0))
        {
            throw new NearfarException($"{_call.Address}: every answer is an empty list at {_settings.Ids}. Is that where the ids stand, and is the service's index filled? Ask anew with --fresh.");
        }

        var several = answers.Where(a => a.Scores?.Distinct().Count() > 1).ToList();
        if (several.Count > 0 && several.All(a => a.Scores!.Zip(a.Scores!.Skip(1)).All(s => s.First <= s.Second)))
        {
            throw new NearfarException($"{_call.Address}: the scores at {_settings.Scores} rise down every list, as distances do; here higher is nearer. Remove scores, so that the service's order holds.");
        }
    }
}
