using Microsoft.Extensions.Logging;
using Orleans.Streams;
using OrleansFlow.Events;
using OrleansFlow.Grains.Events;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Workers;

/// <content>What others are told on a stream, where the silo publishes events.</content>
internal sealed partial class WorkerGrain
{
    private readonly FlowEvents? _events;
    private FactOutbox<WorkerFact>? _facts;
    private long _lastFact;

    /// <summary>Tells how the worker stands since now. Not stored: after a crash the next session tells how it stands then.</summary>
    private void Tell(WorkerLiveness liveness, string? sessionId, int leaseCount, string? reason = null)
    {
        if (_events is null)
        {
            return;
        }

        var nowUtc = _clock.GetUtcNow();
        _facts ??= new FactOutbox<WorkerFact>(
            this.GetStreamProvider(FlowStreams.Provider).GetStream<WorkerFact>(FlowStreams.WorkerEvents, this.GetPrimaryKeyString()),
            _clock,
            exception => LogFactsNotPublished(exception, Id),
            CancellationToken.None);

        // Of the time, so that it grows over restarts without a write of its own.
        _lastFact = Math.Max(_lastFact + 1, nowUtc.ToUnixTimeMilliseconds());
        _facts.Add(
        [
            new WorkerFact
            {
                WorkerId = Id, Sequence = _lastFact, AtUtc = nowUtc, Liveness = liveness, SessionId = sessionId ?? "", Reason = reason, LeaseCount = leaseCount,
            },
        ]);
        _facts.Release();
    }

    [LoggerMessage(EventId = 2190, Level = LogLevel.Warning, Message = "Facts about worker {WorkerId} could not be published on its stream; they are published again")]
    private partial void LogFactsNotPublished(Exception exception, WorkerId workerId);
}
