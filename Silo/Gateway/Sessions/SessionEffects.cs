using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Sessions;
using OrleansFlow.Workers;
using Wire = OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>
/// Records what a worker reports: many at a time, so that they share the store's transactions, and answers with receipts, as many in one
/// message as are ready. An outcome waits for the batches of its own lease that were reported before it. The outcomes in one message go
/// to each owner, a run or a partition of standalone tasks, in one call.
/// </summary>
internal sealed partial class SessionEffects
{
    private const int ReceiptsPerMessage = 512;

    private readonly IGrainFactory _grains;
    private readonly WorkerId _workerId;
    private readonly IWorkerGrain _worker;
    private readonly string _sessionId;
    private readonly SessionOutbox _outbox;
    private readonly int _inFlightMax;
    private readonly ILogger _logger;
    private readonly EffectPermits _permits;
    private readonly Channel<Wire.BatchReceipt> _batchReceipts;
    private readonly Channel<(Wire.OutcomeReceipt Receipt, LeaseToken Token, LeaseGrant? Next)> _outcomeReceipts;
    private readonly Lock _gate = new();
    private readonly Dictionary<LeaseToken, OpenBatches> _open = [];
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One for the session itself, one for each effect that is being recorded.
    private int _running = 1;

    public SessionEffects(IGrainFactory grains, WorkerId workerId, IWorkerGrain worker, string sessionId, SessionOutbox outbox, int inFlightMax, ILogger logger)
    {
        _grains = grains;
        _workerId = workerId;
        _worker = worker;
        _sessionId = sessionId;
        _outbox = outbox;
        _inFlightMax = inFlightMax;
        _logger = logger;
        _permits = new EffectPermits(inFlightMax);

        // A receipt keeps its effect's permit until it is sent, so the capacity is never exceeded and a write never waits.
        var options = new BoundedChannelOptions(inFlightMax) { SingleReader = true };
        _batchReceipts = Channel.CreateBounded<Wire.BatchReceipt>(options);
        _outcomeReceipts = Channel.CreateBounded<(Wire.OutcomeReceipt, LeaseToken, LeaseGrant?)>(options);
    }

    /// <summary>Begins to record batches; waits only while too much is in flight.</summary>
    public async ValueTask ReportAsync(Wire.BatchReports message, CancellationToken cancellationToken)
    {
        foreach (var wire in message.Reports)
        {
            var report = wire.ToReport();
            await _permits.WaitAsync(cancellationToken);
            Open(report.Token);
            Interlocked.Increment(ref _running);
            _ = ReportOneAsync(report, cancellationToken);
        }
    }

    /// <summary>Sends receipts and frees slots until cancelled, or until <see cref="FinishAsync"/> has found everything answered.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (batches, outcomes) = (SendBatchReceiptsAsync(cancellationToken), SendOutcomeReceiptsAsync(cancellationToken));

        // A loop that fails must end the session at once: waiting for the other one would keep a session that answers nothing.
        await await Task.WhenAny(batches, outcomes);
        await Task.WhenAll(batches, outcomes);
    }

    /// <summary>Waits until everything begun is recorded and its receipts are on their way; nothing may be begun after that.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        for (var taken = 0; taken < _inFlightMax; taken++)
        {
            await _permits.WaitAsync(cancellationToken);
        }

        _batchReceipts.Writer.TryComplete();
        _outcomeReceipts.Writer.TryComplete();
    }

    /// <summary>Waits until no call is under way, whatever became of its receipt. Nothing may be begun after that.</summary>
    public async Task SettleAsync()
    {
        Leave();
        await _settled.Task.OnSchedulerAsync();

        // Leases that were granted with the end of a step and that the worker never heard of: they end with the others of the session, not only
        // when their time is over.
        var swaps = new List<LeaseSwap>();
        while (_outcomeReceipts.Reader.TryRead(out var item))
        {
            if (item.Next is { } next)
            {
                swaps.Add(new LeaseSwap(item.Token, next.Token, next.Role));
            }
        }

        if (swaps.Count > 0)
        {
            await _worker.SwapAsync(_sessionId, swaps, CancellationToken.None);
        }
    }

    private async Task ReportOneAsync(BatchReport report, CancellationToken cancellationToken)
    {
        EffectReceipt receipt;
        try
        {
            receipt = await _grains.GetGrain<ITaskGrain>(report.Token.TaskId.Value).ReportBatchAsync(report, cancellationToken);
        }
        catch (Exception exception)
        {
            receipt = Refused(exception, report.Token, cancellationToken);
        }

        Close(report.Token);
        _batchReceipts.Writer.TryWrite(new Wire.BatchReceipt
        {
            Lease = report.Token.ToWire(),
            Index = report.Index,
            Accepted = receipt.Accepted,
            RefusedReason = receipt.RefusedReason ?? "",
        });
        Leave();
    }

    private async Task SendBatchReceiptsAsync(CancellationToken cancellationToken)
    {
        var reader = _batchReceipts.Reader;
        while (await reader.WaitToReadAsync(cancellationToken))
        {
            var message = new Wire.BatchReceipts();
            while (message.Receipts.Count < ReceiptsPerMessage && reader.TryRead(out var receipt))
            {
                message.Receipts.Add(receipt);
            }

            var count = message.Receipts.Count;
            await _outbox.SendAsync(new Wire.SiloMessage { BatchReceipts = message }, cancellationToken);
            _permits.Release(count);
        }
    }

    private async Task SendOutcomeReceiptsAsync(CancellationToken cancellationToken)
    {
        var reader = _outcomeReceipts.Reader;
        while (await reader.WaitToReadAsync(cancellationToken))
        {
            var message = new Wire.OutcomeReceipts();
            var ended = new List<LeaseToken>();
            List<LeaseSwap>? swaps = null;
            while (message.Receipts.Count < ReceiptsPerMessage && reader.TryRead(out var item))
            {
                message.Receipts.Add(item.Receipt);
                if (item.Next is { } next)
                {
                    item.Receipt.Next = next.ToWire();
                    (swaps ??= []).Add(new LeaseSwap(item.Token, next.Token, next.Role));
                }
                else
                {
                    ended.Add(item.Token);
                }
            }

            if (swaps is not null)
            {
                // Before the worker hears of them, so that it can be told at any time that one of them has ended.
                await _worker.SwapAsync(_sessionId, swaps, CancellationToken.None);
            }

            // The receipt goes first: the worker must see its slot free before the next offer for it can arrive.
            var count = message.Receipts.Count;
            await _outbox.SendAsync(new Wire.SiloMessage { OutcomeReceipts = message }, cancellationToken);
            if (ended.Count > 0)
            {
                await _worker.ReleaseAsync(_sessionId, ended, cancellationToken);
            }

            _permits.Release(count);
        }
    }

    private EffectReceipt Refused(Exception exception, LeaseToken token, CancellationToken cancellationToken)
    {
        var failure = exception is TimeoutException or OrleansException
            ? new FlowException(FlowErrorCode.StoreUnavailable, "It is not known whether the effect was recorded; reporting it again is safe.", exception)
            : FlowFailures.Translate(exception);
        if (!cancellationToken.IsCancellationRequested)
        {
            LogEffectFailed(exception, token.TaskId.Value, token.Epoch, failure.Kind.Wire);
        }

        return new EffectReceipt(Accepted: false, failure.Kind.Wire);
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _running) == 0)
        {
            _settled.TrySetResult();
        }
    }

    private void Open(LeaseToken token)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(token, out var batches))
            {
                _open[token] = batches = new OpenBatches();
            }

            batches.Count++;
        }
    }

    private void Close(LeaseToken token)
    {
        OpenBatches? closed = null;
        lock (_gate)
        {
            if (_open.TryGetValue(token, out var batches) && --batches.Count == 0)
            {
                _open.Remove(token);
                closed = batches;
            }
        }

        closed?.Closed?.TrySetResult();
    }

    private Task? WaitForBatchesAsync(LeaseToken token)
    {
        lock (_gate)
        {
            return _open.TryGetValue(token, out var batches)
                ? (batches.Closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task
                : null;
        }
    }

    [LoggerMessage(EventId = 6211, Level = LogLevel.Warning,
        Message = "An effect of task {TaskId} epoch {Epoch} could not be recorded ({Reason}); its worker is told so")]
    private partial void LogEffectFailed(Exception exception, string taskId, long epoch, string reason);

    private sealed class OpenBatches
    {
        public int Count { get; set; }

        public TaskCompletionSource? Closed { get; set; }
    }
}
