using System.Globalization;
using Npgsql;

namespace OrleansFlow.Storage.Postgres;

/// <summary>Reminders in the same schema as the grain states, written by the same groups.</summary>
internal sealed class PostgresReminderTable(PostgresStore store) : IReminderTable
{
    private const string Columns = "SELECT grain, name, start_ticks, period_ticks, etag FROM reminder";

    /// <inheritdoc/>
    public Task Init() => store.OpenAsync(CancellationToken.None);

    /// <inheritdoc/>
    public async Task<ReminderTableData> ReadRows(GrainId grainId) =>
        new(await store.ReadAsync(grainId.ToString(), static (connection, grain, token) => FindAsync(connection, $"{Columns} WHERE grain = $1", [grain], token)));

    /// <inheritdoc/>
    public async Task<ReminderTableData> ReadRows(uint begin, uint end)
    {
        // The range is (begin, end] on a ring: when begin is not below end it wraps around zero, and equal ends mean the whole ring.
        var where = begin < end ? "hash > $1 AND hash <= $2" : "hash > $1 OR hash <= $2";
        return new ReminderTableData(await store.ReadAsync(
            (begin, end, where),
            static (connection, range, token) => FindAsync(connection, $"{Columns} WHERE {range.where}", [(long)range.begin, (long)range.end], token)));
    }

    /// <inheritdoc/>
    public async Task<ReminderEntry> ReadRow(GrainId grainId, string reminderName)
    {
        var rows = await store.ReadAsync(
            (grain: grainId.ToString(), name: reminderName),
            static (connection, key, token) => FindAsync(connection, $"{Columns} WHERE grain = $1 AND name = $2", [key.grain, key.name], token));
        return rows.Count > 0 ? rows[0] : null!;
    }

    /// <inheritdoc/>
    public async Task<string> UpsertRow(ReminderEntry entry)
    {
        var etag = store.NextWriteId().ToString("x", CultureInfo.InvariantCulture);
        await store.WriteAsync(new ReminderUpsert(
            entry.GrainId.ToString(),
            entry.ReminderName,
            entry.GrainId.GetUniformHashCode(),
            entry.StartAt.ToUniversalTime().Ticks,
            entry.Period.Ticks,
            etag));
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

    private static async Task<List<ReminderEntry>> FindAsync(NpgsqlConnection connection, string sql, object[] values, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // Literals of this class only.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        var rows = new List<ReminderEntry>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
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
