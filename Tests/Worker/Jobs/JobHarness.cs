using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Worker.Jobs;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>The jobs of worker <c>w1</c> over a manual clock and a folder of its own.</summary>
internal sealed class JobHarness : IAsyncDisposable
{
    private readonly CountingAllocator _memory = new();
    private readonly List<WorkerEvent> _told = [];

    public JobHarness(Func<JobHostSetup, JobHostSetup>? configure = null, Action<OperatorRegistry>? register = null)
    {
        Folder = Path.Combine(Path.GetTempPath(), "orleansflow-tests", Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(Folder);
        var setup = new JobHostSetup
        {
            WorkerId = "w1",
            Slots = 4,
            Clock = Clock,
            Allocator = _memory,
            Loggers = NullLoggerFactory.Instance,
            OpenOperatorsAsync = (_, _) =>
            {
                var registry = new OperatorRegistry().AddKnown();
                register?.Invoke(registry);
                return ValueTask.FromResult(new JobOperators(registry));
            },
        };
        Host = new JobHost(configure?.Invoke(setup) ?? setup);
    }

    public ManualTimeProvider Clock { get; } = new();

    public JobHost Host { get; }

    public string Folder { get; }

    public string CheckpointUrl => new Uri(Path.Combine(Folder, "checkpoints")).AbsoluteUri;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public WorkerPhase Phase(string job = "j1") => Host.PhaseOf(JobPrograms.Context(0, job)).Phase;

    /// <summary>Reads what the jobs say until it was said as often as is awaited, since the beginning.</summary>
    /// <returns>All that was said since the beginning.</returns>
    public async Task<List<WorkerEvent>> ReadUntilAsync(Func<WorkerEvent, bool> isAwaited, int times = 1)
    {
        while (_told.Count(isAwaited) < times)
        {
            var said = await Host.Events.Reader.ReadAsync(Token);
            _told.Add(said);
            if (said.EventCase == WorkerEvent.EventOneofCase.TaskFailed && !isAwaited(said))
            {
                throw new InvalidOperationException($"Nothing more will be said: {said.TaskFailed.Code}, {said.TaskFailed.Message}");
            }
        }

        return [.. _told];
    }

    /// <summary>Starts a job and waits until its subtasks have started.</summary>
    public async Task StartAsync(StartExecutionRequest start)
    {
        Host.Start(start);
        await ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskStarted && said.Context.Equals(start.Context), start.Tasks.Count);
    }

    /// <summary>Takes a checkpoint and has its sinks commit.</summary>
    /// <returns>What belongs to it.</returns>
    public async Task<CheckpointManifest> CheckpointAsync(long epoch, int parts, bool thenStop = false, long generation = 1)
    {
        await Host.CheckpointAsync(new CheckpointRequest { Context = JobPrograms.Context(generation), Epoch = epoch, ThenStop = thenStop }, Token);
        var told = await ReadUntilAsync(said => said.CheckpointCompleted?.Epoch == epoch, parts);
        var completed = told.Where(said => said.CheckpointCompleted?.Epoch == epoch).Select(said => said.CheckpointCompleted).ToList();
        var manifest = new CheckpointManifest { JobId = "j1", Generation = generation, Epoch = epoch };
        manifest.Operators.Add(completed.GroupBy(one => one.Subtask.OperatorId)
            .Select(one => OrleansFlow.Streaming.State.OperatorStates.Merge(one.Key, [.. one.OrderBy(part => part.Subtask.SubtaskIndex).Select(part => part.State)])));
        return manifest;
    }

    public async Task CommitAsync(CheckpointManifest manifest, long generation = 1)
    {
        var commit = new CommitRequest { Context = JobPrograms.Context(generation), Epoch = manifest.Epoch };
        commit.Commits.Add(manifest.Operators.SelectMany(one => one.Commits));
        await Host.CommitAsync(commit, Token);
        await ReadUntilAsync(said => said.Checkpoint?.Kind == CheckpointEventKind.FinishedCommit && said.Checkpoint.Epoch == manifest.Epoch, commit.Commits.Count);
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        Directory.Delete(Folder, recursive: true);

        // Every test ends here: nothing that a job made may be left.
        Assert.Equal((0, 0), (_memory.LiveBuffers, _memory.LiveBytes));
    }
}
