using System.Globalization;

namespace Nearfar.Data.Endpoints;

/// <summary>
/// Asks a service one question at a time for each caller: again with doubling pauses, or after the pause that the service asks for, when it
/// fails, throttles, hangs or is cut. What one caller is told to wait, new questions of the others wait too. Thread-safe.
/// </summary>
internal sealed class EndpointClient(HttpClient http, EndpointCall call, EndpointSettings settings, TimeProvider clock)
{
    /// <summary>Bytes of an answer at most.</summary>
    public const int LargestAnswer = 16 << 20;

    private readonly AnswerPath _ids = AnswerPath.Parse(settings.Ids)!;
    private readonly AnswerPath? _scores = settings.Scores is null ? null : AnswerPath.Parse(settings.Scores);
    private int _retried;
    private long _quietUntil;       // ticks of UTC

    public int Retried => _retried;

    /// <returns>The answer, or why there is none.</returns>
    public async Task<(Answer? Answer, string? Problem)> AskAsync(string question, CancellationToken cancellationToken)
    {
        if (new DateTimeOffset(Interlocked.Read(ref _quietUntil), TimeSpan.Zero) - clock.GetUtcNow() is var quiet && quiet > TimeSpan.Zero)
        {
            await Task.Delay(quiet, clock, cancellationToken).ConfigureAwait(false);
        }

        for (int attempt = 1; ; attempt++)
        {
            var (answer, failure) = await TryAsync(question, cancellationToken).ConfigureAwait(false);
            if (answer is not null)
            {
                return (attempt == 1 ? answer : answer with { Milliseconds = null }, null);
            }

            var pause = Retries.Pause(attempt, failure!.After);
            if (!failure.MayPass || attempt == Retries.Attempts || pause > Retries.LongestPause)
            {
                string why = !failure.MayPass ? "" : attempt == Retries.Attempts ? $", after {Retries.Attempts} tries" : string.Create(CultureInfo.InvariantCulture, $", and asks to wait {pause.TotalSeconds:0} s");
                return (null, call.Redact(failure.Message) + why);
            }

            Interlocked.Increment(ref _retried);
            if (failure.After is not null)
            {
                Interlocked.Exchange(ref _quietUntil, (clock.GetUtcNow() + pause).Ticks);
            }

            await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(Answer? Answer, Failure? Failure)> TryAsync(string question, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(TimeSpan.FromSeconds(settings.TimeoutSeconds));
        try
        {
            using var request = call.Request(question);
            long start = clock.GetTimestamp();
            using var response = await http.SendAsync(request, limited.Token).ConfigureAwait(false);       // with its body, which the client bounds
            double milliseconds = Math.Round(clock.GetElapsedTime(start).TotalMilliseconds, 1);
            byte[] body = await response.Content.ReadAsByteArrayAsync(limited.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? (Answer.Parse(body, _ids, _scores) with { Milliseconds = milliseconds }, null) : (null, Refused(response, body));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, new Failure(string.Create(CultureInfo.InvariantCulture, $"no answer within {settings.TimeoutSeconds:0.#} s"), MayPass: true));
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            return (null, new Failure($"the answer is larger than {LargestAnswer >> 20} MiB"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (null, new Failure($"cannot be reached, or was cut ({e.GetBaseException().Message.TrimEnd('.')})", MayPass: true));
        }
        catch (NearfarException e)
        {
            return (null, new Failure(e.Message));
        }
    }

    private Failure Refused(HttpResponseMessage response, byte[] body)
    {
        int status = (int)response.StatusCode;
        string said = call.Redact(System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 2000)))).ReplaceLineEndings(" ").Trim();
        string message = $"answered {status} {response.ReasonPhrase}{(said.Length == 0 ? "" : $": {(said.Length > 300 ? said[..300] + "…" : said)}")}";
        return status is >= 300 and < 400 && response.Headers.Location is { } to
            ? new Failure($"answered {status}: it has moved to {to.OriginalString.Split('?')[0]}. Redirects are not followed, the headers would go along; write that address")
            : new Failure(message, Retries.MayPass(response.StatusCode), Retries.After(response, clock));
    }

    private sealed record Failure(string Message, bool MayPass = false, TimeSpan? After = null);
}
