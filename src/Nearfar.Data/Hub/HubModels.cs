using System.Security.Cryptography;
using System.Text.Json;

namespace Nearfar.Data.Hub;

/// <summary>
/// Models of the Hugging Face hub on this disk: fetched once, pinned to a commit and to the hash of every file, resumed where a download was
/// cut, and never asked for again. Not thread-safe.
/// </summary>
/// <param name="http">Its base address is the hub's (<c>https://huggingface.co/</c>, or <c>HF_ENDPOINT</c>).</param>
/// <param name="folder">Receives <c>owner--name/COMMIT/</c>.</param>
/// <param name="lockPath"><c>nearfar.lock.json</c>.</param>
/// <param name="clock">Waits between tries.</param>
public sealed class HubModels(HttpClient http, string folder, string lockPath, TimeProvider clock)
{
    private static readonly string[] s_wanted = ["modules.json", "config_sentence_transformers.json", "config.json", "tokenizer.json", "model.safetensors", "nearfar.json", "grams.json"];

    /// <summary>The folder of a pinned model that lies here whole; null when something of it is missing or was changed.</summary>
    /// <param name="reference">Which model.</param>
    /// <exception cref="NearfarException">The lock file is broken.</exception>
    public string? Find(HubReference reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return HubLock.Read(lockPath).Models.TryGetValue(reference.ToString(), out var model) && model.Files.All(f => IsWhole(PathOf(reference, model, f.Key), f.Value)) ? FolderOf(reference, model.Commit) : null;
    }

    /// <summary>The folder of a model, fetched first where it is not here.</summary>
    /// <param name="reference">Which model; one that was never fetched is pinned to the commit its revision means now.</param>
    /// <param name="progress">Told what is fetched.</param>
    /// <param name="cancellationToken">Stops; what has come is kept.</param>
    /// <exception cref="NearfarException">The hub cannot be reached, has no such model, or gives other bytes than were pinned.</exception>
    public async Task<string> FetchAsync(HubReference reference, Action<string>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        if (Find(reference) is { } here)
        {
            return here;
        }

        var locks = HubLock.Read(lockPath);
        bool pinned = locks.Models.TryGetValue(reference.ToString(), out var model);
        string commit = pinned ? model!.Commit : "";
        string[] files = pinned ? [.. model!.Files.Keys] : [];
        if (!pinned)
        {
            (commit, files) = await RevisionAsync(reference, cancellationToken).ConfigureAwait(false);
        }

        var found = new SortedDictionary<string, LockedFile>(StringComparer.Ordinal);
        foreach (string file in files)
        {
            string path = Path.Combine(FolderOf(reference, commit), file);
            if (!(pinned && IsWhole(path, model!.Files[file])))
            {
                await DownloadAsync(reference, commit, file, path, progress, cancellationToken).ConfigureAwait(false);
            }

            found[file] = new LockedFile(new FileInfo(path).Length, HashOf(path));
            if (pinned && found[file] != model!.Files[file])
            {
                File.Delete(path);
                throw new NearfarException(lockPath, 0, $"{reference}: {file} has SHA-256 {found[file].Sha256}, pinned is {model.Files[file].Sha256}. The hub gives other bytes than before; nothing of them is used. Delete the entry to pin the model anew.");
            }
        }

        if (!pinned)
        {
            locks.Models[reference.ToString()] = new LockedModel { Commit = commit, Files = found };
            locks.Write(lockPath);
        }

        return FolderOf(reference, commit);
    }

    private string FolderOf(HubReference reference, string commit) => Path.Combine(folder, $"{reference.Owner}--{reference.Name}", commit);

    private string PathOf(HubReference reference, LockedModel model, string file) => Path.Combine(FolderOf(reference, model.Commit), file);

    private static bool IsWhole(string path, LockedFile file) => File.Exists(path) && new FileInfo(path).Length == file.Bytes && HashOf(path) == file.Sha256;

    private static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private async Task<(string Commit, string[] Files)> RevisionAsync(HubReference reference, CancellationToken cancellationToken)
    {
        string body = await RetryAsync(reference, async () =>
        {
            using var response = await http.GetAsync(new Uri($"api/models/{reference.Owner}/{reference.Name}/revision/{Uri.EscapeDataString(reference.Revision)}", UriKind.Relative), cancellationToken).ConfigureAwait(false);
            ThrowUnlessGood(reference, response);
            return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
        HubRevision? revision;
        try
        {
            revision = JsonSerializer.Deserialize(body, HubJson.Default.HubRevision);
        }
        catch (JsonException e)
        {
            throw new NearfarException($"{reference}: the hub's answer is no JSON: {e.Message}", e);
        }

        if (revision?.Commit is not { Length: 40 } commit || !commit.All(char.IsAsciiHexDigitLower))
        {
            throw new NearfarException($"{reference}: the hub names no commit (\"sha\", 40 hex digits) for this revision.");
        }

        string[] files = [.. (revision.Siblings ?? []).Select(f => f.Path).OfType<string>().Where(IsWanted).Order(StringComparer.Ordinal)];
        return files.Any(f => f.EndsWith("model.safetensors", StringComparison.Ordinal)) && files.Any(f => f.EndsWith("tokenizer.json", StringComparison.Ordinal))
            ? (commit, files)
            : throw new NearfarException($"{reference}: holds no model.safetensors with a tokenizer.json. nearfar starts from static models (model2vec, sentence-transformers StaticEmbedding).");
    }

    // Root or one folder deep (0_StaticEmbedding/…): all that a static model is made of, and no path that leads out of the folder.
    private static bool IsWanted(string path)
    {
        string[] parts = path.Split('/');
        return parts.Length <= 2 && parts.All(p => p.Length > 0 && p is not ("." or "..") && p.IndexOfAny(['\\', ':']) < 0) && s_wanted.Contains(parts[^1], StringComparer.Ordinal)
            && (parts.Length == 1 || parts[0].EndsWith("Embedding", StringComparison.Ordinal));
    }

    private Task<bool> DownloadAsync(HubReference reference, string commit, string file, string path, Action<string>? progress, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string part = path + ".part";
        return RetryAsync(reference, async () =>
        {
            long have = File.Exists(part) ? new FileInfo(part).Length : 0;
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{reference.Owner}/{reference.Name}/resolve/{commit}/{string.Join('/', file.Split('/').Select(Uri.EscapeDataString))}", UriKind.Relative));
            request.Headers.Range = have > 0 ? new System.Net.Http.Headers.RangeHeaderValue(have, null) : null;
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == System.Net.HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                File.Delete(part);
                throw new IOException("the part that was kept does not fit the file");
            }

            ThrowUnlessGood(reference, response);
            bool goesOn = response.StatusCode == System.Net.HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == have;
            long? total = response.Content.Headers.ContentLength + (goesOn ? have : 0);
            progress?.Invoke($"{reference}: {file}{(total is { } bytes ? FormattableString.Invariant($", {bytes / 1e6:0.0} MB") : "")}{(goesOn ? $", from byte {have} on" : "")}");
            await using (var to = new FileStream(part, goesOn ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.None))
            {
                await response.Content.CopyToAsync(to, cancellationToken).ConfigureAwait(false);
                to.Flush(flushToDisk: true);
            }

            if (total is { } wanted && new FileInfo(part).Length != wanted)
            {
                throw new IOException($"{file} was cut at byte {new FileInfo(part).Length} of {wanted}");
            }

            File.Move(part, path, overwrite: true);
            return true;
        }, cancellationToken);
    }

    private async Task<T> RetryAsync<T>(HubReference reference, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await work().ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                if (attempt == Retries.Attempts)
                {
                    throw new NearfarException($"{reference} cannot be fetched after {Retries.Attempts} tries: {e.Message.TrimEnd('.')}. What has come is kept; run the same command again, or put the model into a folder and name that in encoder.from.", e);
                }
            }

            await Task.Delay(TimeSpan.FromSeconds(Math.Pow(2, attempt - 1)), clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private static void ThrowUnlessGood(HubReference reference, HttpResponseMessage response)
    {
        int status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        throw Retries.MayPass(response.StatusCode)
            ? new HttpRequestException($"the hub answered {status} {response.ReasonPhrase}")
            : new NearfarException($"{reference}: the hub answered {status} {response.ReasonPhrase}." + status switch
            {
                401 or 403 => " The model is private, gated or does not exist. Set HF_TOKEN to a token that may read it.",
                404 => " Is the name, or the revision after @, right?",
                _ => "",
            });
    }
}
