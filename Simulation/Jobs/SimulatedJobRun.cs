using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.State;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Simulation.Jobs;

/// <summary>One generation of a job at a worker: sources with their sinks, which store, commit and end as the protocol says (<c>streaming_v1.proto</c>).</summary>
[SuppressMessage("Design", "CA1001", Justification = "A killed process disposes nothing, and nothing here holds more than memory.")]
internal sealed class SimulatedJobRun
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly SimulatedWorld _world;
    private readonly SimulatedJobs _jobs;
    private readonly SimulatedJobWorker _worker;
    private readonly StartExecutionRequest _request;
    private readonly IObjectStore _store;
    private readonly CancellationTokenSource _ending = new();
    private readonly List<SimulatedJobPart> _parts = [];
    private readonly SortedDictionary<long, CancellationTokenSource> _writing = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StopMode _stop;

    public SimulatedJobRun(SimulatedWorld world, SimulatedJobs jobs, SimulatedJobWorker worker, StartExecutionRequest request)
    {
        (_world, _jobs, _worker, _request) = (world, jobs, worker, request);
        _store = jobs.Objects.OpenFor(worker.Process);
    }

    public JobContext Context => _request.Context;

    /// <summary>Begins.</summary>
    public void Begin() => _worker.Own(LiveAsync);

    /// <summary>Nothing of it goes on, but for what is on its way to the store.</summary>
    public void End()
    {
        _ending.Cancel();
        _ready.TrySetCanceled();
    }

    public async Task CheckpointAsync(CheckpointRequest request)
    {
        await _ready.Task;
        var cancel = new CancellationTokenSource();
        if (!_writing.TryAdd(request.Epoch, cancel))
        {
            return;
        }

        foreach (var part in _parts.Where(part => !part.IsDone && part.LastEpoch < request.Epoch))
        {
            part.LastEpoch = request.Epoch;
            var frozen = part.Subtask.Freeze(request.Epoch);
            part.StopsAfter = request.ThenStop ? request.Epoch : part.StopsAfter;
            _worker.Own(() => WriteAsync(part, request.Epoch, request.ThenStop, frozen, cancel.Token));
        }
    }

    public async Task GiveUpAsync(long epoch)
    {
        await _ready.Task;
        foreach (var (_, cancel) in _writing.Where(one => one.Key <= epoch).ToList())
        {
            await cancel.CancelOnSchedulerAsync();
        }
    }

    public async Task CommitAsync(CommitRequest request)
    {
        await _ready.Task;
        foreach (var commit in request.Commits)
        {
            _worker.Own(async () =>
            {
                await Task.Delay(_world.Faults.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(300)), _worker.Process.Clock, CancellationToken.None);
                await _worker.WhenAwakeAsync();

                // Also when it was let go meanwhile: nobody takes a commit back that is on its way.
                _jobs.Watch.OnCommit(Context.JobId, request.Epoch, commit);
                foreach (var part in _parts.Where(part => part.SinkId == commit.OperatorId && part.Index == commit.SubtaskIndex))
                {
                    part.Subtask.OnCommitted(commit.Data);
                    if (part.StopsAfter == request.Epoch)
                    {
                        EndPart(part);
                    }
                }

                Say(new WorkerEvent
                {
                    Checkpoint = new CheckpointEvent { Subtask = IdOf(commit.OperatorId, commit.SubtaskIndex), Epoch = request.Epoch, Kind = CheckpointEventKind.FinishedCommit },
                });
            });
        }
    }

    public async Task LoadCompactedAsync(LoadCompactedDataRequest request)
    {
        await _ready.Task;
        foreach (var part in _parts)
        {
            if (part.SourceId == request.OperatorId)
            {
                part.Subtask.SourceState.Replace(request.Tables);
            }
            else if (part.SinkId == request.OperatorId)
            {
                part.Subtask.SinkState.Replace(request.Tables);
            }
        }
    }

    public async Task StopAsync(StopMode mode)
    {
        await _ready.Task;
        _stop = mode;
    }

    private async Task LiveAsync()
    {
        try
        {
            var restored = await RestoredAsync();
            var backend = new FileStateBackend(_store, Context.JobId, Context.Generation, _worker.Process.Clock);
            foreach (var task in _request.Tasks.Where(task => task.WorkerId == _worker.Name))
            {
                await MakeAsync(task, backend, restored);
            }
        }
        catch (Exception exception) when (exception is FlowException or OperationCanceledException)
        {
            Say(new WorkerEvent { Initialization = new InitializationComplete { ErrorMessage = exception.Message } });
            _ready.TrySetException(new FlowException(FlowErrorCode.AlreadyEnded, exception.Message));
            _ = _ready.Task.Exception;
            return;
        }

        Say(new WorkerEvent { Initialization = new InitializationComplete { IsSuccess = true } });
        foreach (var part in _parts)
        {
            Say(new WorkerEvent { TaskStarted = part.Id });
            _worker.Own(() => RunAsync(part));
        }

        _ready.TrySetResult();
        while (!_ending.IsCancellationRequested)
        {
            await Task.Delay(Beat, _worker.Process.Clock, CancellationToken.None);
            await _worker.WhenAwakeAsync();
            Say(new WorkerEvent { Heartbeat = new WorkerHeartbeat() });
        }
    }

    private async Task<Dictionary<string, OperatorState>> RestoredAsync()
    {
        if (_request.RestoreManifest.Length == 0)
        {
            return [];
        }

        var manifest = await new CheckpointStore(_store, Context.JobId).TryReadManifestAsync(_request.RestoreManifest, _ending.Token)
            ?? throw new FlowException(FlowErrorCode.StateCorrupt, $"{_request.RestoreManifest} is not there.");
        return manifest.Operators.ToDictionary(one => one.OperatorId, StringComparer.Ordinal);
    }

    private async Task MakeAsync(TaskAssignment task, FileStateBackend backend, Dictionary<string, OperatorState> restored)
    {
        var node = _request.Program.Nodes.First(node => node.Id == task.NodeId);
        var (source, sink) = (node.Chain[0].Id, node.Chain[1].Id);
        var name = string.Create(CultureInfo.InvariantCulture, $"{sink}.{task.SubtaskIndex}.{_jobs.NextName()}");
        var subtask = new SimulatedSubtask(Open(source), Open(sink), name, _jobs.RowsOf(Context.JobId));
        if (await subtask.StartAsync(_ending.Token) is { } wrong)
        {
            _world.Watch.Violate($"state: {wrong} (generation {Context.Generation} of {Context.JobId} from '{_request.RestoreManifest}')");
        }

        _parts.Add(new SimulatedJobPart(subtask, new SubtaskId { NodeId = task.NodeId, SubtaskIndex = task.SubtaskIndex }, source, sink) { LastEpoch = _request.StartEpoch - 1 });

        ISubtaskState Open(string id) => backend.Open(new SubtaskPlace(id, (int)task.SubtaskIndex, (int)node.Parallelism), restored.GetValueOrDefault(id));
    }

    private async Task RunAsync(SimulatedJobPart part)
    {
        while (!part.IsDone && part.StopsAfter == 0)
        {
            await Task.Delay(_jobs.Random.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(150)), _worker.Process.Clock, CancellationToken.None);
            await _worker.WhenAwakeAsync();
            if (_ending.IsCancellationRequested || part.StopsAfter != 0)
            {
                return;
            }

            if (_stop != StopMode.Unspecified)
            {
                EndPart(part);
            }
            else if (_jobs.Fails())
            {
                part.IsDone = true;
                Say(new WorkerEvent { TaskFailed = new TaskError { Subtask = part.Id, Code = FlowErrorKind.Of(FlowErrorCode.EngineError).Wire, Message = "it fails", IsRetryable = true } });
            }
            else if (part.Subtask.IsAtEnd)
            {
                part.IsDone = true;
                part.LastEpoch++;
                await WriteAsync(part, part.LastEpoch, thenStop: true, part.Subtask.Freeze(part.LastEpoch), _ending.Token, isFinal: true);
            }
            else
            {
                part.Subtask.Process(_jobs.Random.Next(JobPartition.Count), _jobs.Random.Between(1, 6));
            }
        }
    }

    private async Task WriteAsync(SimulatedJobPart part, long epoch, bool thenStop, (IStateSnapshot Source, IStateSnapshot Sink, bool NeedsCommit) frozen, CancellationToken cancellationToken, bool isFinal = false)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        await part.OneWrite.WaitAsync(CancellationToken.None);
        try
        {
            foreach (var (snapshot, id, needsCommit) in ((IStateSnapshot, string, bool)[])[(frozen.Source, part.SourceId, false), (frozen.Sink, part.SinkId, frozen.NeedsCommit)])
            {
                var state = await snapshot.WriteAsync(either.Token);
                await _worker.WhenAwakeAsync();
                Say(new WorkerEvent { CheckpointCompleted = new CheckpointCompleted { Subtask = IdOf(id, part.Index), Epoch = isFinal ? 0 : epoch, State = state, NeedsCommit = needsCommit } });
            }

            if (isFinal || (thenStop && !frozen.NeedsCommit))
            {
                EndPart(part);
            }
        }
        catch (OperationCanceledException)
        {
            // It was given up.
        }
        catch (FlowException exception)
        {
            var error = new TaskError { Subtask = part.Id, Code = exception.Kind.Wire, Message = exception.Message, IsRetryable = true };
            Say(isFinal ? new WorkerEvent { TaskFailed = error } : new WorkerEvent { CheckpointFailed = new CheckpointFailed { Epoch = epoch, Error = error } });
        }
        finally
        {
            await frozen.Source.DisposeAsync();
            await frozen.Sink.DisposeAsync();
            part.OneWrite.Release();
        }
    }

    private void EndPart(SimulatedJobPart part)
    {
        if (!part.IsTold)
        {
            part.IsDone = part.IsTold = true;
            Say(new WorkerEvent { TaskFinished = part.Id });
        }
    }

    private SubtaskId IdOf(string operatorId, uint index) =>
        new() { NodeId = _request.Program.Nodes.First(node => node.Chain.Any(one => one.Id == operatorId)).Id, OperatorId = operatorId, SubtaskIndex = index };

    private void Say(WorkerEvent said)
    {
        if (!_ending.IsCancellationRequested)
        {
            said.Context = Context;
            _worker.Say(said);
        }
    }
}
