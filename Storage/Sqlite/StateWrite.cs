namespace OrleansFlow.Storage.Sqlite;

/// <summary>One state of one grain.</summary>
/// <param name="grain">Text of the grain's id.</param>
/// <param name="row">The state.</param>
/// <param name="change">Is told its new etag; null for none.</param>
internal sealed class StateWrite(string grain, StateRow row, GrainStateChange? change = null) : StoreWrite
{
    /// <summary>Version after this write.</summary>
    public long NextVersion => row.NextVersion;

    public override bool MayWait => change is { MayWait: true };

    public override int StateBytes => row.StateBytes;

    protected override Exception? Apply(WriteStatements statements) => row.Apply(grain, statements);

    protected override void OnDurable()
    {
        if (change is not null)
        {
            change.NextETag = row.NextETag;
        }
    }
}
