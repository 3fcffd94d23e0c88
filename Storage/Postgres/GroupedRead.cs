namespace OrleansFlow.Storage.Postgres;

/// <summary>One read that waits for its turn.</summary>
internal sealed class GroupedRead(RowRange range)
{
    private readonly TaskCompletionSource<List<FoundRow>> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RowRange Range => range;

    /// <summary>What was found, in the order of the names.</summary>
    public Task<List<FoundRow>> Done => _done.Task;

    public void Conclude(List<FoundRow> rows) => _done.SetResult(rows);

    public void Fail(Exception exception) => _done.SetException(exception);
}
