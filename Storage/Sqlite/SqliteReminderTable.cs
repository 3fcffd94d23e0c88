using System.Globalization;
using Microsoft.Data.Sqlite;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>Reminders in the same database as the grain states, written by the same groups.</summary>
internal sealed class SqliteReminderTable(SqliteStore store) : IReminderTable
{
    private const string Columns = "SELECT grain, name, start_ticks, period_ticks, etag FROM reminder";
    private long _etags;

    /// <inheritdoc/>
    public Task Init()
    {
        store.Open();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<ReminderTableData> ReadRows(GrainId grainId) =>
        new(await store.ReadAsync(grainId.ToString(), static (connection, grain) => Find(connection.Connection, $"{Columns} WHERE grain = $a", grain)));

    /// <inheritdoc/>
    public async Task<ReminderTableData> ReadRows(uint begin, uint end)
    {
        // The range is (begin, end] on a ring: when begin is not below end it wraps around zero, and equal ends mean the whole ring.
        var where = begin < end ? "hash > $a AND hash <= $b" : "hash > $a OR hash <= $b";
        return new ReminderTableData(await store.ReadAsync(
            (begin, end, where),
            static (connection, range) => Find(connection.Connection, $"{Columns} WHERE {range.where}", (long)range.begin, (long)range.end)));
    }

    /// <inheritdoc/>
    public async Task<ReminderEntry> ReadRow(GrainId grainId, string reminderName)
    {
        var rows = await store.ReadAsync(
            (grain: grainId.ToString(), name: reminderName),
            static (connection, key) => Find(connection.Connection, $"{Columns} WHERE grain = $a AND name = $b", key.grain, key.name));
        return rows.Count > 0 ? rows[0] : null!;
    }

    /// <inheritdoc/>
    public async Task<string> UpsertRow(ReminderEntry entry)
    {
        var etag = string.Create(
            CultureInfo.InvariantCulture, $"{entry.StartAt.Ticks:x}-{entry.Period.Ticks:x}-{Interlocked.Increment(ref _etags):x}");
        await store.WriteAsync(new ReminderUpsert(
            entry.GrainId.ToString(), entry.ReminderName, entry.GrainId.GetUniformHashCode(), entry.StartAt.ToUniversalTime(), entry.Period, etag));
        return etag;
    }

    /// <inheritdoc/>
    public async Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag)
    {
        var delete = new ReminderDelete(grainId.ToString(), reminderName, eTag);
        await store.WriteAsync(delete);
        return delete.Deleted;
    }

    /// <inheritdoc/>
    public Task TestOnlyClearTable() => store.WriteAsync(new ReminderClear());

    private static List<ReminderEntry> Find(SqliteConnection connection, string sql, params ReadOnlySpan<object> values)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Literals of this class only.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var index = 0; index < values.Length; index++)
        {
            command.Parameters.AddWithValue(index == 0 ? "$a" : "$b", values[index]);
        }

        var rows = new List<ReminderEntry>();
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(new ReminderEntry
            {
                GrainId = GrainId.Parse(reader.GetString(0), CultureInfo.InvariantCulture),
                ReminderName = reader.GetString(1),
                StartAt = new DateTime(reader.GetInt64(2), DateTimeKind.Utc),
                Period = TimeSpan.FromTicks(reader.GetInt64(3)),
                ETag = reader.GetString(4),
            });
        }

        return rows;
    }
}
