using Google.Protobuf;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>A job that goes on most of the time, while workers are lost, messages come late or twice, and people change their minds.</summary>
internal sealed class JobModel
{
    private readonly Random _random;
    private JobCommand? _last;

    public JobModel(int seed)
    {
        _random = new Random(seed);
        Rules = JobRules.Default with { RestartsMax = _random.Next(4) switch { 0 => 1, 1 => -1, _ => 20 } };
        Settings = new JobSettings { IsPreview = _random.Next(5) == 0, TimeToLive = _random.Next(5) == 0 ? TimeSpan.FromMinutes(3) : null };
        Do(new JobCommand.Submit("job", JobScene.Plan, Settings, (ulong)seed));
    }

    public StreamJob Job { get; private set; } = StreamJob.None;

    public JobRules Rules { get; }

    public JobSettings Settings { get; }

    public DateTimeOffset NowUtc { get; private set; } = DateTimeOffset.UnixEpoch.AddDays(20_000);

    public List<(StreamJob Before, JobCommand Command, JobDecision Decision, JobCheckpoint? Kept)> History { get; } = [];

    /// <summary>The newest checkpoint that the store has, also when nobody was told so.</summary>
    public JobCheckpoint? Kept { get; private set; }

    public IEnumerable<JobOrder> Orders => History.SelectMany(item => item.Decision.Orders);

    public static JobModel Run(int seed, int steps = 150)
    {
        var model = new JobModel(seed);
        for (var step = 0; step < steps; step++)
        {
            model.Step();
        }

        return model;
    }

    /// <summary>Nothing bad happens any more.</summary>
    public bool SettlesDown()
    {
        for (var step = 0; step < 400; step++)
        {
            if (JobTransitions.IsAtRest(Job.Status) || (Job.Status == JobStatus.Running && Job.Book.Current is null))
            {
                return true;
            }

            GoOn(isCalm: true);
        }

        return false;
    }

    /// <summary>Nobody ever answers: only time passes.</summary>
    public bool EndsInSilence()
    {
        for (var step = 0; step < 2_000; step++)
        {
            if (JobTransitions.IsAtRest(Job.Status))
            {
                return true;
            }

            NowUtc = Job.WakeUtc is { } wake && wake > NowUtc ? wake : NowUtc;
            Do(new JobCommand.Tick());
        }

        return false;
    }

    private void Step()
    {
        NowUtc += TimeSpan.FromMilliseconds(_random.Next(200));
        if (_random.Next(100) < 80)
        {
            GoOn(isCalm: false);
        }
        else
        {
            Do(Noise());
        }
    }

    private void Do(JobCommand command)
    {
        var decision = JobDecider.Decide(Job, command, Rules, NowUtc);
        if (command is JobCommand.ManifestPublished { Outcome: PublishOutcome.Kept or PublishOutcome.Unknown } answer && answer.Generation == Job.Generation
            && Job.Book.Current is { Phase: CheckpointPhase.Publishing, Manifest: { } manifest } run && run.Epoch == answer.Epoch
            && (answer.Outcome == PublishOutcome.Kept || _random.Next(2) == 0))
        {
            Kept = new JobCheckpoint(run.Epoch, Job.Generation, $"m{run.Epoch}") { NeedsCommit = manifest.NeedsCommit, Commits = [.. manifest.Operators.SelectMany(one => one.Commits)] };
        }

        if (command is JobCommand.CommitMarked marked && Kept?.Epoch == marked.Epoch)
        {
            Kept = Kept with { IsCommitted = true };
        }

        History.Add((Job, command, decision, Kept));
        Job = decision.State;
        _last = command;
    }

    private void GoOn(bool isCalm)
    {
        var generation = Job.Generation;
        switch (Job.Status, Job.Phase)
        {
            case (JobStatus.Compiling, _):
                Do(new JobCommand.Compiled(generation, null));
                break;
            case (_, JobPhase.Slots):
                Do(new JobCommand.SeeWorkers(generation, [new JobWorker("w1", 1), new JobWorker("w2", _random.Next(1, 4)), new JobWorker("w3", 3)]));
                break;
            case (_, JobPhase.Restore):
                Do(new JobCommand.RestoreReady(generation, Kept, Job.Book.Epoch, null));
                break;
            case (_, JobPhase.Tasks):
                var waiting = Job.Assignment.Placements.First(one => !Job.Started.Contains(one.Subtask));
                Do(new JobCommand.TaskStarted(generation, waiting.Worker, waiting.Subtask));
                break;
            case (_, JobPhase.Draining):
                var running = Job.Assignment.Placements.First(one => !Job.Finished.Contains(one.Subtask));
                Do(new JobCommand.TaskFinished(generation, running.Worker, running.Subtask));
                break;
            case (_, JobPhase.TearingDown):
                Do(new JobCommand.TornDown(generation));
                break;
            case (JobStatus.Stopped or JobStatus.Failed, _) when !isCalm && _random.Next(3) == 0:
                Do(new JobCommand.StartAgain(_random.Next(6) == 0));
                break;
            case (JobStatus.Running or JobStatus.Finishing, _) or (_, JobPhase.LastCheckpoint) when Job.Book.Current is { } run:
                GoOn(run, isCalm);
                break;
            case (JobStatus.Finishing, _):
                var open = Job.Assignment.Placements.Where(one => !Job.Finished.Contains(one.Subtask)).ToList();
                if (open.Count > 0)
                {
                    var id = Job.Plan!.Node(open[0].Subtask.NodeId)!.Operators[0];
                    Do(Stored(new OperatorSubtask(id, open[0].Subtask.Index), CheckpointCoordinator.AtTheEnd, id == "sink"));
                    Do(new JobCommand.TaskFinished(generation, open[0].Worker, open[0].Subtask));
                    break;
                }

                goto default;
            default:
                foreach (var worker in Job.Assignment.Workers)
                {
                    Do(new JobCommand.Heartbeat(generation, worker.Id));
                }

                NowUtc = Job.WakeUtc is { } wake && wake > NowUtc ? wake : NowUtc;
                Do(new JobCommand.Tick());
                break;
        }
    }

    private void GoOn(CheckpointRun run, bool isCalm)
    {
        var generation = Job.Generation;
        switch (run.Phase)
        {
            case CheckpointPhase.Gathering:
                var missing = Job.Plan!.OperatorSubtasks.First(one => !run.Gathered.ContainsKey(one));
                Do(Stored(missing, run.Epoch, missing.OperatorId == "sink" && _random.Next(2) == 0));
                break;
            case CheckpointPhase.Publishing:
                var outcome = !isCalm && _random.Next(8) == 0 ? (PublishOutcome)_random.Next(2, 5) : PublishOutcome.Kept;
                Do(new JobCommand.ManifestPublished(generation, run.Epoch, outcome, $"m{run.Epoch}", "no"));
                break;
            case CheckpointPhase.Committing:
                Do(new JobCommand.CommitFinished(generation, WorkerOf(run.Uncommitted[0]), run.Uncommitted[0], run.Epoch));
                break;
            default:
                Do(new JobCommand.CommitMarked(generation, run.Epoch));
                break;
        }
    }

    private JobCommand Noise()
    {
        var generation = Job.Generation - (_random.Next(4) == 0 ? 1 : 0);
        var subtask = new SubtaskKey((uint)_random.Next(1, 3), _random.Next(2));
        var worker = _random.Next(6) == 0 ? "w9" : Job.Assignment.WorkerOf(subtask) ?? "w1";
        switch (_random.Next(23))
        {
            case 0 or 1:
                return new JobCommand.StopJob((JobStopMode)_random.Next(5));
            case 2:
                return new JobCommand.Restart(_random.Next(2) == 0, _random.Next(8) == 0);
            case 3 or 4:
                return new JobCommand.Rescale(JobScene.PlanOf(_random.Next(1, 4)));
            case 5 or 6:
                return new JobCommand.TaskFailed(generation, worker, subtask, new JobFailure(FlowErrorCode.EngineError, "it broke", _random.Next(5) > 0));
            case 7:
                return new JobCommand.LoseWorker(generation, worker, "gone");
            case 8:
                return new JobCommand.Drain(generation, worker);
            case 9:
                return new JobCommand.Reload();
            case 10:
                return new JobCommand.TakeCheckpoint();
            case 11:
                NowUtc += TimeSpan.FromSeconds(_random.Next(900));
                return new JobCommand.Tick();
            case 12 or 13:
                return Stored(new OperatorSubtask(_random.Next(2) == 0 ? "source" : "sink", subtask.Index), _random.Next(3) == 0 ? 0 : Job.Book.Epoch, false, generation);
            case 14 or 15 or 16:
                // One that ends says first how far it came, and does not wait for its commit.
                var ends = new OperatorSubtask(_random.Next(3) == 0 ? "sink" : "source", subtask.Index);
                Do(Stored(ends, CheckpointCoordinator.AtTheEnd, ends.OperatorId == "sink"));
                return new JobCommand.TaskFinished(generation, WorkerOf(ends), new SubtaskKey(ends.OperatorId == "sink" ? 2u : 1u, subtask.Index));
            case 17:
                return new JobCommand.TaskStarted(generation, worker, subtask);
            case 18:
                return new JobCommand.Compiled(generation, _random.Next(3) == 0 ? null : new JobFailure(FlowErrorCode.BadInput, "no such function", _random.Next(2) == 0));
            case 19:
                return new JobCommand.RestoreReady(generation, null, 0, _random.Next(2) == 0 ? null : new JobFailure(FlowErrorCode.StoreUnavailable, "no disk", _random.Next(2) == 0)) { NewestGeneration = _random.Next(8) == 0 ? generation + 2 : 0 };
            case 20:
                return new JobCommand.ManifestPublished(generation, Job.Book.Epoch - _random.Next(2), PublishOutcome.Kept, $"m{Job.Book.Epoch}", "");
            case 21:
                return new JobCommand.StateNotStored(generation, worker, subtask, Job.Book.Epoch - _random.Next(2), "no disk");
            default:
                return _last!;
        }
    }

    private JobCommand.StateStored Stored(OperatorSubtask subtask, long epoch, bool needsCommit, long? generation = null) => new JobCommand.StateStored(
        generation ?? Job.Generation, WorkerOf(subtask), subtask, epoch, new SubtaskState { CommitData = ByteString.CopyFromUtf8(needsCommit ? $"{epoch}" : "") }, needsCommit);

    private string WorkerOf(OperatorSubtask subtask) => Job.Assignment.WorkerOf(new SubtaskKey(Job.Plan!.NodeOf(subtask.OperatorId)!.Id, subtask.Index)) ?? "w1";
}
