using System.Text.Json;
using OrleansFlow.Arrow;

namespace OrleansFlow.Workers;

/// <summary>Lets a handler write output batches under names of its own, instead of returning them. One call at a time.</summary>
/// <remarks>
/// Idempotent per task and name: a name that stands, from this attempt or an earlier one, is not written again, and the call gives its reference.
/// Fenced: an attempt whose lease is gone gets an <see cref="OperationCanceledException"/> and nothing counts.
/// </remarks>
public interface IArtifactWriter
{
    /// <summary>Most names of one task.</summary>
    const int NamesMax = 10_000;

    /// <summary>Longest name, in characters.</summary>
    const int NameCharsMax = 256;

    /// <summary>Writes a batch of rows; it stands, and consumers may read it, when the call returns.</summary>
    /// <param name="batchUid">The handler's name of the batch, for example <see cref="InputBatch.Uid"/>; 1 to <see cref="NameCharsMax"/> characters.</param>
    /// <param name="batch">The rows; stay the caller's.</param>
    /// <param name="cancellationToken">Gives up waiting; the batch may stand.</param>
    /// <exception cref="Errors.FlowException"><c>bad_input</c>: the name; <c>limit_exceeded</c>: too many names; <c>store_full</c>, <c>store_unavailable</c>.</exception>
    ValueTask<ArtifactReference> UpsertPartialAsync(string batchUid, RecordBatch batch, CancellationToken cancellationToken);

    /// <summary>Writes a JSON value as a batch of one row (<see cref="JsonRows"/>).</summary>
    /// <param name="batchUid">The handler's name of the batch.</param>
    /// <param name="meta">The value.</param>
    /// <param name="cancellationToken">Gives up waiting; the batch may stand.</param>
    /// <exception cref="Errors.FlowException">As for rows.</exception>
    ValueTask<ArtifactReference> UpsertPartialAsync(string batchUid, JsonElement meta, CancellationToken cancellationToken);
}
