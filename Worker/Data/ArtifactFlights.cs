using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Tasks;

namespace OrleansFlow.Worker.Data;

/// <summary>Artifacts as a stream of batches, straight from the mapped files: one is open at a time, whatever the size of the result.</summary>
internal static class ArtifactFlights
{
    /// <summary>Opens the batches of a ticket's subject <c>RUN/NODE/SPANS</c>.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: another subject; <c>artifact_lost</c>: its first file cannot be read.</exception>
    public static FlightStream OpenSubject(IArtifactStore artifacts, string subject) =>
        subject.Split('/') is [var run, var node, var text] && IdText.IsValid(run) && IdText.IsValid(node) && ArtifactSpan.TryParse(text, out var spans)
            ? Open(artifacts, [.. ArtifactSpan.PathsOf(new RunId(run), node, spans)])
            : throw new FlowException(
                FlowErrorCode.BadInput, "The ticket names nothing that a worker has: workers serve batches of completed nodes. Give it to the gateway that made it.");

    /// <summary>Opens artifacts of one schema.</summary>
    /// <param name="artifacts">Where they lie.</param>
    /// <param name="paths">At least one, in order.</param>
    /// <exception cref="FlowException"><c>artifact_lost</c>: the first cannot be read.</exception>
    public static FlightStream Open(IArtifactStore artifacts, IReadOnlyList<string> paths)
    {
        using var first = artifacts.OpenRead(paths[0]);
        return new FlightStream(first.Schema, ReadAsync(artifacts, first.Schema, paths));
    }

    private static async IAsyncEnumerable<RecordBatch> ReadAsync(
        IArtifactStore artifacts, ArrowSchema schema, IReadOnlyList<string> paths, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // Leaves the caller's stack; opening files is what follows.
        await Task.Yield();
        foreach (var path in paths)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var reader = artifacts.OpenRead(path);
            if (!reader.Schema.Equals(schema))
            {
                throw new FlowException(
                    FlowErrorCode.BadInput,
                    string.Create(CultureInfo.InvariantCulture, $"Batch '{path}' has another schema ({reader.Schema}) than the first batch ({schema}). A node's tasks must yield one schema."));
            }

            for (var index = 0; index < reader.BatchCount; index++)
            {
                yield return reader.ReadBatch(index);
            }
        }
    }
}
