using OrleansFlow.Storage.Groups;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>One write of a SQLite store. <see cref="Execute"/> runs inside the group's transaction on the writer's thread.</summary>
internal abstract class StoreWrite : GroupedWrite
{
    /// <summary>Applies the write, or remembers why it is refused. A refused write leaves the transaction as it was.</summary>
    public void Execute(WriteStatements statements) => Refusal = Apply(statements);

    /// <returns>Null when applied, else the reason why this write alone is refused.</returns>
    protected abstract Exception? Apply(WriteStatements statements);
}
