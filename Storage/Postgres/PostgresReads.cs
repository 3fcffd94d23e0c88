using System.Collections.Concurrent;
using Npgsql;
using NpgsqlTypes;

namespace OrleansFlow.Storage.Postgres;

/// <summary>Reads rows of many grains in few round trips: what comes while a lane is under way shares its next one.</summary>
/// <remarks>
/// A lane is one statement on a connection of the pool. A lone read begins a lane at once; so does a second one beside it.
/// Further lanes help when many wait. What waits is bounded by its callers: each waits for its own read.
/// </remarks>
internal sealed class PostgresReads(PostgresSession session, int lanesMax)
{
    /// <summary>Most reads of one statement.</summary>
    private const int ReadsMax = 128;

    /// <summary>Lanes that begin whatever waits; two take turns, so that one is under way while the other's answers are made use of.</summary>
    private const int EagerLanes = 2;

    private const string Point = "SELECT name, version, payload FROM grain_state WHERE grain = $1 AND name = $2";

    private const string Span = "SELECT name, version, payload FROM grain_state WHERE grain = $1 AND name >= $2 AND name < $3 ORDER BY name LIMIT $4";

    private const string Many =
        """
        SELECT s.name, s.version, s.payload, q.place
        FROM unnest($1::text[], $2::text[], $3::text[], $4::int[]) WITH ORDINALITY AS q (grain, first_name, before_name, most, place)
        CROSS JOIN LATERAL (SELECT g.name, g.version, g.payload FROM grain_state AS g
            WHERE g.grain = q.grain AND g.name >= q.first_name AND g.name < q.before_name ORDER BY g.name LIMIT q.most) AS s
        """;

    private readonly ConcurrentQueue<GroupedRead> _waiting = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _lanes = [];
    private int _laneCount;

    /// <summary>Rows of one grain, in the order of their names.</summary>
    /// <exception cref="Errors.FlowException"><c>store_unavailable</c>, <c>store_in_use</c>.</exception>
    public Task<List<FoundRow>> ReadAsync(RowRange range)
    {
        var read = new GroupedRead(range);
        _waiting.Enqueue(read);
        if (MayBegin())
        {
            Begin();
        }

        return read.Done;
    }

    /// <summary>Completes when nothing is being read any more.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            return Task.WhenAll(_lanes);
        }
    }

    private bool MayBegin()
    {
        lock (_gate)
        {
            if (_laneCount >= lanesMax || (_laneCount >= EagerLanes && _waiting.Count < ReadsMax * _laneCount))
            {
                return false;
            }

            _laneCount++;
            return true;
        }
    }

    private void Begin()
    {
        // Away from the caller's scheduler: a lane serves others too, long after the grain that began it has gone on.
        var lane = Task.Run(RunAsync);
        lock (_gate)
        {
            _lanes.RemoveWhere(static one => one.IsCompleted);
            _lanes.Add(lane);
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            var group = new List<GroupedRead>();
            while (group.Count < ReadsMax && _waiting.TryDequeue(out var read))
            {
                group.Add(read);
            }

            if (group.Count > 0)
            {
                await ReadGroupAsync(group);
                continue;
            }

            lock (_gate)
            {
                // Whoever has queued a read looks at the count afterwards, under the same lock: one of the two sides sees the other.
                if (_waiting.IsEmpty)
                {
                    _laneCount--;
                    return;
                }
            }
        }
    }

    private async Task ReadGroupAsync(List<GroupedRead> group)
    {
        try
        {
            var found = await session.RunAsync(group, FindAsync, CancellationToken.None);
            for (var index = 0; index < group.Count; index++)
            {
                group[index].Conclude(found[index]);
            }
        }
        catch (Exception exception) when (group.Count == 1 || session.Stopping.IsCancellationRequested)
        {
            // Told to whoever waits for it.
            group.ForEach(read => read.Fail(exception));
        }
        catch (Exception)
        {
            // One read that cannot be done must not fail its neighbours.
            foreach (var read in group)
            {
                await ReadGroupAsync([read]);
            }
        }
    }

    private static async Task<List<FoundRow>[]> FindAsync(NpgsqlConnection connection, List<GroupedRead> group, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand { Connection = connection };
        Ask(command, group);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<FoundRow>[group.Count];
        for (var index = 0; index < found.Length; index++)
        {
            found[index] = [];
        }

        while (await reader.ReadAsync(cancellationToken))
        {
            var place = group.Count == 1 ? 0 : (int)reader.GetInt64(3) - 1;
            found[place].Add(new FoundRow(reader.GetString(0), reader.GetInt64(1), await reader.GetFieldValueAsync<byte[]>(2, cancellationToken)));
        }

        if (group.Count > 1)
        {
            // The rows come in the order of the subqueries, which the server need not keep.
            foreach (var rows in found)
            {
                rows.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
            }
        }

        return found;
    }

    private static void Ask(NpgsqlCommand command, List<GroupedRead> group)
    {
        if (group.Count == 1)
        {
            // A lone read needs no arrays.
            var range = group[0].Range;
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = range.Grain });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = range.From });
            command.CommandText = range.IsOne ? Point : Span;
            if (!range.IsOne)
            {
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = range.Before });
                command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = range.Limit });
            }

            return;
        }

        command.CommandText = Many;
        AddArray(command, NpgsqlDbType.Text, group.ConvertAll(static read => read.Range.Grain));
        AddArray(command, NpgsqlDbType.Text, group.ConvertAll(static read => read.Range.From));
        AddArray(command, NpgsqlDbType.Text, group.ConvertAll(static read => read.Range.Before));
        AddArray(command, NpgsqlDbType.Integer, group.ConvertAll(static read => read.Range.Limit));
    }

    private static void AddArray(NpgsqlCommand command, NpgsqlDbType type, object values) =>
        command.Parameters.Add(new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });
}
