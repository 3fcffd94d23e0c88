using OrleansFlow.Storage.Groups;

namespace OrleansFlow.Workflows.Stores.Sqlite;

/// <summary>One write that waits for its group.</summary>
/// <param name="bytes">Its size.</param>
/// <param name="mayWait">Whether nobody waits for it soon.</param>
/// <param name="apply">Applies it, and says why it is refused; it may be called again when its group failed.</param>
internal sealed class SqliteWrite(int bytes, bool mayWait, Func<SqliteStatements, Exception?> apply) : GroupedWrite
{
    public override bool MayWait => mayWait;

    public override int StateBytes => bytes;

    public void Execute(SqliteStatements statements) => Refusal = apply(statements);
}
