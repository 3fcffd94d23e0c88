using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Grains.Workflows;
using OrleansFlow.Jobs;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Grains.Jobs;

/// <summary>One streaming job: a thin shell around <see cref="JobDecider"/>.</summary>
/// <remarks>
/// Re-entrant. 1. A call decides at once, inside its turn, on the newest state. 2. <see cref="CommitPump{TState,TEvent}"/> writes what must not be lost.
/// 3. After the write the orders are carried out, and their answers are commands again. A crash before 2 loses only what nobody was told; after 2 the next
/// activation, which a reminder makes, reloads the job and repeats what is owed.
/// </remarks>
[Reentrant]
internal sealed partial class StreamJobGrain : Grain, IStreamJobGrain, IRemindable, IDisposable
{
    /// <summary>Kind of the operators that show rows.</summary>
    private const string PreviewKind = "preview";

    private const string ReminderName = "job";
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    private readonly IPersistentState<StreamJobRow> _row;
    private readonly JobRules _rules;
    private readonly IJobWorkers _workers;
    private readonly IJobCheckpoints _checkpoints;
    private readonly IJobPrograms _programs;
    private readonly ICheckpointPlaces _places;
    private readonly LeaseClock _clock;
    private readonly WorkflowChance _chance;
    private readonly ILogger<StreamJobGrain> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    private CommitPump<KeptJob, JobWork> _pump = null!;
    private bool _isDeleting;
    private bool _isDeleted;
    private IGrainTimer? _timer;

    public StreamJobGrain(
        [PersistentState("job", FlowGrainStorage.Name)] IPersistentState<StreamJobRow> row,
        JobRules rules,
        IJobWorkers workers,
        IJobCheckpoints checkpoints,
        IJobPrograms programs,
        ICheckpointPlaces places,
        LeaseClock clock,
        WorkflowChance chance,
        ILogger<StreamJobGrain> logger)
    {
        (_row, _rules, _workers, _checkpoints, _programs, _places, _clock, _chance, _logger) = (row, rules, workers, checkpoints, programs, places, clock, chance, logger);
        _stopped = _stopping.Token;
    }

    private string Id => this.GetPrimaryKeyString();

    private StreamJob Job => _pump.Tentative.State;

    public void Dispose() => _stopping.Dispose();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var kept = _row.State.Job is { } stored ? StoredState.Convert(this.GetGrainId().ToString(), "job", stored.ToJob) : KeptJob.None;
        _pump = new CommitPump<KeptJob, JobWork>(kept, WriteAsync, (_, work) => CarryOut(work), _ => DeactivateOnIdle());
        if (kept.State.Exists)
        {
            _reloading = ReloadAsync();
        }

        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stopping.CancelInTurn();
        await _reloading;
        await Task.WhenAll(_lanes.Values);
        await _pump.WhenIdleAsync();
    }

    public async Task SubmitAsync(StreamJobSubmission submission, CancellationToken cancellationToken)
    {
        if (_isDeleting || _isDeleted)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Streaming job '{Id}' is being deleted. Try again when it is gone.");
        }

        var program = ProgramOf(submission.Program);
        if (!Job.Exists)
        {
            _places.Require(submission.CheckpointUrl);
        }

        var settings = new JobSettings { CheckpointInterval = submission.CheckpointInterval, IsPreview = submission.IsPreview, TimeToLive = submission.TimeToLive };
        var seed = (ulong)(_chance.Next() * long.MaxValue);
        var kept = Job.Exists ? _pump.Tentative : new KeptJob(StreamJob.None, program, null, submission.CheckpointUrl) { Savepoint = submission.Savepoint };
        await ApplyAsync(kept, new JobCommand.Submit(Id, JobPlan.From(program), settings, seed));
    }

    public Task StopAsync(StreamJobStopMode mode, CancellationToken cancellationToken) => WishAsync(new JobCommand.StopJob((JobStopMode)mode));

    public Task StartAsync(bool ignoreState, CancellationToken cancellationToken) => WishAsync(new JobCommand.StartAgain(ignoreState));

    public Task RestartAsync(bool isForced, bool ignoreState, CancellationToken cancellationToken) => WishAsync(new JobCommand.Restart(isForced, ignoreState));

    public Task RescaleAsync(IReadOnlyDictionary<uint, int> parallelism, CancellationToken cancellationToken)
    {
        RequireJob();
        var kept = _pump.Tentative;
        var program = ProgramOf(JobPlan.Rescaled(kept.NextProgram ?? kept.Program, parallelism).ToByteArray());
        var plan = JobPlan.From(program);
        var decision = Decide(kept.State, new JobCommand.Rescale(plan));
        var next = ReferenceEquals(decision.State.NextPlan, plan) ? kept with { State = decision.State, NextProgram = program }
            : ReferenceEquals(decision.State.Plan, plan) ? kept with { State = decision.State, Program = program, NextProgram = null }
            : kept.With(decision.State);
        return TakeOnAsync(next, decision);
    }

    public Task TakeCheckpointAsync(CancellationToken cancellationToken) => WishAsync(new JobCommand.TakeCheckpoint());

    public async Task<IReadOnlyList<StaleJobRun>> ReportAsync(IReadOnlyList<byte[]> events, CancellationToken cancellationToken)
    {
        var runs = new HashSet<StaleJobRun>();
        foreach (var bytes in events)
        {
            var said = Parse(WorkerEvent.Parser, bytes, "event");
            runs.Add(new StaleJobRun(said.Context?.WorkerId ?? "", said.Context?.Generation ?? 0));
            if (Job.Exists && JobEvents.ToCommand(said) is { } command)
            {
                await ApplyAsync(command);
            }
        }

        return [.. runs.Where(run => Job.IsStale(run.Worker, run.Generation))];
    }

    public Task LoseWorkerAsync(string worker, bool isDraining, string reason, CancellationToken cancellationToken) => !Job.Exists
        ? Task.CompletedTask
        : ApplyAsync(isDraining ? new JobCommand.Drain(Job.Generation, worker) : new JobCommand.LoseWorker(Job.Generation, worker, reason));

    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        RequireJob();
        if (!JobTransitions.IsAtRest(Job.Status))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Streaming job '{Id}' is {Job.Status}; stop it before you delete it.");
        }

        // From here on nobody starts it: what is decided now would lose its files.
        _isDeleting = true;
        try
        {
            await _lanes.GetValueOrDefault(StoreLane, Task.CompletedTask).WaitAsync(cancellationToken);
            await _checkpoints.DeleteAsync(PlaceOf(_pump.Committed), cancellationToken);
            await _pump.WhenIdleAsync();
            await _row.ClearStateAsync(CancellationToken.None);
            _isDeleted = true;
            await EnsureReminderAsync(StreamJob.None);
        }
        finally
        {
            _isDeleting = false;
            if (_isDeleted)
            {
                DeactivateOnIdle();
            }
        }
    }

    public Task<StreamJobView?> GetAsync(CancellationToken cancellationToken)
    {
        var kept = _pump.Committed;
        var job = kept.State;
        return Task.FromResult(!job.Exists || _isDeleted ? null : new StreamJobView(job.Status.ToString(), job.Phase.ToString(), job.StatusSinceUtc, job.Generation, (StreamJobStopMode)job.StopMode)
        {
            Slots = job.Plan!.SlotsNeeded,
            Workers = [.. job.Assignment.Workers.Select(worker => worker.Id)],
            Checkpoint = job.Book.Latest?.Epoch,
            CheckpointUnderWay = job.Book.Current?.Epoch,
            RestartCount = job.RestartCount,
            FailureCode = job.Failure is { } failure ? FlowErrorKind.Of(failure.Code).Wire : null,
            Failure = job.Failure?.Message,
            StaleCount = job.StaleCount,
            WorkerSlots = job.Assignment.SlotsByWorker(),
            CheckpointUrl = kept.CheckpointUrl,
            CheckpointInterval = job.Settings.CheckpointInterval,
            IsPreview = job.Settings.IsPreview,
            Previews = [.. kept.Program.Nodes.Select(node => node.Chain[^1]).Where(last => last.Kind == PreviewKind).Select(TableOf).Distinct(StringComparer.Ordinal)],
            Nodes = [.. kept.Program.Nodes.Select(node => new StreamJobNode(node.Id, node.Description, (int)node.Parallelism))],
        });
    }

    /// <summary>Its config names the stream JOB.TABLE.</summary>
    private string TableOf(ProgramOperator sink) => PreviewConfig.Parser.ParseFrom(sink.Config).Stream is var stream && stream.Length > Id.Length ? stream[(Id.Length + 1)..] : sink.Id;

    private static Program ProgramOf(byte[] bytes)
    {
        var program = Parse(Program.Parser, bytes, "program");
        return ProgramChecks.Check(program) is { Count: > 0 } problems
            ? throw new FlowException(FlowErrorCode.BadInput, $"The program cannot run: {string.Join("; ", problems)}")
            : program;
    }

    private static T Parse<T>(MessageParser<T> parser, byte[] bytes, string what)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The {what} is no message orleansflow.streaming.v1.{typeof(T).Name}: {exception.Message}", exception);
        }
    }

    private void RequireJob()
    {
        if (!Job.Exists || _isDeleted)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"There is no streaming job '{Id}'.");
        }

        if (_isDeleting)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Streaming job '{Id}' is being deleted.");
        }
    }

    private Task WishAsync(JobCommand command)
    {
        RequireJob();
        return ApplyAsync(command);
    }

    private JobDecision Decide(StreamJob state, JobCommand command)
    {
        var decision = JobDecider.Decide(state, command, _rules, _clock.GetUtcNow());
        return decision.Refused is { } refused ? throw new FlowException(FlowErrorCode.BadInput, $"Streaming job '{Id}': {refused}") : decision;
    }

    private Task ApplyAsync(JobCommand command) => ApplyAsync(_pump.Tentative, command);

    private Task ApplyAsync(KeptJob kept, JobCommand command)
    {
        var decision = Decide(kept.State, command);
        return TakeOnAsync(kept.With(decision.State), decision);
    }

    /// <summary>Makes a decision the job's, and carries its orders out: after the write where there is something to write, or one is under way.</summary>
    private Task TakeOnAsync(KeptJob next, JobDecision decision)
    {
        var work = decision.Orders.Where(order => order is not JobOrder.Persist).Select(order => new JobWork(order, next)).ToList();
        var isDurable = decision.Orders.Any(order => order is JobOrder.Persist);
        if (isDurable || !_pump.FlushAsync().IsCompleted)
        {
            return _pump.StageAsync(next, work);
        }

        _pump.Amend(_ => next);
        CarryOut(work);
        return Task.CompletedTask;
    }

    private async Task WriteAsync(KeptJob kept, IReadOnlyList<JobWork> work)
    {
        _row.State = new StreamJobRow { Job = kept.ToStored() };
        await _row.WriteStateAsync(CancellationToken.None);
        await EnsureReminderAsync(kept.State);
    }

    /// <summary>An order with the job as it was decided upon.</summary>
    private readonly record struct JobWork(JobOrder Order, KeptJob Kept);
}
