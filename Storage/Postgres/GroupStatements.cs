using System.Globalization;
using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;

namespace OrleansFlow.Storage.Postgres;

/// <summary>
/// Turns a group into a few statements that travel together and are one transaction on the server: the owner's check, then one statement for
/// all new rows, one for all changed and one for all deleted ones, whatever their number, and one for each write that has several rows.
/// </summary>
/// <remarks>
/// Rows travel as arrays, a column each, and come out of <c>unnest</c>. Nothing of this is built per row but array elements, so that the
/// server parses and plans once. Used by one thread.
/// </remarks>
internal sealed class GroupStatements(long? ownerEpoch, long lockKey)
{
    private const string Insert =
        """
        INSERT INTO grain_state (write_id, grain, name, payload, version)
        SELECT w.*, 1 FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS w ON CONFLICT DO NOTHING RETURNING write_id
        """;

    private const string Update =
        """
        UPDATE grain_state AS s SET version = s.version + 1, write_id = w.write_id, payload = w.payload
        FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS w (write_id, grain, name, payload, expected)
        WHERE s.grain = w.grain AND s.name = w.name AND s.version = w.expected RETURNING s.write_id
        """;

    private const string Delete =
        """
        DELETE FROM grain_state AS s USING unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[]) AS w (write_id, grain, name, expected)
        WHERE s.grain = w.grain AND s.name = w.name AND s.version = w.expected RETURNING w.write_id
        """;

    private readonly RowColumns _inserts = new();
    private readonly RowColumns _updates = new();
    private readonly RowColumns _deletes = new();
    private readonly HashSet<long> _applied = [];

    /// <summary>Sends the group, reads what became of each write, and commits.</summary>
    public void Execute(NpgsqlConnection connection, List<PostgresWrite> group)
    {
        using var batch = new NpgsqlBatch(connection);
        if (ownerEpoch is { } epoch)
        {
            batch.BatchCommands.Add(Command("SELECT hold_store($1, $2)", Value(epoch), Value(lockKey)));
        }

        var rest = AddSingleRows(batch, group);
        foreach (var write in rest)
        {
            batch.BatchCommands.Add(CommandOf(write));
        }

        // Without an explicit transaction all statements of a batch are one, which ends when the last has run: one round trip in all.
        using var reader = batch.ExecuteReader();
        if (ownerEpoch is not null)
        {
            reader.NextResult();
        }

        _applied.Clear();
        foreach (var columns in (ReadOnlySpan<RowColumns>)[_inserts, _updates, _deletes])
        {
            if (columns.Count == 0)
            {
                continue;
            }

            while (reader.Read())
            {
                _applied.Add(reader.GetInt64(0));
            }

            reader.NextResult();
        }

        // Nothing is concluded before the end has been read: only then is the transaction committed.
        var concluded = new bool[rest.Count];
        for (var index = 0; index < rest.Count; index++)
        {
            concluded[index] = reader.Read() && reader.GetBoolean(0);
            reader.NextResult();
        }

        reader.Close();
        Conclude(group, rest, concluded);
    }

    /// <summary>Whether the rows are as this write leaves them: what a transaction whose answer was lost is asked.</summary>
    public static bool WasApplied(NpgsqlConnection connection, StateWrite write)
    {
        foreach (var row in write.Rows)
        {
            using var command = new NpgsqlCommand("SELECT write_id FROM grain_state WHERE grain = $1 AND name = $2", connection);
            command.Parameters.Add(Value(write.Grain));
            command.Parameters.Add(Value(row.Name));
            var found = command.ExecuteScalar();
            if (row.Payload is null ? found is not null : !row.WriteId.Equals(found))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether no reminder of this name is left, whoever deleted it.</summary>
    public static bool IsGone(NpgsqlConnection connection, ReminderDelete delete)
    {
        using var command = new NpgsqlCommand("SELECT 1 FROM reminder WHERE grain = $1 AND name = $2", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = delete.Values[0] });
        command.Parameters.Add(new NpgsqlParameter { Value = delete.Values[1] });
        return command.ExecuteScalar() is null;
    }

    private List<PostgresWrite> AddSingleRows(NpgsqlBatch batch, List<PostgresWrite> group)
    {
        _inserts.Clear();
        _updates.Clear();
        _deletes.Clear();
        var rest = new List<PostgresWrite>();
        foreach (var write in CollectionsMarshal.AsSpan(group))
        {
            // A lone write needs no arrays: the plain statements are quicker.
            if (group.Count > 1 && write is StateWrite { Rows: [var row] } single && !(row.Payload is null && row.Expected == 0))
            {
                (row.Payload is null ? _deletes : row.Expected == 0 ? _inserts : _updates).Add(single.Grain, row);
            }
            else
            {
                rest.Add(write);
            }
        }

        if (_inserts.Count > 0)
        {
            batch.BatchCommands.Add(Command(Insert, _inserts.WriteIds, _inserts.Grains, _inserts.Names, _inserts.Payloads));
        }

        if (_updates.Count > 0)
        {
            batch.BatchCommands.Add(Command(Update, _updates.WriteIds, _updates.Grains, _updates.Names, _updates.Payloads, _updates.Versions));
        }

        if (_deletes.Count > 0)
        {
            batch.BatchCommands.Add(Command(Delete, _deletes.WriteIds, _deletes.Grains, _deletes.Names, _deletes.Versions));
        }

        return rest;
    }

    private void Conclude(List<PostgresWrite> group, List<PostgresWrite> rest, bool[] concluded)
    {
        var next = 0;
        foreach (var write in group)
        {
            if (next < rest.Count && ReferenceEquals(rest[next], write))
            {
                write.Conclude(concluded[next++]);
            }
            else
            {
                write.Conclude(_applied.Contains(((StateWrite)write).Rows[0].WriteId));
            }
        }
    }

    private static NpgsqlBatchCommand CommandOf(PostgresWrite write) => write switch
    {
        StateWrite { Rows: [{ Payload: not null, Expected: 0 } row] } state => Command(
            "INSERT INTO grain_state (grain, name, version, write_id, payload) VALUES ($1, $2, 1, $3, $4) ON CONFLICT DO NOTHING RETURNING true",
            Value(state.Grain),
            Value(row.Name),
            Value(row.WriteId),
            Value(row.Payload)),
        StateWrite { Rows: [{ Payload: not null } row] } state => Command(
            "UPDATE grain_state SET version = version + 1, write_id = $3, payload = $4 WHERE grain = $1 AND name = $2 AND version = $5 RETURNING true",
            Value(state.Grain),
            Value(row.Name),
            Value(row.WriteId),
            Value(row.Payload),
            Value(row.Expected)),
        StateWrite state => Command(
            "SELECT write_rows($1, $2, $3, $4, $5)",
            Value(state.Grain),
            Value(state.Rows.Select(row => row.WriteId).ToArray()),
            Value(state.Rows.Select(row => row.Name).ToArray()),
            Value(state.Rows.Select(row => row.Payload).ToArray()),
            Value(state.Rows.Select(row => row.Expected).ToArray())),
        ReminderUpsert upsert => Command(
            """
            INSERT INTO reminder (grain, name, hash, start_ticks, period_ticks, etag) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (grain, name) DO UPDATE SET start_ticks = $4, period_ticks = $5, etag = $6 RETURNING true
            """,
            [.. upsert.Values.Select(value => new NpgsqlParameter { Value = value })]),
        ReminderDelete delete => Command(
            "DELETE FROM reminder WHERE grain = $1 AND name = $2 AND etag = $3 RETURNING true",
            [.. delete.Values.Select(value => new NpgsqlParameter { Value = value })]),
        ReminderClear => Command("WITH gone AS (DELETE FROM reminder) SELECT true"),
        _ => throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{write.GetType()} is no write of this store."), nameof(write)),
    };

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    private static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> values)
    {
#pragma warning disable CA2100 // Literals of this class only.
        var command = new NpgsqlBatchCommand(sql);
#pragma warning restore CA2100
        foreach (var value in values)
        {
            command.Parameters.Add(value);
        }

        return command;
    }

    /// <summary>Rows of one kind, a list for each column; the lists are used again and again.</summary>
    private sealed class RowColumns
    {
        private readonly List<long> _writeIds = [];
        private readonly List<string> _grains = [];
        private readonly List<string> _names = [];
        private readonly List<string?> _payloads = [];
        private readonly List<long> _versions = [];

        public int Count => _writeIds.Count;

        public NpgsqlParameter WriteIds => new() { Value = _writeIds, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

        public NpgsqlParameter Grains => new() { Value = _grains, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

        public NpgsqlParameter Names => new() { Value = _names, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

        public NpgsqlParameter Payloads => new() { Value = _payloads, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

        public NpgsqlParameter Versions => new() { Value = _versions, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

        public void Add(string grain, StateRow row)
        {
            _writeIds.Add(row.WriteId);
            _grains.Add(grain);
            _names.Add(row.Name);
            _payloads.Add(row.Payload);
            _versions.Add(row.Expected);
        }

        public void Clear()
        {
            _writeIds.Clear();
            _grains.Clear();
            _names.Clear();
            _payloads.Clear();
            _versions.Clear();
        }
    }
}
