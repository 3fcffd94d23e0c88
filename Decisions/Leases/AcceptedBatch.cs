using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Leases;

/// <summary>One output batch that stands.</summary>
/// <param name="Epoch">Epoch of the lease under which it was made.</param>
/// <param name="Rows">Rows in it.</param>
/// <param name="Bytes">Size of its file in bytes.</param>
/// <param name="Path">Its file, relative to the artifact root.</param>
/// <param name="Sequence">Order of acceptance among all batches of the run; 0 for a standalone task.</param>
/// <param name="Metrics">What was reported with it; null for nothing.</param>
public sealed record AcceptedBatch(
    long Epoch, long Rows, long Bytes, string Path, long Sequence = 0, ImmutableSortedDictionary<string, double>? Metrics = null)
{
    /// <summary>The handler's own name of it; null where the worker only counts.</summary>
    public string? Uid { get; init; }

    /// <summary>Where a later attempt goes on reading its input; null when that is not known.</summary>
    public string? InputPosition { get; init; }
}
