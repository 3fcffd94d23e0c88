using OrleansFlow.Tasks;

namespace OrleansFlow.Client;

/// <summary>How a graph is submitted.</summary>
public sealed record SubmitOptions
{
    /// <summary>The run's id; default: the gateway makes one. Submitting the same document twice with one id makes one run.</summary>
    public RunId RunId { get; init; }

    /// <summary>
    /// Instead of <see cref="RunId"/>: the same key with the same document gives the same run, for as long as the run is kept; with another document
    /// the submission fails as <c>already_exists</c>. 1 to 256 characters; null: none.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Replaces or adds entries of the document's <c>files</c>: name to path (made absolute here).</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Folder against which relative paths of the document are taken; null: the current one.</summary>
    public string? BaseFolder { get; init; }

    /// <summary>Accept roles that no worker has announced yet; their tasks then wait.</summary>
    public bool AllowUnknownRoles { get; init; }
}
