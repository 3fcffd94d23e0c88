using System.Runtime.CompilerServices;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Streaming.Exchange;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Worker.Inputs;

/// <summary>
/// One reading of parents' batches: the gateway sends references for the credit it was given, a loader opens them ahead of the handler,
/// and each batch that the handler takes gives its credit back.
/// </summary>
internal sealed class UpstreamReader(
    long id, TaskAttempt attempt, ArtifactRequest request, SessionOutbox outbox, IArtifactStore store, WorkerSessionOptions options)
{
    private readonly Lock _gate = new();
    private readonly Queue<InputRef> _references = new();
    private readonly SeenBatches _seen = new();
    private TaskCompletionSource? _arrival;
    private FlowException? _failure;
    private bool _isComplete;

    // What the loader opens or reads; it reads nothing further once it has failed.
    private InputRef? _opening;

    // Of the references that came: not yet taken by the handler, and taken without their credit having been given back.
    private int _unread;
    private int _creditDue;

    // Sequence of the newest reference that came, for an input adapter, whose references come in that order.
    private long _lastSequence;

    public long Id => id;

    public Lease Lease => attempt.Offer.Lease;

    /// <summary>The gateway will send no more.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Asks the gateway for the references, from the first on.</summary>
    public void Ask()
    {
        ReadInputs message;
        lock (_gate)
        {
            if (HasEnded)
            {
                return;
            }

            _creditDue = 0;
            message = request.ToMessage(id, attempt.Offer.Lease, Math.Max(0, options.PrefetchBatches - _unread), _lastSequence);
        }

        outbox.AddControl(new WorkerMessage { ReadInputs = message });
    }

    /// <summary>References arrived.</summary>
    public void OnReferences(InputRefs message)
    {
        TaskCompletionSource? arrival;
        var repeated = 0;
        lock (_gate)
        {
            foreach (var reference in message.Refs)
            {
                if (!IsNewWhileLocked(reference))
                {
                    repeated++;
                    continue;
                }

                _references.Enqueue(reference);
                _unread++;
            }

            // Twice the window leaves room for references that crossed with a new request; more means that credit is not heeded.
            if (_unread > 2 * options.PrefetchBatches)
            {
                _failure = new FlowException(
                    FlowErrorCode.UnexpectedError, $"The gateway sent {_unread} references for a credit of {options.PrefetchBatches}.");
            }

            // An ended lease is no failure to report: the attempt is stopped, and that ends the reading.
            if (message.FailedReason.Length > 0 && !EffectRefusal.EndsLease(message.FailedReason))
            {
                _failure = new FlowException(
                    FlowErrorKind.OfWire(message.FailedReason).Code,
                    $"The inputs of task '{attempt.Token.TaskId}' cannot be read any further: {message.FailedReason}.");
            }

            _isComplete |= message.End;
            HasEnded |= message.End || message.FailedReason.Length > 0 || _failure is not null;
            arrival = _arrival;
            _arrival = null;
        }

        arrival?.SetResult();
        if (repeated > 0 && !HasEnded)
        {
            GiveCredit(repeated);
        }
    }

    /// <summary>The batches, in order. Each belongs to whoever enumerates.</summary>
    public async IAsyncEnumerable<LoadedBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, attempt.Stopping);
        using var queue = new BatchQueue<LoadedBatch>(
            new BatchQueueLimits { MaxBatches = options.PrefetchBatches, MaxRows = long.MaxValue, MaxBytes = options.PrefetchBytes });
        var loading = LoadAllAsync(queue, stop.Token);
        try
        {
            while (await ReadAsync(queue, stop.Token) is { } loaded)
            {
                if (loaded.EndsReference)
                {
                    OnTaken();
                }

                yield return loaded;
            }
        }
        finally
        {
            await stop.CancelOnSchedulerAsync();
            queue.Dispose();
            await loading;
        }
    }

    /// <summary>The next batch. That one is gone counts once the handler has come to it: until then it may fail for a reason of its own.</summary>
    private async ValueTask<LoadedBatch?> ReadAsync(BatchQueue<LoadedBatch> queue, CancellationToken cancellationToken)
    {
        try
        {
            return await queue.ReadAsync(cancellationToken);
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.ArtifactLost && _opening is { } lost)
        {
            attempt.NoteLost(lost);
            throw;
        }
    }

    private bool IsNewWhileLocked(InputRef reference)
    {
        if (request.Pull is null)
        {
            return _seen.TryAdd(reference.Node, reference.TaskIndex, reference.Index);
        }

        var isNew = reference.Sequence > _lastSequence;
        _lastSequence = Math.Max(_lastSequence, reference.Sequence);
        return isNew;
    }

    /// <summary>Opens the references one after the other. Never throws: what goes wrong reaches the handler through the queue.</summary>
    private async Task LoadAllAsync(BatchQueue<LoadedBatch> queue, CancellationToken cancellationToken)
    {
        try
        {
            while (await NextReferenceAsync(cancellationToken) is { } reference)
            {
                _opening = reference;
                using var file = store.OpenRead(reference.Path);
                var uid = $"{reference.Node}/{reference.TaskIndex}/{reference.Index}";
                if (file.BatchCount == 0)
                {
                    OnTaken();
                }

                for (var i = 0; i < file.BatchCount; i++)
                {
                    var batch = file.ReadBatch(i);
                    var loaded = new LoadedBatch(file.BatchCount == 1 ? uid : $"{uid}.{i}", batch, i == file.BatchCount - 1, reference, file.BatchCount == 1);
                    if (!await queue.WriteAsync(loaded, batch.RowCount, batch.ByteCount, cancellationToken))
                    {
                        return;
                    }
                }
            }

            queue.Complete();
        }
        catch (Exception exception)
        {
            queue.Complete(exception);
        }
    }

    private async ValueTask<InputRef?> NextReferenceAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task arrival;
            lock (_gate)
            {
                if (_references.TryDequeue(out var reference))
                {
                    return reference;
                }

                if (_failure is not null)
                {
                    throw _failure;
                }

                if (_isComplete)
                {
                    return null;
                }

                _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _arrival.Task;
            }

            await arrival.OnSchedulerAsync().WaitAsync(cancellationToken);
        }
    }

    private void OnTaken()
    {
        int due;
        lock (_gate)
        {
            _unread--;
            _creditDue++;

            // In halves of the window: fewer messages, and the gateway still never runs dry.
            if (HasEnded || _creditDue < (options.PrefetchBatches + 1) / 2)
            {
                return;
            }

            due = _creditDue;
            _creditDue = 0;
        }

        GiveCredit(due);
    }

    private void GiveCredit(int credit) =>
        outbox.AddControl(new WorkerMessage { InputCredit = new InputCredit { ReaderId = id, Credit = credit } });
}
