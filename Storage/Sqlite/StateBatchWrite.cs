namespace OrleansFlow.Storage.Sqlite;

/// <summary>Several states of one grain: all of them or none, beside whatever else the group holds.</summary>
/// <param name="writes">The states.</param>
/// <param name="mayWait">Whether it may wait for company.</param>
internal sealed class StateBatchWrite(IReadOnlyList<StateWrite> writes, bool mayWait) : StoreWrite
{
    public override bool MayWait => mayWait;

    public override int StateBytes => writes.Sum(write => write.StateBytes);

    protected override Exception? Apply(WriteStatements statements)
    {
        if (writes.Count == 1)
        {
            // Nothing before it that would have to be undone.
            return writes[0].ApplyTo(statements);
        }

        statements.BeginPart();
        foreach (var write in writes)
        {
            if (write.ApplyTo(statements) is { } refusal)
            {
                statements.EndPart(keep: false);
                return refusal;
            }
        }

        statements.EndPart(keep: true);
        return null;
    }
}
