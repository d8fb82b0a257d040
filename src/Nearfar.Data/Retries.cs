using System.Net;

namespace Nearfar.Data;

/// <summary>How a call over HTTP is tried again: after which answers, how often, and after which pause.</summary>
internal static class Retries
{
    /// <summary>Tries of one call, the first included.</summary>
    public const int Attempts = 6;

    /// <summary>A server that asks for a longer pause is not waited for.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(0.5);

    /// <summary>Whether a refusal may pass: too slow, too many calls, or the server's own failure.</summary>
    public static bool MayPass(HttpStatusCode status) => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;

    /// <param name="attempt">The try that failed, from 1.</param>
    /// <param name="asked">What the server asks for; null: half a second, doubled with every try.</param>
    public static TimeSpan Pause(int attempt, TimeSpan? asked) => asked ?? (s_firstPause * Math.Pow(2, attempt - 1));

    /// <summary>The pause that <c>Retry-After</c> asks for, as seconds or as a date; null without one.</summary>
    public static TimeSpan? After(HttpResponseMessage response, TimeProvider clock)
    {
        var after = response.Headers.RetryAfter;
        var pause = after?.Delta ?? (after?.Date is { } date ? date - clock.GetUtcNow() : null);
        return pause < TimeSpan.Zero ? TimeSpan.Zero : pause;
    }
}
