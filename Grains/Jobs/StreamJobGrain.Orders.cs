using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Grains.Jobs;

/// <content>Carrying orders out. Those to one worker, and those to the store, follow each other; nobody else waits for them, and each has a bound.</content>
internal sealed partial class StreamJobGrain
{
    private const string StoreLane = "store";
    private const string WorkersLane = "workers";
    private const string ProgramLane = "program";

    /// <summary>Lanes after which idle ones are forgotten.</summary>
    private const int LanesMax = 256;

    /// <summary>How long a worker may take to hear an order. The answer to what it ordered comes as an event.</summary>
    private static readonly TimeSpan TellTimeout = TimeSpan.FromSeconds(30);

    /// <summary>What waits for the answer has a bound of its own.</summary>
    private static readonly Func<string, Task> Ignore = static _ => Task.CompletedTask;

    private readonly Dictionary<string, Task> _lanes = new(StringComparer.Ordinal);

    private void CarryOut(IReadOnlyList<JobWork> work)
    {
        foreach (var (order, kept) in work)
        {
            CarryOut(order, kept);
        }
    }

    private void CarryOut(JobOrder order, KeptJob kept)
    {
        var (requests, place) = (new JobRequests(Id), PlaceOf(kept));
        switch (order)
        {
            case JobOrder.WakeAt wake:
                Arm(wake.AtUtc);
                break;
            case JobOrder.Tell tell:
                Tell(tell);
                break;
            case JobOrder.Compile compile:
                Queue(ProgramLane, _rules.CompileTimeout, async token => await ApplyAsync(new JobCommand.Compiled(compile.Generation, await _programs.PrepareAsync(Id, kept.Program, token))),
                    why => ApplyAsync(new JobCommand.Compiled(compile.Generation, new JobFailure(FlowErrorCode.UnexpectedError, why, IsRetryable: true))));
                break;
            case JobOrder.FindWorkers when !_lanes.GetValueOrDefault(WorkersLane, Task.CompletedTask).IsCompleted:
                // The look before is still under way; the next one comes in a second.
                break;
            case JobOrder.FindWorkers find:
                Queue(WorkersLane, TellTimeout, async token => await ApplyAsync(new JobCommand.SeeWorkers(find.Generation, [.. await _workers.FindAsync(Id, find.SlotsNeeded, token)])), Ignore);
                break;
            case JobOrder.PrepareRestore prepare:
                Queue(StoreLane, _rules.RestoreTimeout, async token => await PrepareAsync(prepare, place, token),
                    why => ApplyAsync(new JobCommand.RestoreReady(prepare.Generation, null, 0, new JobFailure(FlowErrorCode.StoreUnavailable, why, IsRetryable: true))));
                break;
            case JobOrder.PublishManifest publish:
                Queue(StoreLane, _rules.PublishTimeout, async token => await PublishAsync(publish, place, token),
                    why => ApplyAsync(new JobCommand.ManifestPublished(publish.Generation, publish.Manifest.Epoch, PublishOutcome.Unknown, "", why)));
                break;
            case JobOrder.MarkCommitted mark:
                Queue(StoreLane, _rules.CommitTimeout, async token =>
                {
                    await _checkpoints.MarkCommittedAsync(place, mark.Generation, mark.Epoch, token);
                    await ApplyAsync(new JobCommand.CommitMarked(mark.Generation, mark.Epoch));
                }, Ignore);
                break;
            case JobOrder.CleanUp cleanUp:
                Queue(StoreLane, _rules.CompactionTimeout, token => _checkpoints.CleanUpAsync(place, cleanUp, token), Ignore);
                break;
            case JobOrder.Compact compact:
                Queue($"{StoreLane}/{compact.OperatorId}", _rules.CompactionTimeout,
                    async token => await ApplyAsync(new JobCommand.Compacted(compact.Generation, compact.OperatorId, [.. await _checkpoints.CompactAsync(place, compact, token)])),
                    _ => ApplyAsync(new JobCommand.Compacted(compact.Generation, compact.OperatorId, [])));
                break;
            case JobOrder.Start start:
                TellWorker(start, start.Worker, token => _workers.StartAsync(requests.ToRequest(start, kept.Program, kept.CheckpointUrl, kept.State.Settings.CheckpointInterval), token));
                break;
            case JobOrder.Checkpoint checkpoint:
                TellWorker(checkpoint, checkpoint.Worker, token => _workers.CheckpointAsync(requests.ToRequest(checkpoint), token));
                break;
            case JobOrder.Commit commit:
                TellWorker(commit, commit.Worker, token => _workers.CommitAsync(requests.ToRequest(commit), token));
                break;
            case JobOrder.LoadCompacted load:
                TellWorker(load, load.Worker, token => _workers.LoadCompactedAsync(requests.ToRequest(load), token));
                break;
            case JobOrder.GiveUp giveUp:
                TellWorker(giveUp, giveUp.Worker, token => _workers.GiveUpAsync(new JobContext { JobId = Id, WorkerId = giveUp.Worker, Generation = giveUp.Generation }, giveUp.Epoch, token));
                break;
            case JobOrder.StopTasks stop:
                TellWorker(stop, stop.Worker, token => _workers.StopAsync(requests.ToRequest(stop), token));
                break;
            case JobOrder.TearDown tearDown:
                TearDown(requests.ToRequests(tearDown), tearDown.Generation);
                break;
            default:
                throw new ArgumentException($"Unknown order {order.GetType().Name}.", nameof(order));
        }
    }

    private JobCheckpointsPlace PlaceOf(KeptJob kept) => new(Id, kept.CheckpointUrl) { Savepoint = kept.Savepoint };

    private async Task PrepareAsync(JobOrder.PrepareRestore order, JobCheckpointsPlace place, CancellationToken cancellationToken)
    {
        var restore = await _checkpoints.PrepareAsync(place, order.Generation, order.Known, order.IgnoreBefore, cancellationToken);
        await ApplyAsync(new JobCommand.RestoreReady(order.Generation, restore.Checkpoint, restore.NewestEpoch, null) { NewestGeneration = restore.NewestGeneration });
    }

    private async Task PublishAsync(JobOrder.PublishManifest order, JobCheckpointsPlace place, CancellationToken cancellationToken)
    {
        var published = await _checkpoints.PublishAsync(place, order.Manifest, cancellationToken);
        await ApplyAsync(new JobCommand.ManifestPublished(order.Generation, order.Manifest.Epoch, published.Outcome, published.Manifest, published.Message));
    }

    /// <summary>In the lane of each worker, so that it never overtakes a start. One that cannot be told is left to the bound of the job's wait.</summary>
    private void TearDown(IReadOnlyList<JobFinishedRequest> requests, long generation)
    {
        var left = requests.Count;
        foreach (var request in requests)
        {
            Queue($"worker/{request.Context.WorkerId}", TellTimeout, async token =>
            {
                await _workers.FinishAsync(request, token);
                left--;
                if (left == 0)
                {
                    await ApplyAsync(new JobCommand.TornDown(generation));
                }
            }, Ignore);
        }
    }

    private void TellWorker(JobOrder.OfGeneration order, string worker, Func<CancellationToken, Task> tell) =>
        Queue($"worker/{worker}", TellTimeout, tell, why => ApplyAsync(new JobCommand.LoseWorker(order.Generation, worker, why)));

    /// <summary>Does something once what was queued before it in the same lane is done.</summary>
    /// <param name="lane">What follows each other.</param>
    /// <param name="atMost">Longest time.</param>
    /// <param name="act">Does it.</param>
    /// <param name="fail">Learns why it failed.</param>

    private void Queue(string lane, TimeSpan atMost, Func<CancellationToken, Task> act, Func<string, Task> fail)
    {
        if (_stopped.IsCancellationRequested)
        {
            return;
        }

        if (_lanes.Count >= LanesMax)
        {
            foreach (var idle in _lanes.Where(one => one.Value.IsCompleted).Select(one => one.Key).ToList())
            {
                _lanes.Remove(idle);
            }
        }

        _lanes[lane] = RunAsync(_lanes.GetValueOrDefault(lane, Task.CompletedTask), lane, atMost, act, fail);
    }

    private async Task RunAsync(Task before, string lane, TimeSpan atMost, Func<CancellationToken, Task> act, Func<string, Task> fail)
    {
        await before;
        try
        {
            using var bound = new CancellationTokenSource(atMost, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, _stopped);
            await act(either.Token).WaitAsync(either.Token);
        }
        catch (Exception exception) when (!_stopped.IsCancellationRequested)
        {
            LogNotDone(exception, Id, lane);
            await FailAsync(fail, exception is OperationCanceledException ? $"there was no answer within {atMost}" : exception.Message);
        }
        catch (Exception exception)
        {
            // The activation ends; the next one repeats what is owed.
            LogStopped(exception, Id, lane);
        }
    }

    private async Task FailAsync(Func<string, Task> fail, string why)
    {
        try
        {
            await fail(why);
        }
        catch (Exception exception)
        {
            // The store does not take the decision: the activation ends, and the next one begins from what is stored.
            LogNotDone(exception, Id, StoreLane);
        }
    }
}
