using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Fencing;

namespace OrleansFlow.Tests.Streaming.State;

/// <summary>A job of one operator in a folder, whose checkpoints are published one after the other.</summary>
internal sealed class StoredJob : IDisposable
{
    public const string Name = "jobs/j1";
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly string _folder = Directory.CreateTempSubdirectory("flow-job-").FullName;

    public StoredJob()
    {
        Store = new FaultyStore(new LocalObjectStore(_folder));
        Checkpoints = new CheckpointStore(Store, Name);
        Cleaner = new CheckpointCleaner(Checkpoints);
        Savepoints = new SavepointStore(Checkpoints);
    }

    public FaultyStore Store { get; }

    public CheckpointStore Checkpoints { get; }

    public CheckpointCleaner Cleaner { get; }

    public SavepointStore Savepoints { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static CheckpointManifest Manifest(long generation, long epoch, CheckpointManifest? parent = null, bool needsCommit = false, params OperatorState[] operators) => new()
    {
        JobId = "j1", Generation = generation, Epoch = epoch, NeedsCommit = needsCommit, Parent = parent is null ? "" : CheckpointStore.NameOf(parent), Operators = { operators },
    };

    /// <summary>Publishes and expects that it counts.</summary>
    public async Task<CheckpointManifest> PublishAsync(long generation, long epoch, CheckpointManifest? parent = null, params OperatorState[] operators)
    {
        var manifest = Manifest(generation, epoch, parent, false, operators);
        Assert.Equal(PublishOutcome.Ready, await Checkpoints.PublishAsync(manifest, None));
        return manifest;
    }

    public ISubtaskState OpenSubtask(long generation, int index = 0, int parallelism = 1, OperatorState? restored = null) =>
        new FileStateBackend(Store, Name, generation).Open(new SubtaskPlace("op", index, parallelism), restored);

    /// <summary>What a job that begins from these files reads.</summary>
    public async Task<List<string>> RestoreAsync(OperatorState state, RowTableOptions options, string folder = Name, int parallelism = 1)
    {
        var rows = new List<string>();
        for (var i = 0; i < parallelism; i++)
        {
            await using var subtask = new FileStateBackend(Store, folder, 9).Open(new SubtaskPlace("op", i, parallelism), state);
            rows.AddRange(await StateRows.ReadAsync(await subtask.OpenRowsAsync("t", options, None)));
        }

        return rows;
    }

    /// <summary>Names of all objects under the job, without its folder.</summary>
    public async Task<List<string>> NamesAsync(string prefix = "")
    {
        var names = new List<string>();
        await foreach (var entry in Store.ListAsync($"{Name}/{prefix}", None))
        {
            names.Add(entry.Name[(Name.Length + 1)..]);
        }

        return names;
    }
}
