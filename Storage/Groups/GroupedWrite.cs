namespace OrleansFlow.Storage.Groups;

/// <summary>One write waiting for its group.</summary>
internal abstract class GroupedWrite
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes after the commit that holds this write, or with what went wrong.</summary>
    public Task Done => _done.Task;

    /// <summary>
    /// True when nothing that anybody waits for depends on it soon: it then begins no commit of its own for a moment, and shares the next one.
    /// </summary>
    public virtual bool MayWait => false;

    /// <summary>Bytes of state in this write.</summary>
    public abstract int StateBytes { get; }

    /// <summary>Why this write alone is refused, as found by the group's transaction; null: it was applied.</summary>
    public Exception? Refusal { get; protected set; }

    /// <summary>Reports the outcome once the transaction is on disk.</summary>
    public void Acknowledge()
    {
        if (Refusal is null)
        {
            OnDurable();
            _done.SetResult();
        }
        else
        {
            _done.SetException(Refusal);
        }
    }

    /// <summary>Reports that nothing of this write was kept, or that it is not known.</summary>
    public void Fail(Exception exception) => _done.SetException(exception);

    /// <summary>The write is on disk; called by the writer before anybody who waits learns of it. Must not throw.</summary>
    protected virtual void OnDurable()
    {
    }
}
