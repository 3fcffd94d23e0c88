using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Workers;

/// <summary>The shared artifact store as seen by one worker. It keeps how many rows a file has; nobody looks into them.</summary>
internal sealed class SimulatedArtifactStore(SimulatedWorld world, SimulatedProcess process) : IArtifactStore
{
    private static readonly ArrowSchema NoColumns = new([]);

    /// <summary>A batch without columns.</summary>
    public static RecordBatch Batch(int rowCount) => new(NoColumns, [], rowCount);

    /// <summary>The run that a file belongs to; null for that of a standalone task.</summary>
    public static string? RunOf(string path) => path.IndexOf('~', StringComparison.Ordinal) is > 0 and var end ? path[..end] : null;

    public async ValueTask<StoredArtifact> WriteAsync(TaskId task, long epoch, int index, RecordBatch batch, CancellationToken cancellationToken)
    {
        var rows = batch.RowCount;
        await Task.Delay(world.Faults.Between(TimeSpan.FromMicroseconds(100), TimeSpan.FromMilliseconds(3)), process.Clock, cancellationToken);
        var path = string.Create(CultureInfo.InvariantCulture, $"{task.Value.Replace('/', '~')}/e{epoch}/{index}");
        world.Artifacts[path] = rows;
        return new StoredArtifact(path, rows, rows * 8);
    }

    public ValueTask<int> SweepAsync(TaskId task, long epoch, int acceptedCount, CancellationToken cancellationToken)
    {
        var folder = task.Value.Replace('/', '~') + "/e";
        var garbage = world.Artifacts.Keys.Where(path => path.StartsWith(folder, StringComparison.Ordinal) && IsGarbage(path[folder.Length..].Split('/'))).ToList();
        garbage.ForEach(path => world.Artifacts.Remove(path));
        return ValueTask.FromResult(garbage.Count);

        bool IsGarbage(string[] epochAndIndex) =>
            long.Parse(epochAndIndex[0], CultureInfo.InvariantCulture) < epoch && int.Parse(epochAndIndex[1], CultureInfo.InvariantCulture) >= acceptedCount;
    }

    public IArtifactReader OpenRead(string path) => world.Artifacts.TryGetValue(path, out var rows)
        ? new Reader(rows)
        : throw new FlowException(FlowErrorCode.ArtifactLost, $"There is no artifact '{path}'.");

    private sealed class Reader(int rows) : IArtifactReader
    {
        public ArrowSchema Schema => NoColumns;

        public int BatchCount => 1;

        public RecordBatch ReadBatch(int index) => Batch(rows);

        public void Dispose()
        {
            // Nothing is open.
        }
    }
}
