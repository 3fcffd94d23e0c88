using Npgsql;
using OrleansFlow.Storage.Groups;

namespace OrleansFlow.Workflows.Stores.Postgres;

/// <summary>One write that waits for its group: a statement that may be sent again, and what its first value means.</summary>
/// <param name="row">What it changes: groups lock rows in this order, so that those of two processes never wait for each other.</param>
/// <param name="bytes">Its size.</param>
/// <param name="mayWait">Whether nobody waits for it soon.</param>
/// <param name="command">Makes the statement.</param>
/// <param name="conclude">Takes the first value of its first row, null for none, once all is committed.</param>
internal sealed class PostgresWrite(string row, int bytes, bool mayWait, Func<NpgsqlBatchCommand> command, Action<object?> conclude) : GroupedWrite
{
    public string Row => row;

    public override bool MayWait => mayWait;

    public override int StateBytes => bytes;

    public NpgsqlBatchCommand Command() => command();

    public void Conclude(object? value) => conclude(value);
}
