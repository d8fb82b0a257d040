using System.Collections.ObjectModel;

namespace Nearfar.Data;

/// <summary>Section <c>endpoint</c>: a search service, how it is asked and where the documents stand in its answers.</summary>
public sealed record EndpointSettings
{
    /// <summary>Address, http or https; in its path and query <c>{query}</c> becomes the question and <c>{k}</c> the number wanted, escaped.</summary>
    public required string Url { get; init; }

    /// <summary><c>GET</c> or <c>POST</c>. Default <c>GET</c> where the address holds <c>{query}</c>, else <c>POST</c>.</summary>
    public string? Method { get; init; }

    /// <summary>What a POST sends: JSON in which <c>{query}</c> inside a string becomes the question, escaped, and <c>{k}</c> the number wanted. Default <c>{"query": "{query}", "top_k": {k}}</c>.</summary>
    public string? Body { get; init; }

    /// <summary>Headers by name; <c>${NAME}</c> is filled in from the environment when the service is asked. They stand in no message, file or hash.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Where the document ids stand: names joined by dots, <c>[]</c> behind a list. Default <c>results[].id</c>.</summary>
    public string Ids { get; init; } = "results[].id";

    /// <summary>Where the scores stand, higher is nearer, one for each id. Null: the order of the answer holds.</summary>
    public string? Scores { get; init; }

    /// <summary>Documents asked for, 1 to 10,000. Default 100.</summary>
    public int Top { get; init; } = 100;

    /// <summary>Questions under way at a time, 1 to 64. Default 4.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>Seconds that one try may take, above 0, at most 86,400. Default 30.</summary>
    public double TimeoutSeconds { get; init; } = 30;

    /// <summary>What the report calls it, at most 100 characters. Default host and path of the address.</summary>
    public string? Label { get; init; }
}
