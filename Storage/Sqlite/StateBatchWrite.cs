namespace OrleansFlow.Storage.Sqlite;

/// <summary>Several states of one grain: all of them or none, beside whatever else the group holds.</summary>
/// <param name="grain">Text of the grain's id.</param>
/// <param name="rows">The states.</param>
/// <param name="changes">The same, in the same order; each is told its new etag.</param>
internal sealed class StateBatchWrite(string grain, StateRow[] rows, IReadOnlyList<GrainStateChange> changes) : StoreWrite
{
    public override bool MayWait { get; } = changes.All(static change => change.MayWait);

    public override int StateBytes { get; } = rows.Sum(static row => row.StateBytes);

    protected override Exception? Apply(WriteStatements statements)
    {
        statements.BeginPart();
        foreach (ref readonly var row in rows.AsSpan())
        {
            if (row.Apply(grain, statements) is { } refusal)
            {
                statements.EndPart(keep: false);
                return refusal;
            }
        }

        statements.EndPart(keep: true);
        return null;
    }

    protected override void OnDurable()
    {
        for (var index = 0; index < rows.Length; index++)
        {
            changes[index].NextETag = rows[index].NextETag;
        }
    }
}
