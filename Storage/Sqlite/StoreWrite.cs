namespace OrleansFlow.Storage.Sqlite;

/// <summary>One write waiting for its group. <see cref="Execute"/> runs inside the group's transaction on the writer's thread.</summary>
internal abstract class StoreWrite
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _refusal;

    /// <summary>Completes after the commit that holds this write, or with what went wrong.</summary>
    public Task Done => _done.Task;

    /// <summary>Bytes of state in this write.</summary>
    public abstract int StateBytes { get; }

    /// <summary>Applies the write, or remembers why it is refused. A refused write leaves the transaction as it was.</summary>
    public void Execute(WriteStatements statements) => _refusal = Apply(statements);

    /// <summary>Reports the outcome once the transaction is on disk.</summary>
    public void Acknowledge()
    {
        if (_refusal is null)
        {
            _done.SetResult();
        }
        else
        {
            _done.SetException(_refusal);
        }
    }

    /// <summary>Reports that nothing of this write was kept, or that it is not known.</summary>
    public void Fail(Exception exception) => _done.SetException(exception);

    /// <returns>Null when applied, else the reason why this write alone is refused.</returns>
    protected abstract Exception? Apply(WriteStatements statements);
}
