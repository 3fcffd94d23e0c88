using Orleans.Storage;
using OrleansFlow.Storage.Groups;

namespace OrleansFlow.Storage.Postgres;

/// <summary>One write of a PostgreSQL store: state rows of one grain that stand or fall together, or one change of a reminder.</summary>
internal abstract class PostgresWrite : GroupedWrite
{
    /// <summary>The grain whose rows are written; null: those of any grain.</summary>
    public abstract string? Grain { get; }

    /// <summary>Notes what the transaction did with this write.</summary>
    /// <param name="applied">Whether it was applied.</param>
    public virtual void Conclude(bool applied)
    {
    }
}

/// <summary>One state row to write.</summary>
/// <param name="WriteId">Says which write made the row; unlike any other write's.</param>
/// <param name="Name">Name of the state.</param>
/// <param name="Expected">The version that the caller read; 0: no row was there.</param>
/// <param name="Payload">JSON; null deletes.</param>
internal readonly record struct StateRow(long WriteId, string Name, long Expected, string? Payload);

/// <summary>Writes state rows of one grain when each has the version that its writer read; otherwise none of them.</summary>
internal sealed class StateWrite(string grain, StateRow[] rows, bool mayWait = false) : PostgresWrite
{
    public override bool MayWait => mayWait;

    public override string Grain => grain;

    public StateRow[] Rows => rows;

    public override int StateBytes { get; } = rows.Sum(row => row.Payload?.Length ?? 0);

    public override void Conclude(bool applied) => Refusal = applied
        ? null
        : new InconsistentStateException(
            $"State {string.Join(", ", rows.Select(row => $"'{row.Name}'"))} of grain '{grain}' was changed by someone else since it was read.",
            "unknown",
            rows[0].Expected.ToString(System.Globalization.CultureInfo.InvariantCulture));
}

/// <summary>Inserts or replaces one reminder.</summary>
internal sealed class ReminderUpsert(string grain, string name, long hash, long startTicks, long periodTicks, string etag) : PostgresWrite
{
    /// <summary>A reminder backs something that is written beside it.</summary>
    public override bool MayWait => true;

    public override string Grain => grain;

    public override int StateBytes => 64;

    public object[] Values { get; } = [grain, name, hash, startTicks, periodTicks, etag];
}

/// <summary>Deletes one reminder when its etag is the expected one.</summary>
internal sealed class ReminderDelete(string grain, string name, string etag) : PostgresWrite
{
    /// <summary>Whether a row was deleted; valid once the write is done.</summary>
    public bool Deleted { get; private set; }

    public override bool MayWait => true;

    public override string Grain => grain;

    public override int StateBytes => 64;

    public object[] Values { get; } = [grain, name, etag];

    public override void Conclude(bool applied) => Deleted = applied;
}

/// <summary>Deletes every reminder.</summary>
internal sealed class ReminderClear : PostgresWrite
{
    public override string? Grain => null;

    public override int StateBytes => 64;
}
