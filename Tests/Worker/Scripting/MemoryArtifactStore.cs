using System.Collections.Concurrent;
using OrleansFlow.Arrow;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Worker.Scripting;

/// <summary>Artifacts in memory, so that session tests touch no disk.</summary>
internal sealed class MemoryArtifactStore : IArtifactStore
{
    public ConcurrentDictionary<string, long[]> Files { get; } = new();

    /// <summary>Artifacts that are one JSON document.</summary>
    public ConcurrentDictionary<string, string> Documents { get; } = new();

    public ConcurrentQueue<string> Opened { get; } = new();

    public ValueTask<StoredArtifact> WriteAsync(TaskId task, long epoch, int index, RecordBatch batch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = ArtifactPath.Of(task, epoch, index);
        Files[path] = batch.Column<Int64Array>("n").Values.ToArray();
        return ValueTask.FromResult(new StoredArtifact(path, batch.RowCount, 100));
    }

    public ConcurrentQueue<(string Task, long Epoch, int AcceptedCount)> Sweeps { get; } = new();

    public ValueTask<int> SweepAsync(TaskId task, long epoch, int acceptedCount, CancellationToken cancellationToken)
    {
        Sweeps.Enqueue((task.Value, epoch, acceptedCount));
        return ValueTask.FromResult(0);
    }

    public IArtifactReader OpenRead(string path)
    {
        Opened.Enqueue(path);
        return Documents.TryGetValue(path, out var json) ? new Reader(() => DocumentOf(json))
            : Files.TryGetValue(path, out var values)
            ? new Reader(() => HandlerScript.Numbers(values))
            : throw new FlowException(FlowErrorCode.ArtifactLost, $"'{path}' is not there.");
    }

    private static RecordBatch DocumentOf(string json)
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema([new ArrowField("json", ArrowType.Utf8, false)], [new("orleansflow.form", "json")]));
        return builder.AppendRow(json).Build();
    }

    private sealed class Reader(Func<RecordBatch> make) : IArtifactReader
    {
        public ArrowSchema Schema { get; } = new([new ArrowField("n", ArrowType.Int64, false)]);

        public int BatchCount => 1;

        public RecordBatch ReadBatch(int index) => make();

        public void Dispose()
        {
        }
    }
}
