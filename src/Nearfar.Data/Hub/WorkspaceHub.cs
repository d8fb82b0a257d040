using System.Net.Http.Headers;

namespace Nearfar.Data.Hub;

/// <summary>The hub model that a workspace starts from (<c>encoder: {from: hf:owner/name@revision}</c>).</summary>
public static class WorkspaceHub
{
    private const string DefaultAddress = "https://huggingface.co";

    extension(Workspace workspace)
    {
        /// <summary>
        /// The same workspace with the hub model's folder in place of its name; fetched first where it is not here. Any other workspace as it is.
        /// </summary>
        /// <param name="clock">Waits between tries.</param>
        /// <param name="progress">Told what is fetched.</param>
        /// <param name="cancellationToken">Stops; what has come is kept.</param>
        /// <exception cref="NearfarException">The hub cannot be reached, has no such model, or gives other bytes than were pinned.</exception>
        public async Task<Workspace> WithHubModelAsync(TimeProvider clock, Action<string>? progress = null, CancellationToken cancellationToken = default)
        {
            if (!HubReference.IsMeant(workspace.Options.Encoder.From))
            {
                return workspace;
            }

            string address = Environment.GetEnvironmentVariable("HF_ENDPOINT") is { Length: > 0 } other ? other : DefaultAddress;
            if (!Uri.TryCreate(address.TrimEnd('/') + "/", UriKind.Absolute, out var hub) || hub.Scheme is not ("https" or "http"))
            {
                throw new NearfarException($"The environment variable HF_ENDPOINT is \"{address}\"; wanted an address such as {DefaultAddress}.");
            }

            using var http = new HttpClient { BaseAddress = hub, Timeout = TimeSpan.FromMinutes(30) };
            if (Environment.GetEnvironmentVariable("HF_TOKEN") is { Length: > 0 } token)
            {
                http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            }

            string lockPath = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(workspace.Path))!, "nearfar.lock.json");
            var models = new HubModels(http, Path.Combine(workspace.Output, "models"), lockPath, clock);
            return workspace.WithStart(await models.FetchAsync(HubReference.Parse(workspace.Options.Encoder.From!)!, progress, cancellationToken).ConfigureAwait(false));
        }
    }
}
