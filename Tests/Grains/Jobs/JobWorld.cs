using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Jobs;

/// <summary>A silo with one streaming job, and in the place of workers, stores and functions what the test says. Every call is read by the test.</summary>
internal sealed class JobWorld : IJobWorkers, IJobCheckpoints, IJobPrograms, IAsyncDisposable
{
    private readonly Channel<object> _calls = Channel.CreateUnbounded<object>();
    private FlowCluster _cluster = null!;

    public FlowCluster Cluster => _cluster;

    public IStreamJobGrain Grain => _cluster.Grains.GetGrain<IStreamJobGrain>("rides");

    /// <summary>Who offers slots.</summary>
    public List<JobWorker> Offered { get; } = [new("w1", 1, "d1", "r1"), new("w2", 1, "d2", "r2")];

    /// <summary>Workers that cannot be told anything.</summary>
    public HashSet<string> Deaf { get; } = [];

    public JobCheckpoint? Kept { get; set; }

    public static Program Program { get; } = new()
    {
        Nodes =
        {
            new ProgramNode { Id = 1, Parallelism = 2, Chain = { new ProgramOperator { Id = "source", Kind = "impulse" } } },
            new ProgramNode { Id = 2, Parallelism = 2, Chain = { new ProgramOperator { Id = "sink", Kind = "files" } } },
        },
        Edges = { new ProgramEdge { Source = 1, Target = 2, Kind = EdgeKind.Shuffle } },
    };

    public static async Task<JobWorld> StartAsync()
    {
        var world = new JobWorld();
        world._cluster = await FlowCluster.StartAsync(configure: (silo, _) =>
        {
            silo?.Services.AddSingleton<IJobWorkers>(world);
            silo?.Services.AddSingleton<IJobCheckpoints>(world);
            silo?.Services.AddSingleton<IJobPrograms>(world);
        });
        return world;
    }

    public async Task SubmitAsync() => await Grain.SubmitAsync(new StreamJobSubmission { Program = Program.ToByteArray(), CheckpointUrl = "file:///checkpoints" }, FlowCluster.Token);

    /// <summary>The next call of a kind; others before it are passed over.</summary>
    public async Task<T> NextAsync<T>()
    {
        while (true)
        {
            if (await _calls.Reader.ReadAsync(FlowCluster.Token) is T wanted)
            {
                return wanted;
            }
        }
    }

    /// <summary>The same, while time passes.</summary>
    public Task<T> NextInTimeAsync<T>(TimeSpan step) => _cluster.AdvanceUntilAsync(NextAsync<T>(), step);

    public Task SayAsync(long generation, int worker, WorkerEvent said)
    {
        said.Context = new JobContext { JobId = "rides", WorkerId = $"w{worker + 1}", Generation = generation };
        return Grain.ReportAsync([said.ToByteArray()], FlowCluster.Token);
    }

    public async Task SayStartedAsync(long generation)
    {
        await NextAsync<StartExecutionRequest>();
        await NextAsync<StartExecutionRequest>();
        for (var index = 0; index < 2; index++)
        {
            await SayAsync(generation, index, new WorkerEvent { TaskStarted = Subtask(1, "", index) });
            await SayAsync(generation, index, new WorkerEvent { TaskStarted = Subtask(2, "", index) });
        }
    }

    /// <summary>All subtasks store their state; the sinks wait for the commit.</summary>
    public async Task SayStoredAsync(long generation, long epoch)
    {
        for (var index = 0; index < 2; index++)
        {
            await SayAsync(generation, index, new WorkerEvent { CheckpointCompleted = new CheckpointCompleted { Subtask = Subtask(1, "source", index), Epoch = epoch, State = new SubtaskState() } });
            await SayAsync(generation, index, new WorkerEvent
            {
                CheckpointCompleted = new CheckpointCompleted { Subtask = Subtask(2, "sink", index), Epoch = epoch, NeedsCommit = true, State = new SubtaskState { CommitData = ByteString.CopyFromUtf8($"rows of {epoch}") } },
            });
        }
    }

    public async Task SayCommittedAsync(long generation, long epoch)
    {
        for (var index = 0; index < 2; index++)
        {
            await SayAsync(generation, index, new WorkerEvent { Checkpoint = new CheckpointEvent { Subtask = Subtask(2, "sink", index), Epoch = epoch, Kind = CheckpointEventKind.FinishedCommit } });
        }
    }

    public async Task<StreamJobView> ViewAsync() => (await Grain.GetAsync(FlowCluster.Token))!;

    public static SubtaskId Subtask(uint node, string operatorId, int index) => new() { NodeId = node, OperatorId = operatorId, SubtaskIndex = (uint)index };

    public Task<IReadOnlyList<JobWorker>> FindAsync(string jobId, int slotsNeeded, CancellationToken cancellationToken)
    {
        _calls.Writer.TryWrite(slotsNeeded);
        return Task.FromResult<IReadOnlyList<JobWorker>>(Offered);
    }

    public Task StartAsync(StartExecutionRequest request, CancellationToken cancellationToken) => HearAsync(request.Context, request);

    public Task CheckpointAsync(CheckpointRequest request, CancellationToken cancellationToken) => HearAsync(request.Context, request);

    public Task GiveUpAsync(JobContext context, long epoch, CancellationToken cancellationToken) => HearAsync(context, (context.WorkerId, epoch));

    public Task CommitAsync(CommitRequest request, CancellationToken cancellationToken) => HearAsync(request.Context, request);

    public Task LoadCompactedAsync(LoadCompactedDataRequest request, CancellationToken cancellationToken) => HearAsync(request.Context, request);

    public Task StopAsync(StopExecutionRequest request, CancellationToken cancellationToken) => HearAsync(request.Context, request);

    public Task FinishAsync(JobFinishedRequest request, CancellationToken cancellationToken) => HearAsync(request.Context, request);

    public Task<JobRestore> PrepareAsync(JobCheckpointsPlace place, long generation, JobCheckpoint? known, long ignoreBefore, CancellationToken cancellationToken) =>
        Task.FromResult(new JobRestore(Kept, Kept?.Epoch ?? 0, generation));

    public Task<JobPublished> PublishAsync(JobCheckpointsPlace place, CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        _calls.Writer.TryWrite(manifest);
        Kept = new JobCheckpoint(manifest.Epoch, manifest.Generation, $"manifest-{manifest.Epoch}") { NeedsCommit = manifest.NeedsCommit, Commits = [.. manifest.Operators.SelectMany(one => one.Commits)] };
        return Task.FromResult(new JobPublished(PublishOutcome.Kept, Kept.Manifest, ""));
    }

    public Task MarkCommittedAsync(JobCheckpointsPlace place, long generation, long epoch, CancellationToken cancellationToken)
    {
        Kept = Kept! with { IsCommitted = true };
        _calls.Writer.TryWrite(new JobOrder.MarkCommitted(generation, epoch));
        return Task.CompletedTask;
    }

    public Task CleanUpAsync(JobCheckpointsPlace place, JobOrder.CleanUp order, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task DeleteAsync(JobCheckpointsPlace place, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<TableState>> CompactAsync(JobCheckpointsPlace place, JobOrder.Compact order, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<TableState>>([]);

    public Task<JobFailure?> PrepareAsync(string jobId, Program program, CancellationToken cancellationToken) => Task.FromResult<JobFailure?>(null);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private Task HearAsync(JobContext context, object call)
    {
        _calls.Writer.TryWrite(call);
        return Deaf.Contains(context.WorkerId) ? Task.FromException(new InvalidOperationException("its connection is closed")) : Task.CompletedTask;
    }
}
