namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>A row whose call is under way, or has ended and waits for its turn.</summary>
/// <param name="id">Under which it is kept; one of the hashes of its subtask.</param>
/// <param name="row">The row.</param>
/// <param name="timeMicros">Its event time.</param>
internal sealed class PendingCall<TIn, TOut>(ulong id, TIn row, long timeMicros)
{
    private bool _isDone;

    public ulong Id { get; } = id;

    public TIn Row { get; } = row;

    public long TimeMicros { get; } = timeMicros;

    /// <summary>Whether it is in the state of the last checkpoint.</summary>
    public bool IsStored { get; set; }

    /// <summary>The call, for whoever waits for its end.</summary>
    public Task Call { get; set; } = Task.CompletedTask;

    /// <summary>What came of it, once it is done.</summary>
    public TOut? Result { get; private set; }

    /// <summary>Why nothing came of it, once it is done; null: something did.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether the call has ended. It ends on any thread, so that this is read before what came of it.</summary>
    public bool IsDone => Volatile.Read(ref _isDone);

    public void End(TOut? result, Exception? failure)
    {
        (Result, Failure) = (result, failure);
        Volatile.Write(ref _isDone, true);
    }
}
